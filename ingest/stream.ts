/**
 * What was received on one stream: a (machine, class, boot) with seqs, or a (machine, class) of items without. Lives in memory with
 * its newest hash block; older blocks are asked from the ledger when a resent item needs them, so memory does not grow with history.
 */
import {
  addLoose,
  BLOCK,
  blockOf,
  HASH_DAYS,
  minuteBlock,
  newBlock,
  placeOf,
  type HashBlock,
  type LooseBlock,
} from '#domain/telemetry/hashBlock.ts'
import {
  addSeq,
  AGAIN,
  BEHIND,
  newSeen,
  seenFromText,
  seenToText,
  type Meeting,
  type Seen,
} from '#domain/telemetry/seen.ts'
import type { Instant } from '#domain/time.ts'
import type { HashRow, StreamRow } from '#store/ledger/changes.ts'
import type { LedgerWriter } from '#store/ledger/writer.ts'

export const SEQ = 's'
export const LOOSE = 'n'

type Place = { readonly id: number; readonly machine: string; readonly class: string; readonly key: string }

const bytesOf = (array: Uint32Array | Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(Uint8Array.from(bytes).buffer)
const floatsOf = (bytes: Uint8Array): Float64Array => new Float64Array(Uint8Array.from(bytes).buffer)
const sameDays = (block: { readonly day: number } | undefined, day: number): boolean =>
  block !== undefined && block.day >= day - HASH_DAYS

export class SeqStream {
  readonly place: Place
  readonly boot: string
  readonly seen: Seen
  dirty = false
  readonly #ledger: LedgerWriter
  readonly #blocks = new Map<number, HashBlock>()
  #newest = -1

  constructor(place: Place, ledger: LedgerWriter, row: StreamRow | null) {
    this.place = place
    this.boot = place.key.slice(SEQ.length)
    this.#ledger = ledger
    this.seen = row ? seenFromText(row.state) : newSeen()
    if (row && row.tail.length > 0) {
      const tail = floatsOf(row.tail.subarray(0, 16))
      this.#newest = tail[0]!
      this.#blocks.set(tail[0]!, { hashes: wordsOf(row.tail.subarray(16)), day: tail[1]!, dirty: true })
    }
  }

  /** Adds a seq with its content hash. AGAIN leaves everything as it was. */
  add(seq: number, hash: number, day: number): Meeting {
    const meeting = addSeq(this.seen, seq)
    if (meeting === AGAIN) return meeting
    const no = blockOf(seq)
    const block =
      meeting === BEHIND ? (this.#find(no, day) ?? this.#put(no, newBlock(day))) : this.#ahead(no, day)
    block.hashes[placeOf(seq)] = hash
    block.day = day
    block.dirty = true
    this.dirty = true
    return meeting
  }

  /** Content hash received under a seq, or 0 when it is too long ago to know. */
  hashOf(seq: number, day: number): number {
    return this.#find(blockOf(seq), day)?.hashes[placeOf(seq)] ?? 0
  }

  #ahead(no: number, day: number): HashBlock {
    if (no === this.#newest) return this.#blocks.get(no)!
    this.#newest = no
    return this.#put(no, newBlock(day))
  }

  #put(no: number, block: HashBlock): HashBlock {
    this.#blocks.set(no, block)
    if (no > this.#newest) this.#newest = no
    return block
  }

  #find(no: number, day: number): HashBlock | undefined {
    const held = this.#blocks.get(no)
    if (held) return sameDays(held, day) ? held : undefined
    const stored = this.#ledger.hashBlock(this.place.id, no, day - HASH_DAYS, day)
    if (!stored) return undefined
    const block = { hashes: wordsOf(stored.hashes), day: stored.day, dirty: false }
    this.#blocks.set(no, block)
    return block
  }

  /** Rows to store; afterwards only the newest block stays in memory. */
  store(hashes: HashRow[]): StreamRow {
    const { place } = this
    for (const [no, block] of this.#blocks) {
      if (no === this.#newest) continue
      if (block.dirty)
        hashes.push({ day: block.day, stream: place.id, block: no, hashes: bytesOf(block.hashes) })
      this.#blocks.delete(no)
    }
    this.dirty = false
    const tail = new Uint8Array(16 + BLOCK * 4)
    const newest = this.#blocks.get(this.#newest)
    if (!newest) return { ...place, state: seenToText(this.seen), tail: new Uint8Array(0) }
    tail.set(bytesOf(new Float64Array([this.#newest, newest.day])))
    tail.set(bytesOf(newest.hashes), 16)
    return { ...place, state: seenToText(this.seen), tail }
  }
}

/** Items without a seq: the same ts with the same content is the same item. Gaps cannot be known. */
export class LooseStream {
  readonly place: Place
  newestTs: Instant
  dirty = false
  readonly #ledger: LedgerWriter
  readonly #blocks = new Map<number, LooseBlock>()

  constructor(place: Place, ledger: LedgerWriter, row: StreamRow | null) {
    this.place = place
    this.#ledger = ledger
    this.newestTs = row ? Number(row.state) : 0
  }

  /** Adds an item. Returns whether it is new. */
  add(ts: Instant, hash: number, day: number): boolean {
    const no = minuteBlock(ts)
    const isNew = addLoose(this.#find(no, day), ts, hash, day)
    if (isNew) {
      this.dirty = true
      if (ts > this.newestTs) this.newestTs = ts
    }
    return isNew
  }

  #find(no: number, day: number): LooseBlock {
    const held = this.#blocks.get(no)
    if (held && sameDays(held, day)) return held
    const stored = held ? null : this.#ledger.hashBlock(this.place.id, no, day - HASH_DAYS, day)
    const keys = stored ? floatsOf(stored.hashes) : []
    const block = { keys: new Set(keys), day: stored?.day ?? day, dirty: false }
    this.#blocks.set(no, block)
    return block
  }

  store(hashes: HashRow[]): StreamRow {
    const newest = minuteBlock(this.newestTs)
    for (const [no, block] of this.#blocks) {
      if (block.dirty)
        hashes.push({
          day: block.day,
          stream: this.place.id,
          block: no,
          hashes: bytesOf(new Float64Array(block.keys)),
        })
      block.dirty = false
      if (no !== newest) this.#blocks.delete(no)
    }
    this.dirty = false
    return { ...this.place, state: String(this.newestTs), tail: new Uint8Array(0) }
  }
}
