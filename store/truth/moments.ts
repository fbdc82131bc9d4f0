/**
 * How a simulated shop was at moments of its life: DIR/truth/<firm>.shop.db, written by the simulators only. A shop lives in stretches:
 * while its simulator is away it does not live. Inside a stretch what follows a moment is a pure function of it, so that a missing moment
 * costs time and no truth; the one that begins a stretch must be there before anything is told of it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** `state` is JSON of the shop. */
export type Moment = { readonly at: number; readonly state: string }

/** [begun, ended]; `plan`: what the shop was made of. */
export type Stretch = { readonly begun: number; readonly ended: number | null; readonly plan: string }

export interface Moments {
  /**
   * The stretch before ends at `ended` (null: nobody knows; at its newest moment), a new one begins: both or nothing. Throws SQLite's error.
   */
  begin(moment: Moment, plan: string, ended: number | null): void
  /** Adds a moment and forgets those older than 40 days. Throws SQLite's error. */
  put(moment: Moment): void
  /** Nothing after `at` has happened: forgets what a killed process had noted, and the stretch before goes on. Throws SQLite's error. */
  rewind(at: number): void
  /** The stretch in which an instant was lived; null: in none. */
  stretchAt(at: number): Stretch | null
  /** The newest moment of a stretch that is not after `at`; null: it is forgotten. */
  before(stretch: Stretch, at: number): Moment | null
  close(): void
}

const KEPT_MS = 40 * 24 * 3_600_000

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS stretch (begun INTEGER PRIMARY KEY, ended INTEGER, plan TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS moment (at INTEGER PRIMARY KEY, state BLOB NOT NULL) STRICT;
`

/** Opens the file (0600), making it and its folder when there is none. Throws SQLite's error. */
export function openMoments(file: string): Moments {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(file)
  db.exec(SCHEMA)
  fs.chmodSync(file, 0o600)
  const add = db.prepare('INSERT OR REPLACE INTO moment VALUES (?, ?)')
  const find = db.prepare('SELECT * FROM moment WHERE at BETWEEN ? AND ? ORDER BY at DESC LIMIT 1')
  const stretch = db.prepare('SELECT * FROM stretch WHERE begun <= ? ORDER BY begun DESC LIMIT 1')
  const open = db.prepare('INSERT OR REPLACE INTO stretch VALUES (?, NULL, ?)')
  const end = db.prepare(
    'UPDATE stretch SET ended = coalesce(?, (SELECT max(at) FROM moment)) WHERE ended IS NULL',
  )
  const together = (work: () => void): void => {
    db.exec('BEGIN IMMEDIATE')
    try {
      work()
      db.exec('COMMIT')
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
  }
  const keep = ({ at, state }: Moment) => add.run(at, zstdCompressSync(Buffer.from(state)))
  return {
    begin(moment, plan, ended) {
      together(() => {
        end.run(ended)
        open.run(moment.at, plan)
        keep(moment)
      })
    },
    put(moment) {
      together(() => {
        keep(moment)
        db.prepare('DELETE FROM moment WHERE at < ?').run(moment.at - KEPT_MS)
        db.prepare('DELETE FROM stretch WHERE ended < ?').run(moment.at - KEPT_MS)
      })
    },
    rewind(at) {
      together(() => {
        db.prepare('DELETE FROM stretch WHERE begun > ?').run(at)
        db.prepare('DELETE FROM moment WHERE at > ?').run(at)
        db.prepare('UPDATE stretch SET ended = NULL WHERE ended >= ?').run(at)
      })
    },
    stretchAt(at) {
      const row = stretch.get(at) as Stretch | undefined
      return row && (row.ended === null || at <= row.ended) ? row : null
    },
    before({ begun }, at) {
      const row = find.get(begun, at) as { at: number; state: Uint8Array } | undefined
      return row ? { at: row.at, state: zstdDecompressSync(row.state).toString() } : null
    },
    close: () => db.close(),
  }
}
