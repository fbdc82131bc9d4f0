/** Windows of time in queries: whole, ordered, in range and not too expensive. */
import { MAX_TS, MIN_TS } from '#contract/envelope.ts'
import { DAY, SECOND, type Instant, type Millis } from '#domain/time.ts'

export const HISTORY_DAYS = 400
export const STATES_DAYS = 31
const DEFAULT_BUCKETS = 600
const MAX_BUCKETS = 5000
/** Steps that people read: they divide the day, so buckets start where a clock would put them. */
const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
]

/** Null, or what is wrong with [from, to). */
export function windowFault({ from, to }: { from: Instant; to: Instant }, maxDays: number): string | null {
  if (from < MIN_TS || to > MAX_TS) return 'from and to are ms since 1970, from 2000 to 2100'
  if (from >= to) return 'from must be before to'
  if (to - from > maxDays * DAY) return `the window is longer than ${maxDays} days`
  return null
}

/** The step in ms: the one asked for, or the shortest that gives at most 600 buckets. Null: it would give more than 5,000. */
export function stepOf(query: { from: Instant; to: Instant; step?: number | undefined }): Millis | null {
  const span = query.to - query.from
  if (query.step !== undefined) return span / (query.step * SECOND) > MAX_BUCKETS ? null : query.step * SECOND
  const found = STEPS_S.find((step) => span / (step * SECOND) <= DEFAULT_BUCKETS) ?? 86_400
  return found * SECOND
}
