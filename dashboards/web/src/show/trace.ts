/**
 * What the drawer opens, as the address says it, and whether its steps sum to each other. Amounts are nano-yuan as BigInt: exact.
 * Valid:   `u` · `value` · `element:gas` · `line:power` · `machine:main/cnc/l1/lathe-07` · `machine:main/cnc/l1/lathe-07:electricity`
 *          `machine:main/cnc/l1/lathe-07:energy` (its kWh) · `machine:main/cnc/l1/lathe-07:oee`
 * Invalid: `element:steam`, `machine:` · anything unknown is null, and the drawer says so
 */
import type { Line } from '#domain/accounting/elements/catalogue.ts'
import { ELEMENT_IDS, type ElementId } from '#domain/accounting/elements/element.ts'
import type { Trace } from '../server/shapes.ts'
import { NOTHING } from './format.ts'

/** Lines of the wall, in their order; the catalogue itself would bring the whole valuation into the page. */
export const TRACE_LINES: readonly Line[] = [
  'material',
  'scrap',
  'labour',
  'power',
  'gas_media',
  'tooling',
  'maintenance',
  'machine_hour',
  'outsourcing',
  'quality_overhead',
  'retrofit',
]
/** Ratios of a machine's time and pieces: no sum of money stands behind them. */
export const RATIOS = ['oee', 'availability', 'effectiveness', 'quality_ratio'] as const
export type Ratio = (typeof RATIOS)[number]
export type Amount = ElementId | 'value'

export type Figure =
  | { readonly of: 'u' }
  | { readonly of: 'value' }
  | { readonly of: 'element'; readonly element: ElementId }
  /** Its electricity as kWh. */
  | { readonly of: 'energy' }
  | { readonly of: 'line'; readonly line: Line }
  | { readonly of: 'ratio'; readonly ratio: Ratio }
export type Token = {
  readonly figure: Figure
  /** Null: the plant. */
  readonly machine: string | null
}

const isElement = (text: string): text is ElementId => (ELEMENT_IDS as readonly string[]).includes(text)
const isRatio = (text: string): text is Ratio => (RATIOS as readonly string[]).includes(text)

export function parseToken(text: string): Token | null {
  const [head = '', key = '', last, more] = text.split(':')
  if (more !== undefined) return null
  if (head === 'machine') {
    const figure = key === '' ? null : figureOfMachine(last)
    return figure && { figure, machine: key }
  }
  const figure = last === undefined ? figureOfPlant(head, text.includes(':') ? key : null) : null
  return figure && { figure, machine: null }
}

function figureOfPlant(head: string, key: string | null): Figure | null {
  if (key === null) return head === 'u' || head === 'value' ? { of: head } : null
  if (head === 'element') return isElement(key) ? { of: 'element', element: key } : null
  const line = TRACE_LINES.find((one) => one === key)
  return head === 'line' && line ? { of: 'line', line } : null
}

function figureOfMachine(what: string | undefined): Figure | null {
  if (what === undefined || what === 'u') return { of: 'u' }
  if (what === 'value' || what === 'energy') return { of: what }
  if (isElement(what)) return { of: 'element', element: what }
  return isRatio(what) ? { of: 'ratio', ratio: what } : null
}

export function formatToken({ figure, machine }: Token): string {
  const parts =
    figure.of === 'element'
      ? machine === null
        ? ['element', figure.element]
        : [figure.element]
      : figure.of === 'line'
        ? ['line', figure.line]
        : [figure.of === 'ratio' ? figure.ratio : figure.of]
  if (machine === null) return parts.join(':')
  return figure.of === 'u' ? `machine:${machine}` : `machine:${machine}:${parts.join(':')}`
}

/** What of the address the drawer goes by; everything else is the page's. */
export type Place = {
  readonly token: string
  readonly day: string | undefined
  readonly shift: string | undefined
  readonly scope: string | undefined
  readonly amount: Amount | undefined
  readonly machine: string | undefined
  readonly at: number | undefined
  /** A pane of a minute is looked at, not the quarter-hour that begins with it. */
  readonly minute: boolean
}
export const NOWHERE: Place = {
  token: '',
  day: undefined,
  shift: undefined,
  scope: undefined,
  amount: undefined,
  machine: undefined,
  at: undefined,
  minute: false,
}
/** Keys that the drawer sets and takes away with itself. */
export const OWN_KEYS = ['trace', 'amount', 'machine', 'at', 'pane'] as const

type Query = Readonly<Record<string, unknown>>

/** Null: nothing is to be opened. */
export function placeOf(query: Query): Place | null {
  const text = (key: string): string | undefined => {
    const value = query[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const fitting = (key: string, pattern: RegExp): string | undefined => {
    const value = text(key)
    return value !== undefined && pattern.test(value) ? value : undefined
  }
  const token = text('trace')
  if (token === undefined) return null
  const amount = text('amount')
  const at = fitting('at', /^\d{1,15}$/)
  const machine = parseToken(token)?.machine ?? null
  // a window of several days is followed on its last one, as the page's address names it
  const day = fitting('day', DATE) ?? fitting('to', DATE)
  return {
    token,
    day,
    shift: fitting('shift', /^(\d{1,2}|none)$/),
    scope: machine === null ? fitting('scope', /^(line|machine|product|order):./) : `machine:${machine}`,
    amount: amount !== undefined && (amount === 'value' || isElement(amount)) ? amount : undefined,
    machine: text('machine'),
    at: at === undefined ? undefined : Number(at),
    minute: text('pane') === 'minute',
  }
}
const DATE = /^\d{4}-\d\d-\d\d$/

/** The amount that is opened first; undefined: the dearest of all. */
export function firstAmount({ figure }: Token): Amount | undefined {
  if (figure.of === 'value') return 'value'
  if (figure.of === 'element') return figure.element
  if (figure.of === 'energy') return 'electricity'
  // planned machine-hours rest on the states alone, as ratios do
  if (figure.of === 'ratio') return 'machine_hour'
  return figure.of === 'line' ? LINE_HEAD[figure.line] : undefined
}
/** The element of each line that is opened first. */
const LINE_HEAD: Readonly<Record<Line, ElementId>> = {
  material: 'material',
  scrap: 'scrap',
  labour: 'labour',
  power: 'electricity',
  gas_media: 'media',
  tooling: 'tooling',
  maintenance: 'maintenance',
  machine_hour: 'machine_hour',
  outsourcing: 'outsourcing',
  quality_overhead: 'overhead',
  retrofit: 'retrofit',
}

export type TraceElement = Trace['elements'][number]

/** Elements of a line with what of them is on it; of `media` the line of electricity has the air pool's alone. */
export const elementsOn = (elements: readonly TraceElement[], line: Line) =>
  elements.flatMap((element) => {
    const nano = element.lines[line]
    return nano === undefined ? [] : [{ ...element, nano, whole: nano === element.nano }]
  })

/** What may not be seen is null, and everything made of it. */
export type Exact = bigint | null
export const exact = (nano: string | null | undefined): Exact =>
  nano === null || nano === undefined ? null : BigInt(nano)

export const sumOf = (parts: readonly { readonly nano: string | null }[]): Exact =>
  parts.reduce<Exact>((sum, { nano }) => (sum === null || nano === null ? null : sum + BigInt(nano)), 0n)

export type Check = { readonly ok: boolean; readonly difference: bigint } | null

/** Do parts sum to what stands above them? Null where one of them may not be seen. */
export function check(parts: readonly { readonly nano: string | null }[], whole: Exact): Check {
  const sum = sumOf(parts)
  return sum === null || whole === null ? null : { ok: sum === whole, difference: sum - whole }
}

export const MASKED = '•••'
const NANO_A_FEN = 10_000_000n

/** Half-even, as everything that is rounded once. */
export function divide(a: bigint, b: bigint): bigint {
  const [top, bottom] = b < 0n ? [-a, -b] : [a, b]
  const low = top / bottom - (top % bottom < 0n ? 1n : 0n)
  const rest = (top - low * bottom) * 2n
  return rest > bottom || (rest === bottom && low % 2n !== 0n) ? low + 1n : low
}

/** A whole number of `digits` decimals, grouped: 1234567 of 2 is `12,345.67`. */
export function formatScaled(value: bigint, digits: number): string {
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits).replaceAll(/\B(?=(\d{3})+$)/g, ',')
  const part = digits === 0 ? '' : `.${text.slice(-digits)}`
  return `${value < 0n ? '\u2212' : ''}${whole}${part}`
}

/** Yuan rounded to fen: `3,225.31`. */
export const yuanOf = (nano: Exact): string =>
  nano === null ? MASKED : formatScaled(divide(nano, NANO_A_FEN), 2)
/** Every micro-yuan of it: `3,225.310000`. */
export const yuanExact = (nano: Exact): string =>
  nano === null ? MASKED : nano % 1000n === 0n ? formatScaled(nano / 1000n, 6) : formatScaled(nano, 9)
/** Micro-yuan, with nano-yuan behind the point only where there are any: `5,041,023`, `685,427,037.777`. */
export const microOf = (nano: Exact): string =>
  nano === null ? MASKED : nano % 1000n === 0n ? formatScaled(nano / 1000n, 0) : formatScaled(nano, 3)

/** Ten-thousandths of a yuan of 100 yuan of output; null: there is no output, or it may not be seen. */
export const u4Of = (cost: Exact, value: Exact): bigint | null =>
  cost === null || value === null || value <= 0n ? null : divide(cost * 1_000_000n, value)

/** u of what is opened, hundredths, as the page shows it from which it was opened: parts are rounded so that they sum to the whole. */
export function u2Of(
  { formula, elements, lines }: Pick<Trace, 'formula' | 'elements' | 'lines'>,
  figure: Figure,
): number | null {
  if (figure.of === 'element') return elements.find(({ amount }) => amount === figure.element)?.u2 ?? null
  if (figure.of === 'line') return lines.find(({ line }) => line === figure.line)?.u2 ?? null
  return formula.u === null ? null : Number(divide(BigInt(formula.u), 100n))
}

export const formatU4 = (u4: bigint | null): string => (u4 === null ? NOTHING : formatScaled(u4, 4))

/** The largest parts, with the chosen one among them, and what the others are together. */
export function fold<T extends { readonly nano: string | null }>(
  parts: readonly T[],
  chosen: (part: T) => boolean,
  most: number,
): { readonly shown: readonly T[]; readonly rest: readonly T[] } {
  if (parts.length <= most + 1) return { shown: parts, rest: [] }
  const head = parts.slice(0, most)
  const one = parts.slice(most).find(chosen)
  const shown = one ? [...head.slice(0, most - 1), one] : head
  return { shown, rest: parts.filter((part) => !shown.includes(part)) }
}

/** Quarter-hours as one row each, whatever was made in them; what they cost is not summed by one price. */
export function mergedPanes(panes: Trace['panes']): Trace['panes'] {
  return [...Map.groupBy(panes, ({ start }) => start).values()].map((own) => {
    const counted = own.flatMap(({ quantity }) => (quantity ? [quantity] : []))
    return {
      ...own[0]!,
      order: null,
      product: null,
      price: null,
      nano: String(sumOf(own)),
      quantity: counted[0]
        ? { ...counted[0], amount: counted.reduce((sum, { amount }) => sum + amount, 0) }
        : null,
      uncertain: own.some(({ uncertain }) => uncertain),
    }
  })
}

/** Rows around the chosen one: panes are in order of time, and what stands beside it tells more than what is large. */
export function around<T>(rows: readonly T[], chosen: number, most: number): readonly T[] {
  if (rows.length <= most) return rows
  const from = Math.min(
    Math.max(0, (chosen < 0 ? rows.length - 1 : chosen) - (most >> 1)),
    rows.length - most,
  )
  return rows.slice(from, from + most)
}
