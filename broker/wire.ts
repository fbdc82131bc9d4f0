/** What the checks of packets share: the names of faults, and strings as MQTT allows them. */
import { isUtf8 } from 'node:buffer'

/** Why a packet is not let through; the connection closes. */
export type PacketFault =
  | 'first_not_connect'
  | 'second_connect'
  | 'bad_length'
  | 'packet_too_large'
  | 'bad_flags'
  | 'bad_string'
  | 'bad_topic'
  | 'topic_too_long'
  | 'packet_id_zero'
  | 'malformed'
  | 'unexpected_packet'
  | 'connect_flags'
  | 'unknown_protocol'
  | 'protocol_level'
  | 'empty_client_id'

/** UTF-8 without surrogates [MQTT-1.5.3-1] and without U+0000 [MQTT-1.5.3-2]. */
export function isCleanString(data: Buffer, from: number, to: number): boolean {
  let high = 0
  for (let i = from; i < to; i++) {
    const byte = data[i]!
    if (byte === 0) return false
    high |= byte
  }
  return high <= 0x7f || isUtf8(data.subarray(from, to))
}
