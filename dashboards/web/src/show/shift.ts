/** Shifts of a production day, which begins with the first shift and ends with the next day's first. */
import { DAY, type Instant, MINUTE } from '#domain/time.ts'
import type { PlantView } from '../server/shapes.ts'
import { startOfDay } from './format.ts'

export type ShiftSpan = {
  readonly name: { zh: string; en: string }
  readonly from: Instant
  readonly to: Instant
}

/** Shifts that touch a window, oldest first. */
export function shiftsIn(shifts: PlantView['shifts'], from: Instant, to: Instant): readonly ShiftSpan[] {
  const spans: ShiftSpan[] = []
  for (let day = startOfDay(from) - DAY; day < to; day += DAY)
    for (const shift of shifts) {
      const span = { name: shift.name, from: day + shift.start * MINUTE, to: day + shift.end * MINUTE }
      if (span.to > from && span.from < to) spans.push(span)
    }
  return spans.toSorted((a, b) => a.from - b.from)
}

/** The shift that holds an instant, or null between shifts. */
export const shiftAt = (shifts: PlantView['shifts'], at: Instant): ShiftSpan | null =>
  shiftsIn(shifts, at, at + 1).find((shift) => shift.from <= at && at < shift.to) ?? null

/** Window of the production day that holds an instant: from its first shift to the end of its last one, at least to now. */
export function productionDay(shifts: PlantView['shifts'], at: Instant): { from: Instant; to: Instant } {
  if (shifts.length === 0) return { from: startOfDay(at), to: startOfDay(at) + DAY }
  const start = Math.min(...shifts.map((shift) => shift.start)) * MINUTE
  const end = Math.max(...shifts.map((shift) => shift.end)) * MINUTE
  const midnight = startOfDay(at)
  const from = at >= midnight + start ? midnight + start : midnight + start - DAY
  return { from, to: Math.max(from + (end - start), at) }
}
