/**
 * The historian: readings of every measure by source time. Small on purpose; figures never depend on it.
 * One contract suite runs over every adapter (test/integration/historian.contract.ts).
 */
import type { Instant } from '#domain/time.ts'

/** A series is one measure of one machine: ids checked by the plant file, so they are safe as tags. */
export type Series = { readonly firm: string; readonly machine: string; readonly measure: string }

export type Reading = { readonly series: Series; readonly ts: Instant; readonly value: number }

export type Bucket = {
  readonly ts: Instant
  readonly count: number
  /** Null in a bucket without readings; never 0 and never the last value. */
  readonly mean: number | null
  readonly min: number | null
  readonly max: number | null
  readonly first: number | null
  readonly last: number | null
}

/** A reading that the store refused for good (field type, out of retention): it goes to quarantine, the rest is kept. */
export type Refused = { readonly reading: Reading; readonly why: string }

/**
 * How a write ended. `unavailable` asks to come again after `retryAfterMs`; `denied` (401, 403, no such database) needs a
 * person and is said in /health, the cursor waits all the same.
 */
export type WriteResult =
  | { readonly ok: true; readonly refused: readonly Refused[] }
  | {
      readonly ok: false
      readonly kind: 'unavailable' | 'denied'
      readonly why: string
      readonly retryAfterMs: number
    }

export interface Historian {
  readonly name: string
  /**
   * Takes readings and the journal commit up to which these and all earlier ones are complete. Writing a (series, ts) again
   * replaces it: a repeat is a no-op. The adapter may hold readings back (open minutes) and then persists a lower cursor.
   */
  write(readings: readonly Reading[], commit: number): Promise<WriteResult>
  /** Journal time moves on: close the chunks of silent series. */
  tick(now: Instant): Promise<WriteResult>
  /** The commit from which the journal must be read again after a restart: everything up to it is on the disk. */
  cursor(): Promise<number>
  /** Writes out what is held back. */
  flush(): Promise<WriteResult>
  /** Is it there? Never throws. */
  probe(): Promise<{ readonly ok: boolean; readonly why?: string }>
  close(): Promise<void>
}

export interface HistorianReader {
  /** Raw readings in [from, to), by ts, at most `limit` (the newest of them). */
  raw(series: Series, from: Instant, to: Instant, limit: number): Promise<{ ts: Instant; value: number }[]>
  /** Buckets of `stepMs` aligned to Asia/Shanghai midnight, in [from, to); aggregated in the store; at most 5,000. */
  buckets(series: Series, from: Instant, to: Instant, stepMs: number): Promise<Bucket[]>
  close(): Promise<void>
}

/** Readings that ingest still holds in open minutes; the sqlite reader asks for them so that a read is never behind. */
export type OpenMinutes = (
  series: Series,
  from: Instant,
  to: Instant,
) => Promise<{ ts: Instant; value: number }[]>
