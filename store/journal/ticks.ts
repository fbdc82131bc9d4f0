/**
 * Ticks: every 5 s an entry per firm with the wall clock and the monotonic one. All timers of the pipeline run on them, so that a replay
 * times exactly as the live run did; a gap in them tells the pipeline that nobody was listening.
 */
import type { Instant, Millis } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { TickPayload } from './group.ts'
import type { JournalWriter } from './journal.ts'

export const TICK_EVERY: Millis = 5000

/** Milliseconds of a clock that nobody sets; it goes on when this process is started again on the same machine. */
export const monotonic = (): number => Number(process.hrtime.bigint() / 1_000_000n)

export type TickOptions = {
  readonly log: Log
  /** Firms that shall tick: by default every firm that has an entry. */
  readonly firms?: () => Iterable<string>
  readonly clock?: () => Instant
  readonly mono?: () => number
  readonly every?: Millis
}

/**
 * Starts ticking, at once and then every 5 s. While the journal cannot write no tick is added: that gap is the truth.
 * Returns a function that ends it; call it before the journal is closed.
 */
export function startTicks(journal: JournalWriter, options: TickOptions): () => void {
  const { log, clock = Date.now, mono = monotonic, every = TICK_EVERY } = options
  const firms = options.firms ?? (() => journal.status().firms.map(({ firm }) => firm))
  const tick = () => {
    if (journal.status().blocked) return
    const body: TickPayload = { wall: clock(), mono: mono() }
    const payload = Buffer.from(JSON.stringify(body))
    for (const firm of firms())
      journal.appendThen({ topic: `tick/${firm}`, principal: 'journal', payload }, (error) => {
        if (error) log.warn({ err: error, firm }, 'a tick was not journalled')
      })
  }
  tick()
  const timer = setInterval(tick, every)
  return () => clearInterval(timer)
}
