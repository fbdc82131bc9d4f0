/** Price book and almanac of a firm as its ledger has them: made once, and again when records or plants have come. */
import { Almanac } from '#domain/accounting/almanac.ts'
import { priceBook, type PriceBook } from '#domain/accounting/records.ts'
import type { LedgerReader } from '../ledgers.ts'

type Known = {
  readonly record: number
  readonly plant: number
  readonly books: PriceBook
  readonly almanac: Almanac
}

const shelf = new WeakMap<LedgerReader, Known>()

/** Null: no plant is in force yet. */
export function bookshelf(ledger: LedgerReader): Pick<Known, 'books' | 'almanac'> | null {
  const version = ledger.plant()?.version
  if (version === undefined) return null
  const known = shelf.get(ledger)
  const fresh = ledger.records(known?.record ?? 0)
  if (known?.plant === version && fresh.length === 0) return known
  const records = known && fresh.length === 0 ? null : ledger.records()
  const books = records ? priceBook(records) : known!.books
  const almanac = new Almanac(ledger.plants(), () => books)
  const record = records?.at(-1)?.id ?? known?.record ?? 0
  const made = { record, plant: version, books, almanac }
  shelf.set(ledger, made)
  return made
}
