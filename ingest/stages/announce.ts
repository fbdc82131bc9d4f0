/**
 * Tells who watches: the machine's newest message is indexed, and its change goes out with the next frame of GET /live. What is all
 * history does not make a machine heard from: only a value that is still its newest is news.
 */
import type { Disposition, QuarantineReason } from '#contract/dispositions.ts'
import { isHistory, skewOf } from '#domain/telemetry/quality.ts'
import type { Latency } from '../latency.ts'
import type { Live } from '../live.ts'
import type { Work } from '../work.ts'

export function announce(work: Work, live: Live, latency: Latency): void {
  const { machine, entry } = work
  let flags = 0
  let reason: QuarantineReason | null = null
  let stored = false
  for (let i = 0; i < work.count; i++) {
    flags |= work.flags[i]!
    const fault = work.faults[i]!
    if (fault !== null) reason ??= fault.reason
    else if (work.duplicate[i] === 0) stored = true
  }
  const disposition: Disposition = reason !== null ? 'quarantined' : stored ? 'stored' : 'duplicate'
  const seq = firstSeq(work)
  machine.messages.add(
    entry.offset,
    entry.receivedAt,
    work.cls,
    work.boot,
    seq,
    work.count,
    disposition,
    reason,
    flags,
  )
  if (isAllHistory(work)) {
    if (machine.hasNews()) live.changed(work.firm, machine)
    return
  }
  machine.now.receivedAt = entry.receivedAt
  if (stored) latency.note(work.firm.name, machine.path, entry.receivedAt, skewOf(entry.receivedAt, work.at))
  live.changed(work.firm, machine)
}

/** A message that cannot be decoded, or an item without a ts, was sent now for all that is known. */
function isAllHistory({ items, count, entry }: Work): boolean {
  if (items.length < count) return false
  return items.every((item: { readonly ts?: unknown; readonly until?: unknown } | null) => {
    const heard = item?.until ?? item?.ts
    return typeof heard === 'number' && isHistory(entry.receivedAt, heard)
  })
}

function firstSeq(work: Work): number | undefined {
  const seq: unknown = work.items[0]?.seq
  return Number.isSafeInteger(seq) && (seq as number) >= 0 ? (seq as number) : undefined
}
