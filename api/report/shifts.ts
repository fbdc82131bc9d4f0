/** Shifts of production days by the clock, and whether each has settled. */
import type { z } from 'zod'
import type { ShiftRow } from '#contract/report.ts'
import { shiftsOf, type ShiftOfDay } from '#domain/accounting/almanac.ts'
import type { Instant, Millis } from '#domain/time.ts'
import { partOf, type Account } from '#domain/kpi/account.ts'
import type { SettledShift } from '#store/ledger/ledger.ts'
import { insideOf } from '../figures/cost.ts'
import type { Days } from '../figures/days.ts'
import { targetsOf } from '../figures/targets.ts'
import { figureView } from '../figures/view.ts'

export type ShiftSpan = Omit<ShiftOfDay, 'breaks'> & {
  readonly day: string
  /** Without its breaks. */
  readonly netMs: Millis
}

/** Shifts of one production day, in order; none on a day that is closed. */
export const shiftsOfDay = ({ almanac }: Days, day: string): ShiftSpan[] =>
  shiftsOf(almanac.day(day)).map(({ breaks, ...shift }) => ({
    ...shift,
    day,
    netMs: shift.to - shift.from - breaks.reduce((sum, pause) => sum + pause.to - pause.from, 0),
  }))

/** Every shift that has begun, the newest first. */
export function shiftRows(
  days: Days,
  settled: readonly SettledShift[],
  now: Instant,
): z.infer<typeof ShiftRow>[] {
  const newest = new Map(settled.map((one) => [`${one.day} ${one.shift}`, one]))
  const told = [
    ...days.days.map(({ day, account }) => ({ day, account })),
    // settled, and their accounts are under way
    ...days.missing.map((day) => ({ day, account: null })),
  ].toSorted((a, b) => (a.day < b.day ? 1 : -1))
  return told.flatMap(({ day, account }) =>
    shiftsOfDay(days, day)
      .filter((span) => span.from < now)
      .map(({ shift, name, from, to }) => {
        const found = newest.get(`${day} ${shift}`)
        return {
          day,
          shift,
          name,
          from,
          to,
          settled: found ? settlementOf(found) : null,
          figure: account && figureOf(account, shift),
          target: targetsOf(days.books.at(days.almanac.day(day).from), shift).u,
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
