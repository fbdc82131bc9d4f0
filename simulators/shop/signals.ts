/** What a sensor reads: a level per state, a shape within the cycle, a lag, noise; rounded to the measure's resolution. Pure. */
import type { MachineState, Measure } from '#domain/plant/plant.ts'
import { MINUTE, type Instant } from '#domain/time.ts'
import { normal, seedOf } from '../random.ts'
import type { Shape, SignalModel } from './kind.ts'
import type { MachineModel, MachineSim } from './sim.ts'

export type Moment = {
  readonly state: MachineState
  readonly at: Instant
  /** Part of the running cycle that has passed, 0..1. */
  readonly phase: number
  /** Part of the tool's life that is used, 0..1. */
  readonly wear: number
  /** Test pressure of the running job. */
  readonly mpa: number | null
}

/** Seconds; a housing or a tank of coolant takes minutes. */
const TEMPERATURE_LAG = 300

/** A signal as the kind knows it; power is known of any machine whose rating is. Null: nobody knows. */
export function modelledSignal({ kind, machine }: MachineModel, name: string): SignalModel | null {
  const own = kind.signals[name]
  if (own) return own
  const { ratedKw } = machine
  if (name !== 'power_kw' || ratedKw === null) return null
  return {
    off: 0.05,
    idle: ratedKw * 0.1,
    run: [ratedKw * 0.4, ratedKw * 0.6],
    noise: ratedKw * 0.01,
    shape: 'cut',
  }
}

/** The model of a measure: its kind's, or one made from its range. */
export function signalModel(model: MachineModel, measure: Measure): SignalModel {
  const known = modelledSignal(model, measure.name)
  if (known) return known
  const low = measure.min ?? 0
  const top = Math.min(measure.max ?? low + 100, measure.limit ?? Infinity)
  const span = top - low
  return {
    off: low,
    idle: low + 0.1 * span,
    run: [low + 0.4 * span, low + 0.6 * span],
    noise: 0.005 * span,
    // a made-up temperature moves like a real one: a sensor that leaps is a fault, and told as one
    ...(measure.unit === '°C' && { lag: TEMPERATURE_LAG }),
  }
}

/** One reading. Moves the sim's memory of the signal and its chance on. */
export function sampleSignal(model: SignalModel, measure: Measure, moment: Moment, sim: MachineSim): number {
  const wanted = target(model, measure.name, moment)
  const before = sim.signals[measure.name]
  const value =
    model.lag === undefined || before === undefined
      ? wanted
      : before + (wanted - before) * (1 - Math.exp(-measure.periodMs / (model.lag * 1000)))
  sim.signals[measure.name] = value
  const noise = moment.state === 'OFF' ? model.noise * 0.02 : model.noise
  const read = value + noise * normal(sim)
  const kept = Math.min(
    measure.max ?? Infinity,
    Math.max(measure.min ?? -Infinity, Math.max(floorOf(model), read)),
  )
  return Math.round(kept * measure.scale) / measure.scale
}

/** A quantity whose levels are never negative does not read below zero for its noise. */
const floorOf = (model: SignalModel): number =>
  Math.min(model.off, model.idle, ...model.run) >= 0 ? 0 : -Infinity

function target(model: SignalModel, name: string, moment: Moment): number {
  const [low, high] = model.run
  if (model.shape === 'wear') return low + (high - low) * moment.wear
  if (moment.state === 'OFF') return model.off
  if (moment.state === 'SETUP') return model.setup ?? model.idle
  if (moment.state !== 'RUN') return model.idle
  const share = position(model.shape ?? 'level', moment, name)
  const top = model.shape === 'press' && moment.mpa !== null ? moment.mpa : high
  return share === null ? model.idle : low + (top - low) * share
}

/** Where between the ends of its running range a signal stands; null: at its idle level (a part is being loaded). */
function position(shape: Shape, { phase, at }: Moment, name: string): number | null {
  const slow = Math.sin((2 * Math.PI * at) / (17 * MINUTE) + (seedOf(0, name) % 7))
  return SHAPES[shape](phase, slow)
}

const SHAPES: Readonly<Record<Shape, (phase: number, slow: number) => number | null>> = {
  level: (_, slow) => 0.5 + 0.45 * slow,
  cut: (phase, slow) =>
    phase < 0.1 ? null : 0.5 + 0.3 * Math.sin(2 * Math.PI * (phase * 3 + 0.1)) + 0.15 * slow,
  ramp: (phase) => phase,
  melt: (phase, slow) => (phase > 0.94 ? 0 : 0.5 + 0.4 * slow),
  /** Fill, shell test, seat test at 1.1 of 1.5 times the rated pressure, drain. */
  press: (phase) => {
    if (phase < 0.2 || phase > 0.92) return 0
    if (phase < 0.3) return (phase - 0.2) * 10
    return phase < 0.6 ? 1 : 0.733
  },
  load: (phase, slow) => (phase < 0.62 ? 0.5 + 0.4 * slow : null),
  saw: (phase) => (phase < 0.62 ? phase / 0.62 : (1 - phase) / 0.38),
  wear: (phase) => phase,
}
