/** The books of the open days that somebody asks for: the day that runs and a few others, each dropped when nobody asks any more. */
import type { AccountNow, DayPanesNow } from '#contract/local.ts'
import type { Pane } from '#domain/accounting/pane.ts'
import { encodePanes } from '#domain/accounting/paneText.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import { monthsBefore } from '#store/ledger/monthsBefore.ts'
import type { Firm } from '../firm.ts'
import { DayBook } from './dayBook.ts'

/** An answer may be given again for so long: no page shows a figure more often. */
const AGAIN: Millis = 500
/** Unasked for so long, a book goes. */
const UNASKED: Millis = 15 * MINUTE

/** An account with the panes that it was made of, by machine: what comes afterwards changes neither. */
type Told = { readonly now: AccountNow; readonly panes: readonly (readonly Pane[])[] }

type Kept = {
  readonly book: DayBook
  /** The account whose peaks it began with: its day and hash; null: none. */
  readonly before: string | null
  asked: number
  told: Told | null
  making: Promise<Told> | null
}

const kept = new WeakMap<Firm, DayBooks>()

/** The books of a firm, begun when they are first asked for. */
export function dayBooksOf(firm: Firm): DayBooks {
  let books = kept.get(firm)
  if (!books) {
    const own = (books = new DayBooks(firm))
    kept.set(firm, own)
    firm.days.onTouch = (machine, from) => own.touch(machine, from)
  }
  return books
}

class DayBooks {
  readonly #firm: Firm
  readonly #books = new Map<string, Kept>()

  constructor(firm: Firm) {
    this.#firm = firm
  }

  /** Something of a machine came that changes its panes from an instant on. */
  touch(machine: string, from: Instant): void {
    for (const { book } of this.#books.values()) if (from < book.day.to) book.touch(machine, from)
  }

  /**
   * A day as of now; null: the day that runs. Who asks while it is being made gets the same. `clock`: monotonic ms of the process, which
   * only says how long answers and books are kept.
   */
  async now(date: string | null, clock: number): Promise<AccountNow> {
    return (await this.#told(date, clock)).now
  }

  /** The same with the panes that it was made of: a text of paneText.ts for each machine. */
  async panes(date: string, clock: number): Promise<DayPanesNow> {
    const { now, panes } = await this.#told(date, clock)
    return { now, panes: panes.map((own) => encodePanes(own)) }
  }

  #told(date: string | null, clock: number): Promise<Told> {
    const { at, almanac } = this.#firm
    const day = date ?? almanac.at(at).day
    for (const [other, { asked }] of this.#books)
      if (other !== day && clock - asked > UNASKED) this.#books.delete(other)
    const { records } = this.#firm.ledger
    const head = records.accountBefore(day)
    const before = head && `${head.day} ${head.hash}`
    let own = this.#books.get(day)
    // the day before settles, or settles again, while this one runs
    if (!own?.book.holds || own.before !== before) {
      const book = new DayBook(this.#firm, almanac.day(day), monthsBefore(records, day))
      own = { book, before, asked: clock, told: null, making: null }
      this.#books.set(day, own)
    }
    if (own.making) return own.making
    if (own.told && clock - own.asked < AGAIN) return Promise.resolve(own.told)
    own.asked = clock
    return (own.making = this.#make(own, day))
  }

  async #make(own: Kept, day: string): Promise<Told> {
    try {
      const { from, to } = own.book.day
      const asOf = Math.max(from, Math.min(this.#firm.at, to))
      const account = await own.book.account(asOf)
      const now = { day, from, to, asOf, version: account.version, text: encodeAccount(account) }
      return (own.told = { now, panes: own.book.panes() })
    } finally {
      own.making = null
    }
  }
}
