/**
 * The rules of MQTT 3.1.1 that the broker library lets through, checked on the bytes in place before it sees them.
 * Valid:   30 09 00 03 61 2f 62 … (PUBLISH, topic `a/b`).
 * Invalid: 30 05 00 03 61 00 62 (a topic with U+0000) -> `bad_string`; 10 ff ff 7f (a CONNECT of 2 MB) -> `packet_too_large`.
 *
 * Bytes of a packet are let through once everything that must be checked of it has arrived; until then they are held (at most a
 * few kB), so the same bytes give the same verdict however they are cut. After a fault nothing more is let through.
 */
import { isUtf8 } from 'node:buffer'
import { checkConnect } from './connectPacket.ts'
import { isCleanString, type PacketFault } from './wire.ts'

/** More levels than this and the broker library's matcher would throw. */
export const MAX_LEVELS = 100

const PUBLISH = 3
const UNDERSCORE = 0x5f

export class PacketGuard {
  /** Bytes of the largest packet let through; the owner raises it after CONNACK. */
  maxPacket: number
  readonly #maxTopic: number
  fault: PacketFault | null = null
  /** PUBLISH packets let through since the owner last set it to 0. */
  messages = 0
  #connected = false
  #held: Buffer | null = null
  /** Bytes of a PUBLISH payload still to come. */
  #skip = 0

  constructor(maxPacket: number, maxTopic: number) {
    this.maxPacket = maxPacket
    this.#maxTopic = maxTopic
  }

  /** What of the bytes so far may go on, or null; `fault` is set when the connection must close. Never throws. */
  admit(chunk: Buffer): Buffer | null {
    if (this.fault) return null
    const data = this.#held ? Buffer.concat([this.#held, chunk]) : chunk
    this.#held = null
    const end = data.length
    let at = 0
    if (this.#skip > 0) {
      at = Math.min(this.#skip, end)
      this.#skip -= at
    }
    while (at < end) {
      const next = this.#packet(data, at, end)
      if (this.fault) return null
      if (next < 0) {
        this.#held = data.subarray(at)
        return at > 0 ? data.subarray(0, at) : null
      }
      at = next
    }
    return end > 0 ? data : null
  }

  /** Checks the packet that starts at `at`: where the next one starts, or -1 when more bytes are needed. */
  #packet(data: Buffer, at: number, end: number): number {
    const first = data[at]!
    const type = first >> 4
    if (!this.#connected && type !== 1) return this.#fail('first_not_connect')
    let body = at + 1
    let length = 0
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) return this.#fail('bad_length') // [MQTT-2.2.3] at most four bytes
      if (body >= end) return -1
      const byte = data[body++]!
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    if (length > this.maxPacket) return this.#fail('packet_too_large')
    if (type === PUBLISH) return this.#publish(data, body, body + length, end, first)
    // Every other packet is small and checked whole.
    if (length > 4096) return this.#fail('packet_too_large')
    if (body + length > end) return -1
    const fault = this.#other(data, type, first & 0xf, body, body + length)
    return fault ? this.#fail(fault) : body + length
  }

  #publish(data: Buffer, body: number, close: number, end: number, first: number): number {
    const qos = (first >> 1) & 3
    if (qos === 3) return this.#fail('bad_flags') // [MQTT-3.3.1-4]
    if (qos === 0 && first & 8) return this.#fail('bad_flags') // [MQTT-3.3.1-2]
    if (body + 2 > close) return this.#fail('malformed')
    if (body + 2 > end) return -1
    const length = (data[body]! << 8) | data[body + 1]!
    const from = body + 2
    const to = from + length
    if (to + (qos ? 2 : 0) > close) return this.#fail('malformed')
    if (length === 0) return this.#fail('bad_topic') // [MQTT-4.7.3-1]
    if (length > this.#maxTopic) return this.#fail('topic_too_long')
    if (to + (qos ? 2 : 0) > end) return -1
    const fault = checkTopicName(data, from, to)
    if (fault) return this.#fail(fault)
    if (qos && data[to] === 0 && data[to + 1] === 0) return this.#fail('packet_id_zero') // [MQTT-2.3.1-1]
    this.messages++
    if (close <= end) return close
    this.#skip = close - end
    return end
  }

  #other(data: Buffer, type: number, flags: number, from: number, to: number): PacketFault | null {
    switch (type) {
      case 1: {
        if (this.#connected) return 'second_connect' // [MQTT-3.1.0-2]
        if (flags !== 0) return 'bad_flags'
        this.#connected = true
        return checkConnect(data, from, to)
      }
      case 4: // PUBACK
      case 5: // PUBREC
      case 6: // PUBREL
      case 7: // PUBCOMP
        if (flags !== (type === 6 ? 2 : 0)) return 'bad_flags' // [MQTT-2.2.2-2]
        if (to - from !== 2) return 'malformed'
        return data[from] === 0 && data[from + 1] === 0 ? 'packet_id_zero' : null
      case 8: // SUBSCRIBE
      case 10: // UNSUBSCRIBE
        return flags === 2 ? checkFilters(data, from, to, type === 8, this.#maxTopic) : 'bad_flags'
      case 12: // PINGREQ
      case 14: // DISCONNECT
        if (flags !== 0) return 'bad_flags'
        return to === from ? null : 'malformed'
      default:
        return 'unexpected_packet'
    }
  }

  #fail(fault: PacketFault): number {
    this.fault = fault
    return -1
  }
}

/**
 * A topic name: UTF-8 without U+0000 and without wildcards [MQTT-3.3.2-2]. A topic deeper than the matcher can hold is no violation:
 * its further slashes become `_`, so that it is acknowledged, and denied as a topic of nobody.
 */
function checkTopicName(data: Buffer, from: number, to: number): PacketFault | null {
  let high = 0
  let levels = 1
  for (let i = from; i < to; i++) {
    const byte = data[i]!
    high |= byte
    if (byte === 0x2f) {
      if (++levels > MAX_LEVELS) data[i] = UNDERSCORE
    } else if (byte === 0)
      return 'bad_string' // [MQTT-1.5.3-2]
    else if (byte === 0x23 || byte === 0x2b) return 'bad_topic'
  }
  return high > 0x7f && !isUtf8(data.subarray(from, to)) ? 'bad_string' : null // [MQTT-1.5.3-1]
}

function checkFilters(
  data: Buffer,
  from: number,
  to: number,
  hasQos: boolean,
  max: number,
): PacketFault | null {
  if (to - from < 2) return 'malformed'
  if (data[from] === 0 && data[from + 1] === 0) return 'packet_id_zero'
  let at = from + 2
  if (at === to) return 'malformed' // [MQTT-3.8.3-3] [MQTT-3.10.3-2]
  while (at < to) {
    if (at + 2 > to) return 'malformed'
    const length = (data[at]! << 8) | data[at + 1]!
    const next = at + 2 + length + (hasQos ? 1 : 0)
    if (next > to) return 'malformed'
    if (length === 0) return 'bad_topic'
    if (length > max) return 'topic_too_long'
    if (!isCleanString(data, at + 2, at + 2 + length)) return 'bad_string'
    if (hasQos && data[next - 1]! > 2) return 'bad_flags' // [MQTT-3.8.3-4]
    at = next
  }
  return null
}
