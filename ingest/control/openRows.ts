/** The quarantine rows that a decision names, by whether they can still be decided on. */
import { QuarantineDecision } from '#contract/control.ts'
import type { Firm } from '../firm.ts'

export type OpenRow = {
  readonly id: number
  readonly reason: string
  readonly account: string
  readonly offset: number
  readonly item: number
}

/** Null: the body is no decision. Rows of this very turn are found too, before they are in the ledger. */
export function openRows(firm: Firm, body: unknown) {
  const decision = QuarantineDecision.safeParse(body)
  if (!decision.success) return null
  const open: OpenRow[] = []
  const closed: number[] = []
  const missing: number[] = []
  for (const id of new Set(decision.data.ids)) {
    const fresh = firm.pending.quarantine.find((row) => row.id === id)
    const row = fresh ? { ...fresh, status: 'open' as const } : firm.ledger.quarantineById(id)
    const decided = firm.pending.decided.some((known) => known.id === id)
    if (!row) missing.push(id)
    else if (row.status !== 'open' || decided) closed.push(id)
    else open.push(row)
  }
  return { open, closed, missing }
}
