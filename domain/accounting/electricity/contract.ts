/**
 * An electricity contract as dated data: periods by season, day type and holiday, prices by period, the basic charge, the power
 * factor rule. The grid company's time-of-use table and a retail contract differ in data only.
 */
import type { Micro, Ppm } from '../rounding.ts'

export const PERIODS = ['sharp', 'peak', 'flat', 'valley', 'deep'] as const
/** 尖峰, 高峰, 平段, 低谷, 深谷. */
export type Period = (typeof PERIODS)[number]

/** From … to, minutes after midnight in Asia/Shanghai, on quarter hours. */
export type PeriodWindow = { readonly from: number; readonly to: number; readonly period: Period }

export type Season = {
  readonly name: string
  /** 1 January … 12 December. */
  readonly months: readonly number[]
  /** Weekdays (0 Sunday) for which it holds; all when left out. */
  readonly weekdays?: readonly number[]
  /** Cover the day without hole or overlap. */
  readonly windows: readonly PeriodWindow[]
}

/** Laid over the season's windows on these dates, first and last. */
export type Holiday = {
  readonly name: string
  readonly first: string
  readonly last: string
  readonly windows: readonly PeriodWindow[]
}

/** 基本电费. Prices a month: of a kW of demand, of a kVA of transformer. */
export type BasicCharge =
  | {
      readonly mode: 'contract_demand'
      readonly kw: number
      readonly price: Micro
      /** Billed at the contract up to this share of it; what lies above at `excessFactor` times the price. */
      readonly tolerancePpm: Ppm
      readonly excessFactor: number
    }
  | { readonly mode: 'actual_demand'; readonly price: Micro }
  | { readonly mode: 'capacity'; readonly kva: number; readonly price: Micro }

export type TariffContract = {
  readonly basis: 'AGENT_TOU' | 'RETAIL_CONTRACT' | 'SPOT_LINKED'
  readonly seasons: readonly Season[]
  readonly holidays: readonly Holiday[]
  /** Yuan a kWh in micro-yuan; a period that has no price is a hole when something is used in it. */
  readonly prices: Readonly<Partial<Record<Period, Micro>>>
  readonly basic: BasicCharge | null
  /** Hundredths: the standard (0.90) and what is expected until the month is known. Null: no adjustment is billed. */
  readonly powerFactor: { readonly standard: number; readonly expected: number } | null
}
