/**
 * Who may say and hear what. A device or gateway speaks for its machines and hears nothing; a service account hears the mirror of its
 * firms, and one that is marked for it says it. Everything else is denied.
 * Valid:   `v1/demo-a/main/machining/l1/lathe-07/count` from a device whose machines hold `demo-a/main/machining/l1/lathe-07`.
 * Invalid: `control/demo-a/plant.put`, `$SYS/x`, another's topic, `v1/Demo-A/…`, a trailing slash, U+0430 for `a`.
 */
import { DEVICE_CLASSES, isLevel } from '#contract/topics.ts'
import type { Account } from '#store/credentials/credentials.ts'

/** What becomes of a PUBLISH: `journal` (evidence and signals), `mirror` (derived state, routed only), `deny`. */
export type Say = 'journal' | 'mirror' | 'deny'

/** The policy in force: that of an installation, or the one for protocol suites. */
export type Policy = {
  readonly maySay: (account: Account, topic: string) => Say
  readonly mayRetain: (account: Account, topic: string, say: Say) => boolean
  readonly mayHear: (account: Account, filter: string) => boolean
  /** Whether a message may still be forwarded; asked at each one, so that a changed right counts at once. */
  readonly mayForward: (account: Account, topic: string) => boolean
  /** Topic under which a message is journalled. */
  readonly journalTopic: (topic: string) => string
}

const allowedTopics = new WeakMap<readonly string[], ReadonlySet<string>>()

/** The topics that an account may publish to: every class of each of its machines. */
function topicsOf(account: Account): ReadonlySet<string> {
  let topics = allowedTopics.get(account.machines)
  if (!topics) {
    topics = new Set(account.machines.flatMap((path) => DEVICE_CLASSES.map((name) => `v1/${path}/${name}`)))
    allowedTopics.set(account.machines, topics)
  }
  return topics
}

const readsFirm = (account: Account, firm: string): boolean =>
  !account.removed &&
  account.kind === 'service' &&
  (account.firms.includes(firm) || account.firms.includes('*'))

/**
 * The firm of a mirror topic, or null: `v1/{firm}/{site}/{area}/{line}/{machine}/status`, `…/kpi/{name}`, `…/alarm/{rule}`.
 * With `isFilter`, `+` may stand for any level but the firm and the word that makes it a mirror.
 */
export function mirrorFirm(topic: string, isFilter = false): string | null {
  if (topic.length > 8 * 65) return null
  const levels = topic.split('/')
  const [version, firm, ...rest] = levels
  if (version !== 'v1' || firm === undefined || !isLevel(firm)) return null
  const word = rest[4]
  const isMirror =
    word === 'status' ? rest.length === 5 : (word === 'kpi' || word === 'alarm') && rest.length === 6
  if (!isMirror) return null
  return rest.every((level) => isLevel(level) || (isFilter && level === '+')) ? firm : null
}

export const installationPolicy: Policy = {
  maySay(account, topic) {
    if (account.removed) return 'deny'
    if (topicsOf(account).has(topic)) return 'journal'
    if (!account.mirror) return 'deny'
    const firm = mirrorFirm(topic)
    return firm !== null && readsFirm(account, firm) ? 'mirror' : 'deny'
  },
  // A device may retain its own state; an ever-repeated count or event would be taken for a live one.
  mayRetain: (_account, topic, say) => say === 'mirror' || topic.endsWith('/state'),
  mayHear(account, filter) {
    const firm = mirrorFirm(filter, true)
    return firm !== null && readsFirm(account, firm)
  },
  mayForward(account, topic) {
    const firm = mirrorFirm(topic)
    return firm !== null && readsFirm(account, firm)
  },
  journalTopic: (topic) => topic,
}
