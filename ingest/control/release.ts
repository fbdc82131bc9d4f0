/**
 * `quarantine.release`: after the plant was corrected, an item goes through check, normalize and persist with today's plant. What still
 * fails stays open. A released conflict is a correction: the seq stays as received, and its content takes the place of what stood.
 */
import type { Fault } from '#domain/telemetry/item.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from '../firm.ts'
import type { Stages } from '../walks.ts'
import { messageOf } from '../message.ts'
import { newWork, setItems } from '../work.ts'
import { openRows, type OpenRow } from './openRows.ts'
import { refused, type Deed } from './deed.ts'

export const release: Deed = (firm, entry, control, stages) => {
  const rows = openRows(firm, control.body)
  if (!rows) return refused('bad_body', 'ids are needed')
  const { open, missing, closed } = rows
  if (open.length === 0) return refused(missing.length > 0 ? 'not_found' : 'not_open', 'nothing to release')
  const released: number[] = []
  const failed: { readonly id: number; readonly reason: string; readonly detail: string }[] = []
  for (const row of open) {
    const fault = releaseOne(firm, row, stages)
    if (fault !== null) failed.push({ id: row.id, ...fault })
    else {
      released.push(row.id)
      close(firm, entry, row, control.by, control.reason ?? null)
    }
  }
  const [first] = failed
  if (released.length === 0 && failed.every(({ reason }) => reason === 'aged_out'))
    return refused('aged_out', first!.detail)
  if (released.length === 0) return refused('still_failing', `${first!.reason}: ${first!.detail}`)
  return { ok: true, result: { released, failed, missing, closed } }
}

type Failing = Fault | { readonly reason: 'aged_out'; readonly detail: string }

function releaseOne(firm: Firm, row: OpenRow, stages: Stages): Failing | null {
  const source = stages.find(firm.name, row.offset)
  const message = source && messageOf(source)
  if (!message) return { reason: 'aged_out', detail: 'its message is no longer in the journal' }
  const { cls, machine, decoded } = message
  if (!decoded.ok) return decoded.fault
  const item = decoded.items[row.item]
  const broken = decoded.faults?.[row.item] ?? null
  if (broken !== null || item === undefined) return broken ?? { reason: 'bad_shape', detail: 'no such item' }
  const work = newWork(firm, source, cls, firm.machine(machine))
  work.boot = decoded.boot
  work.at = decoded.at
  work.first = row.item
  work.correct = row.reason === 'conflict'
  setItems(work, [item], 1)
  return stages.released(work)
}

function close(firm: Firm, entry: JournalEntry, row: OpenRow, by: string, reason: string | null): void {
  const { id } = row
  const at = entry.receivedAt
  firm.pending.decided.push({ id, status: 'released', by, at, offset: entry.offset })
  firm.quarantine.decided(row.reason, row.account, true)
  firm.tally.quarantined--
  firm.tally.stored++
  const effect = row.reason === 'conflict' ? 'corrected' : 'stored'
  firm.event('quarantine.closed', at, entry.offset, { id, status: 'released', effect, by, reason })
}
