/**
 * The ledgers of all firms, opened when first asked for. A firm exists for the api when it has a ledger. Growth is noticed by ingest's
 * word and, in case none comes, by looking every 250 ms.
 */
import type { LedgerEvent } from '#contract/live.ts'
import type { LedgerReader, LedgerRow } from '#store/ledger/ledger.ts'

/** Where ledgers come from: store/ledger/reader.ts on disk, a table in tests. */
export type LedgerShelf = { readonly firms: () => string[]; readonly open: (firm: string) => LedgerReader }

const LOOK_EVERY_MS = 250

export class Ledgers {
  readonly #shelf: LedgerShelf
  readonly #open = new Map<string, { reader: LedgerReader; cursor: number }>()
  readonly #listeners = new Set<(firm: string, cursor: number) => void>()
  #timer: NodeJS.Timeout | undefined

  constructor(shelf: LedgerShelf) {
    this.#shelf = shelf
  }

  firms(): string[] {
    return this.#shelf.firms()
  }

  /** The firm's ledger, or null when there is no such firm. */
  of(firm: string): LedgerReader | null {
    const known = this.#open.get(firm)
    if (known) return known.reader
    if (!this.#shelf.firms().includes(firm)) return null
    const reader = this.#shelf.open(firm)
    this.#open.set(firm, { reader, cursor: reader.head().cursor })
    return reader
  }

  /** Called with the new cursor whenever a ledger has grown. Returns a function that ends it. */
  onGrowth(listener: (firm: string, cursor: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Looks whether a ledger has grown, and tells. */
  look(firm: string): void {
    const known = this.#open.get(firm)
    if (!known) return
    const { cursor } = known.reader.head()
    if (cursor === known.cursor) return
    known.cursor = cursor
    for (const listener of this.#listeners) listener(firm, cursor)
  }

  watch(): void {
    this.#timer = setInterval(() => {
      for (const firm of this.#open.keys()) this.look(firm)
    }, LOOK_EVERY_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    for (const { reader } of this.#open.values()) reader.close()
    this.#open.clear()
  }
}

/** A row with its body parsed. */
export const asEvent = (row: LedgerRow): LedgerEvent => ({
  cursor: row.cursor,
  at: row.at,
  kind: row.kind as LedgerEvent['kind'],
  offset: row.offset,
  body: JSON.parse(row.body) as Record<string, unknown>,
})
