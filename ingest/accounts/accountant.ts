/**
 * Keeps the accounts of settled days up to date, in a thread of its own: a day takes 0.2 s, and a price list of last year concerns 300 of
 * them. The thread reads what is stored; what it makes is stored here with the next commit, and then it looks again.
 */
import { Worker } from 'node:worker_threads'
import type { Log } from '#runtime/log.ts'
import type { AccountRow } from '#store/ledger/changes.ts'
import type { Firm } from '../firm.ts'

/** A firm and its ledger file. */
export type Look = { readonly firm: string; readonly file: string }
export type Answer =
  | { readonly firm: string; readonly ok: true; readonly rows: readonly AccountRow[]; readonly more: boolean }
  | { readonly firm: string; readonly ok: false; readonly why: string }

export class Accountant {
  readonly #log: Log
  #worker: Worker | null = null
  /** Firms that wait for the thread, and the one that it looks at. */
  readonly #waiting = new Set<Firm>()
  #asked: Firm | null = null
  /** Firms whose new accounts are not stored yet; true: more are due. */
  readonly #unstored = new Map<Firm, boolean>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Days settled or records came: what is stored of a firm may make other accounts. */
  look(firm: Firm): void {
    if (!this.#unstored.has(firm)) this.#waiting.add(firm)
    else this.#unstored.set(firm, true)
    this.#next()
  }

  /** A firm's ledger was stored. */
  stored(firm: Firm): void {
    const more = this.#unstored.get(firm)
    if (more === undefined) return
    this.#unstored.delete(firm)
    if (more) this.look(firm)
  }

  #next(): void {
    if (this.#asked) return
    const [firm] = this.#waiting
    if (!firm) return
    this.#waiting.delete(firm)
    this.#asked = firm
    this.#thread().postMessage({ firm: firm.name, file: firm.ledger.file } satisfies Look, [])
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    worker.on('message', (answer: Answer) => this.#take(answer))
    worker.on('error', (error) => this.#log.error({ err: error }, 'the thread of the accounts ended'))
    worker.on('exit', () => {
      // one that ended by a fault is begun anew with the next look
      if (this.#worker !== worker) return
      this.#worker = null
      this.#asked = null
    })
    return (this.#worker = worker)
  }

  #take(answer: Answer): void {
    const firm = this.#asked!
    this.#asked = null
    if (!answer.ok) this.#log.error({ firm: answer.firm, why: answer.why }, 'accounts could not be made')
    else if (answer.rows.length > 0) {
      for (const row of answer.rows) firm.putAccount(row)
      this.#unstored.set(firm, answer.more)
    }
    this.#next()
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }
}
