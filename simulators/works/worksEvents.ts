/** What terminals and machines tell of an order, a piece, a test, in the shapes of contract/events.ts. */
import type { Instant } from '#domain/time.ts'
import { hashOf, uniform } from './chance.ts'
import { PRODUCTS } from './data/products.ts'
import type { Parameters } from './data/retrofit.ts'
import type { Floor, FloorMachine } from './floor.ts'
import { overIssueOf, productCode, type Operation } from './routing.ts'
import type { Lot } from './state.ts'
import type { WorksEvent } from './truthDay.ts'

const REASONS = ['size', 'surface', 'porosity', 'thread'] as const

/** An order begins at a machine; where material enters, it is issued with it. */
export function tellStart(
  events: WorksEvent[],
  machine: string,
  at: Instant,
  lot: Lot,
  op: Operation,
  p: Parameters,
): void {
  const work = { order: lot.order, product: productCode(op.product), operation: op.code }
  events.push({ at, machine, body: { type: 'order_start', ...work, planned_qty: lot.qty } })
  if (op.material === 0) return
  events.push({ at, machine, body: issueOf(lot.order, op, lot.qty, p) })
}

/** One order of so many gets more than it needs and gives it back when it ends. */
const RETURNS = { every: 25, share: 0.03 } as const

const grams = (amount: number): number => Math.round(amount * 1000) / 1000

const returned = (order: string, op: Operation, qty: number): number =>
  hashOf(0, order) % RETURNS.every === 0 ? grams(qty * (op.part === 'valve' ? 1 : op.kg) * RETURNS.share) : 0

const materialOf = (order: string, op: Operation) => ({
  order,
  material: `${PRODUCTS[op.product].code}.${op.part === 'valve' ? (op.kind === 'AS' ? 'kit' : 'packing') : op.part}`,
  unit: op.part === 'valve' ? 'set' : 'kg',
  lot: `L${(hashOf(0, order) % 90_000) + 10_000}`,
})

/** The issue of an operation's material: kg of metal, sets of bought parts or packing. */
export function issueOf(order: string, op: Operation, qty: number, p: Parameters): WorksEvent['body'] {
  const amount = qty * (op.part === 'valve' ? 1 : op.kg) * (1 + overIssueOf(op, p))
  return {
    type: 'material_issue',
    ...materialOf(order, op),
    qty: grams(grams(amount) + returned(order, op, qty)),
  }
}

/** An order ends with so many good pieces; what it was given too much comes back. */
export function tellEnd(
  events: WorksEvent[],
  machine: string,
  at: Instant,
  lot: Lot,
  op: Operation,
  good: number,
): void {
  const { order, qty } = lot
  const back = op.material === 0 ? 0 : returned(order, op, qty)
  if (back > 0)
    events.push({ at, machine, body: { type: 'material_return', ...materialOf(order, op), qty: back } })
  events.push({
    at,
    machine,
    body: {
      type: 'order_end',
      order,
      product: productCode(op.product),
      operation: op.code,
      planned_qty: qty,
      good_qty: good,
    },
  })
}

export function tellReject(floor: Floor, m: FloorMachine, at: Instant, op: Operation, order: string): void {
  const serial = op.kind === 'TE' ? tellTest(floor, m, at, op, order, 'fail') : null
  floor.events.push({
    at,
    machine: m.machine.name,
    body: {
      type: 'reject',
      order,
      product: productCode(op.product),
      operation: op.code,
      qty: 1,
      reason: serial ? 'leak' : REASONS[hashOf(at % 1_000_000, m.machine.name) % REASONS.length]!,
      ...(serial ? { serial } : {}),
    },
  })
}

export function tellRework(
  floor: Floor,
  m: FloorMachine,
  at: Instant,
  op: Operation,
  order: string,
  qty = 1,
): void {
  const serial = op.kind === 'TE' ? tellTest(floor, m, at, op, order, 'fail') : null
  if (serial && m.state.job) m.state.job.serial = serial
  floor.events.push({
    at,
    machine: m.machine.name,
    body: {
      type: 'rework',
      order,
      product: productCode(op.product),
      operation: op.code,
      qty,
      reason: serial ? 'leak' : 'surface',
      ...(serial ? { serial } : {}),
    },
  })
}

/** A good piece: only a test bench has something to tell of it. */
export function tellPiece(floor: Floor, m: FloorMachine, at: Instant, op: Operation, order: string): void {
  if (op.kind === 'TE') tellTest(floor, m, at, op, order, 'pass')
}

const twoDigits = (value: number): number => Math.round(value * 100) / 100

function tellTest(
  floor: Floor,
  m: FloorMachine,
  at: Instant,
  op: Operation,
  order: string,
  result: 'pass' | 'fail',
): string {
  const { test, code } = PRODUCTS[op.product]
  const serial =
    m.state.job?.serial ?? `${code}-${String(++floor.state.serials[op.product]).padStart(6, '0')}`
  if (m.state.job) m.state.job.serial = null
  const leak = result === 'fail' ? 2.5 + 6 * uniform(m.details) : 0.4 * uniform(m.details)
  floor.events.push({
    at,
    machine: m.machine.name,
    body: {
      type: 'test_result',
      serial,
      order,
      product: code,
      result,
      pressure_mpa: twoDigits(test.shell * (0.995 + 0.015 * uniform(m.details))),
      hold_s: test.holdS,
      leak_ml_min: twoDigits(leak),
    },
  })
  return serial
}
