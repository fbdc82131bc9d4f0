/**
 * What flows through a machine while time passes: power, gas, air. Its registers and the shop's truth are integrals of the same flow.
 * Pure. A machine that measures no power draws it all the same: at the level of its state.
 */
import type { MachineState } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { SignalModel } from './kind.ts'
import { modelledSignal } from './signals.ts'
import type { MachineModel, MachineSim } from './sim.ts'

/** Register <- signal, and how many of the signal's hours, minutes make one of the register's unit. */
const FLOWS: readonly (readonly [register: string, signal: string, per: Millis])[] = [
  ['kwh', 'power_kw', HOUR],
  ['gas_nm3', 'gas_nm3_h', HOUR],
  ['air_nm3', 'flow_nm3_min', MINUTE],
]

/** Signals that a machine measures; what it does not measure flows at the level of its state. */
const measured = new WeakMap<MachineModel, ReadonlySet<string>>()

function isMeasured(model: MachineModel, signal: string): boolean {
  let names = measured.get(model)
  if (!names) measured.set(model, (names = new Set(model.machine.measures.map(({ name }) => name))))
  return names.has(signal)
}

function levelOf(signal: SignalModel | null, state: MachineState): number {
  if (!signal || state === 'OFF') return signal?.off ?? 0
  if (state === 'SETUP') return signal.setup ?? signal.idle
  return state === 'RUN' ? (signal.run[0] + signal.run[1]) / 2 : signal.idle
}

/** How fast it flows now, in the signal's unit; never negative. */
export function flowing(model: MachineModel, sim: MachineSim, signal: string): number {
  const read = isMeasured(model, signal) ? sim.signals[signal] : undefined
  return Math.max(0, read ?? levelOf(modelledSignal(model, signal), sim.state))
}

/** Moves registers and what was lived on to an instant: they never go back. */
export function flow(model: MachineModel, sim: MachineSim, at: Instant): void {
  const passed = at - sim.at
  if (passed <= 0) return
  for (const [register, signal, per] of FLOWS)
    if (sim.registers[register] !== undefined)
      sim.registers[register] += (flowing(model, sim, signal) * passed) / per
  if (sim.registers['run_h'] !== undefined && sim.state === 'RUN') sim.registers['run_h'] += passed / HOUR
  sim.lived.wh += (flowing(model, sim, 'power_kw') * 1000 * passed) / HOUR
  sim.lived.ms[sim.state] += passed
  sim.at = at
}
