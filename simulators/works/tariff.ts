/** Which electricity period holds when, and what a kWh costs then. Boundaries lie on whole hours. */
import { DAY, HOUR, type Instant } from '#domain/time.ts'
import { dateOf, isDeepValley, midnightOf, monthOf } from './calendar.ts'
import { HOT_MONTHS, PRICE, TARIFFS, type Period, type TariffName } from './data/energy.ts'

function periodOf(rule: TariffName, date: string, hour: number): Period {
  const { hot, other, deep } = TARIFFS[rule]
  if (isDeepValley(date)) for (const [from, to, period] of deep) if (hour >= from && hour < to) return period
  let found: Period = 'valley'
  for (const [from, period] of HOT_MONTHS.includes(monthOf(date)) ? hot : other)
    if (hour >= from) found = period
  return found
}

export type TariffSpan = {
  readonly from: Instant
  readonly to: Instant
  readonly period: Period
  /** Micro-yuan per Wh. */
  readonly price: number
}

/** The periods that touch [from, to), in order, cut to it. */
export function tariffSpans(rule: TariffName, from: Instant, to: Instant): TariffSpan[] {
  const spans: TariffSpan[] = []
  for (let midnight = midnightOf(dateOf(from)); midnight < to; midnight += DAY) {
    const date = dateOf(midnight)
    for (let hour = 0; hour < 24; hour++) {
      const start = Math.max(from, midnight + hour * HOUR)
      const end = Math.min(to, midnight + (hour + 1) * HOUR)
      if (start >= end) continue
      const period = periodOf(rule, date, hour)
      const last = spans.at(-1)
      if (last?.period === period && last.to === start) spans[spans.length - 1] = { ...last, to: end }
      else spans.push({ from: start, to: end, period, price: PRICE[period] * 1000 })
    }
  }
  return spans
}
