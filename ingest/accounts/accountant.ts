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
import { SECOND, type Millis } from '#domain/time.ts'
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

/** Accounts that could not be made are looked for again after this time; nothing else may come that asks for them. */
const AGAIN: Millis = 30 * SECOND
const ENDED: Answer = { kind: 'failed', why: 'ingest ends' }

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
  /** Firm whose accounts are being looked for. */
  #looking: Firm | null = null
  /** Firms whose accounts could not be made. */
  readonly #failed = new Map<Firm, NodeJS.Timeout>()
  /** Called when the thread is through with what it does. */
  #resting: (() => void)[] = []
  #stopped = false

  constructor(log: Log) {
    this.#log = log
  }

  /** Days settled or records came: what is stored of a firm may make other accounts. */
  look(firm: Firm): void {
    if (this.#stopped) return
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

  /** Are accounts of a firm being made, or not stored yet? */
  isBusy(firm: Firm): boolean {
    return this.#looking === firm || this.#waiting.has(firm) || this.#unstored.has(firm)
  }

  /** Until new accounts of a firm may be stored, or there are none. */
  async rest(firm: Firm): Promise<void> {
    while (this.isBusy(firm) && !this.#unstored.has(firm))
      await new Promise<void>((resolve) => this.#resting.push(resolve))
  }

  /** What records would change if they were put. Rejects with what the thread could not read. */
  effect(firm: Firm, records: readonly DatedRecord[]): Promise<RecordsEffect> {
    return new Promise((resolve, reject) => {
      const job = { kind: 'effect', file: firm.ledger.file, records } as const
      const done = (answer: Answer) =>
        answer.kind === 'effect'
          ? resolve(answer.effect)
          : reject(new Error(answer.kind === 'failed' ? answer.why : 'no effect'))
      this.#ask({ job, done })
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
      this.#ask({ job, done })
    })
  }

  #ask(task: Task): void {
    if (this.#stopped) return task.done(ENDED)
    this.#asked.push(task)
    this.#next()
  }

  #next(): void {
    if (this.#running || this.#stopped) return
    const task = this.#asked.shift() ?? this.#nextLook()
    if (!task) return
    this.#running = task
    this.#thread().postMessage(task.job, [])
  }

  #nextLook(): Task | null {
    const [firm] = this.#waiting
    if (!firm) return null
    this.#waiting.delete(firm)
    clearTimeout(this.#failed.get(firm))
    this.#failed.delete(firm)
    this.#looking = firm
    return { job: { kind: 'look', file: firm.ledger.file }, done: (answer) => this.#looked(firm, answer) }
  }

  #looked(firm: Firm, answer: Answer): void {
    this.#looking = null
    if (answer === ENDED) return
    if (answer.kind === 'failed') {
      this.#log.error({ firm: firm.name, why: answer.why }, 'accounts could not be made')
      this.#failed.set(firm, setTimeout(() => this.look(firm), AGAIN).unref())
    } else if (answer.kind === 'look' && answer.rows.length > 0) {
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
    for (const resolve of this.#resting.splice(0)) resolve()
  }

  /** Whoever waits for an answer is told that there will be none. */
  async stop(): Promise<void> {
    this.#stopped = true
    const worker = this.#worker
    this.#worker = null
    this.#waiting.clear()
    for (const timer of this.#failed.values()) clearTimeout(timer)
    const [running, ...asked] = [this.#running, ...this.#asked.splice(0)]
    this.#running = null
    for (const task of [running, ...asked]) task?.done(ENDED)
    for (const resolve of this.#resting.splice(0)) resolve()
    await worker?.terminate()
  }
}
