/**
 * Bills in the accounts of a month: what they add to its last day, and what says that a day's account goes by them. The last day rests on
 * the accounts of the days before it: when one of those is revised, it is due again.
 */
import { createHash } from 'node:crypto'
import { billedIn, isBilled, postedOf, trueUpsOf } from '#domain/accounting/bills.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { withTrueUps, type Account } from '#domain/kpi/account.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import { DAY } from '#domain/time.ts'
import type { AccountRow } from '#store/ledger/changes.ts'
import type { Valued } from '#store/ledger/ledger.ts'

/** The account of a day, newest revision; `text` where it is not stored yet. */
export type KnownDay = Pick<AccountRow, 'day' | 'revision' | 'hash'> & { readonly text?: string }

const monthOfDay = (day: string): string => day.slice(0, 7)
const isLast = (day: string): boolean =>
  monthOfDay(new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString()) !== monthOfDay(day)

/** Dates of a month, in order. */
export function datesOf(month: string): string[] {
  const days = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
  return Array.from({ length: days }, (_, i) => `${month}-${String(i + 1).padStart(2, '0')}`)
}

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

const earlier = (day: string, known: readonly KnownDay[]): KnownDay[] =>
  known.filter((one) => monthOfDay(one.day) === monthOfDay(day) && one.day < day)

/** What of the bills of its month an account goes by: `.bills`, of the last day `.bills.days`; empty: nothing was billed. */
export function markOf(books: PriceBook, day: string, known: readonly KnownDay[]): string {
  const month = monthOfDay(day)
  const billed = billedIn(books, month)
  if (billed.size === 0) return ''
  if (!isLast(day)) return isBilled(books, month) ? '.billed' : ''
  const bills = [...billed].map(([element, nano]) => `${element} ${nano}`).toSorted()
  const days = earlier(day, known).map(({ day: date, hash }) => `${date} ${hash}`)
  return `.${short(bills.join('\n'))}.${short(days.join('\n'))}`
}

/** The part of a basis that says by which bills; not which days they were laid over. */
export const billsIn = (before: string): string => before.split('.')[1] ?? ''

/** An account with what the bills of its month add to it: nothing, but on the last day. */
export function withBills(
  source: Pick<Valued, 'account'>,
  books: PriceBook,
  day: string,
  account: Account,
  known: readonly KnownDay[],
): Account {
  const month = monthOfDay(day)
  const billed = isLast(day) ? billedIn(books, month) : new Map<never, never>()
  if (billed.size === 0) return account
  const before = earlier(day, known)
  const posted = postedOf(
    [
      ...before.map((one) => decodeAccount(one.text ?? source.account(one.day, one.revision)!.text, 0)),
      account,
    ].flatMap(({ cells }) => cells),
  )
  return withTrueUps(
    account,
    trueUpsOf(month, billed, posted, { known: before.length + 1, of: datesOf(month).length }),
  )
}
