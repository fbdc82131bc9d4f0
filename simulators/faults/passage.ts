/** Faults of the way to the broker: items that never leave, leave late, or leave more than once. Pure. */
import type { Instant } from '#domain/time.ts'
import { between } from '../random.ts'
import { happens, mark, numberOf, type Hand, type Parcel } from './stream.ts'

/** A run of items is lost; the run goes on over turns. */
export function dropout(parcel: Parcel, hand: Hand): void {
  const { mind, fault } = hand
  if (parcel.lost) return
  const left = (mind['left'] as number | undefined) ?? 0
  if (left > 0) mind['left'] = left - 1
  else if (happens(hand)) mind['left'] = numberOf(fault, 'burst') - 1
  else return
  parcel.lost = fault.name
}

export function loss(parcel: Parcel, hand: Hand): void {
  if (parcel.lost || parcel.qos !== 0 || !happens(hand)) return
  parcel.lost = hand.fault.name
}

/** Until when an item is held back, or null. */
export function heldUntil(parcel: Parcel, hand: Hand, now: Instant): Instant | null {
  if (parcel.lost || !happens(hand)) return null
  return now + Math.ceil(between(hand.mind, 0, numberOf(hand.fault, 'max_s') * 1000))
}

/** Copies of an item that is sent again. One that the product cannot read is not copied: it has no key to be known by. */
export function copiesOf(parcel: Parcel, hand: Hand): Parcel[] {
  if (parcel.lost || parcel.broken || parcel.copy || !happens(hand)) return []
  return Array.from({ length: numberOf(hand.fault, 'copies') }, () => ({
    ...structuredClone(parcel),
    copy: true,
    marks: [mark(hand, ['duplicate'])],
  }))
}
