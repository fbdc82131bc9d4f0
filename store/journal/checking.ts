/** Walking a firm's entries and telling the first one that cannot be believed: used after sealing, and by `verify`. */
import { chain, type Head } from './chain.ts'
import { classCode, encodeFrame, isEvidence, type Frame } from './frame.ts'
import { saysLost } from './group.ts'
import type { JournalEntry } from './journal.ts'
import { entriesOf, SealedBlocks } from './sealed.ts'

/** What is known of a firm while its entries are walked. */
export type Walk = {
  offset: number
  evidence: number
  hash: Buffer
  entries: number
  /** Offsets that were declared lost after damage. */
  lost: number
  /** The first fault; the rest of the firm is then not judged. */
  fault: string | null
}

export const beginWalk = ({ offset, evidence, hash }: Head): Walk => ({
  offset,
  evidence,
  hash,
  entries: 0,
  lost: 0,
  fault: null,
})

/** Takes the next frame of a firm. With `gaps`, entries may be absent: signals that have aged out. */
export function takeFrame(walk: Walk, frame: Frame, block: Buffer, gaps: boolean): void {
  const isNext = frame.offset === walk.offset + 1
  if (!isNext && saysLost(frame, block, walk.offset)) walk.lost += frame.offset - walk.offset - 1
  else if (!isNext && !(gaps && frame.offset > walk.offset)) {
    walk.fault = `entry ${frame.offset} follows entry ${walk.offset}: entries are missing or repeated`
    return
  }
  walk.offset = frame.offset
  walk.entries++
  if (!isEvidence(frame.class)) return
  walk.hash = chain(walk.hash, block, frame.at, frame.end)
  walk.evidence++
}

/** The same for an entry that was unpacked from a sealed block. */
export function takeEntry(walk: Walk, entry: JournalEntry, gaps: boolean): void {
  const frame = encodeFrame(entry)
  takeFrame(
    walk,
    {
      topic: entry.topic,
      principal: entry.principal,
      firm: entry.firm,
      class: classCode(entry.topic),
      at: 0,
      end: frame.length,
      payloadAt: frame.length - entry.payload.length,
      offset: entry.offset,
      receivedAt: entry.receivedAt,
    },
    frame,
    gaps,
  )
}

/** Checks a walk against a head that was stored with the entries. */
export function compareHead(walk: Walk, head: Head, where: string): void {
  if (walk.fault) return
  if (walk.offset !== head.offset)
    walk.fault = `entry ${Math.min(walk.offset, head.offset) + 1}: ${where} is at ${head.offset}, the entries end at ${walk.offset}`
  else if (walk.evidence !== head.evidence || !walk.hash.equals(head.hash))
    walk.fault = `entry ${walk.offset} or one before it was altered: ${where} has another chain value`
}

/** Reads a sealed file whole. Returns why it cannot be believed by itself, or null. */
export function checkSealedFile(file: string): string | null {
  const blocks = new SealedBlocks(file)
  try {
    const { heading } = blocks
    const walk = beginWalk(heading.opening)
    for (let row = blocks.next(0); row; row = blocks.next(row.id)) {
      if (heading.kind === 'evidence' && !walk.hash.equals(row.chain))
        return `block ${row.id}: another chain value`
      for (const entry of entriesOf(row).entries) takeEntry(walk, entry, true)
      if (walk.fault) return walk.fault
    }
    if (walk.entries !== heading.entries) return `${walk.entries} entries in place of ${heading.entries}`
    if (heading.kind === 'evidence' && !walk.hash.equals(heading.closing.hash))
      return 'another closing chain value'
    return null
  } finally {
    blocks.close()
  }
}
