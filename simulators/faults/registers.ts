/**
 * Faults of registers. The true register goes on as it is; what the meter shows moves by the same growth, unless a fault takes or adds
 * some, sets it back, or puts another meter in its place. A meter that a fault has changed stays as it is when the fault ends: nobody
 * turns a counter back. Pure.
 */
import type { Measure } from '#domain/plant/plant.ts'
import { draw } from '../random.ts'
import type { FaultName } from './catalogue.ts'
import {
  mark,
  numberOf,
  occurs,
  valuesOf,
  type Hand,
  type Mark,
  type Meter,
  type Parcel,
  type StreamState,
} from './stream.ts'

/** One register of one message while the faults work on it. */
type Reading = {
  readonly measure: Measure
  readonly meter: Meter
  readonly parcel: Parcel
  /** Shown last, and growth since: true until a fault changes it. */
  readonly before: number
  growth: number
  /** Announced: the fall is explained by an event. */
  swapped: boolean
  /** Events to be told before the message. */
  readonly events: Parcel[]
}
type Step = (reading: Reading, hand: Hand) => void

const named = ({ fault }: Hand, { name }: Measure): boolean => fault.params['measure'] === name
const all = (hand: Hand, measure: Measure): boolean =>
  hand.fault.params['measure'] === '' || named(hand, measure)
const first = (hand: Hand, measure: Measure): boolean =>
  hand.fault.params['measure'] === ''
    ? hand.machine.measures.find((m) => m.class === 'count') === measure
    : named(hand, measure)
const pieces = (hand: Hand, measure: Measure): boolean =>
  hand.fault.params['measure'] === '' ? measure.unit === '1' : named(hand, measure)

/** How many of the pieces the fault met. Long stretches are taken at their mean. */
function hits(growth: number, { fault, mind }: Hand): number {
  if (growth > 1000) return Math.round(growth * fault.probability)
  let n = 0
  for (let i = 0; i < growth; i++) if (draw(mind) < fault.probability) n++
  return n
}

const counted =
  (sign: 1 | -1): Step =>
  (reading, hand) => {
    if (!pieces(hand, reading.measure) || reading.growth <= 0) return
    const n = hits(reading.growth, hand)
    if (n === 0) return
    reading.growth += sign * n
    take(reading, hand)
    reading.parcel.marks.push(mark(hand, [], n))
  }

const reversed: Step = (reading, hand) => {
  if (reading.measure.unit !== 'kWh' || reading.growth <= 0 || draw(hand.mind) >= hand.fault.probability)
    return
  reading.parcel.marks.push(mark(hand, [], reading.growth))
  reading.growth = hand.fault.params['backwards'] === true ? -reading.growth : 0
  take(reading, hand)
}

const take = ({ meter }: Reading, { fault }: Hand): void => {
  meter.cause = fault.name
}

/** Per message and fault: does it occur now? Registers of one message share the answer. */
const comes = ({ parcel }: Reading, { fault, mind }: Hand): boolean => {
  if (mind['asked'] !== parcel.ts) {
    mind['asked'] = parcel.ts
    mind['answer'] = occurs(fault, mind, parcel.ts)
  }
  return mind['answer'] === true
}

const reset: Step = (reading, hand) => {
  if (!all(hand, reading.measure) || !comes(reading, hand)) return
  reading.meter.shown = 0
  reading.growth = 0
  take(reading, hand)
}

/** Another meter is in its place from this message on; its event says so at the same instant, before the message. */
function putMeter(reading: Reading, hand: Hand, newFirst: number): void {
  const { measure, meter, parcel, growth } = reading
  const oldLast = wrapped(meter.shown + growth, meter.end)
  const body = {
    type: 'meter_swap',
    measure: measure.name,
    old_last: oldLast / measure.scale,
    new_first: newFirst / measure.scale,
  }
  reading.events.push({ ...parcel, class: 'event', qos: 1, body, marks: [mark(hand, ['swap'])] })
  parcel.marks.push(mark(hand, ['swap']))
  meter.shown = newFirst
  reading.growth = 0
  reading.swapped = true
  take(reading, hand)
}

const meterSwap: Step = (reading, hand) => {
  const { measure, meter } = reading
  if (!first(hand, measure) || !comes(reading, hand)) return
  const newFirst = Math.round(numberOf(hand.fault, 'new_first') * measure.scale)
  if (hand.fault.params['announced'] === true) return putMeter(reading, hand, newFirst)
  meter.shown = newFirst
  reading.growth = 0
  take(reading, hand)
}

const rollover: Step = (reading, hand) => {
  const { measure, meter } = reading
  if (!first(hand, measure) || !comes(reading, hand)) return
  const after = Math.round(numberOf(hand.fault, 'after') * measure.scale)
  if (measure.rollover !== null) return putMeter(reading, hand, Math.max(0, measure.rollover - 1 - after))
  // a meter with fewer digits than anybody knows of: the product can only see a register set back
  meter.end = meter.shown + reading.growth + after + 1
  take(reading, hand)
}

/** In the order in which they act on a register. */
const STEPS: readonly (readonly [FaultName, Step])[] = [
  ['missed_count', counted(-1)],
  ['double_count', counted(1)],
  ['reversed_ct', reversed],
  ['reset', reset],
  ['rollover', rollover],
  ['meter_swap', meterSwap],
]
const NAMES: readonly string[] = STEPS.map(([name]) => name)

const wrapped = (steps: number, end: number | null): number =>
  end !== null && steps >= end ? steps % end : steps

/** How a reader that knows only the plant file must take a fall. */
const fallSeenAs = (from: number, to: number, end: number | null): string =>
  end !== null && from - to > end / 2 ? 'rollover' : 'reset'

/** A message of registers as the meters show it, after the events that explain it. */
export function throughMeters(
  parcel: Parcel,
  hands: readonly Hand[],
  stream: StreamState,
  machine: Hand['machine'],
): Parcel[] {
  if (parcel.class !== 'count') return [parcel]
  const own = hands.filter(({ fault }) => NAMES.includes(fault.name))
  const values = valuesOf(parcel)
  const out: Parcel[] = []
  for (const measure of machine.measures) {
    const value = values[measure.name]
    if (measure.class !== 'count' || typeof value !== 'number') continue
    const meter = meterOf(stream.meters, measure, Math.round(value * measure.scale), own)
    if (!meter) continue
    const events = readMeter(parcel, measure, meter, Math.round(value * measure.scale), own)
    values[measure.name] = meter.shown / measure.scale
    out.push(...events)
  }
  return [...out, parcel]
}

/** The meter of a register; begun at its true reading when the first fault comes near. */
function meterOf(
  meters: Record<string, Meter>,
  { name, rollover: end }: Measure,
  truth: number,
  hands: readonly Hand[],
): Meter | null {
  const known = meters[name]
  if (known) return known
  const cause = hands[0]?.fault.name
  return cause === undefined ? null : (meters[name] = { truth, shown: truth, end, cause })
}

function readMeter(
  parcel: Parcel,
  measure: Measure,
  meter: Meter,
  truth: number,
  hands: readonly Hand[],
): Parcel[] {
  const grown = truth - meter.truth
  const growth = grown >= 0 ? grown : Math.max(0, grown + (measure.rollover ?? 0))
  const reading: Reading = { measure, meter, parcel, before: meter.shown, growth, swapped: false, events: [] }
  meter.truth = truth
  for (const [name, step] of STEPS)
    for (const hand of hands) if (hand.fault.name === name) step(reading, hand)
  meter.shown = wrapped(Math.max(0, meter.shown + reading.growth), meter.end)
  if (meter.shown < reading.before && !reading.swapped) {
    const seen: Mark = {
      what: meter.cause,
      counters: [fallSeenAs(reading.before, meter.shown, measure.rollover)],
      n: 1,
    }
    parcel.marks.push(seen)
  }
  return reading.events
}
