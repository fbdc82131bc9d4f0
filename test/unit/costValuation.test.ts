/** Valuation of small plants by hand: the worked unit cost, a plant with next to nothing, holes, the tables before and after. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, momentOf, type Calendar } from '#domain/accounting/calendar.ts'
import { ELEMENTS, LINES, ROWS, type Line, type Row } from '#domain/accounting/elements/catalogue.ts'
import type { ElementId } from '#domain/accounting/elements/element.ts'
import { QUARTER, add, openPane, type OpenPane, type Pane } from '#domain/accounting/pane.ts'
import {
  priceBook,
  type DatedRecord,
  type RecordKind,
  type RecordValues,
} from '#domain/accounting/records.ts'
import { NANO_PER_YUAN, fenOfParts, toFen } from '#domain/accounting/rounding.ts'
import { shownU, uOf } from '#domain/accounting/u.ts'
import { caseOf, type CaseInput } from '#domain/accounting/valuationCase.ts'
import type { PlantMachine } from '#domain/accounting/valuationPlan.ts'
import {
  AXES,
  figureOf,
  keysOf,
  shownBy,
  valuationOf,
  type Cell,
  type Valuation,
} from '#domain/accounting/valuation.ts'
import { DAY, HOUR } from '#domain/time.ts'

const START = Date.parse('2026-03-09T08:00:00+08:00')
const { calendar } = calendarOf(
  [
    { name: { zh: '白', en: 'day' }, start: 480, end: 1020 },
    { name: { zh: '夜', en: 'night' }, start: 1020, end: 1500 },
  ],
  [],
) as { calendar: Calendar }

const record = <K extends RecordKind>(kind: K, key: string, value: RecordValues[K]): DatedRecord =>
  ({ kind, key, value, from: START - 90 * DAY, source: 'test', illustrative: true }) as DatedRecord

const machine = (
  path: string,
  kind: string,
  registers: readonly (readonly [string, string, number])[],
): PlantMachine => ({
  path,
  kind,
  meter: kind === 'meter',
  ratedKw: 10,
  registers: new Map(registers.map(([role, name, perStep]) => [role, { name, perStep }])),
})

const METER = machine('s/u/m/m00', 'meter', [['energy', 'kwh', 10]])
const PACKING = machine('s/a/l1/pack-01', 'packing', [
  ['good', 'good', 1000],
  ['scrap', 'scrap', 1000],
])

const paneAt = (path: string, start: number, order: string | null, product: string | null): OpenPane => {
  const key = { machine: path, start, shift: momentOf(calendar, start).shift, order, product }
  return openPane(key, QUARTER)
}

const flat = (yuan: number): RecordValues['tariff'] => ({
  basis: 'RETAIL_CONTRACT',
  seasons: [
    {
      name: 'all',
      months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      windows: [{ from: 0, to: 1440, period: 'flat' }],
    },
  ],
  holidays: [],
  prices: { flat: yuan * 1e6 },
  basic: null,
  powerFactor: null,
})

const budget = (element: ElementId, yuan: number): RecordValues['budget'] => ({
  element,
  amount: yuan * 1e6,
  per: 'month',
  days: 'open',
  spread: { over: 'worked', by: [1, 1] },
})

/** A plant with a main meter, final counts, a price list and monthly books: one operation, which confirms. */
function smallPlant(prices: { material: number; kwh: number; labour: number; fixed: number }): DatedRecord[] {
  const valve = (key: string, yuan: number, kg: number) => [
    record('product', key, { price: yuan * 1e6 }),
    record('routing', key, {
      operations: [
        {
          operation: 'pack',
          part: 'valve',
          workCentre: 'packing',
          standardMs: 60_000,
          outside: 0,
          salvage: 0,
          confirms: true,
        },
      ],
    }),
    record('bom', key, {
      overIssuePpm: 0,
      items: [{ material: 'steel', operation: 'pack', milli: kg * 1000, allowancePpm: 0 }],
    }),
  ]
  return [
    ...valve('A', 400, 10),
    ...valve('B', 250, 6.5),
    record('work_centre', 'packing', {
      rate: 100e6,
      labour: 40e6,
      machine: 10e6,
      effectivenessPpm: 1_000_000,
      counted: true,
      airPerRunHour: 0,
    }),
    record('material', 'steel', { unit: 'kg', price: prices.material * 1e6, booking: 'use' }),
    record('quality', 'rates', { test: 0, certificate: 0, warrantyPpm: 0, repair: 0 }),
    record('metering', 'energy', { incoming: METER.path, contract: 'retail' }),
    record('tariff', 'retail', flat(prices.kwh)),
    record('budget', 'wages', budget('labour', prices.labour)),
    record('budget', 'books', budget('overhead', prices.fixed)),
  ]
}

const MARCH = {
  from: Date.parse('2026-03-01T08:00:00+08:00'),
  to: Date.parse('2026-04-01T08:00:00+08:00'),
}

function month(records: readonly DatedRecord[], a: number, b: number, kwh: number): CaseInput {
  const good = (product: string, pieces: number, start: number) => {
    const pane = paneAt(PACKING.path, start, `WO-${product}`, product)
    add(pane.good, 'pack', pieces * 1000)
    return pane
  }
  const meter = paneAt(METER.path, START, null, null)
  add(meter.registers, 'kwh', kwh * 100)
  return {
    span: MARCH,
    panes: [good('A', a, START), good('B', b, START + 12 * HOUR), meter],
    books: priceBook(records),
    calendar,
    machines: [METER, PACKING],
  }
}

describe('the worked unit cost: a plant with a main meter, final counts, a price list and monthly books', () => {
  test('the baseline month costs 2,090,000.00 yuan: 95.0000', () => {
    const records = smallPlant({ material: 20, kwh: 0.75, labour: 340_000, fixed: 564_000 })
    const figure = figureOf(valuationOf(month(records, 3000, 4000, 88_000)))
    const fen = Object.fromEntries(figure.elements.map(({ element, nano }) => [element, toFen(nano!)]))
    expect(fen).toMatchObject({
      material: 112_000_000,
      electricity: 6_600_000,
      labour: 34_000_000,
      overhead: 56_400_000,
    })
    expect(toFen(figure.cost)).toBe(209_000_000)
    expect(toFen(figure.value)).toBe(220_000_000)
    expect(figure.uWip).toMatchObject({ u: 950_000, status: 'OK' })
    expect(figure.uRaw).toEqual(figure.uWip)
    // beside the figure: how much of it is counted, and how much stands on standards and books
    const { measured, standard, estimated } = figure.by
    expect([toFen(measured), toFen(standard), toFen(estimated)]).toEqual([6_600_000, 202_400_000, 0])
  })

  test('the reporting month, with what was really issued, costs 2,025,000.00 yuan: 90.0000', () => {
    const records = smallPlant({ material: 19.8, kwh: 0.7, labour: 326_360, fixed: 545_720 }).map((one) =>
      one.kind === 'material' ? { ...one, value: { ...one.value, booking: 'issue' as const } } : one,
    )
    const input = month(records, 3500, 3400, 80_000)
    const issue = paneAt(PACKING.path, START, 'WO-A', 'A')
    add(issue.drivers, 'material/steel/kg', 55_400_000)
    const figure = figureOf(valuationOf({ ...input, panes: [...input.panes, issue] }))
    expect(toFen(figure.cost)).toBe(202_500_000)
    expect(toFen(figure.value)).toBe(225_000_000)
    expect(figure.uWip).toMatchObject({ u: 900_000, status: 'OK' })
    expect(toFen(figure.by.measured)).toBe(115_292_000)
  })
})

/** A plant of nothing but its books. */
const booked = (spread: RecordValues['budget']['spread']) =>
  record('budget', 'books', { ...budget('overhead', 564_000), spread })

/** Overhead in fen: of the first shift, of the second, outside of shifts. */
function overheadOf(records: readonly DatedRecord[], own = calendar, span = MARCH): number[] {
  const { cells } = valuationOf({ span, panes: [], books: priceBook(records), calendar: own, machines: [] })
  const posted = cells.filter(({ element }) => element === 'overhead')
  return [0, 1, null].map((shift) =>
    toFen(posted.reduce((sum, cell) => (cell.shift === shift ? sum + cell.nano : sum), 0n)),
  )
}

describe('an amount of the books is spent whoever works', () => {
  test('by person-hours without a crew on record: by the length of the shifts', () => {
    const spread = { over: 'worked', by: 'person_hours' } as const
    expect(overheadOf([booked(spread)])).toEqual([29_858_824, 26_541_176, 0])
  })

  test('by weights of which the only one is of a shift without paid hours: over the other one', () => {
    const breaks = record('pay', 'breaks', { unpaid: [{ start: 480, end: 1020 }] })
    expect(overheadOf([booked({ over: 'paid', by: [1, 0] }), breaks])).toEqual([0, 56_400_000, 0])
  })

  test('of a plant without shifts: over whole days', () => {
    const { calendar: none } = calendarOf([], []) as { calendar: Calendar }
    const march = { from: MARCH.from - 8 * HOUR, to: MARCH.to - 8 * HOUR }
    expect(overheadOf([booked({ over: 'worked', by: [1, 1] })], none, march)).toEqual([0, 0, 56_400_000])
  })

  test('of a month in which no shift works: on all of its days', () => {
    const closed = Array.from({ length: 31 }, (_, i) => `2026-03-${String(i + 1).padStart(2, '0')}`)
    const shut = { ...calendar, closed: new Set(closed) }
    expect(overheadOf([booked({ over: 'worked', by: [1, 1] })], shut)).toEqual([0, 0, 56_400_000])
  })
})

describe('what is not known', () => {
  const records = smallPlant({ material: 20, kwh: 0.75, labour: 340_000, fixed: 564_000 })
  const without = (kind: RecordKind, key: string) =>
    figureOf(
      valuationOf(
        month(
          records.filter((one) => one.kind !== kind || one.key !== key),
          3000,
          4000,
          88_000,
        ),
      ),
    )

  test.each([
    ['tariff', 'retail', 'electricity', 'no_record: tariff/retail'],
    ['material', 'steel', 'material', 'no_record: material/steel'],
    ['routing', 'A', 'material', 'no_record: routing/A'],
  ] as const)('without %s %s the element has a reason and no u is told', (kind, key, element, reason) => {
    const figure = without(kind, key)
    expect(figure.elements.find((one) => one.element === element)).toMatchObject({ nano: null, reason })
    expect(figure.uWip).toMatchObject({ u: null, status: 'UNKNOWN' })
    expect(figure.cost).toBeGreaterThan(0n)
  })

  test('a main meter that told nothing is a hole, not an electricity bill of 0', () => {
    const input = month(records, 3000, 4000, 0)
    const panes = input.panes.filter((pane) => pane.machine !== METER.path)
    const { elements } = figureOf(valuationOf({ ...input, panes }))
    expect(elements[1]).toMatchObject({ nano: null, reason: `meter_silent: ${METER.path}` })
  })

  test.each([
    ['silent', 0, `meter_silent: ${METER.path}`],
    ['heard of and standing', QUARTER, null],
  ] as const)("a main meter that is %s: a machine's own register is its cost", (_name, covered, reason) => {
    const lathe = machine('s/a/l2/lathe-01', 'lathe', [['energy', 'kwh', 10]])
    const own = paneAt(lathe.path, START, null, null)
    add(own.registers, 'kwh', 1000)
    const input = month(records, 0, 0, 0)
    const panes = [{ ...paneAt(METER.path, START, null, null), covered }, own]
    const valuation = valuationOf({ ...input, panes, machines: [...input.machines, lathe] })
    expect(figureOf(valuation).elements[1]).toMatchObject({ reason })
    expect(figureOf(valuation, { axis: 'machine', key: lathe.path }).elements[1]!.known).toBe(
      (75n * NANO_PER_YUAN) / 10n,
    )
    // what the machine took and the meter did not see is its rest, below 0, only where the meter speaks
    const rest = valuation.cells.filter(({ stream }) => stream === 'rest')
    expect(rest.map(({ nano }) => nano)).toEqual(reason === null ? [(-75n * NANO_PER_YUAN) / 10n] : [])
  })

  /** Elements that are not known, with their reasons, when a pane more is told. */
  const missing = (tell: (pane: OpenPane) => void, book = records) => {
    const input = month(book, 3000, 4000, 88_000)
    const pane = paneAt(PACKING.path, START, 'WO-A', 'A')
    tell(pane)
    const { elements, holes, uWip } = figureOf(valuationOf({ ...input, panes: [...input.panes, pane] }))
    const named = holes.filter(({ element }) => element !== 'value')
    // what is null and what is listed are the same, and while anything is no u is told
    expect(elements.filter(({ nano }) => nano === null).map(({ element }) => element)).toEqual(
      elements.map(({ element }) => element).filter((one) => named.some(({ element }) => element === one)),
    )
    expect(uWip.status === 'UNKNOWN').toBe(holes.length > 0)
    return holes.map(({ element, reason, of }) => `${element} ${reason} ${of}`)
  }
  const lacking = (kind: RecordKind, key: string) =>
    records.filter((one) => one.kind !== kind || one.key !== key)

  test.each<[string, (pane: OpenPane) => void, string[]]>([
    ['nothing', () => {}, []],
    [
      'good pieces of an unknown operation: nothing was lost of them, nothing came back',
      (pane) => add(pane.good, 'polish', 1000),
      ['material', 'quality', 'value'].map((element) => `${element} unknown_operation A/polish`),
    ],
    [
      'rework of one: neither material nor value',
      (pane) => add(pane.rework, 'polish', 1000),
      ['scrap', 'quality'].map((element) => `${element} unknown_operation A/polish`),
    ],
    [
      'outside work of one',
      (pane) => add(pane.drivers, 'receipt/chrome', 1000),
      ['outsourcing', 'value'].map((element) => `${element} unknown_operation A/chrome`),
    ],
    [
      'an issue in an odd unit that costs nothing before its pieces',
      (pane) => add(pane.drivers, 'material/steel/bar', 5000),
      [],
    ],
    [
      'the same beside a plan',
      (pane) => {
        add(pane.drivers, 'material/steel/bar', 5000)
        add(pane.drivers, 'planned/pack', 5000)
      },
      ['material unknown_material steel/bar'],
    ],
    [
      'a return of it',
      (pane) => add(pane.drivers, 'material/steel/bar', -5000),
      ['material unknown_material steel/bar'],
    ],
    [
      'an issue of something nobody knows',
      (pane) => add(pane.drivers, 'material/gold/kg', 1),
      ['material unknown_material gold/kg'],
    ],
    [
      'parts of a repair, which have their price',
      (pane) => add(pane.drivers, 'maintenance/parts_yuan', 5000),
      [],
    ],
    [
      'hours of a repair',
      (pane) => add(pane.drivers, 'maintenance/corrective/s', HOUR),
      ['maintenance no_record maintenance/rates'],
    ],
  ])('%s: only what has a quantity counts', (_name, tell, expected) => {
    expect(missing(tell)).toEqual(expected)
  })

  test('a repeated test has no repair for nothing where its price is missing', () => {
    const named = ['scrap', 'quality'].map((element) => `${element} no_record quality/rates`)
    expect(missing((pane) => add(pane.rework, 'pack', 1000), lacking('quality', 'rates')).toSorted()).toEqual(
      named.toSorted(),
    )
  })

  test('without a power factor a tariff without prices leaves it known', () => {
    const named = missing(() => {}, [
      ...lacking('tariff', 'retail'),
      record('tariff', 'retail', { ...flat(1), prices: {} }),
    ])
    expect(named).toEqual(['electricity bad_reference tariff/flat'])
  })

  test.each([
    ['gas', 'gas no_record medium/gas'],
    ['water', 'media no_record medium/water'],
    ['nitrogen', 'media no_record medium/nitrogen'],
    ['air', 'media no_record medium/air'],
  ])('%s without a price is a hole as soon as any was used, and none before', (role, hole) => {
    const burner = machine('s/a/l3/burner-01', 'burner', [[role, role, 10]])
    const input = month(records, 3000, 4000, 88_000)
    const told = (steps: number) => {
      const pane = paneAt(burner.path, START, null, null)
      add(pane.registers, role, steps)
      return figureOf(
        valuationOf({ ...input, panes: [...input.panes, pane], machines: [...input.machines, burner] }),
      ).holes.map(({ element, reason, of }) => `${element} ${reason} ${of}`)
    }
    expect(told(0)).toEqual([])
    expect(told(1)).toEqual([hole])
  })

  test('a hole of one machine leaves the others their figures and says whose it is', () => {
    const input = month(records, 3000, 4000, 88_000)
    const odd = paneAt('s/a/l2/pack-02', START, 'WO-A', 'A')
    add(odd.good, 'polish', 1000)
    const valuation = valuationOf({ ...input, panes: [...input.panes, odd] })
    const figure = (key: string) => figureOf(valuation, { axis: 'machine', key })
    expect(figure(PACKING.path)).toMatchObject({ holes: [], uWip: { status: 'OK' } })
    expect(figure(odd.machine).holes).toContainEqual({
      element: 'material',
      machine: odd.machine,
      reason: 'unknown_operation',
      of: 'A/polish',
    })
  })

  test('pieces of no product and of an unknown operation are holes; their cost stays', () => {
    const input = month(records, 3000, 4000, 88_000)
    const lost = paneAt(PACKING.path, START, null, null)
    add(lost.good, '', 500)
    const odd = paneAt(PACKING.path, START, 'WO-A', 'A')
    add(odd.good, 'polish', 1000)
    const { holes } = valuationOf({ ...input, panes: [...input.panes, lost, odd] })
    expect(new Set(holes.map(({ reason }) => reason))).toEqual(
      new Set(['unknown_product', 'unknown_operation']),
    )
  })
})

const issued = (pane: OpenPane) => add(pane.drivers, 'material/steel/kg', 1_030_000)
const planned = (pane: OpenPane) => {
  issued(pane)
  add(pane.drivers, 'planned/pack', 100_000)
}
const made = (pane: OpenPane) => {
  planned(pane)
  add(pane.good, 'pack', 40_000)
}
const returned = (pane: OpenPane) => add(pane.drivers, 'material/steel/kg', -30_000)

test.each([
  ['an issue whose plan is not known waits for its pieces', issued, 0],
  ['an issue adds what it gave beyond the standard of the planned pieces', planned, 60_000],
  ['pieces take their standard as they are made', made, 60_000 + 800_000],
  ['a return takes back', returned, -60_000],
] as const)('%s', (_name, tell, fen) => {
  const input = month(smallPlant({ material: 20, kwh: 0.75, labour: 0, fixed: 0 }), 0, 0, 1)
  const pane = paneAt(PACKING.path, START, 'WO-A', 'A')
  tell(pane)
  const { elements } = figureOf(valuationOf({ ...input, panes: [...input.panes, pane] }))
  expect(toFen(elements[0]!.nano!)).toBe(fen)
})

test('scrap is shown by its own element and taken out of material, labour and machine-hour: the same total', () => {
  const records = smallPlant({ material: 20, kwh: 0.75, labour: 340_000, fixed: 564_000 })
  const input = month(records, 3000, 4000, 88_000)
  const pane = paneAt(PACKING.path, START, 'WO-A', 'A')
  add(pane.scrap, 'pack', 10_000)
  const { elements, cost } = figureOf(valuationOf({ ...input, panes: [...input.panes, pane] }))
  const fen = (id: ElementId) => toFen(elements.find(({ element }) => element === id)!.nano!)
  // ten pieces: 200 yuan of steel each, a minute at 40 and 10 yuan an hour
  expect(fen('scrap')).toBe(200_833)
  expect(fen('material')).toBe(112_000_000)
  expect(fen('labour')).toBe(34_000_000 - 667)
  expect(fen('machine_hour')).toBe(-167)
  // the gross view: what the ten pieces took in steel is all that is new
  expect(toFen(cost)).toBe(209_000_000 + 200_000)
})

const TABLE: readonly (readonly [Row, before: number, after: number])[] = [
  ['material', 4950, 4920],
  ['scrap', 320, 200],
  ['labour', 1400, 1310],
  ['electricity', 460, 390],
  ['gas', 60, 52],
  ['media', 70, 62],
  ['tooling', 300, 260],
  ['maintenance', 220, 180],
  ['machine_hour', 520, 500],
  ['retrofit', 0, 36],
  ['outsourcing', 400, 340],
  ['quality', 160, 140],
  ['overhead', 640, 610],
]
/** Elements of the documented plant, fen of 100 yuan; the air pool's power is part of media. */
const CELLS: readonly (readonly [ElementId, stream: string | null, before: number, after: number])[] = [
  ['material', null, 4950, 4920],
  ['electricity', null, 270, 234],
  ['demand', null, 146, 127],
  ['power_factor', null, -1, -1],
  ['gas', null, 60, 52],
  ['media', 'air_power', 45, 30],
  ['media', null, 70, 62],
  ['labour', null, 1400, 1310],
  ['machine_hour', null, 520, 500],
  ['tooling', null, 300, 260],
  ['maintenance', null, 220, 180],
  ['scrap', null, 320, 200],
  ['outsourcing', null, 400, 340],
  ['quality', null, 160, 140],
  ['overhead', null, 640, 610],
  ['retrofit', null, 0, 36],
]
const WALL: Readonly<Record<Line, readonly [number, number]>> = {
  material: [4950, 4920],
  scrap: [320, 200],
  labour: [1400, 1310],
  power: [460, 390],
  gas_media: [130, 114],
  tooling: [300, 260],
  maintenance: [220, 180],
  machine_hour: [520, 500],
  outsourcing: [400, 340],
  quality_overhead: [800, 750],
  retrofit: [0, 36],
}

describe('how 95 becomes 90', () => {
  const empty = valuationOf({
    span: { from: START, to: START },
    panes: [],
    books: priceBook([]),
    calendar,
    machines: [],
  })
  const of = (column: 2 | 3): Valuation => ({
    ...empty,
    cells: CELLS.map((cell): Cell => ({
      element: cell[0],
      stream: cell[1],
      machine: null,
      shift: null,
      order: null,
      product: null,
      provenance: 'measured',
      nano: BigInt(cell[column]) * 10_000_000n,
    })),
  })

  test.each([
    [2, 1, 9500],
    [3, 2, 9000],
  ] as const)(
    'the thirteen rows and the eleven lines of column %d are those of the tables',
    (column, place, u) => {
      const valuation = of(column)
      const rows = shownBy(valuation, 'row')
      expect(TABLE.map(([row]) => row)).toEqual(ROWS)
      expect(TABLE.map(([row]) => toFen(rows.get(row)!))).toEqual(TABLE.map((row) => row[place]))
      const lines = shownBy(valuation, 'line')
      expect(LINES.map((line) => toFen(lines.get(line)!))).toEqual(LINES.map((line) => WALL[line][place - 1]))
      const groups = [...shownBy(valuation, 'group').values()]
      expect(toFen(groups.reduce((a, b) => a + b, 0n))).toBe(u)
      expect(shownU(uOf(figureOf(valuation).cost, 100n * NANO_PER_YUAN).u!)).toBe(u)
    },
  )

  test('the table sums to -5.00 in fen; the catalogue has the fifteen elements in order', () => {
    expect(TABLE.reduce((sum, [, before, after]) => sum + after - before, 0)).toBe(-500)
    expect(ELEMENTS).toHaveLength(15)
    expect(ELEMENTS.map(({ id }) => id)).toEqual([...new Set(CELLS.map(([id]) => id))])
  })
})

describe('for any panes', () => {
  const records = smallPlant({ material: 19.87, kwh: 0.6803, labour: 340_001, fixed: 564_003 }).map((one) =>
    one.kind === 'tariff'
      ? {
          ...one,
          value: {
            ...one.value,
            basic: {
              mode: 'contract_demand' as const,
              kw: 300,
              price: 48e6,
              tolerancePpm: 1_050_000,
              excessFactor: 2,
            },
            powerFactor: { standard: 90, expected: 92 },
          },
        }
      : one,
  )
  const books = priceBook(records)
  const span = { from: START, to: START + 2 * DAY }
  const worked = fc.record({
    quarter: fc.integer({ min: 0, max: 191 }),
    order: fc.constantFrom('WO-1', 'WO-2', 'WO-3'),
    product: fc.constantFrom('A', 'B'),
    good: fc.integer({ min: 0, max: 5000 }),
    scrap: fc.integer({ min: 0, max: 500 }),
    rework: fc.integer({ min: 0, max: 500 }),
  })
  const load = fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 192, maxLength: 192 })
  const panesOf = (
    work: readonly (typeof worked extends fc.Arbitrary<infer T> ? T : never)[],
    steps: readonly number[],
  ): Pane[] => [
    ...work.map(({ quarter, order, product, good, scrap, rework }) => {
      const pane = paneAt(PACKING.path, START + quarter * QUARTER, order, product)
      add(pane.good, 'pack', good)
      add(pane.scrap, 'pack', scrap)
      add(pane.rework, 'pack', rework)
      return pane
    }),
    ...steps.map((step, i) => {
      const pane = paneAt(METER.path, START + i * QUARTER, null, null)
      add(pane.registers, 'kwh', step)
      return pane
    }),
  ]
  const inputOf = (panes: readonly Pane[], window = span): CaseInput => ({
    span: window,
    panes: panes.filter(({ start }) => start >= window.from && start < window.to),
    books,
    calendar,
    machines: [METER, PACKING],
  })

  test('parts sum to the whole at every scope, exactly; opened rows sum to the total shown', () => {
    fc.assert(
      fc.property(fc.array(worked, { maxLength: 30 }), load, (work, steps) => {
        const valuation = valuationOf(inputOf(panesOf(work, steps)))
        const whole = figureOf(valuation)
        for (const axis of AXES) {
          const parts = keysOf(valuation, axis).map((key) => figureOf(valuation, { axis, key }))
          expect(parts.reduce((sum, { cost }) => sum + cost, 0n)).toBe(whole.cost)
          expect(parts.reduce((sum, { value }) => sum + value, 0n)).toBe(whole.value)
        }
        const shown = fenOfParts(whole.elements.map(({ element, known }) => ({ id: element, nano: known })))
        expect(shown.parts.reduce((a, b) => a + b, 0)).toBe(toFen(whole.cost))
      }),
      { numRuns: 20 },
    )
  })

  test('wherever a window is cut, the values of its parts sum to its own, exactly', () => {
    fc.assert(
      fc.property(
        fc.array(worked, { maxLength: 20 }),
        load,
        fc.integer({ min: 1, max: 191 }),
        (work, steps, cut) => {
          const panes = panesOf(work, steps)
          const at = START + cut * QUARTER
          const first = valuationOf(inputOf(panes, { from: span.from, to: at }))
          const second = valuationOf({
            ...inputOf(panes, { from: at, to: span.to }),
            months: first.months,
          })
          const [whole, a, b] = [valuationOf(inputOf(panes)), first, second].map((one) => figureOf(one))
          expect(a!.cost + b!.cost).toBe(whole!.cost)
          expect(a!.value + b!.value).toBe(whole!.value)
          expect(second.months).toEqual(valuationOf(inputOf(panes)).months)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('panes in any order and minutes of a quarter give the same values', () => {
    fc.assert(
      fc.property(fc.array(worked, { maxLength: 20 }), load, (work, steps) => {
        const panes = panesOf(work, steps)
        const split = panes.flatMap((pane) => {
          const [first, rest] = [
            { ...pane, start: pane.start },
            { ...pane, start: pane.start + 60_000 },
          ]
          return [
            { ...first, length: 60_000 },
            { ...rest, length: 60_000, good: {}, scrap: {}, rework: {}, registers: {} },
          ]
        })
        const own = figureOf(valuationOf(inputOf(panes)))
        expect(figureOf(valuationOf(inputOf(split.toReversed())))).toEqual(own)
      }),
      { numRuns: 10 },
    )
  })
})

test('a case holds quarters whatever panes it is given', () => {
  const minute = { ...paneAt(PACKING.path, START + 60_000, null, null), length: 60_000 }
  const { panes } = caseOf({
    span: { from: START, to: START + QUARTER },
    panes: [minute],
    books: priceBook([]),
    calendar,
    machines: [PACKING],
  })
  expect(panes.map(({ start, length }) => [start, length])).toEqual([[START, QUARTER]])
})
