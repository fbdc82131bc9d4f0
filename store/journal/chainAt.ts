/**
 * The evidence chain at one entry, told from a stretch around it: from a value that was stored before it to one that was stored behind.
 * The length of the stretch is bounded, a sealed block or the groups of one place, whatever the journal holds. Only `verify` walks it all:
 * who alters an entry and the values on both sides of it is found there, and by a head that was kept elsewhere.
 */
import { MARK_BYTES } from './chain.ts'
import { beginWalk, compareHead, takeEntry, takeFrame, type Walk } from './checking.ts'
import { isEvidence, type FrameReader } from './frame.ts'
import { framesOf, PLACE_COMMITS, type GroupRow } from './hot.ts'
import { framesIn, type HotDay } from './hotDay.ts'
import type { ChainAt, JournalEntry } from './journal.ts'
import { entriesOf, type SealedBlocks } from './sealed.ts'

/** The walk while it goes on, and the chain behind the entry once it was there. */
type Passing = { readonly walk: Walk; readonly from: number; hash: Buffer | null }

const told = ({ walk, from, hash }: Passing): ChainAt => ({
  state: walk.fault === null ? 'intact' : 'broken',
  hash: hash && hash.toString('hex'),
  from,
  to: walk.offset,
  why: walk.fault,
})

/** Of an entry that is no evidence, or of which nothing stored is near. */
export const chainless = (state: 'not_chained' | 'not_kept', offset: number): ChainAt => ({
  state,
  hash: null,
  from: offset,
  to: offset,
  why: null,
})

/** At a piece of evidence in a sealed day: its block. */
export function sealedChainAt(blocks: SealedBlocks, offset: number): ChainAt {
  const row = blocks.holding(offset)
  if (!row) return chainless('not_kept', offset)
  const walk = beginWalk({ offset: row.first_offset - 1, evidence: 0, hash: Buffer.from(row.chain) })
  const passing: Passing = { walk, from: row.first_offset, hash: null }
  let entries: readonly JournalEntry[]
  try {
    ;({ entries } = entriesOf(row))
  } catch (error) {
    walk.fault = `block ${row.id}: ${(error as Error).message}`
    return told(passing)
  }
  for (const entry of entries) {
    takeEntry(walk, entry, true)
    if (entry.offset === offset && !walk.fault) passing.hash = walk.hash
  }
  const next = blocks.next(row.id)
  const behind = next ? next.chain : blocks.heading.closing.hash
  if (!walk.fault && !walk.hash.equals(behind))
    walk.fault = `an entry from ${row.first_offset} to ${row.last_offset} was altered: what follows begins with another chain value`
  return told(passing)
}

/** At a piece of evidence in a day file: the groups that one place stands for. */
export function hotChainAt(day: HotDay, frames: FrameReader, firm: string, offset: number): ChainAt {
  const { at, behind } = day.placesAround(firm, offset)
  if (!at?.head) return chainless('not_kept', offset)
  const passing: Passing = { walk: beginWalk(at.head), from: at.first, hash: null }
  const { walk } = passing
  const end = Math.min(at.number + PLACE_COMMITS, behind?.number ?? Infinity)
  for (const group of day.groups(at.number - 1)) {
    if (group.number >= end || walk.fault) break
    try {
      walkGroup(group, frames, firm, offset, passing)
    } catch (error) {
      walk.fault = `commit ${group.number}: ${(error as Error).message}`
    }
  }
  if (behind?.head)
    compareHead(walk, { ...behind.head, offset: walk.offset }, `the place of entry ${behind.first}`)
  return told(passing)
}

/** Takes the firm's frames of a group and compares what was stored of its chain with it. */
function walkGroup(
  group: GroupRow,
  frames: FrameReader,
  firm: string,
  offset: number,
  passing: Passing,
): void {
  const { walk } = passing
  const block = framesOf(group)
  const chained = new Map<string, boolean>()
  for (const frame of framesIn(block, frames)) {
    chained.set(frame.firm, chained.get(frame.firm) || isEvidence(frame.class))
    if (frame.firm !== firm || walk.fault) continue
    takeFrame(walk, frame, block, false)
    if (frame.offset === offset && !walk.fault) passing.hash = walk.hash
  }
  if (!chained.get(firm) || walk.fault) return
  const place = [...chained].filter(([, isChained]) => isChained).findIndex(([name]) => name === firm)
  const mark = group.marks.subarray(place * MARK_BYTES, (place + 1) * MARK_BYTES)
  if (!walk.hash.subarray(0, MARK_BYTES).equals(mark))
    walk.fault = `an entry up to ${walk.offset} (commit ${group.number}) was altered: the chain has another value`
}
