/** Points of a trend with its holes. A hole is drawn as a hatch: never joined, never filled. */
import type { Instant, Millis } from '#domain/time.ts'
import type { History } from '../server/shapes.ts'

export type Point = {
  readonly ts: Instant
  readonly mean: number | null
  readonly min: number | null
  readonly max: number | null
}
export type Hole = { readonly from: Instant; readonly to: Instant }
export type Series = {
  /** uPlot columns; x in ms. A null breaks the line. */
  readonly x: number[]
  readonly y: (number | null)[]
  readonly low: (number | null)[]
  readonly high: (number | null)[]
  readonly holes: readonly Hole[]
}

export const pointsOf = (history: History): Point[] =>
  history.buckets.map(({ ts, mean, min, max }) => ({ ts, mean, min, max }))

/** Adds a newer reading and drops what left the window; an older or equal time is not a new point. */
export function appended(
  points: readonly Point[],
  ts: Instant,
  value: number | null,
  from: Instant,
): Point[] {
  const kept = points.filter((point) => point.ts >= from)
  const last = kept.at(-1)
  if (last && ts <= last.ts) return kept
  return [...kept, { ts, mean: value, min: value, max: value }]
}

/** Longest silence that is still the same line: three sample periods, or two and a half buckets of a coarser answer. */
export const gapLimit = (periodMs: Millis, stepMs: Millis): Millis => Math.max(3 * periodMs, 2.5 * stepMs)

/** The drawable series inside a window, with a null and a hole wherever two valid points are further apart than `gapMs`. */
export function seriesOf(points: readonly Point[], gapMs: Millis, from: Instant, to: Instant): Series {
  const x: number[] = []
  const y: (number | null)[] = []
  const low: (number | null)[] = []
  const high: (number | null)[] = []
  const holes: Hole[] = []
  const put = (ts: number, point: Point | null): void => {
    x.push(ts)
    y.push(point?.mean ?? null)
    low.push(point?.min ?? null)
    high.push(point?.max ?? null)
  }
  let last = from
  for (const point of points) {
    if (point.mean === null || point.ts < from || point.ts > to) continue
    if (point.ts - last > gapMs) {
      holes.push({ from: last, to: point.ts })
      if (x.length) put(last + 1, null)
    }
    put(point.ts, point)
    last = point.ts
  }
  if (to - last > gapMs) {
    holes.push({ from: last, to })
    if (x.length) put(last + 1, null)
  }
  return { x, y, low, high, holes }
}

/** No data before the first one of a window: it may be that there was nothing yet, so it is not called missing. */
export const leadingHole = (series: Series, from: Instant): readonly Hole[] =>
  series.x.length > 0 && series.holes[0]?.from === from ? [series.holes[0]] : []

export const holeTime = (holes: readonly Hole[]): Millis =>
  holes.reduce((sum, hole) => sum + hole.to - hole.from, 0)
