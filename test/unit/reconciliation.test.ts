/** A month against the books, bills of a month, and what a plant of the least has for its figures. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { awaitedIn, billedIn, isBilled, trueUpsOf } from '#domain/accounting/bills.ts'
import { ELEMENT_IDS, type ElementId } from '#domain/accounting/elements/element.ts'
import { priceBook, type DatedRecord, type RecordValues } from '#domain/accounting/records.ts'
import { uOf } from '#domain/accounting/u.ts'
import { reconcile } from '#domain/kpi/reconciliation.ts'

const yuan = (amount: number) => BigInt(amount) * 1_000_000_000n
const micro = (amount: number) => amount * 1_000_000

const oursOf = (amounts: Partial<Record<ElementId, number>>, value: number, finished: number) => {
  const elements = ELEMENT_IDS.map((element) => {
    const known = yuan(amounts[element] ?? 0)
    return { element, nano: known, known, reason: null }
  })
  const cost = elements.reduce((sum, { known }) => sum + known, 0n)
  return { elements, cost, value: yuan(value), finished: yuan(finished), uWip: uOf(cost, yuan(value)) }
}
const bookOf = (
  costOfSales: number,
  elements: Partial<Record<ElementId, number>> = {},
): RecordValues['book'] => ({
  revenue: micro(1000),
  costOfSales: micro(costOfSales),
  selling: micro(20),
  administration: micro(40),
  research: micro(30),
  finance: micro(-5),
  elements: Object.entries(elements).map(([element, amount]) => ({ element, amount: micro(amount) })),
})

const MADE = { material: 500, labour: 200, demand: 50, overhead: 60 } as const

test.each([
  ['the books agree', MADE, bookOf(810, MADE), [], []],
  ['more is in work at the end', MADE, bookOf(648, MADE), [], [['wip', null, -162]], 1000, 800],
  ['less is', MADE, bookOf(891, MADE), [], [['wip', null, 81]], 1000, 1100],
  [
    'an element that we do not count',
    MADE,
    bookOf(840, { ...MADE, outsourcing: 30 }),
    [],
    [['not_in_ours', 'outsourcing', 30]],
  ],
  [
    'one that the books do not name',
    MADE,
    bookOf(750, { material: 500, labour: 200, demand: 50 }),
    [],
    [['not_in_books', 'overhead', -60]],
  ],
  [
    'a bill that was not entered',
    MADE,
    bookOf(815, { ...MADE, demand: 55 }),
    ['demand'],
    [['bill_missing', 'demand', 5]],
  ],
  ['the same with its bill', MADE, bookOf(815, { ...MADE, demand: 55 }), [], [['unexplained', 'demand', 5]]],
  [
    'what was bought is not what was used',
    MADE,
    bookOf(790, { ...MADE, material: 480 }),
    [],
    [['bought_for_stock', 'material', -20]],
  ],
  ['no elements in the books', MADE, bookOf(900), [], [['rest', null, 90]]],
  ['cost of sales beyond the elements', MADE, bookOf(817, MADE), [], [['rest', null, 7]]],
] as const)('%s', (_, ours, book, awaited, steps, value: number = 1000, finished: number = 1000) => {
  const found = reconcile(oursOf(ours, value, finished), book, awaited)
  expect(
    found.steps.map(({ cause, element, nano }) => [cause, element, Number(nano / 1_000_000_000n)]),
  ).toEqual(steps)
  // 81 of 100: neither of the books' indices is it
  expect([found.u1.u, found.u2!.u]).toEqual([810_000, book.costOfSales / 1000])
  expect(found.u3!.u).toBe((book.costOfSales + micro(85)) / 1000)
})

test('without books there is ours alone, and nothing is explained', () => {
  expect(reconcile(oursOf(MADE, 1000, 900), null)).toMatchObject({
    u2: null,
    u3: null,
    steps: [],
    output: { wip: yuan(100), revenue: null },
  })
})

test('a cost without output has no u, and its steps still sum', () => {
  const found = reconcile(oursOf(MADE, 0, 0), bookOf(700, MADE))
  expect(found.u1).toMatchObject({ u: null, status: 'NO_OUTPUT' })
  expect(found.steps).toEqual([{ cause: 'rest', element: null, nano: yuan(-110) }])
})

test('whatever the books say, the steps sum to the difference exactly', () => {
  const amounts = fc.dictionary(fc.constantFrom(...ELEMENT_IDS), fc.integer({ min: 0, max: 1e6 }))
  const number = fc.integer({ min: 0, max: 1e6 })
  fc.assert(
    fc.property(amounts, amounts, number, number, number, (a, b, sales, value, finished) => {
      const ours = oursOf(a, value, finished)
      const { steps } = reconcile(ours, bookOf(sales, b))
      expect(steps.reduce((sum, { nano }) => sum + nano, 0n)).toBe(yuan(sales) - ours.cost)
    }),
  )
})

const record = <K extends DatedRecord['kind']>(kind: K, key: string, value: RecordValues[K], from = 0) =>
  ({ kind, key, from, value, source: 'test', illustrative: true }) as DatedRecord

const tariff = (
  basic: RecordValues['tariff']['basic'],
  powerFactor: RecordValues['tariff']['powerFactor'],
) => [
  record('metering', 'energy', { incoming: null, contract: 'c' }),
  record('tariff', 'c', {
    basis: 'RETAIL_CONTRACT',
    seasons: [],
    holidays: [],
    prices: {},
    basic,
    powerFactor,
  }),
]

describe('bills', () => {
  const MONTH = '2026-03'
  const invoice = (key: string, element: ElementId, amount: number, from = 0) =>
    record('invoice', key, { element, month: MONTH, amount: micro(amount) }, from)
  const both = tariff({ mode: 'capacity', kva: 1, price: 1 }, { standard: 90, expected: 95 })

  test.each([
    ['no contract', [], null, false],
    ['nothing to wait for', tariff(null, null), [], true],
    ['two, none entered', both, ['demand', 'power_factor'], false],
    ['two, one entered', [...both, invoice('a', 'demand', 1)], ['demand', 'power_factor'], false],
    [
      'both',
      [...both, invoice('a', 'demand', 1), invoice('b', 'power_factor', -1)],
      ['demand', 'power_factor'],
      true,
    ],
  ] as const)('%s', (_, records, awaited, billed) => {
    const books = priceBook(records)
    expect([awaitedIn(books, MONTH), isBilled(books, MONTH)]).toEqual([awaited, billed])
  })

  test('invoices of an element sum, a later version of one counts in its place, whenever it is dated', () => {
    const later = Date.UTC(2026, 5)
    const books = priceBook([
      invoice('a', 'demand', 10),
      invoice('b', 'demand', -3),
      invoice('a', 'demand', 12, later),
      record('invoice', 'c', { element: 'demand', month: '2026-04', amount: 5 }),
    ])
    expect(billedIn(books, MONTH)).toEqual(new Map([['demand', yuan(9)]]))
  })

  const entries = (billed: [ElementId, number][], posted: [ElementId, number][], known = 31) =>
    trueUpsOf(
      MONTH,
      new Map(billed.map(([id, amount]) => [id, yuan(amount)])),
      new Map(posted.map(([id, amount]) => [id, yuan(amount)])),
      { known, of: 31 },
    ).map(({ element, entry, provenance }) => [element, Number(entry.nano / 1_000_000_000n), provenance])

  test('one entry an element makes what was posted what was billed; what is bought for stock is left', () => {
    expect(
      entries(
        [
          ['demand', 310],
          ['gas', 20],
          ['material', 9],
        ],
        [
          ['demand', 300],
          ['gas', 20],
        ],
      ),
    ).toEqual([['demand', 10, 'measured']])
    // of a month of which only the last days are known, their part by calendar time
    expect(entries([['demand', 310]], [['demand', 25]], 3)).toEqual([['demand', 5, 'estimated']])
  })
})
