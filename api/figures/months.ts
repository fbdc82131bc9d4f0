/** Months as sums of their production days, frozen ones as they were closed; and a month against the firm's books. */
import type { MonthView, ReconciliationView } from '#contract/months.ts'
import { awaitedIn, billedIn } from '#domain/accounting/bills.ts'
import { ELEMENTS } from '#domain/accounting/elements/catalogue.ts'
import { spanOfMonth } from '#domain/accounting/monthAccount.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { fenOfParts, toFen } from '#domain/accounting/rounding.ts'
import { shownU, type CostPerOutput } from '#domain/accounting/u.ts'
import { figureOf } from '#domain/accounting/valuation.ts'
import type { Account } from '#domain/kpi/account.ts'
import { reconcile } from '#domain/kpi/reconciliation.ts'
import { DAY, type Instant } from '#domain/time.ts'
import type { MonthCloseRow } from '#store/ledger/changes.ts'
import type { AccountHead } from '#store/ledger/recordRows.ts'
import type { LedgerReader } from '../ledgers.ts'
import { together, type Accounts } from './accounts.ts'
import { elementsView, figureView } from './view.ts'

/** Months that are listed. */
const MOST = 24

type Month = {
  readonly month: string
  readonly close: MonthCloseRow | null
  /** Newest accounts of its days. */
  readonly heads: readonly AccountHead[]
}

/** Months with an account, the newest first. */
export function monthsOf(ledger: LedgerReader): Month[] {
  const closes = new Map(ledger.monthCloses().map((row) => [row.month, row]))
  const heads = Map.groupBy(ledger.accountHeads('0000-00-00', '9999-99-99'), ({ day }) => day.slice(0, 7))
  return [...heads]
    .map(([month, own]) => ({ month, heads: own, close: closes.get(month) ?? null }))
    .toSorted((a, b) => (a.month < b.month ? 1 : -1))
    .slice(0, MOST)
}

/** The account of a month: frozen where it is closed. */
export async function accountOfMonth(
  accounts: Accounts,
  firm: string,
  ledger: LedgerReader,
  { heads, close }: Month,
): Promise<Account> {
  const days = close
    ? accounts.frozen(firm, ledger, close)
    : heads.map((head) => accounts.settled(ledger, firm, head))
  return (await together(days))!
}

const index = ({ u, status }: CostPerOutput) => ({ u, u2: u === null ? null : shownU(u), status })

export function monthView(month: Month, account: Account, now: Instant): MonthView {
  const { close, heads } = month
  const figure = figureView(account, 'plant', close === null && heads.some(({ revision }) => revision > 0))
  const { cost, value, finished, u, u2, status, raw, by, flags } = figure
  return {
    month: month.month,
    state: close ? 'closed' : overAt(month.month) > now ? 'running' : 'open',
    closed: close && {
      snapshot: close.snapshot,
      at: close.at,
      by: close.by,
      note: close.note,
      records: close.records,
      revised: revisedSince(close, heads),
    },
    days: (close?.days ?? heads).length,
    missing: missingOf(month, now),
    cost,
    value,
    finished,
    wip: { u, u2, status },
    raw,
    by,
    flags,
  }
}

/** A production day of the month may go on into the next date. */
const overAt = (month: string): Instant => spanOfMonth(month).to + DAY / 2

const revisedSince = ({ days }: MonthCloseRow, heads: readonly AccountHead[]): string[] =>
  heads.filter(({ day, hash }) => days.find((one) => one.day === day)?.hash !== hash).map(({ day }) => day)

/** Dates of the month, up to now, that have no account in it. */
function missingOf({ month, close, heads }: Month, now: Instant): string[] {
  const { from, to } = spanOfMonth(month)
  const known = new Set((close?.days ?? heads).map(({ day }) => day))
  const missing: string[] = []
  for (let at = from; at < Math.min(to, now - 2 * DAY); at += DAY) {
    const day = new Date(at + DAY / 2).toISOString().slice(0, 10)
    if (!known.has(day)) missing.push(day)
  }
  return missing
}

const fen = (nano: bigint | null): number | null => (nano === null ? null : toFen(nano))

export function reconciliationView(
  firm: string,
  month: Month,
  account: Account,
  books: PriceBook,
  now: Instant,
): ReconciliationView {
  const book = books.at(Infinity).find('book', month.month)
  const billed = billedIn(books, month.month)
  const awaited = (awaitedIn(books, month.month) ?? []).filter((element) => !billed.has(element))
  const found = reconcile(figureOf(account), book, awaited)
  const { rows, steps, output } = found
  const shown = figureView(account)
  const views = elementsView(account, shown)
  const sales = book ? BigInt(book.costOfSales) * 1000n : null
  const withExpenses = sales === null ? null : found.expenses.reduce((sum, { nano }) => sum + nano, sales)
  // steps and differences are whole fen that sum to the difference shown
  const ways = fenOfParts(
    steps.map(({ cause, element, nano }) => ({ id: `${cause} ${element ?? ''}`, nano })),
  )
  return {
    firm,
    month: month.month,
    snapshot: month.close?.snapshot ?? null,
    days: (month.close?.days ?? month.heads).length,
    missing: missingOf(month, now),
    indices: {
      u1: index(found.u1),
      u2: found.u2 && index(found.u2),
      u3: found.u3 && index(found.u3),
    },
    cost: { ours: shown.cost, sales: fen(sales), withExpenses: fen(withExpenses) },
    output: {
      value: shown.value,
      finished: shown.finished,
      wip: shown.value - shown.finished,
      revenue: fen(output.revenue),
    },
    by: shown.by,
    elements: rows.map(({ element, books: theirs, cause }, i) => {
      const step = steps.findIndex((one) => one.element === element)
      const { known, by } = views[i]!
      return {
        element,
        title: ELEMENTS[i]!.title,
        ours: known,
        books: fen(theirs),
        difference: step >= 0 ? ways.parts[step]! : cause === null && theirs !== null ? 0 : null,
        cause,
        by,
      }
    }),
    steps: steps.map(({ cause, element }, i) => ({ cause, element, cost: ways.parts[i]! })),
    difference: sales === null ? null : ways.total,
    expenses: found.expenses.map(({ expense, nano }) => ({ expense, cost: toFen(nano) })),
    awaited,
  }
}
