/**
 * Buckets aligned to Asia/Shanghai midnight, filled with single readings or with summaries of whole minutes and quarters.
 * Every adapter that aggregates here uses this one, so that a bucket means the same everywhere.
 */
import { SHANGHAI_OFFSET, type Instant, type Millis } from '#domain/time.ts'
import { HistorianQueryError, MAX_BUCKETS, type Bucket } from './historian.ts'

/** Readings of a span in six numbers; they add up without the readings. */
export type Summary = {
  readonly n: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly first: number
  readonly last: number
}

/** Start of the bucket that holds an instant. */
export const bucketStart = (at: Instant, step: Millis): Instant =>
  Math.floor((at + SHANGHAI_OFFSET) / step) * step - SHANGHAI_OFFSET

/** Throws HistorianQueryError `bad_range` unless both are whole milliseconds, and the limit a whole number. */
export function checkRange(from: Instant, to: Instant, limit = 0): void {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    throw new HistorianQueryError('bad_range', 'from and to are whole milliseconds since 1970')
  if (!Number.isSafeInteger(limit)) throw new HistorianQueryError('bad_range', 'the limit is a whole number')
}

export class BucketGrid {
  readonly from: Instant
  readonly to: Instant
  readonly step: Millis
  readonly #count: Float64Array
  readonly #sum: Float64Array
  readonly #min: Float64Array
  readonly #max: Float64Array
  readonly #first: Float64Array
  readonly #last: Float64Array
  readonly #firstAt: Float64Array
  readonly #lastAt: Float64Array

  /** Throws HistorianQueryError: `bad_range`, `bad_step` (whole milliseconds above 0), `too_many_buckets`. */
  constructor(from: Instant, to: Instant, step: Millis) {
    checkRange(from, to)
    if (!Number.isSafeInteger(step) || step < 1)
      throw new HistorianQueryError('bad_step', 'a step is a whole number of milliseconds above 0')
    this.step = step
    this.from = bucketStart(from, step)
    const size = to <= from ? 0 : Math.ceil((to - this.from) / step)
    if (size > MAX_BUCKETS)
      throw new HistorianQueryError(
        'too_many_buckets',
        `${size} buckets asked for, at most ${MAX_BUCKETS} are given`,
      )
    this.to = this.from + size * step
    this.#count = new Float64Array(size)
    this.#sum = new Float64Array(size)
    this.#min = new Float64Array(size).fill(Infinity)
    this.#max = new Float64Array(size).fill(-Infinity)
    this.#first = new Float64Array(size)
    this.#last = new Float64Array(size)
    this.#firstAt = new Float64Array(size).fill(Infinity)
    this.#lastAt = new Float64Array(size).fill(-Infinity)
  }

  get empty(): boolean {
    return this.#count.length === 0
  }

  /** Adds one reading; one outside the grid is left out. */
  add(ts: Instant, value: number): void {
    this.#merge(ts, ts, 1, value, value, value, value, value)
  }

  /** Adds spans that lie whole inside one bucket, put together; named by the start of the first and of the last of them. */
  addSummary(head: Instant, tail: Instant, { n, sum, min, max, first, last }: Summary): void {
    this.#merge(head, tail, n, sum, min, max, first, last)
  }

  #merge(
    head: Instant,
    tail: Instant,
    n: number,
    sum: number,
    min: number,
    max: number,
    first: number,
    last: number,
  ): void {
    if (head < this.from || head >= this.to) return
    const i = Math.floor((head - this.from) / this.step)
    this.#count[i]! += n
    this.#sum[i]! += sum
    if (min < this.#min[i]!) this.#min[i] = min
    if (max > this.#max[i]!) this.#max[i] = max
    if (head < this.#firstAt[i]!) {
      this.#firstAt[i] = head
      this.#first[i] = first
    }
    if (tail >= this.#lastAt[i]!) {
      this.#lastAt[i] = tail
      this.#last[i] = last
    }
  }

  /** Every bucket of the grid; one without readings is null in everything but its count. */
  buckets(): Bucket[] {
    return Array.from(this.#count, (count, i) => {
      const ts = this.from + i * this.step
      if (count === 0) return { ts, count, mean: null, min: null, max: null, first: null, last: null }
      return {
        ts,
        count,
        mean: this.#sum[i]! / count,
        min: this.#min[i]!,
        max: this.#max[i]!,
        first: this.#first[i]!,
        last: this.#last[i]!,
      }
    })
  }
}
