/**
 * Views of shared cost: what a machine costs with its shares of the pools, what a product or an order costs with its part of what no order
 * was named for. Each is a split that sums to the plant exactly; before a shift settles it is provisional.
 */
import { poolOf, poolsOf, stepDown, UNALLOCATED, type DriverCell, type Share } from './pools.ts'
import { apportion, type Nano } from './rounding.ts'
import type { Valuation } from './valuation.ts'
import type { Place } from './valuationCase.ts'

/** Cost of one production day, and what its pools are divided by. */
export type Divided = Pick<Valuation, 'cells'> & { readonly drivers: readonly DriverCell[] }

/** Shares of all pools in every shift of a day, and in the hours outside of shifts. */
export function sharesOf({ cells, drivers }: Divided): Share[] {
  const shifts = new Set(cells.map(({ shift }) => shift))
  return [...shifts].flatMap((shift) => {
    const split = stepDown(poolsOf(cells, drivers, shift))
    // poolsOf names machines only, which are no pools
    return 'shares' in split ? split.shares : []
  })
}

/** Traced cost and shares by machine; null: what no driver gives to a machine, and what is the plant's by nature. */
export function costsByMachine(
  { cells }: Pick<Valuation, 'cells'>,
  shares: readonly Share[],
): ReadonlyMap<string | null, Nano> {
  const sums = new Map<string | null, Nano>()
  const post = (machine: string | null, nano: Nano) => sums.set(machine, (sums.get(machine) ?? 0n) + nano)
  for (const cell of cells) if (poolOf(cell) === null) post(cell.machine, cell.nano)
  for (const { to, nano } of shares) post(to === UNALLOCATED ? null : to, nano)
  return sums
}

/**
 * Cost by product or order: what is traced, and of the rest of each machine and shift a part by the machine's run and set-up time; of
 * what is no machine's by that of all machines. Null: time in which nothing ran.
 */
export function costsByWork(
  { cells }: Pick<Valuation, 'cells'>,
  busy: readonly Busy[],
  axis: 'product' | 'order',
): ReadonlyMap<string | null, Nano> {
  const sums = new Map<string | null, Nano>()
  const post = (key: string | null, nano: Nano) => sums.set(key, (sums.get(key) ?? 0n) + nano)
  const rest = new Map<string, { machine: string | null; shift: number | null; nano: Nano }>()
  for (const { machine, shift, nano, ...cell } of cells) {
    if (cell[axis] !== null) {
      post(cell[axis], nano)
      continue
    }
    const key = JSON.stringify([machine, shift])
    rest.set(key, { machine, shift, nano: (rest.get(key)?.nano ?? 0n) + nano })
  }
  const minutes = minutesOf(busy, axis)
  for (const { machine, shift, nano } of rest.values()) {
    const own = minutes.get(JSON.stringify([machine, shift])) ?? minutes.get(JSON.stringify([null, shift]))
    const parts = [...(own ?? [])].map(([id, weight]) => ({ id, weight }))
    const split = apportion(nano, parts)
    if (!split) post(null, nano)
    split?.forEach((part, i) => post(parts[i]!.id, part))
  }
  return sums
}

/** Run and set-up time at a place, ms. */
export type Busy = Place & { readonly ms: number }

/** Run and set-up time by product or order: of each machine and shift, and of all machines in a shift. */
function minutesOf(busy: readonly Busy[], axis: 'product' | 'order'): Map<string, Map<string, bigint>> {
  const minutes = new Map<string, Map<string, bigint>>()
  for (const place of busy) {
    const key = place[axis]
    const ms = BigInt(place.ms)
    if (key === null || ms === 0n) continue
    for (const machine of [place.machine, null]) {
      const own = JSON.stringify([machine, place.shift])
      const sums = minutes.get(own) ?? new Map<string, bigint>()
      sums.set(key, (sums.get(key) ?? 0n) + ms)
      minutes.set(own, sums)
    }
  }
  return minutes
}
