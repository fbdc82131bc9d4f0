/** Where lots go: to a queue, outside and back, into a store. */
import type { Instant } from '#domain/time.ts'
import type { KindId } from './data/machines.ts'
import { type Floor, type FloorMachine, NEVER, workingFrom } from './floor.ts'
import { OPERATIONS, productCode, routeOf } from './routing.ts'
import { type Lot, keyOf } from './state.ts'

/** A lot that an operation is done with goes on: to a queue, outside, into a store. */
export function passOn(floor: Floor, lot: Lot, at: Instant): void {
  const { state } = floor
  const route = routeOf(lot.product, lot.part)
  const key = keyOf(lot.product, lot.part)
  const cast = lot.order.startsWith('CA-')
  if (lot.qty === 0) return
  if (cast && lot.step === 4) {
    state.castings[key]! += lot.qty
    state.castFlows[key]!.out += lot.qty
    return
  }
  const id = route.steps[lot.step]
  if (id === undefined) {
    state.flows[key]!.out += lot.qty
    if (lot.part !== 'valve') state.parts[key]! += lot.qty
    return
  }
  const inside = route.boring?.step === lot.step && !lot.outside
  const kind = inside ? 'MC' : OPERATIONS[id]!.kind
  if (kind === 'OS') {
    state.arrivals.push({ at: floor.backFromOutside(at), lot })
    return
  }
  state.queues[kind].push(lot)
  wake(floor, kind, at)
}

/** The machine of the kind that has waited longest may look again. */
function wake(floor: Floor, kind: KindId, at: Instant): void {
  let best: FloorMachine | null = null
  let start = NEVER
  for (const m of floor.machines) {
    if (m.machine.kind !== kind || m.pending !== null) continue
    const from = workingFrom(m, at)
    if (from < start || (from === start && best && m.waitingSince < best.waitingSince)) {
      best = m
      start = from
    }
  }
  if (!best) return
  best.next = start
  best.pending = 'look'
}

/** A lot arrives: released, cooled, or back from outside (then it is received, step by step). */
export function arrive(floor: Floor, lot: Lot, at: Instant): void {
  const route = routeOf(lot.product, lot.part)
  const id = route.steps[lot.step]
  const op = id === undefined ? null : OPERATIONS[id]!
  const bored = route.boring?.step === lot.step && !lot.outside
  if (op?.kind === 'OS' && !bored) {
    floor.receipts.push({ at, op: op.id, order: lot.order, qty: lot.qty })
    floor.events.push({
      at,
      machine: 'bench-01',
      body: {
        type: 'receipt',
        order: lot.order,
        product: productCode(lot.product),
        operation: op.code,
        qty: lot.qty,
      },
    })
    lot.step++
  }
  passOn(floor, lot, at)
}
