/** All machines of a shop and its base load at one instant: what moves on together, and what a moment of its life keeps. */
import { createHash } from 'node:crypto'
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { SimItem } from '../item.ts'
import type { SimSettings } from '../settings.ts'
import { flowing } from './flow.ts'
import { advance, modelsOf, resumeSim } from './machine.ts'
import { baseKw, baseTo, isElectricity, type Base, type Flowed } from './meter.ts'
import type { MachineModel, MachineSim } from './sim.ts'

/** What a shop is made of; another plan lives another life. */
export type Plan = {
  readonly models: readonly MachineModel[]
  /** Rating of the base load. ILLUSTRATIVE: the main meter's rated power, else 2 kW and 0.5 for each machine. */
  readonly baseKw: number
  readonly shifts: Plant['shifts']
  /** Equal for equal plans. */
  readonly id: string
}

export function planOf(plant: Plant, { simSeed: seed, simRate: rate, simSpeed: speed }: SimSettings): Plan {
  const { shifts } = plant
  const machines = plant.machines.filter(({ meter }) => !meter)
  const main = plant.machines.find((machine) => machine.meter && isElectricity(machine))
  const rated = main?.ratedKw ?? 2 + 0.5 * machines.length
  const id = createHash('sha256')
    .update(JSON.stringify({ machines, shifts, rated, seed, rate, speed }))
    .digest('base64url')
  return { models: modelsOf(machines, { shifts, seed, rate, speed }), baseKw: rated, shifts, id }
}

/** JSON. */
export type Floor = { base: Base; readonly sims: Record<string, MachineSim> }

/** Lives on to `to` and returns what the machines say, by path. */
export function live(plan: Plan, floor: Floor, to: Instant): Map<string, SimItem[]> {
  const said = new Map<string, SimItem[]>()
  for (const model of plan.models) {
    const { path } = model.machine
    const sim = floor.sims[path]
    if (sim) said.set(path, advance(model, sim, to))
  }
  floor.base = baseTo(floor.base, plan.baseKw, plan.shifts, to)
  return said
}

/** The same floor at a later instant, without the time between. */
export const resumed = (plan: Plan, floor: Floor, now: Instant): Floor => ({
  base: { at: now, wh: floor.base.wh },
  sims: Object.fromEntries(
    plan.models.map((model) => [model.machine.path, resumeSim(model, floor.sims[model.machine.path]!, now)]),
  ),
})

export function flowedOf({ base, sims }: Floor): Flowed {
  const all = Object.values(sims)
  const sum = (of: (sim: MachineSim) => number) => all.reduce((total, sim) => total + of(sim), 0)
  return {
    wh: base.wh + sum(({ lived }) => lived.wh),
    gas: sum(({ registers }) => registers['gas_nm3'] ?? 0),
    air: sum(({ registers }) => registers['air_nm3'] ?? 0),
  }
}

/** What it draws at the instant it has come to. */
export const drawnKw = (plan: Plan, floor: Floor): number =>
  plan.models.reduce(
    (kw, model) => kw + flowing(model, floor.sims[model.machine.path]!, 'power_kw'),
    baseKw(plan.baseKw, plan.shifts, floor.base.at),
  )
