/**
 * The profile for protocol suites written by others: anyone may connect, publish, retain and subscribe, so that the protocol itself is
 * tested. Guard, journal and sessions stay as they are. `test/nosubscribe` and `control/` are refused to subscribers, as such suites
 * expect a broker to refuse something; `$share/` and `$SYS/` stay refused.
 */
import type { Identity, Hello } from './authenticate.ts'
import type { Policy } from './authorize.ts'
import type { Account } from '#store/credentials/credentials.ts'

const isReserved = (topic: string): boolean =>
  topic.startsWith('$SYS/') ||
  topic.startsWith('$share/') ||
  topic === 'control' ||
  topic.startsWith('control/')

const NO_SECRET = Buffer.alloc(32)

/** Whoever comes is taken at its word. */
export function identifyAnyone(hello: Hello): Identity {
  const account: Account = {
    kind: 'device',
    path: 'conformance',
    clientId: hello.clientId,
    username: hello.username ?? hello.clientId,
    hash: NO_SECRET,
    machines: [],
    firms: [],
    mirror: false,
    created: 0,
    rotated: 0,
    removed: false,
  }
  return { account }
}

export const conformancePolicy: Policy = {
  maySay: (_account, topic) => (isReserved(topic) ? 'deny' : 'journal'),
  mayRetain: () => true,
  mayHear: (_account, filter) => !isReserved(filter) && filter !== 'test/nosubscribe',
  mayForward: () => true,
  journalTopic: (topic) => `v1/conformance/${topic}`,
}
