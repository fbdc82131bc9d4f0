/** Panes as rows: one for a machine, production day, shift and revision. What is settled stays; a revision under way is replaced. */
import type { DatabaseSync } from 'node:sqlite'
import type { PaneLength } from '#domain/accounting/pane.ts'
import type { PaneRow, SettledRow } from './changes.ts'
import { pack, unpack } from './packed.ts'

/** Outside of all shifts. */
const OUTSIDE = -1
export const shiftNumber = (shift: number | null): number => shift ?? OUTSIDE
export const shiftOf = (number: number): number | null => (number === OUTSIDE ? null : number)

/** Newest rows held: with a settlement those of all machines of a shift are asked for. */
const MAX_HEADS = 8192

export type PaneHead = { readonly revision: number; readonly hash: string }
export type PaneTexts = Pick<PaneRow, 'machine' | 'day' | 'shift' | 'revision' | 'panes' | 'sources'>

type Stored = { machine: string; day: string; shift: number; revision: number; panes: Uint8Array }
const SETTLED_COLUMNS = 'day, shift, revision, at, offset, reason, hash'
const settledOf = (row: unknown): SettledRow => {
  const { shift, ...rest } = row as SettledRow & { shift: number }
  return { ...rest, shift: shiftOf(shift) }
}

const keyOf = (machine: string, length: PaneLength, day: string, shift: number | null): string =>
  `${machine} ${length} ${day} ${shift}`

export function openPaneRows(db: DatabaseSync) {
  const put = db.prepare(`INSERT OR REPLACE INTO pane_day (machine, length, day, shift, revision, hash, panes)
    VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const head = db.prepare(`SELECT revision, hash FROM pane_day
    WHERE machine = ? AND length = ? AND day = ? AND shift = ? ORDER BY revision DESC LIMIT 1`)
  const settle = db.prepare(`INSERT INTO settled (${SETTLED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
  const last = db.prepare(
    `SELECT ${SETTLED_COLUMNS} FROM settled WHERE day = ? AND shift = ? ORDER BY revision DESC LIMIT 1`,
  )
  const days = db.prepare('SELECT DISTINCT day FROM settled')
  const newest = db.prepare('SELECT max(day) AS day FROM pane_day WHERE machine = ? AND length = ?')
  const heads = new Map<string, PaneHead | null>()
  /** The newest day with a row, by machine and length; '' before the first. */
  const newestDays = new Map<string, string>()
  const newestDay = (machine: string, length: PaneLength): string => {
    const key = `${machine} ${length}`
    let day = newestDays.get(key)
    if (day === undefined) {
      day = (newest.get(machine, length) as { day: string | null }).day ?? ''
      newestDays.set(key, day)
    }
    return day
  }
  const hold = (key: string, known: PaneHead | null): PaneHead | null => {
    if (heads.size >= MAX_HEADS && !heads.has(key)) heads.delete(heads.keys().next().value!)
    heads.set(key, known)
    return known
  }
  return {
    put: ({ machine, length, day, shift, revision, hash, panes, sources }: PaneRow): void => {
      const bytes = Buffer.from(hash, 'hex')
      put.run(machine, length, day, shiftNumber(shift), revision, bytes, pack(`${panes}\n${sources}`))
      if (day > newestDay(machine, length)) newestDays.set(`${machine} ${length}`, day)
      const key = keyOf(machine, length, day, shift)
      const known = heads.get(key)
      if (known !== undefined && revision >= (known?.revision ?? 0)) hold(key, { revision, hash })
    },
    /** The newest row, or null. */
    head: (machine: string, length: PaneLength, day: string, shift: number | null): PaneHead | null => {
      const key = keyOf(machine, length, day, shift)
      const known = heads.get(key)
      if (known !== undefined) return known
      if (day > newestDay(machine, length)) return hold(key, null)
      const row = head.get(machine, length, day, shiftNumber(shift))
      return hold(
        key,
        row
          ? {
              revision: row['revision'] as number,
              hash: Buffer.from(row['hash'] as Uint8Array).toString('hex'),
            }
          : null,
      )
    },
    /** A transaction was taken back: what is held may be of it. */
    forget: (): void => {
      heads.clear()
      newestDays.clear()
    },
    settle: (row: SettledRow): void => {
      const { day, shift, revision, at, offset, reason, hash } = row
      settle.run(day, shiftNumber(shift), revision, at, offset, reason, hash)
    },
    /** The newest settlement of a shift, or null. */
    settled: (day: string, shift: number | null): SettledRow | null => {
      const row = last.get(day, shiftNumber(shift))
      return row ? settledOf(row) : null
    },
    /** Production days of which a shift was settled. */
    settledDays: (): string[] => (days.all() as { day: string }[]).map((row) => row.day),
  }
}

const textsOf = ({ machine, day, shift, revision, panes }: Stored): PaneTexts => {
  const [text, sources] = unpack(panes).split('\n') as [string, string]
  return { machine, day, shift: shiftOf(shift), revision, panes: text, sources }
}

/** The read side, for a process that does not write. */
export function openPaneReader(db: DatabaseSync) {
  const stored = 'SELECT machine, day, shift, revision, panes FROM pane_day AS p'
  const newest = db.prepare(`${stored} WHERE machine = ? AND length = ? AND day BETWEEN ? AND ?
    AND revision = (SELECT max(revision) FROM pane_day
      WHERE machine = p.machine AND length = p.length AND day = p.day AND shift = p.shift)
    ORDER BY day, shift`)
  const asOf =
    db.prepare(`${stored} WHERE machine = ? AND length = ? AND day = ? AND shift = ? AND revision <= ?
    ORDER BY revision DESC LIMIT 1`)
  const machines = db.prepare('SELECT path FROM machine ORDER BY path')
  const settled = db.prepare(
    `SELECT ${SETTLED_COLUMNS} FROM settled WHERE day BETWEEN ? AND ? ORDER BY day, shift, revision`,
  )
  return {
    /** The newest revision of each shift of the production days from … to, both inside. */
    newest: (machine: string, length: PaneLength, from: string, to: string): PaneTexts[] =>
      (newest.all(machine, length, from, to) as unknown as Stored[]).map(textsOf),
    /** Of every machine, as a settlement has it. */
    asOf: (length: PaneLength, day: string, shift: number | null, revision: number): PaneTexts[] =>
      (machines.all() as { path: string }[]).flatMap(({ path }) => {
        const row = asOf.get(path, length, day, shiftNumber(shift), revision)
        return row ? [textsOf(row as unknown as Stored)] : []
      }),
    settled: (from: string, to: string): SettledRow[] => settled.all(from, to).map(settledOf),
  }
}
