/**
 * The truth about what the simulated devices of a firm really sent: one SQLite file DIR/truth/<firm>.db, written by the simulators only and
 * never sent to anybody. Per (machine, class, boot) the seqs that were made, sent, acknowledged and lost, and per fault what it did and
 * which counter of the product must show it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { NoteChange, StreamChange, TruthChanges } from './changes.ts'
import { blocksOf, joined, sizeOf, union, without, type Ranges } from './ranges.ts'

export type StreamTruth = {
  readonly machine: string
  readonly class: string
  readonly boot: string
  readonly made: Ranges
  readonly sent: Ranges
  readonly acknowledged: Ranges
  /** Made, never sent, and gone. */
  readonly lost: Ranges
  /** Sent again, by a fault or after a reconnect. */
  readonly repeated: number
}

/** How often a fault did something, and which counter of the product must show it; `counter` '': none. */
export type Named = {
  readonly machine: string
  readonly what: string
  readonly counter: string
  /** Items. */
  readonly items: number
  /** Samples, pieces, steps: what the fault counts in. */
  readonly n: number
}

export type TruthNote = NoteChange & { readonly id: number; readonly at: number }

export interface Truth {
  /** Applies changes once: those not above `last` are there already. One transaction; throws SQLite's error. */
  apply(list: readonly { readonly id: number; readonly changes: TruthChanges }[]): void
  /** Id of the newest changes applied; 0: none. */
  readonly last: number
  streams(machine?: string): StreamTruth[]
  named(machine?: string): Named[]
  /** Newest first. */
  notes(limit: number, machine?: string): TruthNote[]
  close(): void
}

/** Seqs of a row: what a turn adds touches few ranges, however many holes a stream has. */
const BLOCK = 1024
/** Single notes kept; what they sum up to is kept for ever. */
const MAX_NOTES = 20_000

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS blocks (
    machine TEXT NOT NULL, class TEXT NOT NULL, boot TEXT NOT NULL, block INTEGER NOT NULL, made TEXT NOT NULL, sent TEXT NOT NULL,
    acknowledged TEXT NOT NULL, lost TEXT NOT NULL, sends INTEGER NOT NULL,
    PRIMARY KEY (machine, class, boot, block)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS named (
    machine TEXT NOT NULL, what TEXT NOT NULL, counter TEXT NOT NULL, items INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (machine, what, counter)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, machine TEXT NOT NULL, class TEXT NOT NULL, boot TEXT NOT NULL,
    seq INTEGER NOT NULL, what TEXT NOT NULL, counters TEXT NOT NULL, n INTEGER NOT NULL) STRICT;
`

const LISTS = ['made', 'sent', 'acknowledged', 'lost'] as const
type StreamRow = Record<'machine' | 'class' | 'boot' | (typeof LISTS)[number], string> & { sends: number }
const ranges = (text: string): Ranges => JSON.parse(text) as Ranges

const where = (machine?: string) => (machine === undefined ? '' : 'WHERE machine = ?')

/** Opens the file (0600), making it and its folder when there is none. Throws SQLite's error. */
export function openTruth(file: string): Truth {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(file)
  db.exec(SCHEMA)
  fs.chmodSync(file, 0o600)
  const addStream = blockWriter(db)
  const name = db.prepare(
    `INSERT INTO named VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET items = items + 1, n = n + excluded.n`,
  )
  const note = db.prepare(
    'INSERT INTO notes (at, machine, class, boot, seq, what, counters, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const trim = db.prepare('DELETE FROM notes WHERE id <= (SELECT max(id) FROM notes) - ?')
  const progress = db.prepare('INSERT OR REPLACE INTO progress VALUES (1, ?)')
  const select = (sql: string, machine?: string): unknown[] =>
    machine === undefined ? db.prepare(sql).all() : db.prepare(sql).all(machine)
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
  together(() => takeOver(db, addStream))
  let last = Number(db.prepare('SELECT max(last) AS last FROM progress').get()?.['last'] ?? 0)

  const applyOne = ({ at, streams, notes }: TruthChanges): void => {
    for (const [key, change] of Object.entries(streams)) addStream(key, change)
    for (const one of notes) {
      note.run(at, one.machine, one.class, one.boot, one.seq, one.what, one.counters.join(' '), one.n)
      for (const counter of one.counters.length > 0 ? one.counters : [''])
        name.run(one.machine, one.what, counter, one.n)
    }
  }

  return {
    apply(list) {
      const fresh = list.filter(({ id }) => id > last)
      if (fresh.length === 0) return
      const newest = fresh.at(-1)!.id
      together(() => {
        for (const { changes } of fresh) applyOne(changes)
        trim.run(MAX_NOTES)
        progress.run(newest)
      })
      last = newest
    },
    get last() {
      return last
    },
    streams(machine) {
      const rows = select(
        `SELECT * FROM blocks ${where(machine)} ORDER BY machine, class, boot, block`,
        machine,
      )
      const streams = Map.groupBy(rows as StreamRow[], (row) => `${row.machine} ${row.class} ${row.boot}`)
      return [...streams.values()].map(streamOf)
    },
    named: (machine) =>
      select(`SELECT * FROM named ${where(machine)} ORDER BY machine, what, counter`, machine) as Named[],
    notes(limit, machine) {
      const sql = `SELECT * FROM notes ${where(machine)} ORDER BY id DESC LIMIT ${Math.floor(limit)}`
      return (select(sql, machine) as (Omit<TruthNote, 'counters'> & { counters: string })[]).map((row) => ({
        ...row,
        counters: row.counters === '' ? [] : row.counters.split(' '),
      }))
    },
    close: () => db.close(),
  }
}

/** Blocks of one stream, ascending. */
function streamOf(blocks: readonly StreamRow[]): StreamTruth {
  const { machine, class: cls, boot } = blocks[0]!
  const all = (name: (typeof LISTS)[number]) => joined(blocks.map((row) => ranges(row[name])))
  return {
    machine,
    class: cls,
    boot,
    made: all('made'),
    sent: all('sent'),
    acknowledged: all('acknowledged'),
    lost: joined(blocks.map((row) => without(ranges(row.lost), ranges(row.sent)))),
    repeated: blocks.reduce((sum, row) => sum + row.sends - sizeOf(ranges(row.sent)), 0),
  }
}

type AddStream = (key: string, change: StreamChange) => void

/** Adds to the blocks that a change touches. */
function blockWriter(db: DatabaseSync): AddStream {
  const find = db.prepare('SELECT * FROM blocks WHERE machine = ? AND class = ? AND boot = ? AND block = ?')
  const put = db.prepare('INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  return (key, change) => {
    const [machine, cls, boot] = key.split(' ') as [string, string, string]
    const lists = LISTS.map((name) => blocksOf(change[name], BLOCK))
    let { sends } = change
    for (const block of new Set(lists.flatMap((list) => [...list.keys()]))) {
      const old = find.get(machine, cls, boot, block) as StreamRow | undefined
      const [made, sent, acknowledged, lost] = LISTS.map((name, i) =>
        JSON.stringify(union(old ? ranges(old[name]) : [], lists[i]!.get(block) ?? [])),
      ) as [string, string, string, string]
      put.run(machine, cls, boot, block, made, sent, acknowledged, lost, (old?.sends ?? 0) + sends)
      // they count for the whole stream
      sends = 0
    }
  }
}

/** A file of an earlier version has each stream in one row. */
function takeOver(db: DatabaseSync, addStream: AddStream): void {
  if (!db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'streams'").get()) return
  for (const row of db.prepare('SELECT * FROM streams').all() as StreamRow[]) {
    const lists = Object.fromEntries(LISTS.map((name) => [name, ranges(row[name])]))
    const change = { ...(lists as Record<(typeof LISTS)[number], Ranges>), sends: row.sends }
    addStream(`${row.machine} ${row.class} ${row.boot}`, change)
  }
  db.exec('DROP TABLE streams')
}
