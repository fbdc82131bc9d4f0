/**
 * Which months a works has behind it when it is shown for the first time. `2026-11-24` -> from 2025-05-24, retrofit 2026-05-24.
 * Pure.
 */
import { addDays, daysBetween } from '../works/calendar.ts'

/** Months of history before the retrofit, and after it up to today. */
export const MONTHS_BEFORE = 12
export const MONTHS_AFTER = 6

export type PastDates = {
  /** First production day: the works is born on its morning. */
  readonly from: string
  /** Production day from which the retrofit takes effect. */
  readonly retrofit: string
}

/** The same day of the month so many months earlier or later; the last day of that month when it has no such day. */
export function addMonths(date: string, months: number): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number]
  const last = new Date(Date.UTC(year, month + months, 0))
  last.setUTCDate(Math.min(day, last.getUTCDate()))
  return last.toISOString().slice(0, 10)
}

/**
 * The past of a works that is shown first on the production day `today`. `days`: of a short one, whose retrofit is as far into it as that
 * of the long one.
 */
export function pastOf(today: string, days: number | null = null): PastDates {
  if (days === null) {
    const from = addMonths(today, -(MONTHS_BEFORE + MONTHS_AFTER))
    return { from, retrofit: addMonths(from, MONTHS_BEFORE) }
  }
  const from = addDays(today, -days)
  return {
    from,
    retrofit: addDays(from, Math.round((days * MONTHS_BEFORE) / (MONTHS_BEFORE + MONTHS_AFTER))),
  }
}

/** Production days from the first to the last, both of them. */
export const daysOf = (from: string, to: string): number => daysBetween(from, to) + 1
