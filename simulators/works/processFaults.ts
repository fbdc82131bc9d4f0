/**
 * What goes wrong in a works, by name, with its true effect on signals, states or consumption.
 * Valid: {name: 'worn_tool', machine: 'lathe-07', from, to, size: 0.2}. Without a size the table's own holds.
 * A cycle, repair or heat that began before a fault's onset ends as if there were none.
 */
import { DAY, type Instant } from '#domain/time.ts'
import type { KindId } from './data/machines.ts'

export type SignalEffect = {
  readonly factor?: number
  readonly add?: number
  /** The sensor is gone: null with this quality. */
  readonly q?: string
}

export type Effects = {
  /** Factors on power, cycle time, failures, scrap and rework; and shares added to scrap and rework. */
  readonly power?: number
  readonly cycle?: number
  readonly hazard?: number
  readonly scrap?: number
  readonly scrapAdd?: number
  readonly rework?: number
  readonly reworkAdd?: number
  /** Minutes that each heat is held longer, and at how many kW. */
  readonly holdMin?: number
  readonly holdKw?: number
  /** Nm3/min of air lost; share of shift hours that a compressor runs unloaded on top. */
  readonly leak?: number
  readonly unloaded?: number
  /** The paint burner idles through the hours without work. */
  readonly burner?: boolean
  /** Nobody changes the tools. */
  readonly toolsStay?: boolean
  readonly signals?: Readonly<Record<string, SignalEffect>>
  /** Rework added on the test benches by what an assembly bench did. */
  readonly testRework?: number
}

export type ProcessFaultKind = {
  readonly zh: string
  readonly en: string
  readonly kinds: readonly KindId[]
  readonly size: number
  /** Unit of the size, and its range. */
  readonly unit: string
  readonly range: readonly [number, number]
  /** `days` since the onset. */
  readonly effect: (size: number, days: number) => Effects
}

const ALL_ROTATING: readonly KindId[] = ['LA', 'MC', 'CP']

// prettier-ignore
export const PROCESS_FAULTS = {
  furnace_holding: { zh: '保温过久', en: 'metal held too long', kinds: ['FU'], size: 60, unit: 'min', range: [5, 240], effect: (size) => ({ holdMin: size, holdKw: 75 }) },
  overheat: { zh: '过热', en: 'melt overheated', kinds: ['FU'], size: 80, unit: 'K', range: [20, 150], effect: (size) => ({ power: 1 + size / 1600, scrap: 1 + size / 100, signals: { melt_temp_c: { add: size } } }) },
  cold_melt: { zh: '测温漂移', en: 'melt temperature reads low', kinds: ['FU'], size: 30, unit: 'K', range: [5, 100], effect: (size) => ({ scrapAdd: size / 1500, signals: { melt_temp_c: { add: -size } } }) },
  cooling_flow: { zh: '冷却水流量低', en: 'cooling flow low', kinds: ['FU'], size: 0.3, unit: '1', range: [0.05, 0.9], effect: (size) => ({ cycle: 1 + size / 2, signals: { water_flow_m3h: { factor: 1 - size }, water_out_c: { add: 20 * size } } }) },
  lining: { zh: '炉衬漏电流上升', en: 'lining leakage rising', kinds: ['FU'], size: 4, unit: 'mA/d', range: [0.5, 20], effect: (size, days) => ({ hazard: 1 + days / 5, signals: { lining_ma: { add: size * days } } }) },
  abrasive_low: { zh: '钢丸不足', en: 'abrasive low', kinds: ['SB'], size: 0.2, unit: '1', range: [0.05, 0.6], effect: (size) => ({ power: 1 - size / 2, cycle: 1 + size, rework: 1 + 10 * size, signals: { wheel_a: { factor: 1 - size } } }) },
  thermocouple_open: { zh: '热电偶断线', en: 'thermocouple open', kinds: ['HT'], size: 1, unit: 'zone', range: [1, 3], effect: (size) => ({ rework: 4, signals: { [`zone${Math.min(3, Math.max(1, Math.round(size)))}_c`]: { q: 'bad:sensor_open' } } }) },
  worn_tool: { zh: '刀具磨损', en: 'worn tool', kinds: ['LA', 'MC'], size: 0.2, unit: '1', range: [0.05, 0.6], effect: (size) => ({ power: 1 + size, scrap: 1 + 5 * size, rework: 1 + 3 * size, signals: { load_pct: { factor: 1 + size } } }) },
  tool_not_reset: { zh: '换刀未复位', en: 'tool life not watched', kinds: ['LA', 'MC', 'GR'], size: 1, unit: '1', range: [0.1, 5], effect: (size) => ({ toolsStay: true, scrap: 1 + size }) },
  overload: { zh: '主轴过载', en: 'spindle overload', kinds: ['LA', 'MC'], size: 0.9, unit: '1', range: [0.1, 1.5], effect: (size) => ({ power: 1 + size / 2, hazard: 3, signals: { load_pct: { factor: 1 + size } } }) },
  bearing: { zh: '轴承劣化', en: 'bearing wearing', kinds: ALL_ROTATING, size: 0.02, unit: '1/d', range: [0.005, 1], effect: (size, days) => ({ power: 1 + Math.min(0.06, size * days / 4), hazard: Math.min(6, 1 + 10 * size * days), signals: { vib_mm_s: { factor: Math.min(6, (1 + size) ** days * (1 + size)) } } }) },
  lube_low: { zh: '润滑油位低', en: 'lubrication low', kinds: ['LA'], size: 0.7, unit: '1', range: [0.1, 1], effect: (size) => ({ hazard: 1 + 3 * size, signals: { lube_pct: { factor: 1 - size } } }) },
  size_shift: { zh: '尺寸偏移', en: 'size shifted', kinds: ['GR'], size: 5, unit: 'µm', range: [1, 20], effect: (size) => ({ scrap: 1 + size / 5, signals: { size_dev_um: { add: size } } }) },
  slurry_off: { zh: '研磨液断流', en: 'slurry off', kinds: ['LP'], size: 0.3, unit: '1', range: [0.05, 0.9], effect: (size) => ({ power: 1.1, reworkAdd: size, signals: { slurry_l_min: { factor: 0 } } }) },
  torque_low: { zh: '扭矩偏低', en: 'torque low', kinds: ['AS'], size: 0.1, unit: '1', range: [0.02, 0.5], effect: (size) => ({ testRework: size / 2, signals: { torque_nm: { factor: 1 - size } } }) },
  slow_leak: { zh: '试压缓漏', en: 'slow leak on the bench', kinds: ['TE'], size: 0.08, unit: '1', range: [0.01, 0.5], effect: (size) => ({ reworkAdd: size, cycle: 1 + size, signals: { pressure_mpa: { factor: 1 - size / 2 } } }) },
  burner_idling: { zh: '燃烧器空烧', en: 'burner idling', kinds: ['PA'], size: 1, unit: '1', range: [1, 1], effect: () => ({ burner: true }) },
  voc_high: { zh: 'VOC 偏高', en: 'booth VOC high', kinds: ['PA'], size: 2.2, unit: '1', range: [1.1, 6], effect: (size) => ({ power: 1.05, signals: { voc_ppm: { factor: size } } }) },
  air_leak: { zh: '压缩空气泄漏', en: 'air leak', kinds: ['CP'], size: 1, unit: 'Nm3/min', range: [0.1, 4], effect: (size) => ({ leak: size, signals: { pressure_mpa: { add: -0.02 * size } } }) },
  unloaded: { zh: '空载过多', en: 'unloaded too long', kinds: ['CP'], size: 0.2, unit: '1', range: [0.02, 0.6], effect: (size) => ({ unloaded: size }) },
  oil_hot: { zh: '油温高', en: 'oil too hot', kinds: ['CP'], size: 24, unit: 'K', range: [5, 50], effect: (size) => ({ power: 1.03, hazard: 4, signals: { oil_c: { add: size } } }) },
} as const satisfies Record<string, ProcessFaultKind>

export type ProcessFaultName = keyof typeof PROCESS_FAULTS

export type ProcessFault = {
  readonly name: ProcessFaultName
  /** `lathe-07` */
  readonly machine: string
  readonly from: Instant
  readonly to: Instant
  readonly size?: number
}

const NONE: Effects = {}
const times = (a: number | undefined, b: number | undefined): number => (a ?? 1) * (b ?? 1)
const plus = (a: number | undefined, b: number | undefined): number => (a ?? 0) + (b ?? 0)

function both(a: Effects, b: Effects): Effects {
  return {
    power: times(a.power, b.power),
    cycle: times(a.cycle, b.cycle),
    hazard: times(a.hazard, b.hazard),
    scrap: times(a.scrap, b.scrap),
    scrapAdd: plus(a.scrapAdd, b.scrapAdd),
    rework: times(a.rework, b.rework),
    reworkAdd: plus(a.reworkAdd, b.reworkAdd),
    holdMin: plus(a.holdMin, b.holdMin),
    holdKw: Math.max(a.holdKw ?? 0, b.holdKw ?? 0),
    leak: plus(a.leak, b.leak),
    unloaded: plus(a.unloaded, b.unloaded),
    burner: a.burner === true || b.burner === true,
    toolsStay: a.toolsStay === true || b.toolsStay === true,
    testRework: plus(a.testRework, b.testRework),
    signals: { ...a.signals, ...b.signals },
  }
}

/** Everything that the active faults of a machine do at an instant. */
export function effectsAt(faults: readonly ProcessFault[], machine: string, at: Instant): Effects {
  let sum = NONE
  for (const fault of faults) {
    if (fault.machine !== machine || at < fault.from || at >= fault.to) continue
    const kind: ProcessFaultKind = PROCESS_FAULTS[fault.name]
    const one = kind.effect(fault.size ?? kind.size, (at - fault.from) / DAY)
    sum = sum === NONE ? one : both(sum, one)
  }
  return sum
}

/** Rework that faults on assembly benches add on every test bench: each bench makes a quarter of the valves. */
export function testReworkAt(faults: readonly ProcessFault[], at: Instant): number {
  let sum = 0
  for (const { name, machine } of faults)
    if (name === 'torque_low') sum += (effectsAt(faults, machine, at).testRework ?? 0) / 4
  return sum
}

/** Instants inside (from, to) at which the power of a machine changes because of a fault: onset, end, and each day of a growing one. */
export function faultEdges(
  faults: readonly ProcessFault[],
  machine: string | null,
  from: Instant,
  to: Instant,
): Instant[] {
  const edges = new Set<Instant>()
  for (const fault of faults) {
    if (machine !== null && fault.machine !== machine) continue
    for (const at of [fault.from, fault.to]) if (at > from && at < to) edges.add(at)
  }
  return [...edges].toSorted((a, b) => a - b)
}
