/** Prometheus text of several processes as one, cut to what a principal may see. */
import { inScope, type Scoped } from './auth/scope.ts'

/** One text: each metric's samples together under one HELP and TYPE, as the format demands. */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, { head: string[]; samples: string[] }>()
  for (const text of texts) {
    let name = ''
    for (const line of text.split('\n')) {
      if (line === '' || line === '# EOF') continue
      const head = /^# (HELP|TYPE) (\S+)/.exec(line)
      if (head) name = head[2]!
      const family = families.get(name) ?? { head: [], samples: [] }
      families.set(name, family)
      if (!head) family.samples.push(line)
      else if (!family.head.some((known) => known.startsWith(`# ${head[1]}`))) family.head.push(line)
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [...head, ...samples])
  return `${lines.join('\n')}\n`
}

const FIRM = /[{,]firm="([^"]*)"/
/** Labels that can name another firm's things. */
const NAMES_SOMETHING = /[{,](?:account|principal|machine|topic|client)="/

/** Our own figures: without a firm they are those of the whole installation, and tell how much others do. */
const OURS = /^baiyuan_/

/**
 * Samples of another firm are left out; without every firm in scope, so are figures of the whole installation and what names accounts
 * or machines without a firm. A metric that has no sample left goes whole.
 */
export function metricsInScope(text: string, who: Scoped): string {
  const isShown = (line: string): boolean => {
    const firm = FIRM.exec(line)?.[1]
    if (firm !== undefined) return inScope(who, firm)
    return who.firms === null || (!OURS.test(line) && !NAMES_SOMETHING.test(line))
  }
  const kept: string[] = []
  let head: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('# HELP')) head = [line]
    else if (line.startsWith('# TYPE') && head.length !== 1) head = [line]
    else if (line.startsWith('#')) head.push(line)
    else if (isShown(line)) {
      kept.push(...head, line)
      head = []
    }
  }
  return kept.join('\n')
}
