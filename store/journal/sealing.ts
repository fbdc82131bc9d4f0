/**
 * Sealing a closed day: its group commits become per-firm files of evidence and of signals, written beside, synced, read back, renamed;
 * only then is the day file deleted. A kill at any place leaves the day file, and sealing starts again.
 */
import { DatabaseSync } from 'node:sqlite'
import fs from 'node:fs'
import path from 'node:path'
import { packBlock, type Placed } from './block.ts'
import { NO_HEAD, type Head, type Heads } from './chain.ts'
import { checkSealedFile } from './checking.ts'
import { hotFile, hotFolder, KINDS, sealedFile, syncFolder, type Kind } from './folders.ts'
import { FrameReader, isEvidence } from './frame.ts'
import { recount } from './group.ts'
import {
  BadGroup,
  framesOf,
  newestCommit,
  openedAfter,
  openReadOnly,
  readHeads,
  type GroupRow,
  GROUP_COLUMNS,
} from './hot.ts'
import { entryOf, framesIn } from './hotDay.ts'
import { intervalsOf } from './intervals.ts'
import type { JournalEntry } from './journal.ts'
import { SEALED_SCHEMA } from './sealed.ts'

/** Entries that make a block; a shorter rest of more than half of that is one too, a still shorter one joins the block before. */
const BLOCK_ENTRIES = 2048
const LEAST_ENTRIES = 1000
/** Firms sealed in one walk over the day file: bounds memory and open files. */
const FIRMS_AT_ONCE = 32

export type SealResult = { readonly entries: number; readonly bytes: number; readonly heads: Heads }

type Day = { readonly day: string; readonly after: number; readonly last: number }

/** Seals a closed day. Throws when the day file is damaged (it stays as it is) or the disk refuses. */
export function sealDay(dir: string, day: string): SealResult {
  const db = openReadOnly(hotFile(dir, day))
  let result: SealResult
  try {
    const opening = readHeads(db, 'opening')
    const closing = readHeads(db, 'heads')
    const its = { day, after: openedAfter(db), last: newestCommit(db) }
    const moved = [...closing.keys()].filter(
      (firm) => closing.get(firm)!.offset > (opening.get(firm) ?? NO_HEAD).offset,
    )
    let entries = 0
    let bytes = 0
    for (let i = 0; i < moved.length; i += FIRMS_AT_ONCE) {
      const parts = moved
        .slice(i, i + FIRMS_AT_ONCE)
        .flatMap((firm) => KINDS.map((kind) => new Part(dir, firm, kind, its, opening, closing)))
      try {
        split(db, opening, parts)
        for (const part of parts) {
          entries += part.entries
          bytes += part.finish()
        }
      } finally {
        for (const part of parts) part.abandon()
      }
    }
    result = { entries, bytes, heads: new Map(moved.map((firm) => [firm, closing.get(firm)!])) }
  } finally {
    db.close()
  }
  return result
}

/** Deletes the day file of a sealed day: the last step. */
export function unlinkDay(dir: string, day: string): void {
  for (const end of ['', '-wal', '-shm']) fs.rmSync(hotFile(dir, day) + end, { force: true })
  syncFolder(hotFolder(dir))
}

/** One line per firm, to be kept elsewhere: a chain alone can be rewritten by its owner, a foreign copy of its head cannot. */
export function appendHeads(file: string, day: string, heads: Heads): void {
  const lines = [...heads].map(([firm, { offset, evidence, hash }]) =>
    JSON.stringify({ day, firm, offset, evidence, hash: hash.toString('hex') }),
  )
  if (lines.length === 0) return
  const fd = fs.openSync(file, 'a', 0o600)
  try {
    fs.writeSync(fd, `${lines.join('\n')}\n`)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Walks the day's groups, checks each against the chain, and hands its entries to the parts. */
function split(db: DatabaseSync, opening: Heads, parts: readonly Part[]): void {
  const frames = new FrameReader()
  const heads = new Map<string, Head>(opening)
  const byFirm = new Map<string, Record<Kind, Part>>()
  for (const part of parts) byFirm.set(part.firm, { ...byFirm.get(part.firm)!, [part.kind]: part })
  for (const row of db.prepare(`SELECT ${GROUP_COLUMNS} FROM groups ORDER BY number`).iterate()) {
    const group = row as unknown as GroupRow
    const block = framesOf(group)
    const found = recount(block, group.marks, heads, frames)
    if ('doubt' in found) throw new BadGroup(group.number, found.doubt.why)
    let place = 0
    for (const frame of framesIn(block, frames)) {
      const part = byFirm.get(frame.firm)?.[isEvidence(frame.class) ? 'evidence' : 'signals']
      part?.add(entryOf(frame, block, group.number), place, heads.get(frame.firm) ?? NO_HEAD)
      place++
    }
    for (const [firm, head] of found.heads) {
      heads.set(firm, head)
      for (const kind of KINDS) byFirm.get(firm)?.[kind].endCommit()
    }
  }
}

/** One file of one firm being written. */
class Part {
  readonly firm: string
  readonly kind: Kind
  entries = 0
  readonly #file: string
  readonly #its: Day
  readonly #opening: Head
  readonly #closing: Head
  #db: DatabaseSync | null = null
  /** A block kept back until the next one is full, so that no short one is left at the end. */
  #ready: (Placed & { readonly head: Head }) | null = null
  #filling: Placed = { entries: [], places: [] }
  #head: Head = NO_HEAD

  constructor(dir: string, firm: string, kind: Kind, its: Day, opening: Heads, closing: Heads) {
    this.firm = firm
    this.kind = kind
    this.#its = its
    this.#file = sealedFile(dir, firm, its.day, kind)
    this.#opening = opening.get(firm) ?? NO_HEAD
    this.#closing = closing.get(firm) ?? NO_HEAD
    if (kind === 'evidence') this.#create()
  }

  /** `head` is the firm's before the commit of this entry. The payload is copied: its group is not kept. */
  add(entry: JournalEntry, place: number, head: Head): void {
    if (this.#filling.entries.length === 0) this.#head = head
    this.#filling.entries.push({ ...entry, payload: Buffer.from(entry.payload) })
    this.#filling.places.push(place)
    this.entries++
  }

  endCommit(): void {
    if (this.#filling.entries.length < BLOCK_ENTRIES) return
    if (this.#ready) this.#write(this.#ready)
    this.#ready = { ...this.#filling, head: this.#head }
    this.#filling = { entries: [], places: [] }
  }

  /** Syncs, reads back, renames. Returns the file's size in bytes; 0 when there is nothing to keep. */
  finish(): number {
    this.#writeRest()
    if (!this.#db) return 0
    this.#db
      .prepare('INSERT INTO day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        this.firm,
        this.#its.day,
        this.kind,
        this.entries,
        this.#its.after,
        this.#its.last,
        this.#opening.offset,
        this.#opening.evidence,
        this.#opening.hash,
        this.#closing.offset,
        this.#closing.evidence,
        this.#closing.hash,
      )
    this.#db.exec('COMMIT')
    this.abandon()
    const beside = `${this.#file}.part`
    const fd = fs.openSync(beside, 'r+')
    fs.fsyncSync(fd)
    fs.closeSync(fd)
    const fault = checkSealedFile(beside)
    if (fault) throw new Error(`${beside} reads back otherwise than it was written: ${fault}`)
    fs.renameSync(beside, this.#file)
    syncFolder(path.dirname(this.#file))
    return fs.statSync(this.#file).size
  }

  abandon(): void {
    this.#db?.close()
    this.#db = null
  }

  #create(): DatabaseSync {
    const folder = path.dirname(this.#file)
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    syncFolder(path.dirname(folder))
    fs.rmSync(`${this.#file}.part`, { force: true })
    this.#db = new DatabaseSync(`${this.#file}.part`)
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; ${SEALED_SCHEMA}`)
    return this.#db
  }

  #writeRest(): void {
    const rest = { ...this.#filling, head: this.#head }
    if (this.#ready && rest.entries.length < LEAST_ENTRIES)
      return this.#write({
        entries: [...this.#ready.entries, ...rest.entries],
        places: [...this.#ready.places, ...rest.places],
        head: this.#ready.head,
      })
    if (this.#ready) this.#write(this.#ready)
    if (rest.entries.length > 0) this.#write(rest)
  }

  #write({ entries, places, head }: Placed & { readonly head: Head }): void {
    const db = this.#db ?? this.#create()
    const { data, bytes } = packBlock({ entries, places })
    const first = entries[0]!
    const last = entries.at(-1)!
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO blocks (first_commit, last_commit, first_offset, last_offset, entries, bytes, chain, data)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        first.commit,
        last.commit,
        first.offset,
        last.offset,
        entries.length,
        bytes,
        this.kind === 'evidence' ? head.hash : Buffer.alloc(0),
        data,
      )
    const insert = db.prepare('INSERT INTO intervals VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    for (const { machine, class: cls, boot, first: from, last: to, firstTs, lastTs } of intervalsOf(entries))
      insert.run(machine, cls, boot, from, to, lastInsertRowid, firstTs, lastTs)
  }
}
