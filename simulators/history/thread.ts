/** The thread that lives a works' past and makes its messages, so that the turns of the live plants are never late for it. */
import { Worker } from 'node:worker_threads'
import type { Instant } from '#domain/time.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Scenario } from '../works/scenarios.ts'
import type { Seqs, ToldDay } from './batches.ts'

export type ThreadStart = {
  /** DIR/truth/<firm>.works.db */
  readonly mornings: string
  readonly machines: readonly Machine[]
}
export type Life = {
  readonly seed: number
  readonly scenario: Scenario
  /** Production days: born on the morning of the first one, lived up to that of the last one. */
  readonly from: string
  readonly to: string
}
export type Job =
  | ({ readonly kind: 'live' } & Life)
  | { readonly kind: 'tell'; readonly date: string; readonly to: Instant; readonly seqs: Seqs }
export type Answer =
  | { readonly kind: 'over'; readonly date: string }
  | { readonly kind: 'lived' }
  | { readonly kind: 'told'; readonly day: ToldDay }
  | { readonly kind: 'failed'; readonly why: string }

/** A day and its messages are some 10 MB; what is behind them may be collected. */
const LIMITS = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 32 } as const

type Waiter = { readonly done: (answer: Answer) => void; readonly fail: (error: Error) => void }

export class HistoryThread {
  readonly #worker: Worker
  readonly #waiters: Waiter[] = []
  #onDay: (date: string) => void = () => undefined

  constructor(start: ThreadStart) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: start,
      resourceLimits: LIMITS,
    })
    this.#worker.on('message', (answer: Answer) => {
      if (answer.kind === 'over') return this.#onDay(answer.date)
      const waiter = this.#waiters.shift()
      if (answer.kind === 'failed') waiter?.fail(new Error(answer.why))
      else waiter?.done(answer)
    })
    this.#worker.on('error', (error) => this.#failAll(error))
    this.#worker.on('exit', () => this.#failAll(new Error('the thread of the history ended')))
  }

  #failAll(error: Error): void {
    for (const { fail } of this.#waiters.splice(0)) fail(error)
  }

  #ask(job: Job): Promise<Answer> {
    return new Promise((done, fail) => {
      this.#waiters.push({ done, fail })
      this.#worker.postMessage(job, [])
    })
  }

  /** `onDay` hears of each day that is over. Rejects with what the disk says. */
  async live(life: Life, onDay: (date: string) => void): Promise<void> {
    this.#onDay = onDay
    await this.#ask({ kind: 'live', ...life })
  }

  /** The messages of a production day up to `to`. Rejects for a day that was not lived. */
  async tell(date: string, to: Instant, seqs: Seqs): Promise<ToldDay> {
    const answer = await this.#ask({ kind: 'tell', date, to, seqs })
    if (answer.kind !== 'told') throw new Error(`no day: ${answer.kind}`)
    return answer.day
  }

  /** Ends it in the middle of what it does: what it had stored stays. */
  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
