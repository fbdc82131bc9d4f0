/**
 * `sqlite:` one file per firm, one chunk per series and minute, written once when the minute closes. The cursor of a file is the
 * commit before the first reading of its oldest open minute: everything up to it is on the disk, the rest comes again from the
 * journal, and writing it again changes nothing.
 */
import fs from 'node:fs'
import path from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { DAY, MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { createFirmFile, fileOf, FirmFile, sqliteFault } from './firmFile.ts'
import { readingFault, seriesFault } from './historian.ts'
import type { Historian, Point, Reading, Refused, Series, WriteResult } from './historian.ts'
import { OpenFirm, type OpenSeries } from './openFirm.ts'
import { ensureSound } from './salvage.ts'

const RETRY_MS = 1000
const DEFAULT_RAW_DAYS = 7
/** Readings held in open minutes, about 16 bytes each; above it minutes are written before they close. */
const DEFAULT_MAX_HELD = 4_000_000
const AGED_OUT = 'older than the readings kept: only the summary of its quarter is left'

export type SqliteOptions = {
  readonly dir: string
  readonly log: Log
  /** Days for which single readings are kept; quarter-hour summaries are kept for ever. */
  readonly rawDays?: number
  readonly maxHeld?: number
}

type Blocked = { readonly kind: 'unavailable' | 'denied'; readonly why: string }

const DONE: WriteResult = { ok: true, refused: [] }

export class SqliteHistorian implements Historian {
  readonly name = 'sqlite'
  readonly keepsMs: Millis
  readonly #dir: string
  readonly #log: Log
  readonly #maxHeld: number
  readonly #firms = new Map<string, OpenFirm>()
  readonly #bySeries = new WeakMap<Series, OpenSeries>()
  readonly #byKey = new Map<string, OpenSeries>()
  #commit = 0
  #now: Instant = 0
  #held = 0
  #blocked: Blocked | null = null
  /** That it is blocked was logged: once, however often it is tried. */
  #said = false

  /** Opens every firm's file in `dir`, rebuilding a damaged one. */
  constructor({ dir, log, rawDays = DEFAULT_RAW_DAYS, maxHeld = DEFAULT_MAX_HELD }: SqliteOptions) {
    this.#dir = dir
    this.#log = log
    this.keepsMs = rawDays * DAY
    this.#maxHeld = maxHeld
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
    const firms = fs
      .readdirSync(dir)
      .flatMap((name) => /^([a-z0-9_-]{1,64})\.db(?:\.new)?$/.exec(name)?.[1] ?? [])
    for (const firm of new Set(firms)) this.#openFirm(firm)
    this.#commit = this.#lowest()
  }

  async write(readings: readonly Reading[], commit: number): Promise<WriteResult> {
    const full = this.#held > this.#maxHeld
    if ((full || this.#blocked) && !(await this.#writeOut(full))) return this.#refusal()
    const refused: Refused[] = []
    try {
      for (const reading of readings) {
        const why = this.#take(reading)
        if (why !== null) refused.push({ reading, why })
      }
    } catch (error) {
      this.#block(error)
      return this.#refusal()
    }
    if (commit > this.#commit) this.#commit = commit
    return { ok: true, refused }
  }

  async tick(now: Instant): Promise<WriteResult> {
    this.#now = Math.max(this.#now, now)
    const before = Math.floor((this.#now - this.keepsMs) / MINUTE)
    this.#blocked = null
    for (const firm of this.#firms.values()) {
      firm.start(this.#now)
      while (this.#writeSlice(firm, false)) await breathe()
      if (this.#blocked) return this.#refusal()
      if (before > 0 && !this.#try(() => firm.age(before))) return this.#refusal()
    }
    return DONE
  }

  cursor(): Promise<number> {
    return Promise.resolve(this.#lowest())
  }

  async flush(): Promise<WriteResult> {
    return (await this.#writeOut(true)) ? DONE : this.#refusal()
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

  /** Null, or why the reading is refused for good. */
  #take({ series, ts, value }: Reading): string | null {
    const known = this.#bySeries.get(series) ?? this.#open(series)
    if (typeof known === 'string') return known
    const why = readingFault(ts, value)
    if (why !== null) return why
    const minute = Math.floor(ts / MINUTE)
    let chunk = known.current
    if (chunk === null || chunk.minute !== minute) {
      const opened = known.firm.chunkOf(known, minute, this.#commit, this.#now)
      if (opened === 'repeat') return null
      if (opened === 'closed') return AGED_OUT
      chunk = opened
    }
    chunk.add(ts - minute * MINUTE, value)
    this.#held++
    return null
  }

  /** The series as it is written, or why it is none. */
  #open(series: Series): OpenSeries | string {
    const fault = seriesFault(series)
    if (fault) return fault
    const key = keyOf(series)
    let known = this.#byKey.get(key)
    if (!known) {
      known = (this.#firms.get(series.firm) ?? this.#openFirm(series.firm)).series(series)
      this.#byKey.set(key, known)
    }
    this.#bySeries.set(series, known)
    return known
  }

  #openFirm(name: string): OpenFirm {
    const file = fileOf(this.#dir, name)
    if (fs.existsSync(file) || fs.existsSync(`${file}.new`)) ensureSound(file, this.#log)
    else createFirmFile(file, this.#commit) // up to here the journal held nothing of this firm
    const firm = new OpenFirm(new FirmFile(name, file), this.#log)
    this.#firms.set(name, firm)
    return firm
  }

  #lowest(): number {
    let lowest = Infinity
    for (const { file } of this.#firms.values()) lowest = Math.min(lowest, file.cursor)
    return lowest === Infinity ? this.#commit : lowest
  }

  async #writeOut(all: boolean): Promise<boolean> {
    this.#blocked = null
    for (const firm of this.#firms.values()) {
      while (this.#writeSlice(firm, all)) await breathe()
      if (this.#blocked !== null) return false
    }
    return true
  }

  #writeSlice(firm: OpenFirm, all: boolean): boolean {
    let more = false
    this.#try(() => {
      const slice = firm.writeSlice(this.#commit, this.#now, all)
      if (slice === null) return
      this.#held -= slice.freed
      more = slice.more
      if (this.#said) this.#log.info('historian files are written again')
      this.#said = false
    })
    return more
  }

  #try(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      this.#block(error)
      return false
    }
  }

  /** Remembers what keeps the files from being written; throws what is a fault of ours. */
  #block(error: unknown): void {
    const fault = sqliteFault(error)
    if (fault === null && typeof (error as { syscall?: string }).syscall !== 'string') throw error
    const { message } = error as Error
    const blocked: Blocked =
      fault === 'damaged'
        ? {
            kind: 'denied',
            why: `a historian file is damaged (${message}): restart ingest, which rebuilds it`,
          }
        : { kind: 'unavailable', why: `the historian's files cannot be written: ${message}` }
    if (!this.#said) this.#log.error({ err: error, dir: path.resolve(this.#dir) }, blocked.why)
    this.#said = true
    this.#blocked = blocked
  }

  #refusal(): WriteResult {
    return { ok: false, retryAfterMs: RETRY_MS, ...(this.#blocked ?? { kind: 'unavailable', why: 'busy' }) }
  }
}

const keyOf = (series: Series): string => `${series.firm}\n${series.machine}\n${series.measure}`
