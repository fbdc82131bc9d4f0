/**
 * The valuation of a window: quantities × the price book, a pure function. Posts are added up into cells by element, machine, shift, order
 * and product; any scope is a sum of cells, so the parts of every scope sum to the whole exactly, and cost without output stays in it.
 * A price that comes later is a new valuation of the same panes, with the next version number.
 */
import { ELEMENTS, shownAt, type Shown } from './elements/catalogue.ts'
import type { ElementId } from './elements/element.ts'
import { monthsAfter } from './elements/demand.ts'
import { monthsIn, type MonthState } from './monthAccount.ts'
import type { Hole } from './records.ts'
import { uOf, type CostPerOutput, type ValueFlag } from './u.ts'
import { valueOf } from './value.ts'
import {
  PROVENANCES,
  caseOf,
  type Case,
  type CaseInput,
  type Place,
  type PlacedHole,
  type Provenance,
} from './valuationCase.ts'
import type { Nano } from './rounding.ts'
import type { Span } from './span.ts'

export type Cell = Place & {
  readonly element: ElementId
  readonly stream: string | null
  readonly provenance: Provenance
  readonly nano: Nano
}

export type ValueCell = Place & { readonly added: Nano; readonly scrapped: Nano; readonly finished: Nano }

/** Of a machine: milliseconds of its panes, those with evidence, and those inside gaps. */
export type Evidence = { readonly told: number; readonly covered: number; readonly uncertain: number }

export type Valuation = {
  readonly span: Span
  /** Count of accepted records that touch the window. */
  readonly version: number
  readonly cells: readonly Cell[]
  readonly values: readonly ValueCell[]
  readonly holes: readonly (PlacedHole & { readonly element: ElementId | 'value' })[]
  readonly evidence: ReadonlyMap<string, Evidence>
  /** The months of the window after it: what the window that follows begins with. */
  readonly months: readonly MonthState[]
  /** A price or a month's bill is not known yet. */
  readonly provisional: boolean
}

/** Values a window. `closed`: months whose bill is known. A day of the demo plant, 6,800 quarter panes, takes about 0.15 s. */
export const valuationOf = (input: CaseInput & { readonly closed?: readonly string[] }): Valuation =>
  valuationIn(caseOf(input), input.closed)

/** The same of a case. */
export function valuationIn(work: Case, closed: readonly string[] = []): Valuation {
  const cells = new Map<string, { -readonly [K in keyof Cell]: Cell[K] }>()
  const holes: Valuation['holes'][number][] = []
  for (const { id, of } of ELEMENTS) {
    const { posts, holes: missing } = of(work)
    for (const { machine, shift, order, product, nano, provenance, stream = null } of posts) {
      const key = JSON.stringify([id, stream, machine, shift, order, product, provenance])
      const cell = cells.get(key)
      if (cell) cell.nano += nano
      else cells.set(key, { element: id, stream, machine, shift, order, product, provenance, nano })
    }
    holes.push(...missing.map((hole) => ({ ...hole, element: id })))
  }
  const values = new Map<string, { -readonly [K in keyof ValueCell]: ValueCell[K] }>()
  const value = valueOf(work)
  for (const { machine, shift, order, product, added, scrapped, finished } of value.posts) {
    const key = JSON.stringify([machine, shift, order, product])
    const cell = values.get(key)
    if (!cell) values.set(key, { machine, shift, order, product, added, scrapped, finished })
    else {
      cell.added += added
      cell.scrapped += scrapped
      cell.finished += finished
    }
  }
  holes.push(...value.holes.map((hole) => ({ ...hole, element: 'value' as const })))
  const { from, to } = work.span
  return {
    span: work.span,
    version: work.books.versionUntil(to),
    cells: [...cells.values()],
    values: [...values.values()],
    holes: distinct(holes),
    evidence: evidenceOf(work),
    months: monthsAfter(work),
    provisional:
      work.books.at(from).provisional || monthsIn(from, to).some((month) => !closed.includes(month)),
  }
}

function distinct(holes: readonly Valuation['holes'][number][]): Valuation['holes'] {
  return [
    ...new Map(
      holes.map((hole) => [JSON.stringify([hole.element, hole.machine, hole.reason, hole.of]), hole]),
    ).values(),
  ]
}

function evidenceOf({ panes, machines }: Case): Map<string, Evidence> {
  const evidence = new Map<string, Evidence>()
  for (const { machine, states, covered, uncertain } of panes) {
    if (machines.get(machine)?.meter !== false) continue
    const sum = evidence.get(machine) ?? { told: 0, covered: 0, uncertain: 0 }
    evidence.set(machine, {
      told: sum.told + Object.values(states).reduce((total, ms) => total + ms, 0),
      covered: sum.covered + covered,
      uncertain: sum.uncertain + uncertain,
    })
  }
  return evidence
}

export const AXES = ['machine', 'line', 'order', 'product', 'shift'] as const
export type Axis = (typeof AXES)[number]
export type ScopeKey = string | number | null
/** The plant, or one key of an axis; null is what belongs to none of them. */
export type Scope = 'plant' | { readonly axis: Axis; readonly key: ScopeKey }

/** Key of a place on an axis; a line is `site/area/line`. */
export function keyOn(axis: Axis, place: Place): ScopeKey {
  if (axis !== 'line') return place[axis]
  return place.machine === null ? null : place.machine.slice(0, place.machine.lastIndexOf('/'))
}

const inside = (scope: Scope, place: Place): boolean =>
  scope === 'plant' || keyOn(scope.axis, place) === scope.key

/** Every key of an axis that has cost or value, null among them where something has none: together they are the plant. */
export function keysOf({ cells, values }: Pick<Valuation, 'cells' | 'values'>, axis: Axis): ScopeKey[] {
  return [...new Set([...cells, ...values].map((place) => keyOn(axis, place)))]
}

export type ElementFigure = {
  readonly element: ElementId
  /** Null with a reason when a part of it has no price or standard; `known` is the part that has. */
  readonly nano: Nano | null
  readonly known: Nano
  readonly reason: string | null
}

/** What figures of any scope are made of. */
export type Valued = Pick<Valuation, 'cells' | 'values' | 'holes' | 'evidence' | 'provisional'>

export type Figure = {
  readonly elements: readonly ElementFigure[]
  /** Sum of what is known. */
  readonly cost: Nano
  readonly by: Readonly<Record<Provenance, Nano>>
  /** Value added less scrapped; finished pieces. */
  readonly value: Nano
  readonly finished: Nano
  readonly uWip: CostPerOutput
  readonly uRaw: CostPerOutput
  readonly flags: readonly ValueFlag[]
  /** Everything that has no price or standard and concerns the scope: while there is any, no u is told. */
  readonly holes: Valuation['holes']
}

/** A hole as the reason of what it leaves unknown: `no_record: product/tee-dn25`. */
export const reasonOf = ({ reason, of }: Readonly<Record<keyof Hole, string>>): string => `${reason}: ${of}`

/** Below this share of evidence a figure is flagged. */
const COVERAGE_PPM = 950_000

/** Cost by a key of its cells. */
export function nanoBy<K>(cells: readonly Cell[], keyOf: (cell: Cell) => K): Map<K, Nano> {
  const sums = new Map<K, Nano>()
  for (const cell of cells) {
    const key = keyOf(cell)
    sums.set(key, (sums.get(key) ?? 0n) + cell.nano)
  }
  return sums
}

/** The figure of a scope. `least`: output below it says nothing yet (nano-yuan). `revised`: it replaces a settled one. */
export function figureOf(
  valuation: Valued,
  scope: Scope = 'plant',
  { least = 0n, revised = false }: { readonly least?: Nano; readonly revised?: boolean } = {},
): Figure {
  const cells = valuation.cells.filter((cell) => inside(scope, cell))
  const values = valuation.values.filter((cell) => inside(scope, cell))
  const holes = valuation.holes.filter(({ machine }) => concerns(scope, machine))
  const byElement = nanoBy(cells, ({ element }) => element)
  const byProvenance = nanoBy(cells, ({ provenance }) => provenance)
  const elements = ELEMENTS.map(({ id }): ElementFigure => {
    const known = byElement.get(id) ?? 0n
    const hole = holes.find(({ element }) => element === id)
    return hole
      ? { element: id, nano: null, known, reason: reasonOf(hole) }
      : { element: id, nano: known, known, reason: null }
  })
  const cost = [...byElement.values()].reduce((total, nano) => total + nano, 0n)
  const by = Object.fromEntries(PROVENANCES.map((one) => [one, byProvenance.get(one) ?? 0n])) as Record<
    Provenance,
    Nano
  >
  const value = values.reduce((total, { added, scrapped }) => total + added - scrapped, 0n)
  const finished = values.reduce((total, cell) => total + cell.finished, 0n)
  const known = holes.length === 0
  return {
    elements,
    cost,
    by,
    value,
    finished,
    uWip: uOf(cost, value, { least, known }),
    uRaw: uOf(cost, finished, { least, known }),
    flags: flagsOf(valuation, scope, by, revised),
    holes,
  }
}

/** A hole of a machine concerns the machine, its line and the plant; on the other axes nobody knows whom: all of them. */
export function concerns(scope: Scope, machine: string | null): boolean {
  if (scope === 'plant') return true
  if (scope.axis === 'machine' || scope.axis === 'line')
    return keyOn(scope.axis, { machine, shift: null, order: null, product: null }) === scope.key
  return true
}

function flagsOf(
  { evidence, provisional }: Valued,
  scope: Scope,
  by: Readonly<Record<Provenance, Nano>>,
  revised: boolean,
): ValueFlag[] {
  const own = [...evidence].filter(([machine]) => concerns(scope, machine)).map(([, one]) => one)
  const total = (name: keyof Evidence) => own.reduce((sum, one) => sum + one[name], 0)
  const isWhole = scope === 'plant' || scope.key === null || scope.axis === 'shift'
  return [
    ...(provisional && isWhole ? (['PROVISIONAL_PRICE'] as const) : []),
    ...(total('covered') * 1_000_000 < total('told') * COVERAGE_PPM ? (['LOW_COVERAGE'] as const) : []),
    ...(total('uncertain') > 0 || by.estimated !== 0n ? (['ESTIMATED'] as const) : []),
    ...(revised ? (['REVISED'] as const) : []),
  ]
}

/** Cost of a scope by rows, lines or groups: where the catalogue shows each cell. */
export function shownBy<K extends keyof Shown>(
  { cells }: Valuation,
  list: K,
  scope: Scope = 'plant',
): ReadonlyMap<Shown[K], Nano> {
  return nanoBy(
    cells.filter((cell) => inside(scope, cell)),
    ({ element, stream }) => shownAt(element, stream)[list],
  )
}
