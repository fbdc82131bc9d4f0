/**
 * Meters of a shop: an electricity meter measures all of it, a gas or air meter what its machines use or make. A measure that a shop has
 * nothing for (water) is not told. ILLUSTRATIVE: the base load, the power factor of 0.92, 400 V.
 */
import type { Machine, Measure, Shift } from '#domain/plant/plant.ts'
import { HOUR, type Instant, type Millis } from '#domain/time.ts'
import type { SimItem } from '../item.ts'
import { normal, seedOf, type Chance } from '../random.ts'
import { dutyAt } from './calendar.ts'
import { firstReading, phaseOf } from './machine.ts'
import { readRegisters } from './tell.ts'

/** Cumulative, of the whole shop. */
export type Flowed = { readonly wh: number; readonly gas: number; readonly air: number }

/** What a meter remembers: `seen` is what had flowed when it last looked. */
export type MeterSim = Chance & { registers: Record<string, number>; seen: Flowed }

/** Reactive per active energy at a power factor of 0.92. */
export const TAN_PHI = 0.426
const PF = 0.92
const VOLTS = 400

/** What one step of growth adds to a register; a register not listed here is not told. */
const GROWTH: Readonly<Record<string, (grown: Flowed) => number>> = {
  kwh: ({ wh }) => wh / 1000,
  kvarh: ({ wh }) => (wh / 1000) * TAN_PHI,
  gas_nm3: ({ gas }) => gas,
  air_nm3: ({ air }) => air,
}

/** What a signal shows at a power, and the spread of its noise. */
const SIGNALS: Readonly<Record<string, (kw: number) => readonly [value: number, noise: number]>> = {
  power_kw: (kw) => [kw, kw * 0.004],
  kvar: (kw) => [kw * TAN_PHI, kw * 0.004],
  pf: () => [PF, 0.002],
  voltage_v: () => [VOLTS, 1.2],
  current_a: (kw) => [(kw * 1000) / (Math.sqrt(3) * VOLTS * PF), 0.1],
}

export const isElectricity = ({ measures }: Machine): boolean => measures.some(({ name }) => name === 'kwh')

export function newMeter(machine: Machine, seed: number, seen: Flowed): MeterSim {
  const chance = { rng: seedOf(seed, machine.path) }
  const registers = countsOf(machine).map((measure) => [measure.name, firstReading(measure, chance)])
  return { ...chance, seen, registers: Object.fromEntries(registers) as Record<string, number> }
}

const countsOf = ({ measures }: Machine): Measure[] =>
  measures.filter(({ class: cls, name }) => cls === 'count' && GROWTH[name])
const signalsOf = ({ measures }: Machine): Measure[] =>
  measures.filter(({ class: cls, name }) => cls === 'telemetry' && SIGNALS[name])

const nextOf = (machine: Machine, measures: readonly Measure[], rate: number, after: Instant): Instant => {
  if (measures.length === 0) return Infinity
  const period: Millis = Math.max(
    100,
    Math.round(Math.min(...measures.map(({ periodMs }) => periodMs)) / rate),
  )
  const phase = phaseOf({ machine }, period)
  return (Math.floor((after - phase) / period) + 1) * period + phase
}

/** When it tells something again. */
export const nextTold = (machine: Machine, rate: number, after: Instant): Instant =>
  Math.min(nextOf(machine, countsOf(machine), rate, after), nextOf(machine, signalsOf(machine), rate, after))

/** What it says at an instant at which so much has flowed and the shop draws `kw`. */
export function readMeter(
  machine: Machine,
  sim: MeterSim,
  { rate, at, flowed, kw }: { rate: number; at: Instant; flowed: Flowed; kw: number },
): SimItem[] {
  const items: SimItem[] = []
  const due = (measures: readonly Measure[]) => nextOf(machine, measures, rate, at - 1) === at
  const counts = countsOf(machine)
  if (due(counts)) {
    look(sim, flowed)
    items.push({ class: 'count', ts: at, qos: 1, body: { v: readRegisters(counts, sim.registers) } })
  }
  const signals = signalsOf(machine)
  if (due(signals)) {
    const v: Record<string, number> = {}
    for (const { name, scale, min, max } of signals) {
      const [value, noise] = SIGNALS[name]!(kw)
      const read = Math.min(max ?? Infinity, Math.max(min ?? -Infinity, value + noise * normal(sim)))
      v[name] = Math.round(read * scale) / scale
    }
    items.push({ class: 'telemetry', ts: at, qos: 0, body: { v } })
  }
  return items
}

/** Registers take what has flowed since; a machine that is gone takes nothing back. */
function look(sim: MeterSim, flowed: Flowed): void {
  const grown = {
    wh: Math.max(0, flowed.wh - sim.seen.wh),
    gas: Math.max(0, flowed.gas - sim.seen.gas),
    air: Math.max(0, flowed.air - sim.seen.air),
  }
  for (const name of Object.keys(sim.registers)) sim.registers[name]! += GROWTH[name]!(grown)
  sim.seen = flowed
}

/** Lighting, office and what is connected to nothing: energy since it began, at `at`. */
export type Base = { readonly at: Instant; readonly wh: number }

/** Share of the base load's rating while a shift works, in its breaks, between shifts. */
const SHARE = { work: 0.5, pause: 0.2, rest: 0.06 } as const

const shareAt = (shifts: readonly Shift[], at: Instant): readonly [share: number, until: Instant] => {
  if (shifts.length === 0) return [SHARE.work, Infinity]
  const { shift, pause, until } = dutyAt(shifts, at)
  return [shift === null ? SHARE.rest : pause ? SHARE.pause : SHARE.work, until]
}

/** Of a rating in kW, now. */
export const baseKw = (ratedKw: number, shifts: readonly Shift[], at: Instant): number =>
  ratedKw * shareAt(shifts, at)[0]

export function baseTo(base: Base, ratedKw: number, shifts: readonly Shift[], to: Instant): Base {
  let { at, wh } = base
  while (at < to) {
    const [share, until] = shareAt(shifts, at)
    const end = Math.min(to, until)
    wh += (ratedKw * share * 1000 * (end - at)) / HOUR
    at = end
  }
  return { at, wh }
}
