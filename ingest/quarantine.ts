/**
 * Items put aside: each counted by reason, and kept as a row with its place in the journal, at most ROWS open ones per sender and
 * reason. What a flood brings beyond that is only counted; its messages are still in the journal.
 */
import type { QuarantineReason } from '#contract/dispositions.ts'
import type { Fault } from '#domain/telemetry/item.ts'
import type { Instant } from '#domain/time.ts'
import type { QuarantineRow, ReasonTally } from '#store/ledger/changes.ts'
import type { LedgerWriter } from '#store/ledger/writer.ts'

export const ROWS = 100

export type PutAside = Omit<QuarantineRow, 'id' | 'reason' | 'detail'>

export class Quarantine {
  readonly #openRows = new Map<string, number>()
  readonly #tallies = new Map<string, ReasonTally>()
  readonly #changed = new Set<string>()
  #nextId: number

  constructor(ledger: LedgerWriter) {
    this.#nextId = ledger.nextQuarantine()
    for (const tally of ledger.tallies()) this.#tallies.set(tally.reason, tally)
    for (const { account, reason, rows } of ledger.openRows())
      this.#openRows.set(`${reason} ${account}`, rows)
  }

  /** Counts an item and returns the row to keep, or null when enough of its kind are kept. */
  put(fault: Fault, from: PutAside): QuarantineRow | null {
    const { reason, detail } = fault
    this.#count(reason, 1, from.receivedAt, from.machine)
    const key = `${reason} ${from.account}`
    const rows = this.#openRows.get(key) ?? 0
    if (rows >= ROWS) return null
    this.#openRows.set(key, rows + 1)
    return { ...from, id: this.#nextId++, reason, detail: detail.slice(0, 500) }
  }

  /** Would the next item of this kind be kept as a row? Asked before anything costly is looked up for it. */
  keeps(reason: QuarantineReason, account: string): boolean {
    return (this.#openRows.get(`${reason} ${account}`) ?? 0) < ROWS
  }

  /** A row was decided on: there is room for another, and a released item no longer counts as put aside. */
  decided(reason: string, account: string, released: boolean): void {
    const key = `${reason} ${account}`
    this.#openRows.set(key, Math.max(0, (this.#openRows.get(key) ?? 0) - 1))
    const tally = this.#tallies.get(reason)
    if (released && tally) this.#count(reason, -1, tally.lastAt, tally.lastMachine)
  }

  #count(reason: string, by: number, lastAt: Instant, lastMachine: string | null): void {
    const count = (this.#tallies.get(reason)?.count ?? 0) + by
    this.#tallies.set(reason, { reason, count, lastAt, lastMachine })
    this.#changed.add(reason)
  }

  byReason(): Record<string, number> {
    return Object.fromEntries(
      [...this.#tallies.values()].filter((t) => t.count > 0).map((t) => [t.reason, t.count]),
    )
  }

  /** Tallies to store. */
  changes(): ReasonTally[] {
    const rows = [...this.#changed].map((reason) => this.#tallies.get(reason)!)
    this.#changed.clear()
    return rows
  }
}
