/**
 * The historian: readings of every measure by source time. Small on purpose; figures never depend on it.
 * One contract suite runs over every adapter (test/integration/historian.contract.ts).
 */
import type { Instant, Millis } from '#domain/time.ts'

/** A series is one measure of one machine: ids checked by the plant file, so they are safe as tags. */
export type Series = { readonly firm: string; readonly machine: string; readonly measure: string }

/** A reading without its series. */
export type Point = { readonly ts: Instant; readonly value: number }

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
  /** For how long single readings are kept here, by journal time; null: the store is its owner's, who says how long. */
  readonly keepsMs: Millis | null
  /**
   * Takes readings and the journal commit up to which these and all earlier ones are complete. Writing a (series, ts) again
   * replaces it: a repeat is a no-op. The adapter may hold readings back (open minutes) and then persists a lower cursor.
   *
   * A write that refused readings leaves the cursor on the disk where it is: the caller puts them aside for good, then writes an
   * empty list with the same commit. Killed in between, it meets the same readings and the same refusals again.
   */
  write(readings: readonly Reading[], commit: number): Promise<WriteResult>
  /** Journal time moves on: close the chunks of silent series. */
  tick(now: Instant): Promise<WriteResult>
  /** The commit from which the journal must be read again after a restart: everything up to it is on the disk. */
  cursor(): Promise<number>
  /** Writes out what is held back. */
  flush(): Promise<WriteResult>
  /** Readings taken by `write` that a reader cannot see in the store yet, by ts, in [from, to). Answers GET /open of ingest. */
  openReadings(series: Series, from: Instant, to: Instant): Point[]
  /** Is it there? Never throws. */
  probe(): Promise<{ readonly ok: boolean; readonly why?: string }>
  close(): Promise<void>
}

export interface HistorianReader {
  /** Raw readings in [from, to), by ts, at most `limit` (the newest of them). */
  raw(series: Series, from: Instant, to: Instant, limit: number): Promise<Point[]>
  /**
   * Buckets of `stepMs` aligned to Asia/Shanghai midnight that touch [from, to), each one whole (`from` is rounded down and `to` up
   * to a border), holes included; aggregated in the store; at most MAX_BUCKETS. Both calls throw HistorianQueryError.
   */
  buckets(series: Series, from: Instant, to: Instant, stepMs: number): Promise<Bucket[]>
  close(): Promise<void>
}

/**
 * Is a reading older at its arrival than the store keeps any? It would be written to be deleted, so it is not written. Judged by the
 * journal's time of its entry: live and read again the answer is the same.
 */
export const isAged = ({ keepsMs }: Pick<Historian, 'keepsMs'>, ts: Instant, receivedAt: Instant): boolean =>
  keepsMs !== null && ts < receivedAt - keepsMs

/** Readings that ingest still holds in open minutes; the sqlite reader asks for them so that a read is never behind. */
export type OpenMinutes = (series: Series, from: Instant, to: Instant) => Promise<readonly Point[]>

export const MAX_BUCKETS = 5000

/** Why a read was not answered. The first four are the asker's to mend (400), the last two the installation's (501, 503). */
export const QUERY_FAULTS = [
  'bad_series', // not an id that a plant file could hold
  'bad_range',
  'bad_step',
  'too_many_buckets',
  'not_supported', // this store is written only
  'unavailable',
] as const
export type QueryFault = (typeof QUERY_FAULTS)[number]

export class HistorianQueryError extends Error {
  readonly fault: QueryFault
  constructor(fault: QueryFault, message: string) {
    super(message)
    this.fault = fault
  }
}

const LEVEL = '[a-z0-9_-]{1,64}'
const FIRM = new RegExp(`^${LEVEL}$`)
const MACHINE = new RegExp(`^${LEVEL}(/${LEVEL}){0,7}$`)

/**
 * Null, or why this is no series of a plant file. Every adapter asks before an id becomes a file name, a tag or a query.
 * Valid: tongda, main/machining/l1/lathe-07, power_kw. Invalid: `../x`, `lathe 07`, `a,b=c`, an empty one.
 */
export function seriesFault(series: Series): string | null {
  if (!FIRM.test(series.firm)) return 'the firm is no registered id'
  if (!MACHINE.test(series.machine)) return 'the machine is no registered id'
  return FIRM.test(series.measure) ? null : 'the measure is no registered id'
}

/** For reads: throws HistorianQueryError `bad_series`. */
export function checkSeries(series: Series): void {
  const fault = seriesFault(series)
  if (fault) throw new HistorianQueryError('bad_series', fault)
}

/** Null, or why this is no reading: the store keeps finite numbers at whole milliseconds. */
export function readingFault(ts: Instant, value: number): string | null {
  if (!Number.isSafeInteger(ts) || ts < 0 || ts > MAX_INSTANT) return 'ts is no whole millisecond since 1970'
  return Number.isFinite(value) ? null : 'the value is no finite number'
}
const MAX_INSTANT: Instant = 8.64e15 // of a Date
