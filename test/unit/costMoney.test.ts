/** Rounding, u and its status, accruals, pools, reversals: worked numbers, and what must hold for any numbers. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accruedByMonth,
  accruedIn,
  raisePeak,
  newMonth,
  spanOfMonth,
  trueUp,
} from '#domain/accounting/monthAccount.ts'
import { stepDown, UNALLOCATED, type Pool } from '#domain/accounting/pools.ts'
import { NANO_PER_FEN, apportion, evenDiv, fenOfParts, floorDiv, toFen } from '#domain/accounting/rounding.ts'
import { reversalsOf, type CountedPieces, type LateReject } from '#domain/accounting/scrap.ts'
import { shownU, uOf } from '#domain/accounting/u.ts'
import { HOUR, MINUTE } from '#domain/time.ts'

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n)
const fen = (value: number): bigint => BigInt(value) * NANO_PER_FEN
const amount = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n })

test('100.00 yuan over 1:1:1 is 33.34, 33.33, 33.33, the first id taking the odd fen', () => {
  const parts = ['c', 'a', 'b'].map((id) => ({ id, weight: 1n }))
  expect(apportion(10_000n, parts)).toEqual([3333n, 3334n, 3333n])
  expect(apportion(10_000n, [])).toBeNull()
  expect(apportion(10_000n, [{ id: 'a', weight: 0n }])).toBeNull()
})

test.each([
  [5n, 2n, 2n],
  [15n, 10n, 2n],
  [25n, 10n, 2n],
  [35n, 10n, 4n],
  [26n, 10n, 3n],
  [-5n, 2n, -2n],
  [-25n, 10n, -2n],
  [-26n, 10n, -3n],
])('%d over %d is %d, half to even', (value, whole, result) => {
  expect(evenDiv(value, whole)).toBe(result)
})

test('largest remainder sums to the total, and no part is further than one from its share', () => {
  const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(amount, weights, (total, list) => {
      const parts = list.map((weight, i) => ({ id: `m${i}`, weight }))
      const split = apportion(total, parts)
      const whole = sum(list)
      fc.pre(whole > 0n)
      expect(sum(split!)).toBe(total)
      split!.forEach((part, i) => {
        const floor = floorDiv(total * list[i]!, whole)
        expect(part === floor || part === floor + 1n).toBe(true)
      })
    }),
  )
})

test('opened rows always sum to the total shown, to the fen, in any order of the rows', () => {
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 15 }), (list) => {
      const rows = list.map((nano, i) => ({ id: `e${String(i).padStart(2, '0')}`, nano }))
      const shown = fenOfParts(rows)
      expect(shown.total).toBe(toFen(sum(list)))
      expect(shown.parts.reduce((a, b) => a + b, 0)).toBe(shown.total)
      const back = fenOfParts(rows.toReversed())
      expect(back.parts.toReversed()).toEqual(shown.parts)
    }),
  )
})

// the worked example of windows without output
test.each([
  ['08-09', 171_000, 180_000, 950_000, 'OK'],
  ['09-10', 60_000, 0, null, 'NO_OUTPUT'],
  ['10-11', 165_600, 180_000, 920_000, 'OK'],
  ['08-11', 396_600, 360_000, 1_101_667, 'OK'],
  ['nothing', 0, 0, null, 'NO_ACTIVITY'],
  ['corrected', 100, -500, null, 'NEGATIVE_OUTPUT'],
] as const)('%s: %d fen over %d fen is %s, %s', (_name, cost, value, u, status) => {
  const figure = uOf(fen(cost), fen(value))
  expect(figure).toMatchObject({ u, status })
  expect(figure.costNoOutput).toBe(u === null ? fen(cost) : 0n)
})

test('u shows two digits of four; little output is said to be little; what is not known has no u', () => {
  expect(shownU(1_101_667)).toBe(11_017)
  expect(uOf(fen(10), fen(100), { least: fen(101) })).toMatchObject({ u: 100_000, status: 'LOW_OUTPUT' })
  expect(uOf(fen(10), fen(100), { known: false })).toMatchObject({ u: null, status: 'UNKNOWN' })
})

test('accruals telescope: windows that touch add up to the one that spans them, spans to their amount', () => {
  const instants = fc.array(fc.integer({ min: -10, max: 1000 }), { minLength: 2, maxLength: 8 })
  const spans = [
    { from: 100, to: 350 },
    { from: 400, to: 703 },
  ]
  fc.assert(
    fc.property(amount, instants, (total, list) => {
      const cuts = list.toSorted((a, b) => a - b)
      const parts = cuts.slice(1).map((to, i) => accruedIn(total, spans, cuts[i]!, to))
      expect(sum(parts)).toBe(accruedIn(total, spans, cuts[0]!, cuts.at(-1)!))
      expect(accruedIn(total, spans, 0, 1000)).toBe(total)
      expect(accruedIn(total, [], 0, 1000)).toBe(0n)
    }),
  )
})

test('a month accrues by calendar time to its whole amount, two months to two', () => {
  const [march, april] = [spanOfMonth('2026-03'), spanOfMonth('2026-04')]
  expect((march.to - march.from) / HOUR).toBe(31 * 24)
  expect(accruedByMonth(31_680n, march.from, april.to)).toBe(2n * 31_680n)
  expect(accruedByMonth(31_000n, march.from, march.from + 24 * HOUR)).toBe(1000n)
})

const CONTRACT = {
  mode: 'contract_demand',
  kw: 660,
  price: 48_000_000,
  tolerancePpm: 1_050_000,
  excessFactor: 2,
} as const

const quarter = (wh: number, i: number) => ({
  start: spanOfMonth('2026-03').from + i * 15 * MINUTE,
  wh,
  varh: 0,
})

test('a raised peak posts what it costs more, once; the true-up closes the account to the bill', () => {
  const raised = raisePeak(CONTRACT, newMonth('2026-03'), [170_000, 174_000, 100_000, 175_000].map(quarter))
  expect(raised.state).toEqual({ month: '2026-03', peakW: 700_000, wh: 619_000, varh: 0 })
  // 696 and 700 kW against 693: 3 and 7 kW at 96 yuan
  expect(raised.entries.map(({ nano }) => toFen(nano))).toEqual([28_800, 38_400])
  const entry = trueUp('2026-03', raised.entries, fen(70_000))
  expect(entry).toMatchObject({ kind: 'true_up', nano: fen(2800) })
  expect(trueUp('2026-03', [...raised.entries, entry!], fen(70_000))).toBeNull()
})

test('pools step down in their order: air into maintenance, maintenance over machines; without drivers nothing is lost', () => {
  const pools: Pool[] = [
    {
      id: 'maintenance',
      nano: 70n,
      drivers: [
        { to: 'lathe-01', weight: 1n },
        { to: 'lathe-02', weight: 2n },
      ],
    },
    {
      id: 'air',
      nano: 100n,
      drivers: [
        { to: 'lathe-01', weight: 1n },
        { to: 'maintenance', weight: 1n },
      ],
    },
    { id: 'cooling_water', nano: 9n, drivers: [] },
  ]
  expect(stepDown(pools)).toEqual({
    shares: [
      { pool: 'air', to: 'lathe-01', nano: 50n },
      { pool: 'cooling_water', to: UNALLOCATED, nano: 9n },
      { pool: 'maintenance', to: 'lathe-01', nano: 40n },
      { pool: 'maintenance', to: 'lathe-02', nano: 80n },
    ],
  })
  const loop: Pool[] = [{ id: 'maintenance', nano: 1n, drivers: [{ to: 'air', weight: 1n }] }]
  expect(stepDown(loop)).toEqual({ fault: { reason: 'pool_loop', pool: 'maintenance', to: 'air' } })
})

const good = (ts: number, product: string, milli: number, order: string, ...serials: string[]) => ({
  machine: 'test-01',
  ts,
  product,
  operation: 'te',
  order,
  milli,
  serials,
})

const late = (ts: number, product: string, milli: number, more: Partial<LateReject> = {}): LateReject => ({
  machine: 'pack-01',
  ts,
  product,
  operation: 'te',
  milli,
  ...more,
})

const total = (parts: readonly CountedPieces[]) => parts.reduce((whole, { milli }) => whole + milli, 0)

describe('a reject found later', () => {
  const GOODS = [
    good(3, 'A', 3000, 'L2', 'a3'),
    good(1, 'A', 2000, 'L1', 'a1', 'a2'),
    good(3, 'B', 1000, 'L3'),
    { ...good(0, 'A', 9000, 'L0'), operation: 'as' },
  ]
  /** Windows that lose pieces, scrap by order, what is missing. */
  const told = (...rejects: LateReject[]) =>
    reversalsOf(GOODS, rejects).map(({ good: taken, scrap, missing }) => [
      taken.map(({ machine, ts, milli, order }) => `${machine}@${ts} ${milli} ${order}`),
      scrap.map(({ machine, ts, milli, order }) => `${machine}@${ts} ${milli} ${order}`),
      missing,
    ])

  test.each<[string, LateReject[], unknown[]]>([
    [
      'is taken from the window of its serial',
      [late(9, 'A', 1000, { serial: 'a3' })],
      [[['test-01@3 -1000 L2'], ['pack-01@9 1000 L2'], 0]],
    ],
    [
      'else from the oldest of its product and operation, scrap by the order that made it',
      [late(9, 'A', 3000)],
      [[['test-01@1 -2000 L1', 'test-01@3 -1000 L2'], ['pack-01@9 2000 L1', 'pack-01@9 1000 L2'], 0]],
    ],
    [
      'of the order, where it is known',
      [late(9, 'A', 1000, { order: 'L2', serial: 'unheard' })],
      [[['test-01@3 -1000 L2'], ['pack-01@9 1000 L2'], 0]],
    ],
    [
      'never from a window after the find, and what is left is told',
      [late(2, 'A', 3000)],
      [[['test-01@1 -2000 L1'], ['pack-01@2 2000 L1'], 1000]],
    ],
    ['of something never made changes nothing', [late(9, 'C', 1000)], [[[], [], 1000]]],
    [
      'leaves less for those found after it, in whatever order they are given',
      [late(10, 'A', 4000), late(9, 'A', 1000, { serial: 'a3' })],
      [
        [['test-01@3 -1000 L2'], ['pack-01@9 1000 L2'], 0],
        [['test-01@1 -2000 L1', 'test-01@3 -2000 L2'], ['pack-01@10 2000 L1', 'pack-01@10 2000 L2'], 0],
      ],
    ],
  ])('%s', (_name, rejects, expected) => {
    expect(told(...rejects)).toEqual(expected)
  })

  test('moves pieces and makes none: no window loses more than it counted, whatever is found', () => {
    const any = fc.record({
      ts: fc.integer({ min: 0, max: 6 }),
      product: fc.constantFrom('A', 'B'),
      milli: fc.integer({ min: 1, max: 5000 }),
      serial: fc.constantFrom(undefined, 'a1', 'a3'),
      order: fc.constantFrom(undefined, 'L1', 'L2'),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 6 }), (list) => {
        const rejects = list.map(({ ts, product, milli, ...more }) => late(ts, product, milli, more))
        const reversals = reversalsOf(GOODS, rejects)
        for (const one of reversals) expect(total(one.good) + total(one.scrap)).toBe(0)
        const wanted = list.reduce((whole, { milli }) => whole + milli, 0)
        const found = reversals.reduce((whole, one) => whole + total(one.scrap) + one.missing, 0)
        expect(found).toBe(wanted)
        for (const { ts, product, order, milli } of GOODS.slice(0, 3)) {
          const own = reversals.flatMap((one) =>
            one.good.filter((part) => part.ts === ts && part.product === product && part.order === order),
          )
          expect(-total(own)).toBeLessThanOrEqual(milli)
        }
      }),
    )
  })
})
