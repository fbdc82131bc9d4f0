/**
 * One simulated device and its machines as the faults leave them: what they say goes through the chain, and power or connection may be
 * gone. Plain state; what it hands out is for the outbox.
 */
import type { Machine } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { NoteChange } from '#store/truth/changes.ts'
import type { DeviceClass } from '#contract/topics.ts'
import type { SimItem } from '../item.ts'
import type { Entry } from '../outbox.ts'
import type { Fault } from './catalogue.ts'
import { isPlain, passOn } from './chain.ts'
import { endBoots } from './departure.ts'
import { itemText } from './payload.ts'
import { edgeAfter, newDevice, powerAt, type Change, type DeviceState } from './power.ts'
import { newStream, type Parcel, type StreamState } from './stream.ts'

type Name = { readonly firm: string; readonly machine: string }

export type Sealed = Name & { readonly class: string; readonly boot: string; readonly seq: number }

export type Turn = {
  readonly entries: readonly Entry[]
  readonly made: readonly Sealed[]
  readonly lost: readonly Sealed[]
  readonly notes: readonly NoteChange[]
}

const NOTHING: Turn = { entries: [], made: [], lost: [], notes: [] }

/** A machine's way to its device's outbox. */
export class MachineLine {
  readonly key: string
  readonly device: DeviceLine
  readonly #firm: string
  readonly #machine: Machine
  readonly #seqs = new Map<string, number>()
  readonly #stream: StreamState
  /** Whether what it remembers has changed since it was stored. */
  #dirty = false
  #stored = ''
  /** Items that were not measured, because the device had no power. */
  #unmade = 0

  constructor(firm: string, machine: Machine, device: DeviceLine, stored: string | undefined) {
    this.key = `${firm}/${machine.path}`
    this.#firm = firm
    this.#machine = machine
    this.device = device
    this.#stream = stored === undefined ? newStream() : (JSON.parse(stored) as StreamState)
    device.machines.push(this)
  }

  /** Items of (from, now]. */
  take(items: readonly SimItem[], faults: readonly Fault[], from: Instant, now: Instant): Turn {
    if (!this.device.state.power) {
      this.#unmade += items.length
      return NOTHING
    }
    const wasPlain = isPlain(this.#stream)
    const { parcels, notes, sealed, lost } = passOn(items, {
      machine: this.#machine,
      subject: this.key,
      stream: this.#stream,
      faults,
      seal: (cls) => this.#seal(cls),
      from,
      now,
    })
    this.#dirty ||= !(wasPlain && isPlain(this.#stream))
    return {
      entries: parcels.map((parcel) => this.#entry(parcel)),
      made: sealed.map((parcel) => this.#name(parcel)),
      lost: lost.map((parcel) => this.#name(parcel)),
      notes: notes.map((note) => ({ machine: this.#machine.path, ...note })),
    }
  }

  #seal(cls: DeviceClass): { readonly boot: string; readonly seq: number } {
    const seq = (this.#seqs.get(cls) ?? 0) + 1
    this.#seqs.set(cls, seq)
    return { boot: this.device.boot, seq }
  }

  #name({ class: cls, boot, seq }: Parcel): Sealed {
    return { firm: this.#firm, machine: this.#machine.path, class: cls, boot, seq }
  }

  #entry(parcel: Parcel): Entry {
    const { qos, skew, raw, copy, broken, refused } = parcel
    const timed = copy || broken || refused ? 0 : 1
    return { device: this.device.key, ...this.#name(parcel), qos, item: itemText(parcel), skew, raw, timed }
  }

  /** The device was without power: what was held back is gone, seqs start anew. Returns what was lost and how it is noted. */
  reboot(what: string): Turn {
    const lost = this.#stream.held
      .filter(({ parcel }) => !parcel.copy)
      .map(({ parcel }) => this.#name(parcel))
    this.#stream.held = []
    this.#seqs.clear()
    endBoots(this.#stream)
    this.#dirty = true
    const n = this.#unmade
    this.#unmade = 0
    const note = {
      machine: this.#machine.path,
      class: 'state',
      boot: this.device.boot,
      seq: 0,
      what,
      counters: [],
      n,
    }
    return { entries: [], made: [], lost, notes: [note] }
  }

  get held(): number {
    return this.#stream.held.length
  }

  /** The state to store, or null when it is as it was. Minds of faults that are over are forgotten. */
  changed(faults: readonly Fault[]): string | null {
    if (!this.#dirty) return null
    this.#dirty = false
    for (const id of Object.keys(this.#stream.minds))
      if (!faults.some((fault) => fault.id === id)) delete this.#stream.minds[id]
    // of a boot that is over by the next start nothing more is asked, unless something of it is held back
    const { passed } = this.#stream
    const text = JSON.stringify({ ...this.#stream, passed: this.held > 0 ? passed : {} })
    if (text === this.#stored) return null
    return (this.#stored = text)
  }
}

/** A device: its power, its link, its boot. */
export class DeviceLine {
  readonly key: string
  readonly machines: MachineLine[] = []
  readonly state: DeviceState
  readonly #start: string
  #boots = 0
  #stored: string
  /** Of the outage that ended last; null: send singly. Taken by the client. */
  replay: number | null = null
  #cause = 'reboot'

  constructor(key: string, boot: string, stored: string | undefined) {
    this.key = key
    this.#start = boot
    this.state =
      stored === undefined ? newDevice() : { ...(JSON.parse(stored) as DeviceState), power: true, link: true }
    this.#stored = JSON.stringify(this.state)
  }

  get boot(): string {
    return this.#boots === 0 ? this.#start : `${this.#start}.${this.#boots}`
  }

  /** Moves on to `now`. `turns` are what its machines lost by a new boot. Minds of faults that are over are forgotten. */
  turn(faults: readonly Fault[], now: Instant): { readonly change: Change; readonly turns: readonly Turn[] } {
    const change = powerAt(this.state, faults, this.key, now)
    const { minds } = this.state
    for (const id of Object.keys(minds)) if (!faults.some((fault) => fault.id === id)) delete minds[id]
    for (const name of change.began) if (name !== 'gateway_outage') this.#cause = name
    if (change.replay !== null) this.replay = change.replay
    if (!change.boots) return { change, turns: [] }
    this.#boots++
    // of an outage before it that came and went unseen by the client
    this.replay = null
    return { change, turns: this.machines.map((machine) => machine.reboot(this.#cause)) }
  }

  /** When its power or line may change after `at`; null: not by these faults. */
  edgeAfter(faults: readonly Fault[], at: Instant): Instant | null {
    return edgeAfter(this.state, faults, at)
  }

  changed(): string | null {
    const text = JSON.stringify(this.state)
    if (text === this.#stored) return null
    this.#stored = text
    return text
  }
}
