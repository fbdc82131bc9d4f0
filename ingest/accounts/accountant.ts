/**
 * Keeps the accounts of settled days up to date, in a thread of its own: a day takes 0.2 s, and a price list of last year concerns 300 of
 * them. The thread reads what is stored; what it makes is stored here with the next commit, and then it looks again. What records would
 * change is asked of the same thread, between two looks.
 */
import { Worker } from 'node:worker_threads'
import type { RecordsEffect } from '#contract/local.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { Log } from '#runtime/log.ts'
import type { AccountRow } from '#store/ledger/changes.ts'
import type { Firm } from '../firm.ts'

/** `file`: ledger of a firm. */
export type Job =
  | { readonly kind: 'look'; readonly file: string }
  | { readonly kind: 'effect'; readonly file: string; readonly records: readonly DatedRecord[] }
  | { readonly kind: 'revalue'; readonly file: string; readonly day: string }
export type Done =
  | { readonly kind: 'look'; readonly rows: readonly AccountRow[]; readonly more: boolean }
  | { readonly kind: 'effect'; readonly effect: RecordsEffect }
  | { readonly kind: 'revalue'; readonly row: AccountRow | null }
export type Answer = Done | { readonly kind: 'failed'; readonly why: string }

type Task = { readonly job: Job; readonly done: (answer: Answer) => void }

export class Accountant {
  readonly #log: Log
  #worker: Worker | null = null
  #running: Task | null = null
  /** Questions of people, which go first. */
  readonly #asked: Task[] = []
  /** Firms whose accounts are to be looked for. */
  readonly #waiting = new Set<Firm>()
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

  /** What records would change if they were put. Rejects with what the thread could not read. */
  effect(firm: Firm, records: readonly DatedRecord[]): Promise<RecordsEffect> {
    return new Promise((resolve, reject) => {
      const job = { kind: 'effect', file: firm.ledger.file, records } as const
      const done = (answer: Answer) =>
        answer.kind === 'effect'
          ? resolve(answer.effect)
          : reject(new Error(answer.kind === 'failed' ? answer.why : 'no effect'))
      this.#asked.push({ job, done })
      this.#next()
    })
  }

  /** Values a settled day anew. Null: it has no account, or comes out the same. What came out otherwise is put. */
  revalue(firm: Firm, day: string): Promise<AccountRow | null> {
    return new Promise((resolve, reject) => {
      const job = { kind: 'revalue', file: firm.ledger.file, day } as const
      const done = (answer: Answer) => {
        if (answer.kind !== 'revalue')
          return reject(new Error(answer.kind === 'failed' ? answer.why : 'no account'))
        if (answer.row) firm.putAccount(answer.row)
        resolve(answer.row)
      }
      this.#asked.push({ job, done })
      this.#next()
    })
  }

  #next(): void {
    if (this.#running) return
    const task = this.#asked.shift() ?? this.#nextLook()
    if (!task) return
    this.#running = task
    this.#thread().postMessage(task.job, [])
  }

  #nextLook(): Task | null {
    const [firm] = this.#waiting
    if (!firm) return null
    this.#waiting.delete(firm)
    return { job: { kind: 'look', file: firm.ledger.file }, done: (answer) => this.#looked(firm, answer) }
  }

  #looked(firm: Firm, answer: Answer): void {
    if (answer.kind === 'failed')
      this.#log.error({ firm: firm.name, why: answer.why }, 'accounts could not be made')
    else if (answer.kind === 'look' && answer.rows.length > 0) {
      for (const row of answer.rows) firm.putAccount(row)
      this.#unstored.set(firm, answer.more)
    }
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    worker.on('message', (answer: Answer) => this.#end(answer))
    worker.on('error', (error) => this.#log.error({ err: error }, 'the thread of the accounts ended'))
    worker.on('exit', () => {
      // one that ended by a fault is begun anew with the next task
      if (this.#worker !== worker) return
      this.#worker = null
      this.#end({ kind: 'failed', why: 'the thread ended' })
    })
    return (this.#worker = worker)
  }

  #end(answer: Answer): void {
    const task = this.#running
    this.#running = null
    task?.done(answer)
    this.#next()
  }

  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    this.#waiting.clear()
    this.#asked.length = 0
    await worker?.terminate()
  }
}
