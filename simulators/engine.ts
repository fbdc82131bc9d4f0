/**
 * Turns of the simulated plants: the machines move on to now, what they say and remember is stored, then the devices tell it.
 * Stored before told: a register that anybody has seen never goes back, not even after a kill.
 */
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { Entry, Outbox } from './outbox.ts'
import { advance, createSim, modelsOf, resumeSim } from './plant/machine.ts'
import { SIM_VERSION, type MachineModel, type MachineSim, type SimItem } from './plant/sim.ts'
import type { SimSettings } from './settings.ts'

/** After a longer pause (a suspended laptop, a clock set forward) the plant goes on from now instead of telling the time between. */
const LONGEST_TURN_MS = 60_000
/** With so much evidence untold the plant stands still: nothing that counts is dropped, and the disk is not filled. */
export const MAX_EVIDENCE = 200_000

type Simulated = {
  readonly key: string
  readonly device: string
  readonly model: MachineModel
  readonly seqs: Map<string, number>
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
  #state: EngineState = { ok: true }

  constructor(
    plants: readonly Plant[],
    settings: SimSettings,
    parts: { readonly outbox: Outbox; readonly log: Log; readonly maxEvidence?: number },
    now: Instant,
  ) {
    this.boot = `s${now.toString(36)}`
    this.#outbox = parts.outbox
    this.#log = parts.log
    this.#maxEvidence = parts.maxEvidence ?? MAX_EVIDENCE
    const remembered = parts.outbox.sims()
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
        const one = { key, device: `${plant.firm}/${name}`, model, seqs: new Map<string, number>() }
        const stored = remembered.get(key)
        const old = stored === undefined ? null : (JSON.parse(stored) as MachineSim)
        if (old?.version === SIM_VERSION && old.seed === seed)
          return [{ ...one, sim: resumeSim(model, old, now) }]
        const { sim, items } = createSim(model, now, old?.registers)
        this.#take({ ...one, sim }, items)
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

  #take(machine: Simulated, items: readonly SimItem[]): void {
    for (const { class: cls, ts, qos, body } of items) {
      const seq = (machine.seqs.get(cls) ?? 0) + 1
      machine.seqs.set(cls, seq)
      const { firm, machine: data } = machine.model
      this.#unstored.push({
        device: machine.device,
        firm,
        machine: data.path,
        class: cls,
        boot: this.boot,
        seq,
        qos,
        item: JSON.stringify({ ts, seq, ...body }),
      })
    }
    // a signal alone moves nothing that must not be forgotten
    if (items.some(({ qos }) => qos === 1)) this.#unsaved.set(machine.key, JSON.stringify(machine.sim))
  }

  /** One turn. Returns whether there is something new to tell. */
  turn(now: Instant): boolean {
    if (this.#unstored.length === 0 && this.#outbox.waiting.evidence < this.#maxEvidence)
      for (const machine of this.#machines) {
        if (now - machine.sim.at > LONGEST_TURN_MS) machine.sim = resumeSim(machine.model, machine.sim, now)
        this.#take(machine, advance(machine.model, machine.sim, now))
      }
    return this.#store()
  }

  #store(): boolean {
    try {
      this.#outbox.write(this.#unstored, this.#unsaved)
      const told = this.#unstored.length > 0
      this.#unstored = []
      this.#unsaved = new Map()
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
    for (const { key, sim } of this.#machines) this.#unsaved.set(key, JSON.stringify(sim))
    this.#store()
  }
}
