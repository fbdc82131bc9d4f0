/**
 * A run: plants that live together in one time, with one outbox, and a client for each of their devices. The plants of the plant files are
 * one that goes on with the installation; a person or the command line starts others, for an interval or from now on.
 *
 *   prepare -> turns: live on to now, store, tell -> (an interval) all told and acknowledged: ended
 */
import fs from 'node:fs'
import path from 'node:path'
import type { HistoryProgress, SimulationRun } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { MINUTE, type Instant } from '#domain/time.ts'
import { guarded } from '#runtime/lifecycle.ts'
import type { Log } from '#runtime/log.ts'
import { OperatorError } from '#runtime/process.ts'
import { openMoments } from '#store/truth/moments.ts'
import { openMornings } from '#store/truth/mornings.ts'
import { Truths } from '#store/truth/truths.ts'
import type { CredentialFile, DeviceName } from './credentials.ts'
import { Device, type BrokerAddress, type DeviceCounts } from './device.ts'
import { Engine, type Living } from './engine.ts'
import { badDay } from './faults/badDay.ts'
import { Switchboard, type FaultStore } from './faults/switchboard.ts'
import { startOwnFaults, type OwnSimulations } from './ownSimulation.ts'
import { openOutbox, type Outbox } from './outbox.ts'
import type { SimSettings } from './settings.ts'
import { Shop } from './shop/shop.ts'
import { productionDay } from './works/calendar.ts'
import { Chain } from './works/chain.ts'
import type { Scenario } from './works/scenarios.ts'
import { Works } from './works/works.ts'

export type RunSpec = {
  readonly plants: readonly Plant[]
  readonly scenario: Scenario
  readonly settings: SimSettings
  readonly standing: boolean
  /** Null: from now on, as time goes. */
  readonly interval: { readonly from: Instant; readonly to: Instant } | null
  /** Plant seconds per second; 0: as fast as it can. Without an interval it is 1. */
  readonly speed: number
  /** False: evidence alone. */
  readonly signals: boolean
  /** Firms whose plant files cannot be read now: what their devices have not told stays. */
  readonly spared?: ReadonlySet<string>
  /** Items of a message; a device that tells as things happen sends them singly. */
  readonly batch: number
  /** Firms that live in a way of their own. */
  readonly own?: OwnSimulations
}

export type RunParts = {
  /** Outbox, of this run alone. */
  readonly folder: string
  /** DIR/truth */
  readonly truth: string
  readonly broker: BrokerAddress
  readonly secrets: Pick<CredentialFile, 'provide' | 'secretOf' | 'remove'>
  readonly log: Log
  /** When a plant of the run begins to live, if something must be done before; null: at once, with the run. */
  readonly prepare?: (plant: Plant) => Promise<Instant> | null
}

const TURN_MS = 500
/** Of a run that outpaces time. */
const FAST_TURN_MS = 50
/** Steps of a run that goes as fast as it can: short ones while faults have to strike in between, or signals would fill the memory. */
const STEP_MS = 5 * MINUTE
const LONG_STEP_MS = 60 * MINUTE
/** A run that goes as fast as it can lives on while so few items wait. */
const WAITING_ENOUGH = 20_000
const MAX_BROKER_WAIT_MS = 2000

export class Run {
  readonly spec: RunSpec
  readonly outbox: Outbox
  readonly truths: Truths
  readonly faults: Switchboard
  readonly devices: Device[] = []
  readonly wanted: readonly DeviceName[]
  readonly #parts: RunParts
  readonly #counts = new Map<string, DeviceCounts>()
  /** Files of the truth. */
  readonly #kept: { close(): void }[] = []
  readonly #stopping = new AbortController()
  readonly #living: Living[] = []
  #engine: Engine | null = null
  #timer: NodeJS.Timeout | undefined
  #begun: Instant = 0
  #ended: string | null | undefined
  #ending: Promise<void> | null = null
  /** Why the truth cannot be written; null: it can. */
  truthFault: string | null = null
  /** Of a firm whose past is brought in. */
  history: (firm: string) => HistoryProgress | null = () => null

  /** Opens the files of the run. Throws SQLite's error. */
  constructor(spec: RunSpec, parts: RunParts) {
    this.spec = spec
    this.#parts = parts
    fs.mkdirSync(parts.folder, { recursive: true, mode: 0o700 })
    const fast = spec.interval !== null
    this.outbox = openOutbox(
      path.join(parts.folder, 'outbox.db'),
      (aside, why) => parts.log.error({ aside, why }, 'the outbox is damaged: set aside, devices begin anew'),
      fast ? Infinity : undefined,
    )
    this.wanted = spec.plants.flatMap(devicesOf)
    const named = new Set(this.wanted.map((device) => device.path))
    const gone = this.outbox.keepOnly(named, spec.spared)
    if (gone > 0)
      parts.log.warn({ messages: gone }, 'messages of devices that no plant file names any more are removed')
    this.truths = new Truths(parts.truth)
    this.outbox.tellAfter(this.truths.last(this.firms))
    this.faults = switchboardOf(spec, this.outbox)
  }

  get firms(): string[] {
    return this.spec.plants.map(({ firm }) => firm)
  }

  get engine(): Engine | null {
    return this.#engine
  }

  living(firm: string): Living | null {
    return this.#living.find(({ plant }) => plant.firm === firm) ?? null
  }

  #seedOf(firm: string): number {
    return this.spec.own?.get(firm)?.seed ?? this.spec.settings.simSeed
  }

  /** Truth of the works of a firm; null: it is a shop. */
  #chain(plant: Plant, first: Instant): Chain {
    const mornings = openMornings(path.join(this.#parts.truth, `${plant.firm}.works.db`))
    this.#kept.push(mornings)
    if (mornings.birth) return new Chain(mornings)
    const { own, scenario } = this.spec
    const planted = own?.get(plant.firm)?.scenario
    const lives = planted ? { name: planted, from: null } : scenario
    return Chain.bear(mornings, this.#seedOf(plant.firm), lives, productionDay(first))
  }

  /** A plant as it is at the start of the run's time. Throws SQLite's error. */
  bear(plant: Plant, now: Instant): Living {
    const { interval, settings, signals } = this.spec
    const first = interval?.from ?? now
    const remembered = this.outbox.sims()
    if (!isWorks(plant)) {
      const moments = openMoments(path.join(this.#parts.truth, `${plant.firm}.shop.db`))
      this.#kept.push(moments)
      const own = { ...settings, simSeed: this.#seedOf(plant.firm) }
      return { plant, life: new Shop(plant, own, remembered, first, moments, signals) }
    }
    const options = { rate: settings.simRate, signals, ...(interval && { ends: interval.to }) }
    return { plant, life: new Works(plant, this.#chain(plant, first), options, remembered, first) }
  }

  /** The plants as they are at the start, and the first turn. One that is to be prepared comes later. Throws SQLite's error. */
  begin(): void {
    const { spec, outbox } = this
    const { log, prepare = () => null } = this.#parts
    const now = Date.now()
    this.#begun = now
    this.#engine = new Engine(
      [],
      {
        outbox,
        log,
        faults: this.faults,
        ...(spec.interval && { longestTurnMs: Infinity, maxEvidence: Infinity }),
      },
      now,
    )
    for (const [firm, own] of spec.own ?? []) startOwnFaults(this.faults, firm, own, now, log)
    if (spec.scenario.name === 'bad-day')
      for (const plant of spec.plants)
        for (const request of badDay(plant, spec.interval?.from ?? now, spec.interval?.to ?? null))
          this.faults.start(request)
    for (const plant of spec.plants) {
      const prepared = prepare(plant)
      const join = guarded(log, 'join', (at: Instant) => this.#join(plant, at))
      if (prepared === null) this.#join(plant, now)
      // one that is never prepared is stopped with its run
      else prepared.then(join, () => undefined)
    }
    this.#again(0)
  }

  #join(plant: Plant, at: Instant): void {
    if (this.#stopping.signal.aborted) return
    const living = this.bear(plant, at)
    this.#living.push(living)
    this.#engine!.join(living)
  }

  /** Devices come when the broker gives them their secrets; the plants live meanwhile and their outbox fills. */
  async connect(): Promise<void> {
    await this.#secretsForAll()
    if (this.#stopping.signal.aborted) return
    for (const { path: name } of this.wanted) {
      const device = new Device(name, {
        broker: this.#parts.broker,
        secret: this.#parts.secrets.secretOf(name)!,
        outbox: this.outbox,
        counts: this.counts(name.slice(0, name.indexOf('/'))),
        log: this.#parts.log,
        batch: this.spec.batch,
      })
      this.devices.push(device)
      device.start()
    }
  }

  async #secretsForAll(): Promise<void> {
    const { signal } = this.#stopping
    for (let wait = 100; !signal.aborted; wait = Math.min(MAX_BROKER_WAIT_MS, wait * 2)) {
      try {
        return await this.#parts.secrets.provide(this.wanted)
      } catch (error) {
        if (error instanceof OperatorError) throw error
        this.#parts.log.debug({ err: error }, 'the broker gives no credentials yet')
      }
      await new Promise((done) => setTimeout(done, wait))
    }
  }

  /** Messages of a firm. */
  counts(firm: string): DeviceCounts {
    let counts = this.#counts.get(firm)
    if (!counts) this.#counts.set(firm, (counts = { sent: 0, acknowledged: 0, refused: 0 }))
    return counts
  }

  #again(after: number): void {
    if (this.#stopping.signal.aborted) return
    const turn = guarded(this.#parts.log, 'turn', () => this.#turn())
    this.#timer = setTimeout(() => {
      turn()
      if (this.#ended === undefined) this.#again(this.spec.interval ? FAST_TURN_MS : TURN_MS)
    }, after)
  }

  #turn(): void {
    const engine = this.#engine!
    const { interval, speed } = this.spec
    if (!interval) engine.turn(Date.now())
    else {
      const due = speed > 0 ? interval.from + (Date.now() - this.#begun) * speed : interval.to
      this.#hurry(engine, Math.min(interval.to, due))
    }
    if (interval && engine.at >= interval.to) engine.release()
    this.keepTruth()
    this.#followDevices(engine)
    for (const device of this.devices) device.turn()
    if (interval && engine.at >= interval.to && engine.held === 0 && this.waiting() === 0)
      void this.#end(null)
  }

  /** Their lines are cut and restored as the faults say. */
  #followDevices(engine: Engine): void {
    for (const device of this.devices) {
      const line = engine.device(device.path)
      if (line) device.follow(line)
    }
  }

  /** Lives on to `to` as far as a turn's time and what waits allow: a run that cannot keep its speed is slower, and harms nobody. */
  #hurry(engine: Engine, to: Instant): void {
    const until = performance.now() + FAST_TURN_MS
    const step = this.spec.signals || this.faults.list.length > 0 ? STEP_MS : LONG_STEP_MS
    while (engine.at < to && this.waiting() < WAITING_ENOUGH && performance.now() < until) {
      // a device that loses its line inside a step would have lost it for all of it, or not at all
      const edge = engine.nextEdge(engine.at) ?? Infinity
      engine.turn(Math.min(to, engine.at + step, edge))
      this.#followDevices(engine)
    }
  }

  waiting(firm?: string): number {
    const { signals, evidence } = this.outbox.waitingOf(firm)
    return signals + evidence
  }

  /** What the outbox noted for the truth goes into its files; what a full disk refuses stays noted and is tried again each turn. */
  keepTruth(): void {
    const { log } = this.#parts
    try {
      const list = this.outbox.truths()
      this.truths.apply(list)
      const newest = list.at(-1)
      if (newest) this.outbox.forgetTruths(newest.id)
      if (this.truthFault !== null) log.info('the truth is written again')
      this.truthFault = null
    } catch (error) {
      if (this.truthFault === null) log.error({ err: error }, 'the truth cannot be written')
      this.truthFault = (error as Error).message
    }
  }

  #end(why: string | null): Promise<void> {
    if (this.#ended === undefined) this.#ended = why
    return (this.#ending ??= this.#finish())
  }

  /** What the devices last heard is noted; a firm of its own loses its credentials. What was true can still be asked. */
  async #finish(): Promise<void> {
    await this.disconnect()
    this.#engine?.save()
    this.keepTruth()
    if (this.spec.standing) return
    const { secrets, log } = this.#parts
    for (const { path: device } of this.wanted)
      await secrets.remove(device).catch((error: unknown) => {
        log.warn({ err: error, device }, 'the credential of an ended run stays at the broker')
      })
  }

  /** Ended, and why before its time (null: all is told). Undefined: it goes on. */
  get ended(): string | null | undefined {
    return this.#ended
  }

  status(firm: string): SimulationRun {
    const { spec } = this
    const plant = spec.plants.find((one) => one.firm === firm)!
    const living = this.living(firm)
    const own = this.devices.filter((device) => device.path.startsWith(`${firm}/`))
    const { sent, acknowledged } = this.counts(firm)
    const engine = this.#engine?.state ?? { ok: true }
    const chain = living?.life instanceof Works ? living.life.chain : null
    return {
      firm,
      simulation: plant.simulation ?? 'shop',
      scenario: chain?.scenario.name ?? spec.scenario.name,
      seed: chain?.seed ?? this.#seedOf(firm),
      standing: spec.standing,
      from: spec.interval?.from ?? this.#begun,
      to: spec.interval?.to ?? null,
      speed: spec.speed,
      state:
        this.#ended !== undefined
          ? 'ended'
          : !living
            ? 'preparing'
            : engine.ok
              ? 'running'
              : 'standing still',
      why: this.#ended ?? (engine.ok ? null : engine.why),
      at: living?.life.at ?? this.#begun,
      history: this.history(firm),
      machines: plant.machines.length,
      devices: plant.credentials.length,
      connected: own.filter((device) => device.connected).length,
      sent,
      acknowledged,
      waiting: this.waiting(firm),
    }
  }

  /** Nothing new is said; what is in flight may still be acknowledged; what stays in the outbox is told by the next start. */
  async disconnect(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await Promise.all(this.devices.map((device) => device.stop()))
  }

  /** Stores what everybody remembers and closes the files. */
  close(): void {
    this.#engine?.save()
    this.keepTruth()
    this.outbox.close()
    this.truths.close()
    for (const file of this.#kept) file.close()
  }

  /** Ends before its time. */
  async stop(why: string): Promise<void> {
    await this.#end(why)
  }
}

/** The switchboard of a run, kept where the run keeps it. */
export function switchboardOf({ plants, standing, settings }: RunSpec, store: FaultStore): Switchboard {
  const machines = plants.flatMap(({ firm, machines: all }) => all.map((one) => `${firm}/${one.path}`))
  const works = new Set(plants.filter(isWorks).map(({ firm }) => firm))
  return new Switchboard(store, machines, settings.simSeed, works, standing ? '' : `${plants[0]!.firm}.`)
}

const isWorks = (plant: Plant): boolean => plant.simulation === 'works'

export const devicesOf = (plant: Plant): DeviceName[] =>
  plant.credentials.map(({ name, machines }) => ({
    path: `${plant.firm}/${name}`,
    machines: machines.map((machine) => `${plant.firm}/${machine}`),
  }))
