/**
 * When the plant works: shifts with breaks on open production days, in Asia/Shanghai (UTC+8 throughout). A production day begins
 * with the first shift of the plant file and lasts 24 hours; it is named by the date on which it begins. Shift boundaries lie on
 * whole minutes, so that a minute belongs to one shift.
 * Valid:   08:00-17:00, 17:00-01:00, from which 00:30 on 1 April belongs to the production day 31 March
 * Invalid: a boundary at 08:00:30, shifts that overlap, a shift that reaches past the next production day
 */
import type { Shift } from '#domain/plant/plant.ts'
import { DAY, MINUTE, SHANGHAI_OFFSET, dayOf, type Instant } from '#domain/time.ts'
import type { Span } from './span.ts'

const DAY_MINUTES = 1440

/** Minutes after the midnight on which the production day's date begins. */
type Minutes = { readonly start: number; readonly end: number }

export type Calendar = {
  /** When the production day begins. */
  readonly start: number
  /** In the order of the plant file: the place is the shift's index. */
  readonly shifts: readonly (Minutes & { readonly breaks: readonly Minutes[] })[]
  /** Production days (`2026-02-17`) on which no shift works. */
  readonly closed: ReadonlySet<string>
}

export type CalendarFault =
  | { readonly reason: 'not_whole_minutes'; readonly shift: number }
  | { readonly reason: 'overlap'; readonly shift: number }
  | { readonly reason: 'beyond_the_day'; readonly shift: number }
  | { readonly reason: 'break_outside'; readonly shift: number }
  | { readonly reason: 'no_date'; readonly day: string }

/** The calendar of a plant, or everything that is wrong with it. A plant without shifts has days from midnight and no planned time. */
export function calendarOf(
  shifts: readonly Shift[],
  closed: Iterable<string>,
): { readonly calendar: Calendar } | { readonly faults: readonly CalendarFault[] } {
  const start = shifts[0]?.start ?? 0
  const own = shifts.map((shift) => {
    // 01:00 after a first shift at 08:00 belongs to the next date, but to the same production day
    const later = shift.start < start ? DAY_MINUTES : 0
    const moved = (minutes: Minutes) => ({ start: minutes.start + later, end: minutes.end + later })
    return { ...moved(shift), breaks: (shift.breaks ?? []).map(moved) }
  })
  const days = [...closed]
  const faults = [
    ...own.flatMap((shift, i) => shiftFaults(shift, i, start, own.slice(0, i))),
    ...days.filter((day) => !isDate(day)).map((day) => ({ reason: 'no_date', day }) as const),
  ]
  return faults.length > 0 ? { faults } : { calendar: { start, shifts: own, closed: new Set(days) } }
}

function shiftFaults(
  shift: Calendar['shifts'][number],
  index: number,
  dayStart: number,
  earlier: Calendar['shifts'],
): CalendarFault[] {
  const edges = [shift, ...shift.breaks].flatMap(({ start, end }) => [start, end])
  if (!edges.every(Number.isInteger)) return [{ reason: 'not_whole_minutes', shift: index }]
  const faults: CalendarFault[] = []
  if (shift.end <= shift.start || shift.end > dayStart + DAY_MINUTES)
    faults.push({ reason: 'beyond_the_day', shift: index })
  if (earlier.some((other) => other.start < shift.end && shift.start < other.end))
    faults.push({ reason: 'overlap', shift: index })
  if (shift.breaks.some(({ start, end }) => end <= start || start < shift.start || end > shift.end))
    faults.push({ reason: 'break_outside', shift: index })
  return faults
}

const isDate = (day: string): boolean => {
  const at = Date.parse(`${day}T00:00:00Z`)
  return /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}

/** Midnight in Asia/Shanghai at or before an instant. */
const midnightAt = (at: Instant): Instant => Math.floor((at + SHANGHAI_OFFSET) / DAY) * DAY - SHANGHAI_OFFSET

/** Midnight of the date of the production day that holds an instant. */
const midnightOf = (calendar: Calendar, at: Instant): Instant => midnightAt(at - calendar.start * MINUTE)

/** The production day that holds an instant: `2026-03-31`. */
export const productionDay = (calendar: Calendar, at: Instant): string => dayOf(at - calendar.start * MINUTE)

/** Begin and end of a production day. */
export function spanOfDay(calendar: Calendar, day: string): Span {
  const from = Date.parse(`${day}T00:00:00Z`) - SHANGHAI_OFFSET + calendar.start * MINUTE
  return { from, to: from + DAY }
}

const inside = ({ start, end }: Minutes, minute: number): boolean => start <= minute && minute < end

export type Moment = {
  readonly day: string
  /** Index of the shift; null between shifts and on a closed day. */
  readonly shift: number | null
  /** Inside a shift and in none of its breaks. */
  readonly worked: boolean
}

/** Where an instant lies. */
export function momentOf(calendar: Calendar, at: Instant): Moment {
  const day = productionDay(calendar, at)
  const minute = (at - midnightOf(calendar, at)) / MINUTE
  const shift = calendar.closed.has(day) ? -1 : calendar.shifts.findIndex((one) => inside(one, minute))
  if (shift < 0) return { day, shift: null, worked: false }
  return { day, shift, worked: !calendar.shifts[shift]!.breaks.some((pause) => inside(pause, minute)) }
}

/** When a machine is planned to work: in these shifts without their breaks, or, where it has windows of its own, in these. */
export type MachineHours = {
  /** Indices of shifts; all of them when left out. */
  readonly shifts?: readonly number[]
  /** Minutes after the midnight of the production day, whatever the shifts say; on open days only. */
  readonly windows?: readonly Minutes[]
}

/** Is a machine planned to work at an instant? Planned maintenance is not known here. */
export function plannedAt(
  calendar: Calendar,
  hours: MachineHours,
  at: Instant,
  moment = momentOf(calendar, at),
): boolean {
  if (hours.windows) {
    const minute = (at - midnightOf(calendar, at)) / MINUTE
    return !calendar.closed.has(moment.day) && hours.windows.some((window) => inside(window, minute))
  }
  return moment.worked && (hours.shifts === undefined || hours.shifts.includes(moment.shift!))
}

/** Instants in (from, to) at which a moment or a machine's plan may change. */
export function edgesIn(calendar: Calendar, hours: MachineHours, from: Instant, to: Instant): Instant[] {
  const minutes = [
    ...calendar.shifts.flatMap((shift) => [shift, ...shift.breaks]),
    ...(hours.windows ?? []),
    { start: calendar.start, end: calendar.start + DAY_MINUTES },
  ].flatMap(({ start, end }) => [start, end])
  const edges = new Set<Instant>()
  // a window may reach past the end of its production day
  for (let midnight = midnightAt(from - 2 * DAY); midnight < to; midnight += DAY)
    for (const minute of minutes) {
      const at = midnight + minute * MINUTE
      if (at > from && at < to) edges.add(at)
    }
  return [...edges].toSorted((a, b) => a - b)
}

/** Hours that are alike, from `ts` on: the shift that they lie in, and whether the machine is planned to work. */
export type AlikeHours = { readonly ts: Instant; readonly shift: number | null; readonly planned: boolean }

/** [from, to) as hours that are alike, in order. */
export const hoursIn = (calendar: Calendar, hours: MachineHours, from: Instant, to: Instant): AlikeHours[] =>
  [from, ...edgesIn(calendar, hours, from, to)].map((ts) => {
    const moment = momentOf(calendar, ts)
    return { ts, shift: moment.shift, planned: plannedAt(calendar, hours, ts, moment) }
  })
