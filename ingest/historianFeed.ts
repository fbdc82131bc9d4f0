/**
 * Feeds the historian, which has a cursor of its own. Caught up, it takes the readings of each turn as the pipeline makes them. Behind
 * (at a start, after an outage, when the store is slower than the pipeline) it reads the journal again from its cursor: the journal is
 * the buffer, so nothing piles up in memory and nobody else waits. Writing a reading again changes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { failpoint } from '#runtime/failpoints.ts'
import type { Log } from '#runtime/log.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import { isAged, type Historian, type Refused, type WriteResult } from '#store/historian/historian.ts'
import type { FedReading } from './readings.ts'

/** Readings held while a write is on its way; beyond it the feed falls behind and reads the journal again. */
const MAX_FRESH = 200_000
/** Journal bytes read at once while behind. */
const STEP_BYTES = 256 * 1024
const MAX_WAIT: Millis = MINUTE
/** How often the end of a turn is looked for. */
const TURN_LOOK: Millis = 2
/** After a ledger that could not be written. */
const KEEP_RETRY: Millis = 200

export type FeedState = {
  readonly ok: boolean
  readonly why: string | null
  /** Since when it is as it is, wall clock. */
  readonly since: Instant | null
  /** Journal commit up to which the historian has everything. */
  readonly done: number
}

/** What the journal holds for the historian after a commit: readings, and how far they reach. */
export type Again = (
  after: number,
  upTo: number,
  maxBytes: number,
) => { readings: FedReading[]; commit: number }

export type FeedOptions = {
  readonly historian: Historian
  readonly again: Again
  /** An item of which the store refused a reading for good. */
  readonly onRefused: (reading: FedReading, why: string) => void
  /** Stores what was put aside. False: the disk refuses or a turn is under way, ask again. */
  readonly keepRefused: () => boolean
  /** The store went away or came back. */
  readonly onState: (state: FeedState) => void
  readonly log: Log
  /** Readings held in memory at most. */
  readonly maxFresh?: number
}

export class HistorianFeed {
  /** True: the readings of the turn are wanted in `fresh`. False: they will be read from the journal. */
  inline = false
  /** Readings of the current turn and of those that wait for the write on its way. */
  fresh: FedReading[] = []
  readonly #options: FeedOptions
  readonly #stop = new AbortController()
  #state: FeedState = { ok: true, why: null, since: null, done: 0 }
  /** Commit that is through the pipeline. */
  #taken = 0
  #tickAt: Instant | null = null
  #inTurn = false
  #wake: (() => void) | null = null
  #idle: (() => void)[] = []
  #running: Promise<void> = Promise.resolve()
  /** Readings were refused and are not yet in the ledger: the historian's cursor must not pass them. */
  #unkept = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** `taken`: the commit from which the pipeline goes on. */
  async start(taken: number): Promise<void> {
    this.#taken = taken
    this.#state = { ...this.#state, done: await this.#options.historian.cursor() }
    this.inline = this.#state.done >= taken
    this.#running = this.#run()
  }

  get state(): FeedState {
    return this.#state
  }

  /** Does the historian drop a reading of this age at once? */
  isAged(ts: Instant, receivedAt: Instant): boolean {
    return isAged(this.#options.historian, ts, receivedAt)
  }

  get lag(): number {
    return Math.max(0, this.#taken - this.#state.done)
  }

  /** The pipeline is about to take entries; until the turn is over `inline` stays as it is, so that no commit is given by halves. */
  beginTurn(): void {
    this.#inTurn = true
  }

  /** The pipeline's turn is over: everything up to `commit` is in `fresh`, or in the journal. */
  endTurn(commit: number, tickAt: Instant | null): void {
    this.#inTurn = false
    this.#taken = commit
    this.#tickAt = tickAt ?? this.#tickAt
    if (this.fresh.length > (this.#options.maxFresh ?? MAX_FRESH)) {
      this.inline = false
      this.fresh = []
    }
    this.#wake?.()
  }

  /** Resolves when nothing waits to be written, or after `ms`: lets a fast pipeline wait a little for its store. */
  async settled(ms: Millis): Promise<void> {
    if (this.#wake !== null && this.fresh.length === 0 && this.lag === 0) return
    const done = new Promise<void>((resolve) => this.#idle.push(resolve))
    await Promise.race([done, sleep(ms, undefined, { ref: false })])
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (!this.inline) await this.#catchUp()
      else if (this.lag > 0 || this.fresh.length > 0) await this.#writeFresh()
      else if (this.#tickAt !== null) await this.#tick()
      else await this.#rest()
    }
  }

  async #rest(): Promise<void> {
    for (const resolve of this.#idle.splice(0)) resolve()
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = null
  }

  async #writeFresh(): Promise<void> {
    const readings = this.fresh
    this.fresh = []
    await this.#write(readings, Math.max(this.#taken, this.#state.done))
  }

  async #catchUp(): Promise<void> {
    if (this.#state.done >= this.#taken) {
      if (this.#inTurn) await sleep(TURN_LOOK)
      else this.inline = true
      return
    }
    const { readings, commit } = this.#options.again(this.#state.done, this.#taken, STEP_BYTES)
    await this.#write(readings, commit)
    await sleep(0)
  }

  async #tick(): Promise<void> {
    const now = this.#tickAt!
    this.#tickAt = null
    const result = await this.#options.historian.tick(now)
    if (!result.ok) await this.#unavailable(result)
  }

  /** Tries until it is taken. Gives up only when stopping: the cursor then stays where it is. */
  async #write(readings: readonly FedReading[], commit: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      failpoint('ingest.beforeWrite')
      const result = await this.#options.historian.write(readings, commit)
      if (result.ok) {
        failpoint('ingest.afterWrite')
        if (result.refused.length > 0) return this.#settle(readings, result.refused, commit)
        this.#available(commit)
        return
      }
      await this.#unavailable(result)
    }
  }

  /** The refused readings are in the ledger first; only then may the historian's cursor pass them. */
  async #settle(readings: readonly FedReading[], refused: readonly Refused[], commit: number): Promise<void> {
    this.#unkept = true
    this.#refuse(readings, refused)
    while (!this.#options.keepRefused()) {
      if (this.#stop.signal.aborted) return
      await this.#pause(KEEP_RETRY)
    }
    this.#unkept = false
    await this.#write([], commit)
  }

  #refuse(readings: readonly FedReading[], refused: readonly Refused[]): void {
    const items = new Set<string>()
    for (const { reading, why } of refused) {
      const fed = readings.includes(reading as FedReading) ? (reading as FedReading) : find(readings, reading)
      if (!fed || items.has(`${fed.offset}:${fed.item}`)) continue
      items.add(`${fed.offset}:${fed.item}`)
      this.#options.onRefused(fed, `${fed.series.measure} ${fed.value}: ${why}`)
    }
  }

  #available(done: number): void {
    const was = this.#state
    this.#state = was.ok ? { ...was, done } : { ok: true, why: null, since: Date.now(), done }
    if (!was.ok) this.#told()
  }

  async #unavailable(result: WriteResult & { readonly ok: false }): Promise<void> {
    const was = this.#state
    if (was.ok || was.why !== result.why) {
      this.#state = { ok: false, why: result.why, since: was.ok ? Date.now() : was.since, done: was.done }
      if (was.ok) this.#told()
    }
    for (const resolve of this.#idle.splice(0)) resolve()
    const wait = Math.min(Math.max(result.retryAfterMs, 50), MAX_WAIT)
    await this.#pause(wait)
  }

  async #pause(ms: Millis): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal, ref: false }).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error // aborted: stopping
    })
  }

  #told(): void {
    const { ok, why, done } = this.#state
    const { log, historian, onState } = this.#options
    log[ok ? 'info' : 'warn'](
      { historian: historian.name, why, done },
      ok ? 'historian is back' : 'historian takes nothing',
    )
    onState(this.#state)
  }

  /** Writes what is fresh, as far as the store takes it at once, and lets go. */
  async stop(): Promise<void> {
    const { historian } = this.#options
    if (this.#state.ok && this.inline) await this.settled(2000)
    this.#stop.abort()
    this.#wake?.()
    await this.#running
    if (this.#state.ok && !this.#unkept) await historian.flush()
  }
}

const find = (readings: readonly FedReading[], { series, ts }: Refused['reading']): FedReading | undefined =>
  readings.find(
    (r) => r.ts === ts && r.series.measure === series.measure && r.series.machine === series.machine,
  )
