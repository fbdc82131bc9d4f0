/** Limits: told or closed, counted, logged once; a good client next to an attacker notices nothing. */
import net from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { LATHE, MILL, openLocalBroker, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const local = await openLocalBroker({
  BAIYUAN_BROKER_MAX_PER_ADDRESS: '40',
  BAIYUAN_BROKER_MESSAGES_PER_SECOND: '200',
  BAIYUAN_BROKER_CONNECT_SECONDS: '2',
})
afterAll(() => local.stop())
const { closes } = local.broker
const lathe = local.device(LATHE)
const mill = local.device(MILL)
const COUNT = `v1/${LATHE}/count`

const told = (reason: string) => local.log.filter((line) => line['reason'] === reason)
const goodClient = async (): Promise<number> => {
  const from = performance.now()
  const client = await local.client(lathe)
  client.publish(COUNT, 'good', 1)
  await client.next('puback')
  client.destroy()
  return performance.now() - from
}

test('T12 a CONNECT of megabytes is refused before it is buffered', async () => {
  const before = process.memoryUsage().rss
  const attackers = await Promise.all(Array.from({ length: 10 }, () => RawMqtt.open(local.port)))
  for (const attacker of attackers) {
    attacker.socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    attacker.socket.write(Buffer.alloc(8 * 1024 * 1024))
  }
  await Promise.all(attackers.map((attacker) => attacker.end()))
  expect(closes.counts['packet_too_large']).toBe(10)
  expect(told('packet_too_large')).toHaveLength(1)
  // The attack itself holds 8 MB, shared by the ten, in this very process.
  expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024)
  expect(await goodClient()).toBeLessThan(2000)
})

test('T12 a PUBLISH of 64 kB passes, a larger one is refused', async () => {
  const client = await local.client(lathe)
  client.publish(COUNT, Buffer.alloc(64 * 1024, 'x'), 1)
  expect(await client.next('puback')).toMatchObject({ messageId: 1 })
  expect(local.entries().at(-1)?.payload.length).toBe(64 * 1024)
  client.publish(COUNT, Buffer.alloc(128 * 1024, 'x'), 2)
  await client.end()
  expect(client.count('puback')).toBe(0)
})

test('T13 a socket that never says CONNECT is closed in time, a good client connects at once meanwhile', async () => {
  const silent = await Promise.all(Array.from({ length: 15 }, () => RawMqtt.open(local.port)))
  const slow = await Promise.all(Array.from({ length: 15 }, () => RawMqtt.open(local.port)))
  const drip = setInterval(() => slow.forEach(({ socket }) => socket.write(Uint8Array.of(0x10))), 300)
  slow.forEach(({ socket }) => socket.write(Uint8Array.of(0x10, 0x40)))
  expect(await goodClient()).toBeLessThan(1000)
  const ends = await Promise.all([...silent, ...slow].map((client) => client.end(6000)))
  clearInterval(drip)
  expect(Math.max(...ends)).toBeLessThan(6000)
  expect(closes.counts['connect_timeout']).toBe(30)
  expect(told('connect_timeout')).toHaveLength(1)
})

test('more connections from one address than configured are closed, counted and logged once', async () => {
  await until(() => local.broker.guard.connections === 0)
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawMqtt.open(local.port)))
  await until(() => clients.filter((client) => client.closed).length >= 10)
  expect(local.broker.guard.connections).toBe(40)
  expect(closes.counts['too_many_from_address']).toBe(10)
  expect(told('too_many_from_address')).toHaveLength(1)
  clients.forEach((client) => client.destroy())
  await until(() => local.broker.guard.connections === 0)
  expect(await goodClient()).toBeLessThan(2000)
})

test('a client over its messages per second is read slower, loses nothing, and is logged once', async () => {
  const client = await local.client(mill)
  const from = performance.now()
  const sent = 700
  for (let i = 1; i <= sent; i++) client.publish(`v1/${MILL}/telemetry`, String(i), i)
  await client.has('puback', sent)
  const seconds = (performance.now() - from) / 1000
  // A burst of a second passes, and what was read at once is paid for afterwards.
  expect(seconds).toBeGreaterThan(1)
  expect(client.count('puback')).toBe(sent)
  expect(closes.counts['slowed']).toBeGreaterThan(0)
  expect(told('slowed')).toMatchObject([{ client: mill.clientId }])
  client.destroy()
})

test('a keep-alive of none or of hours is shortened, and a client that falls silent is closed', async () => {
  const short = await openLocalBroker({ BAIYUAN_BROKER_KEEPALIVE_SECONDS: '1' })
  const device = short.device(LATHE)
  const client = await RawMqtt.open(short.port)
  expect(await client.connect(device, { keepalive: 0 })).toBe(0)
  const lasted = await client.end(15_000)
  expect(lasted).toBeGreaterThan(1000)
  expect(short.broker.closes.counts).toMatchObject({ keepalive_shortened: 1, keepalive_timeout: 1 })
  const hours = await RawMqtt.open(short.port)
  expect(await hours.connect(device, { keepalive: 7200 })).toBe(0)
  const other = short.device(MILL)
  const neighbour = await RawMqtt.open(short.port)
  expect(await neighbour.connect(other, { keepalive: 7200 })).toBe(0)
  expect(short.broker.closes.counts['keepalive_shortened']).toBe(3)
  // Once per account, though all come from one address; 30 is pino's info.
  expect(short.log.filter(({ reason }) => reason === 'keepalive_shortened')).toMatchObject([
    { level: 30, client: device.username, asked: 0, seconds: 1 },
    { level: 30, client: other.username, asked: 7200, seconds: 1 },
  ])
  hours.destroy()
  neighbour.destroy()
  await short.stop()
})

test('an MQTT 5 client gets CONNACK 1 and the reason is logged', async () => {
  const client = await RawMqtt.open(local.port)
  expect(await client.connect(lathe, { protocolVersion: 5 })).toBe(1)
  await client.end()
  expect(told('protocol_level')).toMatchObject([{ client: '127.0.0.1', speaks: 'MQTT 3.1.1 only' }])
})

test('no client id with clean session 0 gets CONNACK 2 [MQTT-3.1.3-8]', async () => {
  const client = await RawMqtt.open(local.port)
  client.send(Buffer.from('100c00044d5154540400001e0000', 'hex'))
  expect(await client.next('connack')).toMatchObject({ returnCode: 2 })
  await client.end()
})

test('a client that pipelines hundreds of packets before CONNACK is not cut off', async () => {
  const client = await RawMqtt.open(local.port)
  const connected = client.connect(lathe)
  for (let i = 1; i <= 150; i++) client.publish(COUNT, 'early', i)
  expect(await connected).toBe(0)
  await client.has('puback', 150)
  expect(client.count('puback')).toBe(150)
  client.destroy()
})

test('noise instead of MQTT closes that connection only', async () => {
  const neighbour = await local.client(lathe)
  for (const noise of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00', '\0\0\0\0']) {
    const socket = net.connect(local.port, '127.0.0.1', () => socket.write(noise))
    const client = new RawMqtt(socket)
    await client.end()
  }
  neighbour.publish(COUNT, 'calm', 1)
  expect(await neighbour.next('puback')).toMatchObject({ messageId: 1 })
  neighbour.destroy()
})
