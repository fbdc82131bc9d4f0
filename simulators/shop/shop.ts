/** A shop as a life: machines each with its own orders, as their kinds and the plant's shifts let them. */
import type { TruthRow } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { Fault } from '../faults/catalogue.ts'
import type { SimItem } from '../item.ts'
import type { Life } from '../life.ts'
import type { SimSettings } from '../settings.ts'
import { advance, createSim, modelsOf, resumeSim } from './machine.ts'
import { SIM_VERSION, type MachineModel, type MachineSim } from './sim.ts'

type Simulated = { readonly key: string; readonly model: MachineModel; sim: MachineSim }

export class Shop implements Life {
  readonly #machines: Simulated[]
  /** Said at birth, not yet told. */
  #first = new Map<string, readonly SimItem[]>()
  readonly #unsaved = new Set<Simulated>()
  #at: Instant

  /** `remembered`: what `memory` gave, by `firm/path`. */
  constructor(plant: Plant, settings: SimSettings, remembered: ReadonlyMap<string, string>, now: Instant) {
    const { simSeed: seed, simRate: rate, simSpeed: speed } = settings
    this.#at = now
    const models = modelsOf(
      plant.machines.filter(({ meter }) => !meter), { firm: plant.firm, shifts: plant.shifts, seed, rate, speed })
    this.#machines = models.map((model) => {
      const key = `${plant.firm}/${model.machine.path}`
      const stored = remembered.get(key)
      const old = stored === undefined ? null : (JSON.parse(stored) as MachineSim)
      if (old?.version === SIM_VERSION && old.seed === seed)
        return { key, model, sim: resumeSim(model, old, now) }
      const { sim, items } = createSim(model, now, old?.registers)
      this.#first.set(model.machine.path, items)
      return { key, model, sim }
    })
  }

  get at(): Instant {
    return this.#at
  }

  advance(now: Instant): ReadonlyMap<string, readonly SimItem[]> {
    const said = new Map<string, readonly SimItem[]>()
    for (const machine of this.#machines) {
      const { path } = machine.model.machine
      const items = [...(this.#first.get(path) ?? []), ...advance(machine.model, machine.sim, now)]
      said.set(path, items)
      // a signal alone moves nothing that must not be forgotten
      if (items.some(({ qos }) => qos === 1)) this.#unsaved.add(machine)
    }
    this.#first = new Map()
    this.#at = now
    return said
  }

  skip(now: Instant): void {
    for (const machine of this.#machines) machine.sim = resumeSim(machine.model, machine.sim, now)
    this.#at = now
  }

  /** Nothing of a process can go wrong in a shop: the switchboard refuses it. */
  strike(_faults: readonly Fault[]): void {}

  truth(_scope: string, _from: Instant, _to: Instant): readonly TruthRow[] | null {
    return null
  }

  memory(all: boolean): ReadonlyMap<string, string> {
    const machines = all ? this.#machines : [...this.#unsaved]
    this.#unsaved.clear()
    return new Map(machines.map(({ key, sim }) => [key, JSON.stringify(sim)]))
  }
}
