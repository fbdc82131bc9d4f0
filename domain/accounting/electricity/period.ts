/** Which period of a contract an instant lies in: holiday before day type before season. */
import { DAY, MINUTE, SHANGHAI_OFFSET, dayOf, type Instant } from '#domain/time.ts'
import type { Period, PeriodWindow, TariffContract } from './contract.ts'

export type PeriodFound =
  { readonly period: Period } | { readonly period: null; readonly reason: 'no_season' | 'no_window' }

const windowAt = (windows: readonly PeriodWindow[], minute: number): Period | undefined =>
  windows.find(({ from, to }) => minute >= from && minute < to)?.period

/** The period of an instant, or why the contract has none for it. */
export function periodAt(contract: TariffContract, at: Instant): PeriodFound {
  const day = dayOf(at)
  const minute = Math.floor(((((at + SHANGHAI_OFFSET) % DAY) + DAY) % DAY) / MINUTE)
  const holiday = contract.holidays.find(({ first, last }) => day >= first && day <= last)
  const special = holiday && windowAt(holiday.windows, minute)
  if (special) return { period: special }
  const month = Number(day.slice(5, 7))
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  const season =
    contract.seasons.find(({ months, weekdays }) => months.includes(month) && weekdays?.includes(weekday)) ??
    contract.seasons.find(({ months, weekdays }) => months.includes(month) && !weekdays)
  if (!season) return { period: null, reason: 'no_season' }
  const period = windowAt(season.windows, minute)
  return period ? { period } : { period: null, reason: 'no_window' }
}
