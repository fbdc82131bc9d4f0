/**
 * The proof against the truth: a week of the simulated works, as its devices tell it, through panes and valuation with the demo plant's
 * records, is what the works' own arithmetic says it cost and was worth, by element, machine and shift.
 *
 * Two things the devices do not tell yet are put into the panes here as the events would: good pieces of the foundry's machines, which
 * have no piece counters, and the quantity planned with an order. Two things the works books at other instants, in both cases by the
 * rules of accounting: repair hours pass as the machine stands (the works: all when the repair ends), and an issue adds what it gave
 * beyond the standard when it is issued (the works: evenly over the pieces put in). Both are computed from what happened, and what is
 * left must be the register's own resolution.
 */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { readRecordsFile } from '#contract/records.ts'
import { calendarOf, momentOf, type Calendar } from '#domain/accounting/calendar.ts'
import type { EventHeard, Facts, StateHeard } from '#domain/accounting/facts.ts'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import { QUARTER, add, addPanes, openPane, type OpenPane, type Pane } from '#domain/accounting/pane.ts'
import { costsByMachine, costsByWork, sharesOf } from '#domain/accounting/poolsShared.ts'
import { poolsOf, stepDown, UNALLOCATED, type Share } from '#domain/accounting/pools.ts'
import { priceBook, type DatedRecord, type PriceBook } from '#domain/accounting/records.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import type { Span } from '#domain/accounting/span.ts'
import { shownU } from '#domain/accounting/u.ts'
import { caseOf, plantMachineOf, type CaseInput } from '#domain/accounting/valuationCase.ts'
import { closedDaysOf, plannerOf } from '#domain/accounting/valuationPlan.ts'
import {
  AXES,
  figureOf,
  keysOf,
  valuationOf,
  type Figure,
  type Scope,
  type Valuation,
} from '#domain/accounting/valuation.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { HOUR } from '#domain/time.ts'
import { toSteps } from '#domain/units.ts'
import { shiftsOf, overlap } from '../../simulators/works/calendar.ts'
import { BEFORE } from '../../simulators/works/data/retrofit.ts'
import { PRODUCTS, PRODUCT_IDS } from '../../simulators/works/data/products.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { countsAt, historyItems, type WorksItem } from '../../simulators/works/items.ts'
import { airPoolOf } from '../../simulators/works/pools.ts'
import { OPERATIONS, overIssueOf, productCode, type Operation } from '../../simulators/works/routing.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'

const BASELINE = { name: 'baseline', from: null } as const
const DAYS = 7
const FOUNDRY = ['furnace-01', 'blast-01', 'oven-01']

const root = path.resolve(import.meta.dirname, '../../plants')
const reading = readPlantFolder(root).find(({ firm }) => firm === 'demo-a')!.reading
const plant = (reading as { plant: Plant }).plant
const text = fs.readFileSync(path.join(root, 'demo-a/records.yaml'), 'utf8')
const records = (readRecordsFile(text, 'demo-a') as { records: DatedRecord[] }).records
/** The foundry counted like every other machine. */
const allCounted = records.map((record) =>
  record.kind === 'work_centre' ? { ...record, value: { ...record.value, counted: true } } : record,
)
const books = priceBook(allCounted)
const machines = plant.machines.map(plantMachineOf)
const real = plant.machines.filter(({ meter }) => !meter)
const nameOf = ({ path: at }: Pick<Machine, 'path'>) => at.slice(at.lastIndexOf('/') + 1)
const pathOf = (name: string) => plant.machines.find((machine) => nameOf(machine) === name)!.path

let days: DayTruth[]
let calendar: Calendar
let week: Span
let heard: Pane[]
let panes: Pane[]

/** Registers are also read when an order changes, as a machine's control does. */
const readings = (day: DayTruth): WorksItem[] =>
  real.flatMap((machine) =>
    [...new Set(day.machines[nameOf(machine)]!.segments.map(({ from }) => from))]
      .filter((at) => (at - day.from) % QUARTER !== 0)
      .map((ts) => count(day, machine, ts)),
  )
const count = (day: DayTruth, machine: Machine, ts: number): WorksItem => ({
  machine: machine.path,
  class: 'count',
  ts,
  qos: 1,
  body: { v: countsAt(day, machine, ts) },
})

function factsOf(machine: Machine, own: readonly WorksItem[], signs: readonly EventHeard[]): Facts {
  const samples: Record<string, Sample[]> = {}
  const of = (cls: WorksItem['class']) => own.filter((item) => item.class === cls)
  of('count').forEach(({ ts, body }, seq) => {
    for (const [name, value] of Object.entries(body['v'] as Record<string, number>)) {
      const { scale } = machine.measures.find((measure) => measure.name === name)!
      ;(samples[name] ??= []).push({ boot: 'a', seq, ts, steps: toSteps(value, scale)! })
    }
  })
  const states = of('state').map(
    ({ ts, body }) => ({ reason: null, ...body, ts, lastTs: body['until'] }) as unknown as StateHeard,
  )
  const events = of('event').map(({ ts, body }, seq): EventHeard => ({
    boot: 'a',
    item: { ...body, ts, seq } as Item,
  }))
  return { samples, states, events, signs }
}

function paneOf(machine: string, ts: number, order: string, product: string): OpenPane {
  const start = Math.floor(ts / QUARTER) * QUARTER
  const { shift } = momentOf(calendar, ts)
  return openPane({ machine, start, shift, order, product }, QUARTER)
}

/** What is not told yet, as panes to add: good pieces of the foundry, planned quantities of orders. */
function untold(items: readonly WorksItem[]): Pane[] {
  const planned = items
    .filter(({ body }) => body['type'] === 'order_start')
    .map(({ machine, ts, body }) => {
      const pane = paneOf(machine, ts, body['order'] as string, body['product'] as string)
      add(pane.drivers, `planned/${body['operation'] as string}`, (body['planned_qty'] as number) * 1000)
      return pane
    })
  const cast = days.slice(0, DAYS).flatMap((day) =>
    FOUNDRY.flatMap((name) =>
      day.machines[name]!.made.map(({ at: ts, op, order, good }) => {
        const { product, code } = OPERATIONS[op]!
        const pane = paneOf(pathOf(name), ts, order, productCode(product))
        add(pane.good, code, good * 1000)
        return pane
      }),
    ),
  )
  return [...planned, ...cast]
}

beforeAll(() => {
  let works = warmWorks(11, '2026-03-10', BASELINE)
  days = Array.from({ length: DAYS + 1 }, () => {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(BASELINE, works.date) })
    works = next
    return truth
  })
  week = { from: days[0]!.from, to: days[DAYS]!.from }
  const closed = [2025, 2026].flatMap((year) => closedDaysOf(books.at(week.from), year)!)
  calendar = (calendarOf(plant.shifts, closed) as { calendar: Calendar }).calendar
  const items = [
    ...days.slice(0, DAYS).flatMap((day) => [...historyItems(day, plant.machines), ...readings(day)]),
    ...plant.machines.map((machine) => count(days[DAYS]!, machine, week.to)),
  ].toSorted((a, b) => a.ts - b.ts)
  const signs = items
    .filter(({ body }) => body['type'] === 'sign_on' || body['type'] === 'sign_off')
    .map(({ ts, body }): EventHeard => ({ boot: null, item: { ...body, ts } as Item }))
  const plan = plannerOf(calendar, books, machines).plansIn(week)[0]!
  const byMachine = Map.groupBy(items, ({ machine }) => machine)
  heard = plant.machines.flatMap((machine, i) => {
    const facts = factsOf(machine, byMachine.get(machine.path) ?? [], signs)
    return panesOf({ machine, calendar, hours: plan.hoursOf(machines[i]!) }, facts, week, QUARTER)
  })
  panes = addPanes([...heard, ...untold(items)])
}, 240_000)

const inputOf = (span: Span, from: readonly Pane[] = panes, by: PriceBook = books): CaseInput => ({
  span,
  panes: from.filter(({ start }) => start >= span.from && start < span.to),
  books: by,
  calendar,
  machines,
  months: [{ month: '2026-03', peakW: days[0]!.peak.before, wh: 0, varh: 0 }],
})

/** Windows of the proof: the week, its first day, the day's shifts and the rest of it. */
const windowsOf = (): [string, Span][] => {
  const day = days[0]!
  const [first, second] = shiftsOf(day.date)
  return [
    ['week', week],
    ['day', { from: day.from, to: day.to }],
    ['day shift', first!],
    ['night shift', second!],
    ['after the shifts', { from: second!.to, to: day.to }],
  ]
}
let windows: [string, Span][]
let valuations: Valuation[]
beforeAll(() => {
  windows = windowsOf()
  valuations = windows.map(([, span]) => valuationOf(inputOf(span)))
}, 120_000)

const materialOf = ({ product, part, kind }: Operation): string =>
  `${PRODUCTS[product].code}.${part === 'valve' ? (kind === 'AS' ? 'kit' : 'packing') : part}`
const entering = new Map(
  PRODUCT_IDS.flatMap((product) =>
    OPERATIONS.filter((op) => op.product === product && op.material > 0).map(
      (op) => [materialOf(op), op] as const,
    ),
  ),
)

/** Micro-yuan by which material is told at another time than the works books it: issues, returns, pieces just being repeated. */
function materialShift(name: string | null, { from, to }: Span): number {
  let micro = 0
  for (const day of days.slice(0, DAYS)) {
    for (const { at, machine, body } of day.events) {
      if (at < from || at >= to || (name !== null && machine !== name)) continue
      if (body.type !== 'material_issue' && body.type !== 'material_return') continue
      const op = entering.get(body['material'] as string)!
      const pieces = (body['qty'] as number) / (op.part === 'valve' ? 1 : op.kg)
      const start = day.events.find(
        (event) =>
          event.body.type === 'order_start' &&
          event.at === at &&
          event.body['order'] === body['order'] &&
          event.body['operation'] === op.code &&
          event.body['product'] === productCode(op.product),
      )
      const planned = (start?.body['planned_qty'] as number | undefined) ?? 0
      micro +=
        body.type === 'material_return'
          ? -pieces * op.material
          : (pieces - planned * (1 + overIssueOf(op, BEFORE))) * op.material
    }
    for (const [machine, { made }] of Object.entries(day.machines)) {
      if (name !== null && machine !== name) continue
      for (const { at, op, good, scrap, entered } of made) {
        const { material } = OPERATIONS[op]!
        if (at < from || at >= to || material === 0) continue
        micro += (good + scrap - entered) * material * (1 + overIssueOf(OPERATIONS[op]!, BEFORE))
      }
    }
  }
  return micro
}

/** Micro-yuan by which repair hours are told at another time than the works books them. */
function maintenanceShift(name: string | null, { from, to }: Span): number {
  let hours = 0
  for (const day of days.slice(0, DAYS))
    for (const [machine, { segments, maintenance }] of Object.entries(day.machines)) {
      if (name !== null && machine !== name) continue
      for (const segment of segments)
        if (segment.state === 'FAULT') hours += overlap(segment, from, to) / HOUR
      for (const { from: begin, at, kind, hours: taken } of maintenance) {
        if (kind === 'preventive') hours += overlap({ from: begin, to: at }, from, to) / HOUR
        if (at >= from && at < to) hours -= taken
      }
    }
  return hours * 48e6
}

/** Fen that the resolution of registers and standards leaves open. */
function within(element: string, fen: number, name: string | null): number {
  const days7 = DAYS // a register is cut at every boundary of the tariff
  if (element === 'electricity' || element === 'media') return 2 + days7
  if (element === 'gas') return name === 'paint-01' ? 41 : 2
  // allowances and standard times are whole millionths and milliseconds
  if (element === 'material') return 2 + Math.abs(fen) * 2e-6
  return 2
}

/** Everything in which a figure is not the truth. */
function faultsOf(figure: Figure, name: string | null, span: Span): string[] {
  const rows = truthOf(days, name ?? 'plant', span)
  const told = (row: string) => rows.find((one) => one.name === row)!.value
  const shift = {
    material: materialShift(name, span) / 1e4,
    maintenance: maintenanceShift(name, span) / 1e4,
  } as Readonly<Record<string, number>>
  const faults: string[] = []
  const check = (what: string, own: number, truth: number, least: number) => {
    if (!(Math.abs(own - truth) <= least)) faults.push(`${name ?? 'plant'} ${what}: ${own}, truth ${truth}`)
  }
  let open = 2
  for (const { element, nano } of figure.elements) {
    const fen = toFen(nano!)
    const least = within(element, fen, name)
    open += least
    check(element, fen, told(`cost.${element}`)! + (shift[element] ?? 0), least)
  }
  const total = told('cost.total')! + shift['material']! + shift['maintenance']!
  check('cost', toFen(figure.cost), total, open)
  const value = told('value')!
  check('value', toFen(figure.value), value, 2 + Math.abs(value) * 3e-6)
  check('finished', toFen(figure.finished), told('value.finished')!, 0)
  const { u, status } = figure.uWip
  if (value > 0) check('u', shownU(u!), (1e4 * total) / value, 0.5 + (2e4 * open) / value)
  else if (shift['material'] === 0 && shift['maintenance'] === 0) {
    const { reason } = rows.find((one) => one.name === 'u')!
    if (status !== reason) faults.push(`${name ?? 'plant'} status: ${status}, truth ${reason}`)
  }
  return faults
}

describe('by element, value and u', () => {
  test('the plant is the truth in every window, to the fen that registers allow', () => {
    const faults = windows.flatMap(([name, span], i) => {
      const figure = figureOf(valuations[i]!)
      expect(valuations[i]!.holes).toEqual([])
      return faultsOf(figure, null, span).map((fault) => `${name}: ${fault}`)
    })
    expect(faults).toEqual([])
  })

  test('every machine is the truth in every window', () => {
    const faults = windows.flatMap(([name, span], i) =>
      real.flatMap((machine) => {
        const figure = figureOf(valuations[i]!, { axis: 'machine', key: machine.path })
        return faultsOf(figure, nameOf(machine), span).map((fault) => `${name}: ${fault}`)
      }),
    )
    expect(faults).toEqual([])
  })

  test('the day costs what hundred yuan of it are known to cost, within the spread of single days', () => {
    const { u, status } = figureOf(valuations[0]!).uWip
    expect(status).toBe('OK')
    expect(Math.abs(u! / 1e4 - 95)).toBeLessThan(6)
  })
})

const wholeDay = () => figureOf(valuations[1]!)
const sumOf = (scopes: readonly Scope[], of: (figure: Figure) => bigint) =>
  scopes.reduce((total, scope) => total + of(figureOf(valuations[1]!, scope)), 0n)

describe('parts and wholes of the real day', () => {
  test.each(AXES)('all of the axis %s together are the plant, exactly', (axis) => {
    const scopes = keysOf(valuations[1]!, axis).map((key): Scope => ({ axis, key }))
    expect(scopes.length).toBeGreaterThan(2)
    expect(sumOf(scopes, ({ cost }) => cost)).toBe(wholeDay().cost)
    expect(sumOf(scopes, ({ value }) => value)).toBe(wholeDay().value)
    wholeDay().elements.forEach(({ known }, i) => {
      expect(sumOf(scopes, ({ elements }) => elements[i]!.known)).toBe(known)
    })
  })

  test('shifts and the hours after them are the day, exactly', () => {
    const parts = valuations.slice(2).map((valuation) => figureOf(valuation))
    const { cost, value, elements } = wholeDay()
    expect(parts.reduce((total, part) => total + part.cost, 0n)).toBe(cost)
    expect(parts.reduce((total, part) => total + part.value, 0n)).toBe(value)
    elements.forEach(({ known }, i) => {
      expect(parts.reduce((total, part) => total + part.elements[i]!.known, 0n)).toBe(known)
    })
  })

  test('cost of a shift by its cells is that of its window', () => {
    for (const [key, i] of [
      [0, 2],
      [1, 3],
      [null, 4],
    ] as const) {
      const { cost, value } = figureOf(valuations[1]!, { axis: 'shift', key })
      expect({ cost, value }).toEqual({
        cost: figureOf(valuations[i]!).cost,
        value: figureOf(valuations[i]!).value,
      })
    }
  })
})

const sumOfCosts = (costs: ReadonlyMap<string | null, bigint>) =>
  [...costs.values()].reduce((sum, nano) => sum + nano, 0n)

describe('shared cost of the real day', () => {
  test('machines with their shares of the pools, and what no driver gives to one, are the plant exactly', () => {
    const shares = sharesOf(caseOf(inputOf(windows[1]![1])), valuations[1]!)
    const costs = costsByMachine(valuations[1]!, shares)
    expect(sumOfCosts(costs)).toBe(wholeDay().cost)
    const lathe = pathOf('lathe-01')
    expect(costs.get(lathe)).toBeGreaterThan(figureOf(valuations[1]!, { axis: 'machine', key: lathe }).cost)
    // water, nitrogen and outside work have no driver to a machine
    expect(costs.get(null)).toBeGreaterThan(0n)
  })

  test.each(['product', 'order'] as const)(
    'every %s with its part of what none was named for is the plant',
    (axis) => {
      const costs = costsByWork(caseOf(inputOf(windows[1]![1])), valuations[1]!, axis)
      expect(sumOfCosts(costs)).toBe(wholeDay().cost)
      // what nothing ran for is the night, a small part
      expect(Number(costs.get(null) ?? 0n)).toBeLessThan(Number(wholeDay().cost) * 0.05)
      expect(costs.size).toBeGreaterThan(axis === 'product' ? 4 : 20)
    },
  )
})

test('the air pool of each shift and its shares are the truth to the fen', () => {
  for (const [index, i] of [
    [0, 2],
    [1, 3],
  ] as const) {
    const [, span] = windows[i]!
    const split = stepDown(poolsOf(caseOf(inputOf(span)), valuations[i]!.cells, index))
    const shares = (split as { shares: Share[] }).shares.filter(({ pool }) => pool === 'air')
    const truth = airPoolOf(days, span)
    const total = shares.reduce((sum, { nano }) => sum + nano, 0n)
    expect(Math.abs(toFen(total) - truth.fen)).toBeLessThanOrEqual(3)
    const fenOf = new Map(shares.map(({ to, nano }) => [to.slice(to.lastIndexOf('/') + 1), toFen(nano)]))
    const faults = Object.entries(truth.shares).filter(
      ([name, fen]) => Math.abs((fenOf.get(name) ?? 0) - fen) > 1,
    )
    expect(faults).toEqual([])
    expect(fenOf.has(UNALLOCATED)).toBe(false)
  }
})

const butMaterial = (figure: Figure) => figure.elements.filter(({ element }) => element !== 'material')

test('as the devices tell it today: castings are known where they are counted first, everything else is the same', () => {
  const [, span] = windows[1]!
  const today = figureOf(valuationOf(inputOf(span, heard, priceBook(records))))
  const counted = figureOf(valuations[1]!)
  expect(today.finished).toBe(counted.finished)
  expect(butMaterial(today)).toEqual(butMaterial(counted))
  // a lot that is cast and not yet turned waits in neither
  expect(Math.abs(Number(today.value - counted.value)) / Number(counted.value)).toBeLessThan(0.12)
  const foundry = figureOf(valuationOf(inputOf(span, heard, priceBook(records))), {
    axis: 'machine',
    key: pathOf('furnace-01'),
  })
  expect(foundry.uWip).toMatchObject({ u: null, status: 'NO_OUTPUT' })
})
