/** What was heard of machines, as facts of accounting ask for it: how far back is said in domain/accounting/facts.ts. */
import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '#domain/time.ts'
import type { MachineEventRow, StateRow } from './changes.ts'
import { LASTING, SIGNS } from './migrations.ts'
import { STATE_COLUMNS } from './stateRuns.ts'

/** A type of event that is found by itself. */
export type LastingEvent = 'order_start' | 'order_end' | 'maintenance' | 'meter_swap'
/** No event lies outside of them; first > newest: there is none. */
export type EventEnds = { readonly first: Instant; readonly newest: Instant }
export type PastEvent = Omit<MachineEventRow, 'corrects'>

export type Past = ReturnType<typeof openPast>

export function openPast(db: DatabaseSync) {
  const events = 'SELECT machine, ts, boot, seq, type, fields, offset FROM machine_event'
  const lasting = `FROM machine_event WHERE machine = ? AND ${LASTING} AND type = ?`
  const sql = {
    before: db.prepare(
      `SELECT ${STATE_COLUMNS} FROM state_run WHERE machine = ? AND ts < ? ORDER BY ts DESC LIMIT ?`,
    ),
    other: db.prepare(`SELECT ts FROM state_run
      WHERE machine = ? AND ts < ? AND NOT (state = ? AND reason IS ?) ORDER BY ts DESC LIMIT 1`),
    longest: db.prepare(`SELECT ${STATE_COLUMNS} FROM state_run
      WHERE machine = ? AND ts > ? AND ts < ? ORDER BY last_ts DESC, ts LIMIT 1`),
    states: db.prepare(
      `SELECT ${STATE_COLUMNS} FROM state_run WHERE machine = ? AND ts >= ? AND ts < ? ORDER BY ts`,
    ),
    events: db.prepare(`${events} WHERE machine = ? AND ts >= ? AND ts < ? ORDER BY ts, boot, seq`),
    signs: db.prepare(`${events} WHERE ${SIGNS} AND ts >= ? AND ts < ? ORDER BY ts`),
    lasting: db.prepare(
      `SELECT machine, ts, boot, seq, type, fields, offset ${lasting} AND ts >= ? AND ts < ? ORDER BY ts`,
    ),
    // one question each: only then the index answers it
    ends: db.prepare(`SELECT (SELECT min(ts) ${lasting}) AS first, (SELECT max(ts) ${lasting}) AS newest`),
    allEnds: db.prepare(`SELECT (SELECT min(ts) FROM machine_event WHERE machine = ?) AS first,
      (SELECT max(ts) FROM machine_event WHERE machine = ?) AS newest`),
    newest: db.prepare(`SELECT max(ts) AS ts ${lasting} AND ts < ?`),
    next: db.prepare(`SELECT min(ts) AS ts ${lasting} AND ts > ?`),
  }
  const runBefore = (machine: string, at: Instant): StateRow | null => {
    const row = sql.before.get(machine, at, 1)
    return row ? ({ machine, ...row } as unknown as StateRow) : null
  }
  return {
    runBefore,
    /** States that begin in [from, to), the newest before, and one of the same state that lasted longer than that. */
    states: (machine: string, from: Instant, to: Instant): StateRow[] => {
      const inside = sql.states.all(machine, from, to) as unknown as StateRow[]
      const [newest, last] = sql.before.all(machine, from, 2) as unknown as StateRow[]
      if (!newest) return inside
      // the run before the newest is another one: none of the same state lies between them
      if (!last || last.state !== newest.state || last.reason !== newest.reason) return [newest, ...inside]
      const other = sql.other.get(machine, newest.ts, newest.state, newest.reason) as
        { ts: Instant } | undefined
      const longest = sql.longest.get(machine, other?.ts ?? -1, newest.ts) as unknown as StateRow | undefined
      return longest && longest.lastTs > newest.lastTs ? [longest, newest, ...inside] : [newest, ...inside]
    },
    events: (machine: string, from: Instant, to: Instant) =>
      sql.events.all(machine, from, to) as unknown as PastEvent[],
    /** sign_on and sign_off of all machines. */
    signs: (from: Instant, to: Instant) => sql.signs.all(from, to) as unknown as PastEvent[],
    lasting: (machine: string, type: LastingEvent, from: Instant, to: Instant) =>
      sql.lasting.all(machine, type, from, to) as unknown as PastEvent[],
    /** When the first and the newest event of a type, or of all, happened. */
    ends: (machine: string, type: LastingEvent | null): EventEnds => {
      const row =
        type === null ? sql.allEnds.get(machine, machine) : sql.ends.get(machine, type, machine, type)
      const { first, newest } = row as { first: Instant | null; newest: Instant | null }
      return { first: first ?? Infinity, newest: newest ?? -Infinity }
    },
    /** When the newest one before, or the first one after an instant happened; null: there is none. */
    newest: (machine: string, type: LastingEvent, before: Instant): Instant | null =>
      (sql.newest.get(machine, type, before) as { ts: Instant | null }).ts,
    next: (machine: string, type: LastingEvent, after: Instant): Instant | null =>
      (sql.next.get(machine, type, after) as { ts: Instant | null }).ts,
  }
}
