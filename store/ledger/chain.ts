/** The hash chain over ledger events: h(n) = SHA-256(h(n−1) ‖ row n). An edited, missing or swapped row breaks it. */
import { createHash } from 'node:crypto'
import type { LedgerRow } from './ledger.ts'

/** Hash before the first event. */
export const GENESIS = '0'.repeat(64)

/** Hash of a row that follows `previous` (hex). */
export function chainHash(previous: string, row: LedgerRow): string {
  return createHash('sha256')
    .update(`${previous}\n${row.cursor}\n${row.at}\n${row.kind}\n${row.offset ?? ''}\n${row.body}`)
    .digest('hex')
}

/** Cursor of the first row that does not follow from the ones before it, or null when the chain holds. */
export function firstBroken(rows: Iterable<LedgerRow & { readonly hash: string }>): number | null {
  let previous = GENESIS
  let expected = 1
  for (const row of rows) {
    if (row.cursor !== expected || chainHash(previous, row) !== row.hash) return row.cursor
    previous = row.hash
    expected++
  }
  return null
}
