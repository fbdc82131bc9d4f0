/**
 * A shop as a life: machines each with its own orders, as their kinds and the plant's shifts let them, and meters of the whole.
 *
 * It goes on where its outbox left it. What was told without a word of evidence is not stored with the machines: they live it again, and
 * say the same, since what follows is a pure function of what was. So is the truth: from a moment of each quarter of an hour it lives again to
 * the instant that is asked for.
 */
import type { TruthRow } from '#contract/local.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { Moment, Moments } from '#store/truth/moments.ts'
import type { Fault } from '../faults/catalogue.ts'
import type { SimItem } from '../item.ts'
import type { Life } from '../life.ts'
import type { SimSettings } from '../settings.ts'
import { drawnKw, flowedOf, live, planOf, resumed, type Floor, type Plan } from './floor.ts'
import { createSim } from './machine.ts'
import { newMeter, nextTold, readMeter, type Base, type MeterSim } from './meter.ts'
import { shopTruth } from './shopTruth.ts'
import { SIM_VERSION, type MachineSim } from './sim.ts'

const QUARTER: Millis = 15 * MINUTE

type Meter = { readonly machine: Machine; readonly sim: MeterSim }

/** What the shop itself remembers, by its firm. */
type Memory = { readonly at: Instant; readonly base: Base; readonly plan: string }

export class Shop implements Life {
  readonly #firm: string
  readonly #plan: Plan
  readonly #rate: number
  readonly #machines: readonly Machine[]
  readonly #meters: readonly Meter[]
  readonly #moments: Moments | null
  readonly #signals: boolean
  #floor: Floor
  #at: Instant
  /** Said at birth, not yet told. */
  readonly #first = new Map<string, readonly SimItem[]>()
  readonly #unsaved = new Set<string>()
  /** Of the quarters of an hour that passed, to be noted once what was told since is stored. */
  #passed: Moment[] = []

  /**
   * `remembered`: what `memory` gave, by `firm/path`. `moments`: where its truth is kept; null: it has none. `signals`
   * false: it lives the same life and tells evidence alone. Where a clock was set back it is silent until it comes to what was told. Throws
   * SQLite's error.
   */
  constructor(
    plant: Plant,
    settings: SimSettings,
    remembered: ReadonlyMap<string, string>,
    now: Instant,
    moments: Moments | null = null,
    signals = true,
  ) {
    this.#signals = signals
    this.#firm = plant.firm
    this.#plan = planOf(plant, settings)
    this.#rate = settings.simRate
    this.#machines = plant.machines
    this.#moments = moments
    const read = (key: string): unknown => {
      const text = remembered.get(key)
      return text === undefined ? null : JSON.parse(text)
    }
    const own = read(plant.firm) as Memory | null
    const old = this.#plan.models.map(
      (model) => read(`${plant.firm}/${model.machine.path}`) as MachineSim | null,
    )
    const known = own?.plan === this.#plan.id && old.every((sim) => sim?.version === SIM_VERSION)
    this.#at = known ? own.at : now
    this.#floor = { base: known ? own.base : { at: this.#at, wh: own?.base.wh ?? 0 }, sims: {} }
    this.#plan.models.forEach((model, i) => {
      const { path } = model.machine
      const sim = old[i]
      if (known || (sim?.version === SIM_VERSION && sim.seed === model.seed)) this.#floor.sims[path] = sim!
      else {
        const born = createSim(model, now, sim?.registers)
        this.#floor.sims[path] = born.sim
        this.#first.set(path, born.items)
      }
    })
    if (known) live(this.#plan, this.#floor, this.#at)
    else this.#floor = resumed(this.#plan, this.#floor, now)
    const flowed = flowedOf(this.#floor)
    this.#meters = plant.machines
      .filter(({ meter }) => meter)
      .map((machine) => {
        const stored = read(`${plant.firm}/${machine.path}`) as MeterSim | null
        const fresh = newMeter(machine, settings.simSeed, flowed)
        const registers = { ...fresh.registers, ...stored?.registers }
        const seen = known && stored ? stored.seen : flowed
        return { machine, sim: { rng: stored?.rng ?? fresh.rng, registers, seen } }
      })
    moments?.rewind(own?.at ?? this.#at)
    if (!known || !moments?.stretchAt(this.#at)) this.#beginStretch(own?.at ?? null)
  }

  get at(): Instant {
    return this.#at
  }

  #moment(): Moment {
    return { at: this.#at, state: JSON.stringify(this.#floor) }
  }

  #beginStretch(ended: Instant | null): void {
    this.#passed = []
    this.#moments?.begin(this.#moment(), this.#plan.id, ended)
  }

  advance(now: Instant): ReadonlyMap<string, readonly SimItem[]> {
    this.#notePassed()
    const said = new Map<string, SimItem[]>()
    const say = (path: string, all: readonly SimItem[]) => {
      const items = this.#signals ? all : all.filter((item) => item.class !== 'telemetry')
      const own = said.get(path)
      if (own) own.push(...items)
      else said.set(path, [...items])
      // a signal alone moves nothing that must not be forgotten
      if (items.some(({ qos }) => qos === 1)) this.#unsaved.add(path)
    }
    for (const [path, items] of this.#first) say(path, items)
    this.#first.clear()
    while (this.#at < now) {
      const quarter = (Math.floor(this.#at / QUARTER) + 1) * QUARTER
      const told = this.#meters.map(({ machine }) => nextTold(machine, this.#rate, this.#at))
      const to = Math.min(now, quarter, ...told)
      for (const [path, items] of live(this.#plan, this.#floor, to)) say(path, items)
      this.#at = to
      if (told.includes(to)) this.#readMeters(say)
      if (to === quarter && this.#moments) this.#passed.push(this.#moment())
    }
    return said
  }

  #readMeters(say: (path: string, items: readonly SimItem[]) => void): void {
    const shown = {
      rate: this.#rate,
      at: this.#at,
      flowed: flowedOf(this.#floor),
      kw: drawnKw(this.#plan, this.#floor),
    }
    for (const { machine, sim } of this.#meters) say(machine.path, readMeter(machine, sim, shown))
  }

  /** A moment that the disk refuses is left out: the truth then lives on from the one before. */
  #notePassed(): void {
    const passed = this.#passed
    this.#passed = []
    try {
      for (const moment of passed) this.#moments?.put(moment)
    } catch {
      return
    }
  }

  skip(now: Instant): void {
    const ended = this.#at
    const [floor, at] = [this.#floor, this.#at]
    this.#floor = resumed(this.#plan, this.#floor, now)
    this.#at = now
    try {
      this.#beginStretch(ended)
    } catch (error) {
      // what has no truth is not lived: the next turn tries again
      this.#floor = floor
      this.#at = at
      throw error
    }
    for (const path of Object.keys(this.#floor.sims)) this.#unsaved.add(path)
  }

  /** Nothing of a process can go wrong in a shop: the switchboard refuses it. */
  strike(_faults: readonly Fault[]): void {}

  truth(scope: string, from: Instant, to: Instant): readonly TruthRow[] | null {
    const of = scope === 'plant' ? scope : this.#machines.find(({ path }) => path === scope)
    if (of === undefined || to > this.#at) return null
    const floors = { from: this.#floorAt(from, of), to: this.#floorAt(to, of) }
    if (!floors.from || !floors.to || floors.from.begun !== floors.to.begun) return null
    return shopTruth(of, from, to, { from: floors.from, to: floors.to })
  }

  /** The floor as it was, and when its stretch began; of a machine's truth that machine alone lives again. */
  #floorAt(at: Instant, of: 'plant' | Machine): (Floor & { readonly begun: Instant }) | null {
    const stretch = this.#moments?.stretchAt(at)
    if (!stretch || stretch.plan !== this.#plan.id) return null
    const moment = this.#moments!.before(stretch, at)
    if (!moment) return null
    const floor = JSON.parse(moment.state) as Floor
    const all = of === 'plant' || of.meter
    const models = all ? this.#plan.models : this.#plan.models.filter(({ machine }) => machine === of)
    live({ ...this.#plan, models }, floor, at)
    return { ...floor, begun: stretch.begun }
  }

  memory(all: boolean): ReadonlyMap<string, string> {
    const out = new Map<string, string>()
    const memory: Memory = { at: this.#at, base: this.#floor.base, plan: this.#plan.id }
    out.set(this.#firm, JSON.stringify(memory))
    const wanted = (path: string) => all || this.#unsaved.has(path)
    for (const [path, sim] of Object.entries(this.#floor.sims))
      if (wanted(path)) out.set(`${this.#firm}/${path}`, JSON.stringify(sim))
    for (const { machine, sim } of this.#meters)
      if (wanted(machine.path)) out.set(`${this.#firm}/${machine.path}`, JSON.stringify(sim))
    this.#unsaved.clear()
    return out
  }
}
