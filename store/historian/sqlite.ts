/**
 * `sqlite:` one file per firm, one chunk per series and minute, written once when the minute closes. The cursor of a file is the
 * commit before the first reading of its oldest open minute: everything up to it is on the disk, the rest comes again from the
 * journal, and writing it again changes nothing.
 */
import fs from 'node:fs'
import path from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { DAY, MINUTE, SECOND, type Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { ageSeries } from './age.ts'
import { decodeChunk, encodeChunk } from './chunk.ts'
import { createFirmFile, fileOf, FirmFile, sqliteFault } from './firmFile.ts'
import { readingFault, seriesFault } from './historian.ts'
import type { Historian, Point, Reading, Refused, Series, WriteResult } from './historian.ts'
import { mergeMinutes, OpenChunk } from './openChunk.ts'
import { ensureSound } from './salvage.ts'

/** A minute is left open this long by journal time, unless its series has moved on: one row then holds all of it. */
const MAX_OPEN = 65 * SECOND
/** Below this many readings a minute a series is stored at every tick. */
const SPARSE = 4
/** One transaction writes at most this much, so that the process is never held up for long. */
const SLICE_CHUNKS = 500
const SLICE_READINGS = 200_000
/** Ticks come every 5 s; in half an hour each series has been visited for ageing. */
const AGE_TICKS = 360
const RETRY_MS = 1000
const DEFAULT_RAW_DAYS = 7
/** Readings held in open minutes, about 16 bytes each; above it minutes are written before they close. */
const DEFAULT_MAX_HELD = 4_000_000

export type SqliteOptions = {
  readonly dir: string
  readonly log: Log
  /** Days for which single readings are kept; quarter-hour summaries are kept for ever. */
  readonly rawDays?: number
  readonly maxHeld?: number
}

type OpenSeries = {
  readonly series: Series
  readonly firm: OpenFirm
  id: number
  current: OpenChunk | null
  readonly chunks: Map<number, OpenChunk>
  newest: number
  /** Readings of the newest minute that are stored already. */
  stored: number
  sparse: boolean
}

type OpenFirm = {
  readonly file: FirmFile
  /** In the order of opening, so the first one holds the cursor back the furthest. */
  readonly open: Map<OpenChunk, OpenSeries>
  aging: number
}

type Blocked = { readonly kind: 'unavailable' | 'denied'; readonly why: string }

/** Opens every firm's file in `dir`, rebuilding a damaged one. */
export function openSqlite(options: SqliteOptions): SqliteHistorian {
  return new SqliteHistorian(options)
}

export class SqliteHistorian implements Historian {
  readonly name = 'sqlite'
  readonly #dir: string
  readonly #log: Log
  readonly #rawMinutes: number
  readonly #maxHeld: number
  readonly #firms = new Map<string, OpenFirm>()
  readonly #bySeries = new WeakMap<Series, OpenSeries>()
  readonly #byKey = new Map<string, OpenSeries>()
  #commit: number
  #now: Instant = 0
  #held = 0
  #blocked: Blocked | null = null

  constructor({ dir, log, rawDays = DEFAULT_RAW_DAYS, maxHeld = DEFAULT_MAX_HELD }: SqliteOptions) {
    this.#dir = dir
    this.#log = log
    this.#rawMinutes = (rawDays * DAY) / MINUTE
    this.#maxHeld = maxHeld
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
    const firms = fs
      .readdirSync(dir)
      .flatMap((name) => /^([a-z0-9_-]{1,64})\.db(?:\.new)?$/.exec(name)?.[1] ?? [])
    for (const firm of new Set(firms)) this.#openFirm(firm)
    this.#commit = this.#lowest()
  }

  async write(readings: readonly Reading[], commit: number): Promise<WriteResult> {
    if ((this.#blocked || this.#held > this.#maxHeld) && !this.#writeOut(this.#held > this.#maxHeld))
      return this.#refusal()
    const refused: Refused[] = []
    try {
      for (const reading of readings) this.#take(reading, refused)
    } catch (error) {
      this.#block(error)
      return this.#refusal()
    }
    if (commit > this.#commit) this.#commit = commit
    return Promise.resolve({ ok: true, refused })
  }

  async tick(now: Instant): Promise<WriteResult> {
    this.#now = Math.max(this.#now, now)
    for (const firm of this.#firms.values())
      for (const chunk of firm.open.keys()) if (chunk.openedAt === 0) chunk.openedAt = this.#now
    for (const firm of this.#firms.values()) {
      while (this.#writeSlice(firm, false)) await breathe()
      if (this.#blocked) return this.#refusal()
      this.#age(firm)
    }
    return this.#blocked ? this.#refusal() : { ok: true, refused: [] }
  }

  cursor(): Promise<number> {
    return Promise.resolve(this.#lowest())
  }

  async flush(): Promise<WriteResult> {
    return Promise.resolve(this.#writeOut(true) ? { ok: true, refused: [] } : this.#refusal())
  }

  openReadings(series: Series, from: Instant, to: Instant): Point[] {
    const chunks = this.#byKey.get(keyOf(series))?.chunks.values() ?? []
    return [...chunks].toSorted((a, b) => a.minute - b.minute).flatMap((chunk) => chunk.points(from, to))
  }

  probe(): Promise<{ ok: boolean; why?: string }> {
    return Promise.resolve(this.#blocked ? { ok: false, why: this.#blocked.why } : { ok: true })
  }

  async close(): Promise<void> {
    const end = await this.flush()
    if (!end.ok)
      this.#log.warn({ why: end.why }, 'historian closed with open minutes: the journal gives them again')
    for (const { file } of this.#firms.values()) file.close()
    this.#firms.clear()
  }

  #take(reading: Reading, refused: Refused[]): void {
    const { series, ts, value } = reading
    const known = this.#bySeries.get(series) ?? this.#open(series)
    const why = typeof known === 'string' ? known : readingFault(ts, value)
    if (why !== null || typeof known === 'string') {
      refused.push({ reading, why: why! })
      return
    }
    const minute = Math.floor(ts / MINUTE)
    let chunk = known.current
    if (chunk === null || chunk.minute !== minute) {
      const opened = this.#chunkOf(known, minute)
      if (opened === 'repeat') return
      if (opened === 'closed') {
        refused.push({
          reading,
          why: 'older than the readings kept: only the summary of its quarter is left',
        })
        return
      }
      chunk = opened
    }
    chunk.add(ts - minute * MINUTE, value)
    this.#held++
  }

  #chunkOf(known: OpenSeries, minute: number): OpenChunk | 'repeat' | 'closed' {
    const open = known.chunks.get(minute)
    if (open) return (known.current = open)
    const { file } = known.firm
    if (minute < file.aged && known.id > 0 && file.isClosed(known.id, minute))
      return this.#commit < file.seen ? 'repeat' : 'closed'
    if (minute > known.newest) {
      const count = known.stored + (known.chunks.get(known.newest)?.taken ?? 0)
      known.sparse = known.newest > 0 && count < SPARSE
      known.stored = 0
      known.newest = minute
    }
    const chunk = new OpenChunk(minute, this.#commit, this.#now)
    known.chunks.set(minute, chunk)
    known.firm.open.set(chunk, known)
    return (known.current = chunk)
  }

  #open(series: Series): OpenSeries | string {
    const fault = seriesFault(series)
    if (fault) return fault
    const key = keyOf(series)
    let known = this.#byKey.get(key)
    if (!known) {
      const firm = this.#firms.get(series.firm) ?? this.#openFirm(series.firm)
      const id = firm.file.findSeries(series.machine, series.measure) ?? 0
      known = { series, firm, id, current: null, chunks: new Map(), newest: 0, stored: 0, sparse: false }
      this.#byKey.set(key, known)
    }
    this.#bySeries.set(series, known)
    return known
  }

  #openFirm(name: string): OpenFirm {
    const file = fileOf(this.#dir, name)
    if (fs.existsSync(file) || fs.existsSync(`${file}.new`)) ensureSound(file, this.#log)
    // Up to here the journal held nothing of this firm.
    else createFirmFile(file, this.#commit)
    const firm = { file: new FirmFile(name, file), open: new Map<OpenChunk, OpenSeries>(), aging: 0 }
    this.#firms.set(name, firm)
    return firm
  }

  #lowest(): number {
    let lowest = Infinity
    for (const { file } of this.#firms.values()) lowest = Math.min(lowest, file.cursor)
    return lowest === Infinity ? (this.#commit ?? 0) : lowest
  }

  #writeOut(all: boolean): boolean {
    this.#blocked = null
    for (const firm of this.#firms.values()) {
      while (this.#writeSlice(firm, all));
      if (this.#blocked !== null) return false
    }
    return true
  }

  /** Writes some of what is due (or of everything) with the cursor that it makes true. Returns whether there may be more. */
  #writeSlice(firm: OpenFirm, all: boolean): boolean {
    const slice: [OpenChunk, OpenSeries][] = []
    let readings = 0
    let lowWater = this.#commit
    let more = false
    for (const [chunk, known] of firm.open) {
      const due = all || known.sparse || chunk.minute < known.newest || this.#now - chunk.openedAt >= MAX_OPEN
      if (due && slice.length < SLICE_CHUNKS && readings < SLICE_READINGS) {
        slice.push([chunk, known])
        readings += chunk.n
        continue
      }
      if (lowWater > chunk.since) lowWater = chunk.since
      more ||= due
    }
    if (slice.length === 0 && lowWater === firm.file.cursor) return false
    const added: OpenSeries[] = []
    try {
      firm.file.transaction(Math.max(lowWater, firm.file.cursor), () => {
        for (const [chunk, known] of slice) this.#store(chunk, known, added)
      })
    } catch (error) {
      for (const known of added) known.id = 0
      this.#block(error)
      return false
    }
    this.#blocked = null
    for (const [chunk, known] of slice) this.#forget(chunk, known)
    return more
  }

  #store(chunk: OpenChunk, known: OpenSeries, added: OpenSeries[]): void {
    const { file } = known.firm
    if (known.id === 0) {
      known.id = file.addSeries(known.series.machine, known.series.measure)
      added.push(known)
    }
    let readings = chunk.settled()
    const stored = file.chunk(known.id, chunk.minute)
    if (stored) {
      const older = decodeChunk(stored)
      if (older) readings = mergeMinutes(older, readings)
      else
        this.#log.error(
          { file: file.file, series: known.series, minute: chunk.minute },
          'damaged minute replaced',
        )
    }
    const written = Math.max(Math.floor(this.#now / MINUTE), chunk.minute)
    file.putMinute(known.id, chunk.minute, written, readings, encodeChunk(readings))
  }

  #forget(chunk: OpenChunk, known: OpenSeries): void {
    known.firm.open.delete(chunk)
    known.chunks.delete(chunk.minute)
    if (known.current === chunk) known.current = null
    if (chunk.minute === known.newest) known.stored += chunk.taken
    this.#held -= chunk.taken
  }

  #age(firm: OpenFirm): void {
    const before = Math.floor(this.#now / MINUTE) - this.#rawMinutes
    if (before <= 0) return
    try {
      const count = firm.file.seriesCount()
      for (let visits = Math.ceil(count / AGE_TICKS); visits > 0; visits--) {
        firm.aging = (firm.aging % count) + 1
        // An open minute that old would come to a quarter that is closed by then.
        const busy = [...firm.open].some(([chunk, known]) => known.id === firm.aging && chunk.minute < before)
        if (!busy) ageSeries(firm.file, firm.aging, before)
      }
    } catch (error) {
      this.#block(error)
    }
  }

  #block(error: unknown): void {
    const fault = sqliteFault(error)
    if (fault === null && !isFileFault(error)) throw error
    const { message } = error as Error
    const blocked: Blocked =
      fault === 'damaged'
        ? {
            kind: 'denied',
            why: `a historian file is damaged (${message}): restart ingest, which rebuilds it`,
          }
        : { kind: 'unavailable', why: `the historian's files cannot be written: ${message}` }
    if (this.#blocked === null) this.#log.error({ err: error, dir: path.resolve(this.#dir) }, blocked.why)
    this.#blocked = blocked
  }

  #refusal(): WriteResult {
    return { ok: false, retryAfterMs: RETRY_MS, ...(this.#blocked ?? { kind: 'unavailable', why: 'busy' }) }
  }
}

const keyOf = (series: Series): string => `${series.firm}\n${series.machine}\n${series.measure}`

/** An error of the file system while a file is created. */
const isFileFault = (error: unknown): boolean => typeof (error as { syscall?: string }).syscall === 'string'
