/** Panes of a machine: exact, complete, and the same whatever the order of arrival, the repetitions and the boundaries. */
import crypto from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, spanOfDay, type Calendar } from '#domain/accounting/calendar.ts'
import { LOOK_BACK, type EventHeard, type Facts, type StateHeard } from '#domain/accounting/facts.ts'
import { panesOf, type MachineTerms } from '#domain/accounting/machinePanes.ts'
import {
  addPanes,
  addTo,
  GROUPS,
  openPane,
  QUARTER,
  SCALARS,
  type Amounts,
  type Pane,
} from '#domain/accounting/pane.ts'
import { contentHash, decodePanes, encodePanes, encodeSources } from '#domain/accounting/paneText.ts'
import { MACHINE_STATES, type Measure } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#domain/time.ts'

const sha256 = (text: string) => crypto.createHash('sha256').update(text).digest('hex')
const at = (text: string): number => Date.parse(`${text}+08:00`)

const measure = (name: string, unit: string, scale: number, rollover: number | null = null): Measure => ({
  name,
  class: 'count',
  title: { zh: name, en: name },
  unit,
  scale,
  min: null,
  max: null,
  periodMs: MINUTE,
  staleMs: 3 * MINUTE,
  rollover,
  limit: null,
})
const M = 'main/a/l1/m-1'
const OTHER = 'main/a/l1/m-2'
const title = { zh: '班', en: 'shift' }
const calendar = (
  calendarOf(
    [
      { name: title, start: 480, end: 1020, breaks: [{ start: 720, end: 780 }] },
      { name: title, start: 1020, end: 1500, breaks: [{ start: 1380, end: 1390 }] },
    ],
    ['2026-02-17'],
  ) as { calendar: Calendar }
).calendar
const terms: MachineTerms = {
  machine: {
    path: M,
    measures: [measure('kwh', 'kWh', 100, 100_000), measure('good', '1', 1), measure('scrap', '1', 1)],
    stateStaleMs: 3 * MINUTE,
  },
  calendar,
  hours: {},
}
const nothing: Facts = { samples: {}, states: [], events: [], signs: [] }
const event = (ts: number, type: string, fields: object = {}, seq?: number): EventHeard => ({
  boot: seq === undefined ? null : 'e',
  item: {
    ts,
    type,
    ...(type === 'order_start' ? { planned_qty: 0 } : {}),
    ...fields,
    ...(seq === undefined ? {} : { seq }),
  },
})
const state = (
  ts: number,
  lastTs: number,
  name: StateHeard['state'],
  work: Partial<StateHeard> = {},
): StateHeard => ({
  ts,
  lastTs,
  state: name,
  reason: null,
  ...work,
})
const work = (order: string, operation = 'op10') => ({ order, product: `P-${order}`, operation })
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0)
const of = (panes: readonly Pane[], order: string | null) => panes.filter((pane) => pane.order === order)
const plain = (amounts: Amounts) => ({ ...amounts })

const tested = (ts: number, serial: string, result: string) =>
  event(ts, 'test_result', {
    serial,
    order: 'A',
    product: 'P-A',
    result,
    pressure_mpa: 2.4,
    hold_s: 15,
    leak_ml_min: 0,
  })

const maintenance = (ts: number, phase: string, kind: string, parts = {}) =>
  event(ts, 'maintenance', { work_order: kind, kind, phase, ...parts })

const sample = (seq: number, ts: number, steps: number): Sample => ({ boot: 'a', seq, ts, steps })

const T = at('2026-03-31T09:00:00')

const handBack = (ts: number) =>
  event(ts, 'material_return', { order: 'S', material: 'bar', qty: 1, unit: 'kg' })

describe('one thing at a time', () => {
  test('nothing heard is UNKNOWN, inside the plan and outside, and covers nothing', () => {
    const [pane] = panesOf(terms, nothing, { from: T, to: T + QUARTER }, QUARTER)
    expect(plain(pane!.states)).toEqual({ UNKNOWN: QUARTER })
    expect(plain(pane!.busy)).toEqual({ UNKNOWN: QUARTER })
    expect([pane!.covered, pane!.uncertain, pane!.persons]).toEqual([0, 0, 0])
    expect(pane!.sources).toEqual([])
  })

  test('a state holds until it was silent for too long, and a break is no planned time', () => {
    const noon = at('2026-03-31T11:55:00')
    const facts = { ...nothing, states: [state(noon, noon + 6 * MINUTE, 'RUN')] }
    const panes = panesOf(terms, facts, { from: noon, to: noon + QUARTER }, MINUTE)
    const all = addPanes(panes)
    expect(sum(all.map(({ states }) => states.RUN ?? 0))).toBe(9 * MINUTE)
    expect(sum(all.map(({ states }) => states.UNKNOWN ?? 0))).toBe(6 * MINUTE)
    expect(sum(all.map(({ busy }) => sum(Object.values(busy))))).toBe(5 * MINUTE)
  })

  test('pieces that two readings tell were made while the machine ran; energy flowed all the time', () => {
    const both = (steps: number, seq: number) => ({ boot: 'a', seq, ts: T + seq * QUARTER, steps })
    const facts: Facts = {
      ...nothing,
      samples: { good: [0, 4].map(both), kwh: [0, 30].map(both) },
      // two pieces of A, a set-up, then two of B
      states: [
        state(T - HOUR, T + 2 * MINUTE, 'RUN'),
        state(T + 2 * MINUTE, T + 12 * MINUTE, 'SETUP'),
        state(T + 12 * MINUTE, T + 14 * MINUTE, 'RUN'),
        state(T + 14 * MINUTE, T + HOUR, 'IDLE'),
      ],
      events: [
        event(T - HOUR, 'order_start', work('A')),
        event(T + 2 * MINUTE, 'order_end', work('A'), 1),
        event(T + 2 * MINUTE, 'order_start', work('B'), 2),
      ],
    }
    const panes = panesOf(terms, facts, { from: T, to: T + QUARTER }, QUARTER)
    expect(panes.map(({ order, good }) => [order, plain(good)])).toEqual([
      ['A', { op10: 2000 }],
      ['B', { op10: 2000 }],
    ])
    expect(panes.map(({ registers }) => registers['kwh'])).toEqual([4, 26])
    const idle = { ...facts, states: [state(T, T + HOUR, 'IDLE')] }
    const standing = panesOf(terms, idle, { from: T, to: T + QUARTER }, MINUTE)
    // nothing ran: they are spread over the time
    expect(
      standing.flatMap(({ start, good }) => (sum(Object.values(good)) > 0 ? [(start - T) / MINUTE] : [])),
    ).toEqual([3, 7, 11, 14])
  })

  test('what a machine without a register made is told when its order ends, by product, and nowhere else', () => {
    const blind = { ...terms, machine: { ...terms.machine, measures: [measure('kwh', 'kWh', 100)] } }
    const body = { order: 'H-1', product: 'P-B', operation: 'body.fu' }
    const tail = { order: 'H-1', product: 'P-A', operation: 'tail.fu' }
    const charge = (ts: number, kg: number, seq: number) =>
      event(ts, 'material_issue', { order: 'H-1', material: 'iron', qty: kg, unit: 'kg' }, seq)
    const end = T + 20 * MINUTE
    const events = [
      event(T, 'order_start', { ...body, planned_qty: 50 }, 1),
      charge(T, 220, 2),
      event(T, 'order_start', { ...tail, planned_qty: 20 }, 3),
      charge(T, 40, 4),
      event(end, 'order_end', { ...body, planned_qty: 50, good_qty: 47 }, 5),
      event(end, 'order_end', { ...tail, planned_qty: 20, good_qty: 20 }, 6),
      event(end, 'order_end', work('X'), 7),
    ]
    const span = { from: T, to: T + 2 * QUARTER }
    const panes = panesOf(blind, { ...nothing, events }, span, QUARTER)
    const told = (list: readonly Pane[]) =>
      list.flatMap(({ start, product, good, drivers }) =>
        Object.keys(good).length + Object.keys(drivers).length > 0
          ? [[(start - T) / QUARTER, product, plain(good), plain(drivers)]]
          : [],
      )
    expect(told(panes)).toEqual([
      [0, 'P-A', {}, { 'planned/tail.fu': 20_000, 'material/iron/kg': 40_000 }],
      [0, 'P-B', {}, { 'planned/body.fu': 50_000, 'material/iron/kg': 220_000 }],
      [1, 'P-A', { 'tail.fu': 20_000 }, {}],
      [1, 'P-B', { 'body.fu': 47_000 }, {}],
    ])
    expect(told(panesOf(terms, { ...nothing, events }, span, QUARTER)).slice(2)).toEqual([])
  })

  test('a quarter with two orders is two panes; what was made between two readings divides at the change', () => {
    const facts: Facts = {
      ...nothing,
      samples: {
        good: [
          { boot: 'a', seq: 1, ts: T, steps: 100 },
          { boot: 'a', seq: 2, ts: T + 10 * SECOND, steps: 110 },
        ],
      },
      states: [state(T - HOUR, T + HOUR, 'RUN')],
      events: [
        event(T - 3 * HOUR, 'order_start', work('A')),
        event(T + 4 * SECOND, 'order_end', work('A'), 8),
        event(T + 4 * SECOND, 'order_start', work('B', 'op20'), 9),
      ],
    }
    const panes = panesOf(terms, facts, { from: T, to: T + QUARTER }, QUARTER)
    expect(panes.map(({ order, product, shift }) => [order, product, shift])).toEqual([
      ['A', 'P-A', 0],
      ['B', 'P-B', 0],
    ])
    expect(panes.map(({ good }) => plain(good))).toEqual([{ op10: 4000 }, { op20: 6000 }])
    expect(panes.map(({ states }) => states.RUN)).toEqual([4 * SECOND, QUARTER - 4 * SECOND])
  })

  test('what the states say of an order counts until the first order event', () => {
    const facts: Facts = {
      ...nothing,
      states: [
        state(T, T, 'RUN', { order: 'S', product: 'P-S' }),
        state(T + MINUTE, T + 10 * MINUTE, 'RUN', { order: 'S', product: 'P-S' }),
      ],
      events: [event(T + 5 * MINUTE, 'order_end', work('S'))],
    }
    const panes = panesOf(terms, facts, { from: T, to: T + QUARTER }, QUARTER)
    expect(of(panes, 'S').map(({ states }) => plain(states))).toEqual([{ RUN: 5 * MINUTE }])
    expect(of(panes, null).map(({ states }) => plain(states))).toEqual([
      { RUN: 8 * MINUTE, UNKNOWN: 2 * MINUTE },
    ])
  })

  test('the end of another order or operation than the one that runs ends nothing', () => {
    const events = [
      event(T, 'order_start', work('B')),
      event(T + MINUTE, 'order_end', work('A')),
      event(T + MINUTE, 'order_end', work('B', 'op99')),
      event(T + 2 * MINUTE, 'order_end', work('B')),
    ]
    const panes = panesOf(terms, { ...nothing, events }, { from: T, to: T + 3 * MINUTE }, MINUTE)
    expect(panes.map(({ order }) => order)).toEqual(['B', 'B', null])
  })

  test('without a sequence, what ends at an instant goes before what begins', () => {
    const events = [
      event(T - MINUTE, 'order_start', work('A', 'z')),
      event(T, 'order_start', work('A', 'a')),
      event(T, 'order_end', work('A', 'z')),
    ]
    const good = [0, 10].map((steps, seq) => ({ boot: 'a', seq, ts: T + seq * MINUTE, steps }))
    const [pane] = panesOf(
      terms,
      { ...nothing, events, samples: { good } },
      { from: T, to: T + MINUTE },
      MINUTE,
    )
    expect(plain(pane!.good)).toEqual({ a: 10_000 })
    const both = [
      event(T, 'order_start', work('B', 'a')),
      event(T, 'order_end', work('B', 'a')),
      event(T - MINUTE, 'order_start', work('B', 'a')),
    ]
    expect(panesOf(terms, { ...nothing, events: both }, { from: T, to: T + MINUTE }, MINUTE)[0]!.order).toBe(
      'B',
    )
  })

  test('an order that only states told still knows its product at the instant of its end', () => {
    const states = [state(T, T, 'RUN', { order: 'S', product: 'P-S' }), state(T + MINUTE, T + MINUTE, 'IDLE')]
    const product = (ts: number) =>
      panesOf(
        terms,
        { ...nothing, states, events: [handBack(ts)] },
        { from: T, to: T + QUARTER },
        QUARTER,
      ).find(({ drivers }) => drivers['material/bar/kg'] === -1000)!.product
    expect([product(T), product(T + MINUTE), product(T + MINUTE + 1)]).toEqual(['P-S', 'P-S', null])
  })

  test('time is covered where the state is known and every register was heard before and after', () => {
    const readings = (last: number) =>
      [0, last].map((minute, seq) => ({ boot: 'a', seq, ts: T + minute * MINUTE, steps: seq }))
    const samples = { kwh: readings(5), good: readings(4), scrap: readings(5) }
    const covered = (heard: Partial<Facts>) =>
      panesOf(terms, { ...nothing, ...heard }, { from: T, to: T + QUARTER }, QUARTER)[0]!.covered
    const states = [state(T, T, 'RUN')]
    expect(covered({ samples, states })).toBe(3 * MINUTE)
    expect(covered({ samples, states: [state(T, T + HOUR, 'OFF')] })).toBe(4 * MINUTE)
    expect(covered({ samples })).toBe(0)
    expect(covered({ samples: { kwh: readings(5), good: readings(5) }, states })).toBe(0)
  })

  test('an event goes to the order that it names; what is returned as the order ends still knows its product', () => {
    const events = [
      event(T, 'order_start', work('A')),
      event(T + 9 * MINUTE, 'material_issue', { order: 'A', material: 'bar', qty: 2.5, unit: 'kg' }),
      event(T + 10 * MINUTE, 'order_end', work('A'), 1),
      event(T + 10 * MINUTE, 'material_return', { order: 'A', material: 'bar', qty: 0.1004, unit: 'kg' }, 2),
      event(T + 11 * MINUTE, 'material_return', { order: 'A', material: 'bar', qty: 0.2, unit: 'kg' }),
      event(T + 12 * MINUTE, 'material_issue', { order: 'Z', material: 'bar', qty: 1, unit: 'kg' }),
      event(T + 12 * MINUTE, 'tool_change', { tool_type: 'insert', tool: 't-1' }),
      event(T + 13 * MINUTE, 'heat', { heat: 'h', charge_kg: 700, tapped_kg: 650.5 }),
      event(T + 13 * MINUTE, 'packed', { order: 'B', product: 'P-B', qty: 7 }),
      event(T + 14 * MINUTE, 'receipt', { ...work('C', 'os40'), qty: 12 }),
    ]
    const panes = panesOf(terms, { ...nothing, events }, { from: T, to: T + QUARTER }, QUARTER)
    expect(panes.map(({ order, product, drivers }) => [order, product, plain(drivers)])).toEqual([
      [
        null,
        null,
        { 'tool_change/insert': 1000, heat: 1000, 'heat/charge_kg': 700_000, 'heat/tapped_kg': 650_500 },
      ],
      ['A', 'P-A', { 'material/bar/kg': 2200 }],
      ['B', 'P-B', { packed: 7000 }],
      ['C', 'P-C', { 'receipt/os40': 12_000 }],
      ['Z', null, { 'material/bar/kg': 1000 }],
    ])
  })

  test('rejects are scrap where no register counts it, and only told where one does; rework likewise', () => {
    const events = [
      event(T, 'reject', { ...work('A'), qty: 2, reason: 'size' }),
      event(T, 'rework', { ...work('A'), qty: 1, reason: 'size' }),
    ]
    const span = { from: T, to: T + QUARTER }
    const counted = of(panesOf(terms, { ...nothing, events }, span, QUARTER), 'A')[0]!
    expect([counted.scrap, counted.rework, counted.drivers].map(plain)).toEqual([
      {},
      { op10: 1000 },
      { 'reject/op10': 2000, 'rework/op10': 1000 },
    ])
    const blind = { ...terms, machine: { ...terms.machine, measures: [measure('kwh', 'kWh', 100)] } }
    expect(plain(of(panesOf(blind, { ...nothing, events }, span, QUARTER), 'A')[0]!.scrap)).toEqual({
      op10: 2000,
    })
  })

  test('a serial is inspected for the first time once in 24 hours', () => {
    const events = [
      tested(T - LOOK_BACK.retest, 's1', 'fail'),
      tested(T - LOOK_BACK.retest, 's0', 'fail'),
      tested(T, 's1', 'pass'),
      tested(T + 1, 's0', 'pass'),
      tested(T + 2, 's2', 'fail'),
      tested(T + 3, 's2', 'pass'),
    ]
    const panes = panesOf(terms, { ...nothing, events }, { from: T, to: T + QUARTER }, QUARTER)
    expect(plain(of(panes, 'A')[0]!.drivers)).toEqual({
      'test/pass': 3000,
      'test/fail': 1000,
      'test/first': 2000,
      'test/first_pass': 1000,
    })
  })

  test('planned maintenance is no planned busy time, and work orders tell their time while they are open', () => {
    const events = [
      maintenance(T - DAY, 'start', 'corrective'),
      maintenance(T + 2 * MINUTE, 'end', 'corrective', { parts_yuan: 170.5 }),
      maintenance(T + 5 * MINUTE, 'start', 'preventive'),
    ]
    const facts = { ...nothing, events, states: [state(T, T + HOUR, 'STOP')] }
    const [pane] = panesOf(terms, facts, { from: T, to: T + QUARTER }, QUARTER)
    expect(plain(pane!.busy)).toEqual({ STOP: 5 * MINUTE })
    expect(plain(pane!.states)).toEqual({ STOP: QUARTER })
    expect(plain(pane!.drivers)).toEqual({
      'maintenance/corrective/s': 2 * MINUTE,
      'maintenance/parts_yuan': 170_500,
      'maintenance/preventive': 1000,
      'maintenance/preventive/s': 10 * MINUTE,
    })
  })

  test('who tends three machines gives each a third, exactly; who never signs off is off after 16 hours', () => {
    const paths = [M, OTHER, 'main/a/l1/m-3']
    const signs = [
      event(T, 'sign_on', { worker: 'w', machines: paths }),
      event(T + 100, 'sign_off', { worker: 'w', machines: [OTHER] }),
      event(T + 201, 'sign_off', { worker: 'w' }),
      event(T, 'sign_on', { worker: 'v', machines: [M] }),
    ]
    const persons = (path: string, from: number, to: number) =>
      sum(
        panesOf(
          { ...terms, machine: { ...terms.machine, path } },
          { ...nothing, signs },
          { from, to },
          QUARTER,
        ).map((pane) => pane.persons),
      )
    const shares = paths.map((path) => persons(path, T, T + QUARTER))
    expect(sum(shares)).toBe(201 + QUARTER)
    expect(shares[1]).toBe(33)
    expect(persons(M, T + QUARTER, T + DAY)).toBe(16 * HOUR - QUARTER)
  })

  test('a pane names the signs that its people came by, also on the topic of another machine', () => {
    const sign = event(T - HOUR, 'sign_on', { worker: 'w', machines: [OTHER, M] }, 4)
    const signs: EventHeard[] = [{ ...sign, machine: OTHER }]
    const [pane] = panesOf(terms, { ...nothing, signs }, { from: T, to: T + QUARTER }, QUARTER)
    expect(pane!.persons).toBe(QUARTER / 2)
    expect(pane!.sources).toEqual([{ machine: OTHER, class: 'event', boot: 'e', from: 4, to: 4 }])
  })

  test('the open pane runs to the newest reading, gaps are uncertain, a reset is flagged', () => {
    const samples = ['kwh', 'good', 'scrap'].map((name) => [
      name,
      [sample(1, T, 50), sample(2, T + MINUTE, 60), sample(3, T + 8 * MINUTE, 4)],
    ])
    const facts = { ...nothing, samples: Object.fromEntries(samples), states: [state(T, T + HOUR, 'RUN')] }
    const [pane] = panesOf(terms, facts, { from: T, to: T + QUARTER }, QUARTER)
    expect(plain(pane!.registers)).toEqual({ kwh: 14 })
    expect([pane!.covered, pane!.uncertain, pane!.flags]).toEqual([8 * MINUTE, 7 * MINUTE, 16])
    expect(pane!.sources).toEqual([
      { machine: null, class: 'count', boot: 'a', from: 1, to: 3 },
      { machine: null, class: 'state', boot: null, from: T, to: T + QUARTER },
    ])
  })

  test('a meter has no states; its readings are its evidence', () => {
    const meter = {
      ...terms,
      machine: { ...terms.machine, meter: true, measures: [measure('kwh', 'kWh', 100)] },
    }
    const kwh = [0, 1, 2].map((i) => ({ boot: 'a', seq: i, ts: T + i * QUARTER, steps: i * 7 }))
    const panes = panesOf(meter, { ...nothing, samples: { kwh } }, { from: T, to: T + 2 * QUARTER }, QUARTER)
    expect(panes.map(({ registers }) => registers['kwh'])).toEqual([7, 7])
    expect(panes.map(({ states }) => plain(states))).toEqual([{}, {}])
    expect(sum(panes.map(({ covered }) => covered))).toBe(2 * QUARTER)
  })

  test('names that a language reserves are names like any other', () => {
    const events = [
      event(T, 'order_start', { order: '__proto__', product: 'constructor', operation: '__proto__' }),
      event(T + 1, 'reject', {
        order: '__proto__',
        product: 'constructor',
        operation: '__proto__',
        qty: 1,
        reason: 'x',
      }),
      event(T + 2, 'tool_change', { tool_type: '__proto__', tool: 't' }),
    ]
    const blind = { ...terms, machine: { ...terms.machine, measures: [] } }
    const panes = panesOf(blind, { ...nothing, events }, { from: T, to: T + QUARTER }, QUARTER)
    expect(Object.entries(panes[0]!.scrap)).toEqual([['__proto__', 1000]])
    expect(encodePanes(decodePanes(encodePanes(panes)))).toBe(encodePanes(panes))
  })
})

// ---- whatever is heard

/** Windows over midnight at a month's end, into a leap day, over the year's end, across the morning of a closed day. */
const STARTS = [
  '2026-03-31T23:00',
  '2028-02-28T23:00',
  '2026-12-31T23:30',
  '2026-02-17T07:00',
  '2026-03-10T16:00',
]
const SPAN = 2 * HOUR

const anyFacts = fc
  .record({
    start: fc.constantFrom(...STARTS),
    readings: fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b'),
        fc.integer({ min: -30_000, max: 500_000 }),
        fc.nat(400),
        fc.nat(60),
        fc.nat(1),
      ),
      { maxLength: 25, size: 'max' },
    ),
    states: fc.array(
      fc.tuple(fc.nat(SPAN), fc.nat(400_000), fc.constantFrom('RUN', ...MACHINE_STATES), fc.nat(3)),
      {
        maxLength: 25,
        size: 'max',
      },
    ),
    events: fc.array(
      fc.tuple(
        fc.integer({ min: -HOUR, max: SPAN }),
        fc.constantFrom(
          'order_start',
          'order_end',
          'reject',
          'rework',
          'material_issue',
          'test_result',
          'packed',
          'maintenance',
          'meter_swap',
        ),
        fc.nat(2),
        fc.nat(5),
      ),
      { maxLength: 25 },
    ),
    signs: fc.array(
      fc.tuple(
        fc.integer({ min: -HOUR, max: SPAN }),
        fc.boolean(),
        fc.nat(1),
        fc.subarray([M, OTHER, 'main/a/l1/m-3']),
      ),
      { maxLength: 10 },
    ),
  })
  .map(({ start, readings, states, events, signs }) => {
    const from = at(`${start}:00`)
    const samples: Record<string, Sample[]> = { kwh: [], good: [], scrap: [] }
    let now = from - 5 * MINUTE
    readings.forEach(([boot, step, kwh, good, scrap], seq) => {
      now += step
      samples['kwh']!.push({ boot, seq, ts: now, steps: kwh })
      samples['good']!.push({ boot, seq, ts: now, steps: good })
      if (seq % 3 > 0) samples['scrap']!.push({ boot, seq, ts: now, steps: scrap })
    })
    const facts: Facts = {
      samples,
      states: states.map(([ts, length, name, order]) =>
        state(from + ts, from + ts + length, name, order === 0 ? {} : work(`S${order}`)),
      ),
      events: events.map(([ts, type, order, n], seq) =>
        event(
          from + ts,
          type,
          {
            ...work(`W${order}`, `op${n % 2}`),
            qty: n / 4,
            planned_qty: n,
            ...(n > 2 ? { good_qty: n } : {}),
            reason: 'r',
            material: 'bar',
            unit: 'kg',
            serial: `s${n}`,
            result: n % 2 ? 'pass' : 'fail',
            work_order: `w${order}`,
            parts_yuan: n,
            kind: order ? 'preventive' : 'corrective',
            phase: n % 2 ? 'start' : 'end',
            ...(type === 'meter_swap' ? { measure: 'kwh', old_last: n, new_first: n / 2 } : {}),
          },
          seq % 4 === 0 ? undefined : seq,
        ),
      ),
      signs: signs.map(([ts, on, worker, machines]) =>
        event(from + ts, on ? 'sign_on' : 'sign_off', { worker: `w${worker}`, machines }),
      ),
    }
    return { facts, span: { from, to: from + SPAN } }
  })

const contentOf = (panes: readonly Pane[]): string => encodePanes(panes)

/** Everything but the key, over all panes. */
function quantitiesOf(panes: readonly Pane[]) {
  const all = openPane({ machine: M, start: 0, shift: null, order: null, product: null }, QUARTER)
  for (const pane of panes) addTo(all, pane)
  return { ...all, sources: [] }
}

test('minutes sum to the quarters that are made at once, and parts to the whole at every level', () => {
  fc.assert(
    fc.property(anyFacts, ({ facts, span }) => {
      const minutes = panesOf(terms, facts, span, MINUTE)
      const quarters = panesOf(terms, facts, span, QUARTER)
      expect(contentOf(addPanes(minutes))).toBe(contentOf(quarters))
      expect(contentOf(addPanes(quarters))).toBe(contentOf(quarters))
      expect(quantitiesOf(minutes)).toEqual(quantitiesOf(quarters))
    }),
  )
})

test('other boundaries never change a total', () => {
  fc.assert(
    fc.property(anyFacts, fc.array(fc.nat(SPAN), { maxLength: 5 }), ({ facts, span }, cuts) => {
      const edges = [span.from, ...cuts.map((cut) => span.from + cut).toSorted((a, b) => a - b), span.to]
      const parts = edges.slice(1).flatMap((to, i) => panesOf(terms, facts, { from: edges[i]!, to }, QUARTER))
      expect(contentOf(addPanes(parts))).toBe(contentOf(panesOf(terms, facts, span, QUARTER)))
    }),
  )
})

test('any order of arrival and any repetition give the same content hash', () => {
  fc.assert(
    fc.property(anyFacts, fc.infiniteStream(fc.nat()), ({ facts, span }, turn) => {
      const mixed = <T>(list: readonly T[]): T[] =>
        [...list, ...list.filter((_, i) => i % 3 === 0)]
          .map((one) => ({ one, key: turn.next().value as number }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ one }) => one)
      const other: Facts = {
        samples: Object.fromEntries(Object.entries(facts.samples).map(([name, list]) => [name, mixed(list)])),
        states: mixed(facts.states),
        events: mixed(facts.events),
        signs: mixed(facts.signs),
      }
      const hash = (heard: Facts) => contentHash(panesOf(terms, heard, span, MINUTE), sha256)
      expect(hash(other)).toBe(hash(facts))
    }),
  )
})

const tsOf = (one: EventHeard | Sample | StateHeard): number => ('item' in one ? one.item.ts : one.ts)
const isOf = (one: EventHeard, type: RegExp): boolean => type.test(one.item.type!)

/** No more of the facts than facts.ts asks for. */
function needed({ samples, states, events, signs }: Facts, from: number, to: number): Facts {
  type Entry = EventHeard | Sample | StateHeard
  const newest = (list: readonly Entry[]) => Math.max(...list.map(tsOf).filter((ts) => ts < from))
  const oldest = (list: readonly Entry[]) => Math.min(...list.map(tsOf).filter((ts) => ts >= to))
  const since = <T extends Entry>(list: readonly T[], start: number): T[] =>
    list.filter((one) => tsOf(one) >= start && tsOf(one) < to)
  const around = <T extends Entry>(list: readonly T[]): T[] =>
    list.filter((one) => tsOf(one) >= Math.min(from, newest(list)) && tsOf(one) <= Math.max(to, oldest(list)))
  const orders = events.filter((one) => isOf(one, /^order_/))
  const begun = newest(orders.filter((one) => isOf(one, /^order_start$/)))
  const cycled = [samples['good']!, samples['scrap']!]
  const first = Math.min(from, ...cycled.map(newest).filter(Number.isFinite))
  const last = Math.max(to, ...cycled.map(oldest).filter(Number.isFinite))
  const ran = states.filter(({ ts }) => ts >= first && ts < last)
  const before = states.filter(
    ({ ts }) => ts < first && ts === Math.max(...states.map(tsOf).filter((one) => one < first)),
  )
  return {
    samples: Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, around(list)])),
    states: [...before, ...ran],
    events: [
      ...since(orders, Number.isFinite(begun) ? begun : Math.min(from, newest(orders))),
      ...since(
        events.filter((one) => isOf(one, /^test_result$/)),
        from - LOOK_BACK.retest,
      ),
      ...since(
        events.filter((one) => isOf(one, /^maintenance$/)),
        from - LOOK_BACK.maintenance,
      ),
      ...events.filter((one) => isOf(one, /^meter_swap$/)),
      ...since(
        events.filter((one) => !isOf(one, /^(order_.*|test_result|maintenance|meter_swap)$/)),
        from,
      ),
    ],
    signs: since(signs, from - LOOK_BACK.stint),
  }
}

test('any part of the span can be recomputed from what lies around it', () => {
  fc.assert(
    fc.property(anyFacts, fc.nat(7), fc.integer({ min: 1, max: 8 }), ({ facts, span }, first, count) => {
      const samples = Object.fromEntries(
        Object.entries(facts.samples).map(([name, list]) => {
          // one life of the device whose clock only goes on
          const ordered = list.toSorted((a, b) => a.ts - b.ts)
          return [name, ordered.map((one, seq) => ({ ...one, boot: 'a', seq }))]
        }),
      )
      const states = facts.states
        .toSorted((a, b) => a.ts - b.ts)
        .map((run, i, all) => ({ ...run, lastTs: Math.min(run.lastTs, all[i + 1]?.ts ?? run.lastTs) }))
      const heard = { ...facts, samples, states }
      const part = {
        from: span.from + first * QUARTER,
        to: Math.min(span.to, span.from + (first + count) * QUARTER),
      }
      const whole = panesOf(terms, heard, span, QUARTER)
      const again = panesOf(terms, needed(heard, part.from, part.to), part, QUARTER)
      expect(contentOf(again)).toBe(
        contentOf(whole.filter(({ start }) => start >= part.from && start < part.to)),
      )
    }),
    { numRuns: 300 },
  )
})

test('every millisecond is in one state of one pane; busy time is a part of it; nothing is negative but returns', () => {
  fc.assert(
    fc.property(anyFacts, ({ facts, span }) => {
      const panes = panesOf(terms, facts, span, MINUTE)
      const byMinute = Map.groupBy(panes, ({ start }) => start)
      expect(byMinute.size).toBe(SPAN / MINUTE)
      for (const [start, own] of byMinute) {
        expect(start % MINUTE).toBe(0)
        expect(sum(own.flatMap(({ states }) => Object.values(states)))).toBe(MINUTE)
        expect(new Set(own.map(({ shift }) => shift)).size).toBe(1)
      }
      for (const { states, busy, covered, uncertain, persons, registers, good } of panes) {
        for (const [name, ms] of Object.entries(busy)) expect(ms).toBeLessThanOrEqual(states[name as 'RUN']!)
        for (const value of [
          covered,
          uncertain,
          persons,
          ...Object.values(registers),
          ...Object.values(good),
        ])
          expect(Number.isSafeInteger(value) && value >= 0).toBe(true)
        expect(covered).toBeLessThanOrEqual(sum(Object.values(states)))
      }
    }),
  )
})

test("people's time over all machines is the time they were signed on", () => {
  fc.assert(
    fc.property(anyFacts, ({ facts, span }) => {
      const paths = [M, OTHER, 'main/a/l1/m-3']
      const shares = paths.map((path) =>
        sum(
          panesOf({ ...terms, machine: { ...terms.machine, path } }, facts, span, QUARTER).map(
            (p) => p.persons,
          ),
        ),
      )
      // the same, minute by minute of the signs themselves
      const marks = [...new Set([span.from, span.to, ...facts.signs.map(({ item }) => item.ts)])]
        .filter((ts) => ts >= span.from && ts <= span.to)
        .toSorted((a, b) => a - b)
      let expected = 0
      for (let i = 1; i < marks.length; i++)
        for (const worker of ['w0', 'w1']) {
          const on = new Set<string>()
          for (const { item } of facts.signs.toSorted(
            (a, b) => a.item.ts - b.item.ts || (a.item.type! < b.item.type! ? -1 : 1),
          )) {
            if (item['worker'] !== worker || item.ts > marks[i - 1]!) continue
            const machines = item['machines'] as string[]
            if (item.type === 'sign_on') machines.forEach((path) => on.add(path))
            else if (machines.length === 0) on.clear()
            else machines.forEach((path) => on.delete(path))
          }
          if (on.size > 0) expected += marks[i]! - marks[i - 1]!
        }
      expect(sum(shares)).toBe(expected)
    }),
  )
})

describe('panes as text', () => {
  test('come back as they were, with their sources, in whatever order they are written', () => {
    fc.assert(
      fc.property(anyFacts, ({ facts, span }) => {
        const panes = panesOf(terms, facts, span, QUARTER)
        const text = encodePanes(panes)
        expect(decodePanes(text, encodeSources(panes))).toEqual(panes)
        expect(encodePanes(panes.toReversed())).toBe(text)
        expect(contentHash(decodePanes(text), sha256)).toBe(sha256(text))
      }),
    )
  })

  test('sources are no content; one changed amount is', () => {
    const panes = panesOf(
      terms,
      { ...nothing, states: [state(T, T + HOUR, 'RUN')] },
      { from: T, to: T + HOUR },
      QUARTER,
    )
    expect(encodePanes(panes.map((pane) => ({ ...pane, sources: [] })))).toBe(encodePanes(panes))
    for (const group of GROUPS)
      expect(encodePanes([{ ...panes[0]!, [group]: { x: 1 } }])).not.toBe(encodePanes([panes[0]!]))
    for (const scalar of [...SCALARS, 'flags' as const])
      expect(encodePanes([{ ...panes[0]!, [scalar]: 77 }])).not.toBe(encodePanes([panes[0]!]))
  })

  test('no panes are a text too; panes of two machines and a text of another version are refused', () => {
    expect(decodePanes(encodePanes([]))).toEqual([])
    const [pane] = panesOf(terms, nothing, { from: T, to: T + QUARTER }, QUARTER)
    expect(() => encodePanes([pane!, { ...pane!, machine: OTHER }])).toThrow(RangeError)
    expect(() => decodePanes(encodePanes([pane!]).replace('"v":1', '"v":9'))).toThrow('version 9')
  })
})

test('a production day is recomputed in a few milliseconds', () => {
  const day = spanOfDay(calendar, '2026-03-31')
  const minute = (i: number) => day.from + i * MINUTE
  const facts: Facts = {
    ...nothing,
    samples: Object.fromEntries(
      ['kwh', 'good', 'scrap'].map((name) => [
        name,
        Array.from({ length: 1441 }, (_, i) => ({ boot: 'a', seq: i, ts: minute(i), steps: i })),
      ]),
    ),
    states: Array.from({ length: 1440 }, (_, i) => state(minute(i), minute(i), i % 50 ? 'RUN' : 'IDLE')),
    events: Array.from({ length: 20 }, (_, i) => event(minute(60 * i), 'order_start', work(`W${i}`))),
  }
  // the fastest of five: what it takes, not how busy the machine is
  const taken = (length: number) =>
    Math.min(
      ...[1, 2, 3, 4, 5].map(() => {
        const start = performance.now()
        panesOf(terms, facts, day, length)
        return performance.now() - start
      }),
    )
  expect(taken(QUARTER)).toBeLessThan(50)
  expect(taken(MINUTE)).toBeLessThan(100)
})
