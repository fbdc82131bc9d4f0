/** The panes of a production day, of all machines: settled ones from the ledger, of an open day as its account was made of them. */
import type { Pane } from '#domain/accounting/pane.ts'
import { decodePanes } from '#domain/accounting/paneText.ts'
import type { AccountInput } from '#domain/kpi/account.ts'
import { dayTermsOf } from '#domain/kpi/dayTerms.ts'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import type { Ports } from '../ports.ts'
import { openAccount, type DayAccount } from './accounts.ts'
import type { Days } from './days.ts'

export type DayPanes = { readonly account: DayAccount; readonly panes: readonly Pane[] }

/** Days held: a settled one changes with its hash alone. */
const HELD = 4

export class PaneShelf {
  readonly #ports: Ports
  readonly #held = new Map<string, readonly Pane[]>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Panes and account of a day that agree. Throws what ingest's socket throws. */
  async of(firm: string, account: DayAccount): Promise<DayPanes> {
    if (!account.head) {
      const { now, panes } = await this.#ports.ingest.dayPanes(firm, account.day)
      return { account: openAccount(now), panes: panes.flatMap((text) => decodePanes(text)) }
    }
    const key = `${firm} ${account.day} ${account.head.hash}`
    let panes = this.#held.get(key)
    if (!panes) {
      const ledger = this.#ports.ledgers.of(firm)!
      const paths = ledger.plants().flatMap(({ plant }) => plant.machines.map(({ path }) => path))
      panes = [...new Set(paths)].flatMap((path) => ledger.panes(path, account.from, account.to))
      this.#held.set(key, panes)
      for (const oldest of this.#held.keys()) {
        if (this.#held.size <= HELD) break
        this.#held.delete(oldest)
      }
    }
    return { account, panes }
  }
}

/** What the day was valued with. */
export function inputOf(
  days: Days,
  { account, panes }: DayPanes,
  before: readonly MonthState[],
): AccountInput {
  return {
    ...dayTermsOf(days.almanac.day(account.day), days.books),
    span: account.account.span,
    panes,
    months: before,
  }
}
