/**
 * Shared cost of a shift, divided once over those who caused it: one largest-remainder split for each pool and shift, when the shift
 * settles. Pools are closed in a fixed order and give to machines and to pools after them only, so there are no loops. A pool without
 * drivers stays UNALLOCATED, inside the cost of the plant.
 */
import { HOUR } from '#domain/time.ts'
import { AIR_POOL } from './elements/energy.ts'
import type { ElementId } from './elements/element.ts'
import { apportion, type Nano } from './rounding.ts'
import { grownIn, type Case } from './valuationCase.ts'
import type { Cell } from './valuation.ts'

/** Step-down order. */
export const POOLS = ['air', 'cooling_water', 'maintenance', 'energy', 'overhead'] as const
export type PoolId = (typeof POOLS)[number]

export const UNALLOCATED = 'UNALLOCATED'

export type Pool = {
  readonly id: PoolId
  readonly nano: Nano
  /** To a machine by path, or to a later pool. Weights are none below 0. */
  readonly drivers: readonly { readonly to: string; readonly weight: bigint }[]
}

export type Share = {
  readonly pool: PoolId
  /** Machine, or UNALLOCATED. */
  readonly to: string
  readonly nano: Nano
}

export type Split =
  | { readonly shares: readonly Share[] }
  | { readonly fault: { readonly reason: 'pool_loop'; readonly pool: PoolId; readonly to: PoolId } }

const isPool = (to: string): to is PoolId => (POOLS as readonly string[]).includes(to)

/** Divides pools in their order. Shares sum to what the pools held. */
export function stepDown(pools: readonly Pool[]): Split {
  const held = new Map<PoolId, Nano>()
  for (const { id, nano } of pools) held.set(id, (held.get(id) ?? 0n) + nano)
  const shares: Share[] = []
  for (const [place, id] of POOLS.entries()) {
    const nano = held.get(id) ?? 0n
    if (nano === 0n) continue
    const drivers = pools.find((pool) => pool.id === id)?.drivers ?? []
    const back = drivers.find(({ to }) => isPool(to) && POOLS.indexOf(to) <= place)
    if (back) return { fault: { reason: 'pool_loop', pool: id, to: back.to as PoolId } }
    const parts = apportion(
      nano,
      drivers.map(({ to, weight }) => ({ id: to, weight })),
    )
    if (!parts) shares.push({ pool: id, to: UNALLOCATED, nano })
    parts?.forEach((part, i) => {
      const { to } = drivers[i]!
      if (isPool(to)) held.set(to, (held.get(to) ?? 0n) + part)
      else if (part !== 0n) shares.push({ pool: id, to, nano: part })
    })
  }
  return { shares }
}

/** Pools of elements whose cost lies with no machine. */
const POOL_OF: Readonly<Partial<Record<ElementId, PoolId>>> = {
  electricity: 'energy',
  demand: 'energy',
  power_factor: 'energy',
  gas: 'energy',
  media: 'cooling_water',
  maintenance: 'maintenance',
  overhead: 'overhead',
  retrofit: 'overhead',
  labour: 'overhead',
  machine_hour: 'overhead',
  quality: 'overhead',
}

/** The pool that a cell belongs to; null: it is traced to a machine, an order or the plant. */
export function poolOf({
  element,
  stream,
  machine,
}: Pick<Cell, 'element' | 'stream' | 'machine'>): PoolId | null {
  if (stream === 'air_power' || stream === 'air_consumables') return 'air'
  return machine === null ? (POOL_OF[element] ?? null) : null
}

/** What a pool of a shift is divided by: a machine's quantity, which adds up over time. */
export type DriverCell = {
  readonly pool: PoolId
  readonly machine: string
  readonly shift: number | null
  readonly weight: bigint
}

/** The pools of a shift with their content and drivers. */
export function poolsOf(
  cells: readonly Cell[],
  drivers: readonly DriverCell[],
  shift: number | null,
): Pool[] {
  const own = drivers.filter((driver) => driver.shift === shift)
  return POOLS.map((id) => ({
    id,
    nano: cells.reduce(
      (sum, cell) => (cell.shift === shift && poolOf(cell) === id ? sum + cell.nano : sum),
      0n,
    ),
    drivers: own
      .filter(({ pool }) => pool === id)
      .map(({ machine, weight }) => ({ to: machine, weight }))
      .toSorted((a, b) => (a.to < b.to ? -1 : 1)),
  }))
}

/** Driver quantities of a case by pool, machine and shift. */
export function driverCellsOf(work: Case): DriverCell[] {
  const sums = new Map<string, DriverCell>()
  for (const pane of work.panes) {
    const machine = work.machines.get(pane.machine)
    if (!machine || machine.meter) continue
    const book = work.books.at(pane.start)
    if (book.find('pool', AIR_POOL)?.kinds.includes(machine.kind)) continue
    const run = BigInt(pane.states['RUN'] ?? 0)
    const time = run + BigInt(pane.states['SETUP'] ?? 0)
    const weights: readonly (readonly [PoolId, bigint])[] = [
      ['air', run * BigInt(book.find('work_centre', machine.kind)?.airPerRunHour ?? 0)],
      ['energy', BigInt(grownIn(work, pane, 'energy') ?? 0) || ratedWh(machine.ratedKw, run)],
      // no machine tells its water: the pool of cooling water has no drivers
      ['maintenance', time],
      ['overhead', time],
    ]
    for (const [pool, weight] of weights) {
      if (weight <= 0n) continue
      const key = `${pool} ${pane.machine} ${pane.shift}`
      const known = sums.get(key)?.weight ?? 0n
      sums.set(key, { pool, machine: pane.machine, shift: pane.shift, weight: known + weight })
    }
  }
  return [...sums.values()]
}

/** Rated kW × run-hours, for a machine without a register of its own. */
const ratedWh = (ratedKw: number | null, runMs: bigint): bigint =>
  (BigInt(Math.round((ratedKw ?? 0) * 1000)) * runMs) / BigInt(HOUR)
