/**
 * Which plant and calendar hold for a production day, when its machines are planned to work, and what parts it has. The day goes by the
 * newest plant that was in force before its end; what lies before the first plant, by the first. Closed days and planned hours go by the
 * records that hold when it begins. A day ends where the next one begins, also when a plant moves its first shift.
 */
import { calendarOf, productionDay, spanOfDay, type Calendar, type MachineHours } from './calendar.ts'
import type { MachineTerms } from './machinePanes.ts'
import type { Book, PriceBook, RecordValues } from './records.ts'
import type { Span } from './span.ts'
import { plantMachineOf } from './valuationCase.ts'
import { closedDaysOf, plannerOf, type DayPlan, type PlantMachine } from './valuationPlan.ts'
import type { Machine, Plant, Title } from '#domain/plant/plant.ts'
import { MINUTE, dateAfter, type Instant } from '#domain/time.ts'

export type DayPart = Span & {
  /** Index of the shift; null: everything outside of them. */
  readonly shift: number | null
  /** In order; one for a shift. */
  readonly spans: readonly Span[]
}

export type ProductionDay = Span & {
  readonly day: string
  readonly plant: Plant
  /** For what happens in the day: no other one has hours. */
  readonly calendar: Calendar
  /** With the closed days of its year as they are, for what is shared out over open days. */
  readonly year: Calendar
  readonly parts: readonly DayPart[]
}

/** A plant, and from when on it was in force. */
type PlantSince = { readonly since: Instant; readonly plant: Plant }
type Year = readonly [year: string, record: RecordValues['calendar']]

/** Days looked up again and again are few; the bound only matters to a very long import. */
const MAX_DAYS = 2000

export class Almanac {
  readonly #plants: readonly PlantSince[]
  readonly #books: () => PriceBook
  readonly #days = new Map<string, ProductionDay>()
  readonly #plain = new WeakMap<Plant, Calendar>()
  readonly #machines = new WeakMap<Plant, ReadonlyMap<string, PlantMachine>>()
  readonly #plans = new WeakMap<ProductionDay, DayPlan>()
  /** The newest closed days, and the records that say so: days in a row mostly have the same. */
  #closed: { readonly records: readonly Year[]; readonly days: readonly string[] } | null = null
  #last: ProductionDay | null = null

  /** `plants`: all versions, oldest first; the list may grow, and records be added, see `changed`. */
  constructor(plants: readonly PlantSince[], books: () => PriceBook) {
    this.#plants = plants
    this.#books = books
  }

  /** A plant was put in force, or records that say when it works. */
  changed(): void {
    this.#days.clear()
    this.#last = null
  }

  /** The production day that holds an instant. There is at least one plant. */
  at(instant: Instant): ProductionDay {
    const last = this.#last
    if (last && last.from <= instant && instant < last.to) return last
    let found = this.day(productionDay(this.#plainOf(this.#plants.at(-1)!.plant), instant))
    while (instant < found.from) found = this.day(dateAfter(found.day, -1))
    while (instant >= found.to) found = this.day(dateAfter(found.day, 1))
    return (this.#last = found)
  }

  /** A production day by its date. */
  day(day: string): ProductionDay {
    const known = this.#days.get(day)
    if (known) return known
    const next = dateAfter(day, 1)
    const plant = this.#plantOf(day)
    const plain = this.#plainOf(plant)
    const { from } = spanOfDay(plain, day)
    const { from: to } = spanOfDay(this.#plainOf(this.#plantOf(next)), next)
    const closed = this.#closedIn(this.#books().at(from))
    const year = { ...plain, closed: new Set(closed) }
    // whatever the next day's calendar says, its hours are not those of this day
    const calendar = { ...plain, closed: new Set([...closed, next]) }
    const made = { day, from, to, plant, calendar, year, parts: partsOf(year, day, { from, to }) }
    if (this.#days.size >= MAX_DAYS) this.#days.clear()
    this.#days.set(day, made)
    return made
  }

  dayAfter(day: ProductionDay): ProductionDay {
    return this.day(dateAfter(day.day, 1))
  }

  /** What holds of a machine on a day; null when no plant ever listed it. */
  termsOf(day: ProductionDay, path: string): (MachineTerms & { readonly machine: Machine }) | null {
    const { plant, calendar } = day
    const plants = [plant, ...this.#plants.map((stored) => stored.plant)]
    for (const { machines } of plants) {
      const machine = machines.find((one) => one.path === path)
      if (machine) return { machine, calendar, hours: this.#hoursOf(day, path) }
    }
    return null
  }

  /** Everything of a day that its panes go by besides the plant, as a text to compare. */
  shapeOf(day: ProductionDay): string {
    const hours = [...this.#machinesOf(day.plant).keys()].map((path) => this.#hoursOf(day, path))
    return JSON.stringify([day.parts, hours])
  }

  #hoursOf(day: ProductionDay, path: string): MachineHours {
    const machines = this.#machinesOf(day.plant)
    const machine = machines.get(path)
    // not of this plant: no roster knows it, and it is planned in every shift
    if (!machine) return {}
    let plan = this.#plans.get(day)
    if (!plan) {
      const planner = plannerOf(day.year, this.#books(), [...machines.values()])
      ;[plan] = planner.plansIn({ from: day.from, to: day.from + 1 }) as [DayPlan]
      this.#plans.set(day, plan)
    }
    return plan.hoursOf(machine)
  }

  #machinesOf(plant: Plant): ReadonlyMap<string, PlantMachine> {
    let machines = this.#machines.get(plant)
    if (!machines) {
      machines = new Map(plant.machines.map((machine) => [machine.path, plantMachineOf(machine)]))
      this.#machines.set(plant, machines)
    }
    return machines
  }

  /** Days on which no shift works by a book, of every year that it knows. */
  #closedIn(book: Book): readonly string[] {
    const records = book.all('calendar')
    const known = this.#closed
    if (
      known?.records.length === records.length &&
      records.every(([, own], i) => own === known.records[i]![1])
    )
      return known.days
    const days = records.flatMap(([key]) => closedDaysOf(book, Number(key)) ?? [])
    this.#closed = { records, days }
    return days
  }

  #plantOf(day: string): Plant {
    const inForce = this.#plants.findLast(
      ({ plant, since }) => since < spanOfDay(this.#plainOf(plant), day).to,
    )
    return (inForce ?? this.#plants[0]!).plant
  }

  /** Its shifts, without closed days. */
  #plainOf(plant: Plant): Calendar {
    let calendar = this.#plain.get(plant)
    if (!calendar) {
      const made = calendarOf(plant.shifts, [])
      // a plant is checked before it is put in force: what is left are days from midnight without shifts
      calendar = 'calendar' in made ? made.calendar : { start: 0, shifts: [], closed: new Set() }
      this.#plain.set(plant, calendar)
    }
    return calendar
  }
}

/** A shift of a production day by the clock. */
export type ShiftOfDay = Span & {
  readonly shift: number
  readonly name: Title
  readonly breaks: readonly Span[]
}

/** Shifts of a production day, in order; none on a day that is closed. */
export function shiftsOf({ plant, year, parts, ...day }: ProductionDay): ShiftOfDay[] {
  const midnight = day.from - year.start * MINUTE
  return parts.flatMap(({ shift, from, to }) => {
    if (shift === null) return []
    const breaks = year.shifts[shift]!.breaks.map(({ start, end }) => ({
      from: Math.min(midnight + start * MINUTE, to),
      to: Math.min(midnight + end * MINUTE, to),
    }))
    return [{ shift, name: plant.shifts[shift]!.name, from, to, breaks }]
  })
}

function partsOf(calendar: Calendar, day: string, whole: Span): DayPart[] {
  const midnight = spanOfDay(calendar, day).from - calendar.start * MINUTE
  const open = calendar.closed.has(day) ? [] : calendar.shifts
  const shifts = open
    .map((shift, i) => ({
      shift: i,
      from: Math.max(whole.from, midnight + shift.start * MINUTE),
      to: Math.min(whole.to, midnight + shift.end * MINUTE),
    }))
    .filter(({ from, to }) => from < to)
  const parts: DayPart[] = shifts.map((one) => ({ ...one, spans: [{ from: one.from, to: one.to }] }))
  const outside: Span[] = []
  let at = whole.from
  for (const { from, to } of [
    ...shifts.toSorted((a, b) => a.from - b.from),
    { from: whole.to, to: whole.to },
  ]) {
    if (from > at) outside.push({ from: at, to: from })
    at = Math.max(at, to)
  }
  if (outside.length > 0)
    parts.push({ shift: null, from: outside[0]!.from, to: outside.at(-1)!.to, spans: outside })
  return parts
}
