/**
 * How the kinds of a valve works behave. EVERY FIGURE IS ILLUSTRATIVE: set from typical equipment to look plausible, not measured.
 * A kind that is not listed here behaves like PLAIN, so a new machine needs no code to be alive.
 */
import type { KindModel } from './kind.ts'

const OFF = { state: 'OFF', rest: 0 } as const
const power = (off: number, idle: number, setup: number, low: number, high: number, noise: number) =>
  ({ off, idle, setup, run: [low, high], noise, shape: 'cut' }) as const

const valves = {
  ball: 'q41f-16c-dn50',
  gate: 'z41h-16c-dn100',
  globe: 'j61h-250-dn25',
  butterfly: 'd371x-16-dn150',
} as const
const steel = (perPiece: number) => ({ name: 'steel-bar', perPiece, unit: 'kg' })

const spindle = {
  load_pct: { off: 0, idle: 0, setup: 4, run: [42, 66], noise: 2, shape: 'cut' },
  speed_rpm: { off: 0, idle: 0, setup: 300, run: [900, 1900], noise: 5, shape: 'cut' },
  vib_mm_s: { off: 0, idle: 0.2, setup: 0.3, run: [0.8, 1.35], noise: 0.06, shape: 'cut' },
} as const

export const KINDS: Readonly<Record<string, KindModel>> = {
  furnace: {
    manned: [1, 0],
    unmanned: { state: 'IDLE', reason: 'holding', rest: 1 },
    unattended: true,
    setupMin: 12,
    waitMin: 25,
    mtbfH: 40,
    mttrH: 2.5,
    scrap: 0,
    faults: ['cooling_flow', 'lining'],
    jobs: [{ product: 'castings', operation: 'fu-10', lot: 2, cycleS: 3660 }],
    signals: {
      power_kw: { off: 0, idle: 25, run: [360, 400], noise: 6, shape: 'melt' },
      melt_temp_c: { off: 25, idle: 800, run: [900, 1610], noise: 3, shape: 'ramp', lag: 240 },
      water_in_c: { off: 25, idle: 30, run: [30, 31], noise: 0.2, lag: 120 },
      water_out_c: { off: 26, idle: 34, run: [43, 47], noise: 0.3, lag: 180 },
      water_flow_m3h: { off: 0, idle: 12, run: [11.6, 12.6], noise: 0.2 },
      lining_ma: { off: 0, idle: 2, run: [4, 6], noise: 0.4 },
    },
  },
  blast: {
    manned: [1, 0],
    unmanned: OFF,
    setupMin: 5,
    waitMin: 9,
    mtbfH: 48,
    mttrH: 1.5,
    scrap: 0,
    faults: ['wheel_jam'],
    jobs: [{ product: 'castings', operation: 'sb-20', lot: 12, cycleS: 750 }],
    signals: {
      power_kw: { off: 0.05, idle: 5, run: [16, 18], noise: 0.4, shape: 'cut' },
      wheel_a: { off: 0, idle: 9, run: [29, 33], noise: 0.4, shape: 'cut' },
    },
  },
  oven: {
    manned: [1, 0],
    unmanned: { state: 'IDLE', reason: 'pre_heat', rest: 1 },
    unattended: true,
    setupMin: 20,
    waitMin: 15,
    mtbfH: 80,
    mttrH: 2,
    scrap: 0,
    faults: ['thermocouple'],
    jobs: [{ product: 'castings', operation: 'ht-30', lot: 1, cycleS: 16_200 }],
    signals: {
      power_kw: { off: 0.05, idle: 15, run: [44, 84], noise: 2, shape: 'melt' },
      zone1_c: { off: 25, idle: 300, run: [872, 884], noise: 1.2, lag: 1500 },
      zone2_c: { off: 25, idle: 305, run: [884, 896], noise: 1.2, lag: 1500 },
      zone3_c: { off: 25, idle: 296, run: [868, 880], noise: 1.2, lag: 1500 },
    },
  },
  lathe: {
    manned: [16, 8],
    unmanned: OFF,
    setupMin: 35,
    waitMin: 14,
    mtbfH: 72,
    mttrH: 1.2,
    scrap: 0.017,
    faults: ['spindle_overload', 'turret', 'chuck_pressure'],
    tool: { type: 'insert-edge', cycles: 29 },
    jobs: [
      { product: valves.ball, operation: 'la-10', lot: 50, cycleS: 290 },
      { product: valves.gate, operation: 'la-10', lot: 30, cycleS: 410 },
      { product: valves.globe, operation: 'la-20', lot: 50, cycleS: 230, material: steel(0.5) },
      { product: valves.butterfly, operation: 'la-20', lot: 25, cycleS: 210, material: steel(1.3) },
    ],
    signals: {
      ...spindle,
      power_kw: power(0.05, 1.2, 1.8, 4.6, 7.6, 0.2),
      coolant_c: { off: 22, idle: 24, run: [27, 30], noise: 0.2, lag: 900 },
      lube_pct: { off: 62, idle: 62, run: [55, 70], noise: 0.4, lag: 7200 },
    },
  },
  centre: {
    manned: [6, 6],
    unmanned: OFF,
    setupMin: 45,
    waitMin: 12,
    mtbfH: 60,
    mttrH: 1.5,
    scrap: 0.0195,
    faults: ['spindle_overload', 'tool_changer', 'coolant_low'],
    tool: { type: 'drill-mill-set', cycles: 47 },
    jobs: [
      { product: valves.ball, operation: 'mc-30', lot: 40, cycleS: 640 },
      { product: valves.gate, operation: 'mc-40', lot: 30, cycleS: 780 },
      { product: valves.globe, operation: 'mc-30', lot: 40, cycleS: 580 },
      { product: valves.butterfly, operation: 'mc-30', lot: 25, cycleS: 720 },
    ],
    signals: {
      ...spindle,
      speed_rpm: { off: 0, idle: 0, setup: 500, run: [1800, 4200], noise: 8, shape: 'cut' },
      power_kw: power(0.05, 1.8, 2.6, 7, 11, 0.3),
      tool_life_pct: { off: 0, idle: 0, run: [100, 0], noise: 0, shape: 'wear' },
      coolant_c: { off: 22, idle: 24, run: [27, 31], noise: 0.2, lag: 900 },
    },
  },
  grinder: {
    manned: [4, 2],
    unmanned: OFF,
    setupMin: 30,
    waitMin: 25,
    mtbfH: 60,
    mttrH: 1.2,
    scrap: 0.028,
    faults: ['wheel_balance', 'probe'],
    tool: { type: 'wheel', cycles: 120 },
    jobs: [
      { product: valves.ball, operation: 'gr-40', lot: 50, cycleS: 700 },
      { product: valves.gate, operation: 'gr-40', lot: 30, cycleS: 400 },
    ],
    signals: {
      power_kw: power(0.05, 1.5, 2, 6.4, 9, 0.3),
      wheel_wear_um: { off: 0, idle: 0, run: [0, 380], noise: 1, shape: 'wear' },
      size_dev_um: { off: 0, idle: 0, run: [-6, 6], noise: 2, lag: 300 },
    },
  },
  lapping: {
    manned: [4, 0],
    unmanned: OFF,
    setupMin: 20,
    waitMin: 22,
    mtbfH: 80,
    mttrH: 1,
    scrap: 0.006,
    faults: ['slurry_pump'],
    tool: { type: 'compound', cycles: 40 },
    jobs: [
      { product: valves.gate, operation: 'lp-50', lot: 15, cycleS: 1500 },
      { product: valves.globe, operation: 'lp-50', lot: 30, cycleS: 700 },
    ],
    signals: {
      power_kw: power(0.05, 0.6, 0.6, 2.8, 3.6, 0.1),
      slurry_l_min: { off: 0, idle: 0, run: [2.6, 3.4], noise: 0.1, shape: 'cut' },
    },
  },
  bench: {
    manned: [4, 0],
    unmanned: OFF,
    setupMin: 15,
    waitMin: 20,
    mtbfH: 80,
    mttrH: 0.5,
    scrap: 0.001,
    faults: ['torque_tool'],
    jobs: [
      { product: valves.ball, operation: 'as-60', lot: 40, cycleS: 330 },
      { product: valves.gate, operation: 'as-60', lot: 15, cycleS: 600 },
      { product: valves.globe, operation: 'as-60', lot: 40, cycleS: 330 },
      { product: valves.butterfly, operation: 'as-60', lot: 25, cycleS: 420 },
    ],
    signals: {
      power_kw: power(0.02, 0.1, 0.1, 0.4, 0.7, 0.03),
      torque_nm: { off: 0, idle: 0, run: [60, 180], noise: 2, shape: 'cut' },
      air_nl: { off: 0, idle: 0, run: [36, 70], noise: 2, shape: 'cut' },
    },
  },
  test: {
    manned: [3, 0],
    unmanned: OFF,
    setupMin: 20,
    waitMin: 25,
    mtbfH: 70,
    mttrH: 1,
    scrap: 0.003,
    faults: ['seal', 'pump'],
    jobs: [
      { product: valves.ball, operation: 'te-70', lot: 40, cycleS: 190, mpa: 2.4 },
      { product: valves.gate, operation: 'te-70', lot: 15, cycleS: 420, mpa: 2.4 },
      { product: valves.globe, operation: 'te-70', lot: 40, cycleS: 220, mpa: 37.5 },
      { product: valves.butterfly, operation: 'te-70', lot: 25, cycleS: 360, mpa: 2.4 },
    ],
    signals: {
      power_kw: power(0.05, 0.5, 0.5, 4.6, 8, 0.2),
      pressure_mpa: { off: 0, idle: 0, run: [0, 2.4], noise: 0.004, shape: 'press' },
      water_c: { off: 18, idle: 19, run: [20, 22], noise: 0.2, lag: 1800 },
    },
  },
  paint: {
    manned: [1, 0],
    unmanned: { state: 'IDLE', reason: 'burner_idle', rest: 1 },
    unattended: true,
    setupMin: 10,
    waitMin: 16,
    mtbfH: 45,
    mttrH: 2,
    scrap: 0,
    faults: ['burner', 'conveyor'],
    jobs: [
      { product: valves.ball, operation: 'pa-80', lot: 40, cycleS: 80 },
      { product: valves.butterfly, operation: 'pa-80', lot: 25, cycleS: 110 },
    ],
    signals: {
      power_kw: { off: 0.05, idle: 8, run: [18.5, 23], noise: 0.5 },
      oven_c: { off: 25, idle: 80, run: [148, 162], noise: 1, lag: 600 },
      gas_nm3_h: { off: 0, idle: 2, run: [7.6, 9.4], noise: 0.2, lag: 60 },
      voc_ppm: { off: 0, idle: 5, run: [32, 64], noise: 3, lag: 180 },
      conveyor_m_min: { off: 0, idle: 0, run: [1.1, 1.3], noise: 0.02 },
    },
  },
  compressor: {
    manned: [2, 2],
    unmanned: { state: 'RUN', rest: 1 },
    unattended: true,
    setupMin: 0,
    waitMin: 0,
    mtbfH: 400,
    mttrH: 3,
    scrap: 0,
    faults: ['oil_temperature'],
    jobs: [{ product: 'air', operation: 'cp', lot: 1_000_000, cycleS: 110 }],
    signals: {
      power_kw: { off: 0.1, idle: 12, run: [35, 38], noise: 0.5, shape: 'load' },
      pressure_mpa: { off: 0, idle: 0.66, run: [0.63, 0.72], noise: 0.003, shape: 'saw' },
      flow_nm3_min: { off: 0, idle: 0, run: [5.2, 5.8], noise: 0.08, shape: 'load' },
      oil_c: { off: 25, idle: 60, run: [78, 86], noise: 0.4, lag: 600 },
      dew_point_c: { off: 10, idle: 6, run: [4, 7], noise: 0.2, lag: 600 },
      vib_mm_s: { off: 0, idle: 0.8, run: [1.5, 2.2], noise: 0.1, shape: 'load' },
    },
  },
}

/** A machine of a kind nobody described: always manned, parts every five minutes. */
export const PLAIN: KindModel = {
  manned: [1000, 1000],
  unmanned: OFF,
  setupMin: 20,
  waitMin: 15,
  mtbfH: 72,
  mttrH: 1,
  scrap: 0.01,
  faults: ['fault'],
  jobs: [{ product: 'part', operation: 'op-10', lot: 40, cycleS: 300 }],
  signals: {},
}

export const kindModel = (kind: string): KindModel => (Object.hasOwn(KINDS, kind) ? KINDS[kind]! : PLAIN)
