/**
 * What a page may send on its connection: a few small text packets. A flood, binary packets, or acknowledgements that nobody asked for
 * close the connection; nobody else notices.
 */
export type Packet = { readonly type: string; readonly data?: unknown }
export type FloodReason = 'flood' | 'binary' | 'unasked'

const BURST = 40
const PER_SECOND = 10

/** Returns a judge of one connection's packets: null is fine. `now` in ms, only ever forward. */
export function floodGuard(start: number): (packet: Packet, now: number) => FloodReason | null {
  let left = BURST
  let last = start
  return ({ type, data }, now) => {
    left = Math.min(BURST, left + ((now - last) / 1000) * PER_SECOND)
    last = now
    if (--left < 0) return 'flood'
    if (type !== 'message') return null
    if (typeof data !== 'string') return 'binary'
    // Socket.IO packet types: 0 connect, 1 disconnect, 2 event; 3 acknowledges, 5 and 6 are binary.
    return data[0] === '0' || data[0] === '1' || data[0] === '2' ? null : 'unasked'
  }
}
