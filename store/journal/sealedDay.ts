/** A sealed day as one source: its per-firm files merged again into the order in which the entries were committed. */
import fs from 'node:fs'
import type { Heads } from './chain.ts'
import type { Placed } from './block.ts'
import type { SealedFile } from './folders.ts'
import type { Gathered, Shared } from './hotDay.ts'
import { chainless, sealedChainAt } from './chainAt.ts'
import { topicsOf } from './intervals.ts'
import type { ChainAt, ItemRange, JournalEntry } from './journal.ts'
import { entriesOf, SealedBlocks, type BlockRow } from './sealed.ts'

/** One file being read from front to back. */
type Stream = { readonly part: Part; block: number; placed: Placed; at: number }
type Part = { readonly file: SealedFile; readonly blocks: SealedBlocks }

export class SealedDay {
  readonly day: string
  readonly #files: readonly SealedFile[]
  readonly #report: Shared['report']
  #parts: Part[] | null = null
  /** Where the streams stand: everything up to this commit was read. */
  #at = -1
  #streams: Stream[] = []

  constructor(day: string, files: readonly SealedFile[], { report }: Shared) {
    this.day = day
    this.#files = files
    this.#report = report
  }

  isOf(files: readonly SealedFile[]): boolean {
    return files.length === this.#files.length && files.every((one, i) => one.file === this.#files[i]!.file)
  }

  has(firm: string): boolean {
    return this.#files.some((one) => one.firm === firm)
  }

  /** The day's last commit, over all firms. */
  last(): number {
    return this.#open().reduce((last, { blocks }) => Math.max(last, blocks.heading.last), 0)
  }

  /** Adds whole commits after `after`, about `maxBytes` of payload. */
  read(after: number, maxBytes: number, firm: string | null, into: Gathered): void {
    if (this.#at !== after)
      this.#streams = this.#open()
        .filter(({ file }) => firm === null || file.firm === firm)
        .map((part) => this.#begin(part, after))
    while (into.bytes < maxBytes) {
      const live = this.#streams.filter((stream) => stream.at < stream.placed.entries.length)
      if (live.length === 0) break
      // a block never ends within a commit, so every stream is complete up to the commit at which the first block ends
      const limit = Math.min(...live.map(({ placed }) => placed.entries.at(-1)!.commit))
      this.#merge(live, limit, into)
      into.walked = Math.max(into.walked, limit)
    }
    this.#at = into.walked
  }

  find(firm: string, offset: number): JournalEntry | null {
    return this.findAll(firm, [offset])[0] ?? null
  }

  /** A firm's entries by their offsets, which rise. */
  findAll(firm: string, offsets: readonly number[]): JournalEntry[] {
    const found: JournalEntry[] = []
    for (const { file, blocks } of this.#open()) {
      if (file.firm !== firm) continue
      let row: BlockRow | null = null
      let held = new Map<number, JournalEntry>()
      for (const offset of offsets) {
        if (!row || row.last_offset < offset) {
          row = blocks.holding(offset)
          held = new Map(row ? this.#entriesOf(file, row).entries.map((one) => [one.offset, one]) : [])
        }
        const entry = held.get(offset)
        if (entry) found.push(entry)
      }
    }
    return found.toSorted((a, b) => a.offset - b.offset)
  }

  /** Evidence of a firm that may hold items of these ranges: entries of the same machines and classes, out of the blocks near them. */
  evidenceWith(firm: string, ranges: readonly ItemRange[]): JournalEntry[] {
    const part = this.#evidenceOf(firm)
    if (!part) return []
    const ids = new Set(ranges.flatMap((range) => part.blocks.ofItems(range)))
    const topics = new Set(ranges.flatMap((range) => topicsOf(firm, range.machine, range.class)))
    return [...ids]
      .toSorted((a, b) => a - b)
      .flatMap((id) => this.#entriesOf(part.file, part.blocks.block(id)).entries)
      .filter(({ topic }) => topics.has(topic))
  }

  /** The chain at a piece of evidence of a firm. */
  chainAt(firm: string, offset: number): ChainAt {
    const part = this.#evidenceOf(firm)
    return part ? sealedChainAt(part.blocks, offset) : chainless('not_kept', offset)
  }

  #evidenceOf(firm: string): Part | undefined {
    return this.#open().find(({ file }) => file.firm === firm && file.kind === 'evidence')
  }

  /** Heads at the end of the day, of the firms that have entries in it. */
  closing(): Heads {
    return new Map(this.#open().map(({ blocks: { heading } }) => [heading.firm, heading.closing]))
  }

  close(): void {
    for (const { blocks } of this.#parts ?? []) blocks.close()
    this.#parts = null
    this.#streams = []
    this.#at = -1
  }

  #open(): readonly Part[] {
    if (this.#parts) return this.#parts
    const parts: Part[] = []
    for (const file of this.#files)
      try {
        parts.push({ file, blocks: new SealedBlocks(file.file) })
      } catch (error) {
        if (!fs.existsSync(file.file)) continue // aged out since it was listed
        this.#report({ file: file.file, commit: 0, why: (error as Error).message })
      }
    this.#parts = parts
    return parts
  }

  #begin(part: Part, after: number): Stream {
    const row = part.blocks.firstAfter(after)
    if (!row) return { part, block: 0, placed: { entries: [], places: [] }, at: 0 }
    const placed = this.#entriesOf(part.file, row)
    const at = placed.entries.findIndex((entry) => entry.commit > after)
    const stream = { part, block: row.id, placed, at: at < 0 ? placed.entries.length : at }
    this.#advance(stream)
    return stream
  }

  /** Takes the next blocks when this one is used up. */
  #advance(stream: Stream): void {
    while (stream.at >= stream.placed.entries.length) {
      const row = stream.part.blocks.next(stream.block)
      if (!row) return
      stream.block = row.id
      stream.placed = this.#entriesOf(stream.part.file, row)
      stream.at = 0
    }
  }

  #merge(live: readonly Stream[], limit: number, into: Gathered): void {
    const gathered: { entry: JournalEntry; place: number }[] = []
    for (const stream of live) {
      const { entries, places } = stream.placed
      for (; stream.at < entries.length && entries[stream.at]!.commit <= limit; stream.at++)
        gathered.push({ entry: entries[stream.at]!, place: places[stream.at]! })
      this.#advance(stream)
    }
    gathered.sort((a, b) => a.entry.commit - b.entry.commit || a.place - b.place)
    for (const { entry } of gathered) {
      into.entries.push(entry)
      into.bytes += entry.payload.length
    }
  }

  #entriesOf(file: SealedFile, row: BlockRow): Placed {
    try {
      return entriesOf(row)
    } catch (error) {
      this.#report({ file: file.file, commit: row.first_commit, why: (error as Error).message })
      return { entries: [], places: [] }
    }
  }
}
