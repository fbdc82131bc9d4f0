/**
 * Production days (08:00 to 08:00 in Asia/Shanghai, named by the date on which they begin), open days and their share of the
 * year's volume, and the hours of a machine's day.
 */
import { DAY, HOUR, MINUTE, SHANGHAI_OFFSET, type Instant } from '#domain/time.ts'
import {
  CLOSED,
  CLOSED_EVERY_YEAR,
  DEEP_VALLEY,
  FIRST_DAYS,
  LAST_DAYS,
  MONTH_FACTOR,
  SHIFTS,
} from './data/calendar.ts'

export type Span = { readonly from: Instant; readonly to: Instant }

/** Midnight of `2026-03-02` in Asia/Shanghai. */
export const midnightOf = (date: string): Instant => Date.parse(`${date}T00:00:00Z`) - SHANGHAI_OFFSET
/** When the production day of a date begins: 08:00. */
export const startOf = (date: string): Instant => midnightOf(date) + 8 * HOUR
export const dateOf = (at: Instant): string => new Date(at + SHANGHAI_OFFSET).toISOString().slice(0, 10)
/** The production day that holds an instant. */
export const productionDay = (at: Instant): string => dateOf(at - 8 * HOUR)
export const addDays = (date: string, days: number): string => dateOf(midnightOf(date) + days * DAY)
export const daysBetween = (from: string, to: string): number =>
  Math.round((midnightOf(to) - midnightOf(from)) / DAY)
export const monthOf = (date: string): number => Number(date.slice(5, 7))

const inRanges = (ranges: readonly (readonly [string, string])[], date: string): boolean =>
  ranges.some(([from, to]) => date.slice(5) >= from && date.slice(5) <= to)

export const isOpen = (date: string): boolean =>
  new Date(`${date}T00:00:00Z`).getUTCDay() !== 0 &&
  !inRanges(CLOSED[Number(date.slice(0, 4))] ?? CLOSED_EVERY_YEAR, date)

export const isDeepValley = (date: string): boolean =>
  inRanges(DEEP_VALLEY[Number(date.slice(0, 4))] ?? [], date)

type Year = {
  readonly open: number
  readonly factor: ReadonlyMap<string, number>
  readonly overtime: ReadonlySet<string>
}
const years = new Map<number, Year>()

/** Open days of a year, each one's volume against the mean, and its overtime days. */
export function yearOf(year: number): Year {
  const known = years.get(year)
  if (known) return known
  const factor = new Map<string, number>()
  const overtime = new Set<string>()
  for (let month = 1; month <= 12; month++) {
    const days: string[] = []
    for (
      let date = `${year}-${String(month).padStart(2, '0')}-01`;
      monthOf(date) === month;
      date = addDays(date, 1)
    )
      if (isOpen(date)) days.push(date)
    const inMonth = days.map((_, i) =>
      i < FIRST_DAYS.days ? FIRST_DAYS.factor : i >= days.length - LAST_DAYS.days ? LAST_DAYS.factor : 1,
    )
    const mean = inMonth.reduce((sum, f) => sum + f, 0) / days.length
    days.forEach((date, i) => factor.set(date, (MONTH_FACTOR[month - 1]! * inMonth[i]!) / mean))
    for (const date of days.slice(-LAST_DAYS.days)) overtime.add(date)
  }
  const mean = [...factor.values()].reduce((sum, f) => sum + f, 0) / factor.size
  for (const [date, f] of factor) factor.set(date, f / mean)
  const made: Year = { open: factor.size, factor, overtime }
  years.set(year, made)
  return made
}

export const yearOfDate = (date: string): Year => yearOf(Number(date.slice(0, 4)))
/** An open day's volume against the mean open day of its year; 0 when closed. */
export const dayFactor = (date: string): number => yearOfDate(date).factor.get(date) ?? 0

const at = (midnight: Instant, minutes: number): Instant => midnight + minutes * MINUTE

/** Pieces of [from, to) that are left after `cuts` are taken out; `cuts` are sorted. */
export function without(from: Instant, to: Instant, cuts: readonly Span[]): Span[] {
  const out: Span[] = []
  let start = from
  for (const cut of cuts) {
    if (cut.from >= to) break
    if (cut.from > start) out.push({ from: start, to: cut.from })
    start = Math.max(start, cut.to)
  }
  if (start < to) out.push({ from: start, to })
  return out
}

export type ShiftSpan = {
  readonly name: 'day' | 'night'
  readonly from: Instant
  readonly to: Instant
  readonly breaks: readonly Span[]
  /** Worked stretches between the breaks. */
  readonly net: readonly Span[]
  /** Stretches that are paid. */
  readonly paid: readonly Span[]
  readonly paidHours: number
}

/** The two shifts of a production day. */
export function shiftsOf(date: string): readonly ShiftSpan[] {
  const midnight = midnightOf(date)
  const span = ([from, to]: readonly [number, number]): Span => ({
    from: at(midnight, from),
    to: at(midnight, to),
  })
  return SHIFTS.map((shift) => {
    const { from, to } = span([shift.start, shift.end])
    const breaks = shift.breaks.map(span)
    return {
      name: shift.name,
      from,
      to,
      breaks,
      net: without(from, to, breaks),
      paid: without(from, to, shift.unpaid.map(span)),
      paidHours: shift.paid,
    }
  })
}

/** Length of what two spans share. */
export const overlap = (a: Span, from: Instant, to: Instant): number =>
  Math.max(0, Math.min(a.to, to) - Math.max(a.from, from))

export const hoursOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { from, to }) => sum + (to - from), 0) / HOUR
