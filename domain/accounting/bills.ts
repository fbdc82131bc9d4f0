/**
 * Bills of a month: what its invoices say of an element, together, whenever they were entered. A production day's month is that of its
 * date. While a bill that the electricity contract makes sure to come is not there, the month's figures are provisional; when it is, what
 * was posted is made what was billed by one entry at the end of the month.
 */
import { contractOf } from './elements/energy.ts'
import type { ElementId } from './elements/element.ts'
import { monthsIn, spanOfMonth, trueUp, type MonthEntry } from './monthAccount.ts'
import type { PriceBook } from './records.ts'
import type { Nano } from './rounding.ts'
import type { Span } from './span.ts'
import type { Cell } from './valuation.ts'
import type { Provenance } from './valuationCase.ts'

export const TRUE_UP = 'true_up'

/** What is bought for stock, or made of other cost: what was billed in a month is not what the month used. */
const NOT_OF_THE_MONTH: ReadonlySet<string> = new Set<ElementId>(['material', 'tooling', 'scrap'])

/** Invoices of a month by element, summed; credits are below 0. */
export function billedIn(books: PriceBook, month: string): ReadonlyMap<ElementId, Nano> {
  const sums = new Map<ElementId, Nano>()
  for (const [, invoice] of books.at(Infinity).all('invoice')) {
    if (invoice.month !== month) continue
    const element = invoice.element as ElementId
    sums.set(element, (sums.get(element) ?? 0n) + BigInt(invoice.amount) * 1000n)
  }
  return sums
}

/** Elements that are only known when the month's bill comes, by the contract at the month's end. Null: there is no contract. */
export function awaitedIn(books: PriceBook, month: string): readonly ElementId[] | null {
  const found = contractOf(books.at(spanOfMonth(month).to - 1))
  if ('hole' in found) return null
  const { basic, powerFactor } = found.contract
  return [
    ...(basic === null ? [] : (['demand'] as const)),
    ...(powerFactor === null ? [] : (['power_factor'] as const)),
  ]
}

/** Are all bills there that a month waits for? */
export function isBilled(books: PriceBook, month: string): boolean {
  const billed = billedIn(books, month)
  return awaitedIn(books, month)?.every((element) => billed.has(element)) ?? false
}

/** Calendar months that a production day touches, where the bills of the day's month are there. */
export const billedMonths = (
  books: PriceBook,
  { day, from, to }: Span & { readonly day: string },
): string[] => (isBilled(books, day.slice(0, 7)) ? monthsIn(from, to) : [])

/** What a cell counts to the bill of: the energy of the air pool's machines is on the bill of electricity. */
export const billOf = ({ element, stream }: Pick<Cell, 'element' | 'stream'>): ElementId =>
  stream === 'air_power' ? 'electricity' : element

/** Posts of a month by the element that they are billed with. */
export function postedOf(cells: Iterable<Cell>): Map<ElementId, Nano> {
  const posted = new Map<ElementId, Nano>()
  for (const cell of cells) posted.set(billOf(cell), (posted.get(billOf(cell)) ?? 0n) + cell.nano)
  return posted
}

/** Days of a month: those that have accounts, of how many. */
export type DaysKnown = { readonly known: number; readonly of: number }

export type TrueUp = {
  readonly element: ElementId
  readonly entry: MonthEntry
  readonly provenance: Provenance
}

/**
 * The entries that make a month's posts its bills. Where nothing is known of some of its days, the bill's part of the days that are known
 * stands for it, by calendar time, and is an estimate.
 */
export function trueUpsOf(
  month: string,
  billed: ReadonlyMap<ElementId, Nano>,
  posted: ReadonlyMap<ElementId, Nano>,
  { known, of }: DaysKnown,
): TrueUp[] {
  return [...billed]
    .filter(([element]) => !NOT_OF_THE_MONTH.has(element))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([element, amount]) => {
      const nano = posted.get(element) ?? 0n
      const due = known < of ? (amount * BigInt(known)) / BigInt(of) : amount
      const entry = trueUp(month, [{ at: spanOfMonth(month).from, month, kind: 'accrual', nano }], due)
      return entry ? [{ element, entry, provenance: known < of ? 'estimated' : 'measured' } as const] : []
    })
}

export const isTruedUp = (element: ElementId): boolean => !NOT_OF_THE_MONTH.has(element)
