/** The read side of a ledger, for a process that does not write: the api, and ingest's own questions about the past. */
import fs from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { byKey, QUARTER, type Pane } from '#domain/accounting/pane.ts'
import { decodePanes } from '#domain/accounting/paneText.ts'
import { openSince, shownStates, type Override, type StateRun } from '#domain/telemetry/states.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, dayOf, MINUTE, type Instant } from '#domain/time.ts'
import { firstBroken, GENESIS } from './chain.ts'
import { openCorrectionReader } from './correctionRows.ts'
import type {
  LedgerReader,
  LedgerRow,
  MachineEvent,
  MachinePast,
  PlantPast,
  PlantVersion,
  QuarantineRecord,
  StoredPanes,
  Valued,
} from './ledger.ts'
import { openMonthReader } from './monthRows.ts'
import { openPaneReader, type PaneTexts } from './paneRows.ts'
import { openAccountReader, openRecordReader } from './recordRows.ts'

export const QUARANTINE_COLUMNS = `id, reason, detail, machine, class, boot, seq, ts, received_at AS receivedAt, offset, item, stands,
  status, decided_by AS decidedBy, decided_at AS decidedAt`

/** State timeout of a machine that the plant no longer lists. */
const DEFAULT_STALE = 2 * MINUTE

const panesIn = ({ panes, sources }: PaneTexts): Pane[] => decodePanes(panes, sources)

/** Opens a firm's ledger read-only. Throws when the file does not exist yet: ask `listFirms` first. */
export function openLedgerReader(
  file: string,
): LedgerReader &
  MachinePast &
  StoredPanes &
  PlantPast &
  Valued & { firstBroken(): number | null; heard: LedgerReader['states'] } {
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
    plant: db.prepare('SELECT version, since FROM plant ORDER BY version DESC LIMIT 1'),
    plantText: db.prepare('SELECT json FROM plant WHERE version = ?'),
    plants: db.prepare('SELECT version, since, offset, json FROM plant ORDER BY version'),
    byId: db.prepare(`SELECT ${QUARANTINE_COLUMNS} FROM quarantine WHERE id = ?`),
    list: db.prepare(`SELECT ${QUARANTINE_COLUMNS} FROM quarantine
      WHERE (:status IS NULL OR status = :status) AND (:reason IS NULL OR reason = :reason)
        AND (:machine IS NULL OR machine = :machine) AND (:before IS NULL OR id < :before)
      ORDER BY id DESC LIMIT :limit`),
    byReason: db.prepare(`SELECT reason, count, last_at AS lastAt, last_machine AS lastMachine
      FROM quarantine_reason WHERE count > 0 ORDER BY count DESC, reason`),
    runBefore: db.prepare(`SELECT ts, last_ts AS lastTs, state, reason FROM state_run
      WHERE machine = ? AND ts <= ? ORDER BY ts DESC LIMIT 1`),
    otherBefore: db.prepare(`SELECT ts FROM state_run
      WHERE machine = ? AND ts < ? AND NOT (state = ? AND reason IS ?) ORDER BY ts DESC LIMIT 1`),
    heardUntil: db.prepare(
      'SELECT max(last_ts) AS lastTs FROM state_run WHERE machine = ? AND ts > ? AND ts <= ?',
    ),
    runs: db.prepare(`SELECT ts, last_ts AS lastTs, state, reason FROM state_run
      WHERE machine = ? AND ts > ? AND ts < ? ORDER BY ts`),
    happened: db.prepare(`SELECT machine, ts, type, fields, offset FROM machine_event
      WHERE machine = ? AND ts >= ? AND ts < ? ORDER BY ts, boot, seq`),
  }
  const stored = openPaneReader(db)
  const open = db.prepare('SELECT day FROM open_day ORDER BY day')
  const progress = db.prepare('SELECT at FROM progress')
  const corrected = openCorrectionReader(db)
  let cached: PlantVersion | null = null

  const plant = (): PlantVersion | null => {
    const row = sql.plant.get() as { version: number; since: number } | undefined
    if (!row) return null
    if (cached?.version !== row.version) {
      const { json } = sql.plantText.get(row.version) as { json: string }
      cached = { ...row, plant: JSON.parse(json) as Plant }
    }
    return cached
  }

  /** The last run that began at or before an instant, with the latest time up to which its state was heard since it began. */
  const runBefore = (machine: string, at: Instant): StateRun | null => {
    const run = sql.runBefore.get(machine, at) as StateRun | undefined
    if (!run) return null
    const other = sql.otherBefore.get(machine, run.ts, run.state, run.reason) as { ts: Instant } | undefined
    const { lastTs } = sql.heardUntil.get(machine, other?.ts ?? -1, run.ts) as { lastTs: Instant }
    return { ...run, lastTs }
  }

  const shown = (machine: string, from: Instant, to: Instant, overrides: readonly Override[]) => {
    const since = openSince(overrides, from)
    const first = runBefore(machine, since)
    const after = sql.runs.all(machine, first?.ts ?? since, to) as unknown as StateRun[]
    const runs = first ? [first, ...after] : after
    const staleMs = plant()?.plant.machines.find((m) => m.path === machine)?.stateStaleMs ?? DEFAULT_STALE
    return shownStates(runs, staleMs, overrides, from, to)
  }

  return {
    head: () =>
      (sql.head.get() as { cursor: number; hash: string } | undefined) ?? { cursor: 0, hash: GENESIS },
    events: (after, limit) => sql.events.all(after, limit) as unknown as LedgerRow[],
    answerTo: (controlId) => (sql.answer.get(controlId) as LedgerRow | undefined) ?? null,
    plant,
    plants: () =>
      (sql.plants.all() as { version: number; since: number; offset: number; json: string }[]).map(
        ({ json, ...row }) => ({ ...row, plant: JSON.parse(json) as Plant }),
      ),
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
    states: (machine, from, to) => shown(machine, from, to, corrected.overrides(machine, from, to)),
    /** As devices told them, whatever people said. */
    heard: (machine: string, from: Instant, to: Instant) => shown(machine, from, to, []),
    machineEvents: (machine, from, to) => {
      const rows = sql.happened.all(machine, from, to) as unknown as (MachineEvent & { fields: string })[]
      return rows.map((row) => ({ ...row, fields: JSON.parse(row.fields) as MachineEvent['fields'] }))
    },
    panes: (machine, from, to, length = QUARTER) =>
      // a production day begins on the date of its name and may last into the next one
      stored
        .newest(machine, length, dayOf(from - DAY), dayOf(to))
        .flatMap(panesIn)
        .filter(({ start }) => start >= from && start < to)
        .toSorted(byKey),
    panesOfShift: ({ day, shift, revision }, length = QUARTER) =>
      stored.asOf(length, day, shift, revision).flatMap(panesIn),
    settled: stored.settled,
    openDays: () => (open.all() as { day: string }[]).map(({ day }) => day),
    asOf: () => (progress.get() as { at: Instant } | undefined)?.at ?? 0,
    corrections: corrected.corrections,
    correction: corrected.correction,
    statesSaid: corrected.statesSaid,
    ...openRecordReader(db),
    ...openAccountReader(db),
    ...openMonthReader(db),
    firstBroken: () => firstBroken(sql.chain.iterate() as unknown as Iterable<LedgerRow & { hash: string }>),
    close: () => db.close(),
  }
}
