/**
 * Cursors of stores that live on another machine: one small SQLite file beside where the embedded store would be. A cursor is
 * written after the server has confirmed, so a lost one costs a repeat and nothing else.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '#runtime/log.ts'
import { sqliteFault } from './firmFile.ts'

export type CursorFile = {
  readonly value: number
  /** Moves forward only. Throws SQLite's error when the disk refuses. */
  save(commit: number): void
  close(): void
}

/** `store` names the server and what is on it, without a secret: another server starts at 0. A damaged file is set aside. */
export function openCursorFile(dir: string, store: string, log: Log): CursorFile {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = path.join(dir, 'cursors.sqlite')
  try {
    return openFile(file, store)
  } catch (error) {
    if (sqliteFault(error) !== 'damaged') throw error
    const aside = `${file}.damaged-${Date.now()}`
    fs.renameSync(file, aside)
    for (const tail of ['-wal', '-shm']) fs.rmSync(file + tail, { force: true })
    log.error(
      { file, aside, err: error },
      'cursor file is damaged: set aside, the journal is written again from its start',
    )
    return openFile(file, store)
  }
}

function openFile(file: string, store: string): CursorFile {
  const db = new DatabaseSync(file)
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS cursor (store TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID`)
    const row = db.prepare('SELECT value FROM cursor WHERE store = ?').get(store)
    let value = Number(row?.['value'] ?? 0)
    const put = db.prepare('INSERT OR REPLACE INTO cursor VALUES (?, ?)')
    return {
      get value() {
        return value
      },
      save(commit) {
        if (commit <= value) return
        put.run(store, commit)
        value = commit
      },
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}
