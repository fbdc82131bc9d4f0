/**
 * One firm while it is written: its file and the minutes that are still open. When a minute is due, how much goes into one
 * transaction, and which cursor that transaction makes true, is decided here.
 */
import { MINUTE, SECOND, type Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { ageSeries } from './age.ts'
import { decodeChunk, encodeChunk } from './chunk.ts'
import type { FirmFile } from './firmFile.ts'
import type { Series } from './historian.ts'
import { mergeMinutes, OpenChunk } from './openChunk.ts'

/** A minute is left open this long by journal time, unless its series has moved on: one row then holds all of it. */
const MAX_OPEN = 65 * SECOND
/** Below this many readings a minute a series is stored at every tick. */
const SPARSE = 4
/** One transaction writes at most this much, so that the process is never held up for long. */
const SLICE_CHUNKS = 250
const SLICE_READINGS = 200_000
/** Ticks come every 5 s; in half an hour each series has been visited for ageing. */
const AGE_TICKS = 360

export type OpenSeries = {
  readonly series: Series
  readonly firm: OpenFirm
  /** Row in the file; 0 until its first minute is stored. */
  id: number
  current: OpenChunk | null
  readonly chunks: Map<number, OpenChunk>
  newest: number
  /** Readings of the newest minute that are stored already. */
  stored: number
  sparse: boolean
}

export type Slice = { readonly more: boolean; readonly freed: number }

export class OpenFirm {
  readonly file: FirmFile
  /** In the order of opening, so the first one holds the cursor back the furthest. */
  readonly #open = new Map<OpenChunk, OpenSeries>()
  readonly #log: Log
  #aging = 0

  constructor(file: FirmFile, log: Log) {
    this.file = file
    this.#log = log
  }

  series(series: Series): OpenSeries {
    const id = this.file.findSeries(series.machine, series.measure) ?? 0
    return { series, firm: this, id, current: null, chunks: new Map(), newest: 0, stored: 0, sparse: false }
  }

  /**
   * The open chunk of a minute. `closed`: only the summary of its quarter is left; `repeat`: likewise, but the journal is being read
   * again, so the summary holds the reading already.
   */
  chunkOf(known: OpenSeries, minute: number, commit: number, now: Instant): OpenChunk | 'repeat' | 'closed' {
    const open = known.chunks.get(minute)
    if (open) return (known.current = open)
    if (minute < this.file.aged && known.id > 0 && this.file.isClosed(known.id, minute))
      return commit < this.file.seen ? 'repeat' : 'closed'
    if (minute > known.newest) {
      const count = known.stored + (known.chunks.get(known.newest)?.taken ?? 0)
      known.sparse = known.newest > 0 && count < SPARSE
      known.stored = 0
      known.newest = minute
    }
    const chunk = new OpenChunk(minute, commit, now)
    known.chunks.set(minute, chunk)
    this.#open.set(chunk, known)
    return (known.current = chunk)
  }

  /** Chunks opened before the first tick count from it. */
  start(now: Instant): void {
    for (const chunk of this.#open.keys()) if (chunk.openedAt === 0) chunk.openedAt = now
  }

  /**
   * Writes some of what is due (or of everything), with the cursor that this makes true. `more`: call again; `freed`: readings no
   * longer held; null: nothing to do. Throws SQLite's error and then has changed nothing.
   */
  writeSlice(commit: number, now: Instant, all: boolean): Slice | null {
    const slice: [OpenChunk, OpenSeries][] = []
    let readings = 0
    let cursor = commit
    let more = false
    for (const [chunk, known] of this.#open) {
      const due = all || known.sparse || chunk.minute < known.newest || now - chunk.openedAt >= MAX_OPEN
      const fits = slice.length < SLICE_CHUNKS && readings < SLICE_READINGS
      if (due && fits) {
        slice.push([chunk, known])
        readings += chunk.taken
        continue
      }
      if (chunk.since < cursor) cursor = chunk.since
      more ||= due || !fits
      if (!fits) break // those behind were opened later: they hold the cursor back no further
    }
    if (slice.length === 0 && cursor <= this.file.cursor) return null
    const added: OpenSeries[] = []
    try {
      this.file.transaction(Math.max(cursor, this.file.cursor), () => {
        for (const [chunk, known] of slice) this.#store(chunk, known, added, now)
      })
    } catch (error) {
      for (const known of added) known.id = 0
      throw error
    }
    for (const [chunk, known] of slice) this.#forget(chunk, known)
    return { more, freed: readings }
  }

  /** Ages a share of the series; minutes before `before` become summaries. */
  age(before: number): void {
    const count = this.file.seriesCount()
    for (let visits = Math.ceil(count / AGE_TICKS); visits > 0; visits--) {
      this.#aging = (this.#aging % count) + 1
      // An open minute that old would come to a quarter that is closed by then.
      if (!this.#holds(this.#aging, before)) ageSeries(this.file, this.#aging, before)
    }
  }

  #holds(series: number, before: number): boolean {
    for (const [chunk, { id }] of this.#open) if (id === series && chunk.minute < before) return true
    return false
  }

  #store(chunk: OpenChunk, known: OpenSeries, added: OpenSeries[], now: Instant): void {
    if (known.id === 0) {
      known.id = this.file.addSeries(known.series.machine, known.series.measure)
      added.push(known)
    }
    let readings = chunk.settled()
    const stored = this.file.chunk(known.id, chunk.minute)
    if (stored) {
      const older = decodeChunk(stored)
      if (older) readings = mergeMinutes(older, readings)
      else
        this.#log.error(
          { file: this.file.file, series: known.series, minute: chunk.minute },
          'damaged minute replaced',
        )
    }
    const written = Math.max(Math.floor(now / MINUTE), chunk.minute)
    this.file.putMinute(known.id, chunk.minute, written, readings, encodeChunk(readings))
  }

  #forget(chunk: OpenChunk, known: OpenSeries): void {
    this.#open.delete(chunk)
    known.chunks.delete(chunk.minute)
    if (known.current === chunk) known.current = null
    if (chunk.minute === known.newest) known.stored += chunk.taken
  }
}
