/** Publishes outside a credential: counted, the newest 100 kept for people to see, each account logged once. */
import type { Log } from '#runtime/log.ts'

export type DeniedTopic = { readonly account: string; readonly topic: string; readonly at: number }

const KEPT = 100
const MAX_TOPIC = 256

export class Denied {
  total = 0
  readonly #topics: DeniedTopic[] = []
  readonly #told = new Set<string>()
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  note(account: string, topic: string, at: number): void {
    this.total++
    const kept = { account, topic: topic.slice(0, MAX_TOPIC), at }
    this.#topics.push(kept)
    if (this.#topics.length > KEPT) this.#topics.shift()
    if (this.#told.has(account)) return
    this.#told.add(account)
    this.#log.warn(
      { account, topic: kept.topic },
      'published outside its credential: acknowledged and dropped',
    )
  }

  /** Oldest first. */
  get topics(): readonly DeniedTopic[] {
    return [...this.#topics]
  }
}
