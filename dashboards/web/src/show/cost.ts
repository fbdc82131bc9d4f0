/** The cost page's figures: both views of output and of scrap, the steps from target to actual, windows, and the table as CSV. */
import type { CostView } from '#contract/figures.ts'
import { DAY, dateAfter } from '#domain/time.ts'
import { valueAxis, type Axis } from './axis.ts'

type Line = CostView['lines'][number]
export type LineName = Line['line']
type Element = CostView['elements'][number]

/** What u is of: output with work in progress, or finished units alone. */
export type OutputView = 'wip' | 'raw'
/** Scrap as a line of its own, or put back into the lines that it was taken out of. */
export type ScrapView = 'own' | 'gross'

export type ShownCost = {
  readonly cost: number
  readonly value: number
  readonly u2: number | null
  readonly status: CostView['figure']['status']
  readonly target: number | null
  readonly lines: readonly Line[]
}

/** Shares a whole number out by weights so that the parts sum to it: largest remainder, the earlier first. */
export function shareOut(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  if (sum === 0) return weights.map(() => 0)
  const exact = weights.map((weight) => (total * weight) / sum)
  const parts = exact.map(Math.floor)
  const left = total - parts.reduce((all, part) => all + part, 0)
  const order = exact.map((part, i) => [part - parts[i]!, i] as const).toSorted((a, b) => b[0] - a[0])
  for (const [, i] of order.slice(0, left)) parts[i]!++
  return parts
}

/**
 * The figure as it is looked at. Its lines sum to its cost and to its u in every view. Targets are made for scrap as a line of its own: the
 * gross view has none by line.
 */
export function shownCost(view: CostView, output: OutputView, scrap: ScrapView): ShownCost {
  const { figure, lines, target } = view
  const gross = scrap === 'gross' ? grossLines(view) : lines
  const { u2, status } = output === 'raw' ? figure.raw : figure
  const plain = output === 'wip' && scrap === 'own'
  const us =
    u2 === null
      ? gross.map(() => null)
      : shareOut(
          u2,
          gross.map(({ cost }) => cost),
        )
  return {
    cost: figure.cost,
    value: output === 'raw' ? figure.finished : figure.value,
    u2,
    status,
    target,
    lines: plain ? lines : gross.map((line, i) => ({ ...line, u2: us[i]! })),
  }
}

function grossLines({ lines, scrapTaken }: CostView): Line[] {
  const taken = new Map(scrapTaken.map(({ line, cost }) => [line, cost]))
  const all = scrapTaken.reduce((sum, { cost }) => sum + cost, 0)
  return lines.map((line) => ({
    ...line,
    target: null,
    cost: line.line === 'scrap' ? line.cost - all : line.cost + (taken.get(line.line) ?? 0),
  }))
}

export type Step = {
  /** Null: all lines without a target together. */
  readonly line: LineName | null
  readonly from: number
  readonly to: number
}
export type Bridge = {
  readonly target: number
  readonly actual: number
  readonly steps: readonly Step[]
  readonly axis: Axis
}

/** Steps from target to actual, hundredths; each begins where the one before it ended, and the last ends at the actual. */
export function bridgeOf({ target, u2, lines }: ShownCost): Bridge | null {
  if (target === null || u2 === null) return null
  const steps: Step[] = []
  let at = target
  for (const line of lines) {
    if (line.u2 === null || line.target === null) continue
    steps.push({ line: line.line, from: at, to: (at += line.u2 - line.target) })
  }
  if (at !== u2) steps.push({ line: null, from: at, to: u2 })
  const ends = [target, u2, ...steps.map(({ to }) => to)].map((end) => end / 100)
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  // a little room for the words above the highest step
  return { target, actual: u2, steps, axis: valueAxis(low, high + (high - low) * 0.12, null, 3) }
}

/** Measured, standard, estimated in whole per cent that sum to 100; null: no cost. What was taken out counts as nothing. */
export function sourcesOf({ measured, standard, estimated }: Line['by']): readonly number[] | null {
  const parts = [measured, standard, estimated].map((part) => Math.max(0, part))
  return parts.some((part) => part > 0) ? shareOut(100, parts) : null
}

/** Elements of each line. The air pool's power is in the media, and shown with the electricity: `airOf` tells it. */
const ELEMENTS_OF: Readonly<Record<LineName, readonly Element['element'][]>> = {
  material: ['material'],
  scrap: ['scrap'],
  labour: ['labour'],
  power: ['electricity', 'demand', 'power_factor'],
  gas_media: ['gas', 'media'],
  tooling: ['tooling'],
  maintenance: ['maintenance'],
  machine_hour: ['machine_hour'],
  outsourcing: ['outsourcing'],
  quality_overhead: ['quality', 'overhead'],
  retrofit: ['retrofit'],
}

export type ElementRows = {
  readonly elements: readonly Element[]
  /** What the air pool's power adds to or takes from the line, fen; 0: nothing. */
  readonly air: number
}

export function elementsOf(
  { elements, lines, airPower }: Pick<CostView, 'elements' | 'lines' | 'airPower'>,
  name: LineName,
): ElementRows {
  const own = ELEMENTS_OF[name].flatMap((id) => elements.find(({ element }) => element === id) ?? [])
  const line = lines.find(({ line: one }) => one === name)
  const known = own.reduce((sum, element) => sum + element.known, 0)
  // lines and elements are rounded each for themselves: a fen between them is no air
  const hasAir = airPower !== 0 && (name === 'power' || name === 'gas_media')
  return { elements: own, air: line && hasAir ? line.cost - known : 0 }
}

export const daysIn = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY + 1

/** The window of the same length that ends where this one begins, or begins where it ends. */
export function windowBeside(from: string, to: string, way: -1 | 1): { from: string; to: string } {
  const days = daysIn(from, to) * way
  return { from: dateAfter(from, days), to: dateAfter(to, days) }
}

/** Monday to Sunday around a day. */
export function weekOf(day: string): { from: string; to: string } {
  const from = dateAfter(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7))
  return { from, to: dateAfter(from, 6) }
}

export function monthOf(day: string): { from: string; to: string } {
  const [year, month] = day.split('-').map(Number) as [number, number]
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return { from: `${day.slice(0, 7)}-01`, to: `${day.slice(0, 7)}-${String(last).padStart(2, '0')}` }
}

export type WindowKind = 'day' | 'week' | 'month' | 'free'

export function windowKind(from: string, to: string): WindowKind {
  if (from === to) return 'day'
  const is = (one: { from: string; to: string }) => one.from === from && one.to === to
  return is(weekOf(from)) ? 'week' : is(monthOf(from)) ? 'month' : 'free'
}

export const isDate = (text: unknown): text is string =>
  typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(Date.parse(text))

/** Where a key of an axis is looked into next. */
export const NEXT_AXIS: Readonly<Record<CostView['axis'], CostView['axis']>> = {
  line: 'machine',
  machine: 'order',
  product: 'order',
  order: 'machine',
  shift: 'machine',
}
