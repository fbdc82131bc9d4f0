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
  let day = record.next === null ? null : await ports.tell(record.next, live, record.seqs)
  while (day !== null && record.next !== null) {
    const date: string = record.next
    // the next one is made while this one is sent
    const [sent, made] = await Promise.allSettled([
      sendAll(day.batches, ports),
      date < last ? ports.tell(addDays(date, 1), live, day.seqs) : null,
    ])
    if (sent.status === 'rejected') throw sent.reason
    record = ports.keep(afterDay(record, day))
    if (made.status === 'rejected') throw made.reason
    day = made.value
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
