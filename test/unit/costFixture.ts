/**
 * A stretch of the simulated works as its devices tell it, minute by minute or quarter-hour by quarter-hour, through panes and
 * valuation with the demo plant's records; and what the works' own arithmetic says of it.
 *
 * The works books three things at other instants than accounting, which are computed here from what happened: repair hours pass as the
 * machine stands (the works: all when the repair ends); an issue adds what it gave beyond the standard when it is issued (the works:
 * evenly over the pieces put in); a machine without a register of good pieces tells them when its order ends (the works: batch by
 * batch).
 */
import path from 'node:path'
import { readPlantFolder, readRecords, readRetrofit } from '#contract/plantFolder.ts'
import { calendarOf, type Calendar } from '#domain/accounting/calendar.ts'
import type { EventHeard, Facts, StateHeard } from '#domain/accounting/facts.ts'
import { panesOf } from '#domain/accounting/machinePanes.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import { priceBook, type DatedRecord } from '#domain/accounting/records.ts'
import type { Span } from '#domain/accounting/span.ts'
import { plantMachineOf, type CaseInput } from '#domain/accounting/valuationCase.ts'
import { closedDaysOf, plannerOf } from '#domain/accounting/valuationPlan.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { HOUR } from '#domain/time.ts'
import { toSteps } from '#domain/units.ts'
import { addDays, overlap, startOf } from '../../simulators/works/calendar.ts'
import { PRODUCTS, PRODUCT_IDS } from '../../simulators/works/data/products.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { countsAt, historyItems, itemsBetween, type WorksItem } from '../../simulators/works/items.ts'
import { OPERATIONS, overIssueOf, productCode, type Operation } from '../../simulators/works/routing.ts'
import { parametersOn, type Scenario } from '../../simulators/works/scenarios.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'

const root = path.resolve(import.meta.dirname, '../../plants')
const reading = readPlantFolder(root).find(({ firm }) => firm === 'demo-a')!.reading
export const plant = (reading as { plant: Plant }).plant
const before = (readRecords(root, 'demo-a') as { records: DatedRecord[] }).records
export const real = plant.machines.filter(({ meter }) => !meter)
export const nameOf = ({ path: at }: Pick<Machine, 'path'>) => at.slice(at.lastIndexOf('/') + 1)
export const pathOf = (name: string) => plant.machines.find((machine) => nameOf(machine) === name)!.path
const machines = plant.machines.map(plantMachineOf)
/** Machines whose good pieces no register counts. */
const BLIND = new Set(
  real.filter(({ measures }) => !measures.some(({ name }) => name === 'good')).map(nameOf),
)

export type Stretch = {
  readonly scenario: Scenario
  readonly first: string
  readonly days: number
  /** How often registers are read and states repeated. */
  readonly stream: 'minute' | 'quarter'
  /** First production day of the retrofit; null: it never comes. */
  readonly retrofit: string | null
}

export type Told = {
  readonly days: readonly DayTruth[]
  readonly span: Span
  readonly inputOf: (span: Span) => CaseInput
}

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
    ({ ts, body }) => ({ reason: null, ...body, ts, lastTs: body['until'] ?? ts }) as unknown as StateHeard,
  )
  const events = of('event').map(({ ts, body }, seq): EventHeard => ({
    boot: 'a',
    item: { ...body, ts, seq } as Item,
  }))
  return { samples, states, events, signs }
}

const counting = plant.machines.map((machine) => ({
  ...machine,
  measures: machine.measures.filter((measure) => measure.class === 'count'),
}))

const itemsOf = (day: DayTruth, stream: Stretch['stream']): WorksItem[] =>
  stream === 'minute' ? itemsBetween(day, counting, day.from, day.to) : historyItems(day, plant.machines)

/**
 * Lives the days and tells them, and a day before them, for what is under way when they begin; of a day more the first reading, which
 * ends the last.
 */
export function tell({ scenario, first, days: length, stream, retrofit }: Stretch): Told {
  let works = warmWorks(11, addDays(first, -1), scenario)
  const lived = Array.from({ length: length + 2 }, () => {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(scenario, works.date) })
    works = next
    return truth
  })
  const days = lived.slice(1, -1)
  const span = { from: days[0]!.from, to: lived.at(-1)!.from }
  const after = retrofit === null ? null : readRetrofit(root, 'demo-a', startOf(retrofit))
  const books = priceBook([...before, ...((after as { records: DatedRecord[] } | null)?.records ?? [])])
  const closed = [2025, 2026].flatMap((year) => closedDaysOf(books.at(span.from), year)!)
  const { calendar } = calendarOf(plant.shifts, closed) as { calendar: Calendar }
  const items = [
    ...lived.slice(0, -1).flatMap((day) => itemsOf(day, stream)),
    ...plant.machines.map((machine) => count(lived.at(-1)!, machine, span.to)),
  ]
  const signs = items
    .filter(({ body }) => body['type'] === 'sign_on' || body['type'] === 'sign_off')
    .map(({ ts, body }): EventHeard => ({ boot: null, item: { ...body, ts } as Item }))
  const plan = plannerOf(calendar, books, machines).plansIn(span)[0]!
  const byMachine = Map.groupBy(items, ({ machine }) => machine)
  const panes = plant.machines.flatMap((machine, i) => {
    const facts = factsOf(machine, byMachine.get(machine.path) ?? [], signs)
    return panesOf({ machine, calendar, hours: plan.hoursOf(machines[i]!) }, facts, span, QUARTER)
  })
  const inputOf = (part: Span): CaseInput => ({
    span: part,
    panes: panes.filter(({ start }) => start >= part.from && start < part.to),
    books,
    calendar,
    machines,
    months: [{ month: first.slice(0, 7), peakW: days[0]!.peak.before, wh: 0, varh: 0 }],
  })
  return { days, span, inputOf }
}

const materialOf = ({ product, part, kind }: Operation): string =>
  `${PRODUCTS[product].code}.${part === 'valve' ? (kind === 'AS' ? 'kit' : 'packing') : part}`
const entering = new Map(
  PRODUCT_IDS.flatMap((product) =>
    OPERATIONS.filter((op) => op.product === product && op.material > 0).map(
      (op) => [materialOf(op), op] as const,
    ),
  ),
)
const operations = new Map(OPERATIONS.map((op) => [`${productCode(op.product)}/${op.code}`, op]))

/** Micro-yuan that accounting books in a window and the works in another one; good pieces and their standard seconds. */
export type Shift = {
  readonly material: number
  readonly maintenance: number
  readonly value: number
  readonly good: number
  readonly seconds: number
}

/** Of a machine, or of all. */
export function shiftOf(days: readonly DayTruth[], name: string | null, { from, to }: Span): Shift {
  const inside = (at: number, machine: string) => at >= from && at < to && (name === null || machine === name)
  let [material, hours, value, late, seconds] = [0, 0, 0, 0, 0]
  for (const day of days) {
    const withOver = (op: Operation, pieces: number) =>
      pieces * op.material * (1 + overIssueOf(op, day.parameters))
    for (const { at, machine, body } of day.events) {
      if (!inside(at, machine)) continue
      if (body.type === 'material_return' || body.type === 'material_issue')
        material += beyondStandard(day, at, body)
      const ended = body.type === 'order_end' && BLIND.has(machine)
      const op = ended && operations.get(`${body['product'] as string}/${body['operation'] as string}`)
      if (!op) continue
      const good = body['good_qty'] as number
      late += good
      seconds += good * op.seconds
      material += withOver(op, good)
      value += good * op.value
    }
    for (const [machine, { made, segments, maintenance }] of Object.entries(day.machines)) {
      for (const { at, op: id, good, scrap, entered } of made) {
        if (!inside(at, machine)) continue
        const op = OPERATIONS[id]!
        const blind = BLIND.has(machine)
        // a piece that is being repeated was put in already
        material += withOver(op, (blind ? 0 : good) + scrap - entered)
        if (!blind) continue
        value -= good * op.value
        late -= good
        seconds -= good * op.seconds
      }
      if (name !== null && machine !== name) continue
      for (const segment of segments)
        if (segment.state === 'FAULT') hours += overlap(segment, from, to) / HOUR
      for (const { from: begin, at, kind, hours: taken } of maintenance) {
        if (kind === 'preventive') hours += overlap({ from: begin, to: at }, from, to) / HOUR
        if (at >= from && at < to) hours -= taken
      }
    }
  }
  return { material, value, maintenance: hours * 48e6, good: late, seconds }
}

/** Micro-yuan of an issue beyond the standard of what its order plans, or of a return. */
function beyondStandard(day: DayTruth, at: number, body: Readonly<Record<string, unknown>>): number {
  const op = entering.get(body['material'] as string)!
  const pieces = (body['qty'] as number) / (op.part === 'valve' ? 1 : op.kg)
  if (body['type'] === 'material_return') return -pieces * op.material
  const start = day.events.find(
    (event) =>
      event.body.type === 'order_start' &&
      event.at === at &&
      event.body['order'] === body['order'] &&
      event.body['operation'] === op.code &&
      event.body['product'] === productCode(op.product),
  )
  const planned = start!.body['planned_qty'] as number
  return (pieces - planned * (1 + overIssueOf(op, day.parameters))) * op.material
}

/** The most that a piece under the wrong order can move. */
function microOf({ value, material, standard }: Operation): number {
  const { material: taken, labour, machine } = standard
  return Math.max(value, taken + labour + machine, material * 1.01)
}

/**
 * Micro-yuan (or what `of` says of a piece) that quarter-hourly readings cannot place: pieces of a quarter-hour in which two orders ran lie by the time that each ran,
 * so one piece of each such quarter may stand under the other order. 0 where every change of order has its set-up between two readings.
 */
export function unplaced(
  days: readonly DayTruth[],
  name: string | null,
  { from, to }: Span,
  of: (op: Operation) => number = microOf,
): number {
  let sum = 0
  for (const day of days)
    for (const [machine, { segments }] of Object.entries(day.machines)) {
      if (BLIND.has(machine) || (name !== null && machine !== name)) continue
      const ran = new Map<number, Map<string, number>>()
      for (const segment of segments) {
        const op = operations.get(`${segment.product}/${segment.operation}`)
        if (segment.state !== 'RUN' || !op || overlap(segment, from, to) === 0) continue
        for (let at = Math.floor(segment.from / QUARTER) * QUARTER; at < segment.to; at += QUARTER) {
          const orders = ran.get(at) ?? new Map<string, number>()
          ran.set(at, orders.set(`${segment.order}/${op.code}`, of(op)))
        }
      }
      for (const orders of ran.values()) if (orders.size > 1) sum += Math.max(...orders.values())
    }
  return sum
}
