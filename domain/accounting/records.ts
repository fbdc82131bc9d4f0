/**
 * Dated records: prices, standards, rosters, contracts, budgets. A record holds from its instant until a newer one of the same kind
 * and key; records are only ever added, and of two with the same kind, key and instant the one added last wins. What no record says
 * is a hole with a reason, never a default price.
 * Valid:   {kind: 'product', key: 'q41f-16c-dn50', from: 2026-01-01, value: {price: 430_000_000}, source: 'price list 2026', illustrative: true}
 * Invalid: a price in yuan with decimals: money is whole micro-yuan per unit
 */
import type { Instant } from '#domain/time.ts'
import type { TariffContract } from './electricity/contract.ts'
import type { Micro, Ppm } from './rounding.ts'

/**
 * `use`: a piece takes its standard quantity as it passes the operation where the material enters; an issue adds what it gave beyond
 * the standard of the order. `issue`: the whole issue is cost when it is issued.
 */
export type MaterialBooking = 'use' | 'issue'

export type BomItem = {
  readonly material: string
  /** Code of the operation at which it enters. */
  readonly operation: string
  /** Standard quantity for one piece, milli-units of the material. */
  readonly milli: number
  /** Standard issue beyond it (损耗率). */
  readonly allowancePpm: Ppm
}

export type RoutingOperation = {
  readonly operation: string
  /** Pieces of a part follow its operations in order; the last part takes all the others in. */
  readonly part: string
  /** Kind of machine; `outside` for work that comes back as a receipt. */
  readonly workCentre: string
  readonly standardMs: number
  /** Price of outside work, a piece. */
  readonly outside: Micro
  /** Scrap value of a piece that is lost here. */
  readonly salvage: Micro
  /** Another way to do the operation named: it stands for it and adds no value of its own. */
  readonly insteadOf?: string
  /** A good piece is finished output: pressure test passed, or packed. */
  readonly confirms?: boolean
}

export const OUTSIDE = 'outside'

/** Which of the open days of the year or month an amount is for: all, or the last ones of each month. */
export type BudgetDays = 'open' | { readonly lastOfMonth: number }

/**
 * How a day's amount lies in the day: over worked or paid hours of its shifts, by planned person-hours or by weights of the shifts.
 */
export type BudgetSpread = {
  readonly over: 'worked' | 'paid'
  readonly by: 'person_hours' | readonly number[]
}

/** Shapes by kind; the key says what of. Shift lists follow the shifts of the plant. */
export type RecordValues = {
  /** key: material as events name it. */
  material: { readonly unit: string; readonly price: Micro; readonly booking: MaterialBooking }
  /** key: product. Price without VAT. */
  product: { readonly price: Micro }
  /** key: product. */
  bom: {
    readonly items: readonly BomItem[]
    /** Issue beyond the standard of the good output, as it weighs in an operation's share of value. */
    readonly overIssuePpm: Ppm
  }
  /** key: product. */
  routing: { readonly operations: readonly RoutingOperation[] }
  /** key: kind of machine, or `outside`. Standard rates an hour: all elements; labour and machine alone. */
  work_centre: {
    readonly rate: Micro
    readonly labour: Micro
    readonly machine: Micro
    /** Standard over actual cycle. */
    readonly effectivenessPpm: Ppm
    /** False: nobody counts its good pieces; they are known at the next operation that is counted. */
    readonly counted: boolean
    /** Compressed air in a run-hour, milli-Nm³. */
    readonly airPerRunHour: number
    /** Standard time of a set-up. */
    readonly setupMinutes?: number
  }
  /** key: kind of machine. Manned machines by shift, the first ones by path; or hours of its own, minutes after midnight. */
  machine_plan: {
    readonly manned?: readonly number[]
    readonly windows?: readonly { readonly start: number; readonly end: number }[]
  }
  /** key: kind of machine. Depreciation, lease, insurance, space of all its machines a year. */
  machine_cost: { readonly yearly: Micro }
  /** key: crew. */
  crew: {
    readonly people: readonly number[]
    /** Loaded, a paid hour. */
    readonly wage: Micro
    /** A person and shift on top. */
    readonly allowance: readonly Micro[]
    /** Kinds of machine with the crew's share; shares sum to a million. None: labour of the plant. */
    readonly tends: readonly { readonly kind: string; readonly sharePpm: Ppm }[]
  }
  /** key: `breaks`. Breaks that are not paid, minutes after the midnight of the production day. */
  pay: { readonly unpaid: readonly { readonly start: number; readonly end: number }[] }
  /** key: contract. */
  tariff: TariffContract
  /** key: carrier: energy, gas, water, nitrogen. The meter of the whole plant; null: machines' own registers are all there is. */
  metering: { readonly incoming: string | null; readonly contract?: string }
  /** key: gas, water, nitrogen, air. */
  medium: { readonly unit: string; readonly price: Micro }
  /** key: what is used up by running, such as coolant. Milli-units in a run-hour of these kinds. */
  consumption: {
    readonly kinds: readonly string[]
    readonly milliPerRunHour: number
    readonly price: Micro
  }
  /** key: pool. Kinds of machine whose electricity belongs to it. */
  pool: { readonly kinds: readonly string[] }
  /** key: type of tool. One use a cycle; changed at a share of its life. */
  tool: {
    readonly kinds: readonly string[]
    readonly price: Micro
    readonly lifeCycles: number
    readonly plannedPpm: Ppm
  }
  /** key: `rates`. An hour of the crew; what a heat wears off the lining. */
  maintenance: { readonly hour: Micro; readonly heat: Micro }
  /** key: `rates`. A test; a certificate and a warranty share of the price for each good piece; a repair after a failed test. */
  quality: {
    readonly test: Micro
    readonly certificate: Micro
    readonly warrantyPpm: Ppm
    readonly repair: Micro
  }
  /** key: name. An amount of a year or month, by element. */
  budget: {
    readonly element: string
    readonly amount: Micro
    readonly per: 'year' | 'month'
    readonly days: BudgetDays
    readonly spread: BudgetSpread
  }
  /** key: year. Weekdays (0 Sunday) and dates on which no shift works. */
  calendar: { readonly weekdays: readonly number[]; readonly closed: readonly string[] }
  /** key: figure. */
  target: { readonly value: number; readonly unit: string }
  /** key: number of the invoice, or a name for it. What was billed for an element in a month (`2026-03`), without VAT; a credit is below 0. */
  invoice: { readonly element: string; readonly month: string; readonly amount: Micro }
  /** key: month, `2026-03`, which its instant begins. What the firm's books say: sales, cost of sales, and the four expenses. */
  book: {
    readonly revenue: Micro
    readonly costOfSales: Micro
    readonly selling: Micro
    readonly administration: Micro
    readonly research: Micro
    /** Below 0 where more interest came in than was paid. */
    readonly finance: Micro
    /** The cost by element, as far as the books tell it. */
    readonly elements: readonly { readonly element: string; readonly amount: Micro }[]
  }
  /** key: `electricity` or a fuel. Milligrams of CO₂ in a milli-unit (g/kWh). */
  carbon: { readonly mgPerMilli: number; readonly year: number; readonly url: string }
}

export type RecordKind = keyof RecordValues

export type DatedRecord<K extends RecordKind = RecordKind> = {
  [T in K]: {
    readonly kind: T
    readonly key: string
    readonly from: Instant
    readonly value: RecordValues[T]
    /** Document or text it comes from. */
    readonly source: string
    /** True: not an official or measured figure. */
    readonly illustrative: boolean
    /** True: the newest known value while the real one is awaited. */
    readonly provisional?: boolean
  }
}[K]

/** What is missing, by reason and what it concerns. */
export type Hole = { readonly reason: HoleReason; readonly of: string }
export type HoleReason =
  | 'no_record' // nobody ever gave one
  | 'not_yet_in_force' // the first one begins later
  | 'unknown_material'
  | 'unknown_operation'
  | 'unknown_product'
  | 'bad_reference' // a record names another one that is not there
  | 'meter_silent' // the plant's meter told nothing

/** What holds at one instant. */
export type Book = {
  readonly find: <K extends RecordKind>(kind: K, key: string) => RecordValues[K] | null
  /** By key. */
  readonly all: <K extends RecordKind>(kind: K) => readonly (readonly [key: string, value: RecordValues[K]])[]
  readonly holeOf: (kind: RecordKind, key: string) => Hole
  readonly provisional: boolean
}

export type PriceBook = {
  readonly at: (instant: Instant) => Book
  /** Accepted records that touch what happens before an instant: the version of a valuation that ends there. */
  readonly versionUntil: (instant: Instant) => number
  /** Instants in (from, to) at which something changes. */
  readonly changesIn: (from: Instant, to: Instant) => readonly Instant[]
}

/** The price book of all records, in the order in which they were accepted. Books are made once for each stretch between changes. */
export function priceBook(records: readonly DatedRecord[]): PriceBook {
  const changes = [...new Set(records.map(({ from }) => from))].toSorted((a, b) => a - b)
  const books = new Map<Instant, Book>()
  let last: { readonly from: Instant; readonly to: Instant; readonly book: Book } | null = null
  return {
    at: (instant) => {
      // whoever values a stretch asks for its instants one after another
      if (last && last.from <= instant && instant < last.to) return last.book
      const i = changes.findLastIndex((change) => change <= instant)
      const from = changes[i] ?? -Infinity
      let book = books.get(from)
      if (!book) books.set(from, (book = bookAt(records, from)))
      last = { from, to: changes[i + 1] ?? Infinity, book }
      return book
    },
    versionUntil: (instant) => records.filter(({ from }) => from < instant).length,
    changesIn: (from, to) => changes.filter((change) => change > from && change < to),
  }
}

/** The book in force at an instant. */
export function bookAt(records: readonly DatedRecord[], at: Instant): Book {
  const inForce = new Map<string, DatedRecord>()
  const later = new Set<string>()
  for (const record of records) {
    const name = `${record.kind}/${record.key}`
    const known = inForce.get(name)
    if (record.from > at) later.add(name)
    else if (!known || record.from >= known.from) inForce.set(name, record)
  }
  const byKind = Map.groupBy(
    [...inForce.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    ({ kind }) => kind,
  )
  return {
    find: <K extends RecordKind>(kind: K, key: string) =>
      (inForce.get(`${kind}/${key}`)?.value ?? null) as RecordValues[K] | null,
    all: <K extends RecordKind>(kind: K) =>
      (byKind.get(kind) ?? []).map(({ key, value }) => [key, value as RecordValues[K]] as const),
    holeOf: (kind, key) => ({
      reason: later.has(`${kind}/${key}`) ? 'not_yet_in_force' : 'no_record',
      of: `${kind}/${key}`,
    }),
    provisional: [...inForce.values()].some((record) => record.provisional === true),
  }
}
