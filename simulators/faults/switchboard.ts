/**
 * Faults are started, changed and stopped here while the plant runs. What is in force is stored at once, so that a restart goes on with
 * it.
 * Valid: {fault: 'duplicate', machines: ['demo-a/main/machining/l1/lathe-07'], probability: 0.1}. Invalid: {fault: 'dupe'}.
 */
import type { FaultRequest } from '#contract/local.ts'
import { MACHINES } from '../works/data/machines.ts'
import { PROCESS_FAULTS, type ProcessFaultName } from '../works/processFaults.ts'
import {
  CATALOGUE,
  FAULT_NAMES,
  parameterProblem,
  strikes,
  type Fault,
  type FaultEntry,
  type FaultName,
} from './catalogue.ts'

export type FaultAnswer =
  { readonly ok: true; readonly fault: Fault } | { readonly ok: false; readonly problems: readonly string[] }

/** Where the switchboard is kept. */
export type FaultStore = {
  faults(): readonly string[]
  /** What was saved beside them; null: nothing was. Left out by one that keeps nothing. */
  faultMemory?(): string | null
  saveFaults(faults: readonly string[], memory: string): void
}

/** `last`: number of the newest fault, whether it is over or not. `asked`: what each firm's own file asked for and got, by firm. */
type Memory = { readonly last: number; readonly asked: Readonly<Record<string, readonly string[]>> }

export class Switchboard {
  readonly #store: FaultStore
  readonly #machines: readonly string[]
  readonly #seed: number
  readonly #works: ReadonlySet<string>
  readonly #prefix: string
  #faults: Fault[]
  #memory: Memory

  /**
   * `machines` as `firm/path`; `seed` is what a fault's chance comes from when a request names none; `works`: the firms that are a works,
   * where processes can go wrong; `prefix` of the ids, where more than one switchboard is asked.
   */
  constructor(
    store: FaultStore,
    machines: readonly string[],
    seed: number,
    works: ReadonlySet<string> = new Set(),
    prefix = '',
  ) {
    this.#works = works
    this.#prefix = prefix
    this.#store = store
    this.#machines = machines
    this.#seed = seed
    this.#faults = store
      .faults()
      .map((text) => JSON.parse(text) as Fault)
      .filter(({ name }) => FAULT_NAMES.includes(name))
    const stored = store.faultMemory?.() ?? null
    const known = Math.max(0, ...this.#faults.map(({ id }) => Number(id.slice(id.lastIndexOf('f') + 1))))
    this.#memory = stored === null ? { last: known, asked: {} } : (JSON.parse(stored) as Memory)
  }

  /** In force or waiting for their time. */
  get list(): readonly Fault[] {
    return this.#faults
  }

  /** Those that strike a machine. */
  on(machine: string): readonly Fault[] {
    return this.#faults.filter((fault) => {
      const { scope, kind } = CATALOGUE[fault.name]
      return scope === 'machine' && kind !== 'process' && strikes(fault, machine)
    })
  }

  /** Those of the process of a firm's works. */
  onProcess(firm: string): readonly Fault[] {
    const here = (name: string) => name === '*' || name === firm || name.startsWith(`${firm}/`)
    return this.#faults.filter(
      ({ name, machines }) => CATALOGUE[name].kind === 'process' && machines.some(here),
    )
  }

  /** Those that strike a device, by any of its machines. */
  onDevice(machines: readonly string[]): readonly Fault[] {
    return this.#faults.filter(
      (fault) =>
        CATALOGUE[fault.name].scope === 'device' && machines.some((machine) => strikes(fault, machine)),
    )
  }

  /** Starts or changes a fault. Throws only what its store throws; nothing is changed then. */
  start(request: FaultRequest): FaultAnswer {
    const problems = this.#problemsOf(request)
    if (problems.length > 0) return { ok: false, problems }
    const name = request.fault as FaultName
    const entry: Omit<FaultEntry, 'name'> = CATALOGUE[name]
    const defaults = Object.entries(entry.params).map(([key, { fallback }]) => [key, fallback])
    const old = this.#faults.find(({ id }) => id === request.id)
    // an id is never given twice: what remembers a fault by it would take the new one for the old
    const last = this.#memory.last + (old ? 0 : 1)
    const fault: Fault = {
      id: old?.id ?? `${this.#prefix}f${last}`,
      name,
      machines: request.machines ?? old?.machines ?? ['*'],
      from: request.from ?? old?.from ?? null,
      to: request.to ?? old?.to ?? null,
      probability: request.probability ?? old?.probability ?? entry.chance.fallback,
      params: { ...Object.fromEntries(defaults), ...old?.params, ...request.params },
      seed: request.seed ?? old?.seed ?? this.#seed,
    }
    const faults = old ? this.#faults.map((one) => (one === old ? fault : one)) : [...this.#faults, fault]
    this.#keep(faults, { ...this.#memory, last })
    return { ok: true, fault }
  }

  /** Ends a fault. False: there is none of this id. */
  stop(id: string): boolean {
    const left = this.#faults.filter((fault) => fault.id !== id)
    if (left.length === this.#faults.length) return false
    this.#keep(left)
    return true
  }

  /** What a firm's own file asked for at an earlier start, as the file says it, and got. */
  asked(firm: string): readonly string[] {
    return this.#memory.asked[firm] ?? []
  }

  /** Remembers it for the next start. Throws only what its store throws. */
  keepAsked(firm: string, asked: readonly string[]): void {
    this.#keep(this.#faults, { ...this.#memory, asked: { ...this.#memory.asked, [firm]: asked } })
  }

  #keep(faults: Fault[], memory = this.#memory): void {
    this.#store.saveFaults(
      faults.map((fault) => JSON.stringify(fault)),
      JSON.stringify(memory),
    )
    this.#faults = faults
    this.#memory = memory
  }

  #problemsOf({ fault, id, machines, from, to, probability, params, seed }: FaultRequest): string[] {
    if (!FAULT_NAMES.includes(fault as FaultName)) return [`no fault ${fault}: ${FAULT_NAMES.join(', ')}`]
    const old = this.#faults.find((one) => one.id === id)
    const out: string[] = []
    if (id !== undefined && !old) out.push(`no fault ${id} is in force`)
    if (old && old.name !== fault) out.push(`${old.id} is a ${old.name}`)
    if (machines !== undefined && !areTexts(machines)) out.push('machines is no list of names')
    else
      for (const name of machines ?? [])
        if (!this.#machines.some((machine) => strikes({ machines: [name] } as unknown as Fault, machine)))
          out.push(`no simulated machine ${name}`)
    for (const [key, value] of Object.entries({ from, to, seed }))
      if (value !== undefined && !Number.isSafeInteger(value)) out.push(`${key} is no whole number`)
    if (CATALOGUE[fault as FaultName].kind === 'process')
      out.push(
        ...this.#processProblems(fault as ProcessFaultName, machines ?? old?.machines ?? ['*'], probability),
      )
    const start = from ?? old?.from
    const end = to ?? old?.to
    if (typeof start === 'number' && typeof end === 'number' && end <= start)
      out.push('it ends before it begins')
    if (
      probability !== undefined &&
      !(typeof probability === 'number' && probability >= 0 && probability <= 1)
    )
      out.push('probability is no number from 0 to 1')
    const known: FaultEntry['params'] = CATALOGUE[fault as FaultName].params
    for (const [key, value] of Object.entries(params ?? {})) {
      const parameter = Object.hasOwn(known, key) ? known[key] : undefined
      const problem = parameter ? parameterProblem(key, parameter, value) : `${fault} has no ${key}`
      if (problem !== null) out.push(problem)
    }
    return out
  }

  #processProblems(name: ProcessFaultName, machines: readonly string[], probability?: number): string[] {
    const kinds: readonly string[] = PROCESS_FAULTS[name].kinds
    const struck = this.#machines.filter((machine) => strikes({ machines } as unknown as Fault, machine))
    const fits = struck.some((machine) => {
      const [firm = '', ...levels] = machine.split('/')
      const known = MACHINES.find((one) => one.name === levels.at(-1))
      return this.#works.has(firm) && known !== undefined && kinds.includes(known.kind)
    })
    const out = fits ? [] : [`${name} does not happen on ${machines.join(', ')}`]
    if (probability !== undefined && probability !== 1) out.push(`${name} has no probability: it happens`)
    return out
  }
}

const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
