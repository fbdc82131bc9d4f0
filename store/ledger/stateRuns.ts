/** The state messages of machines as rows: fresh ones each by itself, so that a late one finds its place; old repeats folded. */
import type { DatabaseSync } from 'node:sqlite'
import { foldRuns, type StateRun } from '#domain/telemetry/states.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { StateRow } from './changes.ts'

/** Rows read at once when repeats are folded. */
const FOLD_STEP = 5000

export function openStateRuns(db: DatabaseSync) {
  const put =
    db.prepare(`INSERT INTO state_run (machine, ts, last_ts, state, reason, seq) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (machine, ts) DO UPDATE SET state = excluded.state, reason = excluded.reason, seq = excluded.seq
    WHERE excluded.seq >= seq`)
  const recent = db.prepare(
    'SELECT ts, state, reason, seq FROM state_run WHERE machine = ? ORDER BY ts DESC LIMIT ?',
  )
  const old = db.prepare(`SELECT ts, last_ts AS lastTs, state, reason FROM state_run
    WHERE machine = ? AND ts < ? ORDER BY ts DESC LIMIT ?`)
  const remove = db.prepare('DELETE FROM state_run WHERE machine = ? AND ts > ? AND ts <= ?')
  const stretch = db.prepare('UPDATE state_run SET last_ts = ? WHERE machine = ? AND ts = ?')

  return {
    put: (row: StateRow): void => {
      put.run(row.machine, row.ts, row.ts, row.state, row.reason, row.seq)
    },
    recent: (machine: string, limit: number): StateRow[] => {
      const rows = recent.all(machine, limit) as unknown as Omit<StateRow, 'machine'>[]
      return rows.toReversed().map((row) => ({ machine, ...row }))
    },
    fold: (machine: string, before: Instant, staleMs: Millis): void => {
      const rows = (old.all(machine, before, FOLD_STEP) as unknown as StateRun[]).toReversed()
      const folded = foldRuns(rows, staleMs)
      if (folded.length === rows.length) return
      db.exec('BEGIN IMMEDIATE')
      for (const run of folded) {
        if (run.lastTs === run.ts) continue
        remove.run(machine, run.ts, run.lastTs)
        stretch.run(run.lastTs, machine, run.ts)
      }
      db.exec('COMMIT')
    },
  }
}
