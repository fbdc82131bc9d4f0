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

/** Samples of another firm are left out; without every firm in scope, so is what names accounts or machines without a firm. */
export function metricsInScope(text: string, who: Scoped): string {
  if (who.firms === null) return text
  return text
    .split('\n')
    .filter((line) => {
      const firm = FIRM.exec(line)?.[1]
      return firm === undefined ? !NAMES_SOMETHING.test(line) : inScope(who, firm)
    })
    .join('\n')
}
