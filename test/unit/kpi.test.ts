/** The KPIs of ISO 22400-2 by hand-checked figures: one machine of 480 planned minutes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NONE_GOOD, driversOf } from '#domain/accounting/drivers.ts'
import type { Pane } from '#domain/accounting/pane.ts'
import { QUARTER, openPane } from '#domain/accounting/pane.ts'
import { KPIS, warningsOf, warningsOfDays } from '#domain/kpi/oee.ts'
import { reliabilityOf } from '#domain/kpi/reliability.ts'
import { addMachines, addTotals, timesOf, totalsOf, type Totals } from '#domain/kpi/totals.ts'
import { MACHINE_STATES, type ShownState } from '#domain/plant/plant.ts'
import type { Segment } from '#domain/telemetry/states.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { DAY, HOUR, MINUTE } from '#domain/time.ts'

const kpi = (name: string, totals: Partial<Totals>) =>
  KPIS.find((one) => one.name === name)!.of(addTotals([totals]))
const PRU = 1.2 * MINUTE
/** PBT 480, APT 390, set-up 40, stops with an order 50 min; 300 made: 291 good, 6 scrap, 3 rework; 216 kWh. */
const worked: Partial<Totals> = {
  calendar: DAY,
  pbt: 480 * MINUTE,
  apt: 390 * MINUTE,
  aust: 40 * MINUTE,
  adet: 50 * MINUTE,
  aoet: 500 * MINUTE,
  good: 291_000,
  scrap: 6000,
  rework: 3000,
  standard: PRU * 300_000,
  standardGood: PRU * 291_000,
  inspected: 300_000,
  passed: 291_000,
  energyWh: 216_000,
  corrective: 6 * HOUR,
  preventive: 4 * HOUR,
  tbf: (46 + 62 + 52) * HOUR,
  tbfCount: 3,
  ttr: (1.5 + 2.5 + 2) * HOUR,
  ttrCount: 3,
}

test.each([
  ['availability', 390 / 480, 0.8125],
  ['effectiveness', (1.2 * 300) / 390, 0.9231],
  ['quality_ratio', 291 / 300, 0.97],
  ['oee', (1.2 * 291) / 480, 0.7275],
  ['nee', (430 / 480) * ((1.2 * 300) / 390) * 0.97, 0.8021],
  ['teep', (0.7275 * 480) / 1440, 0.2425],
  ['scrap_ratio', 6 / 300, 0.02],
  ['rework_ratio', 3 / 300, 0.01],
  ['first_pass_yield', 291 / 300, 0.97],
  ['utilization_efficiency', 390 / 480, 0.8125],
  ['technical_efficiency', 390 / 440, 0.8864],
  ['setup_ratio', 40 / 430, 0.093],
  ['allocation_ratio', 480 / 500, 0.96],
  ['production_process_ratio', 390 / 500, 0.78],
  ['corrective_maintenance_ratio', 0.6, 0.6],
  ['mtbf', 160 / 3, 53.3333],
  ['mttr', 2, 2],
  ['energy_per_piece', 0.72, 0.72],
  ['energy_per_good_piece', 216 / 291, 0.7423],
])('%s', (name, exact, shown) => {
  const figure = kpi(name, worked)
  expect(figure.reason).toBeNull()
  expect(figure.value).toBeCloseTo(exact, 12)
  expect(figure.value).toBeCloseTo(shown, 4)
})

test('OEE is the product of its three factors', () => {
  const [a, e, q] = ['availability', 'effectiveness', 'quality_ratio'].map((name) => kpi(name, worked).value!)
  expect(kpi('oee', worked).value).toBeCloseTo(a! * e! * q!, 12)
})

test.each([
  ['availability', {}, 'NOT_PLANNED'],
  ['oee', { good: 5, standardGood: 5 }, 'NOT_PLANNED'],
  ['oee', { pbt: 1, withoutStandard: 1000 }, 'NO_STANDARD'],
  ['oee', { pbt: 1, uncounted: 1 }, 'NOT_COUNTED'],
  ['effectiveness', { pbt: 1 }, 'NO_PRODUCTION_TIME'],
  ['nee', { pbt: 1 }, 'NO_PRODUCTION_TIME'],
  ['quality_ratio', {}, 'NO_PIECES'],
  ['quality_ratio', { uncounted: 1 }, 'NOT_COUNTED'],
  ['first_pass_yield', {}, 'NO_INSPECTION'],
  ['setup_ratio', {}, 'NO_PRODUCTION_TIME'],
  ['allocation_ratio', {}, 'NO_ORDER'],
  ['corrective_maintenance_ratio', {}, 'NO_MAINTENANCE'],
  ['mtbf', { censored: 100 * HOUR }, 'NO_INTERVAL'],
  ['mttr', {}, 'NO_REPAIR'],
  ['energy_per_good_piece', { scrap: 1000 }, 'NO_PIECES'],
  ['teep', {}, 'NO_TIME'],
  ['coverage', {}, 'NO_TIME'],
] as const)('%s without its ground is null: %o', (name, totals, reason) => {
  expect(kpi(name, totals)).toEqual({ value: null, reason })
})

test('nothing made in planned time is an OEE of 0, which is known', () => {
  expect(kpi('oee', { pbt: HOUR, apt: 0 })).toEqual({ value: 0, reason: null })
})

test('several machines: sums of sums, never a mean', () => {
  const busy = { pbt: 400 * MINUTE, apt: 400 * MINUTE }
  const idle = { pbt: 100 * MINUTE, apt: 0 }
  expect(kpi('availability', addTotals([busy, idle])).value).toBe(0.8)
})

test('E above 1 is shown as it is and warns of the standard time, unless time without data explains it', () => {
  const fast = addTotals([
    {
      pbt: 480 * MINUTE,
      apt: 300 * MINUTE,
      good: 300_000,
      standard: PRU * 300_000,
      standardGood: PRU * 300_000,
    },
  ])
  expect(kpi('effectiveness', fast).value).toBe(1.2)
  expect(warningsOf(fast)).toEqual([
    { reason: 'STANDARD_TIME_TOO_LONG', standard: 360 * MINUTE, available: 300 * MINUTE },
  ])
  expect(warningsOf({ ...fast, unknown: 60 * MINUTE })).toEqual([])
  // an hour of running beyond the plan
  expect(warningsOf({ ...fast, aust: 20 * MINUTE, run: 380 * MINUTE })).toEqual([])
  expect(warningsOf(addTotals([worked]))).toEqual([])
})

const day = (standard: number, told: number) =>
  addTotals([{ apt: 300 * MINUTE, standard: standard * MINUTE * 1000, told }])

test('days of a machine warn together; what an order tells on the first of them may be older', () => {
  const slow = [{ reason: 'STANDARD_TIME_TOO_LONG', standard: 610 * MINUTE, available: 600 * MINUTE }]
  expect(warningsOfDays([day(310, 0), day(300, 0)])).toEqual(slow)
  expect(warningsOfDays([day(310, 0), day(290, 0)])).toEqual([])
  expect(warningsOfDays([day(400, 1), day(600, 1)])).toEqual([])
  expect(warningsOfDays([day(400, 1), day(610, 1)])).toEqual(slow)
  expect(warningsOfDays([])).toEqual([])
})

test('the catalogue names each KPI once, in both languages, with its clause and version', () => {
  expect(new Set(KPIS.map(({ name }) => name)).size).toBe(KPIS.length)
  for (const { title, clause, version } of KPIS) {
    expect(title.zh && title.en && clause).toBeTruthy()
    expect(version).toBeGreaterThanOrEqual(1)
  }
})

const elementsOf = (state: ShownState, order: string | null, planned = true) => {
  const { apt, aust, adet, adot, unknown, pbt, calendar, aoet } = timesOf({
    states: { [state]: 7 },
    busy: planned ? { [state]: 7 } : {},
    order,
  })
  expect([pbt, calendar, apt + aust + adet + adot + unknown]).toEqual([planned ? 7 : 0, 7, pbt])
  expect(aoet).toBe(order === null ? 0 : 7)
  return Object.entries({ apt, aust, adet, adot, unknown }).flatMap(([name, ms]) => (ms > 0 ? [name] : []))
}

describe('state × order × calendar', () => {
  test.each([
    ['RUN', 'apt', 'apt'],
    ['SETUP', 'aust', 'aust'],
    ['IDLE', 'adet', 'adot'],
    ['STOP', 'adet', 'adot'],
    ['FAULT', 'adet', 'adot'],
    ['OFF', 'adet', 'adot'],
    ['UNKNOWN', 'unknown', 'unknown'],
  ] as const)('%s counts as %s with an order and as %s without', (state, withOrder, without) => {
    expect(elementsOf(state, 'WO-1')).toEqual([withOrder])
    expect(elementsOf(state, null)).toEqual([without])
    expect(elementsOf(state, 'WO-1', false)).toEqual([])
  })
})

const segmentsOf = (...parts: readonly (readonly [ShownState, number])[]): Segment[] => {
  let now = 0
  return parts.map(([state, hours]) => {
    const from = now
    now += hours * HOUR
    return { from, to: now, state, reason: null }
  })
}

describe('reliability', () => {
  test.each([
    ['no failure is no interval', segmentsOf(['RUN', 10]), [0, 0, 0, 0, 10]],
    [
      'three intervals between four failures; idle time is no operating time',
      segmentsOf(
        ['RUN', 5],
        ['FAULT', 1.5],
        ['RUN', 40],
        ['IDLE', 9],
        ['SETUP', 6],
        ['FAULT', 2.5],
        ['RUN', 62],
        ['FAULT', 2],
        ['RUN', 52],
        ['FAULT', 2],
        ['RUN', 3],
      ),
      [160, 3, 8, 4, 8],
    ],
    ['a failure at the edge is cut off', segmentsOf(['FAULT', 2], ['RUN', 4], ['FAULT', 3]), [4, 1, 0, 0, 0]],
    [
      'a silence neither ends nor begins a failure',
      segmentsOf(['RUN', 1], ['FAULT', 1], ['UNKNOWN', 1], ['FAULT', 1], ['RUN', 2]),
      [0, 0, 3, 1, 3],
    ],
  ] as const)('%s', (_name, segments, [tbf, tbfCount, ttr, ttrCount, censored]) => {
    expect(reliabilityOf(segments)).toEqual({
      tbf: tbf * HOUR,
      tbfCount,
      ttr: ttr * HOUR,
      ttrCount,
      censored: censored * HOUR,
    })
  })
})

const anyPane = fc
  .record({
    order: fc.constantFrom(null, 'WO-1'),
    product: fc.constantFrom(null, 'A', 'B'),
    times: fc.array(fc.nat(100_000), { minLength: 7, maxLength: 7 }),
    planned: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    pieces: fc.array(fc.nat(50_000), { minLength: 3, maxLength: 3 }),
  })
  .map(({ order, product, times, planned, pieces }): Pane => {
    const pane = openPane({ machine: 'm', start: 0, shift: 0, order, product }, QUARTER)
    ;[...MACHINE_STATES, 'UNKNOWN' as const].forEach((state, i) => {
      pane.states[state] = times[i]!
      if (planned[i]) pane.busy[state] = times[i]!
    })
    pane.good['op'] = pieces[0]!
    pane.scrap['op'] = pieces[1]!
    pane.rework['op'] = pieces[2]!
    return pane
  })

const counter = { measures: [{ name: 'good', class: 'count', unit: '1', scale: 1 }] } as never

test('0 ≤ A, Q ≤ 1 and OEE = A·E·Q for one standard time, whatever the panes; totals of parts sum to the whole', () => {
  fc.assert(
    fc.property(fc.array(anyPane, { maxLength: 8 }), fc.nat(8), (panes, cut) => {
      const totals = totalsOf(panes, counter, () => 60)
      const value = (name: string) => KPIS.find((one) => one.name === name)!.of(totals).value
      const shares = [
        'availability',
        'quality_ratio',
        'scrap_ratio',
        'setup_ratio',
        'technical_efficiency',
      ].map((name) => value(name) ?? 0)
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true)
      const [a, e, q] = ['availability', 'effectiveness', 'quality_ratio'].map((name) => value(name) ?? 0)
      // pieces without any production time have no effectiveness, and the factors no product
      expect(a! * e! * q!).toBeCloseTo(totals.apt > 0 ? value('oee')! : 0, 9)
      const parts = [panes.slice(0, cut), panes.slice(cut)].map((some) => totalsOf(some, counter, () => 60))
      expect(addTotals(parts)).toEqual(totals)
    }),
  )
})

const blind = { measures: [] }
const oeeOf = (...machines: readonly (readonly Pane[])[]) =>
  kpi('oee', addMachines(machines.map((panes) => totalsOf(panes, blind, () => 60))))
/** A quarter of the oven: time that ran, and what was told of good pieces (0: that there were none). */
const oven = (i: number, order: string | null, run: number, good: number | null): Pane => {
  const pane = openPane({ machine: 'm', start: i * QUARTER, shift: 0, order, product: 'A' }, QUARTER)
  pane.states['RUN'] = pane.busy['RUN'] = run
  if (good === 0) pane.drivers[NONE_GOOD] = 1000
  else if (good !== null) pane.good['op'] = good * 1000
  return pane
}

describe('a machine whose good pieces are told when its order ends', () => {
  test.each([
    ['told pieces are counted', [oven(0, 'L1', 900, null), oven(1, 'L1', 900, 30)], 1],
    ['a load that goes on is told later', [oven(0, 'L1', 900, 30), oven(1, 'L2', 900, null)], 1],
    ['an order without a good piece is known', [oven(0, 'L1', 1800, 0)], 0],
  ])('%s', (_name, panes, told) => {
    expect(oeeOf(panes)).toEqual({ value: told, reason: null })
  })

  test.each([
    ['nothing was planned', [oven(0, null, 0, null)], 'NOT_PLANNED'],
    ['until the first order ends nothing is known', [oven(0, 'L1', 900, null)], 'NOT_COUNTED'],
    [
      'running without an order is never told',
      [oven(0, null, 900, null), oven(1, 'L1', 0, 30)],
      'NOT_COUNTED',
    ],
  ])('%s: null', (_name, panes, reason) => {
    expect(oeeOf(panes)).toEqual({ value: null, reason })
  })

  test('a machine that told nothing stays unknown beside one that did; its quarters may be added in any parts', () => {
    const [told, silent] = [
      [oven(0, 'L1', 900, null), oven(1, 'L1', 900, 30)],
      [oven(0, 'L9', 900, null), oven(1, 'L9', 900, null)],
    ]
    expect(oeeOf(told).value).toBe(1)
    expect(oeeOf(told, silent)).toEqual({ value: null, reason: 'NOT_COUNTED' })
    const each = told.map((pane) => totalsOf([pane], blind, () => 60))
    expect(addTotals(each)).toEqual(totalsOf(told, blind, () => 60))
  })

  test('a compressor makes no pieces, whether it runs or not', () => {
    const still = openPane({ machine: 'm', start: 0, shift: 0, order: null, product: null }, QUARTER)
    still.states['OFF'] = still.busy['OFF'] = QUARTER
    expect(
      kpi(
        'oee',
        totalsOf([still], blind, () => null, false),
      ).reason,
    ).toBe('NOT_COUNTED')
    expect(
      kpi(
        'oee',
        totalsOf([still], blind, () => null),
      ).value,
    ).toBe(0)
  })
})

test('an order without a planned quantity plans nothing', () => {
  const start = { type: 'order_start', ts: 0, order: 'WO', product: 'A', operation: 'op' } as never as Item
  expect(driversOf(start)).toEqual([])
  expect(driversOf({ ...start, planned_qty: 0.5 })).toEqual([['planned/op', 500]])
})

test('a product without a standard time leaves E and OEE unknown, not low', () => {
  const pane = openPane({ machine: 'm', start: 0, shift: 0, order: null, product: 'X' }, QUARTER)
  pane.busy['RUN'] = 1000
  pane.good['op'] = 1000
  const totals = totalsOf([pane], counter, (product) => (product === 'A' ? 60 : null))
  expect(kpi('oee', totals).reason).toBe('NO_STANDARD')
  expect(kpi('availability', totals).value).toBe(1)
})
