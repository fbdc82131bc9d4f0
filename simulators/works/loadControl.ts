/**
 * Load control of the furnace: while the plant nears its limit the melting power gives way, and the heat takes longer. It looks at
 * what the others draw at the moment, never ahead, except that a heat must be done when it was planned to be.
 */
import { HOUR, MINUTE, type Instant } from '#domain/time.ts'
import type { Span } from './calendar.ts'
import { LOSS } from './data/energy.ts'
import { OVEN } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import { wattsAt } from './energy.ts'
import type { PowerPiece } from './truthDay.ts'

/** Power of a stretch, watts; `heat`: it belongs to that heat and may be moved inside it. */
export type Stretch = Span & { readonly watts: number; readonly heat?: number }

/** What the planner takes the others to draw, kW: worked hours, and the lunch break. */
const OTHERS_KW = { worked: 240, lunch: 130 } as const

/** Melting time of a heat that begins at an instant, in ms: longer where the limit will bind. */
export function plannedMelt(
  p: Parameters,
  midnight: Instant,
  start: Instant,
  wattHours: number,
  watts: number,
): number {
  if (p.limitKw === null) return (wattHours / watts) * HOUR
  const room = (p.limitKw / (1 + LOSS)) * 1000
  let left = wattHours
  let now = start
  while (left > 0) {
    const hour = (now - midnight) / HOUR
    const oven = hour < p.ovenHour ? 0 : hour < p.ovenHour + OVEN.heatUpH * 1.05 ? OVEN.heatUpKw : OVEN.soakKw
    const others = (hour >= 12 && hour < 13 ? OTHERS_KW.lunch : OTHERS_KW.worked) + oven
    left -= Math.max(watts / 2, Math.min(watts, room - others * 1000)) / 60
    now += MINUTE
  }
  return now - start
}

/** The furnace's power under the limit; `others` are the pieces of everything else below the main meter. */
export function limited(
  stretches: readonly Stretch[],
  others: readonly (readonly PowerPiece[])[],
  limitKw: number,
  fullWatts: number,
): Stretch[] {
  const room = (limitKw / (1 + LOSS)) * 1000
  const out: Stretch[] = stretches.filter(({ heat }) => heat === undefined)
  for (const heat of new Set(stretches.flatMap((s) => (s.heat === undefined ? [] : [s.heat])))) {
    const own = stretches.filter((s) => s.heat === heat)
    let left = own.reduce((sum, s) => sum + (s.watts * (s.to - s.from)) / HOUR, 0)
    let time = own.reduce((sum, s) => sum + (s.to - s.from), 0)
    for (const stretch of own) {
      const edges = new Set([stretch.from, stretch.to])
      for (const pieces of others)
        for (const { from } of pieces) if (from > stretch.from && from < stretch.to) edges.add(from)
      const cuts = [...edges].toSorted((a, b) => a - b)
      for (let i = 1; i < cuts.length; i++) {
        const from = cuts[i - 1]!
        const to = cuts[i]!
        const used = others.reduce((sum, pieces) => sum + wattsAt(pieces, from), 0)
        const due = time > 0 ? (left * HOUR) / time : 0
        const allowed = due >= fullWatts ? due : Math.min(fullWatts, Math.max(0, room - used))
        const length = to - from
        const needed = allowed > 0 ? Math.min(length, Math.ceil((left / allowed) * HOUR)) : 0
        if (needed > 0) out.push({ from, to: from + needed, watts: allowed })
        if (needed < length) out.push({ from: from + needed, to, watts: 0 })
        left = Math.max(0, left - (allowed * needed) / HOUR)
        time -= length
      }
    }
  }
  return out.toSorted((a, b) => a.from - b.from)
}
