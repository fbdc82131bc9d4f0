/** What stands behind money: kWh, m³, hours, pieces. Whole numbers in the smallest unit, shown exactly. */
import type { Trace, TraceMessages } from '../server/shapes.ts'
import { NOTHING } from './format.ts'
import { formatScaled } from './trace.ts'

export type Quantity = NonNullable<Trace['sources'][number]['quantity']>

/** `1,402.6` kWh of 1,402,600 Wh: without the noughts at its end, at least one decimal. Hours of milliseconds have two. */
export function quantityWords(quantity: Quantity | null): string {
  if (!quantity) return NOTHING
  if (quantity.unit === 'ms') return formatScaled(BigInt(Math.round(quantity.amount / 36_000)), 2)
  const text = formatScaled(BigInt(quantity.amount), 3)
  return quantity.unit === 'milli' ? text.replace(/\.?0+$/, '') : text.replace(/0{1,2}$/, '')
}

/** The whole number itself, as a pane holds it: `7,410` Wh. */
export const wholeOf = (quantity: Quantity | null): string =>
  quantity ? formatScaled(BigInt(quantity.amount), 0) : NOTHING

type MinutePane = TraceMessages['panes'][number]

/** What a minute has of a quantity of its quarter-hour, in the same unit; null: minutes do not tell it. */
export function quantityOfMinute(pane: MinutePane, quantity: Quantity, perStep: number): Quantity | null {
  const { of, unit } = quantity
  if (of === 'run') return { of, unit, amount: (pane.states['RUN'] ?? 0) + (pane.states['SETUP'] ?? 0) }
  if (of === 'good') return { of, unit, amount: Object.values(pane.good).reduce((sum, one) => sum + one, 0) }
  if (unit === 'milli') return null
  return { of, unit, amount: (pane.registers[of] ?? 0) * perStep }
}

/** Nano-yuan of Wh at micro-yuan a kWh: exactly one is the product of the others. */
export const nanoOf = (quantity: Quantity, price: number): string =>
  String(BigInt(quantity.amount) * BigInt(price))
