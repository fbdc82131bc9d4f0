/** A device whose clock is wrong: it stamps its items wrongly, and says the same wrong time when it sends them. Pure. */
import type { Millis } from '#domain/time.ts'
import { happens, lasting, mark, numberOf, type Hand, type Parcel } from './stream.ts'

function shift(parcel: Parcel, hand: Hand, by: Millis): void {
  parcel.ts += by
  parcel.skew += by
  parcel.marks.push(mark(hand))
}

export function clockSkew(parcel: Parcel, hand: Hand): void {
  if (happens(hand)) shift(parcel, hand, Math.round(numberOf(hand.fault, 'skew_s') * 1000))
}

export function clockJump(parcel: Parcel, hand: Hand): void {
  if (lasting(hand, parcel.ts - parcel.skew))
    shift(parcel, hand, Math.round(numberOf(hand.fault, 'step_s') * 1000))
}
