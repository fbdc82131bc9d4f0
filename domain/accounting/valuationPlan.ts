/**
 * The plan of a production day, from the calendar and the book in force when the day begins: paid and worked hours, who tends which
 * machine, when each machine is planned to work, and which of the open days of its year or month it is.
 */
import { DAY, MINUTE, SHANGHAI_OFFSET, dayOf, type Instant } from '#domain/time.ts'
import { edgesIn, plannedAt, productionDay, spanOfDay, type Calendar, type MachineHours } from './calendar.ts'
import type { Book, BudgetDays, PriceBook } from './records.ts'
import { unionOf, type Span } from './span.ts'

/** What valuation needs to know of a machine or meter of the plant. */
export type PlantMachine = {
  readonly path: string
  readonly kind: string
  readonly meter: boolean
  readonly ratedKw: number | null
  /** Name of a count register and the units in its steps, by what it counts. */
  readonly registers: ReadonlyMap<string, { readonly name: string; readonly perStep: number }>
}

export type ShiftPlan = {
  /** Place in the plant's shifts. */
  readonly shift: number
  readonly from: Instant
  readonly to: Instant
  readonly worked: readonly Span[]
  readonly paid: readonly Span[]
  readonly people: number
}

export type DayPlan = {
  readonly day: string
  readonly span: Span
  readonly open: boolean
  readonly book: Book
  /** Empty on a closed day. */
  readonly shifts: readonly ShiftPlan[]
  /** Machines of a kind that are manned in a shift, by path. */
  readonly manned: (kind: string, shift: number) => readonly string[]
  /** When a machine is planned to work. */
  readonly hoursOf: (machine: PlantMachine) => MachineHours
  readonly scheduled: (machine: PlantMachine) => readonly Span[]
  /**
   * Place among the days of its year or month that an amount is for, from 0, and how many there are; null: none of them. A month in
   * which no shift works has its amount all the same, on all of its days.
   */
  readonly place: (
    per: 'year' | 'month',
    days: BudgetDays,
  ) => { readonly index: number; readonly of: number } | null
}

/** Dates of a year on which no shift works, by its calendar record; null when there is no record. */
export function closedDaysOf(book: Book, year: number): string[] | null {
  const record = book.find('calendar', String(year))
  if (!record) return null
  const closed = new Set(record.closed)
  return datesOf(year).filter(
    (day) => closed.has(day) || record.weekdays.includes(new Date(`${day}T00:00:00Z`).getUTCDay()),
  )
}

function datesOf(year: number): string[] {
  const dates: string[] = []
  for (let at = Date.UTC(year, 0); at < Date.UTC(year + 1, 0); at += DAY)
    dates.push(dayOf(at - SHANGHAI_OFFSET))
  return dates
}

export type Planner = { readonly plansIn: (span: Span) => readonly DayPlan[] }

/** Plans of production days, each made once. */
export function plannerOf(calendar: Calendar, books: PriceBook, machines: readonly PlantMachine[]): Planner {
  const plans = new Map<string, DayPlan>()
  const years = new Map<number, readonly string[]>()
  const openDays = (year: number): readonly string[] => {
    let days = years.get(year)
    if (!days) years.set(year, (days = datesOf(year).filter((day) => !calendar.closed.has(day))))
    return days
  }
  const planOf = (day: string): DayPlan => {
    let plan = plans.get(day)
    if (!plan) {
      const book = books.at(spanOfDay(calendar, day).from)
      plans.set(day, (plan = makePlan(calendar, book, machines, day, openDays)))
    }
    return plan
  }
  return {
    plansIn: ({ from, to }) => {
      const found: DayPlan[] = []
      for (let at = from; at < to; at = found.at(-1)!.span.to) found.push(planOf(productionDay(calendar, at)))
      return found
    },
  }
}

function makePlan(
  calendar: Calendar,
  book: Book,
  machines: readonly PlantMachine[],
  day: string,
  openDays: (year: number) => readonly string[],
): DayPlan {
  const span = spanOfDay(calendar, day)
  const open = calendar.shifts.length > 0 && !calendar.closed.has(day)
  const midnight = span.from - calendar.start * MINUTE
  const at = ({ start, end }: { readonly start: number; readonly end: number }): Span => ({
    from: midnight + start * MINUTE,
    to: midnight + end * MINUTE,
  })
  const crews = book.all('crew')
  const unpaid = (book.find('pay', 'breaks')?.unpaid ?? []).map(at)
  const shifts = open
    ? calendar.shifts.map((shift, index): ShiftPlan => {
        const { from, to } = at(shift)
        return {
          shift: index,
          from,
          to,
          worked: without({ from, to }, shift.breaks.map(at)),
          paid: without({ from, to }, unpaid),
          people: crews.reduce((sum, [, crew]) => sum + (crew.people[index] ?? 0), 0),
        }
      })
    : []
  const manned = kept((kind: string, shift: number): readonly string[] => {
    const paths = machines.filter((machine) => machine.kind === kind).map(({ path }) => path)
    const count = book.find('machine_plan', kind)?.manned?.[shift]
    return count === undefined ? paths : paths.toSorted().slice(0, count)
  })
  const scheduled = new Map<string, readonly Span[]>()
  const hoursOf = (machine: PlantMachine): MachineHours => {
    const plan = book.find('machine_plan', machine.kind)
    if (plan?.windows) return { windows: plan.windows }
    return {
      shifts: calendar.shifts.map((_, i) => i).filter((i) => manned(machine.kind, i).includes(machine.path)),
    }
  }
  return {
    day,
    span,
    open,
    book,
    shifts,
    manned: (kind, shift) => (shifts.length > 0 ? manned(kind, shift) : []),
    hoursOf,
    scheduled: (machine) => {
      if (!open) return []
      let spans = scheduled.get(machine.path)
      if (!spans) scheduled.set(machine.path, (spans = scheduledIn(calendar, hoursOf(machine), span)))
      return spans
    },
    place: kept((per: 'year' | 'month', days: BudgetDays) => {
      const year = Number(day.slice(0, 4))
      const ofPeriod = (dates: readonly string[]) =>
        dates.filter((one) => per === 'year' || one.startsWith(day.slice(0, 7)))
      const openOnes = ofPeriod(openDays(year))
      const inPeriod = openOnes.length > 0 ? openOnes : ofPeriod(datesOf(year))
      const chosen = days === 'open' ? inPeriod : lastOfMonths(inPeriod, days.lastOfMonth)
      const index = chosen.indexOf(day)
      return index < 0 ? null : { index, of: chosen.length }
    }),
  }
}

/** Answers of a question of two parts, each made once: a plan is asked the same for every quarter-hour of its day. */
function kept<A, B, T>(make: (a: A, b: B) => T): (a: A, b: B) => T {
  const known = new Map<A, Map<B, T>>()
  return (a, b) => {
    let ofA = known.get(a)
    if (!ofA) known.set(a, (ofA = new Map()))
    if (!ofA.has(b)) ofA.set(b, make(a, b))
    return ofA.get(b) as T
  }
}

/** The last days of each month among some days. */
function lastOfMonths(days: readonly string[], count: number): string[] {
  return [...Map.groupBy(days, (day) => day.slice(0, 7)).values()].flatMap((month) => month.slice(-count))
}

/** Stretches of a day in which a machine is planned to work. */
function scheduledIn(calendar: Calendar, hours: MachineHours, { from, to }: Span): Span[] {
  const edges = [from, ...edgesIn(calendar, hours, from, to), to]
  return unionOf(
    edges
      .slice(1)
      .map((end, i) => ({ from: edges[i]!, to: end }))
      .filter((stretch) => plannedAt(calendar, hours, stretch.from)),
  )
}

/** What is left of a span; `cuts` are in order. */
function without({ from, to }: Span, cuts: readonly Span[]): Span[] {
  const left: Span[] = []
  let start = from
  for (const cut of cuts) {
    if (cut.to <= from || cut.from >= to) continue
    if (cut.from > start) left.push({ from: start, to: cut.from })
    start = Math.max(start, cut.to)
  }
  if (start < to) left.push({ from: start, to })
  return left
}
