/**
 * A minute of one series while it is still being filled. Appending costs two array stores; order and repeats are settled once,
 * when the minute is written.
 */
import { MINUTE, type Instant } from '#domain/time.ts'
import type { Minute } from './chunk.ts'
import type { Point } from './historian.ts'

/** Most chunks of registers hold one reading; arrays of up to 64 bytes cost V8 no memory of their own. */
const FIRST_ROOM = 8
const GROWTH = 4

export class OpenChunk {
  readonly minute: number
  /** Commit up to which the journal had been taken before the first reading: a restart must read from there. */
  readonly since: number
  /** Journal time at which it was opened; 0 until the first tick. */
  openedAt: Instant
  n = 0
  /** How many readings were ever added, repeats included. */
  taken = 0
  #sorted = true
  #last = -1
  #offsets = new Uint16Array(FIRST_ROOM)
  #values = new Float64Array(FIRST_ROOM)

  constructor(minute: number, since: number, openedAt: Instant) {
    this.minute = minute
    this.since = since
    this.openedAt = openedAt
  }

  add(offset: number, value: number): void {
    if (this.n === this.#offsets.length) this.#grow()
    if (offset <= this.#last) this.#sorted = false
    this.#last = offset
    this.taken++
    this.#offsets[this.n] = offset
    this.#values[this.n++] = value
  }

  /** Its readings by ts, one per ts: the newest write of it. A view on the chunk's own memory: use it before the next `add`. */
  settled(): Minute {
    if (!this.#sorted) this.#settle()
    return { n: this.n, offsets: this.#offsets, values: this.#values }
  }

  points(from: Instant, to: Instant): Point[] {
    return pointsOf(this.minute, this.settled(), from, to)
  }

  #settle(): void {
    const order = Array.from({ length: this.n }, (_, i) => i).toSorted(
      (a, b) => this.#offsets[a]! - this.#offsets[b]! || a - b,
    )
    const offsets = new Uint16Array(this.#offsets.length)
    const values = new Float64Array(this.#values.length)
    let n = 0
    for (const i of order) {
      if (n > 0 && offsets[n - 1] === this.#offsets[i]!) n-- // the later write of the same instant stands
      offsets[n] = this.#offsets[i]!
      values[n++] = this.#values[i]!
    }
    this.n = n
    this.#offsets = offsets
    this.#values = values
    this.#sorted = true
    this.#last = offsets[n - 1]!
  }

  #grow(): void {
    const offsets = new Uint16Array(this.n * GROWTH)
    const values = new Float64Array(this.n * GROWTH)
    offsets.set(this.#offsets)
    values.set(this.#values)
    this.#offsets = offsets
    this.#values = values
  }
}

/** A minute's readings in [from, to) as points. */
export function pointsOf(
  minute: number,
  { n, offsets, values }: Minute,
  from: Instant,
  to: Instant,
): Point[] {
  const start = minute * MINUTE
  const points: Point[] = []
  for (let i = 0; i < n; i++) {
    const ts = start + offsets[i]!
    if (ts >= from && ts < to) points.push({ ts, value: values[i]! })
  }
  return points
}

/** Both minutes in one, by ts; where both have an instant, `newer` stands. */
export function mergeMinutes(older: Minute, newer: Minute): Minute {
  const offsets = new Uint16Array(older.n + newer.n)
  const values = new Float64Array(older.n + newer.n)
  let n = 0
  for (let i = 0, j = 0; i < older.n || j < newer.n; n++) {
    const a = i < older.n ? older.offsets[i]! : Infinity
    const b = j < newer.n ? newer.offsets[j]! : Infinity
    offsets[n] = Math.min(a, b)
    values[n] = b <= a ? newer.values[j]! : older.values[i]!
    if (a <= b) i++
    if (b <= a) j++
  }
  return { n, offsets, values }
}
