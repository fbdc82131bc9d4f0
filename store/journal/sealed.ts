/**
 * A sealed file: one firm's evidence or signals of one closed day, in blocks (block.ts) that never end within a commit. Nothing of
 * another firm is in it. It is written once, beside, and renamed: it never changes while it can be read.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { unpackBlock, type Placed } from './block.ts'
import type { Head } from './chain.ts'
import { MANUAL } from '#domain/accounting/register.ts'
import { openReadOnly } from './hot.ts'
import type { ItemRange } from './journal.ts'

export const SEALED_SCHEMA = `
  CREATE TABLE day (firm TEXT NOT NULL, day TEXT NOT NULL, kind TEXT NOT NULL, entries INTEGER NOT NULL,
    after INTEGER NOT NULL, last INTEGER NOT NULL,
    opening_offset INTEGER NOT NULL, opening_evidence INTEGER NOT NULL, opening_hash BLOB NOT NULL,
    closing_offset INTEGER NOT NULL, closing_evidence INTEGER NOT NULL, closing_hash BLOB NOT NULL) STRICT;
  CREATE TABLE blocks (id INTEGER PRIMARY KEY, first_commit INTEGER NOT NULL, last_commit INTEGER NOT NULL,
    first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL,
    chain BLOB NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE TABLE intervals (machine TEXT NOT NULL, class TEXT NOT NULL, boot TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, block INTEGER NOT NULL, first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL,
    PRIMARY KEY (machine, class, boot, first, block)) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 2;`

/** The first files knew neither the times of items nor what people entered: of them every block is looked through. */
const BY_TIME = 2

const OF_CLASS = 'SELECT DISTINCT block AS id FROM intervals WHERE machine = ? AND class = ?'

export type BlockRow = {
  readonly id: number
  readonly first_commit: number
  readonly last_commit: number
  readonly first_offset: number
  readonly last_offset: number
  readonly entries: number
  readonly bytes: number
  /** Evidence: the firm's chain before the block. */
  readonly chain: Uint8Array
  readonly data: Uint8Array
}

/** What a sealed file says of its whole day. */
export type SealedHeading = {
  readonly firm: string
  readonly day: string
  readonly kind: string
  readonly entries: number
  /** Commits of all firms: the one before the day's first, and the day's last. */
  readonly after: number
  readonly last: number
  readonly opening: Head
  readonly closing: Head
}

export class SealedBlocks {
  readonly heading: SealedHeading
  readonly #db: DatabaseSync
  readonly #after: StatementSync
  readonly #next: StatementSync
  readonly #holding: StatementSync
  readonly #version: number

  /** Throws what SQLite throws, and Error when the file is none of ours. */
  constructor(file: string) {
    this.#db = openReadOnly(file)
    try {
      const row = this.#db.prepare('SELECT * FROM day').get()
      if (!row) throw new Error('a sealed file without its heading')
      this.heading = headingOf(row)
      this.#version = (this.#db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
      this.#after = this.#db.prepare('SELECT * FROM blocks WHERE last_commit > ? ORDER BY id LIMIT 1')
      this.#next = this.#db.prepare('SELECT * FROM blocks WHERE id > ? ORDER BY id LIMIT 1')
      this.#holding = this.#db.prepare(
        'SELECT * FROM blocks WHERE first_offset <= ? AND last_offset >= ? ORDER BY id LIMIT 1',
      )
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /** The first block that reaches behind a commit. */
  firstAfter(commit: number): BlockRow | null {
    return (this.#after.get(commit) as unknown as BlockRow | undefined) ?? null
  }

  next(id: number): BlockRow | null {
    return (this.#next.get(id) as unknown as BlockRow | undefined) ?? null
  }

  /** The block in whose range of offsets this one lies. */
  holding(offset: number): BlockRow | null {
    return (this.#holding.get(offset, offset) as unknown as BlockRow | undefined) ?? null
  }

  /** Ids of the blocks that may hold items of a range. */
  ofItems({ machine, class: cls, boot, from, to }: ItemRange): number[] {
    const ids = (sql: string, ...values: (string | number)[]): number[] =>
      this.#db
        .prepare(sql)
        .all(...values)
        .map((row) => row['id'] as number)
    if (boot !== null && (this.#version >= BY_TIME || boot !== MANUAL))
      return ids(`${OF_CLASS} AND boot = ? AND first <= ? AND last >= ?`, machine, cls, boot, to, from)
    if (this.#version < BY_TIME) return ids('SELECT id FROM blocks')
    return ids(`${OF_CLASS} AND first_ts <= ? AND last_ts >= ?`, machine, cls, to, from)
  }

  block(id: number): BlockRow {
    return this.next(id - 1)!
  }

  close(): void {
    this.#db.close()
  }
}

/** Entries of a row. Throws when it is damaged. */
export function entriesOf(row: BlockRow): Placed {
  const placed = unpackBlock(row.data, row.bytes)
  if (placed.entries.length !== row.entries) throw new Error('a block has lost entries')
  return placed
}

/** A firm's head at the end of a sealed day, and the day's last commit. */
export function closingHead(file: string): { readonly head: Head; readonly commit: number } {
  const blocks = new SealedBlocks(file)
  blocks.close()
  return { head: blocks.heading.closing, commit: blocks.heading.last }
}

function headingOf(row: Record<string, unknown>): SealedHeading {
  const head = (when: string): Head => ({
    offset: row[`${when}_offset`] as number,
    evidence: row[`${when}_evidence`] as number,
    hash: Buffer.from(row[`${when}_hash`] as Uint8Array),
  })
  return {
    firm: row['firm'] as string,
    day: row['day'] as string,
    kind: row['kind'] as string,
    entries: row['entries'] as number,
    after: row['after'] as number,
    last: row['last'] as number,
    opening: head('opening'),
    closing: head('closing'),
  }
}
