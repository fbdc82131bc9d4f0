/**
 * The write side of a ledger. One transaction per commit holds events, state and cursor (accounting.md 15); WAL with NORMAL, because
 * a cursor that rewinds after a power cut only means that the journal is read again.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Plant } from '#domain/plant/plant.ts'
import { chainHash, GENESIS } from './chain.ts'
import type {
  LedgerChanges,
  MachineEventRow,
  MachineRow,
  MessageBlock,
  Progress,
  StreamRow,
} from './changes.ts'
import { openCorrectionRows } from './correctionRows.ts'
import { ledgerFile } from './file.ts'
import type { LedgerHead, LedgerRow, QuarantineRecord } from './ledger.ts'
import { migrate } from './migrations.ts'
import { openMonthRows } from './monthRows.ts'
import { openPaneRows } from './paneRows.ts'
import { openPast } from './past.ts'
import { openRecordRows } from './recordRows.ts'
import { QUARANTINE_COLUMNS } from './reader.ts'
import { openSampleRows, type SamplePart } from './sampleRows.ts'
import { openStateRuns } from './stateRuns.ts'

/** Old hash blocks deleted per commit, so that no commit stalls the pipeline at midnight. */
const PRUNE_STEP = 2000

export type StoredPlant = {
  readonly version: number
  readonly since: number
  readonly offset: number
  readonly plant: Plant
}

export type LedgerWriter = ReturnType<typeof openLedgerWriter>

/** Opens (and creates, 0600) a firm's ledger for writing. One process only: ingest. */
export function openLedgerWriter(dir: string, firm: string) {
  const file = ledgerFile(dir, firm)
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const mask = process.umask(0o077)
  const db = new DatabaseSync(file)
  process.umask(mask)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000')
  migrate(db)
  const sql = prepare(db)
  const runs = openStateRuns(db)
  const samples = openSampleRows(db)
  const panes = openPaneRows(db)
  const records = openRecordRows(db)
  const corrections = openCorrectionRows(db)
  const months = openMonthRows(db)
  const last = db.prepare('SELECT cursor, hash FROM event ORDER BY cursor DESC LIMIT 1').get()
  let head = (last as LedgerHead | undefined) ?? { cursor: 0, hash: GENESIS }

  const putMachineEvent = (row: MachineEventRow): void => {
    if (row.corrects) sql.corrected.run(row.machine, row.boot, row.seq)
    sql.machineEvent.run(row.machine, row.ts, row.boot, row.seq, row.type, row.fields, row.offset)
  }

  const store = (changes: LedgerChanges): LedgerHead => {
    let next = head
    for (const event of changes.events) {
      const { at, kind, offset } = event
      const row: LedgerRow = { cursor: next.cursor + 1, at, kind, offset, body: JSON.stringify(event.body) }
      next = { cursor: row.cursor, hash: chainHash(next.hash, row) }
      sql.event.run(row.cursor, at, kind, offset, event.control, row.body, next.hash)
    }
    for (const p of changes.plants) sql.plant.run(p.version, p.since, p.offset, JSON.stringify(p.plant))
    for (const q of changes.quarantine) sql.quarantine.run(q)
    for (const d of changes.decided) sql.decide.run(d)
    const { withheld } = changes
    for (let i = 0; i < withheld.length; i += 2) sql.withhold.run(withheld[i]!, withheld[i + 1]!)
    for (const state of changes.states) runs.put(state)
    for (const row of changes.machineEvents) putMachineEvent(row)
    changes.samplesGone.forEach(samples.remove)
    changes.samples.forEach(samples.add)
    changes.panes.forEach(panes.put)
    changes.settled.forEach(panes.settle)
    changes.records.forEach(records.putRecord)
    changes.accounts.forEach(records.putAccount)
    changes.corrections.forEach(corrections.put)
    changes.monthCloses.forEach(months.put)
    for (const { day, state } of changes.openDays)
      if (state === null) sql.closeDay.run(day)
      else sql.openDay.run(day, state)
    for (const m of changes.messages) sql.messages.run(m.machine, m.firstOffset, m.lastAt, m.boots, m.records)
    for (const t of changes.tallies) sql.tally.run(t.reason, t.count, t.lastAt, t.lastMachine)
    for (const m of changes.machines) sql.machine.run(m.path, m.live, m.registers, m.messages, m.boots)
    for (const s of changes.streams) sql.stream.run(s.id, s.machine, s.class, s.key, s.state, s.tail)
    for (const h of changes.hashes) sql.hash.run(h.day, h.stream, h.block, h.hashes)
    sql.pruneHashes.run(changes.oldestHashDay, PRUNE_STEP)
    const p = changes.progress
    sql.progress.run(p.cursor, p.offset, p.at, p.clock, p.counts)
    return next
  }

  const whole = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE')
    try {
      const done = work()
      db.exec('COMMIT')
      return done
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      samples.forget()
      panes.forget()
      throw error
    }
  }

  return {
    firm,
    file,
    head: (): LedgerHead => head,
    /** Stores everything or nothing. Throws what SQLite throws (disk full, I/O); the same changes may be tried again. */
    commit: (changes: LedgerChanges): LedgerHead => (head = whole(() => store(changes))),
    /** What was heard of machines, for figures. */
    past: openPast(db),
    samples,
    /** Days of samples become rows of their own. */
    foldSamples: (parts: readonly SamplePart[]): void => whole(() => parts.forEach(samples.add)),
    /** Deletes samples of days before `oldest` from the log. Returns whether some may be left. */
    pruneLog: (oldest: number): boolean => samples.prune(oldest),
    panes,
    /** Dated records, and accounts of settled days. */
    records,
    corrections,
    months,
    openDays: () => sql.readDays.all() as { day: string; state: string }[],
    progress: (): Progress | null => (sql.readProgress.get() as Progress | undefined) ?? null,
    machines: (): MachineRow[] => sql.readMachines.all() as unknown as MachineRow[],
    /** The newest state messages of a machine, oldest first. */
    recentStates: runs.recent,
    /** Folds repeats older than `before`, one machine at a time. */
    foldStates: runs.fold,
    stream: (machine: string, cls: string, key: string): StreamRow | null =>
      (sql.readStream.get(machine, cls, key) as StreamRow | undefined) ?? null,
    /** Id that the next stream gets. */
    nextStream: (): number => (sql.maxStream.get() as { id: number | null }).id! + 1,
    /** Open holes and missing items over all streams, from their stored state. */
    streamStates: (): string[] => (sql.readStreams.all() as { state: string }[]).map((row) => row.state),
    /** Hashes of a block as last stored on `oldestDay` or later, with that day. */
    hashBlock: (stream: number, block: number, oldestDay: number, newestDay: number) => {
      for (let day = newestDay; day >= oldestDay; day--) {
        const row = sql.readHash.get(day, stream, block) as { hashes: Uint8Array } | undefined
        if (row) return { day, hashes: row.hashes }
      }
      return null
    },
    plants: (): StoredPlant[] =>
      (sql.readPlants.all() as { version: number; since: number; offset: number; json: string }[]).map(
        ({ json, ...row }) => ({ ...row, plant: JSON.parse(json) as Plant }),
      ),
    answered: (controlId: string): boolean => sql.readAnswer.get(controlId) !== undefined,
    tallies: () =>
      sql.readTallies.all() as unknown as {
        reason: string
        count: number
        lastAt: number
        lastMachine: string | null
      }[],
    openRows: () => sql.openRows.all() as { account: string; reason: string; rows: number }[],
    nextQuarantine: (): number => (sql.maxQuarantine.get() as { id: number | null }).id! + 1,
    quarantineById: (id: number) =>
      (sql.byId.get(id) as (QuarantineRecord & { account: string }) | undefined) ?? null,
    /** Rows released by the journal entries in [from, to], in the order of their decision. */
    releasedBetween: (from: number, to: number) =>
      sql.released.all(from, to) as { decided: number; offset: number; item: number }[],
    /** Items that must not reach the historian, of the journal entries in [from, to]. */
    withheldBetween: (from: number, to: number): { offset: number; item: number }[] =>
      [...sql.readWithheld.all(from, to), ...sql.quarantinedItems.all(from, to)] as {
        offset: number
        item: number
      }[],
    /** Quarantine rows of the journal entries in [from, to], the oldest row first. */
    rowsBetween: (from: number, to: number) =>
      sql.rowsBetween.all(from, to) as {
        id: number
        offset: number
        item: number
        reason: string
        status: 'open' | 'released' | 'discarded'
      }[],
    /** Blocks of a machine's message index that start before an offset, newest first. */
    messageBlocks: (machine: string, before: number, limit: number): MessageBlock[] =>
      sql.readMessages.all(machine, before, limit) as unknown as MessageBlock[],
    pruneMessages: (machine: string, before: number): void => {
      sql.pruneMessages.run(machine, before)
    },
    close: (): void => db.close(),
  }
}

function prepare(db: DatabaseSync) {
  const statements = {
    event: 'INSERT INTO event (cursor, at, kind, offset, control, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
    plant: 'INSERT INTO plant (version, since, offset, json) VALUES (?, ?, ?, ?)',
    quarantine: `INSERT OR IGNORE INTO quarantine
      (id, reason, detail, account, machine, class, boot, seq, ts, received_at, offset, item, stands, status)
      VALUES (:id, :reason, :detail, :account, :machine, :class, :boot, :seq, :ts, :receivedAt, :offset, :item, :stands, 'open')`,
    decide: `UPDATE quarantine SET status = :status, decided_by = :by, decided_at = :at, decided_offset = :offset WHERE id = :id`,
    corrected: 'DELETE FROM machine_event WHERE machine = ? AND boot = ? AND seq = ?',
    machineEvent: `INSERT OR REPLACE INTO machine_event (machine, ts, boot, seq, type, fields, offset)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    withhold: 'INSERT OR IGNORE INTO withheld (offset, item) VALUES (?, ?)',
    messages: `INSERT OR REPLACE INTO message_block (machine, first_offset, last_at, boots, records) VALUES (?, ?, ?, ?, ?)`,
    tally:
      'INSERT OR REPLACE INTO quarantine_reason (reason, count, last_at, last_machine) VALUES (?, ?, ?, ?)',
    machine: 'INSERT OR REPLACE INTO machine (path, live, registers, messages, boots) VALUES (?, ?, ?, ?, ?)',
    stream: 'INSERT OR REPLACE INTO stream (id, machine, class, key, state, tail) VALUES (?, ?, ?, ?, ?, ?)',
    openDay: 'INSERT OR REPLACE INTO open_day (day, state) VALUES (?, ?)',
    closeDay: 'DELETE FROM open_day WHERE day = ?',
    readDays: 'SELECT day, state FROM open_day ORDER BY day',
    hash: 'INSERT OR REPLACE INTO hash_block (day, stream, block, hashes) VALUES (?, ?, ?, ?)',
    pruneHashes: `DELETE FROM hash_block WHERE (day, stream, block) IN
      (SELECT day, stream, block FROM hash_block WHERE day < ? LIMIT ?)`,
    progress: `INSERT OR REPLACE INTO progress (one, cursor, offset, at, clock, counts) VALUES (1, ?, ?, ?, ?, ?)`,
    readProgress: 'SELECT cursor, offset, at, clock, counts FROM progress',
    readMachines: 'SELECT path, live, registers, messages, boots FROM machine',
    readStream:
      'SELECT id, machine, class, key, state, tail FROM stream WHERE machine = ? AND class = ? AND key = ?',
    readStreams: `SELECT state FROM stream WHERE key LIKE 's%'`,
    maxStream: 'SELECT coalesce(max(id), 0) AS id FROM stream',
    readHash: 'SELECT hashes FROM hash_block WHERE day = ? AND stream = ? AND block = ?',
    readPlants: 'SELECT version, since, offset, json FROM plant ORDER BY version',
    readAnswer: 'SELECT 1 FROM event WHERE control = ?',
    readTallies:
      'SELECT reason, count, last_at AS lastAt, last_machine AS lastMachine FROM quarantine_reason',
    openRows: `SELECT account, reason, count(*) AS rows FROM quarantine WHERE status = 'open' GROUP BY account, reason`,
    maxQuarantine: 'SELECT coalesce(max(id), 0) AS id FROM quarantine',
    byId: `SELECT ${QUARANTINE_COLUMNS}, account FROM quarantine WHERE id = ?`,
    released: `SELECT decided_offset AS decided, offset, item FROM quarantine
      WHERE status = 'released' AND decided_offset BETWEEN ? AND ? ORDER BY decided_offset, id`,
    readWithheld: 'SELECT offset, item FROM withheld WHERE offset BETWEEN ? AND ?',
    quarantinedItems: 'SELECT offset, item FROM quarantine WHERE offset BETWEEN ? AND ?',
    rowsBetween: `SELECT id, offset, item, reason, status FROM quarantine WHERE offset BETWEEN ? AND ? ORDER BY id`,
    readMessages: `SELECT machine, first_offset AS firstOffset, last_at AS lastAt, boots, records FROM message_block
      WHERE machine = ? AND first_offset < ? ORDER BY first_offset DESC LIMIT ?`,
    pruneMessages: 'DELETE FROM message_block WHERE machine = ? AND last_at < ?',
  } as const
  const prepared = Object.entries(statements).map(([name, text]) => [name, db.prepare(text)] as const)
  return Object.fromEntries(prepared) as Record<keyof typeof statements, StatementSync>
}
