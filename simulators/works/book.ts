/** The book that a day's costs are posted into. */
import type { Instant } from '#domain/time.ts'
import type { Span } from './calendar.ts'
import type { Stream } from './catalogue.ts'

/** Amounts that are no cost: value added and lost by operation, value and pieces of finished valves. */
export const WORTHS = ['value_added', 'value_scrapped', 'value_finished', 'finished'] as const

export type Worth = (typeof WORTHS)[number]

export type Book = {
  readonly post: (stream: Stream | Worth, owner: string, at: Instant, amount: number) => void
  readonly accrue: (stream: Stream, owner: string, spans: readonly Span[], amount: number) => void
  readonly live: (stream: Stream, owner: string, amount: (at: Instant) => number) => void
}

export const micro = (yuan: number): number => yuan * 1e6
