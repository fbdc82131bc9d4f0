/** What a machine says of its state and its registers. Pure. */
import type { Measure } from '#domain/plant/plant.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { SimItem } from '../item.ts'
import type { MachineModel, MachineSim } from './sim.ts'

export const registersOf = (model: MachineModel): Measure[] =>
  model.machine.measures.filter((measure) => measure.class === 'count')

export const countPeriod = (model: MachineModel): Millis =>
  Math.max(1000, Math.round(Math.min(...registersOf(model).map((m) => m.periodMs), 60_000) / model.rate))

/** A state is told on change and repeated, so that silence means something. */
export function tellState(
  model: MachineModel,
  sim: MachineSim,
  at: Instant,
  emit: (item: SimItem) => void,
): void {
  sim.nextStateAt = at + model.machine.statePeriodMs
  const body = sim.reason === null ? { state: sim.state } : { state: sim.state, reason: sim.reason }
  emit({ class: 'state', ts: at, qos: 1, body })
}

/** All registers of the machine in one message. */
export function tellCounts(
  model: MachineModel,
  sim: MachineSim,
  at: Instant,
  emit: (item: SimItem) => void,
): void {
  const period = countPeriod(model)
  if (at >= sim.nextCountAt) sim.nextCountAt += period
  const v = readRegisters(registersOf(model), sim.registers)
  if (Object.keys(v).length > 0) emit({ class: 'count', ts: at, qos: 1, body: { v } })
}

/** What registers show: whole steps, from 0 again where they roll over. */
export function readRegisters(
  measures: readonly Measure[],
  registers: Readonly<Record<string, number>>,
): Record<string, number> {
  const v: Record<string, number> = {}
  for (const { name, scale, rollover } of measures) {
    const steps = Math.floor((registers[name] ?? 0) * scale + 1e-6)
    v[name] = (rollover === null ? steps : steps % rollover) / scale
  }
  return v
}
