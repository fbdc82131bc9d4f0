/**
 * Accounts of production days: of a day that is settled whole from the ledger, of an open one from ingest as of now. What neither has yet is
 * named as missing, and in no sum.
 */
import type { Account } from '#domain/kpi/account.ts'
import { AccountSum } from '#domain/kpi/accountSum.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import { dateAfter, type Instant } from '#domain/time.ts'
import type { AccountNow } from '#contract/local.ts'
import { LocalError } from '#runtime/local.ts'
import { Turns } from '#runtime/turns.ts'
import type { MonthCloseRow } from '#store/ledger/changes.ts'
import type { AccountHead } from '#store/ledger/recordRows.ts'
import type { LedgerReader } from '../ledgers.ts'
import { bookshelf } from './almanac.ts'
import type { Ports } from '../ports.ts'

export type DayAccount = {
  readonly day: string
  readonly account: Account
  /** Null: the day is open. */
  readonly head: Omit<AccountHead, 'basis'> | null
  readonly version: number
  readonly from: Instant
  readonly to: Instant
  readonly asOf: Instant
}

export type DayAccounts = {
  /** In order. */
  readonly days: readonly DayAccount[]
  readonly missing: readonly string[]
}

/** What figures are made from. */
export type Sources = Pick<Ports, 'ledgers' | 'log' | 'now'> & {
  readonly ingest: Pick<Ports['ingest'], 'account' | 'openDays' | 'minutes'>
}

/** Why there is no account at all. */
export type NoAccount = 'no_plant' | 'no_records' | 'ingest_down'

/** Days of which ingest is asked at once: each is made on its loop. */
const MOST_OPEN = 10
/** Decoded accounts held: a quarter of their days in use at once. */
const HELD = 128

/** The production day that runs; null: no plant is in force yet. */
export function dayNow(ports: Pick<Sources, 'ledgers' | 'now'>, firm: string): string | null {
  const ledger = ports.ledgers.of(firm)
  const shelf = ledger && bookshelf(ledger)
  return shelf ? shelf.almanac.at(ports.now()).day : null
}

const shelves = new WeakMap<Ports, Accounts>()

/** The accounts that pages and sockets share. */
export function accountsOf(ports: Ports): Accounts {
  let accounts = shelves.get(ports)
  if (!accounts) shelves.set(ports, (accounts = new Accounts(ports)))
  return accounts
}

export class Accounts {
  readonly #ports: Sources
  /** By firm, day and hash, the newest used last. */
  readonly #held = new Map<string, Account>()

  constructor(ports: Sources) {
    this.#ports = ports
  }

  /** The days from … to, both inside. */
  async days(firm: string, from: string, to: string): Promise<DayAccounts | NoAccount> {
    const ledger = this.#ports.ledgers.of(firm)
    const today = dayNow(this.#ports, firm)
    if (!ledger || today === null) return 'no_plant'
    const last = to < today ? to : today
    const settled = new Map(ledger.accountHeads(from, last).map((head) => [head.day, head]))
    const wanted: string[] = []
    for (let day = from; day <= last; day = dateAfter(day, 1)) if (!settled.has(day)) wanted.push(day)
    const open = await this.#open(firm, wanted, today)
    const turns = new Turns()
    if (typeof open === 'string') return open
    const told = new Set(open.days.map(({ day }) => day))
    // settled, and its account is under way
    const made = new Set(wanted.length > 0 ? ledger.settled(from, last).map(({ day }) => day) : [])
    const missing = wanted.filter((day) => !told.has(day) && (made.has(day) || open.missing.includes(day)))
    const days: DayAccount[] = [...open.days]
    // a year is half a second of decoding: other questions are answered between two days
    for (const head of settled.values()) {
      await turns.next()
      days.push(this.settled(ledger, firm, head))
    }
    days.sort((a, b) => (a.day < b.day ? -1 : 1))
    return { days, missing }
  }

  /** The days of a closed month as they were frozen. */
  frozen(firm: string, ledger: LedgerReader, { days }: MonthCloseRow): DayAccount[] {
    return days.map(({ day, revision }) => {
      const { text: _, ...head } = ledger.account(day, revision)!
      return this.settled(ledger, firm, head)
    })
  }

  /** The account of a day that is settled. */
  settled(ledger: LedgerReader, firm: string, head: AccountHead): DayAccount {
    const { basis, ...rest } = head
    const version = Number(basis.split('-')[1])
    const key = `${firm} ${head.day} ${head.hash}`
    let account = this.#held.get(key)
    if (account) this.#held.delete(key)
    else account = decodeAccount(ledger.account(head.day, head.revision)!.text, version)
    this.#held.set(key, account)
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= HELD) break
      this.#held.delete(oldest)
    }
    const { from, to } = account.span
    return { day: head.day, account, head: rest, version, from, to, asOf: to }
  }

  /** Days without an account in the ledger: those that are open are made now, the newest first; what is left is missing. */
  async #open(firm: string, wanted: readonly string[], today: string): Promise<DayAccounts | NoAccount> {
    if (wanted.length === 0) return { days: [], missing: [] }
    try {
      const heard = await this.#ports.ingest.openDays(firm)
      const open = wanted.filter((day) => heard.includes(day) || day === today)
      const asked = open.slice(-MOST_OPEN)
      const days: DayAccount[] = []
      for (const day of asked) days.push(openAccount(await this.#ports.ingest.account(firm, day)))
      return { days, missing: open.slice(0, -MOST_OPEN) }
    } catch (error) {
      if (error instanceof LocalError && error.status === 409) return 'no_records'
      this.#ports.log.warn({ err: error, firm }, 'ingest does not tell the account of an open day')
      return 'ingest_down'
    }
  }
}

export function openAccount({ day, from, to, asOf, version, text }: AccountNow): DayAccount {
  return { day, account: decodeAccount(text, version), head: null, version, from, to, asOf }
}

/** Days as one account; null: there is none. A day takes some milliseconds, and others have their turn between two. */
export async function together(days: readonly DayAccount[]): Promise<Account | null> {
  if (days.length < 2) return days[0]?.account ?? null
  const sum = new AccountSum()
  const turns = new Turns()
  for (const { account } of days) {
    await turns.next()
    sum.take(account)
  }
  const account = sum.of({ from: days[0]!.account.span.from, to: days.at(-1)!.account.span.to })
  await turns.next()
  return account
}
