/**
 * Amounts of a month or a year: what accrues of them in a window, and the account of dated entries that a month's bill becomes.
 * A cumulative amount is A(t) = floor(amount × passed / whole), a window's share A(t1) − A(t0): shares of any windows telescope.
 */
import { SHANGHAI_OFFSET, dayOf, type Instant } from '#domain/time.ts'
import { peakCharge } from './electricity/charge.ts'
import type { BasicCharge } from './electricity/contract.ts'
import { floorDiv, type Nano } from './rounding.ts'
import { shared, type Span } from './span.ts'

/** Part of an amount that has accrued when `passed` of `whole` is over; `whole` is above 0. */
export const accrued = (amount: Nano, passed: bigint, whole: bigint): Nano => floorDiv(amount * passed, whole)

/** Milliseconds of spans that are over at an instant. */
export const passedOf = (spans: readonly Span[], at: Instant): number =>
  spans.reduce((sum, span) => sum + shared(span, -Infinity, at), 0)

/** What accrues in [from, to) of an amount that lies evenly on spans; 0 where there are none. */
export function accruedIn(amount: Nano, spans: readonly Span[], from: Instant, to: Instant): Nano {
  const whole = BigInt(passedOf(spans, Infinity))
  if (whole === 0n) return 0n
  const until = (at: Instant) => accrued(amount, BigInt(passedOf(spans, at)), whole)
  return until(to) - until(from)
}

/** `2026-03` in Asia/Shanghai. */
export const monthOf = (at: Instant): string => dayOf(at).slice(0, 7)

/** Begin and end of a month. */
export function spanOfMonth(month: string): Span {
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5, 7))]
  return {
    from: Date.UTC(year, number - 1) - SHANGHAI_OFFSET,
    to: Date.UTC(year, number) - SHANGHAI_OFFSET,
  }
}

/** Months that [from, to) touches. */
export function monthsIn(from: Instant, to: Instant): string[] {
  const months: string[] = []
  for (let at = from; at < to; at = spanOfMonth(months.at(-1)!).to) months.push(monthOf(at))
  return months
}

/** What is known of a month before a window: its highest quarter-hour mean (W) and the main meter's growth. */
export type MonthState = {
  readonly month: string
  readonly peakW: number
  readonly wh: number
  readonly varh: number
}

export const newMonth = (month: string): MonthState => ({ month, peakW: 0, wh: 0, varh: 0 })

export type MonthEntry = {
  readonly at: Instant
  readonly month: string
  readonly kind: 'accrual' | 'peak_raised' | 'true_up'
  readonly nano: Nano
}

/** What accrues in [from, to) of an amount a month, by calendar time. */
export function accruedByMonth(amount: Nano, from: Instant, to: Instant): Nano {
  return monthsIn(from, to).reduce(
    (sum, month) => sum + accruedIn(amount, [spanOfMonth(month)], from, to),
    0n,
  )
}

/** A whole quarter-hour of the main meter. */
export type MeterQuarter = { readonly start: Instant; readonly wh: number; readonly varh: number }

/**
 * The month after some quarters of its main meter, and an entry wherever the peak was raised and the bill with it. `quarters` lie in
 * one month, in order, after the state.
 */
export function raisePeak(
  basic: BasicCharge | null,
  state: MonthState,
  quarters: readonly MeterQuarter[],
): { readonly state: MonthState; readonly entries: readonly MonthEntry[] } {
  const entries: MonthEntry[] = []
  let { peakW, wh, varh } = state
  for (const quarter of quarters) {
    wh += quarter.wh
    varh += quarter.varh
    const watts = quarter.wh * 4
    if (watts <= peakW) continue
    const nano = basic ? peakCharge(basic, watts) - peakCharge(basic, peakW) : 0n
    if (nano > 0n) entries.push({ at: quarter.start, month: state.month, kind: 'peak_raised', nano })
    peakW = watts
  }
  return { state: { month: state.month, peakW, wh, varh }, entries }
}

/** The entry that makes a month's account what the bill says; it lies at the end of the month. Null when nothing differs. */
export function trueUp(month: string, posted: readonly MonthEntry[], billed: Nano): MonthEntry | null {
  const nano = billed - posted.reduce((sum, entry) => sum + (entry.month === month ? entry.nano : 0n), 0n)
  return nano === 0n ? null : { at: spanOfMonth(month).to - 1, month, kind: 'true_up', nano }
}
