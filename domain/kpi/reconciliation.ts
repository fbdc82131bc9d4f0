/**
 * A month of ours against the firm's books: three indices that mean different things, and the way from our cost to the books' cost in
 * steps that sum to the difference exactly. What no known cause explains is named so.
 *
 *   U1  our production cost ÷ value added           U2  cost of sales ÷ revenue
 *   U3  cost of sales and the four expenses ÷ revenue: a published or remembered "95" is mostly this one
 */
import { isTruedUp } from '#domain/accounting/bills.ts'
import type { ElementId } from '#domain/accounting/elements/element.ts'
import { evenDiv, type Nano } from '#domain/accounting/rounding.ts'
import type { RecordValues } from '#domain/accounting/records.ts'
import { uOf, type CostPerOutput } from '#domain/accounting/u.ts'
import type { Figure } from '#domain/accounting/valuation.ts'

export const CAUSES = [
  'not_in_ours', // the books have an element that we do not count
  'not_in_books', // we count an element that the books do not name
  'no_price', // a price or standard of ours is missing
  'bill_missing', // a bill that the month waits for was not entered
  'bought_for_stock', // the books tell what was bought, we what was used
  'unexplained',
  'wip', // cost of what is in work: ours when it is made, the books' when it is sold
  'rest', // between the books' cost by element and their cost of sales
] as const
export type Cause = (typeof CAUSES)[number]

/** A step from our cost to the books'. */
export type Step = { readonly cause: Cause; readonly element: ElementId | null; readonly nano: Nano }

export type ElementRow = {
  readonly element: ElementId
  readonly ours: Nano
  /** Null: the books do not name it. */
  readonly books: Nano | null
  /** Null: nothing differs. */
  readonly cause: Cause | null
}

export const EXPENSES = ['selling', 'administration', 'research', 'finance'] as const

export type Reconciliation = {
  readonly u1: CostPerOutput
  readonly u2: CostPerOutput | null
  readonly u3: CostPerOutput | null
  readonly rows: readonly ElementRow[]
  /** They sum to the books' cost of sales less our cost; none without books. */
  readonly steps: readonly Step[]
  /** From U2's cost to U3's: outside of U1. */
  readonly expenses: readonly { readonly expense: (typeof EXPENSES)[number]; readonly nano: Nano }[]
  /** Output: value added and the price of finished pieces; what was in work more at the end. Null revenue: no books. */
  readonly output: {
    readonly value: Nano
    readonly finished: Nano
    readonly wip: Nano
    readonly revenue: Nano | null
  }
}

type Ours = Pick<Figure, 'elements' | 'cost' | 'value' | 'finished' | 'uWip'>

const toNano = (micro: number): Nano => BigInt(micro) * 1000n

/** `awaited`: elements whose bill is to come and was not entered. */
export function reconcile(
  ours: Ours,
  book: RecordValues['book'] | null,
  awaited: readonly ElementId[] = [],
): Reconciliation {
  const { cost, value, finished, uWip: u1 } = ours
  const wip = value - finished
  if (!book)
    return {
      u1,
      u2: null,
      u3: null,
      rows: ours.elements.map(({ element, known }) => ({ element, ours: known, books: null, cause: null })),
      steps: [],
      expenses: [],
      output: { value, finished, wip, revenue: null },
    }
  const told = new Map(book.elements.map(({ element, amount }) => [element, toNano(amount)]))
  const rows = ours.elements.map((one): ElementRow => {
    const books = told.get(one.element) ?? null
    const cause = told.size === 0 ? null : causeOf(one, books, awaited)
    return { element: one.element, ours: one.known, books, cause }
  })
  const ofElements = rows.flatMap(({ element, ours: own, books, cause }): Step[] =>
    cause === null ? [] : [{ cause, element, nano: (books ?? 0n) - own }],
  )
  // what is in work more than before was made, and is in no cost of sales; at the month's own cost of output
  const inWork: Step[] =
    value > 0n && wip !== 0n ? [{ cause: 'wip', element: null, nano: -evenDiv(cost * wip, value) }] : []
  const [sales, revenue] = [toNano(book.costOfSales), toNano(book.revenue)]
  const named = [...ofElements, ...inWork].reduce((sum, { nano }) => sum + nano, 0n)
  const rest = sales - cost - named
  const expenses = EXPENSES.map((expense) => ({ expense, nano: toNano(book[expense]) }))
  return {
    u1,
    u2: uOf(sales, revenue),
    u3: uOf(
      expenses.reduce((sum, { nano }) => sum + nano, sales),
      revenue,
    ),
    rows,
    steps: [
      ...ofElements,
      ...inWork,
      ...(rest === 0n ? [] : [{ cause: 'rest', element: null, nano: rest } as const]),
    ],
    expenses,
    output: { value, finished, wip, revenue },
  }
}

function causeOf(
  { element, known, nano }: Figure['elements'][number],
  books: Nano | null,
  awaited: readonly ElementId[],
): Cause | null {
  if (books === null) return known === 0n ? null : 'not_in_books'
  if (books === known) return null
  if (nano === null) return 'no_price'
  if (known === 0n) return 'not_in_ours'
  if (awaited.includes(element)) return 'bill_missing'
  return isTruedUp(element) || element === 'scrap' ? 'unexplained' : 'bought_for_stock'
}
