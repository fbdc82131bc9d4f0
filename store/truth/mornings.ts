/**
 * What a simulated works was on each morning of its life, and what had been done to it: DIR/truth/<firm>.works.db, written by the simulators
 * only. A day is a pure function of its morning, so this is the truth of every day that the works has lived, at some 20 kB a day.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** `state` and `faults` are JSON of the works. */
export type Morning = { readonly date: string; readonly state: string; readonly faults: string }

/** Who the works is: given at birth, for ever. */
export type Birth = {
  readonly seed: number
  /** JSON of the works. */
  readonly scenario: string
}

export interface Mornings {
  readonly birth: Birth | null
  /** Dates of the first and the newest morning; null: none. */
  readonly first: string | null
  readonly last: string | null
  /** Throws SQLite's error; a second birth is an error of the caller. */
  bear(birth: Birth): void
  /** The morning of `2026-03-02`, or null when the works has not lived it. */
  at(date: string): Morning | null
  /** Adds mornings, or puts others in their places: all of them or none. Throws SQLite's error. */
  put(mornings: readonly Morning[]): void
  /** Notes that what was lived in [from, to) is never told. Throws SQLite's error. */
  leaveUntold(from: number, to: number): void
  /** Is some of [from, to) never told? */
  untold(from: number, to: number): boolean
  close(): void
}

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS birth (one INTEGER PRIMARY KEY CHECK (one = 1), seed INTEGER NOT NULL, scenario TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS morning (date TEXT PRIMARY KEY, state BLOB NOT NULL, faults TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS untold (begun INTEGER PRIMARY KEY, ended INTEGER NOT NULL) STRICT;
`

/** Opens the file (0600), making it and its folder when there is none. Throws SQLite's error. */
export function openMornings(file: string): Mornings {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(file)
  db.exec(SCHEMA)
  fs.chmodSync(file, 0o600)
  const find = db.prepare('SELECT state, faults FROM morning WHERE date = ?')
  const put = db.prepare('INSERT OR REPLACE INTO morning VALUES (?, ?, ?)')
  const span = db.prepare('SELECT min(date) AS first, max(date) AS last FROM morning')
  const leave = db.prepare('INSERT OR REPLACE INTO untold VALUES (?, ?)')
  const left = db.prepare('SELECT 1 FROM untold WHERE begun < ? AND ended > ? LIMIT 1')
  const end = (which: 'first' | 'last') => (span.get()?.[which] ?? null) as string | null
  return {
    get birth() {
      const row = db.prepare('SELECT seed, scenario FROM birth').get()
      return row ? { seed: row['seed'] as number, scenario: row['scenario'] as string } : null
    },
    get first() {
      return end('first')
    },
    get last() {
      return end('last')
    },
    bear({ seed, scenario }) {
      db.prepare('INSERT INTO birth VALUES (1, ?, ?)').run(seed, scenario)
    },
    at(date) {
      const row = find.get(date) as { state: Uint8Array; faults: string } | undefined
      return row ? { date, state: zstdDecompressSync(row.state).toString(), faults: row.faults } : null
    },
    put(mornings) {
      db.exec('BEGIN IMMEDIATE')
      try {
        for (const { date, state, faults } of mornings)
          put.run(date, zstdCompressSync(Buffer.from(state)), faults)
        db.exec('COMMIT')
      } catch (error) {
        db.exec('ROLLBACK')
        throw error
      }
    },
    leaveUntold: (from, to) => void leave.run(from, to),
    untold: (from, to) => left.get(to, from) !== undefined,
    close: () => db.close(),
  }
}
