/** The byte guard: which packets it lets through, with what name it stops the others, and that cuts in the stream change nothing. */
import fc from 'fast-check'
import { generate } from 'mqtt-packet'
import { describe, expect, test } from 'vitest'
import { MAX_LEVELS, PacketGuard } from '../../broker/packets.ts'

const MAX = 66_560
const MAX_TOPIC = 1024

const connect = (more: object = {}): Buffer =>
  generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 30,
    clientId: 'c',
    ...more,
  })
const publish = (topic: string, more: object = {}): Buffer =>
  generate({
    cmd: 'publish',
    topic,
    payload: 'x',
    qos: 1,
    messageId: 5,
    dup: false,
    retain: false,
    ...more,
  })

/** A packet from its first byte and its body. */
const raw = (first: number, ...body: (number | string | Uint8Array)[]): Buffer => {
  const bytes = Buffer.concat(
    body.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))),
  )
  const length: number[] = []
  let left = bytes.length
  do {
    const more = left >> 7
    length.push((left & 127) | (more ? 128 : 0))
    left = more
  } while (left)
  return Buffer.concat([Buffer.from([first]), Buffer.from(length), bytes])
}
const text = (value: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}
const LONE_SURROGATE = Buffer.from([0x61, 0xed, 0xa0, 0x80])

type Verdict = { fault: string | null; messages: number; passed: Buffer }
function judge(chunks: readonly Uint8Array[], guard = new PacketGuard(MAX, MAX_TOPIC)): Verdict {
  const passed: Buffer[] = []
  for (const chunk of chunks) {
    const part = guard.admit(Buffer.from(chunk))
    if (part) passed.push(Buffer.from(part))
  }
  return { fault: guard.fault, messages: guard.messages, passed: Buffer.concat(passed) }
}
const afterConnect = (packet: Uint8Array): string | null => judge([connect(), packet]).fault

describe('packets of a good client pass unchanged', () => {
  const good: readonly (readonly [string, Buffer])[] = [
    [
      'connect with everything',
      connect({ username: 'u', password: 'p', will: { topic: 'w', payload: 'gone', qos: 2, retain: true } }),
    ],
    ['publish of qos 0', publish('a/b', { qos: 0 })],
    ['publish of qos 1', publish('a/b')],
    ['publish of qos 2, repeated', publish('a/b', { qos: 2, dup: true })],
    ['publish of an empty payload', publish('a/b', { payload: '' })],
    ['publish of 64 kB', publish('a/b', { payload: Buffer.alloc(65_536, 'y') })],
    ['publish on a Chinese topic', publish('车间/一')],
    ['subscribe', generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '+/#', qos: 2 }] })],
    ['unsubscribe', generate({ cmd: 'unsubscribe', messageId: 1, unsubscriptions: ['+/#'] })],
    ['puback', generate({ cmd: 'puback', messageId: 1 })],
    ['pubrel', generate({ cmd: 'pubrel', messageId: 1 })],
    ['pingreq', generate({ cmd: 'pingreq' })],
    ['disconnect', generate({ cmd: 'disconnect' })],
  ]
  test.each(good)('%s', (name, packet) => {
    const stream = name.startsWith('connect') ? [packet] : [connect(), packet]
    const verdict = judge(stream)
    expect(verdict.fault).toBeNull()
    expect(verdict.passed.equals(Buffer.concat(stream))).toBe(true)
  })
  test('the guard counts what it must pace: publishes', () => {
    expect(judge([connect(), publish('a'), publish('b', { qos: 0 })]).messages).toBe(2)
  })
})

describe('what MQTT 3.1.1 forbids is stopped with a name', () => {
  const head = [text('MQTT'), 4]
  const bad: readonly (readonly [string, Buffer])[] = [
    ['first_not_connect', publish('a')],
    ['bad_length', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 1])],
    ['packet_too_large', Buffer.from([0x10, 0xff, 0xff, 0x7f])],
    ['malformed', raw(0x10)],
    ['bad_flags', raw(0x11, ...head, 2, 0, 30, text('c'))],
    ['unknown_protocol', raw(0x10, text('HTTP'), 4, 2, 0, 30, text('c'))],
    ['protocol_level', raw(0x10, text('MQTT'), 5, 2, 0, 30, 0, text('c'))],
    ['protocol_level', raw(0x10, text('MQTT'), 3, 2, 0, 30, text('c'))],
    ['protocol_level', raw(0x10, text('MQIsdp'), 4, 2, 0, 30, text('c'))],
    ['connect_flags', raw(0x10, ...head, 0b11, 0, 30, text('c'))],
    ['connect_flags', raw(0x10, ...head, 0b11110, 0, 30, text('c'), text('w'), text(''))],
    ['connect_flags', raw(0x10, ...head, 0b1010, 0, 30, text('c'))],
    ['connect_flags', raw(0x10, ...head, 0b100010, 0, 30, text('c'))],
    ['connect_flags', raw(0x10, ...head, 0b1000010, 0, 30, text('c'), text('password'))],
    ['empty_client_id', raw(0x10, ...head, 0, 0, 30, text(''))],
    ['bad_string', raw(0x10, ...head, 2, 0, 30, text('a\0'))],
    ['bad_string', raw(0x10, ...head, 2, 0, 30, text(LONE_SURROGATE))],
    ['bad_string', raw(0x10, ...head, 0b110, 0, 30, text('c'), text('w\0'), text(''))],
    ['bad_string', raw(0x10, ...head, 0b10000010, 0, 30, text('c'), text(LONE_SURROGATE))],
    ['bad_topic', raw(0x10, ...head, 0b110, 0, 30, text('c'), text('w/#'), text(''))],
    ['malformed', raw(0x10, ...head, 2, 0, 30, text('c'), 0)],
    ['malformed', raw(0x10, ...head, 2, 0, 30, 0, 9, 'c')],
  ]
  test.each(bad)('%s before CONNACK', (fault, packet) => {
    expect(judge([packet]).fault).toBe(fault)
    expect(judge([packet]).passed).toHaveLength(0)
  })
  const later: readonly (readonly [string, Buffer])[] = [
    ['second_connect', connect()],
    ['packet_too_large', publish('a', { payload: Buffer.alloc(70_000) })],
    ['bad_flags', raw(0x36, text('a'), 0, 1)],
    ['bad_flags', raw(0x38, text('a'))],
    ['bad_string', raw(0x30, text('a\0b'), 'x')],
    ['bad_string', raw(0x30, text(LONE_SURROGATE), 'x')],
    ['bad_string', raw(0x30, text(Uint8Array.of(0xc0, 0x80)), 'x')],
    ['bad_topic', raw(0x30, text(''), 'x')],
    ['bad_topic', raw(0x30, text('control/#'), 'x')],
    ['bad_topic', raw(0x30, text('a/+'), 'x')],
    ['topic_too_long', raw(0x30, text('a'.repeat(MAX_TOPIC + 1)), 'x')],
    ['packet_id_zero', raw(0x32, text('a'), 0, 0, 'x')],
    ['packet_id_zero', raw(0x40, 0, 0)],
    ['packet_id_zero', raw(0x82, 0, 0, text('a'), 0)],
    ['malformed', raw(0x32, text('a'))],
    ['malformed', raw(0x30, 0, 9, 'a')],
    ['malformed', raw(0x40, 0, 1, 0)],
    ['malformed', raw(0x82, 0, 1)],
    ['malformed', raw(0xa2, 0, 1)],
    ['malformed', raw(0x82, 0, 1, text('a'))],
    ['malformed', raw(0xc0, 0)],
    ['bad_flags', raw(0x82, 0, 1, text('a'), 3)],
    ['bad_flags', raw(0x80, 0, 1, text('a'), 0)],
    ['bad_flags', raw(0x60, 0, 1)],
    ['bad_topic', raw(0x82, 0, 1, text(''), 0)],
    ['bad_string', raw(0xa2, 0, 1, text('a\0'))],
    ['unexpected_packet', raw(0x20, 0, 0)],
    ['unexpected_packet', raw(0x00)],
    ['unexpected_packet', raw(0xf0)],
  ]
  test.each(later)('%s after CONNECT', (fault, packet) => expect(afterConnect(packet)).toBe(fault))
})

test('a packet larger than may come before CONNACK passes once the owner has raised the limit', () => {
  const large = publish('a', { payload: Buffer.alloc(10_000) })
  const guard = new PacketGuard(4096, MAX_TOPIC)
  guard.admit(connect())
  guard.maxPacket = MAX
  expect(guard.admit(Buffer.from(large))?.length).toBe(large.length)
  expect(judge([connect(), large], new PacketGuard(4096, MAX_TOPIC)).fault).toBe('packet_too_large')
})

test('a topic too deep for the matcher is flattened, so that it can be acknowledged and denied', () => {
  const { fault, passed } = judge([
    connect(),
    publish(Array.from({ length: MAX_LEVELS + 30 }, () => 'a').join('/')),
  ])
  expect(fault).toBeNull()
  const topic = passed.subarray(connect().length + 4, -3).toString()
  expect(topic.split('/')).toHaveLength(MAX_LEVELS)
})

const cuts = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [...new Set(at.map((n) => n % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length))
}
const places = fc.array(fc.nat({ max: 5000 }), { maxLength: 20 })

test('any bytes, however cut: never a throw, always the same verdict', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), places, (noise, connected, at) => {
      const bytes = connected ? Buffer.concat([connect(), noise]) : noise
      const whole = judge([bytes])
      const cut = judge(cuts(bytes, at))
      const single = judge([...bytes].map((byte) => Uint8Array.of(byte)))
      expect([cut.fault, cut.messages]).toEqual([whole.fault, whole.messages])
      expect([single.fault, single.messages]).toEqual([whole.fault, whole.messages])
    }),
    { numRuns: 2000 },
  )
})

const packet = fc.oneof(
  fc
    .record({
      topic: fc.stringMatching(/^[a-z0-9/车]{1,40}$/),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      qos: fc.constantFrom(0, 1, 2),
      messageId: fc.integer({ min: 1, max: 65_535 }),
    })
    .map(({ topic, ...more }) => publish(topic, more)),
  fc.constant(generate({ cmd: 'pingreq' })),
  fc.constant(generate({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: 'a/+', qos: 1 }] })),
)

test('packets of a good client, however cut, come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 12 }), places, (packets, at) => {
      const bytes = Buffer.concat([connect(), ...packets])
      const { fault, passed } = judge(cuts(bytes, at))
      expect(fault).toBeNull()
      expect(passed.equals(bytes)).toBe(true)
    }),
    { numRuns: 500 },
  )
})
