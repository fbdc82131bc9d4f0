/**
 * Turns of the simulated plants: the machines move on to now, what they say goes through the faults in force, what is left of it and what
 * all of them remember is stored, then the devices tell it.
 * Stored before told: a register that anybody has seen never goes back, not even after a kill.
 */
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { Entry, Outbox } from './outbox.ts'
import type { Switchboard } from './faults/switchboard.ts'
import { DeviceLine, MachineLine, type Turn } from './faults/line.ts'
import { advance, createSim, modelsOf, resumeSim } from './plant/machine.ts'
import { SIM_VERSION, type MachineModel, type MachineSim, type SimItem } from './plant/sim.ts'
import type { SimSettings } from './settings.ts'

/** After a longer pause (a suspended laptop, a clock set forward) the plant goes on from now instead of telling the time between. */
const LONGEST_TURN_MS = 60_000
/** With so much evidence untold the plant stands still: nothing that counts is dropped, and the disk is not filled. */
export const MAX_EVIDENCE = 200_000

type Simulated = {
  readonly firm: string
  readonly line: MachineLine
  readonly device: DeviceLine
  readonly model: MachineModel
  sim: MachineSim
}

export type EngineState = { readonly ok: true } | { readonly ok: false; readonly why: string }

export class Engine {
  readonly boot: string
  readonly #outbox: Outbox
  readonly #log: Log
  readonly #machines: Simulated[]
  readonly #maxEvidence: number
  /** Made but not yet stored: kept while the disk refuses. */
  #unstored: Entry[] = []
  #unsaved = new Map<string, string>()
  #faultStates = new Map<string, string>()
  #emptied: string[] = []
  readonly #devices = new Map<string, DeviceLine>()
  readonly #faults: Switchboard | null
  #state: EngineState = { ok: true }

  constructor(
    plants: readonly Plant[],
    settings: SimSettings,
    parts: {
      readonly outbox: Outbox
      readonly log: Log
      readonly maxEvidence?: number
      readonly faults?: Switchboard
    },
    now: Instant,
  ) {
    this.boot = `s${now.toString(36)}`
    this.#outbox = parts.outbox
    this.#log = parts.log
    this.#maxEvidence = parts.maxEvidence ?? MAX_EVIDENCE
    this.#faults = parts.faults ?? null
    const remembered = parts.outbox.sims()
    const faulty = parts.outbox.faultStates()
    this.#machines = plants.flatMap((plant) => {
      const { simSeed: seed, simRate: rate, simSpeed: speed } = settings
      const speaker = new Map(
        plant.credentials.flatMap(({ name, machines }) => machines.map((machine) => [machine, name])),
      )
      const models = modelsOf(plant.machines, { firm: plant.firm, shifts: plant.shifts, seed, rate, speed })
      return models.flatMap((model): Simulated[] => {
        const name = speaker.get(model.machine.path)
        if (name === undefined) return []
        const key = `${plant.firm}/${model.machine.path}`
        const device = this.#deviceOf(`${plant.firm}/${name}`, faulty)
        const line = new MachineLine(plant.firm, model.machine, device, faulty.get(`machine ${key}`))
        const one = { firm: plant.firm, device, line, model }
        const stored = remembered.get(key)
        const old = stored === undefined ? null : (JSON.parse(stored) as MachineSim)
        if (old?.version === SIM_VERSION && old.seed === seed)
          return [{ ...one, sim: resumeSim(model, old, now) }]
        const { sim, items } = createSim(model, now, old?.registers)
        this.#take({ ...one, sim }, items, now - 1, now)
        return [{ ...one, sim }]
      })
    })
  }

  get machines(): number {
    return this.#machines.length
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
    return this.#machines.reduce((n, { line }) => n + line.held, 0)
  }

  #take(machine: Simulated, items: readonly SimItem[], from: Instant, now: Instant): void {
    const faults = this.#faults?.on(machine.line.key) ?? []
    this.#keep(machine.firm, machine.line.take(items, faults, from, now))
    const state = machine.line.changed(faults)
    if (state !== null) this.#faultStates.set(`machine ${machine.line.key}`, state)
    // a signal alone moves nothing that must not be forgotten
    if (items.some(({ qos }) => qos === 1)) this.#unsaved.set(machine.line.key, JSON.stringify(machine.sim))
  }

  #keep(firm: string, { entries, made, lost, notes }: Turn): void {
    const { told } = this.#outbox
    this.#unstored.push(...entries)
    for (const item of made) told.item(item, 'made')
    for (const item of lost) told.item(item, 'lost')
    for (const note of notes) told.note(firm, note)
  }

  /** Power and links first: what a device does not measure is not measured. */
  #switchDevices(now: Instant): void {
    for (const device of this.#devices.values()) {
      const faults = this.#faults?.onDevice(device.machines.map(({ key }) => key)) ?? []
      const { change, turns } = device.turn(faults, now)
      const firm = device.key.slice(0, device.key.indexOf('/'))
      for (const turn of turns) this.#keep(firm, turn)
      if (change.loses) this.#emptied.push(device.key)
      for (const what of change.began) this.#log.info({ device: device.key, fault: what }, 'fault begins')
      const state = device.changed()
      if (state !== null) this.#faultStates.set(`device ${device.key}`, state)
    }
  }

  /** One turn. Returns whether there is something new to tell. */
  turn(now: Instant): boolean {
    if (this.#unstored.length === 0 && this.#outbox.waiting.evidence < this.#maxEvidence) {
      this.#switchDevices(now)
      for (const machine of this.#machines) {
        if (now - machine.sim.at > LONGEST_TURN_MS) machine.sim = resumeSim(machine.model, machine.sim, now)
        const from = Math.min(machine.sim.at, now)
        this.#take(machine, advance(machine.model, machine.sim, now), from, now)
      }
    }
    return this.#store()
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

  /** Stores what every machine remembers: at stop. */
  save(): void {
    for (const { line, sim } of this.#machines) this.#unsaved.set(line.key, JSON.stringify(sim))
    this.#store()
  }
}
