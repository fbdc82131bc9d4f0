/**
 * Accounts that follow each other, added up: into a sum that takes one after another, so that a long window is summed a day at a time.
 * In the order of their keys, so that equal content is listed alike.
 */
import { addLoss, causeOf, dearestFirst, type Loss } from '#domain/accounting/loss.ts'
import type { DriverCell } from '#domain/accounting/pools.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import type { Cell, Evidence, Valuation, ValueCell } from '#domain/accounting/valuation.ts'
import type { Place } from '#domain/accounting/valuationCase.ts'
import type { Setups } from '#domain/accounting/lossesOfTime.ts'
import type { Nano } from '#domain/accounting/rounding.ts'
import type { Instant } from '#domain/time.ts'
import { addTotals, type Totals } from './totals.ts'

export type TotalsCell = Place & { readonly totals: Totals }

/** What a quarter-hour cost and made: `cost` of the plant, value added less scrapped, price of finished pieces. */
export type QuarterSum = {
  readonly start: Instant
  readonly cost: Nano
  readonly value: Nano
  readonly finished: Nano
  /** What the plant's own electricity meter grew, Wh. */
  readonly wh: number
}

export type Account = Valuation & {
  readonly totals: readonly TotalsCell[]
  readonly drivers: readonly DriverCell[]
  /** By cause and shift, the dearest first. */
  readonly losses: readonly Loss[]
  /** Set-ups under way at its end: what the time after it begins with. */
  readonly setups: Setups
  /** In order; quarters of which nothing is in the span are not there. */
  readonly quarters: readonly QuarterSum[]
}

/** Months after some time: the newer peak, and growth added. */
export function monthsAfter(
  before: readonly MonthState[],
  after: readonly MonthState[],
): readonly MonthState[] {
  const months = new Map(before.map((one) => [one.month, one]))
  for (const { month, peakW, wh, varh } of after) {
    const known = months.get(month)
    months.set(month, { month, peakW, wh: (known?.wh ?? 0) + wh, varh: (known?.varh ?? 0) + varh })
  }
  return [...months.values()].toSorted((a, b) => (a.month < b.month ? -1 : 1))
}

export const byCauseAndShift = (loss: Loss): string => JSON.stringify([causeOf(loss), loss.shift])

// keys as templates: of a year there are half a million, and joining lists takes three times as long
const SEPARATOR = '\u0000'
const placeKey = ({ machine, shift, order, product }: Place): string =>
  `${machine ?? ''}${SEPARATOR}${shift ?? ''}${SEPARATOR}${order ?? ''}${SEPARATOR}${product ?? ''}`

/** Entries of the same key as one. */
class Sums<T> {
  readonly #byKey = new Map<string, T>()
  readonly #keyOf: (entry: T) => string
  readonly #add: (a: T, b: T) => T

  constructor(keyOf: (entry: T) => string, add: (a: T, b: T) => T) {
    this.#keyOf = keyOf
    this.#add = add
  }

  take(entries: readonly T[]): void {
    for (const entry of entries) {
      const key = this.#keyOf(entry)
      const known = this.#byKey.get(key)
      this.#byKey.set(key, known === undefined ? entry : this.#add(known, entry))
    }
  }

  /** Those that come to nothing are gone. */
  list(isNothing: (entry: T) => boolean = () => false): T[] {
    return [...this.#byKey.keys()]
      .toSorted()
      .map((key) => this.#byKey.get(key)!)
      .filter((entry) => !isNothing(entry))
  }
}

export class AccountSum {
  readonly #cells = new Sums<Cell>(
    (cell) =>
      `${cell.element}${SEPARATOR}${cell.stream ?? ''}${SEPARATOR}${cell.provenance}${SEPARATOR}${placeKey(cell)}`,
    (a, b) => ({ ...a, nano: a.nano + b.nano }),
  )
  readonly #values = new Sums<ValueCell>(placeKey, (a, b) => ({
    ...a,
    added: a.added + b.added,
    scrapped: a.scrapped + b.scrapped,
    finished: a.finished + b.finished,
  }))
  readonly #holes = new Sums<Valuation['holes'][number]>(
    ({ element, machine, reason, of }) => [element, machine ?? '', reason, of].join(SEPARATOR),
    (a) => a,
  )
  readonly #totals = new Sums<TotalsCell>(placeKey, (a, b) => ({
    ...a,
    totals: addTotals([a.totals, b.totals]),
  }))
  readonly #drivers = new Sums<DriverCell>(
    ({ pool, machine, shift }) => `${pool}${SEPARATOR}${machine}${SEPARATOR}${shift ?? ''}`,
    (a, b) => ({ ...a, weight: a.weight + b.weight }),
  )
  readonly #losses = new Sums<Loss>(byCauseAndShift, addLoss)
  readonly #evidence = new Map<string, Evidence>()
  readonly #quarters: QuarterSum[] = []
  #version = 0
  #months: readonly MonthState[] = []
  #isProvisional = false
  #setups: Account['setups'] = new Map()

  /** The account that follows those before. */
  take(part: Account): void {
    this.#cells.take(part.cells)
    this.#values.take(part.values)
    this.#holes.take(part.holes)
    this.#totals.take(part.totals)
    this.#drivers.take(part.drivers)
    this.#losses.take(part.losses)
    for (const [machine, { told, covered, uncertain }] of part.evidence) {
      const sum = this.#evidence.get(machine)
      this.#evidence.set(machine, {
        told: (sum?.told ?? 0) + told,
        covered: (sum?.covered ?? 0) + covered,
        uncertain: (sum?.uncertain ?? 0) + uncertain,
      })
    }
    for (const quarter of part.quarters) this.#takeQuarter(quarter)
    this.#version = Math.max(this.#version, part.version)
    this.#months = monthsAfter(this.#months, part.months)
    this.#isProvisional ||= part.provisional
    this.#setups = part.setups
  }

  /** In order; parts of one quarter as one. */
  #takeQuarter(quarter: QuarterSum): void {
    const last = this.#quarters.at(-1)
    if (last?.start !== quarter.start) this.#quarters.push(quarter)
    else
      this.#quarters[this.#quarters.length - 1] = {
        start: last.start,
        cost: last.cost + quarter.cost,
        value: last.value + quarter.value,
        finished: last.finished + quarter.finished,
        wh: last.wh + quarter.wh,
      }
  }

  /** All of them as one of `span`. `months`: as they stand at its end. */
  of(span: Span, months: readonly MonthState[] = this.#months): Account {
    return {
      span,
      version: this.#version,
      cells: this.#cells.list(({ nano }) => nano === 0n),
      values: this.#values.list(
        ({ added, scrapped, finished }) => added === 0n && scrapped === 0n && finished === 0n,
      ),
      holes: this.#holes.list(),
      evidence: new Map([...this.#evidence].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      months,
      provisional: this.#isProvisional,
      totals: this.#totals.list(),
      drivers: this.#drivers.list(({ weight }) => weight === 0n),
      losses: this.#losses.list().toSorted(dearestFirst),
      setups: this.#setups,
      quarters: [...this.#quarters],
    }
  }
}

/** Accounts that follow each other, as one of `span`. */
export function sumOfAccounts(
  parts: readonly Account[],
  span: Span,
  months?: readonly MonthState[],
): Account {
  const sum = new AccountSum()
  for (const part of parts) sum.take(part)
  return sum.of(span, months)
}
