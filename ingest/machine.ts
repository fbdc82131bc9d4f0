/**
 * What ingest holds of one machine in memory: as it is now, its registers, its streams and the newest of its messages. Everything is
 * stored with the ledger's commit and comes back after a restart.
 */
import type { MachineLive } from '#contract/live.ts'
import { DEVICE_CLASSES, type DeviceClass } from '#contract/topics.ts'
import type { ShownState } from '#domain/plant/plant.ts'
import type { MachineIndex } from '#domain/telemetry/check.ts'
import { newRegister, type Register } from '#domain/telemetry/counter.ts'
import { flagNames } from '#domain/telemetry/item.ts'
import type { Course } from '#domain/telemetry/plausible.ts'
import type { Instant } from '#domain/time.ts'
import type { Series } from '#store/historian/historian.ts'
import type { MachineRow, StateRow } from '#store/ledger/changes.ts'
import { MessageIndex } from './messages.ts'
import { MachineSamples } from './samples.ts'
import type { LooseStream, SeqStream } from './stream.ts'

/** State messages held per machine, to find since when a state lasts when messages come out of order. */
export const RECENT_STATES = 256
/** Streams of one class held in memory; older boots come back from the ledger when they speak again. */
const MAX_STREAMS = 8

export type HeldValue = {
  value: number | null
  ts: Instant
  seq: number
  quality: string
  /** Flags of doubt: by what came before it, so they hold for those who watch and are not kept. */
  doubt: number
  /** Not yet told to those who watch. */
  fresh: boolean
}

type Now = {
  state: ShownState
  since: Instant | null
  /** Newest state message, by source time. */
  stateTs: Instant
  reason: string | null
  order: string | null
  product: string | null
  operation: string | null
  /** Newest order event; 0: the machine sends none, so the state message's order counts. */
  orderTs: Instant
  receivedAt: Instant | null
  /** Monotonic journal clock when a state message was last heard. */
  heardMono: number
  /** Newest ts of evidence, and the monotonic journal clock when some was last heard; null: never. */
  evidenceTs: Instant
  evidenceMono: number | null
  /** Up to where panes of its open shift are stored. */
  panesTo: Instant
}

const START: Now = {
  state: 'UNKNOWN',
  since: null,
  stateTs: 0,
  reason: null,
  order: null,
  product: null,
  operation: null,
  orderTs: 0,
  receivedAt: null,
  heardMono: 0,
  evidenceTs: 0,
  evidenceMono: null,
  panesTo: 0,
}

type ClassStreams = {
  current: SeqStream | null
  loose: LooseStream | null
  readonly byBoot: Map<string, SeqStream>
}

export class MachineMemory {
  readonly firm: string
  readonly path: string
  /** Null: the plant in force does not list it. */
  index: MachineIndex | null = null
  now: Now = { ...START }
  readonly values = new Map<string, HeldValue>()
  readonly registers = new Map<string, Register>()
  /** Of the signals whose course is judged. */
  readonly courses = new Map<string, Course>()
  readonly streams: Readonly<Record<DeviceClass, ClassStreams>>
  readonly messages: MessageIndex
  readonly samples: MachineSamples
  /** Oldest first. */
  states: StateRow[] = []
  dirty = false
  /** Something to tell those who watch. */
  changed = false
  /** When its last change went out, by the process's monotonic clock. */
  toldAt = -Infinity
  readonly #series = new Map<string, Series>()

  constructor(firm: string, path: string, row: MachineRow | null, states: StateRow[] = []) {
    this.firm = firm
    this.path = path
    this.states = states
    this.streams = Object.fromEntries(
      DEVICE_CLASSES.map((cls) => [cls, { current: null, loose: null, byBoot: new Map() }]),
    ) as unknown as Record<DeviceClass, ClassStreams>
    this.samples = new MachineSamples(path)
    this.messages = row ? new MessageIndex(path, row.messages, row.boots) : new MessageIndex(path)
    if (!row) return
    const { values, courses, ...now } = JSON.parse(row.live) as Now & {
      values: Record<string, [number | null, Instant, number, string]>
      courses?: Record<string, [number, Instant, number]>
    }
    for (const [name, [value, ts, same]] of Object.entries(courses ?? {}))
      this.courses.set(name, { value, ts, same })
    this.now = { ...START, ...now }
    for (const [name, [value, ts, seq, quality]] of Object.entries(values)) {
      this.values.set(name, { value, ts, seq, quality, doubt: 0, fresh: false })
      this.samples.known(name, ts)
    }
    for (const [name, register] of Object.entries(JSON.parse(row.registers) as Record<string, Register>))
      this.registers.set(name, register)
  }

  /** One object per series for the whole life of the process. */
  series(measure: string): Series {
    let series = this.#series.get(measure)
    if (!series) {
      series = { firm: this.firm, machine: this.path, measure }
      this.#series.set(measure, series)
    }
    return series
  }

  register(measure: string): Register {
    let register = this.registers.get(measure)
    if (!register) {
      register = newRegister()
      this.registers.set(measure, register)
    }
    return register
  }

  /** Does it hold a value that was not told yet? */
  hasNews(): boolean {
    for (const held of this.values.values()) if (held.fresh) return true
    return false
  }

  /** As stored with the ledger. */
  row(): MachineRow {
    const values = Object.fromEntries(
      [...this.values].map(([name, v]) => [name, [v.value, v.ts, v.seq, v.quality]]),
    )
    const courses = Object.fromEntries([...this.courses].map(([name, c]) => [name, [c.value, c.ts, c.same]]))
    const { open, boots } = this.messages.stored()
    return {
      path: this.path,
      live: JSON.stringify({ ...this.now, values, courses }),
      registers: JSON.stringify(Object.fromEntries(this.registers)),
      messages: open,
      boots,
    }
  }

  /** Streams of boots that are over leave memory once they are stored. */
  forgetOldStreams(): void {
    for (const cls of DEVICE_CLASSES) {
      const { byBoot, current } = this.streams[cls]
      if (byBoot.size <= MAX_STREAMS) continue
      for (const [boot, stream] of byBoot) if (stream !== current && !stream.dirty) byBoot.delete(boot)
    }
  }

  /** As shown: the whole machine, or only with the values that are news. */
  live(onlyFresh: boolean): MachineLive {
    const { state, since, reason, order, product, operation, receivedAt } = this.now
    const values: Record<string, { value: number | null; ts: Instant; quality: string }> = {}
    for (const [name, held] of this.values) {
      if (onlyFresh && !held.fresh) continue
      const { value, ts, quality, doubt } = held
      const isDoubted = doubt !== 0 && quality === 'good'
      values[name] = { value, ts, quality: isDoubted ? `uncertain:${flagNames(doubt)[0]}` : quality }
    }
    return { machine: this.path, state, since, reason, order, product, operation, receivedAt, values }
  }
}
