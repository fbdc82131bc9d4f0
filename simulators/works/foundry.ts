/**
 * The furnace and the oven: heats at their hours from what castings are owed, holding of what is left in the crucible, one oven
 * load a day once there is enough to fill it. Both run through breaks in hours of their own.
 */
import { HOUR, type Instant, MINUTE } from '#domain/time.ts'
import { midnightOf } from './calendar.ts'
import { gamma1 } from './chance.ts'
import { HEAT, KINDS } from './data/machines.ts'
import { PRODUCTS, type ProductId } from './data/products.ts'
import type { Floor, FloorMachine } from './floor.ts'
import { type Pour, pour, push } from './heat.ts'
import type { Stretch } from './loadControl.ts'
import { effectsAt } from './processFaults.ts'
import { OPERATIONS, ROUTES } from './routing.ts'
import { keyOf } from './state.ts'

const CAST_ROUTES = ROUTES.filter(({ component }) => component?.origin === 'cast')

/** Share of the year's need that is owed. */
const urgency = ({ product, pieces }: { product: ProductId; pieces: number }): number =>
  pieces / PRODUCTS[product].yearly

/** Fills one heat with the castings that are owed most, by weight; null when too few are owed to fill it. */
function planHeat(floor: Floor): Pour[] | null {
  const { castOwed } = floor.state
  const owed = CAST_ROUTES.map(({ product, part, steps }) => {
    const op = OPERATIONS[steps[0]!]!
    return { product, part, op, pieces: Math.floor(castOwed[keyOf(product, part)]!) }
  }).filter(({ pieces }) => pieces > 0)
  if (owed.reduce((sum, { op, pieces }) => sum + op.kg * pieces, 0) < HEAT.castKg) return null
  let left: number = HEAT.castKg
  const pours: Pour[] = []
  // most urgent first: days of need owed, not kilograms
  for (const { product, part, op, pieces } of owed.toSorted((a, b) => urgency(b) - urgency(a))) {
    const qty = Math.min(pieces, Math.floor(left / op.kg + 1e-9))
    if (qty === 0) continue
    left -= qty * op.kg
    pours.push({ product, part, op, qty })
  }
  return pours
}

/**
 * The furnace's day. Heats begin at their hours or when the one before is tapped, as long as enough castings are owed and most of
 * the heat lies in the furnace's window. Returns its power.
 */
export function furnaceDay(floor: Floor, m: FloorMachine): Stretch[] {
  const { state, p } = floor
  const midnight = midnightOf(state.date)
  const window = {
    from: midnight + p.furnaceWindow[0] * HOUR,
    to: midnight + p.furnaceWindow[1] * HOUR,
  }
  const stretches: Stretch[] = []
  const holdFactor = gamma1(m.cycles, 16)
  let now = window.from
  let held = 0
  let tapped: Instant | null = null
  const holdTo = (until: Instant) => {
    const effects = effectsAt(floor.faults, m.machine.name, now)
    const budget = (p.holdMin * holdFactor + (effects.holdMin ?? 0)) * MINUTE
    const hold = Math.min(until - now, Math.max(0, Math.round(budget - held)))
    if (hold <= 0) return
    push(m.segments, now, now + hold, 'IDLE', 'holding', null)
    stretches.push({
      from: now,
      to: now + hold,
      watts: 1000 * (effects.holdKw ? Math.max(p.holdKw, effects.holdKw) : p.holdKw),
    })
    held += hold
    now += hold
  }
  for (let n = 0; n < 3; n++) {
    const slot = p.heats[n] === undefined ? now : midnight + Math.round(p.heats[n]! * HOUR)
    const start = Math.max(now, slot)
    const minutes = HEAT.minutes / (KINDS.FU.effectiveness + (p.faster.FU ?? 0))
    if (start + 0.85 * minutes * MINUTE > window.to) break
    const pours = planHeat(floor)
    if (!pours) break
    if (tapped !== null) holdTo(start)
    now = pour(floor, m, start, minutes, pours, stretches)
    tapped = now
  }
  if (tapped !== null) holdTo(Math.max(window.to, now) + 30 * MINUTE)
  return stretches
}
