/**
 * A stretch of the simulated works as its devices tell it, minute by minute or quarter-hour by quarter-hour, through panes and
 * valuation with the demo plant's records; and what the works' own arithmetic says of it.
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
import { toSteps } from '#domain/units.ts'
import { shiftIn, unplacedIn, type Shift } from '../../simulators/works/bookings.ts'
import { addDays, startOf } from '../../simulators/works/calendar.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { countsAt, historyItems, itemsBetween, type WorksItem } from '../../simulators/works/items.ts'
import type { Operation } from '../../simulators/works/routing.ts'
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

/** Of a machine, or of all: what accounting books in a window and the works in another one. */
export const shiftOf = (days: readonly DayTruth[], name: string | null, window: Span): Shift =>
  shiftIn(days, { name, window, blind: BLIND })

/** Of a machine, or of all: what quarter-hourly readings cannot place. */
export const unplaced = (
  days: readonly DayTruth[],
  name: string | null,
  window: Span,
  of?: (op: Operation) => number,
): number => unplacedIn(days, { name, window, blind: BLIND }, of)
