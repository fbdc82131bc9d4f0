/**
 * A cumulative register as a course R(t) in time, in integer steps of the measure's resolution. What happened in [t0, t1) is
 * R(t1) − R(t0): such differences telescope, so panes of any size and in any order sum to what their span holds.
 *
 * The course is a property of the set of samples and swaps, not of their arrival. Samples stand in the order (boot, seq), boots in
 * the order of their earliest ts; a clock set back inside a boot does not turn growth round. What a person entered has no sequence
 * of its own: it stands at its ts. Between two samples R is interpolated, rounded down: over wall time what flows, over the time that
 * the machine ran what its cycles make. Before the first sample R is 0, after the newest it stands still: nothing is extrapolated.
 *
 * Rollover and reset follow the rules of telemetry/counter.ts. A swap starts a new segment at its own ts.
 */
import { step, type Sample, type Swap } from '#domain/telemetry/counter.ts'
import { RESET, ROLLOVER, SWAP } from '#domain/telemetry/item.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import { WALL, lastAt, type Clock, type Span } from './span.ts'

/** Readings further apart than this do not tell when between them something was used. */
export const GAP: Millis = 5 * MINUTE

/** Boot of what people entered by hand or file: seq is the request's number and says nothing about time. */
export const MANUAL = 'manual'

export type CoursePoint = {
  readonly ts: Instant
  /** Growth since the first sample, steps. */
  readonly total: number
  /** Rules that found the growth since the point before: RESET, ROLLOVER, SWAP of telemetry/item.ts. */
  readonly flags: number
  /** Where it came from; null for a swap, which is an event. */
  readonly source: { readonly boot: string; readonly seq: number } | null
}

/** Points by ts, totals never falling. */
export type Course = readonly CoursePoint[]

/** The course that samples and swaps tell. `rollover`: the count at which the register starts again at 0, or null. */
export function courseOf(
  samples: readonly Sample[],
  swaps: readonly Swap[],
  rollover: number | null,
): Course {
  const course: CoursePoint[] = []
  let now = -Infinity
  let total = 0
  let last: number | null = null
  const read = (ts: Instant, steps: number): number => {
    now = Math.max(now, ts)
    if (last === null) {
      last = steps
      return 0
    }
    const { delta, flags } = step(last, steps, rollover)
    last = steps
    total += delta
    return flags
  }
  const take = ({ ts, oldLast, newFirst }: Swap): void => {
    const flags = course.length === 0 ? 0 : read(ts, oldLast)
    last = null
    read(ts, newFirst)
    course.push({ ts: now, total, flags: flags | SWAP, source: null })
  }
  const waiting = distinct(
    swaps.toSorted((a, b) => a.ts - b.ts || a.oldLast - b.oldLast || a.newFirst - b.newFirst),
  )
  for (const { ts, steps, boot, seq } of arrange(samples)) {
    while (waiting.length > 0 && waiting[0]!.ts <= Math.max(now, ts)) take(waiting.shift()!)
    const flags = read(ts, steps)
    course.push({ ts: now, total, flags, source: { boot, seq } })
  }
  waiting.forEach(take)
  return course
}

/** Whether a reading that is added makes no reset or rollover that there was not: it lies between its neighbours, or beyond the ends. */
export function fitsCourse(
  samples: readonly Sample[],
  swaps: readonly Swap[],
  rollover: number | null,
  reading: Sample,
): boolean {
  const falls = (all: readonly Sample[]) =>
    courseOf(all, swaps, rollover).filter(({ flags }) => (flags & (RESET | ROLLOVER)) !== 0).length
  return falls([...samples, reading]) <= falls(samples)
}

/** One swap at an instant. */
const distinct = (swaps: readonly Swap[]): Swap[] => swaps.filter((swap, i) => swap.ts !== swaps[i - 1]?.ts)

/** By (boot, seq), boots by their earliest ts; the same key once; entries of people at their ts. */
function arrange(samples: readonly Sample[]): readonly Sample[] {
  if (isArranged(samples)) return samples
  const begin = new Map<string, Instant>()
  for (const { boot, ts } of samples) begin.set(boot, Math.min(ts, begin.get(boot) ?? Infinity))
  const told = samples
    .filter(({ boot }) => boot !== MANUAL)
    .toSorted(
      (a, b) =>
        begin.get(a.boot)! - begin.get(b.boot)! ||
        (a.boot < b.boot ? -1 : a.boot > b.boot ? 1 : a.seq - b.seq || a.ts - b.ts || a.steps - b.steps),
    )
    .filter((one, i, all) => one.boot !== all[i - 1]?.boot || one.seq !== all[i - 1]?.seq)
  const entered = samples
    .filter(({ boot }) => boot === MANUAL)
    .toSorted((a, b) => a.ts - b.ts || a.seq - b.seq)
    .filter((one, i, all) => one.seq !== all[i - 1]?.seq)
  if (entered.length === 0) return told
  const out: Sample[] = []
  let latest = -Infinity
  let next = 0
  for (const sample of told) {
    latest = Math.max(latest, sample.ts)
    while (next < entered.length && entered[next]!.ts < latest) out.push(entered[next++]!)
    out.push(sample)
  }
  return [...out, ...entered.slice(next)]
}

/** As one boot tells them in time. */
function isArranged(samples: readonly Sample[]): boolean {
  for (let i = 0; i < samples.length; i++) {
    const { boot, seq } = samples[i]!
    if (boot === MANUAL) return false
    if (i > 0 && (boot !== samples[i - 1]!.boot || seq <= samples[i - 1]!.seq)) return false
  }
  return true
}

/** Index of the newest point at or before an instant; -1 before the first. */
export const pointAt = (course: Course, at: Instant): number => lastAt(course, at)

/**
 * R(t): growth since the first sample, steps. `clock`: the time over which it grows between two samples; where that stood still from
 * one to the other, wall time.
 */
export const totalAt = (course: Course, at: Instant, clock: Clock = WALL): number =>
  totalFrom(course, pointAt(course, at), at, clock)

/** The same where the place of the newest point at or before the instant is known. */
export function totalFrom(course: Course, i: number, at: Instant, clock: Clock): number {
  if (i < 0) return 0
  const a = course[i]!
  const b = course[i + 1]
  if (b === undefined || b.total === a.total) return a.total
  const begin = clock(a.ts)
  const whole = clock(b.ts) - begin
  return whole > 0
    ? a.total + share(b.total - a.total, clock(at) - begin, whole)
    : a.total + share(b.total - a.total, at - a.ts, b.ts - a.ts)
}

/** floor(growth × part / whole), exact. */
function share(growth: number, part: number, whole: number): number {
  const product = growth * part
  if (Number.isSafeInteger(product)) return (product - (product % whole)) / whole
  return Number((BigInt(growth) * BigInt(part)) / BigInt(whole))
}

/** Growth in [from, to), steps. */
export const growthIn = (course: Course, from: Instant, to: Instant, clock: Clock = WALL): number =>
  totalAt(course, to, clock) - totalAt(course, from, clock)

/** The samples that bracket [from, to): the newest at or before `from` and the oldest at or after `to`, or its ends where there is none. */
export const bracketOf = (course: Course, { from, to }: Span): Span => ({
  from: course[pointAt(course, from)]?.ts ?? from,
  to: course.find(({ ts }) => ts >= to)?.ts ?? to,
})

/** Flags of the growth that lies in [from, to) wholly or in part. */
export function flagsIn(course: Course, from: Instant, to: Instant): number {
  let flags = 0
  for (let i = Math.max(1, pointAt(course, from) + 1); i < course.length; i++) {
    const { ts, flags: own } = course[i]!
    const begin = course[i - 1]!.ts
    // growth at a single instant counts up to and with the end, as R(t1) − R(t0) has it
    if (begin < ts ? begin >= to : ts > to) break
    flags |= own
  }
  return flags
}

/** From the first to the newest sample; null when there is none. */
export const heardOf = (course: Course): Span | null =>
  course.length === 0 ? null : { from: course[0]!.ts, to: course.at(-1)!.ts }

/** Stretches in which it is not known when the register grew: gaps over 5 minutes, and those in which it was set back. */
export function uncertainOf(course: Course): Span[] {
  const gaps: Span[] = []
  for (let i = 1; i < course.length; i++) {
    const { ts, flags } = course[i]!
    const from = course[i - 1]!.ts
    if (ts > from && (ts - from > GAP || (flags & RESET) !== 0)) gaps.push({ from, to: ts })
  }
  return gaps
}
