/**
 * Samples as rows. While a day lives, each commit appends what is new in it to a log, at the end of the file: one page for many
 * machines instead of one page each. When the day is over it becomes one row a machine; what comes later joins it there.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '#domain/time.ts'
import { pack, unpack } from './packed.ts'
import { nameOfColumn, SampleDay, type SampleKey } from './samples.ts'

/** Rows of the log deleted at once. */
const PRUNE_STEP = 5000
/** Numbers in days held decoded, 16 MB: each day is asked for as itself, as the day before and as the day after. */
const MAX_HELD = 2_000_000

/** Samples of a machine and UTC day that a commit adds: to the log, or to the day's own row. */
export type SamplePart = {
  readonly machine: string
  readonly day: number
  readonly samples: SampleDay
  /** Items before this one are stored. */
  readonly from: number
  readonly to: 'log' | 'day'
}
/** A sample that another one takes the place of. */
export type SampleGone = SampleKey & { readonly machine: string }

export function openSampleRows(db: DatabaseSync) {
  const append = db.prepare('INSERT INTO sample_log (machine, day, samples) VALUES (?, ?, ?)')
  const readLog = db.prepare('SELECT id, machine, day, samples FROM sample_log ORDER BY id')
  const logOf = db.prepare('SELECT id, samples FROM sample_log WHERE machine = ?')
  const changeLog = db.prepare('UPDATE sample_log SET samples = ? WHERE id = ?')
  const prune = db.prepare(
    'DELETE FROM sample_log WHERE id IN (SELECT id FROM sample_log WHERE day < ? ORDER BY id LIMIT ?)',
  )
  const put = db.prepare(`INSERT INTO sample_day (machine, day, names, samples) VALUES (?, ?, ?, ?)
    ON CONFLICT (machine, day) DO UPDATE SET names = excluded.names, samples = excluded.samples`)
  const read = db.prepare('SELECT samples FROM sample_day WHERE machine = ? AND day = ?')
  const daysOf = db.prepare('SELECT day FROM sample_day WHERE machine = ? ORDER BY day DESC')
  // names stands before the blob, so that a day which does not have the measure is passed without reading it
  const before = db.prepare(`SELECT day FROM sample_day
    WHERE machine = ? AND day < ? AND instr(names, ?) > 0 ORDER BY day DESC LIMIT 1`)
  const after = db.prepare(`SELECT day FROM sample_day
    WHERE machine = ? AND day > ? AND instr(names, ?) > 0 ORDER BY day LIMIT 1`)

  const held = new Map<string, SampleDay | null>()
  let size = 0
  const drop = (key: string): void => {
    size -= sizeOf(held.get(key))
    held.delete(key)
  }
  const hold = (key: string, day: SampleDay | null): SampleDay | null => {
    drop(key)
    while (held.size > 0 && size + sizeOf(day) > MAX_HELD) drop(held.keys().next().value!)
    held.set(key, day)
    size += sizeOf(day)
    return day
  }
  const day = (machine: string, no: number): SampleDay | null => {
    const key = keyOf(machine, no)
    const known = held.get(key)
    if (known !== undefined) return known
    const row = read.get(machine, no) as { samples: Uint8Array } | undefined
    return hold(key, row ? SampleDay.of(unpack(row.samples)) : null)
  }
  const putDay = (machine: string, no: number, samples: SampleDay): void => {
    const names = samples.columns.map((column) => quoted(nameOfColumn(column))).join()
    const stored = samples.arranged()
    put.run(machine, no, names, pack(stored.encode()))
    hold(keyOf(machine, no), stored)
  }

  return {
    day,
    /** The nearest day before or after `no` that has its own row and holds the measure; null: none. */
    near: (machine: string, no: number, measure: string, way: 'before' | 'after'): number | null => {
      const next = way === 'before' ? no - 1 : no + 1
      if (held.get(keyOf(machine, next))?.has(measure)) return next
      const row = (way === 'before' ? before : after).get(machine, no, quoted(measure))
      return (row as { day: number } | undefined)?.day ?? null
    },
    /** When the sample of a key was read, wherever it is stored; null: it is in no day's row. Reads every day: a rare question. */
    tsOf: (machine: string, key: SampleKey): Instant | null => {
      for (const row of daysOf.all(machine) as { day: number }[]) {
        const ts = day(machine, row.day)!.tsOf(key)
        if (ts !== null) return ts
      }
      return null
    },
    /** A transaction was taken back: what is held may be of it. */
    forget: (): void => {
      held.clear()
      size = 0
    },
    /** Everything in the log: what is not in a day's own row yet. */
    log: () => readLog.all() as { id: number; machine: string; day: number; samples: string }[],
    add: ({ machine, day: no, samples, from, to }: SamplePart): void => {
      if (to === 'log') append.run(machine, no, samples.encode(from))
      else {
        const known = day(machine, no)
        const all = known ? new SampleDay().addAll(known).addAll(samples) : samples
        putDay(machine, no, all)
      }
    },
    remove: ({ machine, ...key }: SampleGone): void => {
      for (const row of daysOf.all(machine) as { day: number }[]) {
        const known = day(machine, row.day)!
        if (known.tsOf(key) !== null) putDay(machine, row.day, known.without(key))
      }
      for (const row of logOf.all(machine) as { id: number; samples: string }[]) {
        const known = SampleDay.of(row.samples)
        if (known.tsOf(key) !== null) changeLog.run(known.without(key).encode(), row.id)
      }
    },
    /** Deletes rows of the log whose days have their own rows. Returns whether some may be left. */
    prune: (oldest: number): boolean => Number(prune.run(oldest, PRUNE_STEP).changes) === PRUNE_STEP,
  }
}

/** Of a day that is not there, or not known: what its name takes. */
const sizeOf = (day: SampleDay | null | undefined): number => (day === undefined ? 0 : 8 + (day?.size ?? 0))

const keyOf = (machine: string, no: number): string => `${machine} ${no}`

/** A name that is part of another one is not found in its place. */
const quoted = (name: string): string => `"${name}"`
