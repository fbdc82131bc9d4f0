/** The read side of a ledger, for a process that does not write: the api, and ingest's own questions about the past. */
import fs from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { segmentsOf, type StateRun } from '#domain/telemetry/states.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { MINUTE } from '#domain/time.ts'
import { firstBroken, GENESIS } from './chain.ts'
import type { LedgerReader, LedgerRow, PlantVersion, QuarantineRecord } from './ledger.ts'

export const QUARANTINE_COLUMNS = `id, reason, detail, machine, class, boot, seq, ts, received_at AS receivedAt, offset, item, stands,
  status, decided_by AS decidedBy, decided_at AS decidedAt`

/** State timeout of a machine that the plant no longer lists. */
const DEFAULT_STALE = 2 * MINUTE

/** Opens a firm's ledger read-only. Throws when the file does not exist yet: ask `listFirms` first. */
export function openLedgerReader(file: string): LedgerReader & { firstBroken(): number | null } {
  if (!fs.existsSync(file)) throw new Error(`no ledger at ${file}`)
  const db = new DatabaseSync(file, { readOnly: true })
  db.exec('PRAGMA busy_timeout = 5000')
  const sql = {
    head: db.prepare('SELECT cursor, hash FROM event ORDER BY cursor DESC LIMIT 1'),
    events: db.prepare(
      'SELECT cursor, at, kind, offset, body FROM event WHERE cursor > ? ORDER BY cursor LIMIT ?',
    ),
    chain: db.prepare('SELECT cursor, at, kind, offset, body, hash FROM event ORDER BY cursor'),
    answer: db.prepare('SELECT cursor, at, kind, offset, body FROM event WHERE control = ?'),
    plant: db.prepare('SELECT version, since, json FROM plant ORDER BY version DESC LIMIT 1'),
    byId: db.prepare(`SELECT ${QUARANTINE_COLUMNS} FROM quarantine WHERE id = ?`),
    list: db.prepare(`SELECT ${QUARANTINE_COLUMNS} FROM quarantine
      WHERE (:status IS NULL OR status = :status) AND (:reason IS NULL OR reason = :reason)
        AND (:machine IS NULL OR machine = :machine) AND (:before IS NULL OR id < :before)
      ORDER BY id DESC LIMIT :limit`),
    byReason: db.prepare(`SELECT reason, count, last_at AS lastAt, last_machine AS lastMachine
      FROM quarantine_reason WHERE count > 0 ORDER BY count DESC, reason`),
    runBefore: db.prepare('SELECT max(ts) AS ts FROM state_run WHERE machine = ? AND ts <= ?'),
    runs: db.prepare(`SELECT ts, last_ts AS lastTs, state, reason FROM state_run
      WHERE machine = ? AND ts >= ? AND ts < ? ORDER BY ts`),
  }
  let cached: PlantVersion | null = null

  const plant = (): PlantVersion | null => {
    const row = sql.plant.get() as { version: number; since: number; json: string } | undefined
    if (!row) return null
    if (cached?.version !== row.version)
      cached = { version: row.version, since: row.since, plant: JSON.parse(row.json) as Plant }
    return cached
  }

  return {
    head: () =>
      (sql.head.get() as { cursor: number; hash: string } | undefined) ?? { cursor: 0, hash: GENESIS },
    events: (after, limit) => sql.events.all(after, limit) as unknown as LedgerRow[],
    answerTo: (controlId) => (sql.answer.get(controlId) as LedgerRow | undefined) ?? null,
    plant,
    quarantine: (filter) =>
      sql.list.all({
        status: filter.status ?? null,
        reason: filter.reason ?? null,
        machine: filter.machine ?? null,
        before: filter.before ?? null,
        limit: filter.limit,
      }) as unknown as QuarantineRecord[],
    quarantineById: (id) => (sql.byId.get(id) as QuarantineRecord | undefined) ?? null,
    quarantineByReason: () =>
      sql.byReason.all() as { reason: string; count: number; lastAt: number; lastMachine: string | null }[],
    states: (machine, from, to) => {
      const before = (sql.runBefore.get(machine, from) as { ts: number | null }).ts
      const runs = sql.runs.all(machine, before ?? from, to) as unknown as StateRun[]
      const staleMs = plant()?.plant.machines.find((m) => m.path === machine)?.stateStaleMs ?? DEFAULT_STALE
      return segmentsOf(runs, staleMs, from, to)
    },
    firstBroken: () => firstBroken(sql.chain.iterate() as unknown as Iterable<LedgerRow & { hash: string }>),
    close: () => db.close(),
  }
}
