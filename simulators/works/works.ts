/** The valve works as a life: its day goes on, its machines and meters tell what the plant file lets them measure. */
import type { TruthRow } from '#contract/local.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import { strikes, type Fault } from '../faults/catalogue.ts'
import type { SimItem } from '../item.ts'
import type { Life } from '../life.ts'
import { bookingRows } from './bookings.ts'
import { productionDay, type Span } from './calendar.ts'
import type { Chain, Struck } from './chain.ts'
import { itemsBetween, presentItems, type WorksItem } from './items.ts'
import { plantedSaving } from './moneyTruth.ts'
import { PROCESS_FAULTS, type ProcessFaultName } from './processFaults.ts'
import { worksName } from './signals.ts'
import { MACHINES } from './data/machines.ts'
import { truthOf } from './truth.ts'
import type { DayTruth } from './truthDay.ts'

export type WorksOptions = {
  /** Samples per declared sample. */
  readonly rate: number
  /** False: evidence alone, no telemetry. */
  readonly signals: boolean
  /** End of an interval: the registers are read once more, so that all of it lies between two readings. */
  readonly ends?: Instant
}

export class Works implements Life {
  readonly chain: Chain
  readonly #firm: string
  readonly #machines: readonly Machine[]
  /** Names of the machines whose good pieces no register counts. */
  readonly #blind: ReadonlySet<string>
  readonly #rate: number
  readonly #ends: Instant | null
  #at: Instant
  #unsaved = true
  #struck = ''
  /** The devices say where they stand before they go on. */
  #comes = true

  /**
   * `remembered`: what `memory` gave, by firm. Without it, it goes on at `now`. Where a clock was set back it is silent until it comes to what
   * was told: nothing is told twice.
   */
  constructor(
    plant: Plant,
    chain: Chain,
    { rate, signals, ends }: WorksOptions,
    remembered: ReadonlyMap<string, string>,
    now: Instant,
  ) {
    this.chain = chain
    this.#firm = plant.firm
    this.#machines = signals ? plant.machines : plant.machines.map(withoutSignals)
    this.#blind = new Set(
      plant.machines
        .filter(({ meter, measures }) => !meter && !measures.some(({ name }) => name === 'good'))
        .map(worksName),
    )
    this.#rate = rate
    this.#ends = ends ?? null
    const stored = remembered.get(plant.firm)
    this.#at = stored === undefined ? now : (JSON.parse(stored) as { at: Instant }).at
    chain.reach(productionDay(this.#at))
  }

  get at(): Instant {
    return this.#at
  }

  advance(now: Instant): ReadonlyMap<string, readonly SimItem[]> {
    const said = new Map<string, SimItem[]>()
    const say = ({ machine, ...item }: WorksItem) => {
      const own = said.get(machine)
      if (own) own.push(item)
      else said.set(machine, [item])
    }
    while (this.#at < now) {
      const date = productionDay(this.#at)
      this.chain.reach(date)
      const day = this.chain.day(date)!
      const to = Math.min(now, day.to)
      const items = itemsBetween(day, this.#machines, this.#at, to, this.#rate)
      if (this.#comes) {
        // what they say at that very instant they do not say twice
        const at = this.#at
        const present = presentItems(day, this.#machines, at)
        const twice = (one: WorksItem) =>
          items.some((item) => item.ts === at && item.machine === one.machine && item.class === one.class)
        present.filter((one) => !twice(one)).forEach(say)
      }
      items.forEach(say)
      if (to === this.#ends)
        for (const one of presentItems(day, this.#machines, to)) if (one.class === 'count') say(one)
      this.#comes = false
      this.#at = to
      this.#unsaved = true
    }
    return said
  }

  /** The works lives on meanwhile, and its registers with it; what happened in it is never told. Throws SQLite's error. */
  skip(now: Instant): void {
    this.chain.leaveUntold({ from: this.#at, to: now })
    this.#at = now
    this.#comes = true
    this.#unsaved = true
    this.chain.reach(productionDay(now))
  }

  /** A fault begins when it is switched on, and not before; one that is switched off ends now. */
  strike(faults: readonly Fault[]): void {
    const wanted = JSON.stringify(faults)
    if (wanted === this.#struck) return
    const at = this.#at
    const going = this.chain.faults.filter(({ from, to }) => from < at && to > at)
    const next: Struck[] = []
    for (const fault of faults)
      for (const { name: machine } of MACHINES) {
        if (!this.#strikes(fault, machine)) continue
        const size = Number(fault.params['size'])
        const old = going.find((one) => one.id === fault.id && one.machine === machine && one.size === size)
        const from = old?.from ?? Math.max(at, fault.from ?? at)
        const to = fault.to ?? Number.MAX_SAFE_INTEGER
        const name = fault.name as ProcessFaultName
        if (to > Math.max(at, from)) next.push({ id: fault.id, name, machine, from, to, size })
      }
    // what was is told and stays: a fault that is gone, or goes on in another size, ends now
    const past = this.chain.faults.flatMap((old) =>
      old.from >= at || next.some((one) => same(one, old)) ? [] : [{ ...old, to: Math.min(old.to, at) }],
    )
    this.chain.strike([...past, ...next])
    this.#struck = wanted
  }

  #strikes(fault: Fault, name: string): boolean {
    const machine = this.#machines.find((one) => worksName(one) === name)
    const kind = MACHINES.find((one) => one.name === name)!.kind
    if (!machine || !strikes(fault, `${this.#firm}/${machine.path}`)) return false
    return (PROCESS_FAULTS[fault.name as ProcessFaultName].kinds as readonly string[]).includes(kind)
  }

  /** None of a window with time that was left untold: the product cannot know what happened in it. */
  truth(scope: string, from: Instant, to: Instant): readonly TruthRow[] | null {
    const window = { from, to }
    const days = to <= this.#at && !this.chain.untold(window) ? this.chain.days(window) : null
    if (!days) return null
    const name = scope === 'plant' ? scope : scope.slice(scope.lastIndexOf('/') + 1)
    const rows = truthOf(days, name, window)
    const savings = scope === 'plant' ? plantedSaving(days, this.chain.twins(days), window) : []
    return [...rows, ...this.#bookings(days, name, window), ...savings].map((row) => ({ ...row, scope }))
  }

  /** Of the plant or a machine; a meter books nothing. */
  #bookings(days: readonly DayTruth[], scope: string, window: Span): TruthRow[] {
    const name = scope === 'plant' ? null : scope
    if (name !== null && !days.some(({ machines }) => Object.hasOwn(machines, name))) return []
    const { from, to } = window
    return bookingRows(days, { name, window, blind: this.#blind }).map((row) => ({
      name: row.name,
      scope,
      from,
      to,
      value: row.value,
      unit: row.unit,
      reason: null,
    }))
  }

  memory(all: boolean): ReadonlyMap<string, string> {
    if (!all && !this.#unsaved) return new Map()
    this.#unsaved = false
    return new Map([[this.#firm, JSON.stringify({ at: this.#at })]])
  }
}

const same = (a: Struck, b: Struck): boolean => a.id === b.id && a.machine === b.machine && a.from === b.from

const withoutSignals = (machine: Machine): Machine => ({
  ...machine,
  measures: machine.measures.filter((measure) => measure.class === 'count'),
})
