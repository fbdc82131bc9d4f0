/**
 * Accounts of the days that are settled whole. What an account is made of stands beside it: hash of the day's panes and of the states
 * and causes that people said, version of the records, the peak before it. A day whose account is made of something else is due, but
 * for one that is open again, the oldest first, because a day begins with the peaks that the one before it left. An account that comes out the same is no new revision.
 * Bills of the month are part of it (monthBills.ts).
 */
import { createHash } from 'node:crypto'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { accountOf, peaksOf, type Account } from '#domain/kpi/account.ts'
import { figureOf, type Figure } from '#domain/accounting/valuation.ts'
import type { RecordsEffect } from '#contract/local.ts'
import { decodeAccount, encodeAccount } from '#domain/kpi/accountText.ts'
import type { AccountRow, SettledRow } from '#store/ledger/changes.ts'
import type { LedgerReader, MachinePast, StoredPanes, Valued } from '#store/ledger/ledger.ts'
import { monthsBefore } from '#store/ledger/monthsBefore.ts'
import type { AccountHead } from '#store/ledger/recordRows.ts'
import type { Almanac, ProductionDay } from '#domain/accounting/almanac.ts'
import { dayTermsOf } from '#domain/kpi/dayTerms.ts'
import { billsIn, datesOf, lastDaysOf, markOf, withBills, type KnownDay } from './monthBills.ts'

const FIRST = '0000-00-00'
const LAST = '9999-99-99'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const short = (text: string): string => sha256(text).slice(0, 16)

/**
 * `panes-version-before-after`: panes with what was said after a point; the last two are the peaks of the months before and after, those before
 * with the month's bills after a point.
 */
type Basis = { readonly panes: string; readonly version: number; readonly before: string }
const basisText = ({ panes, version, before }: Basis): string => `${panes}-${version}-${before}`
/** Version of the records by which an account was made. */
export const versionOf = ({ basis }: Pick<AccountHead, 'basis'>): number => Number(basis.split('-')[1])

export type Made = {
  readonly rows: readonly AccountRow[]
  /** Days are left that are due. */ readonly more: boolean
}

type Source = Pick<StoredPanes, 'settled' | 'panesOfShift' | 'openDays' | 'asOf'> &
  Pick<MachinePast, 'statesSaid'> &
  Pick<Valued, 'accountHeads' | 'accountBefore' | 'account'> &
  Pick<LedgerReader, 'states'>

/** A settled day whose account is not made, or was made of something else than what stands. */
type Due = {
  readonly day: ProductionDay
  readonly whole: readonly SettledRow[]
  readonly basis: Basis
  readonly head: AccountHead | null
  /** Peaks that the day before left. */
  readonly peaks: () => readonly MonthState[]
  /** Days before it. */
  readonly known: readonly KnownDay[]
  /** Of its month: the bills lie on it. */
  readonly isLast: boolean
}
type MadeRow = { readonly row: AccountRow; readonly peaks: readonly MonthState[] }

/** The accounts that are due, at most `limit`; a day of the demo plant takes 0.2 s. */
export function dueAccounts(source: Source, almanac: Almanac, books: PriceBook, limit: number): Made {
  const rows: AccountRow[] = []
  let more = false
  walk(source, almanac, books, (due) => {
    more = rows.length === limit
    if (more) return 'stop'
    const made = makeRow(source, books, due)
    rows.push(made.row)
    return made
  })
  return { rows, more }
}

/** Settled days from … to, both inside, that are due; the day before them is taken as it stands. */
export function dueDays(
  source: Source,
  almanac: Almanac,
  books: PriceBook,
  from: string,
  to: string,
): string[] {
  const days: string[] = []
  const note = ({ day }: Due) => {
    days.push(day.day)
    return null
  }
  walk(source, almanac, books, note, from, to)
  return days
}

/** Goes through the settled days, the oldest first. `make`: the account of a day that is due; null: what stands goes on standing. */
function walk(
  source: Source,
  almanac: Almanac,
  books: PriceBook,
  make: (due: Due) => MadeRow | null | 'stop',
  from = FIRST,
  to = LAST,
): void {
  // first: what settles meanwhile counts as open
  const open = new Set(source.openDays())
  const lastDays = lastDaysOf(source, almanac)
  const heads = new Map(source.accountHeads(from, to).map((head) => [head.day, head]))
  const days = [...newestOf(source.settled(from, to))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([date, shifts]) => {
      const day = almanac.day(date)
      const head = heads.get(date) ?? null
      // its panes are being made again: until then they do not fit what people said
      const waits = head !== null && open.has(date)
      return { day, whole: waits ? null : wholeOf(day, shifts), head }
    })
  const last = lastDays(days.flatMap(({ day, whole, head }) => (whole || head ? [day.day] : [])))
  const said = saidByDay(source, almanac)
  const known: KnownDay[] = []
  /** Peaks that the day before left: their hash, and the peaks where they are known already. */
  const earlier = source.accountBefore(from)
  let before = earlier
    ? peaksAfter(source, earlier)
    : { hash: short('[]'), peaks: (): readonly MonthState[] => [] }
  for (const { day, whole, head } of days) {
    const due = whole && dueOf(day, whole, head)
    const account = due && make(due)
    if (account === 'stop') return
    if (account) {
      known.push(account.row)
      before = { hash: hashOfPeaks(account.peaks), peaks: () => account.peaks }
    } else if (head) {
      known.push(head)
      before = peaksAfter(source, head)
    }
  }

  function dueOf(day: ProductionDay, whole: readonly SettledRow[], head: AccountHead | null): Due | null {
    const settled = short(whole.map(({ shift, hash }) => `${shift} ${hash}`).join('\n'))
    const isLast = last.has(day.day)
    const basis = {
      panes: settled + (said.get(day.day) ?? ''),
      version: books.versionUntil(day.to),
      before: before.hash + markOf(books, day.day, known, isLast),
    }
    if (head?.basis.startsWith(`${basisText(basis)}-`)) return null
    return { day, whole, basis, head, peaks: before.peaks, known, isLast }
  }
}

/** The settled shifts of a day, where all of them are settled. */
function wholeOf(
  day: ProductionDay,
  shifts: ReadonlyMap<number | null, SettledRow> | undefined,
): readonly SettledRow[] | null {
  const parts = day.parts.flatMap(({ shift }) => shifts?.get(shift) ?? [])
  return parts.length === day.parts.length ? parts : null
}

/**
 * What records would change if they were put: the newest settled days that go by another version of them, each beside its account as it
 * stands, and how many more there are. Peaks before a day are taken as they stand.
 */
export function effectOf(
  source: Source,
  almanac: Almanac,
  books: PriceBook,
  stored: number,
  limit: number,
): RecordsEffect {
  const lastDays = lastDaysOf(source, almanac)
  const heads = source.accountHeads(FIRST, LAST)
  const last = lastDays(heads.map(({ day }) => day))
  const concerned = heads.filter((head) => books.versionUntil(almanac.day(head.day).to) > versionOf(head))
  const settled = newestOf(source.settled(FIRST, LAST))
  const days = concerned.slice(-limit).flatMap((head) => {
    const day = almanac.day(head.day)
    const whole = wholeOf(day, settled.get(head.day))
    if (!whole) return []
    const stands = decodeAccount(source.account(head.day, head.revision)!.text, stored)
    const own = valued(source, day, whole, books, peaksOf(monthsBefore(source, head.day)))
    const account = withBills(source, books, head.day, own, heads, last.has(head.day))
    return [beside(head.day, stands, account)]
  })
  return { days, more: concerned.length - days.length }
}

/** A settled day valued anew, as a row of the next revision; null: it has no account, or comes out as it stands. */
export function revalued(
  source: Source,
  almanac: Almanac,
  books: PriceBook,
  date: string,
): AccountRow | null {
  const lastDays = lastDaysOf(source, almanac)
  const month = datesOf(date.slice(0, 7))
  const heads = source.accountHeads(month[0]!, month.at(-1)!)
  const head = heads.find((one) => one.day === date)
  const day = almanac.day(date)
  const whole = wholeOf(day, newestOf(source.settled(date, date)).get(date))
  if (!head || !whole) return null
  const own = valued(source, day, whole, books, peaksOf(monthsBefore(source, date)))
  const isLast = lastDays(heads.map((one) => one.day)).has(date)
  const text = encodeAccount(withBills(source, books, date, own, heads, isLast))
  const hash = sha256(text)
  if (hash === head.hash) return null
  return { ...head, revision: head.revision + 1, reason: 'recompute', hash, text }
}

function beside(day: string, before: Account, after: Account): RecordsEffect['days'][number] {
  const [a, b] = [figureOf(before), figureOf(after)]
  return {
    day,
    uBefore: uIn(a),
    uAfter: uIn(b),
    costBefore: costIn(a, before),
    costAfter: costIn(b, after),
  }
}

const uIn = ({ uWip: { u } }: Figure): number | null => (u === null ? null : u / 10_000)
const costIn = ({ cost }: Figure, { holes }: Account): string | null =>
  holes.length > 0 ? null : String(cost)

const hashOfPeaks = (peaks: readonly MonthState[]): string => short(JSON.stringify(peaks))

/** What people said of what machines did and why they stood, by the day that holds it: panes tell no causes. */
function saidByDay(source: Source, almanac: Almanac): Map<string, string> {
  const ids = new Map<string, number[]>()
  for (const { id, from, to } of source.statesSaid())
    for (let day = almanac.at(from); day.from < to; day = almanac.dayAfter(day))
      ids.set(day.day, [...(ids.get(day.day) ?? []), id])
  return new Map([...ids].map(([day, own]) => [day, `.${short(own.join(' '))}`]))
}

/** By day, then by shift. */
function newestOf(rows: readonly SettledRow[]): Map<string, Map<number | null, SettledRow>> {
  const days = new Map<string, Map<number | null, SettledRow>>()
  for (const row of rows) {
    const shifts = days.get(row.day) ?? new Map<number | null, SettledRow>()
    days.set(row.day, shifts)
    shifts.set(row.shift, row)
  }
  return days
}

function peaksAfter(source: Source, head: AccountHead) {
  const hash = head.basis.slice(head.basis.lastIndexOf('-') + 1)
  return {
    hash,
    peaks: () => peaksOf(decodeAccount(source.account(head.day, head.revision)!.text, 0).months),
  }
}

function makeRow(
  source: Source,
  books: PriceBook,
  { day, whole, basis, head, peaks: before, known, isLast }: Due,
): MadeRow {
  const own = valued(source, day, whole, books, before())
  const account = withBills(source, books, day.day, own, known, isLast)
  const peaks = peaksOf(account.months)
  const text = encodeAccount(account)
  const hash = sha256(text)
  const made = { day: day.day, basis: `${basisText(basis)}-${hashOfPeaks(peaks)}`, hash, text }
  if (head?.hash === hash) return { row: { ...head, ...made }, peaks }
  const newest = whole.reduce((a, b) => (b.offset > a.offset ? b : a))
  const reason = head ? reasonOf(head, basis, newest) : null
  return { row: { ...made, revision: (head?.revision ?? -1) + 1, reason, at: newest.at }, peaks }
}

function valued(
  source: Source,
  day: ProductionDay,
  parts: readonly SettledRow[],
  books: PriceBook,
  months: readonly MonthState[],
): Account {
  const panes = parts.flatMap((part) => source.panesOfShift(part))
  const { from, to } = day
  const terms = dayTermsOf(day, books)
  const segments = new Map(
    terms.plant
      .filter(({ meter }) => meter !== true)
      .map(({ path }) => [path, source.states(path, from, to)] as const),
  )
  return accountOf({ ...terms, span: { from, to }, panes, months, segments })
}

/** Why a day has another account. */
function reasonOf(head: AccountHead, { panes, version, before }: Basis, newest: SettledRow): string {
  const [panesBefore, versionBefore, monthBefore] = head.basis.split('-')
  const [own, ownBefore] = [panes, panesBefore!].map((text) => text.split('.')[0])
  if (own !== ownBefore) return newest.reason ?? 'late_data'
  if (panes !== panesBefore) return 'correction'
  const isAlike = String(version) === versionBefore && billsIn(before) === billsIn(monthBefore!)
  return isAlike ? 'month_before' : 'records'
}
