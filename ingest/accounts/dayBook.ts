/**
 * The account of a production day that is not settled yet, as of now: quarter-hours whose facts have not changed since are kept, and only
 * what changed is made anew. It is made when somebody asks, and never stored: the account of the settled day takes its place.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { statesInOrder, type Facts } from '#domain/accounting/facts.ts'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import { QUARTER, type Pane } from '#domain/accounting/pane.ts'
import { encodePanes } from '#domain/accounting/paneText.ts'
import type { Span } from '#domain/accounting/span.ts'
import { peaksOf, quarterAccountOf, quartersOf, type Account } from '#domain/kpi/account.ts'
import { monthsAfter, sumOfAccounts } from '#domain/kpi/accountSum.ts'
import type { Machine } from '#domain/plant/plant.ts'
import { shownStates, type Segment } from '#domain/telemetry/states.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { ProductionDay } from '#domain/accounting/almanac.ts'
import { factsOf } from '../facts.ts'
import type { Firm } from '../firm.ts'
import { dayTermsOf, type DayTerms } from '#domain/kpi/dayTerms.ts'

/** A machine that has told nothing for longer is not waited for: the time since is unknown. */
const PATIENCE: Millis = 2 * MINUTE

/** Longest stretch of work without letting the pipeline in. */
const HOLD: Millis = 8

const quarterOf = (at: Instant): Instant => Math.floor(at / QUARTER) * QUARTER

/** Panes and states of a machine by quarter, right before `until`. */
type Quarter = {
  readonly panes: readonly Pane[]
  readonly segments: readonly Segment[]
  readonly text: string
}
type Made = { until: Instant; readonly quarters: Map<Instant, Quarter> }
type Valued = { readonly span: Span; readonly before: string; readonly account: Account }

export class DayBook {
  readonly day: ProductionDay
  readonly #firm: Firm
  readonly #terms: DayTerms
  readonly #monthsBefore: readonly MonthState[]
  readonly #made = new Map<string, Made>()
  readonly #valued = new Map<Instant, Valued>()
  /** Quarters whose panes are others than those that were valued. */
  readonly #changed = new Set<Instant>()
  /** Sum of the quarters up to one. */
  #sum: { readonly to: Instant; readonly account: Account } | null = null

  /** `monthsBefore`: what is known of the month before the day. */
  constructor(firm: Firm, day: ProductionDay, monthsBefore: readonly MonthState[]) {
    this.day = day
    this.#firm = firm
    this.#terms = dayTermsOf(day, firm.books)
    this.#monthsBefore = peaksOf(monthsBefore)
  }

  /** Is it still made of what holds now? */
  get holds(): boolean {
    return this.#terms.books === this.#firm.books && this.#firm.almanac.day(this.day.day) === this.day
  }

  /** Something of a machine came that changes its panes from an instant on. */
  touch(machine: string, from: Instant): void {
    const made = this.#made.get(machine)
    if (made) made.until = Math.min(made.until, Math.max(this.day.from, quarterOf(from)))
  }

  /** The account of the day up to an instant, the begin of the day or later. A long way to it lets other work in. */
  async account(at: Instant): Promise<Account> {
    const to = Math.min(at, this.day.to)
    const pause = pauses()
    for (const machine of this.day.plant.machines) {
      this.#makePanes(machine, to)
      await pause()
    }
    return this.#value(to, pause)
  }

  /** The panes that the newest account was made of, by machine. */
  panes(): Pane[][] {
    return [...this.#made.values()].map(({ quarters }) =>
      [...quarters.values()].flatMap(({ panes }) => panes),
    )
  }

  /** Up to when a machine's time is told; a silent one's is unknown since. */
  #endOf({ path, measures, statePeriodMs, meter }: Machine, to: Instant): Instant {
    const heard = this.#firm.machine(path).now.evidenceTs
    const counts = measures.filter((measure) => measure.class === 'count').map(({ periodMs }) => periodMs)
    const period = Math.min(...counts, meter && counts.length > 0 ? Infinity : statePeriodMs)
    return to - heard > Math.max(PATIENCE, 3 * period) ? to : Math.min(to, heard)
  }

  #makePanes(machine: Machine, to: Instant): void {
    const { day } = this
    let made = this.#made.get(machine.path)
    if (!made) this.#made.set(machine.path, (made = { until: day.from, quarters: new Map() }))
    const span = { from: made.until, to: this.#endOf(machine, to) }
    const terms = span.from < span.to ? this.#firm.almanac.termsOf(day, machine.path) : null
    if (!terms) return
    const facts = factsOf(this.#firm, terms.machine, span)
    const panes = panesOf(terms, facts, span, QUARTER)
    const states = machine.meter ? [] : statesIn(machine, facts, span)
    for (const start of made.quarters.keys()) if (start >= span.to) this.#drop(made, start)
    for (const [start, own] of Map.groupBy(panes, (pane) => pane.start)) {
      const segments = states.filter(({ from, to: end }) => from < start + QUARTER && end > start)
      const text = encodePanes(own) + JSON.stringify(segments)
      if (made.quarters.get(start)?.text === text) continue
      made.quarters.set(start, { panes: own, segments, text })
      this.#changed.add(start)
    }
    made.until = Math.max(day.from, quarterOf(span.to))
  }

  #drop(made: Made, start: Instant): void {
    made.quarters.delete(start)
    this.#changed.add(start)
  }

  async #value(to: Instant, pause: () => Promise<void>): Promise<Account> {
    let months = this.#monthsBefore
    let setups: Account['setups'] = new Map()
    const parts: Account[] = []
    let sum = this.#sum
    for (const span of quartersOf({ from: this.day.from, to })) {
      const start = quarterOf(span.from)
      const known = this.#valued.get(start)
      const peaks = peaksOf(months)
      const before = JSON.stringify([peaks, [...setups]])
      let account = known?.account
      if (!known || this.#changed.has(start) || known.span.to !== span.to || known.before !== before) {
        account = this.#valueQuarter(span, start, peaks, setups)
        this.#valued.set(start, { span, before, account })
        this.#changed.delete(start)
        if (sum && span.from < sum.to) sum = null
        await pause()
      }
      months = monthsAfter(months, account!.months)
      setups = account!.setups
      parts.push(account!)
    }
    const last = parts.at(-1)
    if (!last) return sumOfAccounts([], { from: this.day.from, to }, months)
    const closed = { from: this.day.from, to: last.span.from }
    if (sum?.to !== closed.to) sum = { to: closed.to, account: sumOfAccounts(parts.slice(0, -1), closed) }
    this.#sum = sum
    return sumOfAccounts([sum.account, last], { from: this.day.from, to }, months)
  }

  #valueQuarter(
    span: Span,
    start: Instant,
    months: readonly MonthState[],
    setups: Account['setups'],
  ): Account {
    const panes: Pane[] = []
    const segments = new Map<string, readonly Segment[]>()
    for (const [path, { quarters }] of this.#made) {
      const quarter = quarters.get(start)
      if (!quarter) continue
      panes.push(...quarter.panes)
      segments.set(path, quarter.segments)
    }
    // a meter that the plant has and that is not called silent tells of every quarter-hour some time
    return quarterAccountOf({ ...this.#terms, span, panes, months, segments, setups, awaited: true })
  }
}

/** Lets other work in whenever so much time has passed. */
function pauses(): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < HOLD) return
    await breathe()
    since = performance.now()
  }
}

/** States of a machine as people corrected them: why it stood. */
const statesIn = ({ stateStaleMs }: Machine, facts: Facts, { from, to }: Span): Segment[] =>
  shownStates(statesInOrder(facts.states), stateStaleMs, facts.corrections?.causes ?? [], from, to)
