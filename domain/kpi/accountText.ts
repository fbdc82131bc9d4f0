/**
 * Accounts as text: the form in which they are stored, sent and hashed. Equal accounts are equal texts. Amounts are bigint and stand as
 * decimal digits; names are told once. The version of the records is not in it: one that concerns nothing in the account changes nothing.
 */
import type { DriverCell, PoolId } from '#domain/accounting/pools.ts'
import type { ElementId } from '#domain/accounting/elements/element.ts'
import type { Loss, LossKind } from '#domain/accounting/loss.ts'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import type { HoleReason } from '#domain/accounting/records.ts'
import type { Cell, Evidence, Valuation, ValueCell } from '#domain/accounting/valuation.ts'
import type { Place, Provenance } from '#domain/accounting/valuationCase.ts'
import type { Account, QuarterSum, TotalsCell } from './account.ts'
import { NO_TOTALS, type Totals } from './totals.ts'

/** Raised when a text written by an older version would be read wrongly. */
const VERSION = 1

/** In the order in which they are written. */
const TOTALS = Object.keys(NO_TOTALS) as (keyof Totals)[]

/** A name by its place in `words`, or null. */
type Word = number | null
type PlaceRow = readonly [machine: Word, shift: number | null, order: Word, product: Word]
type Content = {
  readonly v: number
  readonly span: readonly [number, number]
  readonly provisional: boolean
  readonly words: readonly string[]
  readonly cells: readonly (readonly [
    ...PlaceRow,
    element: Word,
    stream: Word,
    provenance: Word,
    nano: string,
  ])[]
  readonly values: readonly (readonly [...PlaceRow, added: string, scrapped: string, finished: string])[]
  readonly holes: readonly (readonly [element: Word, machine: Word, reason: Word, of: Word])[]
  readonly evidence: readonly (readonly [machine: Word, told: number, covered: number, uncertain: number])[]
  readonly months: readonly MonthState[]
  readonly losses: readonly (readonly [
    ...PlaceRow,
    kind: Word,
    state: Word,
    reason: Word,
    operation: Word,
    from: number,
    to: number,
    ms: number,
    milli: number,
    nano: string,
  ])[]
  /** Totals that are not 0: place in TOTALS, value, place, value … */
  readonly totals: readonly (readonly [...PlaceRow, pairs: readonly number[]])[]
  readonly drivers: readonly (readonly [pool: Word, machine: Word, shift: number | null, weight: string])[]
  readonly quarters: readonly (readonly [
    start: number,
    cost: string,
    value: string,
    finished: string,
    wh: number,
  ])[]
}

export function encodeAccount(account: Account): string {
  const words: string[] = []
  const places = new Map<string, number>()
  const word = (text: string | null): Word => {
    if (text === null) return null
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, words.length)
    return words.push(text) - 1
  }
  const place = ({ machine, shift, order, product }: Place): PlaceRow => [
    word(machine),
    shift,
    word(order),
    word(product),
  ]
  const content: Content = {
    v: VERSION,
    span: [account.span.from, account.span.to],
    provisional: account.provisional,
    words,
    cells: account.cells.map(({ element, stream, provenance, nano, ...at }) => [
      ...place(at),
      word(element),
      word(stream),
      word(provenance),
      String(nano),
    ]),
    values: account.values.map(({ added, scrapped, finished, ...at }) => [
      ...place(at),
      String(added),
      String(scrapped),
      String(finished),
    ]),
    holes: account.holes.map(({ element, machine, reason, of }) => [
      word(element),
      word(machine),
      word(reason),
      word(of),
    ]),
    evidence: [...account.evidence].map(([machine, { told, covered, uncertain }]) => [
      word(machine),
      told,
      covered,
      uncertain,
    ]),
    months: account.months,
    totals: account.totals.map(({ totals, ...at }) => [
      ...place(at),
      TOTALS.flatMap((name, i) => (totals[name] === 0 ? [] : [i, totals[name]])),
    ]),
    drivers: account.drivers.map(({ pool, machine, shift, weight }) => [
      word(pool),
      word(machine),
      shift,
      String(weight),
    ]),
    losses: account.losses.map(({ kind, state, reason, operation, from, to, ms, milli, nano, ...at }) => [
      ...place(at),
      word(kind),
      word(state),
      word(reason),
      word(operation),
      from,
      to,
      ms,
      milli,
      String(nano),
    ]),
    quarters: account.quarters.map(({ start, cost, value, finished, wh }) => [
      start,
      String(cost),
      String(value),
      String(finished),
      wh,
    ]),
  }
  return JSON.stringify(content)
}

/** The account of a text of encodeAccount, by a version of the records. Throws a RangeError for a text of another form. */
export function decodeAccount(text: string, version: number): Account {
  const content = JSON.parse(text) as Content
  if (content.v !== VERSION) throw new RangeError(`an account of version ${content.v}, this is ${VERSION}`)
  const { words } = content
  const word = (at: Word): string | null => (at === null ? null : words[at]!)
  const place = (row: readonly unknown[]): Place => {
    const [machine, shift, order, product] = row as unknown as PlaceRow
    return { machine: word(machine), shift, order: word(order), product: word(product) }
  }
  return {
    span: { from: content.span[0], to: content.span[1] },
    version,
    provisional: content.provisional,
    cells: content.cells.map((row): Cell => ({
      ...place(row),
      element: word(row[4]) as ElementId,
      stream: word(row[5]),
      provenance: word(row[6]) as Provenance,
      nano: BigInt(row[7]),
    })),
    values: content.values.map((row): ValueCell => ({
      ...place(row),
      added: BigInt(row[4]),
      scrapped: BigInt(row[5]),
      finished: BigInt(row[6]),
    })),
    holes: content.holes.map(([element, machine, reason, of]) => ({
      element: word(element) as Valuation['holes'][number]['element'],
      machine: word(machine),
      reason: word(reason) as HoleReason,
      of: word(of)!,
    })),
    evidence: new Map(
      content.evidence.map(([machine, told, covered, uncertain]): [string, Evidence] => [
        word(machine)!,
        { told, covered, uncertain },
      ]),
    ),
    months: content.months,
    totals: content.totals.map((row): TotalsCell => ({ ...place(row), totals: totalsOfPairs(row[4]) })),
    drivers: content.drivers.map(([pool, machine, shift, weight]): DriverCell => ({
      pool: word(pool) as PoolId,
      machine: word(machine)!,
      shift,
      weight: BigInt(weight),
    })),
    losses: content.losses.map((row): Loss => ({
      ...(place(row) as Place & { readonly machine: string }),
      kind: word(row[4]) as LossKind,
      state: word(row[5]) as Loss['state'],
      reason: word(row[6]),
      operation: word(row[7]),
      from: row[8],
      to: row[9],
      ms: row[10],
      milli: row[11],
      nano: BigInt(row[12]),
    })),
    // set-ups under way are nobody's business once a day is over
    setups: new Map(),
    quarters: content.quarters.map(([start, cost, value, finished, wh]): QuarterSum => ({
      start,
      wh,
      cost: BigInt(cost),
      value: BigInt(value),
      finished: BigInt(finished),
    })),
  }
}

function totalsOfPairs(pairs: readonly number[]): Totals {
  const totals: { -readonly [K in keyof Totals]: number } = { ...NO_TOTALS }
  for (let i = 0; i < pairs.length; i += 2) totals[TOTALS[pairs[i]!]!] = pairs[i + 1]!
  return totals
}
