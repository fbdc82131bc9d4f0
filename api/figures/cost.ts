/** The cost of any days, of the plant or a part of it: lines, elements, parts of an axis, pools, what had no output. */
import type { z } from 'zod'
import type { CostQuery, CostView, PartView } from '#contract/figures.ts'
import { AIR_POWER } from '#domain/accounting/elements/energy.ts'
import { GIVEN_UP } from '#domain/accounting/elements/loss.ts'
import { shownAt, type Line } from '#domain/accounting/elements/catalogue.ts'
import { poolOf, POOLS, UNALLOCATED, type PoolId } from '#domain/accounting/pools.ts'
import { costsByMachine, costsByWork, sharesOf } from '#domain/accounting/poolsShared.ts'
import { fenOfParts, toFen, type Nano } from '#domain/accounting/rounding.ts'
import { shownU, uOf } from '#domain/accounting/u.ts'
import {
  concerns,
  keyOn,
  nanoBy,
  reasonOf,
  type Axis,
  type Scope,
  type ScopeKey,
} from '#domain/accounting/valuation.ts'
import type { Place } from '#domain/accounting/valuationCase.ts'
import { dividedIn, partOf, type Account, type AccountPart, type TotalsCell } from '#domain/kpi/account.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { Turns } from '#runtime/turns.ts'
import { basisOf, isRevised, windowOf, type Days } from './days.ts'
import { lossesView } from './losses.ts'
import { targetsOf } from './targets.ts'
import { elementsView, figureView, linesView } from './view.ts'

type Query = z.infer<typeof CostQuery>
type View = z.infer<typeof CostView>
type Title = z.infer<typeof PartView>['title']

/** `machine:main/machining/l1/lathe-07` as a scope. */
export function scopeOf(text: string | undefined): Scope {
  if (text === undefined) return 'plant'
  const colon = text.indexOf(':')
  const key = text.slice(colon + 1)
  return { axis: text.slice(0, colon) as Axis, key: key === '' ? null : key }
}

export const shiftOf = (text: string | undefined): number | null | undefined =>
  text === undefined ? undefined : text === 'none' ? null : Number(text)

/** Is a place in a shift (undefined: any) and a scope? */
export const insideOf =
  (shift: number | null | undefined, scope: Scope) =>
  (place: Place): boolean =>
    (shift === undefined || place.shift === shift) &&
    (scope === 'plant' || keyOn(scope.axis, place) === scope.key)

export async function costView(
  days: Days,
  { axis, scope: asked, shift: ofShift, shared }: Query,
): Promise<View> {
  const { plant, book, firm } = days
  const scope = scopeOf(asked)
  const shift = shiftOf(ofShift)
  const inside = insideOf(shift, scope)
  const turns = new Turns()
  const account = partOf(days.account, inside)
  await turns.next()
  const figure = figureView(account, scope, isRevised(days))
  await turns.next()
  const targets = targetsOf(book, shift)
  const lines = linesView(account, figure, scope === 'plant' ? targets.lines : new Map())
  await turns.next()
  const elements = elementsView(account, figure)
  await turns.next()
  const costs = shared === 'yes' ? await sharedCosts(days, axis, inside, turns) : null
  const parts = partsOf(days, account, figure.holes, axis, costs)
  await turns.next()
  return {
    firm,
    window: windowOf(days),
    scope:
      scope === 'plant'
        ? { axis: 'plant', key: null, title: plant.title }
        : { axis: scope.axis, key: scope.key, title: titleOf(plant, scope.axis, scope.key) },
    figure,
    target: scope === 'plant' ? targets.u : null,
    lines,
    elements,
    airPower: toFen(
      account.cells.reduce((sum, { stream, nano }) => (stream === AIR_POWER ? sum + nano : sum), 0n),
    ),
    axis,
    parts,
    pools: await poolsView(days, inside, turns),
    noOutput: scope === 'plant' && shift === undefined ? noOutputOf(days.account) : null,
    ...lossesView(account),
    scrapTaken: scrapTaken(account),
    basis: basisOf(days),
  }
}

export function titleOf({ machines, shifts }: Plant, axis: Axis, key: ScopeKey): Title {
  if (axis === 'machine') return machines.find(({ path }) => path === key)?.title ?? null
  if (axis === 'shift') return typeof key === 'number' ? (shifts[key]?.name ?? null) : null
  return null
}

/** Every key of an axis; they sum to the cost and value of the account. `shared`: cost with what is shared in it. */
function partsOf(
  days: Days,
  account: AccountPart,
  holes: View['figure']['holes'],
  axis: Axis,
  shared: ReadonlyMap<ScopeKey, Nano> | null,
): View['parts'] {
  const traced = nanoBy(account.cells, (cell) => keyOn(axis, cell))
  const made = new Map<ScopeKey, Nano>()
  for (const { added, scrapped, ...place } of account.values) {
    const key = keyOn(axis, place)
    made.set(key, (made.get(key) ?? 0n) + added - scrapped)
  }
  const costs = shared ?? traced
  const rows = [...new Set([...traced.keys(), ...made.keys(), ...costs.keys()])].map((key) => ({
    key,
    id: String(key),
    nano: costs.get(key) ?? 0n,
    value: made.get(key) ?? 0n,
  }))
  const shown = fenOfParts(rows)
  const worth = fenOfParts(rows.map(({ id, value }) => ({ id, nano: value })))
  return rows
    .map(({ key, nano, value }, i) => {
      const hole = holes.find(({ machine }) => concerns({ axis, key }, machine))
      const { u, status } = uOf(nano, value, { known: !hole })
      return {
        key,
        title: titleOf(days.plant, axis, key),
        cost: shown.parts[i]!,
        value: worth.parts[i]!,
        u2: u === null ? null : shownU(u),
        status,
        reason: hole ? reasonOf(hole) : null,
      }
    })
    .toSorted((a, b) => (axis === 'shift' ? inOrder(a.key, b.key) : b.cost - a.cost))
}

const inOrder = (a: ScopeKey, b: ScopeKey): number => Number(a ?? Infinity) - Number(b ?? Infinity)

/** Pools to machines, or what no order was named for to orders and products: day by day, as it settles. */
async function sharedCosts(
  { days }: Days,
  axis: Axis,
  inside: (place: Place) => boolean,
  turns: Turns,
): Promise<ReadonlyMap<ScopeKey, Nano> | null> {
  if (axis === 'shift') return null
  const sums = new Map<ScopeKey, Nano>()
  for (const { account } of days) {
    await turns.next()
    const own = dividedIn(account, inside)
    const costs =
      axis === 'product' || axis === 'order'
        ? costsByWork(own, account.totals.filter(inside).map(busyOf), axis)
        : costsByMachine(own, sharesOf(own))
    for (const [key, nano] of costs) {
      const at =
        axis === 'line' ? keyOn('line', { machine: key, shift: null, order: null, product: null }) : key
      sums.set(at, (sums.get(at) ?? 0n) + nano)
    }
  }
  return sums
}

const busyOf = ({ totals, ...place }: TotalsCell) => ({ ...place, ms: totals.run })

/** What each pool held, and how much of it found drivers. */
async function poolsView(
  { days }: Days,
  inside: (place: Place) => boolean,
  turns: Turns,
): Promise<View['pools']> {
  const sums = POOLS.map((pool) => ({ pool, cost: 0n, allocated: 0n, unallocated: 0n }))
  const sumOf = new Map<PoolId | null, (typeof sums)[number]>(sums.map((sum) => [sum.pool, sum]))
  for (const { account } of days) {
    await turns.next()
    const own = dividedIn(account, inside)
    for (const cell of own.cells) {
      const sum = sumOf.get(poolOf(cell))
      if (sum) sum.cost += cell.nano
    }
    for (const { pool, to, nano } of sharesOf(own))
      sumOf.get(pool)![to === UNALLOCATED ? 'unallocated' : 'allocated'] += nano
  }
  return sums
    .map(({ pool, cost, allocated, unallocated }) => ({
      pool,
      cost: toFen(cost),
      allocated: toFen(allocated),
      unallocated: toFen(unallocated),
    }))
    .filter(({ cost }) => cost !== 0)
}

/** Cost of quarter-hours in which the plant made nothing. */
const noOutputOf = ({ quarters }: Account): number =>
  toFen(quarters.reduce((sum, { cost, value }) => (value === 0n ? sum + cost : sum), 0n))

/** What scrap and rework took out of other lines at standard cost: the gross view puts it back. */
function scrapTaken({ cells }: AccountPart): View['scrapTaken'] {
  const sums = new Map<Line, Nano>()
  for (const { element, stream, nano } of cells) {
    if (stream !== GIVEN_UP) continue
    const { line } = shownAt(element, null)
    sums.set(line, (sums.get(line) ?? 0n) - nano)
  }
  return [...sums].map(([line, nano]) => ({ line, cost: toFen(nano) }))
}
