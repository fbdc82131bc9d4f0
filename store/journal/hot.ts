/**
 * A day file, `hot/2026-11-24.db`: the group commits of one UTC+8 day, with the heads it began with and the heads so far, all moved in
 * the one transaction of a commit. SQLite in WAL with synchronous=FULL: a commit that returned survives a power cut.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { failpoint } from '#runtime/failpoints.ts'
import type { Head, Heads } from './chain.ts'
import { compressFast, decompress, type Tallied } from './group.ts'

const SCHEMA = `
  CREATE TABLE groups (number INTEGER PRIMARY KEY, entries INTEGER NOT NULL, bytes INTEGER NOT NULL,
    marks BLOB NOT NULL, frames BLOB NOT NULL) STRICT;
  CREATE TABLE heads (firm TEXT PRIMARY KEY, offset INTEGER NOT NULL, evidence INTEGER NOT NULL,
    hash BLOB NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE opening (firm TEXT PRIMARY KEY, offset INTEGER NOT NULL, evidence INTEGER NOT NULL,
    hash BLOB NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE opened (after INTEGER NOT NULL) STRICT;
  CREATE TABLE places (firm TEXT NOT NULL, first INTEGER NOT NULL, number INTEGER NOT NULL,
    evidence INTEGER, hash BLOB, PRIMARY KEY (firm, first)) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 2;`

/** A day file that was begun before places held the chain: they get it from now on. */
const STEP_2 = `BEGIN IMMEDIATE;
  ALTER TABLE places ADD COLUMN evidence INTEGER; ALTER TABLE places ADD COLUMN hash BLOB;
  PRAGMA user_version = 2; COMMIT;`

/**
 * A place says in which commit a firm's entry stands, and the firm's chain before that commit. It is written only when the firm's last
 * one is so many commits or entries old: a reader walks the few groups between, and most commits touch one page less.
 */
export const PLACE_COMMITS = 64
const PLACE_ENTRIES = 512

export type GroupRow = {
  readonly number: number
  readonly entries: number
  readonly bytes: number
  readonly marks: Uint8Array
  readonly frames: Uint8Array
}
export const GROUP_COLUMNS = 'number, entries, bytes, marks, frames'

/** A stored group that cannot be believed. */
export class BadGroup extends Error {
  readonly commit: number
  constructor(commit: number, why: string) {
    super(`commit ${commit}: ${why}`)
    this.commit = commit
  }
}

/** The frames of a row. Throws BadGroup when they are damaged. */
export function framesOf(row: GroupRow): Buffer {
  try {
    return decompress(row.frames, row.bytes)
  } catch (error) {
    throw new BadGroup(row.number, (error as Error).message)
  }
}

type HeadRow = {
  readonly firm: string
  readonly offset: number
  readonly evidence: number
  readonly hash: Uint8Array
  readonly sum: number
}

const sumOf = (firm: string, head: Head): number =>
  crc32(`${firm} ${head.offset} ${head.evidence} ${head.hash.toString('hex')}`)

/** Opens a file for reading only; it may be written by another process meanwhile. */
export const openReadOnly = (file: string): DatabaseSync =>
  new DatabaseSync(file, { readOnly: true, timeout: 2000 })

/** The heads in a table of a day file. Throws when a row's sum does not match. */
export function readHeads(db: DatabaseSync, table: 'heads' | 'opening'): Heads {
  const heads = new Map<string, Head>()
  for (const row of db.prepare(`SELECT * FROM ${table}`).all() as unknown as HeadRow[]) {
    const head = { offset: row.offset, evidence: row.evidence, hash: Buffer.from(row.hash) }
    if (sumOf(row.firm, head) !== row.sum) throw new Error(`the head of firm ${row.firm} is damaged`)
    heads.set(row.firm, head)
  }
  return heads
}

/** The commit before the file's first one. */
export const openedAfter = (db: DatabaseSync): number =>
  (db.prepare('SELECT after FROM opened').get() as { after: number } | undefined)?.after ?? 0

/** The newest commit of a file, or the one before its first when it has none. */
export function newestCommit(db: DatabaseSync): number {
  const row = db.prepare('SELECT number FROM groups ORDER BY number DESC LIMIT 1').get()
  return (row as { number: number } | undefined)?.number ?? openedAfter(db)
}

/** Where a day file begins: the newest commit before it, and every firm's head. */
export type Beginning = { readonly commit: number; readonly heads: Heads }

/** The writing side: one transaction per group. */
export class HotFile {
  readonly file: string
  readonly day: string
  readonly db: DatabaseSync
  readonly #begin: StatementSync
  readonly #end: StatementSync
  readonly #group: StatementSync
  readonly #head: StatementSync
  readonly #place: StatementSync
  readonly #placed = new Map<string, { readonly number: number; readonly first: number }>()

  private constructor(file: string, day: string, db: DatabaseSync) {
    this.file = file
    this.day = day
    this.db = db
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#end = db.prepare('COMMIT')
    this.#group = db.prepare(`INSERT INTO groups (${GROUP_COLUMNS}) VALUES (?, ?, ?, ?, ?)`)
    this.#head = db.prepare(
      `INSERT INTO heads VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET offset = excluded.offset, evidence = excluded.evidence,
         hash = excluded.hash, sum = excluded.sum`,
    )
    this.#place = db.prepare(
      'INSERT INTO places (firm, first, number, evidence, hash) VALUES (?, ?, ?, ?, ?)',
    )
    const newest = db.prepare('SELECT firm, max(number) AS number, first FROM places GROUP BY firm').all()
    for (const { firm, number, first } of newest as unknown as {
      firm: string
      number: number
      first: number
    }[])
      this.#placed.set(firm, { number, first })
  }

  /** Opens a day file, making it when there is none or an empty one: then it begins as `begin` says. Throws what SQLite throws. */
  static open(file: string, day: string, begin: () => Beginning): HotFile {
    const db = new DatabaseSync(file, { timeout: 2000 })
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
      const made = db.prepare('PRAGMA user_version').get() as { user_version: number }
      if (made.user_version === 0) {
        const { heads, commit } = begin()
        db.exec('BEGIN IMMEDIATE')
        db.exec(SCHEMA)
        db.prepare('INSERT INTO opened VALUES (?)').run(commit)
        for (const table of ['opening', 'heads']) {
          const insert = db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?)`)
          for (const [firm, head] of heads)
            insert.run(firm, head.offset, head.evidence, head.hash, sumOf(firm, head))
        }
        db.exec('COMMIT')
      } else if (made.user_version === 1) db.exec(STEP_2)
      return new HotFile(file, day, db)
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** Stores a group and waits for the disk. Returns the bytes of its blob. Throws what SQLite throws; then nothing of it may be believed until reopened. */
  append(number: number, block: Uint8Array, tallied: Tallied): number {
    const frames = compressFast(block)
    this.#transact(() => this.#insert(number, block.length, frames, tallied))
    this.#remember(number, tallied)
    return frames.length
  }

  /** Copies rows that were read and checked, many to a transaction. */
  copy(rows: readonly { readonly row: GroupRow; readonly tallied: Tallied }[]): void {
    this.#transact(() => {
      for (const { row, tallied } of rows) {
        this.#insert(row.number, row.bytes, row.frames, tallied)
        this.#remember(row.number, tallied)
      }
    })
  }

  #transact(rows: () => void): void {
    this.#begin.run()
    rows()
    failpoint('journal.beforeSync')
    this.#end.run()
  }

  #insert(number: number, bytes: number, frames: Uint8Array, tallied: Tallied): void {
    this.#group.run(number, tallied.entries, bytes, tallied.marks, frames)
    for (const [firm, head] of tallied.heads) {
      this.#head.run(firm, head.offset, head.evidence, head.hash, sumOf(firm, head))
      const first = tallied.firsts.get(firm)!
      if (!this.#isPlaceDue(firm, first, number)) continue
      const { evidence, hash } = tallied.before.get(firm)!
      this.#place.run(firm, first, number, evidence, hash)
    }
  }

  #isPlaceDue(firm: string, first: number, number: number): boolean {
    const placed = this.#placed.get(firm)
    return !placed || number - placed.number >= PLACE_COMMITS || first - placed.first >= PLACE_ENTRIES
  }

  /** Only after the commit: what was rolled back has no place. */
  #remember(number: number, tallied: Tallied): void {
    for (const [firm, first] of tallied.firsts)
      if (this.#isPlaceDue(firm, first, number)) this.#placed.set(firm, { number, first })
  }

  close(): void {
    this.db.close()
  }
}
