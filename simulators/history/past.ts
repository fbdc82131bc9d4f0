/**
 * The past of a works of the plant files: once, before it is shown for the first time, it is born months ago and lives up to today; then
 * all of that is told through MQTT, beside the live plant.
 *
 *   preparing (a works is not shown yet) -> running, waiting while live data come first -> done, for ever
 */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HistoryProgress, IngestStatus } from '#contract/local.ts'
import { deviceTopic } from '#contract/topics.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import { callLocal } from '#runtime/local.ts'
import type { Log } from '#runtime/log.ts'
import { openMornings } from '#store/truth/mornings.ts'
import type { CredentialFile } from '../credentials.ts'
import type { BrokerAddress } from '../device.ts'
import { daysBetween, productionDay } from '../works/calendar.ts'
import { payloadOf } from './batches.ts'
import { daysOf, pastOf } from './dates.ts'
import { Gateway } from './gateway.ts'
import { importDays } from './importer.ts'
import { Pace } from './pace.ts'
import { lastDay, newRecord, readRecord, recordFile, writeRecord, type HistoryRecord } from './record.ts'
import { HistoryThread } from './thread.ts'

export type PastParts = {
  /** DIR/simulators */
  readonly folder: string
  /** DIR/truth */
  readonly truth: string
  readonly broker: BrokerAddress
  readonly secrets: Pick<CredentialFile, 'provide' | 'secretOf' | 'remove'>
  /** ingest's local socket. */
  readonly ingest: string
  readonly log: Log
}

/** After a disk or a broker that refused. */
const AGAIN_MS = 2000
const ASK_WITHIN_MS = 1000

export const morningsFile = (truth: string, firm: string): string => path.join(truth, `${firm}.works.db`)

/**
 * The past of a works: one that it began to bring in, or a new one when the works is not born yet. Null: it was born without. `days`:
 * see `pastOf`. Throws the disk's error.
 */
export function openPast(
  plant: Plant,
  parts: PastParts,
  seed: number,
  days: number | null,
  now: Instant,
): Past | null {
  const file = recordFile(parts.folder, plant.firm)
  try {
    const known = readRecord(file)
    if (known) return new Past(plant, parts, known)
  } catch (error) {
    parts.log.error({ err: error, file }, 'how far the history is cannot be read: the rest of it is left out')
    return null
  }
  const mornings = openMornings(morningsFile(parts.truth, plant.firm))
  const born = mornings.birth !== null
  mornings.close()
  if (born) return null
  const record = newRecord(pastOf(productionDay(now), days), seed)
  writeRecord(file, record)
  return new Past(plant, parts, record)
}

export class Past {
  readonly #plant: Plant
  readonly #parts: PastParts
  readonly #file: string
  readonly #stopping = new AbortController()
  #record: HistoryRecord
  #thread: HistoryThread | null = null
  #pace: Pace | null = null
  #gateway: Gateway | null = null
  #prepared: Promise<Instant> | null = null
  #running: Promise<void> = Promise.resolve()
  /** Days lived while it is prepared, and items of the day that is told now. */
  #lived = 0
  #today = 0
  /** When the seconds of the record were counted. */
  #since = performance.now()

  constructor(plant: Plant, parts: PastParts, record: HistoryRecord) {
    this.#plant = plant
    this.#parts = parts
    this.#file = recordFile(parts.folder, plant.firm)
    this.#record = record
  }

  get firm(): string {
    return this.#plant.firm
  }

  get progress(): HistoryProgress {
    const { from, retrofit, live, next, items, done } = this.#record
    const to = live === null ? productionDay(Date.now()) : lastDay(live)
    const total = daysOf(from, to)
    const told = next === null ? total : daysBetween(from, next)
    return {
      from,
      to,
      retrofit,
      days: { done: live === null ? Math.min(this.#lived, total) : told, total },
      items: items + this.#today,
      state: done ? 'done' : live === null ? 'preparing' : this.#pace?.waiting ? 'waiting' : 'running',
      seconds: Math.round(done ? this.#record.seconds : this.#seconds()),
    }
  }

  #seconds(): number {
    return this.#record.seconds + (performance.now() - this.#since) / 1000
  }

  /** When the plant begins to tell by itself, once its life before is lived; null: that is behind it, it goes on at once. */
  prepare(): Promise<Instant> | null {
    if (this.#record.live !== null) return null
    return (this.#prepared ??= this.#prepare())
  }

  async #prepare(): Promise<Instant> {
    await this.#untilDone('the past is not lived', async () => {
      const { from, retrofit, seed } = this.#record
      const to = productionDay(Date.now())
      const scenario = { name: 'history', from: retrofit } as const
      this.#lived = 0
      await this.#open().live({ seed, scenario, from, to }, (date) => {
        this.#lived = daysOf(from, date)
      })
      this.#keep({ ...this.#record, live: Date.now() })
    })
    return this.#record.live!
  }

  /** Brings in what is left. Called once; runs until `stop` or its end. */
  start(): void {
    if (this.#record.done) return
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted)
        this.#parts.log.error({ err: error }, 'the history is not brought in')
    })
  }

  async #run(): Promise<void> {
    const { log } = this.#parts
    const { firm } = this.#plant
    await this.prepare()
    await this.#untilDone('history: no account to tell it', () => this.#connect())
    await this.#untilDone('history is interrupted', () => this.#import())
    await this.#gateway!.stop()
    await this.#untilDone('history: its account stays', () => this.#parts.secrets.remove(this.#account))
    this.#keep({ ...this.#record, done: true })
    await this.#close()
    const { items, seconds } = this.#record
    log.info({ firm, items, seconds: Math.round(seconds) }, 'the history is brought in')
  }

  get #account(): string {
    return `${this.#plant.firm}/history`
  }

  async #connect(): Promise<void> {
    const { secrets, broker, log } = this.#parts
    const { firm, machines } = this.#plant
    const account = this.#account
    await secrets.provide([{ path: account, machines: machines.map((one) => `${firm}/${one.path}`) }])
    this.#gateway = new Gateway(broker, secrets.secretOf(account)!, log)
    this.#gateway.start()
    this.#pace = new Pace(() =>
      callLocal<IngestStatus>(this.#parts.ingest, 'GET', '/status', undefined, ASK_WITHIN_MS),
    )
    this.#pace.start()
  }

  async #import(): Promise<void> {
    const { firm } = this.#plant
    const [thread, pace, gateway] = [this.#open(), this.#pace!, this.#gateway!]
    this.#today = 0
    await importDays(this.#record, {
      tell: (date, to, seqs) => thread.tell(date, to, seqs),
      leave: (items) => pace.leave(items),
      publish: (batch) =>
        gateway.publish(deviceTopic(firm, batch.machine, batch.class), (at) => payloadOf(batch, at)),
      onBatch: (items) => {
        this.#today += items
      },
      keep: (record) => this.#keep(record),
    })
  }

  /** Stored before it counts. */
  #keep(record: HistoryRecord): HistoryRecord {
    const counted = { ...record, seconds: this.#seconds() }
    writeRecord(this.#file, counted)
    this.#record = counted
    this.#since = performance.now()
    this.#today = 0
    return counted
  }

  #open(): HistoryThread {
    const { firm, machines } = this.#plant
    this.#thread ??= new HistoryThread({ mornings: morningsFile(this.#parts.truth, firm), machines })
    return this.#thread
  }

  /** Tries until it is done; the thread begins anew after a failure. Rejects only after `stop`. */
  async #untilDone(what: string, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping
    for (let tries = 0; ; tries++) {
      signal.throwIfAborted()
      try {
        return await work()
      } catch (error) {
        signal.throwIfAborted()
        const { log } = this.#parts
        const level = tries === 0 ? 'warn' : 'debug'
        log[level]({ err: error, firm: this.#plant.firm }, what)
      }
      await this.#thread?.close()
      this.#thread = null
      await sleep(AGAIN_MS, undefined, { signal })
    }
  }

  async #close(): Promise<void> {
    this.#pace?.stop()
    await this.#gateway?.stop()
    await this.#thread?.close()
    this.#thread = null
  }

  /** What is not acknowledged by now is told by the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    await this.#close()
    await this.#running
  }
}
