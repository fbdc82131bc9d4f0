/**
 * The journal's writing side in the broker process: entries are packed on the loop, whole groups go to the journal's thread (worker.ts),
 * and those who wait are told in the order in which they came, after the group is on the disk.
 */
import { Worker } from 'node:worker_threads'
import type { Instant } from '#domain/time.ts'
import { failpoint } from '#runtime/failpoints.ts'
import { guarded } from '#runtime/lifecycle.ts'
import type { Log } from '#runtime/log.ts'
import { OperatorError } from '#runtime/process.ts'
import { headsByName, type Head } from './chain.ts'
import { frameLength, frameOffset, frameReceivedAt } from './frame.ts'
import type {
  Appended,
  Damage,
  JournalFigures,
  JournalInput,
  JournalPlace,
  JournalStatus,
  JournalWriter,
} from './journal.ts'
import { Group, GROUP_BYTES, MAX_JOURNAL_PAYLOAD, Spares, Templates, Window } from './packing.ts'
import { Upkeep, type UpkeepOptions } from './upkeep.ts'
import type { FromWorker, HeadOf, ToWorker, WorkerStart } from './worker.ts'

/** `dir` is DIR/journal, owned by the process that opens it. */
export type JournalOptions = UpkeepOptions

/** How long close() waits for a disk that refuses, ms. */
const CLOSE_WAIT = 2000

/**
 * Opens the journal for writing. Resolves once it was found (or mended), or once the disk is known to refuse: then it opens by itself
 * later and status().blocked says why. Throws OperatorError when another process writes it.
 */
export async function openJournal(options: JournalOptions): Promise<JournalWriter> {
  const journal = new ThreadJournal(options)
  await journal.opened
  return journal
}

class ThreadJournal implements JournalWriter {
  readonly opened: Promise<void>
  readonly #log: Log
  readonly #clock: () => Instant
  readonly #worker: Worker
  readonly #upkeep: Upkeep
  readonly #templates = new Templates()
  readonly #spares = new Spares()
  readonly #window = new Window()
  readonly #listeners = new Set<(commit: number) => void>()
  readonly #heads = new Map<string, Pick<Head, 'offset' | 'hash'>>()
  /** Oldest first; the last one is filling. */
  readonly #groups: Group[] = []
  #inFlight: Group | null = null
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #lastAt: Instant = 0
  #waiting = 0
  #commit = 0
  #day = ''
  #blocked: { reason: string; since: Instant } | null = null
  #damage: Damage[] = []
  #closing: Promise<void> | null = null
  #onClosed: () => void = () => undefined
  #totals = { entries: 0, commits: 0, bytes: 0, storedBytes: 0, commitMs: 0, commitMsMax: 0, retries: 0 }

  constructor(options: JournalOptions) {
    this.#log = options.log
    this.#clock = options.clock ?? Date.now
    this.#upkeep = new Upkeep(options)
    const start: WorkerStart = { dir: options.dir, clockAhead: this.#clock() - Date.now() }
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start })
    this.opened = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind === 'refused') reject(this.#refuse(message.reason))
        else if (message.kind === 'open' || message.kind === 'blocked') resolve()
        this.#take(message)
      })
    })
    // without its thread nothing can be acknowledged any more: the process must end and be started again
    this.#worker.on('error', (error) => {
      throw error
    })
  }

  append(entry: JournalInput): Promise<JournalPlace> {
    return new Promise((resolve, reject) => {
      this.appendThen(entry, (error, place) => (error ? reject(error) : resolve(place!)))
    })
  }

  appendThen(entry: JournalInput, done: Appended): void {
    failpoint('journal.beforeAppend')
    const template = this.#templates.of(entry.topic, entry.principal)
    if (this.#closing) return done(new Error('the journal is closed'), null)
    if (!template || entry.payload.length > MAX_JOURNAL_PAYLOAD)
      return done(new Error(`no journal entry: topic ${entry.topic.slice(0, 200)}`), null)
    let group = this.#groups.at(-1)
    if (!group || group.length >= GROUP_BYTES) {
      group = new Group(this.#spares.take())
      this.#groups.push(group)
    }
    // received_at never runs backwards within a process, whatever is done to the clock
    this.#lastAt = Math.max(this.#lastAt, this.#clock())
    group.add(template, this.#lastAt, entry.payload, done)
    this.#waiting++
    this.#window.count()
    if (group.length >= GROUP_BYTES) this.#due()
    else if (this.#timer === undefined && !this.#isDue)
      this.#timer = setTimeout(() => this.#due(), this.#window.at(performance.now()))
  }

  status(): JournalStatus {
    return {
      commit: this.#commit,
      firms: headsByName(this.#heads),
      blocked: this.#blocked && { ...this.#blocked, waiting: this.#waiting },
      damage: [...this.#damage, ...this.#upkeep.damage()],
    }
  }

  figures(): JournalFigures {
    return { ...this.#totals, ...this.#upkeep.figures() }
  }

  onCommit(listener: (commit: number) => void): () => void {
    const safe = guarded(this.#log, 'journal.onCommit', listener)
    this.#listeners.add(safe)
    return () => this.#listeners.delete(safe)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #due(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = true
    this.#handOver()
  }

  #handOver(): void {
    if (this.#inFlight || !this.#isDue) return
    const group = this.#groups.shift()
    this.#isDue = this.#groups.length > 0
    if (!group) return
    this.#inFlight = group
    const { buffer } = group.bytes
    this.#send({ kind: 'group', buffer, length: group.length, at: group.at }, [buffer])
  }

  #send(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'open':
        this.#unblock()
        this.#commit = message.commit
        this.#lastAt = Math.max(this.#lastAt, message.damage.length > 0 ? message.at : 0)
        this.#moveHeads(message.heads)
        for (const damage of message.damage) this.#log.error(damage, 'journal damage: the good part is kept')
        this.#damage.push(...message.damage)
        return
      case 'committed':
        return this.#committed(message)
      case 'blocked':
        return this.#block(message.reason)
      case 'closed':
        return this.#onClosed()
      case 'refused':
        return
    }
  }

  #committed(message: Extract<FromWorker, { kind: 'committed' }>): void {
    const group = this.#inFlight!
    this.#inFlight = null
    this.#unblock()
    this.#commit = message.commit
    this.#moveHeads(message.heads)
    this.#count(group, message)
    failpoint('journal.beforeAck')
    this.#handOver()
    this.#release(group, new DataView(message.buffer), message.commit)
    this.#spares.give(message.buffer)
    for (const listener of this.#listeners) listener(message.commit)
    setImmediate(() => failpoint('journal.afterAck'))
    if (message.day !== this.#day) this.#upkeep.run()
    this.#day = message.day
  }

  #moveHeads(heads: readonly HeadOf[]): void {
    for (const [firm, offset, hash] of heads) this.#heads.set(firm, { offset, hash: Buffer.from(hash) })
  }

  #release(group: Group, view: DataView, commit: number): void {
    let at = 0
    for (let i = 0; i < group.done.length; i++) {
      const offset = frameOffset(view, at)
      const receivedAt = frameReceivedAt(view, at)
      this.#answer(group.done[i]!, null, { firm: group.firms[i]!, offset, commit, receivedAt })
      at += frameLength(view, at)
    }
  }

  #answer(done: Appended, error: Error | null, place: JournalPlace | null): void {
    this.#waiting--
    try {
      done(error, place)
    } catch (thrown) {
      this.#log.error({ err: thrown, handler: 'journal.append' }, 'handler failed')
    }
  }

  #count(group: Group, { stored, ms }: Extract<FromWorker, { kind: 'committed' }>): void {
    const totals = this.#totals
    totals.entries += group.done.length
    totals.commits++
    totals.bytes += group.length
    totals.storedBytes += stored
    totals.commitMs += ms
    totals.commitMsMax = Math.max(totals.commitMsMax, ms)
  }

  #block(reason: string): void {
    this.#totals.retries++
    if (this.#blocked?.reason === reason) return
    this.#log.error({ reason }, 'the journal cannot write: nothing is acknowledged until it can')
    this.#blocked = { reason, since: this.#blocked?.since ?? this.#clock() }
  }

  #unblock(): void {
    if (!this.#blocked) return
    const { since } = this.#blocked
    this.#blocked = null
    this.#log.info({ blockedMs: this.#clock() - since }, 'the journal writes again')
  }

  #refuse(reason: string): OperatorError {
    void this.#upkeep.stop()
    void this.#worker.terminate()
    return new OperatorError(reason)
  }

  async #close(): Promise<void> {
    await this.#upkeep.stop()
    const until = performance.now() + CLOSE_WAIT
    this.#due()
    while (this.#waiting > 0 && !(this.#blocked && performance.now() > until)) {
      this.#due()
      await new Promise((resume) => setTimeout(resume, 2))
    }
    await new Promise<void>((resolve) => {
      this.#onClosed = resolve
      this.#send({ kind: 'close' })
    })
    await this.#worker.terminate()
    for (const group of [...(this.#inFlight ? [this.#inFlight] : []), ...this.#groups])
      for (const done of group.done) this.#answer(done, new Error('the journal is closed'), null)
  }
}
