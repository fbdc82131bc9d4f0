/** Shifts of production days by the clock, and whether each has settled. */
import type { z } from 'zod'
import type { ShiftRow } from '#contract/report.ts'
import { spanOfDay } from '#domain/accounting/calendar.ts'
import type { Title } from '#domain/plant/plant.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import { partOf, type Account } from '#domain/kpi/account.ts'
import type { SettledShift } from '#store/ledger/ledger.ts'
import { insideOf } from '../figures/cost.ts'
import type { Days } from '../figures/days.ts'
import { targetsOf } from '../figures/targets.ts'
import { figureView } from '../figures/view.ts'

export type ShiftSpan = {
  readonly day: string
  readonly shift: number
  readonly name: Title
  readonly from: Instant
  readonly to: Instant
  /** Without its breaks. */
  readonly netMs: Millis
}

/** Shifts of one production day, in order; none on a day that is closed. */
export function shiftsOfDay({ plant, calendar }: Days, day: string, from: Instant): ShiftSpan[] {
  if (calendar.closed.has(day)) return []
  const midnight = from - calendar.start * MINUTE
  return calendar.shifts.map(({ start, end, breaks }, shift) => ({
    day,
    shift,
    name: plant.shifts[shift]!.name,
    from: midnight + start * MINUTE,
    to: midnight + end * MINUTE,
    netMs: (end - start - breaks.reduce((sum, pause) => sum + pause.end - pause.start, 0)) * MINUTE,
  }))
}

/** Every shift that has begun, the newest first. */
export function shiftRows(
  days: Days,
  settled: readonly SettledShift[],
  now: Instant,
): z.infer<typeof ShiftRow>[] {
  const newest = new Map(settled.map((one) => [`${one.day} ${one.shift}`, one]))
  const told = [
    ...days.days.map(({ day, from, account }) => ({ day, from, account })),
    // settled, and their accounts are under way
    ...days.missing.map((day) => ({ day, from: spanOfDay(days.calendar, day).from, account: null })),
  ].toSorted((a, b) => (a.day < b.day ? 1 : -1))
  return told.flatMap(({ day, from, account }) =>
    shiftsOfDay(days, day, from)
      .filter((span) => span.from < now)
      .map(({ shift, name, from: begin, to }) => {
        const found = newest.get(`${day} ${shift}`)
        return {
          day,
          shift,
          name,
          from: begin,
          to,
          settled: found ? settlementOf(found) : null,
          figure: account && figureOf(account, shift),
          target: targetsOf(days.book, shift).u,
        }
      })
      .toReversed(),
  )
}

function figureOf(whole: Account, shift: number): z.infer<typeof ShiftRow>['figure'] {
  const { cost, value, u2, status } = figureView(partOf(whole, insideOf(shift, 'plant')))
  return { cost, value, u2, status }
}

export const settlementOf = ({ revision, at, offset, reason, hash }: SettledShift) => ({
  revision,
  at,
  offset,
  reason,
  hash,
})
