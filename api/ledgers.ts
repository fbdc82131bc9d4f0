/**
 * The ledgers of all firms, opened when first asked for. A firm exists for the api when it has a ledger. Growth is noticed by ingest's
 * word and, in case none comes, by looking every 250 ms.
 */
import type { LedgerEvent } from '#contract/live.ts'
import type {
  LedgerReader as EventsReader,
  LedgerRow,
  MachinePast,
  PlantPast,
  StoredPanes,
  Valued,
} from '#store/ledger/ledger.ts'

/** What the api reads of a ledger. */
export type LedgerReader = EventsReader &
  MachinePast &
  PlantPast &
  Valued &
  Pick<StoredPanes, 'settled' | 'panes'>
/** Where ledgers come from: store/ledger/reader.ts on disk, a table in tests. */
export type LedgerShelf = { readonly firms: () => string[]; readonly open: (firm: string) => LedgerReader }

const LOOK_EVERY_MS = 250

export class Ledgers {
  readonly #shelf: LedgerShelf
  readonly #open = new Map<string, { reader: LedgerReader; cursor: number }>()
  readonly #unreadable = new Set<string>()
  readonly #tell: (firm: string, error: unknown) => void
  readonly #listeners = new Set<(firm: string, cursor: number) => void>()
  #timer: NodeJS.Timeout | undefined

  /** `tell` hears once of a ledger that cannot be opened. */
  constructor(shelf: LedgerShelf, tell: (firm: string, error: unknown) => void) {
    this.#shelf = shelf
    this.#tell = tell
  }

  firms(): string[] {
    return this.#shelf.firms()
  }

  /** The firm's ledger, or null when there is no such firm, or none that can be read yet: ingest may be just making the file. */
  of(firm: string): LedgerReader | null {
    const known = this.#open.get(firm)
    if (known) return known.reader
    if (!this.#shelf.firms().includes(firm)) return null
    try {
      const reader = this.#shelf.open(firm)
      this.#open.set(firm, { reader, cursor: reader.head().cursor })
      this.#unreadable.delete(firm)
      return reader
    } catch (error) {
      if (!this.#unreadable.has(firm)) this.#tell(firm, error)
      this.#unreadable.add(firm)
      return null
    }
  }

  /** How many ledgers are there and cannot be opened. */
  get unreadable(): number {
    return this.#unreadable.size
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
