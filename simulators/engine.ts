/**
 * Turns of the simulated plants: they live on to now, what their machines say goes through the faults in force, what is left of it and what
 * all of them remember is stored, then the devices tell it.
 * Stored before told: a register that anybody has seen never goes back, not even after a kill.
 */
import type { Plant } from '#domain/plant/plant.ts'
import { SECOND, type Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { Entry, Outbox } from './outbox.ts'
import type { Fault } from './faults/catalogue.ts'
import type { Switchboard } from './faults/switchboard.ts'
import { DeviceLine, MachineLine, type Turn } from './faults/line.ts'
import type { SimItem } from './item.ts'
import type { Life } from './life.ts'

/** After a longer pause (a suspended laptop, a clock set forward) a plant goes on from now instead of telling the time between. */
const LONGEST_TURN_MS = 60_000
/** With so much evidence untold the plant stands still: nothing that counts is dropped, and the disk is not filled. */
export const MAX_EVIDENCE = 200_000

/** A plant file and what lives behind it. */
export type Living = { readonly plant: Plant; readonly life: Life }

type Part = {
  readonly firm: string
  readonly life: Life
  readonly lines: ReadonlyMap<string, MachineLine>
  readonly devices: ReadonlySet<DeviceLine>
}

const NOTHING_SAID: readonly SimItem[] = []

export type EngineState = { readonly ok: true } | { readonly ok: false; readonly why: string }

export class Engine {
  readonly boot: string
  readonly #outbox: Outbox
  readonly #log: Log
  readonly #parts: Part[] = []
  readonly #maxEvidence: number
  readonly #longestTurnMs: number
  /** Made but not yet stored: kept while the disk refuses. */
  #unstored: Entry[] = []
  #unsaved = new Map<string, string>()
  #faultStates = new Map<string, string>()
  #emptied: string[] = []
  readonly #devices = new Map<string, DeviceLine>()
  readonly #faults: Switchboard | null
  #state: EngineState = { ok: true }

  /** `now`: of the devices' clocks; part of the boot of this start. `longestTurnMs`: see above; Infinity: nothing is ever left out. */
  constructor(
    living: readonly Living[],
    parts: {
      readonly outbox: Outbox
      readonly log: Log
      readonly maxEvidence?: number
      readonly longestTurnMs?: number
      readonly faults?: Switchboard
    },
    now: Instant,
  ) {
    this.boot = `s${now.toString(36)}`
    this.#outbox = parts.outbox
    this.#log = parts.log
    this.#maxEvidence = parts.maxEvidence ?? MAX_EVIDENCE
    this.#longestTurnMs = parts.longestTurnMs ?? LONGEST_TURN_MS
    this.#faults = parts.faults ?? null
    for (const one of living) this.join(one)
  }

  /** It takes part from the next turn on. */
  join({ plant, life }: Living): void {
    const lines = this.#linesOf(plant, this.#outbox.faultStates())
    const devices = new Set([...lines.values()].map(({ device }) => device))
    this.#parts.push({ firm: plant.firm, life, lines, devices })
  }

  /** Of the machines for which somebody speaks. */
  #linesOf({ firm, machines, credentials }: Plant, stored: ReadonlyMap<string, string>): Part['lines'] {
    const speaker = new Map(credentials.flatMap((one) => one.machines.map((machine) => [machine, one.name])))
    const lines = new Map<string, MachineLine>()
    for (const machine of machines) {
      const name = speaker.get(machine.path)
      if (name === undefined) continue
      const device = this.#deviceOf(`${firm}/${name}`, stored)
      const state = stored.get(`machine ${firm}/${machine.path}`)
      lines.set(machine.path, new MachineLine(firm, machine, device, state))
    }
    return lines
  }

  get machines(): number {
    return this.#parts.reduce((n, { lines }) => n + lines.size, 0)
  }

  /** Everything before is told or stored to be told. */
  get at(): Instant {
    return Math.min(...this.#parts.map(({ life }) => life.at))
  }

  get state(): EngineState {
    return this.#state
  }

  #deviceOf(key: string, stored: ReadonlyMap<string, string>): DeviceLine {
    let device = this.#devices.get(key)
    if (!device) {
      device = new DeviceLine(key, this.boot, stored.get(`device ${key}`))
      this.#devices.set(key, device)
    }
    return device
  }

  /** The device as its faults leave it now; undefined when the plant has none of this name. */
  device(key: string): DeviceLine | undefined {
    return this.#devices.get(key)
  }

  /** Items held back by faults. */
  get held(): number {
    let held = 0
    for (const { lines } of this.#parts) for (const line of lines.values()) held += line.held
    return held
  }

  /** What the machines said goes through their faults; one that said nothing may still have something held back. */
  #pass({ firm, life, lines }: Part, now: Instant): void {
    const from = Math.min(life.at, now)
    const said = life.advance(now)
    for (const [path, line] of lines) {
      const faults = this.#faults?.on(line.key) ?? []
      this.#keep(firm, line.take(said.get(path) ?? NOTHING_SAID, faults, from, now))
      const state = line.changed(faults)
      if (state !== null) this.#faultStates.set(`machine ${line.key}`, state)
    }
    for (const [key, memory] of life.memory(false)) this.#unsaved.set(key, memory)
  }

  #keep(firm: string, { entries, made, lost, notes }: Turn): void {
    const { told } = this.#outbox
    this.#unstored.push(...entries)
    for (const item of made) told.item(item, 'made')
    for (const item of lost) told.item(item, 'lost')
    for (const note of notes) told.note(firm, note)
  }

  /** Power and links first: what a device does not measure is not measured. As they are where the turn begins, so they stay in it. */
  #switchDevices({ firm, devices }: Part, at: Instant): void {
    for (const device of devices) {
      const { change, turns } = device.turn(this.#faultsOf(device), at)
      for (const turn of turns) this.#keep(firm, turn)
      if (change.loses) this.#emptied.push(device.key)
      for (const what of change.began) this.#log.info({ device: device.key, fault: what }, 'fault begins')
      const state = device.changed()
      if (state !== null) this.#faultStates.set(`device ${device.key}`, state)
    }
  }

  #faultsOf(device: DeviceLine): readonly Fault[] {
    return this.#faults?.onDevice(device.machines.map(({ key }) => key)) ?? []
  }

  /**
   * The next instant after `after` at which a device may lose its power or line, or have them back; null: none in sight. A turn that passes
   * over it knows only what holds where it begins: whoever takes long turns ends one here. `after` is what `at` says.
   */
  nextEdge(after: Instant): Instant | null {
    const edges = [...this.#devices.values()].flatMap(
      (device) => device.edgeAfter(this.#faultsOf(device), after) ?? [],
    )
    return edges.length === 0 ? null : Math.min(...edges)
  }

  /** One turn. Returns whether there is something new to tell. */
  turn(now: Instant): boolean {
    if (this.#unstored.length === 0 && this.#outbox.waiting.evidence < this.#maxEvidence) {
      for (const part of this.#parts) {
        const { firm, life } = part
        if (now - life.at > this.#longestTurnMs) this.#skip(part, now)
        this.#switchDevices(part, Math.min(life.at, now))
        life.strike(this.#faults?.onProcess(firm) ?? [])
        this.#pass(part, now)
      }
    }
    return this.#store()
  }

  #skip({ firm, life }: Part, now: Instant): void {
    const from = life.at
    life.skip(now)
    const seconds = Math.round((now - from) / SECOND)
    this.#log.warn(
      { firm, from, to: now, seconds },
      'the plant goes on from now: what passed meanwhile is not told',
    )
  }

  #store(): boolean {
    try {
      const beside = { faultStates: this.#faultStates, emptied: this.#emptied }
      this.#outbox.write(this.#unstored, this.#unsaved, beside)
      const told = this.#unstored.length > 0
      this.#unstored = []
      this.#unsaved = new Map()
      this.#faultStates = new Map()
      this.#emptied = []
      this.#become(
        this.#outbox.waiting.evidence < this.#maxEvidence
          ? { ok: true }
          : { ok: false, why: `the plant stands still: ${this.#maxEvidence} messages wait for the broker` },
      )
      return told
    } catch (error) {
      this.#become({ ok: false, why: `the outbox cannot be written: ${(error as Error).message}` })
      return false
    }
  }

  #become(state: EngineState): void {
    if (state.ok !== this.#state.ok)
      if (state.ok) this.#log.info('the plant goes on')
      else this.#log.error({ why: state.why }, 'the plant stands still')
    this.#state = state
  }

  /** Nothing more will be said: what faults hold back leaves now, and what they took from the devices comes back. */
  release(): void {
    for (const device of this.#devices.values()) {
      const { turns } = device.turn([], Number.MAX_SAFE_INTEGER)
      for (const turn of turns) this.#keep(device.key.slice(0, device.key.indexOf('/')), turn)
    }
    for (const { firm, life, lines } of this.#parts)
      for (const line of lines.values())
        this.#keep(firm, line.take(NOTHING_SAID, [], life.at, Number.MAX_SAFE_INTEGER))
    this.#store()
  }

  /** Stores what every plant remembers: at stop. */
  save(): void {
    for (const { life } of this.#parts)
      for (const [key, memory] of life.memory(true)) this.#unsaved.set(key, memory)
    this.#store()
  }
}
