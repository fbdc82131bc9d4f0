/** A machine whose state contact chatters: between what it tells, RUN and IDLE follow each other. Pure. */
import type { Instant } from '#domain/time.ts'
import { inForce } from './catalogue.ts'
import { happens, mark, numberOf, type Hand, type Parcel } from './stream.ts'

/** Items that the chatter adds in (from, to]. The true state is known from what the machine told before. */
export function flapping(hand: Hand, from: Instant, to: Instant, blank: () => Parcel): Parcel[] {
  const { fault, mind, stream } = hand
  const step = numberOf(fault, 'every_s') * 1000
  const out: Parcel[] = []
  for (let at = Math.floor(from / step) * step + step; at <= to; at += step) {
    const chatters = stream.state === 'RUN' || stream.state === 'IDLE'
    if (!chatters || !inForce(fault, at) || !happens(hand)) continue
    const last = (mind['shown'] as string | undefined) ?? stream.state
    const shown = last === 'RUN' ? 'IDLE' : 'RUN'
    mind['shown'] = shown
    out.push({ ...blank(), class: 'state', qos: 1, ts: at, body: { state: shown }, marks: [mark(hand)] })
  }
  return out
}
