/**
 * The life of one simulated machine: created, taken up again, moved on in time. Pure: the same model, sim and instants give the
 * same items, however the way is cut into steps.
 */
import type { Machine, Measure } from '#domain/plant/plant.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { SimItem } from '../item.ts'
import { seedOf, type Chance } from '../random.ts'
import { flow } from './flow.ts'
import { kindModel } from './kinds.ts'
import { begin, finishStep, keepDuty, phaseAt } from './process.ts'
import { sampleSignal, signalModel } from './signals.ts'
import { jobOf, SIM_VERSION, type MachineModel, type MachineSim } from './sim.ts'
import { countPeriod, registersOf, tellCounts, tellState } from './tell.ts'

/** Machines of a kind are numbered in the order of the plant file. */
export function modelsOf(
  machines: readonly Machine[],
  common: Pick<MachineModel, 'shifts' | 'seed' | 'rate' | 'speed'>,
): MachineModel[] {
  const seen = new Map<string, number>()
  return machines.map((machine) => {
    const index = seen.get(machine.kind) ?? 0
    seen.set(machine.kind, index + 1)
    return { ...common, machine, kind: kindModel(machine.kind), index }
  })
}

/** A machine that has been running for years, as it is at `now`. `registers` of an earlier life go on. */
export function createSim(
  model: MachineModel,
  now: Instant,
  registers: Readonly<Record<string, number>> = {},
): { readonly sim: MachineSim; readonly items: SimItem[] } {
  const sim: MachineSim = {
    // without the firm: another with the same plant and seed lives the same life
    rng: seedOf(model.seed, model.machine.path),
    version: SIM_VERSION,
    seed: model.seed,
    at: now,
    state: 'OFF',
    reason: null,
    next: 'resume',
    endsAt: now,
    duty: 'work',
    dutyUntil: now,
    held: null,
    order: null,
    orders: 0,
    serial: 0,
    worker: null,
    cycleMs: 1,
    cycleLeftMs: 0,
    runSince: now,
    toolUses: 0,
    tools: 0,
    workOrder: null,
    nextStateAt: now,
    nextCountAt: now,
    sample: 0,
    signals: {},
    registers: {},
    lived: { wh: 0, ms: { RUN: 0, SETUP: 0, IDLE: 0, STOP: 0, FAULT: 0, OFF: 0 } },
  }
  const items: SimItem[] = []
  begin(model, sim, now, (item) => items.push(item))
  for (const measure of registersOf(model)) {
    const old = registers[measure.name]
    sim.registers[measure.name] = old ?? firstReading(measure, sim)
  }
  startClocks(model, sim, now)
  return { sim, items }
}

/** Goes on with a stored machine after its simulator was away: the plant stood still meanwhile, no register moves. */
export function resumeSim(model: MachineModel, stored: MachineSim, now: Instant): MachineSim {
  const gap = now - stored.at
  const sim: MachineSim = {
    ...structuredClone(stored),
    at: now,
    endsAt: stored.endsAt + gap,
    runSince: stored.runSince + gap,
    dutyUntil: now,
  }
  for (const measure of registersOf(model)) sim.registers[measure.name] ??= firstReading(measure, sim)
  startClocks(model, sim, now)
  return sim
}

const signalsOf = (model: MachineModel): Measure[] =>
  model.machine.measures.filter((measure) => measure.class === 'telemetry')

/** Register values of a plant in its third year; illustrative. */
const FIRST: Readonly<Record<string, readonly [number, number]>> = {
  kwh: [20_000, 300_000],
  good: [9_000, 60_000],
  scrap: [150, 1_200],
  heats: [900, 1_600],
  batches: [1_500, 4_000],
  gas_nm3: [40_000, 90_000],
  air_nm3: [2_000_000, 6_000_000],
  run_h: [6_000, 14_000],
  kvarh: [8_000, 120_000],
}

export function firstReading(measure: Measure, sim: Chance): number {
  const [low, high] = FIRST[measure.name] ?? [0, 0]
  const value = low + ((sim.rng % 9973) / 9973) * (high - low)
  return Math.floor(value * measure.scale) / measure.scale
}

export const phaseOf = (model: Pick<MachineModel, 'machine'>, period: Millis): Millis =>
  seedOf(0, model.machine.path) % period

function startClocks(model: MachineModel, sim: MachineSim, now: Instant): void {
  const { stepMs } = samplingOf(model)
  sim.sample = Math.ceil((now - phaseOf(model, stepMs)) / stepMs)
  sim.nextStateAt = now
  const period = countPeriod(model)
  const phase = phaseOf(model, period)
  sim.nextCountAt = Math.ceil((now - phase) / period) * period + phase
}

type Sampling = { readonly signals: readonly Measure[]; readonly baseMs: Millis; readonly stepMs: Millis }
const samplings = new WeakMap<MachineModel, Sampling>()

/** Signals share one grid of the shortest period; each is told on the points that its own period asks for. */
function samplingOf(model: MachineModel): Sampling {
  let sampling = samplings.get(model)
  if (!sampling) {
    const signals = signalsOf(model)
    const baseMs = Math.min(...signals.map((measure) => measure.periodMs), 60_000)
    sampling = { signals, baseMs, stepMs: Math.max(1, Math.round(baseMs / model.rate)) }
    samplings.set(model, sampling)
  }
  return sampling
}

/** Moves a machine on to `to` (inclusive) and returns what it says on the way, in order of time. */
export function advance(model: MachineModel, sim: MachineSim, to: Instant): SimItem[] {
  const items: SimItem[] = []
  const emit = (item: SimItem) => void items.push(item)
  const { stepMs } = samplingOf(model)
  const phase = phaseOf(model, stepMs)
  for (;;) {
    const sampleAt = sim.sample * stepMs + phase
    const at = Math.max(
      sim.at,
      Math.min(sampleAt, sim.dutyUntil, sim.endsAt, sim.nextStateAt, sim.nextCountAt),
    )
    if (at > to) break
    flow(model, sim, at)
    if (at >= sim.dutyUntil) keepDuty(model, sim, at, emit)
    else if (at >= sim.endsAt) finishStep(model, sim, at, emit)
    else if (at >= sampleAt) takeSample(model, sim, at, emit)
    else if (at >= sim.nextStateAt) tellState(model, sim, at, emit)
    else tellCounts(model, sim, at, emit)
  }
  flow(model, sim, to)
  return items
}

function takeSample(model: MachineModel, sim: MachineSim, at: Instant, emit: (item: SimItem) => void): void {
  const { signals, baseMs } = samplingOf(model)
  const v: Record<string, number> = {}
  const moment = {
    state: sim.state,
    at,
    phase: phaseAt(sim, at),
    wear: model.kind.tool ? Math.min(1, sim.toolUses / model.kind.tool.cycles) : 0,
    mpa: jobOf(model, sim.order).mpa ?? null,
  }
  for (const measure of signals)
    if ((sim.sample * baseMs) % measure.periodMs < baseMs)
      v[measure.name] = sampleSignal(signalModel(model, measure), measure, moment, sim)
  sim.sample++
  if (Object.keys(v).length > 0) emit({ class: 'telemetry', ts: at, qos: 0, body: { v } })
}
