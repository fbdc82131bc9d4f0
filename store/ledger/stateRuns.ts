/** The state messages of machines as rows: fresh ones each by itself, so that a late one finds its place; old repeats folded. */
import type { DatabaseSync } from 'node:sqlite'
import type { StateHeard } from '#domain/accounting/facts.ts'
import { foldRuns, type StateRun } from '#domain/telemetry/states.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { StateRow } from './changes.ts'

/** Rows read at once when repeats are folded: some 5 ms. */
const FOLD_STEP = 2000

export const STATE_COLUMNS =
  'ts, last_ts AS lastTs, state, reason, seq, order_id AS "order", product, operation'

/** Neighbours of the same state, reason and work as one; a change of order is told by the states alone where no event tells it. */
function foldWork(rows: readonly StateHeard[], staleMs: Millis): StateRun[] {
  const out: StateRun[] = []
  for (let from = 0, i = 1; i <= rows.length; i++) {
    if (i < rows.length && isSameWork(rows[from]!, rows[i]!)) continue
    out.push(...foldRuns(rows.slice(from, i), staleMs))
    from = i
  }
  return out
}

const isSameWork = (a: StateHeard, b: StateHeard): boolean =>
  a.order === b.order && a.product === b.product && a.operation === b.operation

export function openStateRuns(db: DatabaseSync) {
  const put =
    db.prepare(`INSERT INTO state_run (machine, ts, last_ts, state, reason, seq, order_id, product, operation)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (machine, ts) DO UPDATE
      SET last_ts = excluded.last_ts, state = excluded.state, reason = excluded.reason, seq = excluded.seq,
        order_id = excluded.order_id, product = excluded.product, operation = excluded.operation
    WHERE excluded.seq >= seq`)
  const recent = db.prepare(
    `SELECT ${STATE_COLUMNS} FROM state_run WHERE machine = ? ORDER BY ts DESC LIMIT ?`,
  )
  const before = db.prepare('SELECT max(ts) AS ts FROM state_run WHERE machine = ? AND ts < ?')
  const old = db.prepare(`SELECT ${STATE_COLUMNS} FROM state_run
    WHERE machine = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT ?`)
  const remove = db.prepare('DELETE FROM state_run WHERE machine = ? AND ts > ? AND ts <= ?')
  const stretch = db.prepare('UPDATE state_run SET last_ts = ? WHERE machine = ? AND ts = ?')
  /** Up to where each machine's runs are folded; nothing is known of it after a start. */
  const folded = new Map<string, Instant>()

  const store = (machine: string, rows: readonly StateRun[], runs: readonly StateRun[]): void => {
    const asRead = new Set(rows)
    const end = rows.at(-1)!.ts
    db.exec('BEGIN IMMEDIATE')
    try {
      for (let i = 0; i < runs.length; i++) {
        const { ts, lastTs } = runs[i]!
        if (asRead.has(runs[i]!)) continue
        remove.run(machine, ts, i + 1 < runs.length ? runs[i + 1]!.ts - 1 : end)
        stretch.run(lastTs, machine, ts)
      }
      db.exec('COMMIT')
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  return {
    put: (row: StateRow): void => {
      const { machine, ts, lastTs, state, reason, seq, order = null, product = null, operation = null } = row
      put.run(machine, ts, lastTs, state, reason, seq, order, product, operation)
      const upTo = folded.get(machine)
      if (upTo !== undefined && ts < upTo) folded.set(machine, ts)
    },
    recent: (machine: string, limit: number): StateRow[] => {
      const rows = recent.all(machine, limit) as unknown as Omit<StateRow, 'machine'>[]
      return rows.toReversed().map((row) => ({ machine, ...row }))
    },
    /** Folds some of the runs of a machine that began before `until`; each call goes on where the last one ended. */
    fold: (machine: string, until: Instant, staleMs: Millis): void => {
      const upTo = folded.get(machine) ?? 0
      if (upTo >= until) return
      const from = (before.get(machine, upTo) as { ts: Instant | null }).ts ?? 0
      const rows = old.all(machine, from, until, FOLD_STEP) as unknown as StateHeard[]
      const runs = foldWork(rows, staleMs)
      if (runs.length < rows.length) store(machine, rows, runs)
      folded.set(machine, rows.length < FOLD_STEP ? until : runs.at(-1)!.ts + 1)
    },
  }
}
