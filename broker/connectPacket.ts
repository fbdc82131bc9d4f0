/**
 * CONNECT, checked whole on its bytes.
 * Valid:   00 04 M Q T T 04 02 00 3c 00 01 a (level 4, clean session, keep-alive 60, client id `a`).
 * Invalid: … 05 … -> `protocol_level` (CONNACK 1), no client id and clean session 0 -> `empty_client_id` (CONNACK 2).
 */
import { isCleanString, type PacketFault } from './wire.ts'

/** Return codes that a refused CONNECT is told before the connection closes; other faults close without a word. */
export const CONNACK_OF: Partial<Record<PacketFault, number>> = {
  protocol_level: 1, // [MQTT-3.1.2-2]
  empty_client_id: 2, // [MQTT-3.1.3-8]
}

/** The fault of the CONNECT whose variable header and payload are `data[from, to)`, or null. */
export function checkConnect(data: Buffer, from: number, to: number): PacketFault | null {
  let at = from
  /** Start of the next string's bytes, having moved behind it; -1 when it does not fit. */
  const take = (): number => {
    if (at + 2 > to) return -1
    const start = at + 2
    const next = start + ((data[at]! << 8) | data[at + 1]!)
    if (next > to) return -1
    at = next
    return start
  }
  const name = take()
  if (name < 0) return 'malformed'
  const protocol = data.toString('latin1', name, at)
  if (protocol !== 'MQTT' && protocol !== 'MQIsdp') return 'unknown_protocol' // [MQTT-3.1.2-1]
  if (at + 1 > to) return 'malformed'
  if (data[at++] !== (protocol === 'MQTT' ? 4 : 3)) return 'protocol_level'
  if (at + 3 > to) return 'malformed'
  const flags = data[at]!
  at += 3
  const clean = flags & 0x02
  const will = flags & 0x04
  const willQos = (flags >> 3) & 3
  const password = flags & 0x40
  const username = flags & 0x80
  if (flags & 0x01) return 'connect_flags' // [MQTT-3.1.2-3]
  if (will ? willQos === 3 : flags & 0x38) return 'connect_flags' // [MQTT-3.1.2-11, -13, -14, -15]
  if (password && !username) return 'connect_flags' // [MQTT-3.1.2-22]

  const clientId = take()
  if (clientId < 0) return 'malformed'
  if (!isCleanString(data, clientId, at)) return 'bad_string'
  const isAnonymous = clientId === at
  if (will) {
    const topic = take()
    if (topic < 0) return 'malformed'
    if (!isCleanString(data, topic, at)) return 'bad_string'
    if (topic === at || data.subarray(topic, at).some((byte) => byte === 0x23 || byte === 0x2b))
      return 'bad_topic'
    if (take() < 0) return 'malformed'
  }
  if (username) {
    const user = take()
    if (user < 0) return 'malformed'
    if (!isCleanString(data, user, at)) return 'bad_string'
  }
  if (password && take() < 0) return 'malformed'
  if (at !== to) return 'malformed'
  return isAnonymous && !clean ? 'empty_client_id' : null
}
