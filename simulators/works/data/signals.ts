/**
 * What the sensors of each kind read, by state: levels, noise (standard deviation), lag. ILLUSTRATIVE: typical of such equipment.
 * Power, gas and air are not here: they come from what truly flows.
 */
import type { KindId } from './machines.ts'

/** How a signal moves in a running cycle: level, with the cut, with wear, or by a rule of its own in signals.ts. */
export type Shape = 'level' | 'cut' | 'wear' | 'cycle' | 'melt' | 'press'

export type SignalModel = {
  readonly off: number
  readonly idle: number
  readonly setup?: number
  /** Low and high of the running range. */
  readonly run: readonly [number, number]
  readonly noise: number
  readonly shape?: Shape
  /** Seconds of a first-order lag: temperatures do not jump. */
  readonly lagS?: number
}

const spindle = (low: number, high: number) =>
  ({
    load_pct: { off: 0, idle: 0, setup: 4, run: [42, 66], noise: 2, shape: 'cut' },
    speed_rpm: { off: 0, idle: 0, setup: 300, run: [low, high], noise: 5, shape: 'cut' },
    vib_mm_s: { off: 0, idle: 0.2, setup: 0.3, run: [0.8, 1.35], noise: 0.06, shape: 'cut' },
    coolant_c: { off: 22, idle: 24, run: [27, 30], noise: 0.2, lagS: 900 },
  }) as const

export const SIGNALS: Readonly<Record<KindId, Readonly<Record<string, SignalModel>>>> = {
  FU: {
    melt_temp_c: { off: 25, idle: 800, run: [700, 1620], noise: 3, shape: 'melt', lagS: 900 },
    water_in_c: { off: 25, idle: 30, run: [30, 31], noise: 0.2, lagS: 120 },
    water_out_c: { off: 26, idle: 34, run: [43, 47], noise: 0.3, lagS: 180 },
    water_flow_m3h: { off: 0, idle: 12, run: [11.6, 12.6], noise: 0.2 },
    lining_ma: { off: 0, idle: 2, run: [4, 6], noise: 0.4 },
  },
  SB: { wheel_a: { off: 0, idle: 9, run: [29, 33], noise: 0.4 } },
  HT: {
    zone1_c: { off: 25, idle: 300, run: [872, 884], noise: 1.2, lagS: 1500 },
    zone2_c: { off: 25, idle: 305, run: [884, 896], noise: 1.2, lagS: 1500 },
    zone3_c: { off: 25, idle: 296, run: [868, 880], noise: 1.2, lagS: 1500 },
  },
  LA: { ...spindle(900, 1900), lube_pct: { off: 62, idle: 62, run: [55, 70], noise: 0.4, lagS: 7200 } },
  MC: {
    ...spindle(1800, 4200),
    tool_life_pct: { off: 100, idle: 100, run: [100, 0], noise: 0, shape: 'wear' },
  },
  GR: {
    wheel_wear_um: { off: 0, idle: 0, run: [0, 380], noise: 1, shape: 'wear' },
    size_dev_um: { off: 0, idle: 0, run: [-6, 6], noise: 2, lagS: 300 },
  },
  LP: { slurry_l_min: { off: 0, idle: 0, run: [2.6, 3.4], noise: 0.1, shape: 'cut' } },
  AS: {
    torque_nm: { off: 0, idle: 0, run: [60, 180], noise: 2, shape: 'cycle' },
    air_nl: { off: 0, idle: 0, run: [36, 70], noise: 2, shape: 'cycle' },
  },
  TE: {
    pressure_mpa: { off: 0, idle: 0, run: [0, 2.4], noise: 0.004, shape: 'press' },
    water_c: { off: 18, idle: 19, run: [20, 22], noise: 0.2, lagS: 1800 },
  },
  PA: {
    oven_c: { off: 25, idle: 80, run: [148, 162], noise: 1, lagS: 600 },
    voc_ppm: { off: 0, idle: 5, run: [32, 64], noise: 3, lagS: 180 },
    conveyor_m_min: { off: 0, idle: 0, run: [1.1, 1.3], noise: 0.02 },
  },
  CP: {
    oil_c: { off: 25, idle: 60, run: [78, 86], noise: 0.4, lagS: 600 },
    dew_point_c: { off: 10, idle: 6, run: [4, 7], noise: 0.2, lagS: 600 },
    vib_mm_s: { off: 0, idle: 0.8, run: [1.5, 2.2], noise: 0.1 },
  },
}

/** Standard deviation of the power signal, kW, while running. */
export const POWER_NOISE: Readonly<Record<KindId, number>> = {
  FU: 6,
  SB: 0.4,
  HT: 2,
  LA: 0.2,
  MC: 0.3,
  GR: 0.3,
  LP: 0.1,
  AS: 0.03,
  TE: 0.2,
  PA: 0.5,
  CP: 0.5,
}
