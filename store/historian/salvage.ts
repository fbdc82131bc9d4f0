/**
 * A damaged file is never written to again: it is set aside, what can still be read of it goes into a new one, and the new one's
 * cursor is 0, so that the journal refills what is missing. Nothing here is needed while disks behave.
 */
import fs from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Log } from '#runtime/log.ts'
import { createFirmFile, sqliteFault } from './firmFile.ts'

/** Up to this size a file is read through at start (about a second); above it damage is met when it is read. */
const CHECK_BYTES = 256 * 1024 * 1024

const TABLES = { series: 'id', minute: 'key', quarter: 'key' } as const

/** Makes sure that the file can be worked with. Returns false when it had to be rebuilt. */
export function ensureSound(file: string, log: Log): boolean {
  const rebuilt = `${file}.new`
  if (!fs.existsSync(file) && fs.existsSync(rebuilt)) fs.renameSync(rebuilt, file) // killed between the two renames below
  const why = faultOf(file)
  if (why === null) return true
  const kept: Record<string, number> = {}
  createFirmFile(rebuilt, 0, (target) => copyReadable(file, target, kept))
  const aside = `${file}.damaged-${freeNumber(file)}`
  for (const tail of ['-wal', '-shm'])
    if (fs.existsSync(file + tail)) fs.renameSync(file + tail, aside + tail)
  fs.renameSync(file, aside)
  fs.renameSync(rebuilt, file)
  log.error(
    { file, aside, why, kept },
    'historian file is damaged: set aside and rebuilt, the journal refills the rest',
  )
  return false
}

function faultOf(file: string): string | null {
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(file, { readOnly: true })
    db.prepare("SELECT value FROM meta WHERE name = 'cursor'").get()
    db.prepare('SELECT max(key) AS key FROM minute').get()
    if (fs.statSync(file).size > CHECK_BYTES) return null
    const [row] = db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
    return row!.quick_check === 'ok' ? null : row!.quick_check
  } catch (error) {
    if (isDamage(error)) return (error as Error).message
    throw error
  } finally {
    db?.close()
  }
}

/** Copies every row that can be reached from either end of each table. */
function copyReadable(from: string, target: DatabaseSync, kept: Record<string, number>): void {
  const source = new DatabaseSync(from, { readOnly: true })
  try {
    for (const name of ['seen', 'aged']) {
      const row = attempt(() => source.prepare('SELECT value FROM meta WHERE name = ?').get(name))
      if (row) target.prepare('UPDATE meta SET value = ? WHERE name = ?').run(row['value']!, name)
    }
    for (const [table, key] of Object.entries(TABLES)) {
      target.exec('BEGIN')
      for (const order of ['ASC', 'DESC'])
        attempt(() => copyTable(source, target, table, `SELECT * FROM ${table} ORDER BY ${key} ${order}`))
      target.exec('COMMIT')
      kept[table] = Number(target.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n'])
    }
    // A minute of a series that was lost could be anyone's.
    target.exec('DELETE FROM minute WHERE key >> 27 NOT IN (SELECT id FROM series)')
    target.exec('DELETE FROM quarter WHERE key >> 23 NOT IN (SELECT id FROM series)')
  } finally {
    source.close()
  }
}

function copyTable(source: DatabaseSync, target: DatabaseSync, table: string, sql: string): void {
  let put = null
  for (const row of source.prepare(sql).iterate()) {
    const values = Object.values(row)
    put ??= target.prepare(`INSERT OR IGNORE INTO ${table} VALUES (${values.map(() => '?').join(', ')})`)
    if (put.run(...values).changes === 0) return // met the other end
  }
}

/** The result, or undefined where the damage begins. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** SQLite says so, or a file cut before its tables has none, or a number is none that we ever wrote. */
const isDamage = (error: unknown): boolean =>
  sqliteFault(error) === 'damaged' ||
  (error as { code?: string }).code === 'ERR_OUT_OF_RANGE' ||
  /no such table/.test(String(error))

function freeNumber(file: string): number {
  let number = 1
  while (fs.existsSync(`${file}.damaged-${number}`)) number++
  return number
}
