/**
 * A sealed block: a thousand entries or more of one firm as columns, which compress far better than frames in a row.
 * Before compression, every number a LEB128 varint (signed ones zigzag):
 *
 *   version 1, entries, headings
 *   per heading: topic and principal, each as length and UTF-8 bytes
 *   six columns, one number per entry: heading; commit, offset and received_at (signed) as steps from the entry before;
 *     place within its commit (signed, against what the offsets let expect); payload length
 *   payloads, heading by heading, in the order of entries: a machine's messages stand side by side
 */
import { compressSmall, decompress } from './group.ts'
import { FrameError, firmOfTopic } from './frame.ts'
import type { JournalEntry } from './journal.ts'

/** Entries, and beside each its place within its commit, by which firms and classes are merged again. */
export type Placed = { readonly entries: JournalEntry[]; readonly places: number[] }

const VERSION = 1
const MAX_ENTRIES = 1_000_000

/** Packs entries in rising order of offset. Returns the blob and its size before compression. */
export function packBlock({ entries, places }: Placed): { readonly data: Buffer; readonly bytes: number } {
  const ids = new Map<string, number>()
  const headings: JournalEntry[] = []
  const byHeading: number[][] = []
  const columns = Array.from({ length: 6 }, () => new Varints())
  let before = { commit: 0, offset: 0, receivedAt: 0, place: 0 }
  for (const [i, entry] of entries.entries()) {
    const key = `${entry.topic}\n${entry.principal}`
    let id = ids.get(key)
    if (id === undefined) {
      id = headings.length
      ids.set(key, id)
      headings.push(entry)
      byHeading.push([])
    }
    byHeading[id]!.push(i)
    const place = places[i]!
    const step = entry.offset - before.offset
    const isSame = entry.commit === before.commit
    columns[0]!.put(id)
    columns[1]!.put(entry.commit - before.commit)
    columns[2]!.put(step)
    columns[3]!.putSigned(entry.receivedAt - before.receivedAt)
    columns[4]!.putSigned(isSame ? place - before.place - step : place)
    columns[5]!.put(entry.payload.length)
    before = { commit: entry.commit, offset: entry.offset, receivedAt: entry.receivedAt, place }
  }
  const head = new Varints()
  for (const number of [VERSION, entries.length, headings.length]) head.put(number)
  for (const { topic, principal } of headings) for (const name of [topic, principal]) head.putText(name)
  const payloads = byHeading.flat().map((i) => entries[i]!.payload)
  const bytes = Buffer.concat([head.bytes(), ...columns.map((column) => column.bytes()), ...payloads])
  return { data: compressSmall(bytes), bytes: bytes.length }
}

/** The entries of a block again, payloads as views into it. Throws when the blob is damaged. */
export function unpackBlock(data: Uint8Array, bytes: number): Placed {
  const from = new VarintReader(decompress(data, bytes))
  if (from.next() !== VERSION) throw new FrameError('a block of a version that is not known')
  const count = from.next()
  const headings = Array.from({ length: limited(from.next()) }, () => headingOf(from.text(), from.text()))
  const columns = Array.from({ length: 6 }, () => Array.from({ length: limited(count) }, () => from.next()))
  const starts = payloadStarts(columns[0]!, columns[5]!, headings.length, from.at)
  const entries: JournalEntry[] = []
  const places: number[] = []
  let commit = 0
  let offset = 0
  let receivedAt = 0
  let place = 0
  for (let i = 0; i < count; i++) {
    const step = columns[2]![i]!
    const expected = signed(columns[4]![i]!)
    place = columns[1]![i] === 0 && i > 0 ? place + step + expected : expected
    commit += columns[1]![i]!
    offset += step
    receivedAt += signed(columns[3]![i]!)
    const heading = headings[columns[0]![i]!]
    const end = starts[i]! + columns[5]![i]!
    if (!heading || end > from.buffer.length) throw new FrameError('a block is cut')
    entries.push({
      firm: heading.firm,
      offset,
      commit,
      receivedAt,
      principal: heading.principal,
      topic: heading.topic,
      payload: from.buffer.subarray(starts[i], end),
    })
    places.push(place)
  }
  return { entries, places }
}

function payloadStarts(ids: number[], lengths: number[], headings: number, at: number): number[] {
  const next = Array.from({ length: headings }, () => 0)
  for (const [i, id] of ids.entries()) next[id]! += lengths[i]!
  let start = at
  for (let id = 0; id < headings; id++) {
    const total = next[id]!
    next[id] = start
    start += total
  }
  return ids.map((id, i) => {
    const here = next[id]!
    next[id] = here + lengths[i]!
    return here
  })
}

function headingOf(topic: string, principal: string): { topic: string; principal: string; firm: string } {
  const firm = firmOfTopic(topic)
  if (firm === null) throw new FrameError('a block names no firm')
  return { topic, principal, firm }
}

function limited(count: number): number {
  if (count > MAX_ENTRIES) throw new FrameError('a block claims too many entries')
  return count
}

const signed = (zigzag: number): number => (zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2)

class Varints {
  #bytes = Buffer.alloc(1024)
  #length = 0

  put(number: number): void {
    this.#room(8)
    let rest = number
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  putSigned(number: number): void {
    this.put(number >= 0 ? number * 2 : -number * 2 - 1)
  }

  putText(text: string): void {
    const bytes = Buffer.from(text)
    this.put(bytes.length)
    this.#room(bytes.length)
    this.#length += bytes.copy(this.#bytes, this.#length)
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #room(bytes: number): void {
    if (this.#length + bytes > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length + bytes)])
  }
}

class VarintReader {
  readonly buffer: Buffer
  at = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  next(): number {
    let number = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.buffer[this.at++]
      if (byte === undefined || scale > 2 ** 49) throw new FrameError('a block is cut')
      number += (byte & 127) * scale
      if (byte < 128) return number
    }
  }

  text(): string {
    const length = this.next()
    if (this.at + length > this.buffer.length) throw new FrameError('a block is cut')
    this.at += length
    return this.buffer.toString('utf8', this.at - length, this.at)
  }
}
