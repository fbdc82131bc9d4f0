/** One heat of the furnace from charge to tap, and running that no break interrupts but a failure does. */
import { HOUR, type Instant, MINUTE } from '#domain/time.ts'
import { type Span, midnightOf } from './calendar.ts'
import { around1, binomial, gauss, waiting } from './chance.ts'
import { MAINTENANCE } from './data/drivers.ts'
import { HEAT, KINDS } from './data/machines.ts'
import type { ProductId } from './data/products.ts'
import type { Floor, FloorMachine } from './floor.ts'
import { type Stretch, plannedMelt } from './loadControl.ts'
import { oweAgain } from './orders.ts'
import { effectsAt } from './processFaults.ts'
import { type Operation, productCode } from './routing.ts'
import { breakDown, repaired } from './repairs.ts'
import { keyOf } from './state.ts'
import type { WorksSegment } from './truthDay.ts'
import { issueOf } from './worksEvents.ts'

export type Pour = {
  readonly product: ProductId
  readonly part: string
  readonly op: Operation
  readonly qty: number
}

export const push = (
  segments: WorksSegment[],
  from: Instant,
  to: Instant,
  state: WorksSegment['state'],
  reason: string | null,
  work: Pick<WorksSegment, 'order' | 'product' | 'operation'> | null,
): void => {
  if (to > from)
    segments.push({ from, to, state, reason, ...(work ?? { order: null, product: null, operation: null }) })
}

/** Runs for so long unless it breaks down on the way; then the rest follows the repair. Returns when it is done. */
export function runOn(
  floor: Floor,
  m: FloorMachine,
  at: Instant,
  ms: number,
  watts: number,
  idleWatts: number,
  work: Pick<WorksSegment, 'order' | 'product' | 'operation'>,
  stretches: Stretch[],
  heat?: number,
): Instant {
  const kind = KINDS[m.machine.kind]
  let left = ms
  let now = at
  for (;;) {
    const mean =
      (kind.mtbfH * HOUR * floor.p.mtbf) / (effectsAt(floor.faults, m.machine.name, now).hazard ?? 1)
    const lucky = Math.max(1, Math.round(m.state.luck * mean))
    const go = Math.min(left, lucky)
    push(m.segments, now, now + go, 'RUN', null, work)
    stretches.push({ from: now, to: now + go, watts, ...(heat === undefined ? {} : { heat }) })
    m.state.luck -= go / mean
    now += go
    left -= go
    if (left <= 0) return now
    breakDown(floor, m, now)
    const end = now + m.state.repairMs
    push(m.segments, now, end, 'FAULT', kind.faults[0]!, work)
    stretches.push({ from: now, to: end, watts: idleWatts })
    now = end
    repaired(floor, m, now)
  }
}

export function pour(
  floor: Floor,
  m: FloorMachine,
  start: Instant,
  minutes: number,
  pours: readonly Pour[],
  stretches: Stretch[],
): Instant {
  const { state, p } = floor
  const heat = `H-${String(++state.heats).padStart(5, '0')}`
  const { name } = m.machine
  const effects = effectsAt(floor.faults, name, start)
  const first = pours[0]!
  const work = { order: heat, product: productCode(first.product), operation: first.op.code }
  for (const { op, qty } of pours) {
    const lot = { order: heat, product: productCode(op.product), operation: op.code }
    floor.events.push({ at: start, machine: name, body: { type: 'order_start', ...lot, planned_qty: qty } })
    floor.events.push({ at: start, machine: name, body: issueOf(heat, op, qty, p) })
  }
  const watts = (p.furnaceKw + 5 * gauss(m.cycles)) * 1000
  const wattHours = HEAT.chargeKg * HEAT.kwhPerT * (effects.power ?? 1)
  const slow = effects.cycle ?? 1
  const meltMs = Math.round(plannedMelt(p, midnightOf(state.date), start, wattHours, watts) * slow)
  const totalMs = Math.max(meltMs + MINUTE / 4, Math.round(minutes * MINUTE * around1(m.cycles, 0.01) * slow))
  const molten = runOn(
    floor,
    m,
    start,
    meltMs,
    (wattHours * HOUR) / meltMs,
    p.holdKw * 1000,
    work,
    stretches,
    state.heats,
  )
  const end = molten + (totalMs - meltMs)
  push(m.segments, molten, end, 'RUN', null, work)
  stretches.push({ from: molten, to: end, watts: 0, heat: state.heats })
  let kg = 0
  for (const { product, part, op, qty } of pours) {
    const key = keyOf(product, part)
    const share = (p.scrap.FU ?? 0) * (effects.scrap ?? 1) + (effects.scrapAdd ?? 0)
    const scrap = binomial(m.results, qty, Math.min(0.9, share))
    m.made.push({
      from: start,
      at: end,
      op: op.id,
      order: heat,
      good: qty - scrap,
      scrap,
      rework: 0,
      entered: qty,
    })
    state.castOwed[key]! -= qty
    state.castFlows[key]!.in += qty
    state.castFlows[key]!.scrapped += scrap
    if (scrap > 0) {
      oweAgain(state, product, part, true, scrap)
      floor.events.push({
        at: end,
        machine: name,
        body: {
          type: 'reject',
          order: heat,
          product: productCode(product),
          operation: op.code,
          qty: scrap,
          reason: 'porosity',
        },
      })
    }
    kg += qty * op.kg
    if (qty - scrap > 0)
      state.arrivals.push({
        at: end + 2.5 * HOUR,
        lot: {
          order: `CA-${heat}-${product}-${part}`,
          product,
          part,
          step: 1,
          qty: qty - scrap,
          outside: false,
        },
      })
    floor.events.push({
      at: end,
      machine: name,
      body: {
        type: 'order_end',
        order: heat,
        product: productCode(product),
        operation: op.code,
        planned_qty: qty,
        good_qty: qty - scrap,
      },
    })
  }
  const tapped = Math.round(kg / 0.65)
  floor.events.push({
    at: end,
    machine: name,
    body: { type: 'heat', heat, charge_kg: HEAT.chargeKg, tapped_kg: tapped },
  })
  // relining: one per so many heats, told and paid when it is due
  if (state.heats % MAINTENANCE.liningHeats === 0)
    floor.events.push({
      at: end,
      machine: name,
      body: {
        type: 'tool_change',
        tool_type: 'furnace-lining',
        tool: `lining-${state.heats / MAINTENANCE.liningHeats}`,
      },
    })
  return end
}

/** Failures of a machine that runs without the floor's loop, such as a compressor that is loaded for a share `duty` of its time. */
export function failuresIn(floor: Floor, m: FloorMachine, spans: readonly Span[], duty: number): Span[] {
  const kind = KINDS[m.machine.kind]
  const broken: Span[] = []
  for (const span of spans) {
    let now = span.from
    while (now < span.to) {
      const mean =
        (kind.mtbfH * HOUR * floor.p.mtbf) / duty / (effectsAt(floor.faults, m.machine.name, now).hazard ?? 1)
      const lucky = Math.max(1, Math.round(m.state.luck * mean))
      if (now + lucky >= span.to) {
        m.state.luck -= (span.to - now) / mean
        break
      }
      now += lucky
      breakDown(floor, m, now)
      const end = Math.min(span.to, now + m.state.repairMs)
      repaired(floor, m, end)
      broken.push({ from: now, to: end })
      now = end
    }
  }
  if (m.state.luck <= 0) m.state.luck = waiting(m.luck)
  return broken
}
