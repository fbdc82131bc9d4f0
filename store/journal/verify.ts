/**
 * Verification: every firm's entries walked from the first to the newest, sealed days and day files alike; offsets without holes, the
 * evidence chain recomputed and compared wherever a value of it was stored. Reads only, so it may run while the journal is written.
 */
import fs from 'node:fs'
import { MARK_BYTES, NO_HEAD, type Heads } from './chain.ts'
import { beginWalk, compareHead, takeEntry, takeFrame, type Walk } from './checking.ts'
import { hotDays, hotFile, sealedFile, sealedFiles } from './folders.ts'
import { FrameReader, isEvidence } from './frame.ts'
import { framesOf, type GroupRow } from './hot.ts'
import { framesIn, HotDay } from './hotDay.ts'
import type { Damage, JournalEntry } from './journal.ts'
import { entriesOf, SealedBlocks, type BlockRow } from './sealed.ts'

export type Verdict = {
  readonly firm: string
  readonly offset: number
  readonly evidence: number
  /** SHA-256 of the evidence chain, hex. */
  readonly hash: string
  /** Entries read; signals that have aged out are not among them. */
  readonly entries: number
  /** Offsets declared lost after damage. */
  readonly lost: number
  /** The first bad entry and what is wrong with it; null when all is right. */
  readonly fault: string | null
}

/** A long read would keep SQLite from reusing its log: groups are read in portions. */
const PORTION = 256

/** Walks DIR/journal. One verdict per firm, by name, and every batch that could not be read at all. */
export function verifyJournal(dir: string): {
  readonly firms: readonly Verdict[]
  readonly damage: readonly Damage[]
} {
  const damage = new Map<string, Damage>()
  const report = (one: Damage) => void damage.set(`${one.file} ${one.commit}`, one)
  const walks = new Map<string, Walk>()
  const hot = hotDays(dir)
  const sealed = sealedFiles(dir).filter((one) => one.kind === 'evidence' && !hot.includes(one.day))
  for (const { firm, day } of sealed) walkSealed(dir, firm, day, walkOf(walks, firm), report)
  for (const day of hot) walkHot(dir, day, walks, report)
  const firms = [...walks].map(([firm, walk]) => ({ firm, ...walk, hash: walk.hash.toString('hex') }))
  return { firms: firms.toSorted((a, b) => (a.firm < b.firm ? -1 : 1)), damage: [...damage.values()] }
}

type Report = (damage: Damage) => void

function walkOf(walks: Map<string, Walk>, firm: string): Walk {
  let walk = walks.get(firm)
  if (!walk) walks.set(firm, (walk = beginWalk(NO_HEAD)))
  return walk
}

function walkSealed(dir: string, firm: string, day: string, walk: Walk, report: Report): void {
  const signals = sealedFile(dir, firm, day, 'signals')
  const files = [sealedFile(dir, firm, day, 'evidence'), ...(fs.existsSync(signals) ? [signals] : [])]
  const open: SealedBlocks[] = []
  try {
    for (const file of files) open.push(new SealedBlocks(file))
    const [evidence, other] = open
    compareHead(walk, evidence!.heading.opening, `the beginning of ${day}`)
    const aged = !other && evidence!.heading.entries < evidence!.heading.closing.offset - walk.offset
    for (const entry of byOffset(sealedEntries(evidence!, walk), other ? sealedEntries(other, null) : null)) {
      if (walk.fault) return
      takeEntry(walk, entry, aged)
    }
    if (aged && !walk.fault) walk.offset = Math.max(walk.offset, evidence!.heading.closing.offset)
    compareHead(walk, evidence!.heading.closing, `the end of ${day}`)
  } catch (error) {
    const why = (error as Error).message
    report({ file: files[open.length] ?? files[0]!, commit: 0, why })
    walk.fault ??= `entry ${walk.offset + 1} or one after it, in ${day}: ${why}`
  } finally {
    for (const one of open) one.close()
  }
}

/** Entries of a file from front to back; with a walk, its chain is compared at each block. */
function* sealedEntries(blocks: SealedBlocks, walk: Walk | null): Generator<JournalEntry> {
  for (let row: BlockRow | null = blocks.next(0); row; row = blocks.next(row.id)) {
    const { entries } = entriesOf(row)
    if (walk && !walk.fault && !walk.hash.equals(row.chain))
      walk.fault = `entry ${row.first_offset - 1} or one before it was altered: block ${row.id} begins with another chain value`
    yield* entries
  }
}

function* byOffset(a: Generator<JournalEntry>, b: Generator<JournalEntry> | null): Generator<JournalEntry> {
  let one = a.next()
  let two = b?.next()
  while (!one.done || (two && !two.done)) {
    const isFirst = !one.done && (!two || two.done || one.value.offset < two.value.offset)
    if (isFirst) {
      yield one.value as JournalEntry
      one = a.next()
    } else {
      yield two!.value as JournalEntry
      two = b!.next()
    }
  }
}

function walkHot(dir: string, day: string, walks: Map<string, Walk>, report: Report): void {
  const frames = new FrameReader()
  let hot: HotDay | null = null
  try {
    hot = HotDay.open(hotFile(dir, day), day, { frames, report })
    if (!hot) return // just being made
    for (const [firm, head] of hot.opening())
      compareHead(walkOf(walks, firm), head, `the beginning of ${day}`)
    const { heads, last } = hot.snapshot()
    for (let at = hot.after; at < last;) {
      const portion = take(hot.groups(at), PORTION)
      if (portion.length === 0) break
      for (const group of portion) if (group.number <= last) walkGroup(group, walks, frames, hot.file, report)
      at = portion.at(-1)!.number
    }
    compareHeads(walks, heads, `the end of ${day}`)
  } catch (error) {
    report({ file: hotFile(dir, day), commit: 0, why: (error as Error).message })
  } finally {
    hot?.close()
  }
}

function compareHeads(walks: Map<string, Walk>, heads: Heads, where: string): void {
  for (const [firm, head] of heads) compareHead(walkOf(walks, firm), head, where)
  for (const [firm, walk] of walks)
    if (!heads.has(firm)) walk.fault ??= `entry ${walk.offset}: ${where} does not know this firm`
}

function walkGroup(
  group: GroupRow,
  walks: Map<string, Walk>,
  frames: FrameReader,
  file: string,
  report: Report,
): void {
  const here = new Map<string, { walk: Walk; first: number; chained: boolean }>()
  try {
    const block = framesOf(group)
    for (const frame of framesIn(block, frames)) {
      const one = here.get(frame.firm) ?? {
        walk: walkOf(walks, frame.firm),
        first: frame.offset,
        chained: false,
      }
      here.set(frame.firm, one)
      one.chained ||= isEvidence(frame.class)
      if (!one.walk.fault) takeFrame(one.walk, frame, block, false)
    }
  } catch (error) {
    // the firms whose entries were in it are told by their next offset
    return report({ file, commit: group.number, why: (error as Error).message })
  }
  const chained = [...here.values()].filter((one) => one.chained)
  for (const [i, { walk, first }] of chained.entries()) {
    const mark = group.marks.subarray(i * MARK_BYTES, (i + 1) * MARK_BYTES)
    if (!walk.fault && !walk.hash.subarray(0, MARK_BYTES).equals(mark))
      walk.fault = `entries ${first} to ${walk.offset} (commit ${group.number}): one was altered, the chain has another value`
  }
  if (group.marks.length !== chained.length * MARK_BYTES)
    report({ file, commit: group.number, why: 'another number of chain values than of firms' })
}

function take<T>(from: Generator<T>, count: number): T[] {
  const taken: T[] = []
  for (const one of from) if (taken.push(one) >= count) break
  return taken
}
