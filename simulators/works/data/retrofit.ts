/**
 * What the retrofit changes, before -> after, and in how many days from its start (one number: a step on that day).
 * ILLUSTRATIVE. Where two hours of a heat cannot be mixed (melting time, contract, night air) the change steps in the middle of its ramp.
 */
import type { KindId } from './machines.ts'

export type Ramp = readonly [first: number, last: number]
type ByKind = Readonly<Partial<Record<KindId, number>>>

/** Everything that differs between one day of the works and another. */
export type Parameters = {
  /** Material issued beyond the standard of the good output, share. */
  readonly overIssue: number
  readonly scrap: ByKind
  readonly rework: ByKind
  /** Added to the effectiveness of a kind. */
  readonly faster: ByKind
  readonly lathesDay: number
  readonly lathesNight: number
  /** Hours a year. */
  readonly overtime: number
  /** Hours of the day at which heats may begin; the furnace's own window. */
  readonly heats: readonly number[]
  readonly furnaceWindow: readonly [from: number, to: number]
  readonly furnaceKw: number
  /** Minutes a day, kW. */
  readonly holdMin: number
  readonly holdKw: number
  readonly ovenHour: number
  /** Hours of holding at 15 kW before the load. */
  readonly ovenPreheatH: number
  /** Nm3/min; share of shift hours; whether a compressor feeds the leaks from 01 to 08. */
  readonly leak: number
  readonly unloaded: number
  readonly nightAir: boolean
  /** Share of the shift's compressor energy that compressor 1 takes. */
  readonly airFirst: number
  readonly contractKw: number
  /** The furnace gives way so that the plant stays below; null: nothing watches. */
  readonly limitKw: number | null
  /** Hours after the day shift with the paint burner idling. */
  readonly burnerNightH: number
  readonly coolantKg: number
  readonly waste: number
  /** Share of a tool's life at which it is changed. */
  readonly toolShare: number
  readonly mtbf: number
  readonly parts: number
  /** Yuan a year less for a leased bay. */
  readonly bay: number
  /** Share of the bodies that are bored outside. */
  readonly boringOutside: number
  readonly warranty: number
  readonly calibration: number
  readonly clerks: number
  readonly retrofit: number
  readonly tariff: 'w2024' | 'w2026'
  /** Orders against the plan: all, and by product. */
  readonly volume: number
  readonly mix: Readonly<Record<'A' | 'B' | 'C' | 'D', number>>
}

export const BEFORE: Parameters = {
  overIssue: 0.0087,
  scrap: { FU: 0.06, HT: 0.004, LA: 0.017, MC: 0.0195, GR: 0.028, LP: 0.006, AS: 0.001, TE: 0.003 },
  rework: {
    SB: 0.01,
    HT: 0.02,
    LA: 0.012,
    MC: 0.012,
    GR: 0.03,
    LP: 0.03,
    AS: 0.01,
    TE: 0.03,
    PA: 0.02,
  },
  faster: {},
  lathesDay: 8,
  lathesNight: 4,
  overtime: 3050,
  heats: [8.25, 9 + 35 / 60],
  furnaceWindow: [8, 12],
  furnaceKw: 380,
  holdMin: 85,
  holdKw: 68,
  ovenHour: 12.5,
  ovenPreheatH: 2.5,
  leak: 1.2,
  unloaded: 0.18,
  nightAir: true,
  airFirst: 0.494,
  contractKw: 660,
  limitKw: null,
  burnerNightH: 9,
  coolantKg: 0.066,
  waste: 17_500,
  toolShare: 0.72,
  mtbf: 1,
  parts: 1,
  bay: 0,
  boringOutside: 0.65,
  warranty: 0.005,
  calibration: 60_000,
  clerks: 312_000,
  retrofit: 0,
  tariff: 'w2026',
  volume: 1,
  mix: { A: 1, B: 1, C: 1, D: 1 },
}

export const AFTER: Parameters = {
  ...BEFORE,
  overIssue: 0.0026,
  scrap: { FU: 0.038, HT: 0.004, LA: 0.0099, MC: 0.012, GR: 0.017, LP: 0.004, AS: 0.001, TE: 0.002 },
  rework: {
    SB: 0.01,
    HT: 0.02,
    LA: 0.009,
    MC: 0.009,
    GR: 0.02,
    LP: 0.02,
    AS: 0.008,
    TE: 0.022,
    PA: 0.015,
  },
  faster: { FU: -0.089, LA: 0.008, MC: 0.008, GR: 0.008 },
  lathesDay: 6,
  lathesNight: 3,
  overtime: 2170,
  heats: [11, 12 + 5 / 60],
  furnaceWindow: [10.75, 14.5],
  furnaceKw: 345,
  holdMin: 20,
  holdKw: 65,
  ovenPreheatH: 0,
  leak: 0.45,
  unloaded: 0.03,
  nightAir: false,
  airFirst: 0.6,
  contractKw: 575,
  limitKw: 600,
  burnerNightH: 0,
  coolantKg: 0.057,
  waste: 15_000,
  toolShare: 0.822,
  mtbf: 1.25,
  parts: 0.94,
  bay: 71_000,
  boringOutside: 0.28,
  warranty: 0.0035,
  calibration: 48_000,
  clerks: 234_000,
  retrofit: 93_600,
}

/** Days from the start on which a parameter changes. What is not named here is no part of the retrofit. */
export const RAMPS: Readonly<Partial<Record<keyof Parameters, Ramp>>> = {
  overIssue: [0, 60],
  scrap: [0, 60],
  rework: [0, 60],
  faster: [0, 60],
  lathesDay: [30, 30],
  lathesNight: [30, 30],
  overtime: [30, 30],
  heats: [15, 15],
  furnaceWindow: [15, 15],
  furnaceKw: [15, 15],
  holdMin: [0, 30],
  holdKw: [0, 30],
  ovenPreheatH: [0, 30],
  leak: [0, 30],
  unloaded: [0, 30],
  nightAir: [15, 15],
  airFirst: [15, 15],
  contractKw: [15, 15],
  limitKw: [15, 15],
  burnerNightH: [0, 0],
  coolantKg: [0, 30],
  waste: [0, 30],
  toolShare: [0, 45],
  mtbf: [0, 90],
  parts: [0, 90],
  bay: [30, 30],
  boringOutside: [45, 45],
  warranty: [0, 90],
  calibration: [0, 90],
  clerks: [30, 30],
  retrofit: [0, 0],
}
