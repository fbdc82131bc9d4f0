/**
 * The curves and stretches of a production day, out of its quarter-hours: sums of cost over sums of value, never means of ratios.
 * A quarter that nobody knows breaks a curve; one without output has no ratio of its own and stays in every sum.
 */
import type { DayFigures } from '#contract/figures.ts'
import { HOUR, type Instant, MINUTE } from '#domain/time.ts'
import type { DataHealth } from '../server/shapes.ts'
import type { Axis } from './axis.ts'

export const QUARTER = 15 * MINUTE
/** A pause shorter than this is inside the output of its quarter-hours. */
const PAUSE = 20 * MINUTE
/** Below this share of evidence a stretch is in doubt. */
export const ENOUGH = 0.9

type Quarters = DayFigures['quarters']
/** Yuan per 100 yuan at an instant; null breaks the line. */
export type UPoint = { readonly at: Instant; readonly u: number | null }

const ratio = (cost: number, value: number): number | null => (value > 0 ? (100 * cost) / value : null)

/** u from the begin of the day to the end of each quarter-hour; the last one ends where it is known. */
export function uSoFar(quarters: Quarters, asOf: Instant): readonly UPoint[] {
  const points: UPoint[] = []
  let [cost, value, end] = [0, 0, null as Instant | null]
  for (const [start, fen, made] of quarters) {
    if (end !== null && start > end) points.push({ at: end + 1, u: null })
    cost += fen
    value += made
    end = start + QUARTER
    points.push({ at: Math.min(end, asOf), u: ratio(cost, value) })
  }
  return points
}

/** u of the hour that ends with each quarter-hour: of four whole ones in a row, else there is none. */
export function uOfHours(quarters: Quarters, asOf: Instant): readonly UPoint[] {
  const points: UPoint[] = []
  for (const [i, [start]] of quarters.entries()) {
    const hour = quarters.slice(Math.max(0, i - 3), i + 1)
    const whole = hour.length === 4 && hour[0]![0] === start - HOUR + QUARTER && start + QUARTER <= asOf
    const sum = (of: 1 | 2): number => hour.reduce((all, quarter) => all + quarter[of], 0)
    points.push({ at: Math.min(start + QUARTER, asOf), u: whole ? ratio(sum(1), sum(2)) : null })
  }
  return points
}

export type Stretch = {
  /** A pause of a shift; outside of shifts; no output in a shift; nothing heard; little heard. */
  readonly kind: 'break' | 'off' | 'idle' | 'missing' | 'low'
  readonly from: Instant
  readonly to: Instant
  /** Fen that its past quarter-hours took. */
  readonly cost: number
  /** Of `low`: the least share of evidence. */
  readonly share?: number
}

type Span = { readonly from: Instant; readonly to: Instant }

/** Cost of the quarter-hours that begin in a span. */
export const costIn = (quarters: Quarters, { from, to }: Span): number =>
  quarters.reduce((sum, [start, cost]) => (start >= from && start < to ? sum + cost : sum), 0)

const touches = (spans: readonly Span[], from: Instant, to: Instant): boolean =>
  spans.some((span) => span.from < to && span.to > from)

/** Neighbouring quarter-hours of one kind as one span. */
function spansOf(starts: readonly Instant[]): Span[] {
  const spans: Span[] = []
  for (const start of starts) {
    const last = spans.at(-1)
    if (last?.to === start) spans[spans.length - 1] = { from: last.from, to: start + QUARTER }
    else spans.push({ from: start, to: start + QUARTER })
  }
  return spans
}

type Known = Pick<DayFigures, 'window' | 'quarters' | 'shifts'>

/** Everything that interrupts the output of a day, with its reason; what is planned is known for the whole day. */
export function stretchesOf({ window, quarters, shifts }: Known): readonly Stretch[] {
  const off: Span[] = []
  let at = window.from
  for (const shift of shifts.toSorted((a, b) => a.from - b.from)) {
    if (shift.from > at) off.push({ from: at, to: shift.from })
    at = Math.max(at, shift.to)
  }
  if (at < window.to) off.push({ from: at, to: window.to })
  const breaks = shifts
    .flatMap((shift) => shift.breaks.map(([from, to]) => ({ from, to })))
    .filter(({ from, to }) => to - from >= PAUSE)
  const planned = [...off, ...breaks]
  const known = new Map(quarters.map((quarter) => [quarter[0], quarter]))
  const idle: Instant[] = []
  const missing: Instant[] = []
  for (let start = window.from; start + QUARTER <= window.asOf; start += QUARTER) {
    if (touches(planned, start, start + QUARTER)) continue
    const quarter = known.get(start)
    if (!quarter) missing.push(start)
    else if (quarter[2] === 0 && quarter[1] > 0) idle.push(start)
  }
  const named = (kind: Stretch['kind'], spans: readonly Span[]): Stretch[] =>
    spans.map((span) => ({ kind, ...span, cost: costIn(quarters, span) }))
  return [
    ...named('break', breaks),
    ...named('off', off),
    ...named('idle', spansOf(idle)),
    ...named('missing', spansOf(missing)),
  ]
}

/** Quarter-hours in which less was heard than it takes, over all machines that were due. */
export function lowCoverage(rows: DataHealth['coverage'], from: Instant, to: Instant): readonly Stretch[] {
  const due = new Map<Instant, number[]>()
  for (const row of rows)
    for (const [i, cell] of row.cells.entries()) {
      const start = row.from + i * QUARTER
      if (cell !== null && start >= from && start + QUARTER <= to)
        due.set(start, [...(due.get(start) ?? []), cell])
    }
  const shares = new Map(
    [...due].map(([start, cells]) => [start, cells.reduce((a, b) => a + b, 0) / cells.length]),
  )
  const low = [...shares].filter(([, share]) => share < ENOUGH).map(([start]) => start)
  return spansOf(low.toSorted((a, b) => a - b)).map((span) => ({
    kind: 'low',
    ...span,
    cost: 0,
    share: Math.min(...[...shares].filter(([at]) => at >= span.from && at < span.to).map(([, one]) => one)),
  }))
}

/** An hour this many times dearer than the day would flatten the day: it leaves the frame. */
const MOST_OVER = 2
const STEPS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000]
/** Steps of an axis at most. */
const PARTS = 4

/**
 * The axis of a day by its curves and its target: lines only, so it need not begin at 0, and whoever draws it says where it does. Null
 * without a value.
 */
export function dayAxis(
  soFar: readonly UPoint[],
  hours: readonly UPoint[],
  target: number | null,
): Axis | null {
  const known = (points: readonly UPoint[]): number[] => points.flatMap(({ u }) => u ?? [])
  const day = known(soFar)
  if (day.length === 0) return null
  const most = Math.max(...day, MOST_OVER * day.at(-1)!)
  const values = [...day, ...known(hours).filter((u) => u <= most), ...(target === null ? [] : [target])]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const fit = (step: number): boolean =>
    Math.ceil(high / step) - Math.floor(low / step) <= PARTS && high > low
  const step = STEPS.find(fit) ?? (high > low ? (high - low) / 2 : 10)
  const from = Math.floor(low / step) * step
  const to = Math.max(from + step, Math.ceil(high / step) * step)
  const ticks = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => from + i * step)
  return { from, to, ticks }
}

/** Whole steps of hours from the begin of a day to its end, at most `most` of them. */
export function dayTicks(from: Instant, to: Instant, most: number): readonly Instant[] {
  const step = [1, 2, 3, 4, 6, 8, 12].find((hours) => (to - from) / (hours * HOUR) <= most) ?? 24
  const ticks: Instant[] = []
  for (let at = from; at <= to; at += step * HOUR) ticks.push(at)
  return ticks
}
