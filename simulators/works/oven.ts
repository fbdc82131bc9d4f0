/** The oven: one load a day once there is enough to fill it. It runs through breaks in hours of its own. */
import { HOUR, type Instant } from '#domain/time.ts'
import { around1, binomial } from './chance.ts'
import { KINDS, OVEN } from './data/machines.ts'
import type { Floor, FloorMachine } from './floor.ts'
import { runOn } from './heat.ts'
import type { Stretch } from './loadControl.ts'
import { oweAgain } from './orders.ts'
import { effectsAt } from './processFaults.ts'
import { OPERATIONS, productCode, routeOf } from './routing.ts'
import { type Lot, keyOf } from './state.ts'

const kgOf = (lot: Lot): number => lot.qty * OPERATIONS[routeOf(lot.product, lot.part).steps[lot.step]!]!.kg

/**
 * The oven's load at its hour, when the queue holds one. Pieces beyond the load stay; those to be treated again come back to the
 * queue. Returns its power from the pre-heating on.
 */
export function ovenLoad(floor: Floor, m: FloorMachine, at: Instant, stretches: Stretch[]): void {
  const { state, p } = floor
  const queue = state.queues.HT
  if (queue.reduce((sum, lot) => sum + kgOf(lot), 0) < OVEN.loadKg) return
  const load: Lot[] = []
  let room: number = OVEN.loadKg
  while (queue.length > 0) {
    const lot = queue[0]!
    const { kg } = OPERATIONS[routeOf(lot.product, lot.part).steps[lot.step]!]!
    const qty = Math.min(lot.qty, Math.floor(room / kg + 1e-9))
    if (qty === 0) break
    room -= qty * kg
    load.push({ ...lot, qty })
    if (qty === lot.qty) queue.shift()
    else lot.qty -= qty
  }
  const { name } = m.machine
  const effects = effectsAt(floor.faults, name, at)
  const first = OPERATIONS[routeOf(load[0]!.product, load[0]!.part).steps[load[0]!.step]!]!
  const work = { order: load[0]!.order, product: productCode(first.product), operation: first.code }
  const stretch = around1(m.cycles, 0.02) / KINDS.HT.effectiveness
  const heatUp = Math.round(OVEN.heatUpH * HOUR * stretch)
  const soak = Math.round((OVEN.hours - OVEN.heatUpH) * HOUR * stretch)
  const hot = runOn(floor, m, at, heatUp, (OVEN.heatUpKw * 1000) / stretch, 15_000, work, stretches)
  const end = runOn(floor, m, hot, soak, (OVEN.soakKw * 1000) / stretch, 15_000, work, stretches)
  const again = Math.min(0.9, (p.rework.HT ?? 0) * (effects.rework ?? 1))
  for (const lot of load) {
    const op = OPERATIONS[routeOf(lot.product, lot.part).steps[lot.step]!]!
    const key = keyOf(lot.product, lot.part)
    const scrap = binomial(m.results, lot.qty, p.scrap.HT ?? 0)
    const rework = binomial(m.results, lot.qty - scrap, again)
    const good = lot.qty - scrap - rework
    m.made.push({
      from: at,
      at: end,
      op: op.id,
      order: lot.order,
      good,
      scrap,
      rework,
      entered: good + scrap,
    })
    state.castFlows[key]!.scrapped += scrap
    if (scrap > 0) oweAgain(state, lot.product, lot.part, true, scrap)
    const told = { order: lot.order, product: productCode(op.product), operation: op.code }
    floor.events.push({ at, machine: name, body: { type: 'order_start', ...told, planned_qty: lot.qty } })
    if (scrap > 0)
      floor.events.push({
        at: end,
        machine: name,
        body: { type: 'reject', ...told, qty: scrap, reason: 'warped' },
      })
    if (rework > 0)
      floor.events.push({
        at: end,
        machine: name,
        body: { type: 'rework', ...told, qty: rework, reason: 'hardness' },
      })
    floor.events.push({
      at: end,
      machine: name,
      body: { type: 'order_end', ...told, planned_qty: lot.qty, good_qty: good },
    })
    if (rework > 0) queue.push({ ...lot, qty: rework })
    // cooled overnight: blasted again on the next morning
    if (good > 0)
      state.arrivals.push({ at: floor.nextMorning, lot: { ...lot, step: lot.step + 1, qty: good } })
  }
}
