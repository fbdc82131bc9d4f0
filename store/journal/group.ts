/** A group commit: the frames that arrived in one window, numbered together and stored as one compressed blob. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { chain, MARK_BYTES, NO_HEAD, type Head, type Heads } from './chain.ts'
import { isEvidence, setFrameOffset, viewOf, type Frame, type FrameReader } from './frame.ts'

/** More than any group holds: what claims to be larger is damage. */
export const MAX_GROUP_BYTES = 64 * 1024 * 1024

export type Tallied = {
  readonly entries: number
  /** Heads before and after the group, of the firms in it. */
  readonly before: Heads
  readonly heads: Heads
  /** Offset of each firm's first entry in the group. */
  readonly firsts: ReadonlyMap<string, number>
  /** The first MARK_BYTES of each firm's new chain value, of the firms with evidence here, in the order of their first entries. */
  readonly marks: Buffer
}

type Running = {
  offset: number
  evidence: number
  hash: Buffer
  readonly first: number
  readonly before: Head
  chained: boolean
}

/**
 * Numbers the frames of a group and chains its evidence, on top of `heads`, which stay as they are: the caller takes over the
 * result once it is stored. Writes the offsets into `block`. `after` is the offset behind which a firm goes on, when not its head's.
 */
export function tally(
  block: Buffer,
  heads: Heads,
  frames: FrameReader,
  after?: ReadonlyMap<string, number>,
): Tallied {
  const view = viewOf(block)
  const running = new Map<string, Running>()
  let entries = 0
  for (let at = 0; at < block.length; entries++) {
    const frame = frames.at(block, view, at)
    let firm = running.get(frame.firm)
    if (!firm) {
      const head = heads.get(frame.firm) ?? NO_HEAD
      const offset = after?.get(frame.firm) ?? head.offset
      firm = { ...head, offset, first: offset + 1, before: head, chained: false }
      running.set(frame.firm, firm)
    }
    firm.offset++
    setFrameOffset(view, at, firm.offset)
    take(firm, frame, block)
    at = frame.end
  }
  return result(running, entries)
}

/** Why a stored group cannot be believed. */
export type Doubt = { readonly firm: string | null; readonly why: string }

/**
 * Walks a stored group on top of `heads` and checks offsets and chain. Returns the new heads, or the doubt with the first bad entry.
 * A jump of offsets is right only where a tick says that the entries between were lost.
 */
export function recount(
  block: Buffer,
  marks: Uint8Array,
  heads: Heads,
  frames: FrameReader,
): Tallied | { readonly doubt: Doubt } {
  const view = viewOf(block)
  const running = new Map<string, Running>()
  let entries = 0
  try {
    for (let at = 0; at < block.length; entries++) {
      const frame = frames.at(block, view, at)
      let firm = running.get(frame.firm)
      if (!firm) {
        const head = heads.get(frame.firm) ?? NO_HEAD
        firm = { ...head, first: frame.offset, before: head, chained: false }
        running.set(frame.firm, firm)
      }
      if (frame.offset !== firm.offset + 1 && !saysLost(frame, block, firm.offset))
        return {
          doubt: {
            firm: frame.firm,
            why: `entry ${frame.offset} follows entry ${firm.offset}: entries are missing or repeated`,
          },
        }
      firm.offset = frame.offset
      take(firm, frame, block)
      at = frame.end
    }
  } catch (error) {
    return { doubt: { firm: null, why: (error as Error).message } }
  }
  const found = result(running, entries)
  if (!found.marks.equals(marks)) return { doubt: differing(running, found.marks, marks) }
  return found
}

function take(firm: Running, frame: Frame, block: Buffer): void {
  if (!isEvidence(frame.class)) return
  firm.hash = chain(firm.hash, block, frame.at, frame.end)
  firm.evidence++
  firm.chained = true
}

function result(running: ReadonlyMap<string, Running>, entries: number): Tallied {
  const before = new Map<string, Head>()
  const heads = new Map<string, Head>()
  const firsts = new Map<string, number>()
  const marks: Uint8Array[] = []
  for (const [name, firm] of running) {
    before.set(name, firm.before)
    heads.set(name, { offset: firm.offset, evidence: firm.evidence, hash: firm.hash })
    firsts.set(name, firm.first)
    if (firm.chained) marks.push(firm.hash.subarray(0, MARK_BYTES))
  }
  return { entries, before, heads, firsts, marks: Buffer.concat(marks) }
}

function differing(running: ReadonlyMap<string, Running>, found: Buffer, stored: Uint8Array): Doubt {
  let at = 0
  for (const [name, firm] of running) {
    if (!firm.chained) continue
    const to = at + MARK_BYTES
    if (!found.subarray(at, to).equals(stored.subarray(at, to)))
      return {
        firm: name,
        why: `entries ${firm.first} to ${firm.offset}: the evidence chain does not match, one was altered`,
      }
    at = to
  }
  return { firm: null, why: 'chain values of firms that are not in the group' }
}

/** The payload of a tick that follows lost entries: `lost` is the first and last offset that nobody can read any more. */
export type TickPayload = {
  readonly wall: number
  readonly mono: number
  readonly lost?: readonly [number, number]
}

export function saysLost(frame: Frame, block: Buffer, head: number): boolean {
  if (!frame.topic.startsWith('tick/') || frame.offset <= head) return false
  try {
    const tick = JSON.parse(block.toString('utf8', frame.payloadAt, frame.end)) as TickPayload
    return tick.lost?.[0] === head + 1 && tick.lost[1] === frame.offset - 1
  } catch {
    return false // no tick of ours: the jump stays unexplained, which the caller reports
  }
}

const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } }
const SMALL = { params: { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 1 } }

/** With a checksum, so that a flipped bit never becomes an entry. */
export const compressFast = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, FAST)
export const compressSmall = (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, SMALL)

/** The bytes again. Throws when the blob is damaged or its size is another than `size`. */
export function decompress(blob: Uint8Array, size: number): Buffer {
  if (size > MAX_GROUP_BYTES) throw new Error(`a block claims ${size} bytes`)
  const bytes = zstdDecompressSync(blob, { maxOutputLength: Math.max(size, 1) })
  if (bytes.length !== size) throw new Error(`a block has ${bytes.length} bytes in place of ${size}`)
  return bytes
}
