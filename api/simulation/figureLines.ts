/**
 * Computed figures of a shift or day beside the truth, as arithmetic: money in fen, u in fen per 100 yuan, OEE in ppm. What accounting
 * books in the window and the works in another one (simulators/works/bookings.ts) counts as true. Nothing here asks anybody.
 */
import type { FigureRow } from '#contract/figures.ts'
import type { TruthRow } from '#contract/local.ts'
import { lineOf, type Line, type Reason } from './compare.ts'

/**
 * Fen that the steps of registers and standards leave open; of material also a part of the sum, its allowances being whole millionths. On the
 * ramp of a retrofit an allowance is the product of two ramps, told as one, and coolant is whole grams in a run-hour.
 */
const STEPS_FEN = 60
const OF_MATERIAL = { plain: 2e-5, ramp: 5e-5 }
const OF_MEDIA = { plain: 0, ramp: 0.01 }
/** Of the plant's output value: what pieces under the wrong order may move in sum, too much here being too little there. */
const SHARE_UNPLACED = 3e-4

/** What a piece under another order moves. */
const BY_ORDER: ReadonlySet<string> = new Set([
  ...['material', 'labour', 'machine_hour', 'scrap', 'quality', 'total'].map((name) => `cost.${name}`),
  ...['material', 'labour', 'depreciation', 'scrap', 'quality_overhead'].map((name) => `line.${name}`),
  'value',
  'value.added',
  'value.scrapped',
  'value.finished',
])
/** Of a machine; of the plant every element, line and value. */
const OF_MACHINE: ReadonlySet<string> = new Set(['cost.total', 'value', 'u', 'oee'])
const IS_FIGURE = /^(cost\.|line\.|value($|\.)|u$|oee$)/

export type Comparing = {
  /** Before it is settled nothing is called different. */
  readonly settled: boolean
  /** The window was told by quarter-hours. */
  readonly quarterly: boolean
  /** A retrofit may be taking effect in it. */
  readonly ramp: boolean
  readonly causes: Line['causes']
}

type Truth = (name: string) => number
type Open = { readonly tolerance: number; readonly reason: Reason }

/** Lines of one scope, in the order of the truth; without those that have no figure on either side. */
export function figureLines(
  truth: readonly TruthRow[],
  computed: readonly FigureRow[],
  comparing: Comparing,
): Line[] {
  const figures = new Map(computed.map((row) => [row.name, row]))
  const values = new Map(truth.map(({ name, value }) => [name, value]))
  const of: Truth = (name) => values.get(name) ?? 0
  return truth.flatMap((row) => {
    const figure = figures.get(row.name)
    const isWanted = row.scope === 'plant' ? IS_FIGURE.test(row.name) : OF_MACHINE.has(row.name)
    if (!isWanted || !figure || (figure.value === null && row.value === null)) return []
    return [figureLine(row, figure, of, comparing)]
  })
}

function figureLine(truth: TruthRow, figure: FigureRow, of: Truth, comparing: Comparing): Line {
  const { scope, name, unit, value } = truth
  if (figure.value === null) {
    const causes: Line['causes'] = [{ kind: 'hole', id: null, name: figure.reason ?? '', items: null }]
    return { ...lineOf(truth, value, { value: null, reason: 'no_figure' }), causes }
  }
  const own = unit === 'ppm' ? Math.round(figure.value * 1e6) : figure.value
  if (value === null) return lineOf(truth, null, { value: own, tolerance: 0, reason: null })
  const booked = bookedOf(name, of)
  const computed = { value: own, ...openOf(name, scope, of, comparing) }
  const head = { scope, name, unit }
  const line = { ...lineOf(head, value + booked, computed, comparing.causes), truth: value, booked }
  if (line.verdict !== 'differs') return line
  return comparing.settled
    ? { ...line, reason: null }
    : { ...line, verdict: 'unknown', reason: 'not_settled' }
}

const costBooked = (of: Truth): number => of('booking.material') + of('booking.maintenance')

function bookedOf(name: string, of: Truth): number {
  switch (name) {
    case 'cost.material':
    case 'line.material':
      return of('booking.material')
    case 'cost.maintenance':
    case 'line.maintenance':
      return of('booking.maintenance')
    case 'cost.total':
      return costBooked(of)
    case 'value':
    case 'value.added':
      return of('booking.value')
    case 'u':
      return uOf(of('cost.total') + costBooked(of), of('value') + of('booking.value')) - of('u')
    case 'oee':
      return Math.round((1e6 * of('booking.standard')) / Math.max(1, of('oee.pbt')))
    default:
      return 0
  }
}

const uOf = (cost: number, value: number): number => (value > 0 ? Math.round((1e4 * cost) / value) : 0)

/** Fen of a sum that go with its size. */
function partOf(name: string, of: Truth, isRamp: boolean): number {
  const kind = isRamp ? 'ramp' : 'plain'
  const material = Math.ceil(Math.abs(of('cost.material')) * OF_MATERIAL[kind])
  const media = Math.ceil(Math.abs(of('cost.media')) * OF_MEDIA[kind])
  if (name.endsWith('.material')) return material
  if (name === 'cost.media' || name === 'line.gas_media') return media
  return name === 'cost.total' && isRamp ? material + media : 0
}

const reasonOf = (isUnplaced: boolean): Reason => (isUnplaced ? 'quarter_readings' : 'register_steps')

/** What the truth leaves open of a figure, in its unit. */
function openOf(name: string, scope: string, of: Truth, { quarterly, ramp }: Comparing): Open {
  const share = scope === 'plant' ? Math.abs(of('value')) * SHARE_UNPLACED : Infinity
  const unplaced = quarterly ? Math.ceil(Math.min(of('unplaced.money'), share)) : 0
  if (name === 'oee') {
    // a second of every time, and what quarter-hours cannot place
    const seconds = 1 + (quarterly ? of('unplaced.standard') : 0)
    const tolerance = Math.ceil((seconds * (1e6 + of('oee'))) / Math.max(1, of('oee.pbt')))
    return { tolerance, reason: reasonOf(seconds > 1) }
  }
  if (name === 'u') {
    const value = Math.max(1, Math.abs(of('value') + of('booking.value')))
    const fen = STEPS_FEN + partOf('cost.total', of, ramp) + unplaced
    const tolerance = 1 + Math.ceil((fen * (1e4 + Math.abs(of('u')))) / value)
    return { tolerance, reason: reasonOf(unplaced > 0) }
  }
  const moves = BY_ORDER.has(name) ? unplaced : 0
  return { tolerance: STEPS_FEN + partOf(name, of, ramp) + moves, reason: reasonOf(moves > 0) }
}
