/**
 * One firm's readings: DIR/historian/<firm>.db. Rows are minutes (a chunk and its summary); what has aged out of them stays as
 * quarter-hour summaries. The file holds its own cursor, written in the transaction of the readings it speaks for.
 *
 * Keys join series and time into one integer, so that a series' minutes lie side by side:
 * minute key = series * 2^27 + minute since 1970, quarter key = series * 2^23 + quarter hour since 1970 (good until 2209).
 */
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Summary } from './buckets.ts'
import type { Minute } from './chunk.ts'

export const MINUTE_KEYS = 2 ** 27
export const QUARTER_KEYS = 2 ** 23
export const QUARTER_MINUTES = 15

/** Small pages: a minute touches one page of every series, so the page size is what a reading costs on the disk. */
const PAGE_SIZE = 1024
/** About 16 MB of log between checkpoints: a page that grows for minutes is then copied into the file once, not every time. */
const CHECKPOINT_PAGES = 16_384
const LAYOUT = 1

const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE series (id INTEGER PRIMARY KEY, machine TEXT NOT NULL, measure TEXT NOT NULL, UNIQUE (machine, measure));
  CREATE TABLE minute (
    key INTEGER PRIMARY KEY, written INTEGER NOT NULL, n INTEGER NOT NULL, sum REAL NOT NULL,
    min REAL NOT NULL, max REAL NOT NULL, first REAL NOT NULL, last REAL NOT NULL, chunk BLOB NOT NULL
  );
  CREATE TABLE quarter (
    key INTEGER PRIMARY KEY, n INTEGER NOT NULL, sum REAL NOT NULL,
    min REAL NOT NULL, max REAL NOT NULL, first REAL NOT NULL, last REAL NOT NULL
  );
`

export const fileOf = (dir: string, firm: string): string => path.join(dir, `${firm}.db`)

/**
 * Creates a firm's file with a cursor. It is made under another name and renamed, so that no kill leaves half a file, and it is on
 * the disk before this returns: a file that a power cut undid would lose the readings before its first one.
 */
export function createFirmFile(
  file: string,
  cursor: number,
  fill: (db: DatabaseSync) => void = () => undefined,
): void {
  const draft = `${file}.draft`
  removeFiles(draft)
  const db = new DatabaseSync(draft)
  try {
    db.exec(
      `PRAGMA page_size = ${PAGE_SIZE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN; ${SCHEMA}`,
    )
    const put = db.prepare('INSERT INTO meta (name, value) VALUES (?, ?)')
    for (const [name, value] of Object.entries({ layout: LAYOUT, cursor, seen: cursor, aged: 0 }))
      put.run(name, value)
    db.exec('COMMIT')
    fill(db)
    db.close()
  } catch (error) {
    db.close()
    removeFiles(draft)
    throw error
  }
  fs.renameSync(draft, file)
  syncFolder(path.dirname(file))
}

function removeFiles(file: string): void {
  for (const tail of ['', '-wal', '-shm', '-journal']) fs.rmSync(file + tail, { force: true })
}

/** Makes renames in a folder last. */
function syncFolder(folder: string): void {
  const opened = fs.openSync(folder, 'r')
  fs.fsyncSync(opened)
  fs.closeSync(opened)
}

/** The writing side of one file. Methods throw node:sqlite's errors; sqliteFault() says what they mean. */
export class FirmFile {
  readonly firm: string
  readonly file: string
  readonly db: DatabaseSync
  cursor: number
  /** Highest commit that was ever complete here, also before the file had to be refilled. */
  seen: number
  /** Minutes before this one may have aged into quarters. */
  aged: number
  readonly #seriesId: StatementSync
  readonly #addSeries: StatementSync
  readonly #getChunk: StatementSync
  readonly #putMinute: StatementSync
  readonly #putMeta: StatementSync
  readonly #isClosed: StatementSync

  constructor(firm: string, file: string) {
    this.firm = firm
    this.file = file
    this.db = new DatabaseSync(file)
    this.db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA busy_timeout = 2000`,
    )
    const meta = this.db.prepare('SELECT value FROM meta WHERE name = ?')
    this.cursor = Number(meta.get('cursor')?.['value'] ?? 0)
    this.seen = Number(meta.get('seen')?.['value'] ?? 0)
    this.aged = Number(meta.get('aged')?.['value'] ?? 0)
    this.#seriesId = this.db.prepare('SELECT id FROM series WHERE machine = ? AND measure = ?')
    this.#addSeries = this.db.prepare('INSERT INTO series (machine, measure) VALUES (?, ?) RETURNING id')
    this.#getChunk = this.db.prepare('SELECT chunk FROM minute WHERE key = ?')
    this.#putMinute = this.db.prepare('INSERT OR REPLACE INTO minute VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#putMeta = this.db.prepare('UPDATE meta SET value = ? WHERE name = ?')
    this.#isClosed = this.db.prepare('SELECT 1 AS one FROM quarter WHERE key = ?')
  }

  findSeries(machine: string, measure: string): number | null {
    return (this.#seriesId.get(machine, measure) as { id: number } | undefined)?.id ?? null
  }

  addSeries(machine: string, measure: string): number {
    return (this.#addSeries.get(machine, measure) as { id: number }).id
  }

  seriesCount(): number {
    return (this.db.prepare('SELECT coalesce(max(id), 0) AS id FROM series').get() as { id: number }).id
  }

  chunk(series: number, minute: number): Uint8Array | null {
    const row = this.#getChunk.get(series * MINUTE_KEYS + minute) as { chunk: Uint8Array } | undefined
    return row?.chunk ?? null
  }

  /** `written` is the minute of journal time in which it is stored. */
  putMinute(series: number, minute: number, written: number, readings: Minute, chunk: Uint8Array): void {
    const s = summaryOf(readings)
    const key = series * MINUTE_KEYS + minute
    this.#putMinute.run(key, written, s.n, s.sum, s.min, s.max, s.first, s.last, chunk)
  }

  /** A quarter of which only the summary is left: nothing can be added to it without counting something twice. */
  isClosed(series: number, minute: number): boolean {
    return this.#isClosed.get(series * QUARTER_KEYS + Math.floor(minute / QUARTER_MINUTES)) !== undefined
  }

  putCursor(cursor: number): void {
    this.#putMeta.run(cursor, 'cursor')
    if (cursor > this.seen) this.#putMeta.run(cursor, 'seen')
  }

  putAged(minute: number): void {
    if (minute <= this.aged) return
    this.#putMeta.run(minute, 'aged')
    this.aged = minute
  }

  /** All of `work` and the cursor, or nothing. */
  transaction(cursor: number, work: () => void): void {
    this.db.exec('BEGIN IMMEDIATE')
    try {
      work()
      if (cursor !== this.cursor) this.putCursor(cursor)
      this.db.exec('COMMIT')
    } catch (error) {
      if (this.db.isTransaction) this.db.exec('ROLLBACK')
      throw error
    }
    this.cursor = cursor
    this.seen = Math.max(this.seen, cursor)
  }

  close(): void {
    this.db.close()
  }
}

/** Summary of a minute's readings, which are sorted by time. */
export function summaryOf({ n, values }: Minute): Summary {
  let sum = 0
  let min = Infinity
  let max = -Infinity
  for (let i = 0; i < n; i++) {
    const value = values[i]!
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  return { n, sum, min, max, first: values[0]!, last: values[n - 1]! }
}

/** What an error of SQLite asks for: `full` to wait, `damaged` to rebuild, null for a fault of ours. */
export function sqliteFault(error: unknown): 'full' | 'damaged' | null {
  const code = (error as { errcode?: number }).errcode
  if (typeof code !== 'number') return null
  const primary = code & 0xff
  if (primary === 11 || primary === 26) return 'damaged' // SQLITE_CORRUPT, SQLITE_NOTADB
  // BUSY, NOMEM, READONLY, IOERR, FULL, CANTOPEN: it may pass by itself
  return [5, 7, 8, 10, 13, 14].includes(primary) ? 'full' : null
}
