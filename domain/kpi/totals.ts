/**
 * The sums that every KPI is made of: times by ISO 22400-2, pieces, standard times, drivers, over any panes. Of machines, shifts or
 * months together the sums are added and the KPI is taken of them: never a mean of ratios.
 */
import { MACHINE_STATES, type Machine, type ShownState } from '#domain/plant/plant.ts'
import type { Millis } from '#domain/time.ts'
import { NONE_GOOD } from '#domain/accounting/drivers.ts'
import { roleOf } from '#domain/accounting/measureRole.ts'
import { processedOf, type Amounts, type Pane } from '#domain/accounting/pane.ts'
import type { Book } from '#domain/accounting/records.ts'

/** Times of the ISO 22400-2 time model, ms. */
export type Times = {
  /** All of it. */
  readonly calendar: Millis
  /** Production and set-up, planned or not. */
  readonly run: Millis
  /** Planned busy time: inside a shift the machine works in, no break, no planned maintenance. */
  readonly pbt: Millis
  /** Actual production time. */
  readonly apt: Millis
  /** Actual unit set-up time. */
  readonly aust: Millis
  /** Actual unit delay time: it stands although it has an order. */
  readonly adet: Millis
  /** Actual down time: it stands without an order. */
  readonly adot: Millis
  /** Planned busy time of which nothing is known. */
  readonly unknown: Millis
  /** Actual order execution time: an order is on it, planned or not. */
  readonly aoet: Millis
}

export type Totals = Times & {
  readonly covered: Millis
  /** Pieces in thousandths: produced = good + scrap + rework, as ISO 22400-2 has PQ = GQ + SQ + RQ. */
  readonly good: number
  readonly scrap: number
  readonly rework: number
  /** Planned run time of the pieces produced and of the good ones: Σ PRU·PQ and Σ PRU·GQ, thousandths of ms. */
  readonly standard: number
  readonly standardGood: number
  /** Milli-pieces of products and operations that have no standard time. */
  readonly withoutStandard: number
  /**
   * Running time of which neither a register nor an event tells the good pieces: what it made is unknown, not 0. Where events tell, they
   * tell when the order ends: `awaited` is time that ran in such orders, `told` the panes in which pieces were told.
   */
  readonly uncounted: Millis
  readonly awaited: Millis
  readonly told: number
  /** Valves inspected for the first time, and of these passed, thousandths. */
  readonly inspected: number
  readonly passed: number
  readonly energyWh: number
  readonly corrective: Millis
  readonly preventive: Millis
  /** Completed times between failures and to restoration; what a window cuts off is in `censored`. */
  readonly tbf: Millis
  readonly tbfCount: number
  readonly ttr: Millis
  readonly ttrCount: number
  readonly censored: Millis
}

export const NO_TOTALS: Totals = {
  calendar: 0,
  run: 0,
  pbt: 0,
  apt: 0,
  aust: 0,
  adet: 0,
  adot: 0,
  unknown: 0,
  aoet: 0,
  covered: 0,
  good: 0,
  scrap: 0,
  rework: 0,
  standard: 0,
  standardGood: 0,
  withoutStandard: 0,
  uncounted: 0,
  awaited: 0,
  told: 0,
  inspected: 0,
  passed: 0,
  energyWh: 0,
  corrective: 0,
  preventive: 0,
  tbf: 0,
  tbfCount: 0,
  ttr: 0,
  ttrCount: 0,
  censored: 0,
}

/** Sum of totals, of whatever machines and windows. */
export function addTotals(parts: readonly Partial<Totals>[]): Totals {
  const sum: { -readonly [K in keyof Totals]: number } = { ...NO_TOTALS }
  for (const part of parts)
    for (const name of Object.keys(sum) as (keyof Totals)[]) sum[name] += part[name] ?? 0
  return sum
}

/**
 * Sum over machines, each with the totals of all its panes. A machine that never told what it made stays unknown beside others that did.
 */
export const addMachines = (machines: readonly Totals[]): Totals =>
  addTotals(
    machines.map((one) =>
      one.awaited > 0 && one.told === 0
        ? { ...one, uncounted: one.uncounted + one.awaited, awaited: 0 }
        : one,
    ),
  )

/** Planned run time of one piece (PRU), ms; null where the plant has no standard for it. */
export type StandardTime = (product: string | null, operation: string) => Millis | null

/** Standard times of the routings in a book, whatever prices it lacks. */
export const standardTimesOf =
  (book: Book): StandardTime =>
  (product, operation) =>
    (product === null ? null : book.find('routing', product))?.operations.find(
      (one) => one.operation === operation,
    )?.standardMs ?? null

const total = (amounts: Amounts): number => Object.values(amounts).reduce((sum, value) => sum + value, 0)

/** Does any routing have an operation at machines of a kind? A compressor makes no pieces, whatever it runs. */
export const makesPieces = (book: Book, kind: string): boolean =>
  book.all('routing').some(([, { operations }]) => operations.some((one) => one.workCentre === kind))

/** Totals of panes of one machine. Failures are counted from its states: reliability.ts. `makes` false: it makes no pieces. */
export function totalsOf(
  panes: readonly Pane[],
  machine: Pick<Machine, 'measures'>,
  standardOf: StandardTime,
  makes = true,
): Totals {
  const roles = machine.measures.map((measure) => ({ name: measure.name, found: roleOf(measure) }))
  const counts = roles.some(({ found }) => found.role === 'good')
  const energy = roles.flatMap(({ name, found }) =>
    found.role === 'energy' ? [{ name, per: found.perStep }] : [],
  )
  return addTotals(
    panes.map((pane) => ({
      ...timesOf(pane),
      ...piecesOf(pane, standardOf),
      covered: pane.covered,
      ...(counts ? {} : makes ? toldIn(pane) : { uncounted: total(pane.states) }),
      inspected: pane.drivers['test/first'] ?? 0,
      passed: pane.drivers['test/first_pass'] ?? 0,
      energyWh: energy.reduce((sum, { name, per }) => sum + (pane.registers[name] ?? 0) * per, 0),
      corrective: pane.drivers['maintenance/corrective/s'] ?? 0,
      preventive: pane.drivers['maintenance/preventive/s'] ?? 0,
    })),
  )
}

/** What a pane of a machine without a register of good pieces knows of them. Running without an order tells nothing. */
function toldIn({ order, states, good, drivers }: Pane): Pick<Totals, 'uncounted' | 'awaited' | 'told'> {
  const run = states['RUN'] ?? 0
  return {
    uncounted: order === null ? run : 0,
    awaited: order === null ? 0 : run,
    told: total(good) > 0 || NONE_GOOD in drivers ? 1 : 0,
  }
}

/** State × order × calendar → ISO 22400-2: RUN is production, SETUP set-up; the rest is delay with an order and down time without. */
export function timesOf({ states, busy, order }: Pick<Pane, 'states' | 'busy' | 'order'>): Times {
  const planned = (state: ShownState) => busy[state] ?? 0
  const standing = MACHINE_STATES.reduce(
    (sum, state) => sum + (state === 'RUN' || state === 'SETUP' ? 0 : planned(state)),
    0,
  )
  return {
    calendar: total(states),
    run: (states.RUN ?? 0) + (states.SETUP ?? 0),
    pbt: total(busy),
    apt: planned('RUN'),
    aust: planned('SETUP'),
    adet: order === null ? 0 : standing,
    adot: order === null ? standing : 0,
    unknown: planned('UNKNOWN'),
    aoet: order === null ? 0 : total(states),
  }
}

function piecesOf(pane: Pane, standardOf: StandardTime) {
  let [standard, standardGood, withoutStandard] = [0, 0, 0]
  for (const [operation, milli] of Object.entries(processedOf(pane))) {
    const pru = standardOf(pane.product, operation)
    if (pru === null) withoutStandard += milli
    else {
      standard += pru * milli
      standardGood += pru * (pane.good[operation] ?? 0)
    }
  }
  return {
    good: total(pane.good),
    scrap: total(pane.scrap),
    rework: total(pane.rework),
    standard,
    standardGood,
    withoutStandard,
  }
}
