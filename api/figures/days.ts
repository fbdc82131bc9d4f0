/** The window that a person asks for, as production days of a firm: their accounts, books and calendar; or why there is nothing. */
import type { z } from 'zod'
import type { Basis } from '#contract/figures.ts'
import type { Almanac } from '#domain/accounting/almanac.ts'
import type { Calendar } from '#domain/accounting/calendar.ts'
import type { Book, PriceBook } from '#domain/accounting/records.ts'
import { U_DEFINITIONS } from '#domain/accounting/u.ts'
import type { Account } from '#domain/kpi/account.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Refused } from '../http/problem.ts'
import { refuse } from '../http/problem.ts'
import { bookshelf } from './almanac.ts'
import {
  dayNow,
  together,
  type Accounts,
  type DayAccount,
  type DayAccounts,
  type NoAccount,
  type Sources,
} from './accounts.ts'

export const MOST_DAYS = 400

export type Days = DayAccounts & {
  readonly firm: string
  readonly account: Account
  readonly plant: Plant
  /** At the begin of the last day, like plant and calendar. */
  readonly book: Book
  readonly books: PriceBook
  readonly calendar: Calendar
  readonly almanac: Almanac
  /** The accounts are those that closing a month froze. */
  readonly snapshot?: string
}

const REFUSALS: Readonly<Record<NoAccount, () => Refused>> = {
  no_plant: () => refuse(409, 'no-plant', 'no plant is in force yet'),
  no_records: () => refuse(409, 'no-records', 'the firm has no dated records: nothing can be valued'),
  ingest_down: () => refuse(503, 'ingest-down', 'the pipeline does not answer: try again'),
}

/** Days from … to, both inside; left out: the day that runs, or all of a snapshot. */
export async function daysOf(
  ports: Sources,
  accounts: Accounts,
  firm: string,
  asked: {
    readonly from?: string | undefined
    readonly to?: string | undefined
    readonly snapshot?: string | undefined
  },
): Promise<Days | Refused> {
  const today = dayNow(ports, firm)
  const ledger = ports.ledgers.of(firm)
  const shelf = ledger && bookshelf(ledger)
  if (!shelf || today === null) return REFUSALS.no_plant()
  const { snapshot } = asked
  // every close lists the days that it froze: they are read where one is asked for
  const close = snapshot === undefined ? null : ledger.monthCloses().find((one) => one.snapshot === snapshot)
  if (close === undefined) return refuse(404, 'no-snapshot', 'no month was closed under this id')
  const from = asked.from ?? asked.to ?? today
  const to = asked.to ?? asked.from ?? today
  if (from > to) return refuse(400, 'bad-window', 'from must not be after to')
  if (Date.parse(to) - Date.parse(from) > MOST_DAYS * 86_400_000)
    return refuse(400, 'bad-window', `the window is longer than ${MOST_DAYS} days`)
  const found = close
    ? { days: frozenIn(accounts.frozen(firm, ledger, close), asked), missing: [] }
    : await accounts.days(firm, from, to)
  if (typeof found === 'string') return REFUSALS[found]()
  const account = await together(found.days)
  if (!account)
    return found.missing.length > 0
      ? refuse(409, 'not-valued', 'these days are settled and their accounts are under way')
      : refuse(404, 'no-data', 'nothing was heard of these days')
  const last = found.days.at(-1)!
  const { plant, year } = shelf.almanac.day(last.day)
  return {
    ...found,
    firm,
    account,
    plant,
    book: shelf.books.at(last.from),
    books: shelf.books,
    calendar: year,
    almanac: shelf.almanac,
    ...(close && { snapshot: close.snapshot }),
  }
}

const frozenIn = (
  days: readonly DayAccount[],
  { from, to }: { from?: string | undefined; to?: string | undefined },
) => days.filter(({ day }) => day >= (from ?? day) && day <= (to ?? day))

export const isRefused = (found: object): found is Refused => 'refused' in found

/** From when to when, and up to when it is known. */
export function windowOf({ days }: Pick<Days, 'days'>) {
  const [first, last] = [days[0]!, days.at(-1)!]
  return {
    from: first.from,
    to: last.to,
    asOf: last.asOf,
    firstDay: first.day,
    lastDay: last.day,
    open: days.some(({ head }) => head === null),
  }
}

export function basisOf({
  days,
  missing,
  snapshot,
}: Pick<Days, 'days' | 'missing' | 'snapshot'>): z.infer<typeof Basis> {
  const versions = new Set(days.map(({ version }) => version))
  return {
    definition: `u_wip/${U_DEFINITIONS.u_wip}`,
    records: versions.size === 1 ? days[0]!.version : null,
    days: days.map(({ day, head, asOf }) => ({
      day,
      revision: head?.revision ?? null,
      reason: head?.reason ?? null,
      hash: head?.hash ?? null,
      at: head?.at ?? asOf,
    })),
    missing: [...missing],
    ...(snapshot !== undefined && { snapshot }),
  }
}

/** Some day of the window was revised after it had settled. */
export const isRevised = ({ days }: Pick<Days, 'days'>): boolean =>
  days.some(({ head }) => head !== null && head.revision > 0)
