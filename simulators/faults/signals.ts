/** Faults of sensors: what a signal reads differs from what is. Values keep the resolution of their measure. Pure. */
import type { Measure } from '#domain/plant/plant.ts'
import { HOUR } from '#domain/time.ts'
import { happens, lasting, mark, numberOf, valuesOf, type Hand, type Parcel } from './stream.ts'

type Read = (value: number, measure: Measure) => number

/** Width of the plausible range; 100 where the plant file gives none. */
const span = ({ min, max }: Measure): number => (min === null || max === null ? 100 : max - min)

/** Reads every signal that the fault means anew, and marks the item if one differs. */
function readAnew(parcel: Parcel, hand: Hand, means: (measure: Measure) => boolean, read: Read): void {
  if (parcel.class !== 'telemetry') return
  const values = valuesOf(parcel)
  let changed = 0
  for (const measure of hand.machine.measures) {
    const value = values[measure.name]
    if (measure.class !== 'telemetry' || typeof value !== 'number' || !means(measure)) continue
    const next = Math.round(read(value, measure) * measure.scale) / measure.scale
    if (next === value) continue
    values[measure.name] = next
    changed++
  }
  if (changed > 0) parcel.marks.push(mark(hand, [], changed))
}

const named =
  ({ fault }: Hand) =>
  ({ name }: Measure): boolean =>
    fault.params['measure'] === '' || fault.params['measure'] === name

/** A signal keeps the value it had when the sensor stuck. */
export function stuck(parcel: Parcel, hand: Hand): void {
  if (parcel.class !== 'telemetry') return
  const { mind } = hand
  const before = mind.until
  if (!lasting(hand, parcel.ts)) return
  if (mind.until !== before) mind['values'] = {}
  const kept = mind['values'] as Record<string, number>
  readAnew(parcel, hand, named(hand), (value, { name }) => (kept[name] ??= value))
}

export function flatline(parcel: Parcel, hand: Hand): void {
  if (parcel.class !== 'telemetry' || !happens(hand)) return
  readAnew(parcel, hand, named(hand), () => numberOf(hand.fault, 'value'))
}

/** Grows from the first sample on that it touches. */
export function drift(parcel: Parcel, hand: Hand): void {
  if (parcel.class !== 'telemetry' || !happens(hand)) return
  const since = (hand.mind['since'] ??= parcel.ts) as number
  const share = (numberOf(hand.fault, 'per_h') * (parcel.ts - since)) / HOUR
  readAnew(parcel, hand, named(hand), (value, measure) => value + share * span(measure))
}

export function spike(parcel: Parcel, hand: Hand): void {
  if (parcel.class !== 'telemetry' || !happens(hand)) return
  const share = numberOf(hand.fault, 'size')
  readAnew(parcel, hand, named(hand), (value, measure) => value + share * span(measure))
}

const isPower = ({ unit }: Measure): boolean => unit === 'kW'

/** The part of a reversed current transformer that is a signal; its register is in counting.ts. */
export function reversedPower(parcel: Parcel, hand: Hand): void {
  if (parcel.class !== 'telemetry' || !happens(hand)) return
  readAnew(parcel, hand, isPower, (value) => (value === 0 ? 0 : -value))
}
