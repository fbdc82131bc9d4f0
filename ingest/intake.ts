/**
 * The turn of ingest: read whole commits from the journal, take each entry through the pipeline, hand the readings on, store the
 * ledgers when they are due. Starts at the lowest cursor of all ledgers; a ledger skips what it already has.
 */
import path from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { failpoint } from '#runtime/failpoints.ts'
import type { Log } from '#runtime/log.ts'
import { MINUTE, SECOND, type Instant, type Millis } from '#domain/time.ts'
import type { Historian } from '#store/historian/historian.ts'
import { saveCursor } from '#store/journal/cursors.ts'
import type { JournalReader } from '#store/journal/journal.ts'
import { listFirms } from '#store/ledger/file.ts'
import { Accountant } from './accounts/accountant.ts'
import { upToClose } from './accounts/beforeClose.ts'
import { Firm } from './firm.ts'
import { HistorianFeed, type FeedState } from './historianFeed.ts'
import { Latency } from './latency.ts'
import { Live } from './live.ts'
import { createPipeline, type Pipeline, type StageSet } from './pipeline.ts'
import { createReadAgain } from './readAgain.ts'
import type { FedReading } from './readings.ts'
import { storeRefused } from './stages/persist.ts'
import { value } from './stages/value.ts'
import { messageOf } from './message.ts'
import type { Stages } from './walks.ts'
import { takeWalled } from './wall.ts'

/** Journal bytes of one turn: about 4,000 messages, 40 ms of work. */
const TURN_BYTES = 512 * 1024
/** Longest stretch of a turn without letting timers and sockets in: a commit may hold many thousand items. */
const HOLD: Millis = 10
/** Without a wake-up the journal is looked at this often. */
const POLL: Millis = 250
/** A ledger with news is stored at once when somebody waits for an answer, else within this; one without news less often. */
const NEWS_DUE: Millis = SECOND
const STATE_DUE: Millis = 5 * SECOND
/** With as many rows of the past a ledger is stored at once: some 20 ms, where five seconds of an import would take 200. */
const MANY_ROWS = 2000
/** After a disk that refused. */
const RETRY: Millis = SECOND
/** How often the journal's owner is told what may be deleted. */
const CURSOR_DUE: Millis = MINUTE

export type IntakeOptions = {
  readonly dir: string
  readonly reader: JournalReader
  readonly historian: Historian
  readonly log: Log
  /** Readings held for a slow historian at most; see HistorianFeed. */
  readonly maxFresh?: number
  /** Stages in the place of the product's own. */
  readonly stages?: Partial<StageSet>
}

export class Intake {
  readonly firms = new Map<string, Firm>()
  readonly live: Live
  readonly feed: HistorianFeed
  readonly latency = new Latency()
  readonly accountant: Accountant
  readonly reader: JournalReader
  /** Null while ledgers can be written; else why not. */
  blocked: string | null = null
  /** Entries since the start that a stage failed on. */
  failed = 0
  readonly #options: IntakeOptions
  readonly #pipeline: Pipeline
  readonly #due = new Map<Firm, number>()
  /** Firms with refused readings that are not in the ledger yet. */
  readonly #refusedOf = new Set<Firm>()
  #cursor = 0
  #tickAt: Instant | null = null
  /** Half a commit may be through the pipeline: no ledger is stored now. */
  #inTurn = false
  #stopping = false
  #running: Promise<void> = Promise.resolve()
  #wake: (() => void) | null = null
  #knock = false
  #cursorSaved = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    this.reader = options.reader
    this.accountant = new Accountant(options.log)
    this.live = new Live(() => [...this.firms.values()].map((firm) => firm.snapshot()))
    this.feed = new HistorianFeed({
      historian: options.historian,
      again: createReadAgain(options.reader, this.firms, options.historian),
      onRefused: (reading, why) => this.#refused(reading, why),
      keepRefused: () => this.#keepRefused(),
      onState: (state) => this.#storeState(state),
      log: options.log,
      ...(options.maxFresh === undefined ? {} : { maxFresh: options.maxFresh }),
    })
    const find: Stages['find'] = (firm, offset) => options.reader.find(firm, offset)
    this.#pipeline = createPipeline(this.feed, this.live, this.latency, find, options.stages)
  }

  /** Commit that is through the pipeline. */
  get cursor(): number {
    return this.#cursor
  }

  /** Commits of the journal not yet through the pipeline. */
  get lag(): number {
    return Math.max(0, this.reader.head() - this.#cursor)
  }

  async start(): Promise<void> {
    for (const name of listFirms(this.#options.dir)) this.#firm(name)
    const cursors = [...this.firms.values()].map((firm) => firm.stored)
    this.#cursor = cursors.length > 0 ? Math.min(...cursors) : 0
    await this.feed.start(this.#cursor)
    this.live.start()
    this.#running = this.#run()
  }

  /** The journal has more. */
  wake(): void {
    this.#knock = true
    this.#wake?.()
  }

  /** Takes what the journal holds now. Returns the number of entries taken. */
  async #turn(): Promise<number> {
    const { entries, closing } = upToClose(this.reader.read(this.#cursor, TURN_BYTES))
    for (const name of closing) await this.#valueBefore(name, entries[0]!.commit)
    if (this.#stopping && closing.size > 0) return 0
    this.#inTurn = true
    this.feed.beginTurn()
    let since = performance.now()
    for (const entry of entries) {
      const firm = this.firms.get(entry.firm) ?? this.#firm(entry.firm)
      if (entry.commit <= firm.stored) continue
      if (!takeWalled(this.#pipeline, firm, entry, this.feed, this.#options.log)) this.failed++
      if (entry.topic.startsWith('tick/')) this.#tickAt = entry.receivedAt
      if (performance.now() - since < HOLD) continue
      await breathe()
      since = performance.now()
    }
    const last = entries.at(-1)
    if (last) this.#cursor = last.commit
    for (const firm of this.firms.values()) firm.taken = Math.max(firm.taken, this.#cursor)
    this.feed.endTurn(this.#cursor, this.#tickAt)
    this.#tickAt = null
    this.#inTurn = false
    return entries.length
  }

  #firm(name: string): Firm {
    const firm = new Firm(this.#options.dir, name)
    this.firms.set(name, firm)
    return firm
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const taken = await this.#turn()
      await this.#storeDue(false)
      if (performance.now() - this.#cursorSaved > CURSOR_DUE) this.#saveCursor()
      if (taken > 0) {
        await breathe()
        await this.feed.settled(50)
      } else await this.#rest()
    }
  }

  /** Everything of a firm that came before a commit is stored and valued, as far as it can be. */
  async #valueBefore(name: string, commit: number): Promise<void> {
    const firm = this.firms.get(name)
    if (!firm || firm.stored >= commit) return
    do {
      await this.#storeSoon(firm)
      await this.accountant.rest(firm)
    } while (this.accountant.isBusy(firm) && !this.#stopping)
  }

  /** Retention of the journal never passes what a ledger or the historian still has to read. */
  #saveCursor(): void {
    this.#cursorSaved = performance.now()
    const stored = [...this.firms.values()].map((firm) => firm.stored)
    const commit = Math.min(this.feed.state.done, this.#cursor, ...stored)
    try {
      saveCursor(path.join(this.#options.dir, 'cursors'), 'ingest', commit)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the journal was not told how far ingest is') // it only keeps more
    }
  }

  async #rest(): Promise<void> {
    if (!this.#knock && !this.#stopping)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    this.#wake = null
    this.#knock = false
  }

  /** Stores the ledgers that are due. While the disk refuses, nothing else goes on: the journal waits. */
  async #storeDue(all: boolean): Promise<void> {
    for (const firm of this.firms.values()) {
      if (!all && !this.#isDue(firm)) continue
      if (!(await this.#storeSoon(firm))) return
    }
  }

  /** As soon as the disk lets us; false: ingest ends before. */
  async #storeSoon(firm: Firm): Promise<boolean> {
    while (!this.#store(firm)) {
      if (this.#stopping) return false
      await new Promise((resolve) => setTimeout(resolve, RETRY))
    }
    return true
  }

  #isDue(firm: Firm): boolean {
    const { events, answered, machines, states, machineEvents, panes } = firm.pending
    if (answered.size > 0 || states.length + machineEvents.length + panes.size > MANY_ROWS) return true
    const since = performance.now() - (this.#due.get(firm) ?? 0)
    if (events.length > 0) return since > NEWS_DUE
    return since > STATE_DUE && (machines.size > 0 || firm.taken > firm.stored)
  }

  #store(firm: Firm): boolean {
    const before = firm.ledger.head().cursor
    try {
      failpoint('ingest.beforeCursor')
      firm.commit()
      failpoint('ingest.afterCursor')
      firm.tend()
    } catch (error) {
      if (this.blocked === null)
        this.#options.log.error({ err: error, firm: firm.name }, 'the ledger cannot be written')
      this.blocked = (error as Error).message
      return false
    }
    if (this.blocked !== null) this.#options.log.info('the ledger can be written again')
    this.blocked = null
    this.#due.set(firm, performance.now())
    value(firm, this.accountant)
    const { cursor } = firm.ledger.head()
    if (cursor > before) this.live.ledger(firm.name, cursor)
    return true
  }

  /** The historian keeps the good readings of a batch; the item of a refused one is put aside, where people see it. */
  #refused(reading: FedReading, why: string): void {
    const firm = this.firms.get(reading.series.firm)
    const source = firm && this.reader.find(firm.name, reading.offset)
    const message = source && messageOf(source)
    if (firm && message) {
      storeRefused(firm, source, message, reading.item, why)
      this.#refusedOf.add(firm)
    } else this.#options.log.error({ offset: reading.offset, why }, 'a refused reading whose message is gone')
  }

  #keepRefused(): boolean {
    if (this.#inTurn) return false
    for (const firm of this.#refusedOf) {
      if (!this.#store(firm)) return false
      this.#refusedOf.delete(firm)
    }
    return true
  }

  #storeState(state: FeedState): void {
    const { name } = this.#options.historian
    for (const firm of this.firms.values())
      firm.event('store.state', firm.at, null, { historian: name, ok: state.ok, why: state.why })
  }

  /** Ends after the current turn; what is done is stored. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake?.()
    await this.#running
    await this.feed.stop()
    await this.accountant.stop()
    await this.#storeDue(true)
    this.#saveCursor()
    this.live.stop()
    for (const firm of this.firms.values()) firm.close()
  }
}
