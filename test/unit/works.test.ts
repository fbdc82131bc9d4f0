/** The simulated works: repeatable, complete, balanced; its true cost is that of the documented data. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { CountMessage, EventMessage, StateMessage, TelemetryMessage } from '#contract/envelope.ts'
import { EVENT_TYPES } from '#contract/events.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { ELEMENTS, LINES, ROWS, STREAMS } from '../../simulators/works/catalogue.ts'
import { dayFactor, hoursOf, isOpen, shiftsOf, without, yearOf } from '../../simulators/works/calendar.ts'
import { MACHINES } from '../../simulators/works/data/machines.ts'
import { METERS } from '../../simulators/works/data/energy.ts'
import { BEFORE } from '../../simulators/works/data/retrofit.ts'
import { PRODUCTS } from '../../simulators/works/data/products.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { energyAt } from '../../simulators/works/energy.ts'
import { countsAt, historyItems, itemsBetween, type WorksItem } from '../../simulators/works/items.ts'
import { hoursOfMachine } from '../../simulators/works/hours.ts'
import { airPoolOf } from '../../simulators/works/pools.ts'
import { OPERATIONS, ROUTES } from '../../simulators/works/routing.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import { emptyWorks, inWork, keyOf, type WorksState } from '../../simulators/works/state.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const plant = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const BASELINE = { name: 'baseline', from: null } as const
const on = (works: WorksState) => ({ parameters: parametersOn(BASELINE, works.date) })

let works: WorksState
let day: DayTruth
let next: WorksState
let week: DayTruth[]
let after: WorksState

beforeAll(() => {
  works = warmWorks(7, '2026-03-09', BASELINE)
  week = []
  after = works
  for (let i = 0; i < 7; i++) {
    const one = simulateDay(after, on(after))
    week.push(one.truth)
    after = one.next
    if (i === 0) next = one.next
  }
  day = week[0]!
}, 120_000)

const valueIn = (name: string, scope = 'plant', from = day.from, to = day.to) =>
  truthOf(week, scope, { from, to }).find((row) => row.name === name)!.value!

const cut = (from: number, to: number, ...cuts: [number, number][]) =>
  without(
    from,
    to,
    cuts.map(([a, b]) => ({ from: a, to: b })),
  ).map((span) => [span.from, span.to])

/** Hours a year that a kind's machines are planned to be busy. */
const planned = (kind: string) =>
  [...yearOf(2026).factor.keys()].reduce(
    (sum, date) =>
      sum +
      MACHINES.filter((m) => m.kind === kind).reduce(
        (s, m) => s + hoursOf(hoursOfMachine(7, m, date, shiftsOf(date), BEFORE).planned),
        0,
      ),
    0,
  )

/** Value share of a part in ten-thousandths of the valve's price. */
const share = (product: string, part: string) =>
  ROUTES.filter((r) => r.product === product && r.part === part)
    .flatMap(({ steps }) => steps)
    .reduce((sum, id) => sum + OPERATIONS[id]!.value, 0) /
  PRODUCTS[product as 'A'].price /
  100

describe('the data', () => {
  test('the year has 293 open days, whose factors have mean 1', () => {
    const { open, factor, overtime } = yearOf(2026)
    expect(open).toBe(293)
    expect([...factor.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(293, 6)
    expect(overtime.size).toBe(48)
    expect(isOpen('2026-02-20')).toBe(false)
    expect(dayFactor('2026-02-20')).toBe(0)
  })

  test('a span keeps what lies before, between and after its cuts', () => {
    expect(cut(0, 10, [12, 14])).toEqual([[0, 10]])
    expect(cut(0, 10, [2, 4], [6, 14])).toEqual([
      [0, 2],
      [4, 6],
    ])
    expect(cut(5, 10, [0, 2], [1, 7])).toEqual([[7, 10]])
    expect(cut(0, 10, [0, 10])).toEqual([])
  })

  test('planned busy time of a year is that of the table', () => {
    for (const [kind, hours] of Object.entries({
      FU: 1172,
      SB: 2206,
      HT: 2216,
      LA: 52_491,
      MC: 26_010,
      TE: 6649,
    }))
      expect(Math.abs(planned(kind) / hours - 1)).toBeLessThan(0.002)
  })

  test('43 machines, those of the plant file, and 24 meters', () => {
    const named = plant.machines.map(({ path: p }) => p.slice(p.lastIndexOf('/') + 1))
    for (const { name } of MACHINES) expect(named).toContain(name)
    expect(MACHINES).toHaveLength(43)
    expect(METERS).toHaveLength(24)
  })

  test('the value shares of a valve sum to its price, and are those of the table', () => {
    for (const product of ['A', 'B', 'C', 'D'] as const) {
      const steps = ROUTES.filter((r) => r.product === product).flatMap((r) => r.steps)
      expect(steps.reduce((sum, id) => sum + OPERATIONS[id]!.value, 0)).toBe(PRODUCTS[product].price * 1e6)
    }
    const table = {
      'A.body': 2304,
      'A.ball': 2597,
      'B.body': 3411,
      'B.wedge': 1392,
      'C.valve': 3259,
      'D.disc': 2665,
    }
    for (const [key, w] of Object.entries(table)) {
      const [product, part] = key.split('.')
      expect(share(product!, part!)).toBeCloseTo(w, 0)
    }
  })
})

describe('a day', () => {
  test('the same seed gives the same bytes, another seed others', () => {
    const again = simulateDay(works, on(works))
    expect(JSON.stringify(again.truth)).toBe(JSON.stringify(day))
    expect(JSON.stringify(again.next)).toBe(JSON.stringify(next))
    const stored = JSON.parse(JSON.stringify(works)) as WorksState
    expect(JSON.stringify(simulateDay(stored, on(stored)).truth)).toBe(JSON.stringify(day))
    const other = emptyWorks(8, '2026-03-09')
    expect(JSON.stringify(simulateDay(other, on(other)).truth)).not.toBe(
      JSON.stringify(simulateDay({ ...other, seed: 9 }, on(other)).truth),
    )
  })

  test('the works that goes in is left as it was', () => {
    const before = JSON.stringify(works)
    simulateDay(works, on(works))
    expect(JSON.stringify(works)).toBe(before)
  })

  test('states fill every second of every machine once, whole days and closed ones', () => {
    for (const one of week)
      for (const { segments } of Object.values(one.machines)) {
        expect(segments[0]!.from).toBe(one.from)
        expect(segments.at(-1)!.to).toBe(one.to)
        segments.slice(1).forEach((segment, i) => expect(segment.from).toBe(segments[i]!.to))
        expect(segments.every(({ from, to }) => to > from)).toBe(true)
      }
  })

  test('nothing is made outside working time: a lathe of the day shift stands at night and in the break', () => {
    const [first] = shiftsOf(day.date)
    const worked = day.machines['lathe-12']!.segments.filter(
      ({ state }) => state === 'RUN' || state === 'SETUP',
    )
    expect(worked.length).toBeGreaterThan(0)
    for (const { from, to } of worked) {
      expect(from).toBeGreaterThanOrEqual(first!.from)
      expect(to).toBeLessThanOrEqual(first!.to)
      expect(first!.breaks.filter((pause) => to > pause.from && from < pause.to)).toEqual([])
    }
  })

  test('energy in is the energy of machines and loads and the unmetered rest', () => {
    for (const at of [day.from + HOUR, day.from + 9.37 * HOUR, day.to]) {
      const machines = MACHINES.reduce((sum, { name }) => sum + energyAt(day, name, at), 0)
      const meters = METERS.slice(1).reduce((sum, { id }) => sum + energyAt(day, id, at), 0)
      const loads = ['m02', 'm20', 'm21', 'm22', 'm23'].reduce((sum, id) => sum + energyAt(day, id, at), 0)
      expect(meters).toBeCloseTo(machines + loads, 4)
      expect(energyAt(day, 'm00', at)).toBeCloseTo(meters * 1.012, 4)
    }
  })

  test('parts balance through the routing, and nothing is ever below zero', () => {
    for (const { product, part, component } of ROUTES) {
      const key = keyOf(product, part)
      const own = after.flows[key]!
      expect(own.in - own.out - own.scrapped).toBe(inWork(after, key, false))
      expect(own.in).toBeGreaterThan(0)
      if (component?.origin !== 'cast') continue
      const cast = after.castFlows[key]!
      expect(cast.in - cast.out - cast.scrapped).toBe(inWork(after, key, true))
      expect(after.castings[key]).toBeGreaterThanOrEqual(0)
    }
    for (const stock of Object.values(after.parts)) expect(stock).toBeGreaterThanOrEqual(0)
  })

  test('every record of a machine is of at least one piece and takes time', () => {
    for (const { made } of Object.values(day.machines))
      for (const record of made) {
        expect(record.at).toBeGreaterThan(record.from)
        expect(record.from).toBeGreaterThanOrEqual(day.from)
        expect(record.good + record.scrap + record.rework).toBeGreaterThan(0)
      }
  })

  test('a day of the whole plant takes less than 150 ms', () => {
    // the fastest of five: what it takes, not how busy the machine is
    const taken = [1, 2, 3, 4, 5].map(() => {
      const start = performance.now()
      simulateDay(works, on(works))
      return performance.now() - start
    })
    expect(Math.min(...taken)).toBeLessThan(150)
  })
})

describe('the truth', () => {
  test('elements and lines sum to the total, to the fen, in the plant, a machine, a shift and an hour', () => {
    const shift = shiftsOf(day.date)[1]!
    for (const scope of ['plant', 'lathe-03', 'test-01'])
      for (const [from, to] of [
        [day.from, day.to],
        [shift.from, shift.to],
        [day.from + 2 * HOUR, day.from + 3 * HOUR],
        [day.from, week.at(-1)!.to],
      ] as const) {
        const rows = truthOf(week, scope, { from, to })
        const of = (prefix: string, names: readonly string[]) =>
          names.reduce((sum, name) => sum + rows.find((row) => row.name === `${prefix}.${name}`)!.value!, 0)
        const total = rows.find((row) => row.name === 'cost.total')!.value
        expect(of('cost', ELEMENTS)).toBe(total)
        expect(of('line', LINES)).toBe(total)
      }
    expect(ELEMENTS).toHaveLength(15)
    expect(LINES).toHaveLength(11)
  })

  test('hours add up to the day within half a fen each', () => {
    let sum = 0
    for (let h = 0; h < 24; h++)
      sum += valueIn('cost.total', 'plant', day.from + h * HOUR, day.from + (h + 1) * HOUR)
    expect(Math.abs(sum - valueIn('cost.total'))).toBeLessThanOrEqual(12)
  })

  test('states of a machine sum to the window, its energy is its register', () => {
    const rows = truthOf(week, 'centre-04', { from: day.from, to: day.to })
    const seconds = rows
      .filter(({ name }) => name.startsWith('seconds.'))
      .reduce((s, row) => s + row.value!, 0)
    expect(seconds).toBe(86_400)
    const gained = next.registers['centre-04']!['kwh']! - works.registers['centre-04']!['kwh']!
    expect(Math.abs(rows.find(({ name }) => name === 'energy')!.value! - gained * 1000)).toBeLessThan(1)
  })

  test('OEE: times lie inside planned busy time and the index is what they say', () => {
    for (const name of ['centre-04', 'lathe-01', 'oven-01', 'furnace-01']) {
      const rows = Object.fromEntries(
        truthOf(week, name, { from: day.from, to: week.at(-1)!.to }).map((r) => [r.name, r.value]),
      )
      const { 'oee.pbt': pbt, 'oee.good': good, oee } = rows as Record<string, number>
      const parts = ['apt', 'aust', 'adet', 'adot'].reduce((sum, key) => sum + (rows[`oee.${key}`] ?? 0), 0)
      expect(Math.abs(parts - pbt!)).toBeLessThanOrEqual(3)
      expect(Math.abs(oee! - (1e6 * good!) / pbt!)).toBeLessThan(20)
    }
  })

  test('a machine that is not planned has no OEE, a window without output no cost per 100 yuan: null, and why', () => {
    const sunday = week.at(-1)!
    expect(sunday.open).toBe(false)
    const rows = truthOf([sunday], 'lathe-01', sunday)
    expect(rows.find(({ name }) => name === 'oee')).toMatchObject({ value: null, reason: 'NOT_PLANNED' })
    expect(truthOf([sunday], 'plant', sunday).find(({ name }) => name === 'u')).toMatchObject({
      value: null,
      reason: 'NO_OUTPUT',
    })
  })

  test('every row has a name of the catalogue and its unit', () => {
    const rows = ['plant', 'm05', 'lathe-01', 'paint-01'].flatMap((scope) => truthOf(week, scope, day))
    for (const { name, unit, value } of rows) {
      const known = ROWS[name] ?? ROWS[name.slice(0, name.indexOf('.'))]
      expect(known).toBeDefined()
      expect(known!.unit).toBe(unit)
      expect(value === null || Number.isSafeInteger(value)).toBe(true)
    }
    expect(new Set(STREAMS).size).toBe(17)
  })
})

const firstGood = (items: readonly WorksItem[], machine: string) =>
  (items.find((x) => x.class === 'count' && x.machine === machine)!.body['v'] as { good?: number }).good

describe('what the devices send', () => {
  const shapes = {
    telemetry: TelemetryMessage,
    count: CountMessage,
    state: StateMessage,
    event: EventMessage,
  }
  const isFit = ({ class: cls, ts, body }: WorksItem) =>
    shapes[cls].safeParse({ ts, seq: 1, ...body }).success

  test('every item has a shape of the contract, and measures stay in their range', () => {
    const items = itemsBetween(day, plant.machines, day.from + HOUR, day.from + HOUR + 5 * MINUTE)
    expect(items.filter((item) => !isFit(item))).toEqual([])
    const ranges = new Map(plant.machines.map((m) => [m.path, new Map(m.measures.map((x) => [x.name, x]))]))
    for (const { machine, body } of items)
      for (const [name, value] of Object.entries((body['v'] ?? {}) as Record<string, number>)) {
        const { min, max, scale } = ranges.get(machine)!.get(name)!
        expect(value).toBeGreaterThanOrEqual(min ?? -Infinity)
        expect(value).toBeLessThanOrEqual(max ?? Infinity)
        expect(Math.abs(value * scale - Math.round(value * scale))).toBeLessThan(1e-6)
      }
  })

  test('every measure of the plant file is told', () => {
    const items = itemsBetween(day, plant.machines, day.from + HOUR, day.from + HOUR + 2 * MINUTE)
    for (const machine of plant.machines) {
      const told = new Set(
        items
          .filter((item) => item.machine === machine.path)
          .flatMap(({ body }) => Object.keys(body['v'] ?? {})),
      )
      expect([...told].toSorted()).toEqual(machine.measures.map(({ name }) => name).toSorted())
    }
  })

  test('stretches that touch give what the one that spans them gives', () => {
    const from = day.from + 1.93 * HOUR
    const whole = itemsBetween(day, plant.machines, from, from + 4 * MINUTE)
    const parts = [0, 1, 2, 3].flatMap((i) =>
      itemsBetween(day, plant.machines, from + i * MINUTE, from + (i + 1) * MINUTE),
    )
    expect(JSON.stringify(parts)).toBe(JSON.stringify(whole))
    const twice = itemsBetween(day, plant.machines, from, from + MINUTE, 2).filter(
      (x) => x.class === 'telemetry',
    )
    const once = itemsBetween(day, plant.machines, from, from + MINUTE).filter((x) => x.class === 'telemetry')
    expect(twice.length).toBeGreaterThan(1.8 * once.length)
  })

  test('history: registers each quarter-hour that never go back, states on change, every event type but the swap', () => {
    const items = week.flatMap((one) => historyItems(one, plant.machines))
    expect(items.filter((item) => !isFit(item))).toEqual([])
    const last = new Map<string, number>()
    for (const { machine, body } of items.filter(({ class: cls }) => cls === 'count'))
      for (const [name, value] of Object.entries(body['v'] as Record<string, number>)) {
        expect(value).toBeGreaterThanOrEqual(last.get(`${machine}/${name}`) ?? 0)
        last.set(`${machine}/${name}`, value)
      }
    expect(items.filter(({ class: cls }) => cls === 'telemetry')).toEqual([])
    const types = new Set(items.flatMap(({ class: cls, body }) => (cls === 'event' ? [body['type']] : [])))
    const told = EVENT_TYPES.filter((type) => types.has(type))
    expect(EVENT_TYPES.filter((type) => !told.includes(type))).toEqual(['meter_swap'])
    expect(new Set(items.flatMap(({ body }) => body['state'] ?? []))).toEqual(
      new Set(['RUN', 'SETUP', 'IDLE', 'STOP', 'FAULT', 'OFF']),
    )
  })

  test('what was sent adds up to the truth: good by register or at the end of an order, rejects, rework and receipts by event', () => {
    const sent = historyItems(day, plant.machines)
    const later = historyItems(week[1]!, plant.machines)
    const qty = (machine: string, type: string) =>
      sent
        .filter((x) => x.class === 'event' && x.machine === machine && x.body['type'] === type)
        .reduce((sum, x) => sum + (x.body['qty'] as number), 0)
    for (const { path: machine, meter } of plant.machines) {
      if (meter) continue
      const name = machine.slice(machine.lastIndexOf('/') + 1)
      const good = firstGood(sent, machine)
      expect(good === undefined ? undefined : firstGood(later, machine)! - good).toBe(
        good === undefined ? undefined : valueIn('pieces.good', name),
      )
      expect(qty(machine, 'reject')).toBe(valueIn('pieces.scrap', name))
      expect(qty(machine, 'rework')).toBe(valueIn('pieces.rework', name))
    }
    // heats and oven loads begin and end on one day, and so do their orders
    for (const name of ['furnace-01', 'oven-01']) {
      const ended = sent.filter(
        ({ machine, body }) => machine.endsWith(`/${name}`) && body['type'] === 'order_end',
      )
      expect(ended.length).toBeGreaterThan(0)
      expect(ended.reduce((sum, { body }) => sum + (body['good_qty'] as number), 0)).toBe(
        valueIn('pieces.good', name),
      )
    }
    const received = sent.filter(({ body }) => body['type'] === 'receipt')
    const paid = received.reduce((sum, { body }) => {
      const op = OPERATIONS.find(
        (x) => PRODUCTS[x.product].code === body['product'] && x.code === body['operation'],
      )!
      return sum + (body['qty'] as number) * op.outside
    }, 0)
    expect(received.length).toBeGreaterThan(0)
    expect(Math.round(paid / 1e4)).toBe(valueIn('cost.outsourcing'))
  })

  test('the registers that devices tell are the truth, and the sampled power sums to its register', () => {
    const machine = plant.machines.find(({ path: p }) => p.endsWith('/centre-03'))!
    const [from, to] = [day.from + 2.5 * HOUR, day.from + 3.5 * HOUR]
    const kwh = countsAt(day, machine, to)['kwh']! - countsAt(day, machine, from)['kwh']!
    expect(Math.abs(kwh * 1000 - valueIn('energy', 'centre-03', from, to))).toBeLessThan(21)
    const samples = itemsBetween(day, [machine], from, to).filter((x) => x.class === 'telemetry')
    const mean =
      samples.reduce((sum, { body }) => sum + (body['v'] as { power_kw: number }).power_kw, 0) /
      samples.length
    expect(samples.length).toBe(HOUR / SECOND)
    expect(Math.abs(mean / kwh - 1)).toBeLessThan(0.06)
  })
})

test('the air pool divides over the machines that used air, to the fen; without a user it stays whole', () => {
  const [first] = shiftsOf(day.date)
  const pool = airPoolOf(week, first!)
  expect(Object.values(pool.shares).reduce((a, b) => a + b, 0)).toBe(pool.fen)
  expect(pool.used).toBeLessThan(pool.delivered)
  const night = airPoolOf(week, { from: day.from + 18 * HOUR, to: day.from + 23 * HOUR })
  expect(night.fen).toBeGreaterThan(0)
  expect(night.shares).toEqual({})
})

test('meters of a plant file tell their registers: electricity, gas, water, nitrogen', () => {
  const like = plant.machines.find(({ path: p }) => p.endsWith('/compressor-01'))!
  const register = like.measures.find(({ name }) => name === 'kwh')!
  const meter = (name: string, ...measures: string[]) => ({
    ...like,
    path: `main/utility/meters/${name}`,
    measures: measures.map((one) => ({ ...register, name: one })),
  })
  const items = historyItems(day, [
    meter('m00', 'kwh', 'kvarh'),
    meter('gas', 'gas_nm3'),
    meter('water', 'water_m3'),
    meter('nitrogen', 'n2_nm3'),
  ])
  expect(items).toHaveLength(4 * 96)
  const gained = (name: string, measure: string) => {
    const own = items
      .filter(({ machine }) => machine.endsWith(`/${name}`))
      .map(({ body }) => (body['v'] as Record<string, number>)[measure]!)
    return own.at(-1)! - own[0]!
  }
  for (const [name, measure] of [
    ['m00', 'kwh'],
    ['m00', 'kvarh'],
    ['gas', 'gas_nm3'],
    ['water', 'water_m3'],
    ['nitrogen', 'n2_nm3'],
  ] as const)
    expect(gained(name, measure)).toBeGreaterThan(0)
  expect(gained('m00', 'kvarh') / gained('m00', 'kwh')).toBeCloseTo(0.426, 2)
})
