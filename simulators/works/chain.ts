/**
 * The days of a works, one after another: each begins as the one before ended. A day that was lived can be lived again from its morning,
 * with the faults that struck it, and is the same byte for byte: that is what its truth is made of.
 */
import type { Mornings } from '#store/truth/mornings.ts'
import { addDays, productionDay, startOf, type Span } from './calendar.ts'
import { simulateDay, warmWorks } from './day.ts'
import type { ProcessFault } from './processFaults.ts'
import { parametersOn, plants, type Scenario } from './scenarios.ts'
import type { WorksState } from './state.ts'
import type { DayTruth } from './truthDay.ts'

/** A process fault by the id under which it was switched on. */
export type Struck = ProcessFault & { readonly id: string }

/** Days held in memory. */
const MAX_DAYS = 40
/** Mornings stored in one transaction while a past is made. */
const TOGETHER = 20

export class Chain {
  readonly seed: number
  readonly scenario: Scenario
  readonly #mornings: Mornings
  readonly #days = new Map<string, DayTruth>()
  readonly #twins = new Map<string, DayTruth>()
  #last: { readonly date: string; readonly state: WorksState; faults: readonly Struck[] }

  /** Of a works that was born: see `bear`. */
  constructor(mornings: Mornings) {
    const { birth, last } = mornings
    if (!birth || last === null) throw new Error('this works was not born')
    this.#mornings = mornings
    this.seed = birth.seed
    this.scenario = JSON.parse(birth.scenario) as Scenario
    this.#last = this.#morning(last)!
  }

  /** A works that begins on the morning of `date`, after a life before it: about 0.4 s. */
  static bear(mornings: Mornings, seed: number, scenario: Scenario, date: string): Chain {
    const state = warmWorks(seed, date, scenario)
    mornings.put([{ date, state: JSON.stringify(state), faults: '[]' }])
    mornings.bear({ seed, scenario: JSON.stringify(scenario) })
    return new Chain(mornings)
  }

  /** The production day that it lives, and the first one that it remembers. */
  get date(): string {
    return this.#last.date
  }
  get first(): string {
    return this.#mornings.first!
  }

  /** Faults of the day that it lives. */
  get faults(): readonly Struck[] {
    return this.#last.faults
  }

  /** Lives on to the morning of `date`; `told` hears of each day that is over. Days take about 10 ms each. */
  reach(date: string, told: (date: string) => void = () => undefined): void {
    while (this.#last.date < date) {
      const batch: { date: string; state: string; faults: string }[] = []
      while (this.#last.date < date && batch.length < TOGETHER) {
        const { date: today, state, faults } = this.#last
        const { truth, next } = this.#live(today, state, faults)
        this.#remember(truth)
        const left = faults.filter(({ to }) => to > truth.to)
        this.#last = { date: next.date, state: next, faults: left }
        batch.push({ date: next.date, state: JSON.stringify(next), faults: JSON.stringify(left) })
        told(today)
      }
      this.#mornings.put(batch)
    }
  }

  /** The truth of a production day up to the one that it lives; null: not lived. */
  day(date: string): DayTruth | null {
    const known = this.#days.get(date)
    if (known) return known
    const morning = date === this.#last.date ? this.#last : this.#morning(date)
    return morning ? this.#remember(this.#live(date, morning.state, morning.faults).truth) : null
  }

  /** The days that a window touches; null: part of it was not lived. */
  days({ from, to }: Span): readonly DayTruth[] | null {
    if (productionDay(from) < this.first) return null
    const days: DayTruth[] = []
    for (let date = productionDay(from); startOf(date) < to; date = addDays(date, 1)) {
      const day = this.day(date)
      if (!day) return null
      days.push(day)
    }
    return days
  }

  /**
   * The same days without the measures of the works, each from the morning that it really had; null: the scenario has none. A day more takes
   * about 10 ms.
   */
  twins(days: readonly DayTruth[]): readonly DayTruth[] | null {
    return plants(this.scenario) ? days.map((day) => this.#twin(day)) : null
  }

  #twin({ date }: DayTruth): DayTruth {
    const known = this.#twins.get(date)
    if (known) return known
    const { state, faults } = date === this.#last.date ? this.#last : this.#morning(date)!
    return this.#remember(this.#live(date, state, faults, false).truth, this.#twins)
  }

  /** What was lived in [from, to) is never told. Throws SQLite's error. */
  leaveUntold({ from, to }: Span): void {
    this.#mornings.leaveUntold(from, to)
  }

  /** Is some of a window never told? */
  untold({ from, to }: Span): boolean {
    return this.#mornings.untold(from, to)
  }

  /**
   * The faults of today become these. What was before `at` must be the same in both lists: then nothing that was told changes.
   * Throws SQLite's error; nothing is changed then.
   */
  strike(faults: readonly Struck[]): void {
    const { date, state } = this.#last
    this.#mornings.put([{ date, state: JSON.stringify(state), faults: JSON.stringify(faults) }])
    this.#last.faults = faults
    this.#days.delete(date)
    this.#twins.delete(date)
  }

  #live(date: string, state: WorksState, faults: readonly ProcessFault[], planted = true) {
    return simulateDay(state, { parameters: parametersOn(this.scenario, date, planted), faults })
  }

  #remember(day: DayTruth, days = this.#days): DayTruth {
    days.delete(day.date)
    days.set(day.date, day)
    if (days.size > MAX_DAYS) days.delete(days.keys().next().value!)
    return day
  }

  #morning(date: string) {
    const row = this.#mornings.at(date)
    if (!row) return null
    return { date, state: JSON.parse(row.state) as WorksState, faults: JSON.parse(row.faults) as Struck[] }
  }
}
