/** `quarantine.discard`: an engineer has looked at it and it stays out. It remains counted as quarantined, and its message in the journal. */
import { openRows } from './openRows.ts'
import { refused, type Deed } from './deed.ts'

export const discard: Deed = (firm, entry, control) => {
  const rows = openRows(firm, control.body)
  if (!rows) return refused('bad_body', 'ids are needed')
  if (rows.open.length === 0)
    return refused(rows.missing.length > 0 ? 'not_found' : 'not_open', 'nothing to discard')
  for (const row of rows.open) {
    const decided = {
      id: row.id,
      status: 'discarded',
      by: control.by,
      at: entry.receivedAt,
      offset: entry.offset,
    } as const
    firm.pending.decided.push(decided)
    firm.quarantine.decided(row.reason, row.account, false)
    const body = { id: row.id, status: 'discarded', by: control.by, reason: control.reason ?? null }
    firm.event('quarantine.closed', entry.receivedAt, entry.offset, body)
  }
  return {
    ok: true,
    result: { discarded: rows.open.map((row) => row.id), missing: rows.missing, closed: rows.closed },
  }
}
