/**
 * Which plant and calendar hold for a production day, and what parts it has. The day goes by the newest plant that was in force before
 * its end; what lies before the first plant, by the first. A day ends where the next one begins, also when a plant moves its first
 * shift.
 */
import { calendarOf, spanOfDay, productionDay, type Calendar } from '#domain/accounting/calendar.ts'
import type { MachineTerms } from '#domain/accounting/machinePanes.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import { DAY, MINUTE, type Instant } from '#domain/time.ts'
import type { StoredPlant } from '#store/ledger/writer.ts'

export type DayPart = Span & {
  /** Index of the shift; null: everything outside of them. */
  readonly shift: number | null
  /** In order; one for a shift. */
  readonly spans: readonly Span[]
}

export type ProductionDay = Span & {
  readonly day: string
  readonly plant: Plant
  readonly calendar: Calendar
  readonly parts: readonly DayPart[]
}

/** Days looked up again and again are few; the bound only matters to a very long import. */
const MAX_DAYS = 2000

const dateAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)

export class Almanac {
  readonly #plants: readonly StoredPlant[]
  readonly #days = new Map<string, ProductionDay>()
  readonly #calendars = new WeakMap<Plant, Calendar>()
  #last: ProductionDay | null = null

  /** `plants`: all versions, oldest first; the list may grow, see `changed`. */
  constructor(plants: readonly StoredPlant[]) {
    this.#plants = plants
  }

  /** A plant was put in force. */
  changed(): void {
    this.#days.clear()
    this.#last = null
  }

  /** The production day that holds an instant. There is at least one plant. */
  at(instant: Instant): ProductionDay {
    const last = this.#last
    if (last && last.from <= instant && instant < last.to) return last
    let found = this.day(productionDay(this.#calendar(this.#plants.at(-1)!.plant), instant))
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
    const calendar = this.#calendar(plant)
    const { from } = spanOfDay(calendar, day)
    const { from: to } = spanOfDay(this.#calendar(this.#plantOf(next)), next)
    // whatever the next day's calendar says, its hours are not those of this day
    const own = { ...calendar, closed: new Set([...calendar.closed, next]) }
    const made = { day, from, to, plant, calendar: own, parts: partsOf(calendar, day, { from, to }) }
    if (this.#days.size >= MAX_DAYS) this.#days.clear()
    this.#days.set(day, made)
    return made
  }

  dayAfter(day: ProductionDay): ProductionDay {
    return this.day(dateAfter(day.day, 1))
  }

  /** What holds of a machine on a day; null when no plant ever listed it. */
  termsOf(
    { plant, calendar }: ProductionDay,
    path: string,
  ): (MachineTerms & { readonly machine: Machine }) | null {
    const plants = [plant, ...this.#plants.map((stored) => stored.plant)]
    for (const { machines } of plants) {
      const machine = machines.find((one) => one.path === path)
      // no record of a roster yet: every machine is planned in every shift
      if (machine) return { machine, calendar, hours: {} }
    }
    return null
  }

  #plantOf(day: string): Plant {
    const inForce = this.#plants.findLast(
      ({ plant, since }) => since < spanOfDay(this.#calendar(plant), day).to,
    )
    return (inForce ?? this.#plants[0]!).plant
  }

  #calendar(plant: Plant): Calendar {
    let calendar = this.#calendars.get(plant)
    if (!calendar) {
      const made = calendarOf(plant.shifts, [])
      // a plant is checked before it is put in force: what is left are days from midnight without shifts
      calendar = 'calendar' in made ? made.calendar : { start: 0, shifts: [], closed: new Set() }
      this.#calendars.set(plant, calendar)
    }
    return calendar
  }
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
