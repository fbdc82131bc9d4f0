/** What the API makes of accounts: prices by the quarter-hour, what is unknown, windows as they are. */
import { describe, expect, test } from 'vitest'
import type { FigureRow } from '#contract/figures.ts'
import { partOf } from '#domain/kpi/account.ts'
import { costView, insideOf } from '../../api/figures/cost.ts'
import { dayView } from '../../api/figures/day.ts'
import { machineView } from '../../api/figures/machine.ts'
import { figureRows } from '../../api/figures/windows.ts'
import { energyOfShift } from '../../api/report/energy.ts'
import { shiftReport } from '../../api/report/shift.ts'
import { shiftRows, shiftsOfDay } from '../../api/report/shifts.ts'
import type { Span } from '#domain/accounting/span.ts'
import { QUARTER, add, type Pane } from '#domain/accounting/pane.ts'
import {
  at,
  figuresCase,
  type FiguresCase,
  FIRM,
  LATHE,
  METER,
  metered,
  OTHER,
  packed,
  plant,
  quarter,
  records,
  without,
} from '../figuresCase.ts'

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

const tariff = records.find(({ kind }) => kind === 'tariff')!
/** Electricity is dearer from 1 April, which begins in the night shift of 31 March, and bought by a contract of 50 kW. */
const dear = [
  ...records,
  {
    ...tariff,
    from: at(32, 0),
    value: {
      ...tariff.value,
      prices: { flat: 2_000_000, valley: 1_000_000 },
      basic: { mode: 'contract_demand', kw: 50, price: 1, tolerancePpm: 1_050_000, excessFactor: 2 },
    },
  },
] as typeof records

test('a shift in which the price changes is billed by the quarter-hour', async () => {
  const { days } = figuresCase({ records: dear, panes: metered(at(31, 8), at(32, 8)), now: at(32, 8) })
  const found = await days('2026-03-31')
  const night = partOf(found.account, insideOf(1, 'plant'))
  const energy = energyOfShift(found, night, at(31, 20), at(32, 8))
  // 16 quarters of 2 kWh before midnight, 32 after it
  expect(energy.periods).toEqual([
    { period: 'valley', price: 1_000_000, wh: 64_000, cost: 6_400 },
    { period: 'flat', price: 680_000, wh: 32_000, cost: 2_176 },
  ])
  expect(energy).toMatchObject({ wh: 96_000, unpriced: 0, other: 0 })
  expect(energy.line).toBe(sum(energy.periods.map(({ cost }) => cost!)) + energy.demand + energy.powerFactor)
})

test("the day's tariff and demand go by the contract that holds", async () => {
  const later = [
    ...dear.slice(0, -1),
    {
      ...dear.at(-1)!,
      value: {
        ...dear.at(-1)!.value,
        seasons: [{ name: 'all', months: [4], windows: [{ from: 0, to: 1440, period: 'deep' }] }],
      },
    },
  ] as typeof records
  const { days } = figuresCase({ records: later, panes: metered(at(31, 8), at(32, 2)), now: at(32, 2) })
  const view = dayView(await days('2026-03-31'), at(32, 2))
  expect(view.tariff).toEqual([
    { from: at(31, 8), to: at(32, 0), period: 'flat' },
    { from: at(32, 0), to: at(32, 8), period: 'deep' },
  ])
  expect(view.demand).toMatchObject({ contractW: 50_000 })
})

test("a machine's energy is null in yuan while a part of it has no price; what is shown sums to it", async () => {
  const own = [0, 8, 16].map((hours) =>
    quarter(LATHE, at(31, 8 + hours), (pane) => add(pane.registers, 'kwh', 1)),
  )
  const energyOf = async (list: typeof records) => {
    const { days } = figuresCase({
      records: list,
      panes: [...metered(at(31, 8), at(32, 8)), ...own],
      now: at(32, 8),
    })
    const found = await days('2026-03-31')
    const machine = plant.machines.find(({ path }) => path === LATHE)!
    const asked = { machine, shift: undefined, segments: [], panes: own, books: found.books, oeeBefore: null }
    return machineView(found, asked).energy
  }
  // twice 10 Wh of 0.68 yuan and once of 0.36 are 1.36 fen and 0.36: two, of which equal remainders leave one to the first
  expect(await energyOf(records)).toMatchObject({ wh: 30, cost: 2, periods: [{ cost: 2 }, { cost: 0 }] })
  const half = [
    ...without('tariff', tariff.key),
    { ...tariff, value: { ...tariff.value, prices: { flat: 680_000 } } },
  ]
  expect(await energyOf(half as typeof records)).toMatchObject({
    cost: null,
    periods: [
      { period: 'flat', cost: 1 },
      { period: 'valley', price: null, cost: null },
    ],
  })
})

async function told(own: FiguresCase, by: 'day' | 'shift' | 'month', span: Span, name?: string) {
  const found = await figureRows(own.sources, own.accounts, FIRM, { by, scope: 'plant', ...span, name })
  if (!Array.isArray(found)) throw new Error(JSON.stringify(found))
  return found as FigureRow[]
}

describe('rows of figures', () => {
  const panes = [...metered(at(31, 8), at(32, 8)), packed(at(31, 12), 'tee-dn25')]
  const rows = async (own: typeof records, names: readonly string[]) => {
    const known = figuresCase({ records: own, panes, now: at(32, 8) })
    const found = await told(known, 'day', { from: at(31, 9), to: at(31, 10) }, names.join(','))
    return Object.fromEntries(found.map(({ name, value, reason }) => [name, reason ?? value]))
  }

  test('value is unknown where a product that was packed has no price', async () => {
    const names = ['value', 'value.added', 'value.scrapped', 'value.finished', 'line.tooling']
    const reason = 'no_record: product/tee-dn25'
    expect(await rows(without('product', 'tee-dn25'), names)).toEqual({
      value: reason,
      'value.added': reason,
      'value.scrapped': reason,
      'value.finished': reason,
      'line.tooling': expect.any(Number),
    })
  })

  test('an element without a price leaves its line and the total unknown, and no other', async () => {
    const names = ['cost.electricity', 'line.power', 'cost.total', 'line.labour', 'value']
    const reason = 'no_record: tariff/small'
    expect(await rows(without('tariff', 'small'), names)).toEqual({
      'cost.electricity': reason,
      'line.power': reason,
      'cost.total': reason,
      'line.labour': expect.any(Number),
      value: 864_000,
    })
  })

  test('a shift that has not begun has no rows; one that runs ends now', async () => {
    const known = figuresCase({ panes, now: at(31, 10) })
    const found = await told(known, 'shift', { from: at(31, 8), to: at(31, 9) }, 'cost.total')
    expect(found.map(({ from, to }) => [from, to])).toEqual([[at(31, 8), at(31, 10)]])
  })

  test("energy of the plant is its main meter's, though none of its machines has one", async () => {
    const known = figuresCase({ panes, now: at(32, 8) })
    const [day] = await told(known, 'day', { from: at(31, 9), to: at(31, 10) }, 'energy')
    expect(day).toMatchObject({ value: 96 * 2000, unit: 'Wh', reason: null })
    const silent = figuresCase({ panes: panes.slice(-1), now: at(32, 8), awaited: false })
    const [none] = await told(silent, 'day', { from: at(31, 9), to: at(31, 10) }, 'energy')
    expect(none).toMatchObject({ value: null, reason: `meter_silent: ${METER}` })
  })

  test.each([
    { scope: 'main/shop/l1/packing-1', refused: 404 },
    { scope: METER, refused: 400 },
  ])('$scope is refused with $refused', async ({ scope, refused }) => {
    const { sources, accounts } = figuresCase({ panes, now: at(32, 8) })
    const query = { by: 'day', scope, from: at(31, 9), to: at(31, 10), name: undefined } as const
    expect(await figureRows(sources, accounts, FIRM, query)).toMatchObject({ refused })
  })

  test("a month's row says which days of it were summed", async () => {
    const known = figuresCase({ panes: [...panes, ...metered(at(32, 8), at(32, 12))], now: at(32, 12) })
    const found = await told(known, 'month', { from: at(31, 9), to: at(32, 9) }, 'cost.total')
    expect(found.map(({ from, to }) => [from, to])).toEqual([
      [at(31, 8), at(32, 8)],
      [at(32, 8), at(32, 12)],
    ])
  })
})

const target = (from: number, value: number) =>
  ({
    kind: 'target',
    key: 'shift.0.u',
    from,
    value: { value, unit: 'yuan' },
    source: 'test',
    illustrative: true,
  }) as const

describe('days of several plans', () => {
  // 1 April is closed by a record that holds from then on, and the target is another one
  const closed = {
    ...records.find(({ kind }) => kind === 'calendar')!,
    from: at(32, 0),
    value: { weekdays: [], closed: ['2026-04-01'] },
  }
  const own = [...records, target(at(1, 0), 90), target(at(32, 0), 80), closed] as typeof records

  test('each has the shifts, and each shift the target, that hold when it begins', async () => {
    const panes = [...metered(at(31, 8), at(33, 12))]
    const found = await figuresCase({ records: own, panes, now: at(33, 12) }).days('2026-03-31', '2026-04-02')
    const rows = shiftRows(found, [], at(33, 12)).map(({ day, shift, target: u }) => [day, shift, u])
    expect(rows).toEqual([
      ['2026-04-02', 0, 8000],
      ['2026-03-31', 1, null],
      ['2026-03-31', 0, 9000],
    ])
  })
})

const standing = (path: string, covered: number) => {
  const pane = quarter(path, at(31, 9), ({ states }) => add(states, 'RUN', QUARTER))
  return { ...pane, covered }
}
const case31 = (panes: readonly Pane[]) =>
  figuresCase({ panes: [...metered(at(31, 8), at(32, 8)), ...panes], now: at(32, 8) })

const view = async (panes: readonly Pane[], query: Partial<Parameters<typeof costView>[1]>) =>
  costView(await case31(panes).days('2026-03-31'), { axis: 'machine', shared: 'no', ...query })

describe('a part of the plant', () => {
  const odd = quarter(LATHE, at(31, 9), (pane) => add(pane.good, 'polish', 1000), {
    order: 'WO-2',
    product: 'tee-dn25',
  })

  test('has the holes that concern it, in its figure, its lines and its elements alike', async () => {
    const [whole, own, other] = [
      await view([odd], {}),
      await view([odd], { scope: `machine:${LATHE}` }),
      await view([odd], { scope: `machine:${OTHER}` }),
    ]
    const holesOf = ({ figure, lines, elements }: typeof whole) => [
      figure.holes.length > 0,
      lines.some(({ holes }) => holes.length > 0),
      elements.some(({ reason }) => reason !== null),
    ]
    expect([whole, own, other].map(holesOf)).toEqual([
      [true, true, true],
      [true, true, true],
      [false, false, false],
    ])
    // nobody knows which product an odd piece concerns; whose line it is, is known
    const products = await view([odd, packed(at(31, 12), 'elbow-dn25')], { axis: 'product' })
    expect(products.parts.map(({ status }) => status)).toEqual(products.parts.map(() => 'UNKNOWN'))
  })

  test("has no share in the plant's hours without output", async () => {
    const panes = [packed(at(31, 12), 'elbow-dn25')]
    const { noOutput, figure } = await view(panes, {})
    expect(noOutput).toBeGreaterThan(0)
    expect(noOutput).toBeLessThan(figure.cost)
    expect((await view(panes, { scope: `machine:${LATHE}` })).noOutput).toBeNull()
    expect((await view(panes, { shift: '0' })).noOutput).toBeNull()
  })

  test("is flagged by the coverage of its own time, not by the day's", async () => {
    const night = { ...standing(OTHER, 0), start: at(31, 21), shift: 1 }
    const panes = [standing(LATHE, QUARTER), night]
    const flagged = async (query: object) => (await view(panes, query)).figure.flags.includes('LOW_COVERAGE')
    expect([await flagged({}), await flagged({ shift: '0' }), await flagged({ shift: '1' })]).toEqual([
      true,
      false,
      true,
    ])
  })
})

/** A quarter-hour of running in an order, and the pieces told in it. */
const ran = (path: string, pieces: number) =>
  quarter(
    path,
    at(31, 9),
    ({ states, busy, good }) => {
      add(states, 'RUN', QUARTER)
      add(busy, 'RUN', QUARTER)
      add(good, 'turn', pieces * 1000)
    },
    { order: 'WO-1', product: 'tee-dn25' },
  )

test('machines of a kind are unknown together while one of them has not told its pieces', async () => {
  // nobody counts what a lathe makes but the end of its order, and one order is still running
  const blind = plant.machines.map((one) => ({
    ...one,
    measures: one.measures.filter(({ name }) => name !== 'good'),
  }))
  const kindsOf = async (panes: readonly Pane[]) => {
    const found = await figuresCase({ plant: { ...plant, machines: blind }, panes, now: at(32, 8) }).days(
      '2026-03-31',
    )
    const span = shiftsOfDay(found, '2026-03-31')[0]!
    return shiftReport(found, { span, trail: [], at: at(32, 8) }).kinds.find(({ kind }) => kind === 'lathe')
  }
  expect(await kindsOf([ran(LATHE, 5), ran(OTHER, 5)])).toMatchObject({ oee: 0.5, reason: null })
  expect(await kindsOf([ran(LATHE, 5), ran(OTHER, 0)])).toMatchObject({ oee: null, reason: 'NOT_COUNTED' })
})
