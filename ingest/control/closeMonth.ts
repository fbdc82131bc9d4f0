/**
 * `close.month`: the accounts of a month's production days are frozen as they stand, once. All of them must be settled and valued by what
 * is known now; days of which nothing was ever heard have no account and are named in the answer. What comes later makes further revisions
 * of those days, and the snapshot stays what it was.
 */
import { createHash } from 'node:crypto'
import { CloseMonth } from '#contract/control.ts'
import type { MonthCloseRow } from '#store/ledger/changes.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { dueDays } from '../accounts/settledDays.ts'
import { datesOf } from '../accounts/monthBills.ts'
import type { Firm } from '../firm.ts'
import { refused, type Deed } from './deed.ts'

export const closeMonth: Deed = (firm, entry, control) => {
  const parsed = CloseMonth.safeParse(control.body)
  if (!parsed.success)
    return refused('bad_body', `${parsed.error.issues[0]?.message ?? ''}: a month, and a note if you like`)
  const { month, note = null } = parsed.data
  const closed = firm.monthCloses.find((one) => one.month === month)
  if (closed) return refused('already_closed', `${month} is closed as ${closed.snapshot}`)
  if (firm.plants.length === 0) return refused('no_data', 'no plant is in force')
  const dates = datesOf(month)
  const isOfMonth = (day: string) => day.startsWith(`${month}-`)
  if (firm.almanac.day(dates.at(-1)!).to > entry.receivedAt)
    return refused('month_not_over', `the last production day of ${month} is not over`)
  const open = firm.days.list().flatMap(({ day }) => (isOfMonth(day.day) ? [day.day] : []))
  if (open.length > 0) return refused('days_not_settled', open.join(' '))
  const { days, due } = standing(firm, dates)
  if (due.length > 0) return refused('days_not_valued', due.join(' '))
  if (days.length === 0) return refused('no_data', `nothing was heard in ${month}`)
  const records = firm.records.length
  const { receivedAt: at, offset } = entry
  const snapshot = snapshotOf(month, days, records)
  firm.closeMonth({ month, snapshot, days, records, note, by: control.by, at, offset })
  const known = new Set(days.map(({ day }) => day))
  return {
    ok: true,
    result: { month, snapshot, days: days.length, missing: dates.filter((day) => !known.has(day)) },
  }
}

/**
 * The accounts of a month's days, and those days of it that have none yet or another one soon: what came with the commit of the close is
 * in none; everything before is (accounts/beforeClose.ts), but for what could not be valued.
 */
function standing(firm: Firm, dates: readonly string[]) {
  const [first, last] = [dates[0]!, dates.at(-1)!]
  const reader = openLedgerReader(firm.ledger.file)
  try {
    const days = reader.accountHeads(first, last).map(({ day, revision, hash }) => ({ day, revision, hash }))
    const corrected = firm
      .fresh('corrections', null)
      .flatMap(({ from, to }) => firm.days.settledIn({ from, to: (to ?? from) + 1 }))
    const fresh = [...firm.pending.settled.map(({ day }) => day), ...corrected]
    const due = [...dueDays(reader, firm.almanac, firm.books, first, last), ...fresh]
    return { days, due: [...new Set(due)].filter((day) => day >= first && day <= last).toSorted() }
  } finally {
    reader.close()
  }
}

/** Its name is the month and what it froze: equal content has an equal name. */
function snapshotOf(month: string, days: MonthCloseRow['days'], records: number): string {
  const text = [...days.map(({ day, hash }) => `${day} ${hash}`), `records ${records}`].join('\n')
  return `${month}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}
