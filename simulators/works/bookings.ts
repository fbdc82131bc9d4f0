/**
 * Where accounting books what the works books at another instant, computed from what happened, and what quarter-hourly readings cannot
 * place. Repair hours pass as the machine stands (the works: all when the repair ends); an issue adds what it gave beyond the standard
 * when it is issued (the works: evenly over the pieces put in); a machine without a register of good pieces tells them when its order
 * ends (the works: batch by batch).
 */
import { HOUR, MINUTE, type Millis } from '#domain/time.ts'
import { fenOf } from './apportion.ts'
import { type Span, overlap } from './calendar.ts'
import { PRODUCTS, PRODUCT_IDS } from './data/products.ts'
import { type Row, row } from './moneyTruth.ts'
import { OPERATIONS, type Operation, overIssueOf, productCode } from './routing.ts'
import type { DayTruth } from './truthDay.ts'

const QUARTER: Millis = 15 * MINUTE

/** Of a machine (its name) or of all (null), in a window. `blind`: names of the machines whose good pieces no register counts. */
export type Asked = {
  readonly name: string | null
  readonly window: Span
  readonly blind: ReadonlySet<string>
}

/** Micro-yuan that accounting books in a window and the works in another one; good pieces and their standard seconds. */
export type Shift = {
  readonly material: number
  readonly maintenance: number
  readonly value: number
  readonly good: number
  readonly seconds: number
}

const materialOf = ({ product, part, kind }: Operation): string =>
  `${PRODUCTS[product].code}.${part === 'valve' ? (kind === 'AS' ? 'kit' : 'packing') : part}`
const entering = new Map(
  PRODUCT_IDS.flatMap((product) =>
    OPERATIONS.filter((op) => op.product === product && op.material > 0).map(
      (op) => [materialOf(op), op] as const,
    ),
  ),
)
const operations = new Map(OPERATIONS.map((op) => [`${productCode(op.product)}/${op.code}`, op]))

export function shiftIn(days: readonly DayTruth[], { name, window: { from, to }, blind }: Asked): Shift {
  const inside = (at: number, machine: string) => at >= from && at < to && (name === null || machine === name)
  let [material, hours, value, late, seconds] = [0, 0, 0, 0, 0]
  for (const day of days) {
    const withOver = (op: Operation, pieces: number) =>
      pieces * op.material * (1 + overIssueOf(op, day.parameters))
    for (const { at, machine, body } of day.events) {
      if (!inside(at, machine)) continue
      if (body.type === 'material_return' || body.type === 'material_issue')
        material += beyondStandard(day, at, body)
      const ended = body.type === 'order_end' && blind.has(machine)
      const op = ended && operations.get(`${body['product'] as string}/${body['operation'] as string}`)
      if (!op) continue
      const good = body['good_qty'] as number
      late += good
      seconds += good * op.seconds
      material += withOver(op, good)
      value += good * op.value
    }
    for (const [machine, { made, segments, maintenance }] of Object.entries(day.machines)) {
      for (const { at, op: id, good, scrap, entered } of made) {
        if (!inside(at, machine)) continue
        const op = OPERATIONS[id]!
        const isBlind = blind.has(machine)
        // a piece that is being repeated was put in already
        material += withOver(op, (isBlind ? 0 : good) + scrap - entered)
        if (!isBlind) continue
        value -= good * op.value
        late -= good
        seconds -= good * op.seconds
      }
      if (name !== null && machine !== name) continue
      for (const segment of segments)
        if (segment.state === 'FAULT') hours += overlap(segment, from, to) / HOUR
      for (const { from: begin, at, kind, hours: taken } of maintenance) {
        if (kind === 'preventive') hours += overlap({ from: begin, to: at }, from, to) / HOUR
        if (at >= from && at < to) hours -= taken
      }
    }
  }
  return { material, value, maintenance: hours * 48e6, good: late, seconds }
}

/** Micro-yuan of an issue beyond the standard of what its order plans, or of a return. */
function beyondStandard(day: DayTruth, at: number, body: Readonly<Record<string, unknown>>): number {
  const op = entering.get(body['material'] as string)!
  const pieces = (body['qty'] as number) / (op.part === 'valve' ? 1 : op.kg)
  if (body['type'] === 'material_return') return -pieces * op.material
  const start = day.events.find(
    (event) =>
      event.body.type === 'order_start' &&
      event.at === at &&
      event.body['order'] === body['order'] &&
      event.body['operation'] === op.code &&
      event.body['product'] === productCode(op.product),
  )
  const planned = start!.body['planned_qty'] as number
  return (pieces - planned * (1 + overIssueOf(op, day.parameters))) * op.material
}

/** The most micro-yuan that a piece under the wrong order can move. */
function microOf({ value, material, standard }: Operation): number {
  const { material: taken, labour, machine } = standard
  return Math.max(value, taken + labour + machine, material * 1.01)
}

/**
 * Micro-yuan (or what `of` says of a piece) that quarter-hourly readings cannot place: pieces of a quarter-hour in which two orders ran lie
 * by the time that each ran, so one piece of each such quarter may stand under the other order. 0 where every change of order has its
 * set-up between two readings.
 */
export function unplacedIn(
  days: readonly DayTruth[],
  { name, window: { from, to }, blind }: Asked,
  of: (op: Operation) => number = microOf,
): number {
  let sum = 0
  for (const day of days)
    for (const [machine, { segments }] of Object.entries(day.machines)) {
      if (blind.has(machine) || (name !== null && machine !== name)) continue
      const ran = new Map<number, Map<string, number>>()
      for (const segment of segments) {
        const op = operations.get(`${segment.product}/${segment.operation}`)
        if (segment.state !== 'RUN' || !op || overlap(segment, from, to) === 0) continue
        for (let at = Math.floor(segment.from / QUARTER) * QUARTER; at < segment.to; at += QUARTER) {
          const orders = ran.get(at) ?? new Map<string, number>()
          ran.set(at, orders.set(`${segment.order}/${op.code}`, of(op)))
        }
      }
      for (const orders of ran.values()) if (orders.size > 1) sum += Math.max(...orders.values())
    }
  return sum
}

/** Both as rows, for whoever holds the truth beside what accounting says. */
export function bookingRows(days: readonly DayTruth[], asked: Asked): Row[] {
  const { material, maintenance, value, seconds } = shiftIn(days, asked)
  return [
    row('booking.material', 'fen', fenOf(material)),
    row('booking.maintenance', 'fen', fenOf(maintenance)),
    row('booking.value', 'fen', fenOf(value)),
    row('booking.standard', 'seconds', Math.round(seconds)),
    row('unplaced.money', 'fen', Math.ceil(unplacedIn(days, asked) / 1e4)),
    row('unplaced.standard', 'seconds', Math.ceil(unplacedIn(days, asked, (op) => op.seconds))),
  ]
}
