/**
 * What a sensor reads at any instant of a day: the same truth that the registers sum, seen with the shape of the cycle, the lag of
 * the sensor and its noise. A pure function of the day, the machine and the instant: sampling twice as fast reads the same curve.
 */
import type { Machine, MachineState, Measure } from '#domain/plant/plant.ts'
import { MINUTE, SECOND, type Instant } from '#domain/time.ts'
import { hashOf, noiseAt, scramble } from './chance.ts'
import { POWER_FACTOR } from './data/energy.ts'
import { KINDS, type KindId } from './data/machines.ts'
import { PRODUCTS } from './data/products.ts'
import { POWER_NOISE, SIGNALS, type SignalModel } from './data/signals.ts'
import { pieceAt, powerAt } from './energy.ts'
import { effectsAt } from './processFaults.ts'
import { madeUntil } from './registers.ts'
import { OPERATIONS } from './routing.ts'
import type { DayTruth, MachineDay, WorksSegment } from './truthDay.ts'

export type Reading = { readonly value: number | null; readonly q?: string }

const keys = new Map<string, number>()
/** Key of a sensor's noise. */
function keyOf(day: DayTruth, name: string, measure: string): number {
  const id = `${day.seed}/${name}/${measure}`
  let key = keys.get(id)
  if (key === undefined) keys.set(id, (key = hashOf(day.seed, `${name}/${measure}`)))
  return key
}

const segmentAt = ({ segments }: MachineDay, at: Instant): WorksSegment =>
  segments[Math.max(0, pieceAt(segments, at))]!

type Cycle = { readonly phase: number; readonly number: number; readonly op: number | null }

/** Where in its cycle a machine is; a cycle that the day's end cuts goes by the clock. */
function cycleAt({ made }: MachineDay, at: Instant): Cycle {
  const number = madeUntil(made, at)
  const record = made[number]
  if (!record || record.from > at) return { phase: (at % (5 * MINUTE)) / (5 * MINUTE), number, op: null }
  return { phase: (at - record.from) / (record.at - record.from), number, op: record.op }
}

/** Part of a tool's life that is used, 0..1. */
function wearAt({ made, tools }: MachineDay, at: Instant): number {
  const tool = tools[0]
  if (!tool) return 0
  const last = tool.changes.filter((change) => change.at <= at).at(-1)
  const cycles =
    last === undefined
      ? tool.usedAtStart + madeUntil(made, at)
      : madeUntil(made, at) - madeUntil(made, last.at)
  return Math.min(1, cycles / Math.max(1, last?.due ?? tool.dueAtStart))
}

/** Runs from 0 to 1 and back, slowly, differently for each sensor. */
const slowly = (key: number, at: Instant): number =>
  0.5 + 0.45 * Math.sin((2 * Math.PI * at) / (17 * MINUTE) + (key % 7))

const LOADING = 0.1

/** Power in the cycle against its mean: a part is loaded, then cut three times. Its mean over the cycle is 1. */
function cutShape(phase: number, idleShare: number): number {
  if (phase < LOADING) return idleShare
  const mean = (1 - LOADING * idleShare) / (1 - LOADING)
  return mean * (1 + 0.25 * Math.sin((6 * Math.PI * (phase - LOADING)) / (1 - LOADING)))
}

const CUTTING: ReadonlySet<KindId> = new Set(['LA', 'MC', 'GR', 'LP', 'TE'])

function power(day: DayTruth, name: string, at: Instant, noise: number): number {
  const watts = powerAt(day, name, at) / 1000
  const machine = day.machines[name]
  if (!machine) return watts + noise * 0.005 * watts
  const { kind } = machine.machine
  const { state } = segmentAt(machine, at)
  if (state === 'OFF') return watts
  if (state !== 'RUN') return watts + noise * 0.02
  if (name === 'compressor-01' && watts > 0) return loaded(watts, at) + noise * POWER_NOISE.CP
  const shaped = CUTTING.has(kind)
    ? watts * cutShape(cycleAt(machine, at).phase, KINDS[kind].idleKw / KINDS[kind].runKw)
    : watts
  return watts === 0 ? 0 : shaped + noise * POWER_NOISE[kind]
}

/** Fixed speed: full or unloaded by turns of 110 s, so that the mean is what it draws. */
function loaded(kw: number, at: Instant): number {
  const { runKw, idleKw } = KINDS.CP
  const share = Math.max(0, Math.min(1, (kw - idleKw) / (runKw - idleKw)))
  if (kw <= idleKw) return kw
  return (at % (110 * SECOND)) / (110 * SECOND) < share ? runKw : idleKw
}

/** Where a signal wants to be. */
function target(
  model: SignalModel,
  key: number,
  machine: MachineDay,
  segment: WorksSegment,
  at: Instant,
): number {
  const [low, high] = model.run
  const cycle = () => cycleAt(machine, at)
  const { shape } = model
  if (shape === 'wear') return low + (high - low) * wearAt(machine, at)
  if (segment.state !== 'RUN') return levelOf(model, segment)
  switch (shape) {
    case 'cut': {
      const { phase } = cycle()
      return phase < LOADING
        ? model.idle
        : low + (high - low) * (0.5 + 0.3 * Math.sin(6 * Math.PI * phase) + 0.15 * (slowly(key, at) - 0.5))
    }
    case 'cycle':
      return low + (high - low) * (scramble(key + cycle().number) / 4_294_967_296)
    case 'melt':
      return low + (high - low) * cycle().phase ** 0.7
    case 'press':
      return press(cycle())
    case 'level':
    case undefined:
  }
  return low + (high - low) * slowly(key, at)
}

/** Fill, shell test, seat test, drain. */
function press({ phase, op }: Cycle): number {
  const { shell, seat } = PRODUCTS[op === null ? 'A' : OPERATIONS[op]!.product].test
  if (phase < 0.2 || phase > 0.92) return 0
  if (phase < 0.3) return shell * (phase - 0.2) * 10
  return phase < 0.6 ? shell : seat
}

/** Level of a state; metal that is held stays hot. */
function levelOf(model: SignalModel, { state, reason }: WorksSegment): number {
  if (state === 'OFF') return model.off
  if (state === 'RUN') return (model.run[0] + model.run[1]) / 2
  if (model.shape === 'melt' && reason === 'holding') return 1570
  if (state === 'SETUP') return model.setup ?? model.idle
  return model.idle
}

const starts = new WeakMap<MachineDay, Map<string, number[]>>()

/** Value of a lagging signal at the start of each segment, from the day's first level on. */
function startsOf(machine: MachineDay, name: string, model: SignalModel): number[] {
  let own = starts.get(machine)
  if (!own) starts.set(machine, (own = new Map<string, number[]>()))
  let list = own.get(name)
  if (!list) {
    list = []
    let value = levelOf(model, machine.segments[0]!)
    for (const segment of machine.segments) {
      list.push(value)
      const passed = (segment.to - segment.from) / SECOND
      const end = model.shape === 'melt' && segment.state === 'RUN' ? model.run[1] : levelOf(model, segment)
      value =
        model.shape === 'melt' && segment.state === 'RUN'
          ? end
          : end + (value - end) * Math.exp(-passed / model.lagS!)
    }
    own.set(name, list)
  }
  return list
}

function modelled(
  day: DayTruth,
  machine: MachineDay,
  measure: string,
  model: SignalModel,
  at: Instant,
): number {
  const { name } = machine.machine
  const key = keyOf(day, name, measure)
  const index = Math.max(0, pieceAt(machine.segments, at))
  const segment = machine.segments[index]!
  const wanted = target(model, key, machine, segment, at)
  const noise = noiseAt(key, Math.floor(at / 100)) * (segment.state === 'OFF' ? 0.02 : 1) * model.noise
  if (model.lagS === undefined || (model.shape === 'melt' && segment.state === 'RUN')) return wanted + noise
  const start = startsOf(machine, measure, model)[index]!
  return wanted + (start - wanted) * Math.exp(-(at - segment.from) / SECOND / model.lagS) + noise
}

/** Signals that come from what flows. */
function flowing(day: DayTruth, name: string, measure: string, at: Instant): number | null {
  if (day.registers[name]?.['kwh'] === undefined) return null
  const noise = noiseAt(keyOf(day, name, measure), Math.floor(at / 100))
  const rateOf = (pieces: DayTruth['air']) => pieces[pieceAt(pieces, at)]?.rate ?? 0
  switch (measure) {
    case 'power_kw':
      return power(day, name, at, noise)
    case 'kvar':
      return (powerAt(day, name, at) / 1000) * POWER_FACTOR.kvarhPerKwh
    case 'pf':
      return 0.92 + 0.004 * noise
    case 'voltage_v':
      return 398 + 3 * noise
    case 'current_a':
      return powerAt(day, name, at) / (Math.sqrt(3) * 398 * 0.92)
    case 'gas_nm3_h': {
      const rate = rateOf(day.paintGas)
      return rate === 0 ? 0 : rate + 0.15 * noise
    }
    case 'flow_nm3_min': {
      const first = day.parameters.airFirst
      const rate = rateOf(day.air) * (name === 'compressor-01' ? first : 1 - first)
      return rate === 0 ? 0 : rate + 0.05 * noise
    }
    default:
      return null
  }
}

const compressorPressure = (day: DayTruth, name: string, state: MachineState, at: Instant): number => {
  if (state === 'OFF') return 0
  const turn = (at % (110 * SECOND)) / (110 * SECOND)
  const saw = turn < 0.62 ? turn / 0.62 : (1 - turn) / 0.38
  return 0.65 + 0.06 * saw + 0.003 * noiseAt(keyOf(day, name, 'pressure_mpa'), Math.floor(at / 100))
}

/** What a sensor reads, before rounding; undefined: the works has no such signal there. */
export function signalAt(day: DayTruth, name: string, measure: string, at: Instant): Reading | undefined {
  const machine = day.machines[name]
  const model = machine ? SIGNALS[machine.machine.kind][measure] : undefined
  let value: number | null
  if (machine?.machine.kind === 'CP' && measure === 'pressure_mpa')
    value = compressorPressure(day, name, segmentAt(machine, at).state, at)
  else value = machine && model ? modelled(day, machine, measure, model, at) : flowing(day, name, measure, at)
  if (value === null) return undefined
  const effect = day.faults.length > 0 ? effectsAt(day.faults, name, at).signals?.[measure] : undefined
  if (!effect) return { value }
  if (effect.q !== undefined) return { value: null, q: effect.q }
  return { value: value * (effect.factor ?? 1) + (effect.add ?? 0) }
}

/** The works' name of a machine of the plant file: the last level of its path. */
export const worksName = (machine: Pick<Machine, 'path'>): string =>
  machine.path.slice(machine.path.lastIndexOf('/') + 1)

/** A reading as the device sends it: inside the measure's range, in steps of its resolution. */
function told({ min, max, scale }: Measure, value: number): number {
  const kept = Math.min(max ?? Infinity, Math.max(min ?? -Infinity, value))
  const rounded = Math.round(kept * scale) / scale
  return Object.is(rounded, -0) ? 0 : rounded
}

const POSITIVE = /_(kw|a|pct|rpm|mm_s|l_min|nm|nl|mpa|ppm|m_min|nm3_h|nm3_min|m3h|ma|um)$/

/** Values of a machine's measures at an instant, as it would send them; `q` names the sensors that are gone. */
export function signalsAt(
  day: DayTruth,
  machine: Machine,
  at: Instant,
  measures: readonly Measure[] = machine.measures.filter((measure) => measure.class === 'telemetry'),
): { readonly v: Record<string, number | null>; readonly q?: Record<string, string> } {
  const name = worksName(machine)
  const v: Record<string, number | null> = {}
  let q: Record<string, string> | undefined
  for (const measure of measures) {
    const reading = signalAt(day, name, measure.name, at)
    if (!reading) continue
    if (reading.value === null) {
      v[measure.name] = null
      q = { ...q, [measure.name]: reading.q ?? 'bad:sensor_open' }
    } else {
      const floor = POSITIVE.test(measure.name) && measure.name !== 'size_dev_um'
      v[measure.name] = told(measure, floor ? Math.max(0, reading.value) : reading.value)
    }
  }
  return q ? { v, q } : { v }
}
