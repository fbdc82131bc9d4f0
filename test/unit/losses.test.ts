/** What stops, set-ups, scrap, idle burners and leaks cost: by hand, and what must hold for any panes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, momentOf, type Calendar } from '#domain/accounting/calendar.ts'
import { crewPosts } from '#domain/accounting/elements/labour.ts'
import { hourPosts } from '#domain/accounting/elements/machineHour.ts'
import { maintenance } from '#domain/accounting/elements/maintenance.ts'
import { electricity } from '#domain/accounting/elements/electricity.ts'
import { scrap } from '#domain/accounting/elements/scrap.ts'
import { addLosses, type Loss } from '#domain/accounting/loss.ts'
import { lossesOf, type Losses, type LossesTold } from '#domain/accounting/losses.ts'
import { QUARTER, add, openPane, type OpenPane, type Pane } from '#domain/accounting/pane.ts'
import {
  priceBook,
  type DatedRecord,
  type RecordKind,
  type RecordValues,
} from '#domain/accounting/records.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import { caseOf } from '#domain/accounting/valuationCase.ts'
import type { PlantMachine } from '#domain/accounting/valuationPlan.ts'
import type { ShownState } from '#domain/plant/plant.ts'
import type { Segment } from '#domain/telemetry/states.ts'
import { DAY, MINUTE } from '#domain/time.ts'

/** 08:00 of a day of one shift until 17:00, an unpaid break at noon: 8 hours. */
const START = Date.parse('2026-03-09T08:00:00+08:00')
const { calendar } = calendarOf(
  [{ name: { zh: '白', en: 'day' }, start: 480, end: 1020, breaks: [{ start: 720, end: 780 }] }],
  [],
) as { calendar: Calendar }

const record = <K extends RecordKind>(kind: K, key: string, value: RecordValues[K]): DatedRecord =>
  ({ kind, key, value, from: START - 90 * DAY, source: 'test', illustrative: true }) as DatedRecord
const centre = (more: Partial<RecordValues['work_centre']>): RecordValues['work_centre'] => ({
  rate: 100e6,
  labour: 30e6,
  machine: 10e6,
  effectivenessPpm: 1_000_000,
  counted: true,
  airPerRunHour: 0,
  ...more,
})

/** A lathe costs 40 yuan of labour and 10 of machine an hour, a crew of repairers 48; electricity 1 yuan, gas 4. */
const RECORDS: readonly DatedRecord[] = [
  record('work_centre', 'lathe', centre({ airPerRunHour: 5000, setupMinutes: 35 })),
  record('work_centre', 'paint', centre({})),
  record('crew', 'turners', {
    people: [1],
    wage: 40e6,
    allowance: [0],
    tends: [{ kind: 'lathe', sharePpm: 1e6 }],
  }),
  record('pay', 'breaks', { unpaid: [{ start: 720, end: 780 }] }),
  record('machine_cost', 'lathe', { yearly: 365 * 8 * 10e6 }),
  record('maintenance', 'rates', { hour: 48e6, heat: 0 }),
  record('metering', 'energy', { incoming: null, contract: 'retail' }),
  record('metering', 'gas', { incoming: null }),
  record('medium', 'gas', { unit: 'Nm3', price: 4e6 }),
  record('pool', 'air', { kinds: ['compressor'] }),
  record('tariff', 'retail', {
    basis: 'RETAIL_CONTRACT',
    seasons: [
      {
        name: 'all',
        months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
        windows: [{ from: 0, to: 1440, period: 'flat' }],
      },
    ],
    holidays: [],
    prices: { flat: 1e6 },
    basic: null,
    powerFactor: null,
  }),
  record('product', 'A', { price: 100e6 }),
  record('material', 'bar', { unit: 'kg', price: 20e6, booking: 'use' }),
  record('bom', 'A', {
    overIssuePpm: 0,
    items: [{ material: 'bar', operation: 'turn', milli: 1000, allowancePpm: 0 }],
  }),
  record('routing', 'A', {
    operations: [
      {
        operation: 'turn',
        part: 'valve',
        workCentre: 'lathe',
        standardMs: 6 * MINUTE,
        outside: 0,
        salvage: 2e6,
        confirms: true,
      },
    ],
  }),
]

const machine = (name: string, ...registers: readonly string[]): PlantMachine => ({
  path: `s/a/l1/${name}`,
  kind: name.slice(0, -3),
  meter: false,
  ratedKw: 10,
  registers: new Map(registers.map((role) => [role, { name: role, perStep: 10 }])),
})
const LATHE = machine('lathe-01', 'energy')
const PAINT = machine('paint-01', 'gas')
const COMPRESSOR = machine('compressor-01', 'energy')

type Times = Partial<Record<ShownState, number>>
/** A quarter-hour with minutes by state, planned but at noon and after five. */
function quarter(i: number, of: PlantMachine, order: string | null, minutes: Times): OpenPane {
  const start = START + i * QUARTER
  const { shift, worked } = momentOf(calendar, start)
  const product = order === null ? null : 'A'
  const pane = openPane({ machine: of.path, start, shift, order, product }, QUARTER)
  for (const [state, value] of Object.entries(minutes)) {
    add(pane.states, state, value * MINUTE)
    if (worked) add(pane.busy, state, value * MINUTE)
  }
  return pane
}
const withAmount = (
  pane: OpenPane,
  group: 'registers' | 'drivers' | 'scrap' | 'rework',
  name: string,
  value: number,
) => {
  add(pane[group], name, value)
  return pane
}

const caseIn = (panes: readonly Pane[], records = RECORDS, from = START, to = START + DAY) =>
  caseOf({
    span: { from, to },
    panes: panes.filter(({ start }) => start >= from && start < to),
    books: priceBook(records),
    calendar,
    machines: [LATHE, PAINT, COMPRESSOR],
  })
const shown = ({ losses }: Pick<Losses, 'losses'>) =>
  addLosses(losses).map(({ kind, state, reason, ms, nano }) => [
    kind,
    state,
    reason,
    ms / MINUTE,
    toFen(nano),
  ])

const fault = (from: number, to: number, reason: string | null): Segment => ({
  from: START + from * MINUTE,
  to: START + to * MINUTE,
  state: 'FAULT',
  reason,
})

describe('a pump of the spindle fails at 10:00 for 1 h 52 min', () => {
  /** Seven quarters and 7 minutes; 0.3 kWh in each whole one; 170 yuan of parts. */
  const panes = [
    ...Array.from({ length: 7 }, (_, i) =>
      withAmount(quarter(8 + i, LATHE, 'WO-1', { FAULT: 15 }), 'registers', 'energy', 30),
    ),
    withAmount(quarter(15, LATHE, 'WO-1', { FAULT: 7, RUN: 8 }), 'registers', 'energy', 70),
  ]
  for (const pane of panes) add(pane.drivers, 'maintenance/corrective/s', 15 * MINUTE)
  add(panes.at(-1)!.drivers, 'maintenance/parts_yuan', 170_000)
  const segments = (...list: Segment[]): LossesTold => ({ segments: new Map([[LATHE.path, list]]) })

  test('it costs labour and machine while it stood, the repair, and the electricity of whole quarters', () => {
    // 112 min at 40 + 10 + 48 yuan an hour, 7 quarters of 0.3 kWh, parts
    const fen = Math.round((11_200 * 98) / 60) + 210 + 17_000
    expect(shown(lossesOf(caseIn(panes)))).toEqual([['stop', 'FAULT', null, 112, fen]])
    expect(shown(lossesOf(caseIn(panes), segments(fault(120, 232, 'coolant_pump'))))).toEqual([
      ['stop', 'FAULT', 'coolant_pump', 112, fen],
    ])
  })

  test('two reasons share their quarter by time, to the nano-yuan; parts go with the newest', () => {
    const told = segments(fault(120, 125, 'chuck'), fault(125, 232, 'coolant_pump'))
    const { losses } = lossesOf(caseIn(panes), told)
    const whole = lossesOf(caseIn(panes)).losses
    expect(shown({ losses })).toMatchObject(
      [
        ['stop', 'FAULT', 'coolant_pump', 107, 0],
        ['stop', 'FAULT', 'chuck', 5, 0],
      ].map(([kind, state, reason, ms]) => [kind, state, reason, ms, expect.any(Number)]),
    )
    expect(sumOf(losses)).toBe(sumOf(whole))
    const late = withAmount(
      quarter(16, LATHE, 'WO-1', { RUN: 15 }),
      'drivers',
      'maintenance/parts_yuan',
      5000,
    )
    expect(shown(lossesOf(caseIn([late]), told))).toEqual([['stop', 'FAULT', 'coolant_pump', 0, 500]])
  })

  test('parts of planned maintenance are no stop', () => {
    const pane = quarter(16, LATHE, 'WO-1', { RUN: 15 })
    add(pane.drivers, 'maintenance/parts_yuan', 5000)
    add(pane.drivers, 'maintenance/preventive/parts_yuan', 5000)
    expect(lossesOf(caseIn([pane])).losses).toEqual([])
  })
})

const sumOf = (losses: readonly Pick<Loss, 'nano'>[]) => losses.reduce((sum, { nano }) => sum + nano, 0n)

test.each<[string, number, string | null, ShownState, number]>([
  ['waiting with an order', 0, 'WO-1', 'IDLE', 1250],
  ['waiting without one: there is nothing to do', 0, null, 'IDLE', 0],
  ['switched off with an order', 0, 'WO-1', 'OFF', 1250],
  ['switched off without one', 0, null, 'OFF', 0],
  ['stopped by hand, order or not', 0, null, 'STOP', 1250],
  ['faulty, order or not', 0, null, 'FAULT', 1250],
  ['running', 0, 'WO-1', 'RUN', 0],
  ['nothing known', 0, 'WO-1', 'UNKNOWN', 0],
  ['in the break', 16, 'WO-1', 'IDLE', 0],
  ['after the shift', 36, 'WO-1', 'FAULT', 0],
])('a quarter-hour %s', (_name, i, order, state, fen) => {
  const { losses } = lossesOf(caseIn([quarter(i, LATHE, order, { [state]: 15 })]))
  expect(losses.map(({ kind, nano }) => [kind, toFen(nano)])).toEqual(fen === 0 ? [] : [['stop', fen]])
})

describe('a set-up of 50 minutes where 35 are the standard', () => {
  const begun = withAmount(quarter(0, LATHE, 'WO-1', { SETUP: 15 }), 'drivers', 'planned/turn', 10_000)
  const panes = [
    begun,
    ...[1, 2].map((i) => quarter(i, LATHE, 'WO-1', { SETUP: 15 })),
    quarter(3, LATHE, 'WO-1', { SETUP: 5, RUN: 10 }),
  ]

  test('costs the quarter-hour beyond it', () => {
    expect(shown(lossesOf(caseIn(panes)))).toEqual([['setup', 'SETUP', null, 15, 1250]])
  })

  test('is the same wherever the window is cut, if what was under way is told', () => {
    for (const cut of [1, 2, 3]) {
      const at = START + cut * QUARTER
      const first = lossesOf(caseIn(panes, RECORDS, START, at))
      const second = lossesOf(caseIn(panes, RECORDS, at), { setups: first.setups })
      expect([...first.losses, ...second.losses]).toEqual(lossesOf(caseIn(panes)).losses)
    }
  })

  test('does not lengthen the next one', () => {
    const next = withAmount(quarter(4, LATHE, 'WO-2', { SETUP: 15 }), 'drivers', 'planned/turn', 1000)
    const again = withAmount(quarter(8, LATHE, 'WO-2', { SETUP: 15 }), 'drivers', 'planned/turn', 1000)
    expect(
      shown(lossesOf(caseIn([...panes, next, quarter(5, LATHE, 'WO-2', { SETUP: 15 }), again]))),
    ).toEqual([['setup', 'SETUP', null, 15, 1250]])
  })

  test('is not judged without a standard, and the standard is named', () => {
    const records = RECORDS.map((one) =>
      one.key === 'lathe' && one.kind === 'work_centre' ? record('work_centre', 'lathe', centre({})) : one,
    )
    const { losses, holes } = lossesOf(caseIn(panes, records))
    expect(losses).toEqual([])
    expect(holes).toEqual([{ reason: 'no_record', of: 'work_centre/lathe/setup', machine: LATHE.path }])
  })
})

test('scrap and rework cost what their element shows', () => {
  const pane = quarter(0, LATHE, 'WO-1', { RUN: 15 })
  add(pane.scrap, 'turn', 3000)
  add(pane.rework, 'turn', 2000)
  const work = caseIn([pane])
  const { losses } = lossesOf(work)
  // a piece: 20 of steel, 6 min at 30 and 10 an hour, less 2 of salvage
  expect(losses.map(({ kind, operation, milli, nano }) => [kind, operation, milli, toFen(nano)])).toEqual([
    ['scrap', 'turn', 3000, 3 * 2200],
    ['rework', 'turn', 2000, 2 * 400],
  ])
  expect(sumOf(losses)).toBe(sumOf(scrap.of(work).posts))
})

describe('gas and air', () => {
  const burner = (i: number, minutes: Times) =>
    withAmount(quarter(i, PAINT, null, minutes), 'registers', 'gas', 50)
  const air = (i: number, minutes: Times) =>
    withAmount(quarter(i, COMPRESSOR, null, minutes), 'registers', 'energy', 200)

  test.each([
    ['a burner that burns beside an idle line', [burner(0, { IDLE: 15 })], [['idle', 15, 200]]],
    ['by night too', [burner(40, { OFF: 15 })], [['idle', 15, 200]]],
    ['a line that ran part of the time: nobody can tell them apart', [burner(0, { IDLE: 14, RUN: 1 })], []],
    ['a line of which nothing is known', [burner(0, { UNKNOWN: 15 })], []],
    ['a compressor that runs for nobody', [air(40, { RUN: 15 })], [['leak', 15, 200]]],
    ['unloaded half of the time', [air(40, { RUN: 5, IDLE: 5, OFF: 5 })], [['leak', 10, 200]]],
    ['switched off', [air(40, { OFF: 15 })], []],
    [
      'while a lathe runs',
      [air(0, { RUN: 15 }), quarter(0, LATHE, 'WO-1', { RUN: 1, IDLE: 14 })],
      [['stop', 14, 1167]],
    ],
    ['while a lathe is silent', [air(40, { RUN: 15 }), quarter(40, LATHE, null, { UNKNOWN: 15 })], []],
    [
      'while a lathe stands',
      [air(40, { RUN: 15 }), quarter(40, LATHE, null, { IDLE: 15 })],
      [['leak', 15, 200]],
    ],
  ] as const)('%s', (_name, panes, expected) => {
    const { losses } = lossesOf(caseIn(panes))
    expect(losses.map(({ kind, ms, nano }) => [kind, ms / MINUTE, toFen(nano)])).toEqual(expected)
  })
})

test('losses are added by cause, dearest first; what differs is null', () => {
  const { losses } = lossesOf(
    caseIn([
      quarter(0, LATHE, 'WO-1', { IDLE: 15 }),
      quarter(1, LATHE, 'WO-2', { IDLE: 15 }),
      quarter(2, LATHE, 'WO-2', { STOP: 15 }),
    ]),
  )
  const [first, second] = addLosses(losses)
  expect(first).toMatchObject({
    state: 'IDLE',
    order: null,
    product: 'A',
    from: START,
    to: START + 2 * QUARTER,
    ms: 2 * QUARTER,
  })
  expect(second).toMatchObject({ state: 'STOP', order: 'WO-2' })
  expect(addLosses(losses, ({ order }) => String(order)).map(({ ms }) => ms)).toEqual([2 * QUARTER, QUARTER])
})

const STATES = ['RUN', 'SETUP', 'IDLE', 'STOP', 'FAULT', 'OFF', 'UNKNOWN'] as const
const anyPane = fc
  .record({
    i: fc.integer({ min: 0, max: 40 }),
    order: fc.constantFrom(null, 'WO-1', 'WO-2'),
    // three orders of at most five minutes are a quarter-hour
    cuts: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 6, maxLength: 6 }),
    begins: fc.boolean(),
    energy: fc.nat(500),
    corrective: fc.nat(5),
    parts: fc.nat(900),
    lost: fc.nat(3000),
  })
  .map(({ i, order, cuts, begins, energy, corrective, parts, lost }) => {
    const edges = [0, ...cuts.toSorted((a, b) => a - b), 5]
    const minutes = Object.fromEntries(STATES.map((state, k) => [state, edges[k + 1]! - edges[k]!]))
    const pane = quarter(i, LATHE, order, minutes)
    if (begins) add(pane.drivers, 'planned/turn', 1000)
    add(pane.registers, 'energy', energy)
    add(pane.drivers, 'maintenance/corrective/s', corrective * MINUTE)
    add(pane.drivers, 'maintenance/parts_yuan', parts)
    if (order !== null) add(pane.scrap, 'turn', lost)
    return pane
  })
const anySegments = fc.array(
  fc.record({
    from: fc.nat(600),
    minutes: fc.integer({ min: 1, max: 200 }),
    reason: fc.constantFrom(null, 'a', 'b'),
  }),
  { maxLength: 6 },
)

test('losses of a window are those of its quarters, and never more than was posted to the machine', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyPane, { maxLength: 30, selector: ({ start, order }) => `${start} ${order}` }),
      anySegments,
      fc.integer({ min: 1, max: 40 }),
      (panes, list, cut) => {
        const segments = new Map([
          [LATHE.path, list.map(({ from, minutes, reason }) => fault(from, from + minutes, reason))],
        ])
        const work = caseIn(panes)
        const whole = lossesOf(work, { segments })
        const at = START + cut * QUARTER
        const first = lossesOf(caseIn(panes, RECORDS, START, at), { segments })
        const second = lossesOf(caseIn(panes, RECORDS, at), { segments, setups: first.setups })
        expect([...first.losses, ...second.losses]).toEqual(whole.losses)
        const ofTime = whole.losses.filter(({ kind }) => kind === 'stop' || kind === 'setup')
        expect(ofTime.every(({ nano, ms }) => nano >= 0n && ms >= 0)).toBe(true)
        const posted = [
          ...crewPosts(work),
          ...hourPosts(work),
          ...maintenance.of(work).posts,
          ...electricity.of(work).posts,
        ]
        expect(sumOf(ofTime)).toBeLessThanOrEqual(sumOf(posted))
        expect(sumOf(whole.losses.filter(({ kind }) => kind === 'scrap'))).toBe(sumOf(scrap.of(work).posts))
      },
    ),
    { numRuns: 60 },
  )
})
