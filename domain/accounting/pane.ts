/**
 * A pane: what one machine did in a minute or a quarter-hour, under one shift, order and product. Whole numbers only, and no yuan:
 * money is quantities × the price book, a function of its own. A pane never spans two of its key's values, so panes sum to anything.
 */
import type { ShownState } from '#domain/plant/plant.ts'
import type { TelemetryClass } from '#domain/telemetry/item.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'

export const QUARTER: Millis = 15 * MINUTE
/** MINUTE or QUARTER. */
export type PaneLength = Millis

/** Whole numbers by name; a name that is not there is 0. Without anything inherited: a name is whatever a device calls it. */
export type Amounts = Readonly<Record<string, number>>

export type PaneKey = {
  /** `site/area/line/machine` */
  readonly machine: string
  readonly start: Instant
  /** Index in the plant's shifts; null outside of them. */
  readonly shift: number | null
  readonly order: string | null
  readonly product: string | null
}

/** Groups of amounts, in the order in which they are written. */
export const GROUPS = ['registers', 'states', 'busy', 'good', 'scrap', 'rework', 'drivers'] as const
/** The groups of a pane, likewise. */
export const groupsOf = (pane: Pick<Pane, (typeof GROUPS)[number]>): readonly Amounts[] => [
  pane.registers,
  pane.states,
  pane.busy,
  pane.good,
  pane.scrap,
  pane.rework,
  pane.drivers,
]
/** Single numbers, in the order in which they are written. */
export const SCALARS = ['persons', 'covered', 'uncertain'] as const

export type Quantities = {
  /** Growth of registers by measure, steps of its resolution; pieces are below. */
  readonly registers: Amounts
  /** Milliseconds by state; together the pane's share of its minute or quarter. */
  readonly states: Amounts & { readonly [state in ShownState]?: number }
  /** The part of `states` inside planned busy time. */
  readonly busy: Amounts & { readonly [state in ShownState]?: number }
  /** Milli-pieces by operation; '' where the operation is not known. */
  readonly good: Amounts
  readonly scrap: Amounts
  readonly rework: Amounts
  /** What events tell, milli-units by driver: drivers.ts. */
  readonly drivers: Amounts
  /** Milliseconds of people signed on: of someone who tends three machines a third. */
  readonly persons: number
  /** Milliseconds of which there is evidence: the state is known and every register was heard before and after. */
  readonly covered: Millis
  /** Milliseconds inside gaps of registers of over 5 minutes, or in which one was reset. */
  readonly uncertain: Millis
  /** RESET, ROLLOVER, SWAP of telemetry/item.ts. */
  readonly flags: number
}

/** Items of one class and boot that a pane rests on: seqs from … to, both inside; ts where `boot` is null. */
export type Source = {
  /** By whose topic they came; null: the pane's machine. */
  readonly machine: string | null
  readonly class: TelemetryClass
  readonly boot: string | null
  readonly from: number
  readonly to: number
}

/** `sources` lie outside the content and its hash: the same facts may have come by other messages. */
export type Pane = PaneKey & Quantities & { readonly length: PaneLength; readonly sources: readonly Source[] }

/** The key as text, unique in a plant for one length. */
export const keyOf = ({ machine, start, shift, order, product }: PaneKey): string =>
  JSON.stringify([machine, start, shift, order, product])

const words = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null ? -1 : b === null || a > b ? 1 : -1

/** The order in which panes are written: machine, start, shift, order, product; null first. */
export const byKey = (a: PaneKey, b: PaneKey): number =>
  words(a.machine, b.machine) ||
  a.start - b.start ||
  (a.shift ?? -1) - (b.shift ?? -1) ||
  words(a.order, b.order) ||
  words(a.product, b.product)

/** Nothing is inherited, and the engine keeps objects with a prototype in its fast form, unlike those with none. */
const NOTHING_INHERITED = Object.freeze(Object.create(null)) as object

/** Amounts to add to. */
export const newAmounts = (): Record<string, number> =>
  Object.create(NOTHING_INHERITED) as Record<string, number>

/** Adds to one amount; what becomes 0 goes, so that equal content is written alike. */
export function add(amounts: Record<string, number>, name: string, value: number): void {
  if (value === 0) return
  const sum = (amounts[name] ?? 0) + value
  if (sum === 0) delete amounts[name]
  else amounts[name] = sum
}

/** A pane while it is being summed. */
export type OpenPane = {
  -readonly [K in keyof Omit<Pane, 'sources'>]: Pane[K] extends Amounts ? Record<string, number> : Pane[K]
} & {
  /** Its own, to be widened. */
  sources: { -readonly [K in keyof Source]: Source[K] }[]
}

export function openPane(key: PaneKey, length: PaneLength): OpenPane {
  const { machine, start, shift, order, product } = key
  return {
    machine,
    start,
    shift,
    order,
    product,
    length,
    registers: newAmounts(),
    states: newAmounts(),
    busy: newAmounts(),
    good: newAmounts(),
    scrap: newAmounts(),
    rework: newAmounts(),
    drivers: newAmounts(),
    persons: 0,
    covered: 0,
    uncertain: 0,
    flags: 0,
    sources: [],
  }
}

/** Pieces that went through each operation, well or not: its cycles, and so the uses of every tool in it. Milli-pieces. */
export function processedOf({ good, scrap, rework }: Pick<Pane, 'good' | 'scrap' | 'rework'>): Amounts {
  const processed = newAmounts()
  for (const amounts of [good, scrap, rework])
    for (const [operation, milli] of Object.entries(amounts)) add(processed, operation, milli)
  return processed
}

/** Widens the interval of a source's stream. */
export function addSource(
  sources: OpenPane['sources'],
  machine: string | null,
  cls: TelemetryClass,
  boot: string | null,
  from: number,
  to: number,
): void {
  for (const known of sources)
    if (known.boot === boot && known.class === cls && known.machine === machine) {
      if (from < known.from) known.from = from
      if (to > known.to) known.to = to
      return
    }
  sources.push({ machine, class: cls, boot, from, to })
}

/** By machine, class, boot. */
export const bySource = (a: Source, b: Source): number =>
  words(a.machine, b.machine) || words(a.class, b.class) || words(a.boot, b.boot)

/** Adds a pane's quantities and sources; the key stays. */
export function addTo(sum: OpenPane, pane: Pane): void {
  for (const group of GROUPS)
    for (const [name, value] of Object.entries(pane[group])) add(sum[group], name, value)
  for (const scalar of SCALARS) sum[scalar] += pane[scalar]
  sum.flags |= pane.flags
  for (const { machine, class: cls, boot, from, to } of pane.sources)
    addSource(sum.sources, machine, cls, boot, from, to)
}

/**
 * Minute panes as quarter panes: exact sums by quarter, shift, order and product, in the order of their keys. Panes may come in any
 * order, but each once; panes that are quarters already stay as they are or are added to.
 */
export function addPanes(panes: readonly Pane[]): Pane[] {
  const sums = new Map<string, OpenPane>()
  for (const pane of panes) {
    const key = { ...pane, start: Math.floor(pane.start / QUARTER) * QUARTER }
    const name = keyOf(key)
    let sum = sums.get(name)
    if (!sum) sums.set(name, (sum = openPane(key, QUARTER)))
    addTo(sum, pane)
  }
  return closePanes(sums.values())
}

/** In the order of their keys, sources in theirs. */
export function closePanes(panes: Iterable<OpenPane>): Pane[] {
  const closed = [...panes].toSorted(byKey)
  for (const pane of closed) pane.sources.sort(bySource)
  return closed
}
