/** A whole day of the simulated works through the panes: states, pieces, energy, people and OEE of every machine are the true ones. */
import crypto from 'node:crypto'
import path from 'node:path'
import zlib from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { calendarOf, type Calendar, type MachineHours } from '#domain/accounting/calendar.ts'
import type { EventHeard, Facts, StateHeard } from '#domain/accounting/facts.ts'
import { roleOf } from '#domain/accounting/measureRole.ts'
import { panesOf, type MachineTerms } from '#domain/accounting/machinePanes.ts'
import { QUARTER, addPanes, processedOf, type Pane } from '#domain/accounting/pane.ts'
import { contentHash, encodePanes, encodeSources } from '#domain/accounting/paneText.ts'
import { KPIS } from '#domain/kpi/oee.ts'
import { reliabilityOf } from '#domain/kpi/reliability.ts'
import { addTotals, totalsOf, type Totals } from '#domain/kpi/totals.ts'
import { MACHINE_STATES, type Machine, type Plant, type ShownState } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { segmentsOf } from '#domain/telemetry/states.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { toSteps } from '#domain/units.ts'
import { KINDS, MACHINES, TOOLS } from '../../simulators/works/data/machines.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { countsAt, itemsBetween, type WorksItem } from '../../simulators/works/items.ts'
import { OPERATIONS, productCode } from '../../simulators/works/routing.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'

const BASELINE = { name: 'baseline', from: null } as const
const sha256 = (text: string) => crypto.createHash('sha256').update(text).digest('hex')

const folder = path.resolve(import.meta.dirname, '../../plants')
const reading = readPlantFolder(folder).find(({ firm }) => firm === 'demo-a')!.reading
const plant = (reading as { plant: Plant }).plant
const machines = plant.machines.filter(({ meter }) => !meter)
const meters = plant.machines.filter(({ meter }) => meter)
const calendar = (calendarOf(plant.shifts, []) as { calendar: Calendar }).calendar

let days: DayTruth[]
let day: DayTruth
const facts = new Map<string, Facts>()
const minutes = new Map<string, Pane[]>()
const quarters = new Map<string, Pane[]>()

const nameOf = (machine: Machine) => machine.path.slice(machine.path.lastIndexOf('/') + 1)
const worksOf = (machine: Machine) => MACHINES.find(({ name }) => name === nameOf(machine))!

/** When the works plans its machines to run: what its roster says, and the windows of the furnace and the oven. */
function hoursOf(machine: Machine): MachineHours {
  if (machine.meter) return {}
  const { kind, index } = worksOf(machine)
  const [from, to] = day.parameters.furnaceWindow
  if (kind === 'FU') return { windows: [{ start: from * 60, end: to * 60 }] }
  if (kind === 'HT') return { windows: [{ start: 570, end: 1030 }] }
  return { shifts: [0, 1].filter((i) => index < KINDS[kind][i === 0 ? 'day' : 'night']) }
}

/** Evidence alone. */
const evidenceOf = (machine: Machine): Machine => ({
  ...machine,
  measures: machine.measures.filter((measure) => measure.class === 'count'),
})

const termsOf = (machine: Machine): MachineTerms => ({ machine, calendar, hours: hoursOf(machine) })

const standards = new Map(
  OPERATIONS.map((op) => [`${productCode(op.product)}/${op.code}`, op.seconds * 1000] as const),
)
const standardOf = (product: string | null, operation: string) =>
  standards.get(`${product}/${operation}`) ?? null

/** Facts of a machine from its items, numbered as a device numbers them. */
function factsOf(machine: Machine, items: readonly WorksItem[], signs: readonly EventHeard[]): Facts {
  const own = items.filter((item) => item.machine === machine.path)
  const samples: Record<string, Sample[]> = {}
  own
    .filter((item) => item.class === 'count')
    .forEach(({ ts, body }, seq) => {
      for (const [name, value] of Object.entries(body['v'] as Record<string, number>)) {
        const { scale } = machine.measures.find((measure) => measure.name === name)!
        ;(samples[name] ??= []).push({ boot: 'a', seq, ts, steps: toSteps(value, scale)! })
      }
    })
  const states = own
    .filter((item) => item.class === 'state')
    .map(({ ts, body }) => ({ reason: null, ...body, ts, lastTs: ts }) as unknown as StateHeard)
  const events = own
    .filter((item) => item.class === 'event')
    .map(({ ts, body }, seq): EventHeard => ({ boot: 'a', item: { ...body, ts, seq } as Item }))
  return { samples, states, events, signs }
}

beforeAll(() => {
  let works = warmWorks(11, '2026-03-10', BASELINE)
  days = [0, 1].map(() => {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(BASELINE, works.date) })
    works = next
    return truth
  })
  day = days[0]!
  const items = [
    ...itemsBetween(day, plant.machines.map(evidenceOf), day.from, day.to),
    ...plant.machines.map((machine): WorksItem => {
      const v = countsAt(days[1]!, machine, day.to)
      return { machine: machine.path, class: 'count', ts: day.to, qos: 1, body: { v } }
    }),
  ].toSorted((a, b) => a.ts - b.ts)
  const signs = items
    .filter(({ body }) => body['type'] === 'sign_on' || body['type'] === 'sign_off')
    .map(({ ts, body }): EventHeard => ({ boot: null, item: { ...body, ts } as Item }))
  for (const machine of plant.machines) {
    const own = factsOf(machine, items, signs)
    facts.set(machine.path, own)
    minutes.set(machine.path, panesOf(termsOf(machine), own, day, MINUTE))
    quarters.set(machine.path, panesOf(termsOf(machine), own, day, QUARTER))
  }
}, 120_000)

const truth = (machine: Machine, from = day.from, to = day.to) => {
  const rows = truthOf(days, nameOf(machine), { from, to })
  return (name: string) => rows.find((row) => row.name === name)?.value ?? null
}

/** Totals of the panes that begin in [from, to). */
const totalsIn = (machine: Machine, from = day.from, to = day.to): Totals =>
  totalsOf(
    quarters.get(machine.path)!.filter(({ start }) => start >= from && start < to),
    machine,
    standardOf,
  )

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0)
const counts = (machine: Machine) => machine.measures.some(({ name }) => name === 'good')

const onGrid = (samples: readonly Sample[]) => samples.filter(({ ts }) => ts % QUARTER === 0)
const kwhByQuarter = (panes: readonly Pane[]) =>
  [...Map.groupBy(panes, ({ start }) => start)].map(([start, own]) => [
    start,
    sum(own.map(({ registers }) => registers['kwh'] ?? 0)),
  ])

test('readings every quarter-hour alone give the same day: states, pieces, energy of each quarter', () => {
  for (const machine of machines) {
    const own = facts.get(machine.path)!
    const samples = Object.fromEntries(
      Object.entries(own.samples).map(([name, list]) => [name, onGrid(list)]),
    )
    const panes = panesOf(termsOf(machine), { ...own, samples }, day, QUARTER)
    const { good, scrap, energyWh, apt, aust, pbt, corrective } = totalsOf(panes, machine, standardOf)
    expect(totalsIn(machine)).toMatchObject({ good, scrap, energyWh, apt, aust, pbt, corrective })
    expect(kwhByQuarter(panes)).toEqual(kwhByQuarter(quarters.get(machine.path)!))
  }
})

/** What is told, if it is further from the truth than `within`. */
const wrong = (what: string, told: number, real: number, within: number): string[] =>
  Math.abs(told - real) <= within ? [] : [`${what}: ${told} instead of ${real}`]

test('every millisecond of every machine is in one state, and the states are the true ones', () => {
  const faults = machines.flatMap((machine) => {
    const panes = quarters.get(machine.path)!
    const real = truth(machine)
    const ms = (state: ShownState) => sum(panes.map((pane) => pane.states[state] ?? 0))
    return [
      ...wrong(machine.path, sum(panes.flatMap(({ states }) => Object.values(states))), day.to - day.from, 0),
      ...wrong(`${machine.path} UNKNOWN`, ms('UNKNOWN'), 0, 0),
      // the truth is in whole seconds that sum to the day
      ...MACHINE_STATES.flatMap((state) =>
        wrong(`${machine.path} ${state}`, ms(state) / 1000, real(`seconds.${state}`)!, 0.999),
      ),
    ]
  })
  expect(faults).toEqual([])
})

test('pieces and uses of tools are exact in the day; energy is the truth within one step of the register at either end', () => {
  const faults = machines.flatMap((machine) => {
    const { energyWh, good, scrap, rework } = totalsIn(machine)
    const processed = sum(quarters.get(machine.path)!.flatMap((pane) => Object.values(processedOf(pane))))
    const real = truth(machine)
    return [
      ...wrong(`${machine.path} Wh`, energyWh, real('energy')!, 11),
      ...(counts(machine) ? wrong(`${machine.path} good`, good, real('pieces.good')! * 1000, 0) : []),
      ...wrong(`${machine.path} scrap`, scrap, real('pieces.scrap')! * 1000, 0),
      ...wrong(`${machine.path} rework`, rework, real('pieces.rework')! * 1000, 0),
      ...TOOLS.filter(({ kind }) => kind === worksOf(machine).kind).flatMap(({ type }) =>
        wrong(`${machine.path} ${type}`, processed, real(`uses.${type}`)! * 1000, 0),
      ),
    ]
  })
  expect(faults).toEqual([])
})

test('a meter has no states and no planned time; what it measures is the truth within a step at either end', () => {
  const faults = meters.flatMap((machine) => {
    const panes = quarters.get(machine.path)!
    const real = truth(machine)
    return [
      ...wrong(machine.path, sum(panes.flatMap(({ states }) => Object.values(states))), 0, 0),
      ...wrong(machine.path, sum(panes.map(({ covered }) => covered)), day.to - day.from, 0),
      ...machine.measures.flatMap((measure) => {
        const found = roleOf(measure)
        if (found.role === null) return []
        const told = sum(panes.map(({ registers }) => registers[measure.name] ?? 0)) * found.perStep
        const isElectric = found.role === 'reactive' || found.role === 'energy'
        const value = real(isElectric ? found.role : nameOf(machine))!
        return value > 0
          ? wrong(`${machine.path} ${measure.name}`, told, value, found.perStep + 1)
          : ['nothing']
      }),
    ]
  })
  expect(faults).toEqual([])
  expect(meters).toHaveLength(27)
})

describe.each([
  ['the day', 0, 24],
  ['the day shift', 0, 9],
  ['the night shift', 9, 17],
  ['a quarter-hour', 2.25, 2.5],
])('in %s', (_name, first, last) => {
  const span = () => [day.from + first * HOUR, day.from + last * HOUR] as const
  const TIMES = ['pbt', 'apt', 'aust', 'adet', 'adot'] as const

  test('the times of ISO 22400 of every machine are the true ones', () => {
    const faults = machines.flatMap((machine) => {
      const totals = totalsIn(machine, ...span())
      const real = truth(machine, ...span())
      return [
        ...wrong(`${machine.path} unknown`, totals.unknown, 0, 0),
        ...TIMES.flatMap((time) =>
          wrong(`${machine.path} ${time}`, totals[time] / 1000, real(`oee.${time}`)!, 0.5),
        ),
      ]
    })
    expect(faults).toEqual([])
  })

  test('the OEE of every machine that counts is the true one, and null where the truth has none', () => {
    const oee = KPIS.find(({ name }) => name === 'oee')!
    const counting = machines.filter(counts)
    const faults = counting.flatMap((machine) => {
      const { value } = oee.of(totalsIn(machine, ...span()))
      const real = truth(machine, ...span())('oee')
      if (real === null || value === null) return real === value ? [] : [`${machine.path}: ${value}, ${real}`]
      return wrong(machine.path, value * 1e6, real, 1)
    })
    expect(faults).toEqual([])
    // a compressor makes no pieces; what told its pieces by events is compared where the days before are known: costTruth.test.ts
    const air = machines.filter(({ kind }) => kind === 'compressor')
    expect(air.map((machine) => oee.of(totalsIn(machine, ...span())))).toEqual(
      air.map(() => ({ value: null, reason: 'NOT_COUNTED' })),
    )
  })
})

test('good pieces stand under the order, product and operation that made them', () => {
  for (const machine of machines.filter(counts)) {
    const told = new Map<string, number>()
    for (const pane of quarters.get(machine.path)!)
      for (const [operation, milli] of Object.entries(pane.good)) {
        const key = `${pane.order} ${pane.product} ${operation}`
        told.set(key, (told.get(key) ?? 0) + milli / 1000)
      }
    const made = new Map<string, number>()
    for (const { op, order, good } of day.machines[nameOf(machine)]!.made) {
      const { product, code } = OPERATIONS[op]!
      const key = `${order} ${productCode(product)} ${code}`
      if (good > 0) made.set(key, (made.get(key) ?? 0) + good)
    }
    expect(told).toEqual(made)
  }
})

test("people's time sums to what all were signed on, and drivers to what events told", () => {
  const all = [...quarters.values()].flat()
  const signed = sum(
    day.workers.filter((worker) => worker.machines.length > 0).map(({ from, to }) => to - from),
  )
  expect(sum(all.map(({ persons }) => persons))).toBe(signed)
  const driver = (name: RegExp) =>
    sum(
      all.flatMap(({ drivers }) =>
        Object.entries(drivers).flatMap(([key, v]) => (name.test(key) ? [v] : [])),
      ),
    )
  const told = (type: string) => day.events.filter(({ body }) => body.type === type)
  expect(driver(/^packed$/)).toBe(sum(told('packed').map(({ body }) => (body['qty'] as number) * 1000)))
  expect(driver(/^test\/(pass|fail)$/)).toBe(told('test_result').length * 1000)
  expect(driver(/^tool_change\//)).toBe(told('tool_change').length * 1000)
  expect(driver(/^receipt\//)).toBe(sum(told('receipt').map(({ body }) => (body['qty'] as number) * 1000)))
  expect(driver(/^material\//)).toBe(
    sum(told('material_issue').map(({ body }) => Math.round((body['qty'] as number) * 1000))) -
      sum(told('material_return').map(({ body }) => Math.round((body['qty'] as number) * 1000))),
  )
  const materials = all.filter(({ drivers }) =>
    Object.keys(drivers).some((key) => key.startsWith('material/')),
  )
  expect(materials.length).toBeGreaterThan(5)
  expect(materials.every(({ order, product }) => order !== null && product !== null)).toBe(true)
})

test('failures and repairs of the day are those of the true states', () => {
  let failures = 0
  for (const machine of machines) {
    const { states } = facts.get(machine.path)!
    const heard = reliabilityOf(segmentsOf(states, machine.stateStaleMs, day.from, day.to))
    expect(heard).toEqual(reliabilityOf(day.machines[nameOf(machine)]!.segments))
    failures += heard.ttrCount
  }
  expect(failures).toBeGreaterThan(0)
})

describe('panes of the day', () => {
  test('minutes sum to the quarters made at once, with the same content hash; evidence covers them', () => {
    for (const machine of plant.machines) {
      const summed = addPanes(minutes.get(machine.path)!)
      const direct = quarters.get(machine.path)!
      expect(contentHash(summed, sha256)).toBe(contentHash(direct, sha256))
    }
    const lathe = addTotals([totalsIn(machines.find((m) => nameOf(m) === 'lathe-01')!)])
    expect(lathe.covered).toBe(lathe.calendar)
  })

  test('a year of 43 machines and 27 meters fits into 300 MB with room', () => {
    let packed = 0
    for (const panes of quarters.values()) {
      const text = encodePanes(panes)
      const sources = encodeSources(panes)
      packed += zlib.zstdCompressSync(text).length + zlib.zstdCompressSync(sources).length
    }
    expect(quarters.size).toBe(70)
    // zstd, one row a machine and production day
    expect(packed * 365).toBeLessThan(60e6)
  })
})
