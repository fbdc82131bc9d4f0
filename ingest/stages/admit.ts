/**
 * Is this item new? Identity is (machine, class, boot, seq): the same content again is a duplicate, another content is a conflict and
 * the first one stands. Holes in the seqs of a boot are gaps; an item that arrives behind a newer one is flagged.
 */
import { contentHash } from '#domain/telemetry/identity.ts'
import { dayNumber } from '#domain/telemetry/hashBlock.ts'
import { GAP_BEFORE, NO_SEQ, OUT_OF_ORDER } from '#domain/telemetry/item.ts'
import { AGAIN, AHEAD, BEHIND, openHoles } from '#domain/telemetry/seen.ts'
import type { SeqStream } from '../stream.ts'
import type { Work } from '../work.ts'

/** Boot of what people enter: its seqs are request numbers, and their holes are no gaps. */
export const MANUAL = 'manual'

export function admit(work: Work): void {
  const day = dayNumber(work.entry.receivedAt)
  const boot = work.boot ?? ''
  let stream: SeqStream | null = null
  for (let i = 0; i < work.count; i++) {
    if (work.faults[i] !== null) continue
    const item = work.items[i]!
    const hash = contentHash(work.cls, item)
    if (item.seq === undefined) admitLoose(work, i, item.ts, hash, day)
    else {
      stream ??= streamOf(work, boot)
      admitSeq(work, stream, i, item.seq, hash, day)
    }
  }
}

function streamOf(work: Work, boot: string): SeqStream {
  const { current } = work.machine.streams[work.cls]
  return current !== null && current.boot === boot ? current : work.firm.stream(work.machine, work.cls, boot)
}

function admitSeq(work: Work, stream: SeqStream, i: number, seq: number, hash: number, day: number): void {
  const { seen } = stream
  const missing = seen.missing
  const holes = openHoles(seen)
  const meeting = stream.add(seq, hash, day)
  if (meeting === AGAIN) return again(work, i, seq, stream.hashOf(seq, day), hash)
  work.firm.pending.streams.add(stream)
  if (meeting === BEHIND) work.flags[i]! |= OUT_OF_ORDER
  if (stream.boot === MANUAL) return
  if (meeting === AHEAD) work.flags[i]! |= GAP_BEFORE
  work.firm.tally.gapItems += seen.missing - missing
  work.firm.tally.gapsOpen += openHoles(seen) - holes
}

function again(work: Work, i: number, seq: number, known: number, hash: number): void {
  if (known === hash) work.duplicate[i] = 1
  else if (known === 0) {
    work.duplicate[i] = 1
    work.withheld[i] = 1
  } else
    work.faults[i] = {
      reason: 'conflict',
      detail: `seq ${seq} of boot ${work.boot ?? '(none)'} was received before with other content`,
    }
}

function admitLoose(work: Work, i: number, ts: number, hash: number, day: number): void {
  const stream = work.firm.looseStream(work.machine, work.cls)
  const newest = stream.newestTs
  if (!stream.add(ts, hash, day)) {
    work.duplicate[i] = 1
    return
  }
  work.firm.pending.streams.add(stream)
  work.flags[i]! |= ts < newest ? NO_SEQ | OUT_OF_ORDER : NO_SEQ
}
