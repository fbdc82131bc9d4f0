/**
 * The account of a stretch of time: everything that a figure of any scope in it is made of, exact and additive. It is made quarter-hour by
 * quarter-hour, so that the account of an hour, a shift or a month is the sum of its quarters however it was come by: a live day,
 * a day that settled and one that was made again sum to the same content.
 *
 *   cells     nano-yuan by element, stream, place and provenance      values    output value by place
 *   totals    times, pieces, energy by place, for every KPI           drivers   what the pools of a shift are divided by
 *   losses    what stops, scrap, set-ups, idling and leaks cost    quarters  cost and value of each quarter-hour, for curves
 */
import { TRUE_UP, type TrueUp } from '#domain/accounting/bills.ts'
import { addLosses } from '#domain/accounting/loss.ts'
import { lossesOf } from '#domain/accounting/losses.ts'
import type { Setups } from '#domain/accounting/lossesOfTime.ts'
import { driverCellsOf } from '#domain/accounting/pools.ts'
import type { Divided } from '#domain/accounting/poolsShared.ts'
import { QUARTER, type Pane } from '#domain/accounting/pane.ts'
import type { Nano } from '#domain/accounting/rounding.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import { valuationIn, type Cell } from '#domain/accounting/valuation.ts'
import {
  NOWHERE,
  caseOf,
  grownIn,
  type Case,
  type CaseInput,
  type Place,
} from '#domain/accounting/valuationCase.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Segment } from '#domain/telemetry/states.ts'
import type { Instant } from '#domain/time.ts'
import { byCauseAndShift, monthsAfter, sumOfAccounts, type Account, type TotalsCell } from './accountSum.ts'
import { addMachines, addTotals, makesPieces, standardTimesOf, totalsOf, type Totals } from './totals.ts'

export type { Account, QuarterSum, TotalsCell } from './accountSum.ts'

export type AccountInput = Omit<CaseInput, 'machines'> & {
  /** Of the plant in force. */
  readonly plant: readonly Machine[]
  readonly machines: CaseInput['machines']
  /** Months whose bill is known. */
  readonly closed?: readonly string[]
  /** States with their reasons by machine, in order: why machines stood. */
  readonly segments?: ReadonlyMap<string, readonly Segment[]>
  /** Set-ups under way when the span begins. */
  readonly setups?: Setups
}

/** The account of a span inside one quarter-hour. A quarter of the demo plant takes about 3 ms. */
export function quarterAccountOf(input: AccountInput): Account {
  const work = caseOf(input)
  const valuation = valuationIn(work, input.closed)
  const value = sumOf(valuation.values.map(({ added, scrapped }) => added - scrapped))
  const { losses, setups } = lossesOf(work, input)
  return {
    ...valuation,
    losses: addLosses(losses, byCauseAndShift),
    setups,
    totals: totalsIn(input, work.panes),
    drivers: driverCellsOf(work),
    quarters: [
      {
        start: Math.floor(work.span.from / QUARTER) * QUARTER,
        cost: sumOf(valuation.cells.map(({ nano }) => nano)),
        value,
        finished: sumOf(valuation.values.map(({ finished }) => finished)),
        wh: meteredWh(work),
      },
    ],
  }
}

const sumOf = (amounts: readonly Nano[]): Nano => amounts.reduce((total, nano) => total + nano, 0n)

function meteredWh(work: Case): number {
  const incoming = work.books.at(work.span.from).find('metering', 'energy')?.incoming ?? null
  return work.panes.reduce(
    (sum, pane) => (pane.machine === incoming ? sum + (grownIn(work, pane, 'energy') ?? 0) : sum),
    0,
  )
}

/** The account of a month's last day with what makes the month's posts its bills: cells of the plant in no shift, at their quarter. */
export function withTrueUps(account: Account, trueUps: readonly TrueUp[]): Account {
  if (trueUps.length === 0) return account
  const sumAt = (start: Instant) =>
    sumOf(trueUps.flatMap(({ entry: { at, nano } }) => (at >= start && at < start + QUARTER ? [nano] : [])))
  return {
    ...account,
    cells: [
      ...account.cells,
      ...trueUps.map(({ element, entry, provenance }): Cell => ({
        ...NOWHERE,
        element,
        stream: TRUE_UP,
        provenance,
        nano: entry.nano,
      })),
    ],
    quarters: account.quarters.map((one) => ({ ...one, cost: one.cost + sumAt(one.start) })),
  }
}

/** The part of an account that lies at some places. What is told of whole quarter-hours or months is in none. */
export type AccountPart = Omit<Account, 'quarters' | 'months' | 'setups'>

/** Of the same part, what its pools are divided with. */
export const dividedIn = ({ cells, drivers }: Divided, isInside: (place: Place) => boolean): Divided => ({
  cells: cells.filter(isInside),
  drivers: drivers.filter((driver) => isInside({ ...NOWHERE, ...driver })),
})

/** Holes and gaps are told by machine: of a shift or an order they are those of its machines, whenever they were. */
export function partOf(account: AccountPart, isInside: (place: Place) => boolean): AccountPart {
  const { span, version, holes, provisional } = account
  const totals = account.totals.filter(isInside)
  return {
    span,
    version,
    holes,
    provisional,
    ...dividedIn(account, isInside),
    values: account.values.filter(isInside),
    totals,
    evidence: new Map(
      [...Map.groupBy(totals, ({ machine }) => machine!)].map(([machine, own]) => {
        const { calendar: told, covered } = addTotals(own.map((cell) => cell.totals))
        return [machine, { told, covered, uncertain: account.evidence.get(machine)?.uncertain ?? 0 }]
      }),
    ),
    losses: account.losses.filter(isInside),
  }
}

/** Spans of the quarter-hours that a span touches, cut to it. */
export function quartersOf({ from, to }: Span): Span[] {
  const spans: Span[] = []
  for (let at = from; at < to; at = spans.at(-1)!.to)
    spans.push({ from: at, to: Math.min(to, (Math.floor(at / QUARTER) + 1) * QUARTER) })
  return spans
}

/**
 * The account of any span: the sum of its quarters, each beginning with the peaks as the one before it left them. Its months hold the
 * peak at its end, and what the plant's meter grew in it.
 */
export function accountOf(input: AccountInput): Account {
  const byQuarter = Map.groupBy(input.panes, ({ start }) => Math.floor(start / QUARTER))
  let months = peaksOf(input.months ?? [])
  let setups = input.setups ?? new Map()
  const parts = quartersOf(input.span).map((span) => {
    const panes = (byQuarter.get(Math.floor(span.from / QUARTER)) ?? []).filter(
      ({ start }) => start >= span.from - QUARTER && start < span.to,
    )
    const account = quarterAccountOf({ ...input, span, panes, months: peaksOf(months), setups })
    setups = account.setups
    months = monthsAfter(months, account.months)
    return account
  })
  return sumOfAccounts(parts, input.span, months)
}

/** Months with their peaks alone: what a stretch begins with. An old month is nobody's business. */
export const peaksOf = (months: readonly MonthState[]): readonly MonthState[] =>
  months.slice(-2).map(({ month, peakW }) => ({ month, peakW, wh: 0, varh: 0 }))

/**
 * Totals for the KPIs of a line, a shift or a plant: of each machine, together. Machines that make no pieces, such as compressors, have no
 * part in them; of one alone they are its own.
 */
export function performanceOf({ totals }: Pick<Account, 'totals'>): Totals {
  const machines = [...Map.groupBy(totals, ({ machine }) => machine).values()].map((cells) =>
    addTotals(cells.map((cell) => cell.totals)),
  )
  const makers = machines.filter(({ uncounted, calendar }) => uncounted < calendar)
  return addMachines(makers.length > 0 ? makers : machines)
}

function totalsIn({ plant, books, span }: AccountInput, panes: readonly Pane[]): TotalsCell[] {
  const book = books.at(span.from)
  const standardTime = standardTimesOf(book)
  const machines = new Map(plant.map((machine) => [machine.path, machine]))
  const makers = new Map(
    [...new Set(plant.map(({ kind }) => kind))].map((kind) => [kind, makesPieces(book, kind)]),
  )
  return panes.flatMap((pane) => {
    const machine = machines.get(pane.machine)
    if (!machine || machine.meter) return []
    const { shift, order, product } = pane
    return [
      {
        machine: pane.machine,
        shift,
        order,
        product,
        totals: totalsOf([pane], machine, standardTime, makers.get(machine.kind)),
      },
    ]
  })
}
