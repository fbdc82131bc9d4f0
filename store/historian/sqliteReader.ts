/**
 * Reads the sqlite historian from another process: files are opened read-only, and what the writer still holds in open minutes is
 * asked for and laid over what is stored, so that a read is never behind. Open minutes are asked first: a minute that closes in
 * between is then seen twice, which changes nothing, instead of not at all.
 */
import fs from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { MINUTE, type Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { BucketGrid, checkRange, type Summary } from './buckets.ts'
import { decodeChunk, type Minute } from './chunk.ts'
import { fileOf, MINUTE_KEYS, QUARTER_KEYS, QUARTER_MINUTES, sqliteFault } from './firmFile.ts'
import { checkSeries, HistorianQueryError } from './historian.ts'
import type { HistorianReader, OpenMinutes, Point, Series } from './historian.ts'
import { mergeMinutes } from './openChunk.ts'

const QUARTER = QUARTER_MINUTES * MINUTE

type Opened = { readonly db: DatabaseSync; readonly inode: number }
type ChunkRow = { readonly key: number; readonly chunk: Uint8Array }

export class SqliteReader implements HistorianReader {
  readonly #dir: string
  readonly #openMinutes: OpenMinutes
  readonly #log: Log | null
  readonly #files = new Map<string, Opened>()

  /** A damaged minute is left out and named in the log. */
  constructor(dir: string, openMinutes: OpenMinutes, log: Log | null = null) {
    this.#dir = dir
    this.#openMinutes = openMinutes
    this.#log = log
  }

  async raw(series: Series, from: Instant, to: Instant, limit: number): Promise<Point[]> {
    checkSeries(series)
    checkRange(from, to, limit)
    if (to <= from || limit < 1) return []
    const open = await this.#open(series, from, to)
    return this.#answer(series, (db, id) => {
      const newestFirst: Point[] = []
      for (const [minute, { n, offsets, values }] of this.#minutes(db, series, id, from, to, open)) {
        for (let i = n - 1; i >= 0 && newestFirst.length < limit; i--) {
          const ts = minute * MINUTE + offsets[i]!
          if (ts >= from && ts < to) newestFirst.push({ ts, value: values[i]! })
        }
        if (newestFirst.length >= limit) break
      }
      return newestFirst.toReversed()
    })
  }

  async buckets(series: Series, from: Instant, to: Instant, stepMs: number) {
    checkSeries(series)
    const grid = new BucketGrid(from, to, stepMs)
    if (grid.empty) return []
    const open = await this.#open(series, grid.from, grid.to)
    return this.#answer(series, (db, id) => {
      if (stepMs % MINUTE === 0) this.#addMinutes(grid, db, series, id, open)
      else
        for (const [minute, { n, offsets, values }] of this.#minutes(
          db,
          series,
          id,
          grid.from,
          grid.to,
          open,
        ))
          for (let i = 0; i < n; i++) grid.add(minute * MINUTE + offsets[i]!, values[i]!)
      // Below a quarter hour a summary would be drawn in a place that it does not speak for.
      if (db && stepMs % QUARTER === 0) addSummaries(grid, db, id, 'quarter', [])
      return grid.buckets()
    })
  }

  close(): Promise<void> {
    for (const { db } of this.#files.values()) db.close()
    this.#files.clear()
    return Promise.resolve()
  }

  /** Minutes of [from, to), newest first, what is open laid over what is stored. */
  *#minutes(
    db: DatabaseSync | null,
    series: Series,
    id: number,
    from: Instant,
    to: Instant,
    open: ReadonlyMap<number, Minute>,
  ): Generator<[number, Minute]> {
    const waiting = [...open.keys()].toSorted((a, b) => a - b)
    for (const row of db ? chunkRows(db, id, from, to) : []) {
      const minute = row.key - id * MINUTE_KEYS
      while (waiting.length > 0 && waiting.at(-1)! > minute) {
        const newer = waiting.pop()!
        yield [newer, open.get(newer)!]
      }
      const stored = this.#decode(series, minute, row.chunk)
      const held = open.get(minute)
      if (held) waiting.pop()
      if (stored && held) yield [minute, mergeMinutes(stored, held)]
      else if (stored ?? held) yield [minute, (stored ?? held)!]
    }
    while (waiting.length > 0) {
      const minute = waiting.pop()!
      yield [minute, open.get(minute)!]
    }
  }

  #addMinutes(
    grid: BucketGrid,
    db: DatabaseSync | null,
    series: Series,
    id: number,
    open: ReadonlyMap<number, Minute>,
  ): void {
    if (db) addSummaries(grid, db, id, 'minute', [...open.keys()])
    for (const [minute, held] of open) {
      const row = db?.prepare('SELECT chunk FROM minute WHERE key = ?').get(id * MINUTE_KEYS + minute)
      const stored = row ? this.#decode(series, minute, row['chunk'] as Uint8Array) : null
      const { n, offsets, values } = stored ? mergeMinutes(stored, held) : held
      for (let i = 0; i < n; i++) grid.add(minute * MINUTE + offsets[i]!, values[i]!)
    }
  }

  #decode(series: Series, minute: number, chunk: Uint8Array): Minute | null {
    const readings = decodeChunk(chunk)
    if (!readings) this.#log?.error({ series, minute }, 'damaged minute left out of a read')
    return readings
  }

  async #open(series: Series, from: Instant, to: Instant): Promise<Map<number, Minute>> {
    const minutes = new Map<number, Minute>()
    let points: readonly Point[]
    try {
      // Whole minutes, so that a stored minute can be replaced by its open one.
      points = await this.#openMinutes(
        series,
        Math.floor(from / MINUTE) * MINUTE,
        Math.ceil(to / MINUTE) * MINUTE,
      )
    } catch (error) {
      this.#log?.warn({ err: error }, 'open minutes could not be asked for: a read ends with what is stored')
      return minutes
    }
    for (const [minute, group] of Map.groupBy(points, ({ ts }) => Math.floor(ts / MINUTE))) {
      minutes.set(minute, {
        n: group.length,
        offsets: Uint16Array.from(group, ({ ts }) => ts - minute * MINUTE),
        values: Float64Array.from(group, ({ value }) => value),
      })
    }
    return minutes
  }

  /** Runs a read on the firm's file; `db` is null while there is none or it does not know the series. */
  #answer<T>(series: Series, read: (db: DatabaseSync | null, id: number) => T): T {
    try {
      const db = this.#file(series.firm)
      const row = db
        ?.prepare('SELECT id FROM series WHERE machine = ? AND measure = ?')
        .get(series.machine, series.measure) as { id: number } | undefined
      return read(row ? db : null, row?.id ?? 0)
    } catch (error) {
      if (sqliteFault(error) === null) throw error
      throw new HistorianQueryError(
        'unavailable',
        `the historian cannot be read: ${(error as Error).message}`,
      )
    }
  }

  /** The firm's file, opened anew when the writer has replaced it. */
  #file(firm: string): DatabaseSync | null {
    const file = fileOf(this.#dir, firm)
    const inode = fs.statSync(file, { throwIfNoEntry: false })?.ino ?? 0
    const known = this.#files.get(firm)
    if (known?.inode === inode) return known.db
    known?.db.close()
    this.#files.delete(firm)
    if (inode === 0) return null
    const db = new DatabaseSync(file, { readOnly: true, timeout: 2000 })
    this.#files.set(firm, { db, inode })
    return db
  }
}

const SPANS = {
  minute: { keys: MINUTE_KEYS, span: MINUTE },
  quarter: { keys: QUARTER_KEYS, span: QUARTER },
} as const

/** Adds a table's summaries, put together per bucket by SQLite; rows of the `left` spans are left out. */
function addSummaries(
  grid: BucketGrid,
  db: DatabaseSync,
  id: number,
  table: keyof typeof SPANS,
  left: readonly number[],
): void {
  const { keys, span } = SPANS[table]
  const rows = db
    .prepare(
      `SELECT b.n, b.sum, b.min, b.max, b.head, b.tail, f.first, l.last FROM (
         SELECT sum(n) AS n, sum(sum) AS sum, min(min) AS min, max(max) AS max, min(key) AS head, max(key) AS tail
         FROM ${table} WHERE key >= ? AND key < ? AND key NOT IN (SELECT value FROM json_each(?))
         GROUP BY (key - CAST(? AS INTEGER)) / CAST(? AS INTEGER)
       ) b JOIN ${table} f ON f.key = b.head JOIN ${table} l ON l.key = b.tail`,
    )
    .all(
      ...keyRange(id, keys, span, grid.from, grid.to),
      JSON.stringify(left.map((number) => id * keys + number)),
      id * keys + grid.from / span,
      grid.step / span,
    ) as unknown as (Summary & { readonly head: number; readonly tail: number })[]
  for (const row of rows) grid.addSummary((row.head - id * keys) * span, (row.tail - id * keys) * span, row)
}

function* chunkRows(db: DatabaseSync, id: number, from: Instant, to: Instant): Generator<ChunkRow> {
  yield* db
    .prepare('SELECT key, chunk FROM minute WHERE key >= ? AND key < ? ORDER BY key DESC')
    .iterate(...keyRange(id, MINUTE_KEYS, MINUTE, from, to)) as unknown as Iterable<ChunkRow>
}

/** First and last key (exclusive) of one series in [from, to); a time before 1970 or beyond the keys' reach is cut. */
function keyRange(id: number, keys: number, span: number, from: Instant, to: Instant): [number, number] {
  const cut = (at: number) => Math.min(Math.max(at, 0), keys)
  return [id * keys + cut(Math.floor(from / span)), id * keys + cut(Math.ceil(to / span))]
}
