/** What the works remembers from one production day to the next: plain JSON, a few hundred kB at most. */
import type { Instant, Millis } from '#domain/time.ts'
import { startOf } from './calendar.ts'
import { hashOf, streamOf, uniform, waiting } from './chance.ts'
import { KIND_IDS, MACHINES, TOOLS, type KindId } from './data/machines.ts'
import { METERS } from './data/energy.ts'
import { PRODUCT_IDS, PRODUCTS, type ProductId } from './data/products.ts'
import { BEFORE } from './data/retrofit.ts'
import { ROUTES } from './routing.ts'
import { yearOfDate } from './calendar.ts'

/** Pieces of one part that travel together. */
export type Lot = {
  readonly order: string
  readonly product: ProductId
  readonly part: string
  /** Place in the part's route of the operation it waits for. */
  step: number
  qty: number
  /** A body that is bored outside. */
  readonly outside: boolean
}

/** A lot on a machine. */
export type Job = {
  readonly lot: Lot
  readonly op: number
  /** Pieces still to be worked, and those that left it good. */
  left: number
  good: number
  setupMs: Millis
  cycleMs: Millis
  /** Of how many pieces the running cycle is, and whether it repeats one. */
  pieces: number
  /** Pieces of the running blast batch that are blasted twice. */
  extra: number
  redo: boolean
  /** Serial number of the valve on a test bench whose test is to be repeated. */
  serial: string | null
}

export type MachineState = {
  job: Job | null
  /** Failures to come: falls by 1 per mean time between failures, a failure at 0. */
  luck: number
  repairMs: Millis
  /** Work order of the running repair, and its parts in micro-yuan. */
  repair: { readonly order: string; readonly parts: number; readonly hours: number } | null
  /** By tool of its kind: cycles since new, and the cycle at which the next change is due. */
  uses: number[]
  due: number[]
}

/** Pieces of a part: how many entered, left good, were scrapped. Entered = left + scrapped + in work. */
export type Flow = { in: number; out: number; scrapped: number }

export type WorksState = {
  readonly seed: number
  /** The production day to come. */
  date: string
  machines: Record<string, MachineState>
  queues: Record<KindId, Lot[]>
  /** On their way back from outside, cooling, or released for an instant to come. */
  arrivals: { readonly at: Instant; readonly lot: Lot }[]
  /** Pieces to be released by part (`A.valve`, `A.body`), and castings to be poured. */
  owed: Record<string, number>
  castOwed: Record<string, number>
  /** Castings and finished parts in store. */
  castings: Record<string, number>
  parts: Record<string, number>
  flows: Record<string, Flow>
  castFlows: Record<string, Flow>
  boring: number
  orders: number
  serials: Record<ProductId, number>
  heats: number
  tools: number
  /** Cumulative registers by machine or meter, in the unit of the measure. */
  registers: Record<string, Record<string, number>>
  peak: { month: string; watts: number }
}

export const keyOf = (product: ProductId, part: string): string => `${product}.${part}`
/** Pieces a mean open day needs of a product. */
export const dailyNeed = (product: ProductId, date: string): number =>
  PRODUCTS[product].yearly / yearOfDate(date).open

function registersAt(seed: number): WorksState['registers'] {
  const first = (name: string, low: number, high: number) =>
    Math.floor(low + ((hashOf(seed, `register/${name}`) % 9973) / 9973) * (high - low))
  const registers: WorksState['registers'] = {}
  for (const { name, kind } of MACHINES) {
    const own: Record<string, number> = { kwh: first(`${name}/kwh`, 20_000, 300_000) }
    if (kind === 'FU') own['heats'] = first(name, 900, 1600)
    else if (kind === 'SB' || kind === 'HT') own['batches'] = first(name, 1500, 4000)
    else if (kind === 'CP') {
      own['air_nm3'] = first(name, 2_000_000, 6_000_000)
      own['run_h'] = first(`${name}/run`, 6_000, 14_000)
    } else {
      own['good'] = first(`${name}/good`, 9_000, 60_000)
      if (kind === 'PA') own['gas_nm3'] = first(`${name}/gas`, 40_000, 90_000)
      else own['scrap'] = first(`${name}/scrap`, 150, 1_200)
    }
    registers[name] = own
  }
  for (const { id } of METERS) {
    const kwh = first(id, 200_000, 800_000)
    registers[id] = { kwh, kvarh: Math.floor(kwh * 0.43) }
  }
  registers['gas'] = { gas_nm3: first('gas', 60_000, 120_000) }
  registers['water'] = { water_m3: first('water', 9_000, 20_000) }
  registers['nitrogen'] = { n2_nm3: first('n2', 5_000, 12_000) }
  return registers
}

/**
 * A works on the morning of a production day: full stores, empty queues. Let it run some forty open days before its figures are
 * used (see warmWorks in day.ts), until its queues are those of a works in its third year.
 */
export function emptyWorks(seed: number, date: string): WorksState {
  const stream = streamOf(seed, 'works')
  const owed: Record<string, number> = {}
  const castOwed: Record<string, number> = {}
  const castings: Record<string, number> = {}
  const parts: Record<string, number> = {}
  const flows: Record<string, Flow> = {}
  const castFlows: Record<string, Flow> = {}
  for (const { product, part, component, steps } of ROUTES) {
    const key = keyOf(product, part)
    const need = dailyNeed(product, date)
    const { lot } = PRODUCTS[product]
    owed[key] = Math.floor(uniform(stream) * lot)
    flows[key] = { in: 0, out: 0, scrapped: 0 }
    if (!component) continue
    parts[key] = Math.ceil(need * (2 * steps.length + 4)) + 2 * lot
    if (component.origin !== 'cast') continue
    castings[key] = Math.ceil(need * 12) + 2 * lot
    castOwed[key] = Math.floor(uniform(stream) * lot)
    castFlows[key] = { in: 0, out: 0, scrapped: 0 }
  }
  const machines: WorksState['machines'] = {}
  for (const { name, kind } of MACHINES) {
    const tools = TOOLS.filter((tool) => tool.kind === kind)
    machines[name] = {
      job: null,
      luck: waiting(stream),
      repairMs: 0,
      repair: null,
      uses: tools.map(() => 0),
      due: tools.map((tool) => uniform(stream) * tool.life * BEFORE.toolShare),
    }
  }
  return {
    seed,
    date,
    machines,
    queues: Object.fromEntries(KIND_IDS.map((kind) => [kind, []])) as unknown as WorksState['queues'],
    arrivals: [],
    owed,
    castOwed,
    castings,
    parts,
    flows,
    castFlows,
    boring: 0,
    orders: 0,
    serials: Object.fromEntries(PRODUCT_IDS.map((id, i) => [id, 1000 * (i + 1)])) as Record<
      ProductId,
      number
    >,
    heats: 0,
    tools: 0,
    registers: registersAt(seed),
    peak: { month: date.slice(0, 7), watts: 0 },
  }
}

/** Pieces of a part in work: on machines, in queues, on their way. `cast` counts those before the casting store. */
export function inWork(state: WorksState, key: string, cast: boolean): number {
  const lots = [
    ...Object.values(state.queues).flat(),
    ...state.arrivals.map(({ lot }) => lot),
    ...Object.values(state.machines).flatMap(({ job }) =>
      job ? [{ ...job.lot, qty: job.left + job.good }] : [],
    ),
  ]
  return lots
    .filter((lot) => keyOf(lot.product, lot.part) === key && lot.order.startsWith('CA-') === cast)
    .reduce((sum, lot) => sum + lot.qty, 0)
}

export const dayStart = (state: WorksState): Instant => startOf(state.date)
