/**
 * Brings days of history in, one after another over all machines, several messages under way at once. A day counts when all of it is
 * acknowledged; what was under way when it was cut off is told again under the same numbers.
 */
import type { Instant } from '#domain/time.ts'
import { addDays } from '../works/calendar.ts'
import type { Batch, Seqs, ToldDay } from './batches.ts'
import { afterDay, lastDay, type HistoryRecord } from './record.ts'

export type ImportPorts = {
  /** The messages of a production day up to `to`. */
  readonly tell: (date: string, to: Instant, seqs: Seqs) => Promise<ToldDay>
  /** Resolves when so many items may be sent. */
  readonly leave: (items: number) => Promise<void>
  /** Resolves when it is acknowledged. */
  readonly publish: (batch: Batch) => Promise<void>
  /** Its items are acknowledged. */
  readonly onBatch: (items: number) => void
  /** A day is over: stores the record, and returns it as it is stored. */
  readonly keep: (record: HistoryRecord) => HistoryRecord
}

const IN_FLIGHT = 16

/** From `record.next` to the last day. Rejects with what a port rejects with; what was stored by then counts. */
export async function importDays(begin: HistoryRecord, ports: ImportPorts): Promise<HistoryRecord> {
  const live = begin.live!
  const last = lastDay(live)
  let record = begin
  let ahead = record.next === null ? null : ports.tell(record.next, live, record.seqs)
  while (record.next !== null) {
    const date: string = record.next
    const day = await ahead!
    // made while this one is sent
    ahead = date < last ? ports.tell(addDays(date, 1), live, day.seqs) : null
    ahead?.catch(() => undefined) // seen when it is its turn
    await sendAll(day.batches, ports)
    record = ports.keep(afterDay(record, day))
  }
  return record
}

/** Ends at the first that fails; the others that are under way end first. */
async function sendAll(batches: readonly Batch[], ports: ImportPorts): Promise<void> {
  let next = 0
  let failed = false
  const lane = async (): Promise<void> => {
    while (!failed && next < batches.length) {
      const batch = batches[next++]!
      try {
        await ports.leave(batch.count)
        await ports.publish(batch)
      } catch (error) {
        failed = true
        throw error
      }
      ports.onBatch(batch.count)
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, lane))
  for (const one of lanes) if (one.status === 'rejected') throw one.reason
}
