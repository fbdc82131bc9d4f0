/**
 * Bills in the accounts of a month: what they add to its last day, and what says that a day's account goes by them. Its last day is the
 * last one that has an account, whatever the calendar says: of a plant that stands still over the end of a month nothing is heard. It
 * rests on the accounts of the days before it: when one of those is revised, it is due again.
 */
import { createHash } from 'node:crypto'
import { billedIn, isBilled, postedOf, trueUpsOf } from '#domain/accounting/bills.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { withTrueUps, type Account } from '#domain/kpi/account.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import type { AccountRow } from '#store/ledger/changes.ts'
import type { Almanac } from '#domain/accounting/almanac.ts'
import type { StoredPanes, Valued } from '#store/ledger/ledger.ts'

/** The account of a day, newest revision; `text` where it is not stored yet. */
export type KnownDay = Pick<AccountRow, 'day' | 'revision' | 'hash'> & { readonly text?: string }

const monthOfDay = (day: string): string => day.slice(0, 7)

/** Dates of a month, in order. */
export function datesOf(month: string): string[] {
  const days = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  return Array.from({ length: days }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`)
}

/** Among dates with an account, in order, the last of each month. */
type LastDays = (dates: readonly string[]) => ReadonlySet<string>

/**
 * Of months that are over; while a later day of the month is being settled nobody knows yet. Ask it before the settled days are read: one
 * that settles in between counts as open.
 */
export function lastDaysOf(source: Pick<StoredPanes, 'openDays' | 'asOf'>, almanac: Almanac): LastDays {
  const [open, asOf] = [source.openDays(), source.asOf()]
  const isKnown = (day: string) => {
    const month = monthOfDay(day)
    if (open.some((other) => other > day && monthOfDay(other) === month)) return false
    return almanac.day(datesOf(month).at(-1)!).to <= asOf
  }
  return (dates) => new Set([...new Map(dates.map((day) => [monthOfDay(day), day])).values()].filter(isKnown))
}

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

const earlier = (day: string, known: readonly KnownDay[]): KnownDay[] =>
  known.filter((one) => monthOfDay(one.day) === monthOfDay(day) && one.day < day)

/** What of the bills of its month an account goes by: `.bills`, of the last day `.bills.days`; empty: nothing was billed. */
export function markOf(books: PriceBook, day: string, known: readonly KnownDay[], isLast: boolean): string {
  const month = monthOfDay(day)
  const billed = billedIn(books, month)
  if (billed.size === 0) return ''
  if (!isLast) return isBilled(books, month) ? '.billed' : ''
  const bills = [...billed].map(([element, nano]) => `${element} ${nano}`).toSorted()
  const days = earlier(day, known).map(({ day: date, hash }) => `${date} ${hash}`)
  return `.${short(bills.join('\n'))}.${short(days.join('\n'))}`
}

/** The part of a basis that says by which bills; not which days they were laid over. */
export const billsIn = (before: string): string => before.split('.')[1] ?? ''

/** An account with what the bills of its month add to it: nothing, but on the last day. The entry lies at the month's end, or the day's. */
export function withBills(
  source: Pick<Valued, 'account'>,
  books: PriceBook,
  day: string,
  account: Account,
  known: readonly KnownDay[],
  isLast: boolean,
): Account {
  const month = monthOfDay(day)
  const billed = isLast ? billedIn(books, month) : new Map<never, never>()
  if (billed.size === 0) return account
  const before = earlier(day, known)
  const posted = postedOf(
    [
      ...before.map((one) => decodeAccount(one.text ?? source.account(one.day, one.revision)!.text, 0)),
      account,
    ].flatMap(({ cells }) => cells),
  )
  const days = { known: before.length + 1, of: datesOf(month).length }
  const trueUps = trueUpsOf(month, billed, posted, days).map(({ entry, ...rest }) => ({
    ...rest,
    entry: { ...entry, at: Math.min(entry.at, account.span.to - 1) },
  }))
  return withTrueUps(account, trueUps)
}
