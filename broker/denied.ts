/**
 * Publishes outside a credential: counted, the newest topics kept for people to see, each account logged once. Kept apart by the
 * sender's firm: one firm's device, however loud, neither hides what another firm's did nor shows up in its figure.
 */
import type { BrokerStatus, DeniedPart, DeniedTopic } from '#contract/local.ts'
import type { Log } from '#runtime/log.ts'
import type { Account } from '#store/credentials/credentials.ts'

const KEPT = 100
const MAX_TOPIC = 256
const MAX_TOLD = 10_000

type Part = { total: number; readonly topics: DeniedTopic[] }
const copy = ({ total, topics }: Part): DeniedPart => ({ total, topics: [...topics] })
/** Who was denied: null when the account is gone, as that of a late will can be. */
type Sender = Pick<Account, 'kind' | 'path'> | null

export class Denied {
  total = 0
  readonly #firms = new Map<string, Part>()
  readonly #others: Part = { total: 0, topics: [] }
  readonly #told = new Set<string>()
  readonly #log: Log
  readonly #maxFirms: number

  /** `maxFirms`: beyond, the firm that was quiet for longest is forgotten, and logged. */
  constructor(log: Log, maxFirms = 1000) {
    this.#log = log
    this.#maxFirms = maxFirms
  }

  note(sender: Sender, account: string, topic: string, at: number): void {
    this.total++
    const part = this.#partOf(sender)
    part.total++
    const kept = { account, topic: topic.slice(0, MAX_TOPIC), at }
    part.topics.push(kept)
    if (part.topics.length > KEPT) part.topics.shift()
    if (this.#told.has(account)) return
    if (this.#told.size >= MAX_TOLD) this.#told.clear() // bounded; the price is a line told twice
    this.#told.add(account)
    this.#log.warn(
      { account, topic: kept.topic },
      'published outside its credential: acknowledged and dropped',
    )
  }

  /** What is known, topics oldest first; with `firm`, of that firm alone. */
  status(firm?: string): BrokerStatus['denied'] {
    const firms = [...this.#firms].filter(([name]) => firm === undefined || name === firm)
    return {
      total: this.total,
      firms: Object.fromEntries(firms.map(([name, part]) => [name, copy(part)])),
      others: firm === undefined ? copy(this.#others) : { total: 0, topics: [] },
    }
  }

  #partOf(sender: Sender): Part {
    if (sender === null || sender.kind === 'service') return this.#others
    const [firm = ''] = sender.path.split('/', 1)
    const part = this.#firms.get(firm) ?? { total: 0, topics: [] }
    this.#firms.delete(firm)
    this.#firms.set(firm, part) // the last is the newest
    if (this.#firms.size > this.#maxFirms) this.#forgetOldest()
    return part
  }

  #forgetOldest(): void {
    const [firm, { total }] = this.#firms.entries().next().value!
    this.#firms.delete(firm)
    this.#log.warn(
      { firm, total },
      'too many firms with denied publishes: the audit of this one is forgotten',
    )
  }
}
