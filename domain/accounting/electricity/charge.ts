/** What a quantity of energy costs by period, the basic charge of a month, the power factor's adjustment, carbon. */
import type { Instant } from '#domain/time.ts'
import { PPM, evenDiv, type Micro, type Nano, type Ppm } from '../rounding.ts'
import type { BasicCharge, Period, TariffContract } from './contract.ts'
import { periodAt } from './period.ts'

export type Charged =
  | { readonly nano: Nano; readonly period: Period }
  | {
      readonly nano: null
      readonly reason: 'no_season' | 'no_window' | 'no_price'
      readonly period: Period | null
    }

/** Energy charge of Wh (register differences) used in the quarter-hour that begins at an instant: Wh × micro-yuan a kWh is exact. */
export function energyCharge(contract: TariffContract, at: Instant, wh: number): Charged {
  const found = periodAt(contract, at)
  if (found.period === null) return { nano: null, reason: found.reason, period: null }
  const price = contract.prices[found.period]
  if (price === undefined) return { nano: null, reason: 'no_price', period: found.period }
  return { nano: BigInt(wh) * BigInt(price), period: found.period }
}

/** What was used in one period at one price. What has no contract, no period or no price has no charge. */
export type PeriodCharge = {
  readonly period: Period | null
  readonly price: Micro | null
  readonly wh: number
  readonly nano: Nano | null
}

/** Energy and charge by period and price, the dearest first: each quarter-hour by the contract that holds in it. */
export function chargeByPeriod(
  contractAt: (at: Instant) => TariffContract | null,
  quarters: readonly { readonly start: Instant; readonly wh: number }[],
): PeriodCharge[] {
  const sums = new Map<string, PeriodCharge>()
  for (const { start, wh } of quarters) {
    const contract = contractAt(start)
    const { period = null, nano = null } = contract ? energyCharge(contract, start, wh) : {}
    const price = period === null ? null : (contract?.prices[period] ?? null)
    const key = `${period} ${price}`
    const sum = sums.get(key) ?? { period, price, wh: 0, nano: nano === null ? null : 0n }
    sums.set(key, { ...sum, wh: sum.wh + wh, nano: sum.nano === null ? null : sum.nano + (nano ?? 0n) })
  }
  return [...sums.values()].toSorted((a, b) => (b.price ?? 0) - (a.price ?? 0))
}

/** The basic charge of a whole month without any excess: what accrues by calendar time. */
export function basicOfMonth(basic: BasicCharge, peakW = 0): Nano {
  if (basic.mode === 'capacity') return BigInt(basic.kva) * BigInt(basic.price) * 1000n
  if (basic.mode === 'contract_demand') return BigInt(basic.kw) * BigInt(basic.price) * 1000n
  return BigInt(peakW) * BigInt(basic.price)
}

/** What a peak of the month (W, highest quarter-hour mean) costs on top: above the tolerance of a contract, or all of an actual demand. */
export function peakCharge(basic: BasicCharge, peakW: number): Nano {
  if (basic.mode === 'capacity') return 0n
  if (basic.mode === 'actual_demand') return BigInt(peakW) * BigInt(basic.price)
  const above = BigInt(peakW) * PPM - BigInt(basic.kw) * 1000n * BigInt(basic.tolerancePpm)
  return above <= 0n ? 0n : evenDiv(above * BigInt(basic.price) * BigInt(basic.excessFactor), PPM)
}

/** 基本电费 of a month by its peak. */
export const basicCharge = (basic: BasicCharge, peakW: number): Nano =>
  basic.mode === 'actual_demand' ? peakCharge(basic, peakW) : basicOfMonth(basic) + peakCharge(basic, peakW)

/**
 * Live view of a quarter-hour that still runs: its mean power if it goes on as it did, W, and whether the month's bill would rise.
 * Null in the first minute, of which nothing can be said.
 */
export function quarterForecast(
  basic: BasicCharge,
  peakW: number,
  { wh, passedMs, lengthMs }: { readonly wh: number; readonly passedMs: number; readonly lengthMs: number },
): { readonly watts: number; readonly overContract: boolean; readonly raises: Nano } | null {
  if (passedMs < 60_000) return null
  const watts = Math.round((wh * 3_600_000) / Math.min(passedMs, lengthMs))
  return {
    watts,
    overContract: basic.mode === 'contract_demand' && watts > basic.kw * 1000,
    raises: watts > peakW ? peakCharge(basic, watts) - peakCharge(basic, peakW) : 0n,
  }
}

/** PF = kWh/√(kWh²+kvarh²) in hundredths, rounded; null when nothing was used. Whole numbers throughout. */
export function powerFactorOf(wh: number, varh: number): number | null {
  if (wh <= 0) return null
  const [active, reactive] = [BigInt(wh), BigInt(varh)]
  const squares = active * active + reactive * reactive
  // the largest n with n − ½ <= 100·PF, that is (2n − 1)² · squares <= (200 · active)²
  let factor = 100
  while (factor > 0 && BigInt(2 * factor - 1) ** 2n * squares > 40_000n * active * active) factor--
  return factor
}

/** (83)水电财字215号 for a standard of 0.90: share of energy and basic charge in millionths; negative is a rebate. `factor` in hundredths. */
export function powerFactorPpm(factor: number): Ppm {
  if (factor >= 95) return -7_500
  if (factor >= 90) return 1_500 * (90 - factor)
  if (factor >= 70) return 5_000 * (90 - factor)
  if (factor >= 65) return 100_000 + 10_000 * (70 - factor)
  return 150_000 + 20_000 * (65 - factor)
}

/** Milligrams of CO₂: g/kWh is mg/Wh. */
export const carbonOf = (milli: number, mgPerMilli: number): bigint =>
  evenDiv(BigInt(milli) * BigInt(Math.round(mgPerMilli * 1000)), 1000n)
