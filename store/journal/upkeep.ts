/** When the journal's upkeep runs: after the first commit of a process, after the first one of each day, and again after a failure. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { Damage, JournalFigures } from './journal.ts'
import type { FromUpkeep, UpkeepStart } from './upkeepWorker.ts'

export type UpkeepOptions = {
  readonly dir: string
  readonly log: Log
  readonly clock?: () => Instant
  /** Days that signals are kept after their day; evidence is kept for ever. 30 by default. */
  readonly signalDays?: number
  /** Commit that the slowest consumer has done (cursors.ts). Without it no signals are deleted. */
  readonly oldestCursor?: () => number
  /** File to which each firm's head is appended when a day is sealed. */
  readonly heads?: string
}

type Figures = Pick<JournalFigures, 'sealedDays' | 'sealedEntries' | 'sealedBytes' | 'agedOutFiles'>

export const SIGNAL_DAYS = 30
const AGAIN_AFTER = 10 * 60_000

export class Upkeep {
  readonly #options: UpkeepOptions
  readonly #damage = new Map<string, Damage>()
  #figures: Figures = { sealedDays: 0, sealedEntries: 0, sealedBytes: 0, agedOutFiles: 0 }
  #worker: Worker | null = null
  #isAsked = false
  #isStopped = false
  #hasFailed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  /** Runs a round now, or after the one that is running. */
  run(): void {
    this.#isAsked = true
    if (!this.#worker && !this.#isStopped) void this.#round()
  }

  figures(): Figures {
    return this.#figures
  }

  /** Days that could not be sealed because their file is damaged. */
  damage(): readonly Damage[] {
    return [...this.#damage.values()]
  }

  /** Ends a running round; what it had not finished is done again by the next process. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#worker?.terminate()
  }

  async #round(): Promise<void> {
    const { dir, log, clock = Date.now, signalDays = SIGNAL_DAYS, oldestCursor, heads = '' } = this.#options
    this.#isAsked = false
    this.#hasFailed = false
    clearTimeout(this.#timer)
    const start: UpkeepStart = { dir, now: clock(), signalDays, cursor: oldestCursor?.() ?? 0, heads }
    const worker = new Worker(new URL('./upkeepWorker.ts', import.meta.url), { workerData: start })
    this.#worker = worker
    worker.on('message', (message: FromUpkeep) => this.#take(message))
    worker.on('error', (error) => {
      this.#hasFailed = true
      log.error({ err: error }, 'the upkeep of the journal failed')
    })
    await once(worker, 'exit')
    this.#worker = null
    if (this.#isStopped) return
    if (this.#isAsked) void this.#round()
    else if (this.#hasFailed) this.#timer = setTimeout(() => this.run(), AGAIN_AFTER).unref()
  }

  #take(message: FromUpkeep): void {
    const { log } = this.#options
    switch (message.kind) {
      case 'sealed':
        this.#figures = {
          ...this.#figures,
          sealedDays: this.#figures.sealedDays + 1,
          sealedEntries: this.#figures.sealedEntries + message.entries,
          sealedBytes: this.#figures.sealedBytes + message.bytes,
        }
        return log.info(message, 'a day of the journal is sealed')
      case 'aged':
        this.#figures = { ...this.#figures, agedOutFiles: this.#figures.agedOutFiles + message.files }
        return
      case 'failed':
        this.#hasFailed = true
        if (message.commit !== null)
          this.#damage.set(message.file, { file: message.file, commit: message.commit, why: message.why })
        return log.error(message, 'the upkeep of the journal failed')
    }
  }
}
