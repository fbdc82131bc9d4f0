/**
 * PUBACK means stored: a message is appended to the journal in the one hook that runs before its acknowledgement, and the hook returns
 * after the group commit. The journal answers in the order of arrival, so a device's acknowledgements keep theirs.
 */
import { MAX_LEVELS } from './packets.ts'
import type { Policy } from './authorize.ts'
import type { Denied } from './denied.ts'
import type { Account } from '#store/credentials/credentials.ts'
import type { JournalWriter } from '#store/journal/journal.ts'

/** A PUBLISH on its way through the broker library, or a will. */
export type Publish = {
  topic: string
  payload: string | Buffer
  qos: number
  retain: boolean
  /** Goes no further than the acknowledgement: nobody may subscribe to it, or nobody may see it. */
  unrouted?: boolean
}

export type Totals = { journalled: number; bytes: number; mirrored: number; inFlight: number }

export class JournalBeforeAck {
  readonly totals: Totals = { journalled: 0, bytes: 0, mirrored: 0, inFlight: 0 }
  readonly #journal: Pick<JournalWriter, 'appendThen'>
  readonly #policy: Policy
  readonly #routes: boolean
  readonly #denied: Denied

  /** `routes`: journalled messages are also routed to subscribers; in an installation nobody may subscribe to them. */
  constructor(journal: Pick<JournalWriter, 'appendThen'>, policy: Policy, routes: boolean, denied: Denied) {
    this.#journal = journal
    this.#policy = policy
    this.#routes = routes
    this.#denied = denied
  }

  /** Calls `done` when the message may be acknowledged; with an error when it may not. `now` is wall time, for the audit. */
  take(
    account: Account | null,
    principal: string,
    packet: Publish,
    now: number,
    done: (error?: Error) => void,
  ): void {
    const { topic } = packet
    const say = account === null || isTooDeep(topic) ? 'deny' : this.#policy.maySay(account, topic)
    if (account === null || say === 'deny') {
      this.#denied.note(account, principal, topic, now)
      packet.retain = false
      packet.unrouted = true
      return done()
    }
    if (packet.retain && !this.#policy.mayRetain(account, topic, say)) packet.retain = false
    if (say === 'mirror') {
      this.totals.mirrored++
      return done()
    }
    if (!this.#routes && !packet.retain) packet.unrouted = true
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    const { totals } = this
    totals.inFlight++
    this.#journal.appendThen({ topic: this.#policy.journalTopic(topic), principal, payload }, (error) => {
      totals.inFlight--
      if (error) return done(error)
      totals.journalled++
      totals.bytes += payload.length
      done()
    })
  }
}

/** The guard flattens what lies deeper than the matcher can hold: whoever reaches that depth names nobody's topic. */
function isTooDeep(topic: string): boolean {
  if (topic.length < MAX_LEVELS) return false
  let levels = 1
  for (let i = 0; i < topic.length; i++) if (topic.charCodeAt(i) === 0x2f) levels++
  return levels >= MAX_LEVELS
}
