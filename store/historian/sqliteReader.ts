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
import { mergeMinutes, pointsOf } from './openChunk.ts'

const QUARTER = QUARTER_MINUTES * MINUTE

type Opened = { readonly db: DatabaseSync; readonly inode: number }
type Row = Summary & { readonly key: number }
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
    checkRange(from, to)
    if (to <= from || limit < 1) return []
    const open = await this.#open(series, from, to)
    return this.#answer(series, (db, id) => {
      const pieces: Point[][] = []
      let size = 0
      for (const [minute, readings] of this.#minutes(db, series, id, from, to, open)) {
        const points = pointsOf(minute, readings, from, to)
        pieces.push(points)
        if ((size += points.length) >= limit) break
      }
      return pieces.toReversed().flat().slice(-limit)
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
      if (stepMs % QUARTER === 0) this.#addQuarters(grid, db, id)
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
    if (db) {
      const rows = db
        .prepare(
          'SELECT key, n, sum, min, max, first, last FROM minute WHERE key >= ? AND key < ? ORDER BY key',
        )
        .iterate(...keyRange(id, MINUTE_KEYS, MINUTE, grid.from, grid.to)) as unknown as Iterable<Row>
      for (const row of rows) {
        const minute = row.key - id * MINUTE_KEYS
        if (!open.has(minute)) grid.addSummary(minute * MINUTE, row)
      }
    }
    for (const [minute, held] of open) {
      const row = db?.prepare('SELECT chunk FROM minute WHERE key = ?').get(id * MINUTE_KEYS + minute)
      const stored = row ? this.#decode(series, minute, row['chunk'] as Uint8Array) : null
      const { n, offsets, values } = stored ? mergeMinutes(stored, held) : held
      for (let i = 0; i < n; i++) grid.add(minute * MINUTE + offsets[i]!, values[i]!)
    }
  }

  #addQuarters(grid: BucketGrid, db: DatabaseSync | null, id: number): void {
    if (!db) return
    const rows = db
      .prepare(
        'SELECT key, n, sum, min, max, first, last FROM quarter WHERE key >= ? AND key < ? ORDER BY key',
      )
      .iterate(...keyRange(id, QUARTER_KEYS, QUARTER, grid.from, grid.to)) as unknown as Iterable<Row>
    for (const row of rows) grid.addSummary((row.key - id * QUARTER_KEYS) * QUARTER, row)
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
