/** Bad networks, power cuts and handlers that throw: one effect per message, and neighbours go on. */
import mqtt from 'mqtt'
import { afterAll, afterEach, expect, test } from 'vitest'
import type { Credentials } from '#store/credentials/credentials.ts'
import { LATHE, MILL, openLocalBroker, until } from './brokerUnderTest.ts'
import { Proxy, type Mode } from './proxy.ts'
import { RawMqtt } from './rawMqtt.ts'

let brokenName = ''
/** The real credentials, but asking for one name throws. */
const breakable = (real: Credentials): Credentials => ({
  ...real,
  find(username) {
    if (username === brokenName) throw new Error('injected')
    return real.find(username)
  },
})
const local = await openLocalBroker({ BAIYUAN_BROKER_KEEPALIVE_SECONDS: '2' }, { credentials: breakable })
const proxy = await Proxy.open(() => local.port)
afterAll(async () => {
  proxy.close()
  await local.stop()
})
afterEach(() => {
  proxy.mode = { kind: 'pass' }
})
const lathe = local.device(LATHE)
const mill = local.device(MILL)
const COUNT = `v1/${LATHE}/count`
const stored = (prefix: string) =>
  local
    .entries()
    .map(({ payload }) => String(payload))
    .filter((text) => text.startsWith(prefix))

/** A device with a client library of its own: publishes n messages over a network that fails once, and is done when each is acknowledged. */
async function deliver(prefix: string, count: number, mode: Mode): Promise<void> {
  proxy.mode = mode
  const client = mqtt.connect(`mqtt://127.0.0.1:${proxy.port}`, {
    ...lathe,
    protocolVersion: 4,
    clean: false,
    reconnectPeriod: 50,
    reconnectOnConnackError: true,
    connectTimeout: 2000,
    keepalive: 2,
  })
  let breaks = 0
  client.on('error', () => undefined) // a broken connection is what this is about
  client.on('close', () => breaks++)
  const sent = Array.from({ length: count }, (_, i) =>
    client.publishAsync(COUNT, `${prefix} ${i}`, { qos: 1 }),
  )
  await until(() => stored(prefix).length > 0 || breaks > 0)
  proxy.mode = { kind: 'pass' }
  proxy.reset()
  await Promise.all(sent)
  await client.endAsync()
}

test.each<[string, Mode]>([
  ['delays', { kind: 'delay', ms: 30 }],
  ['drips byte by byte', { kind: 'drip' }],
  ['cuts within CONNECT', { kind: 'cut', after: 20 }],
  ['cuts within a PUBLISH', { kind: 'cut', after: 1500 }],
])('F10 a network that %s and breaks loses no acknowledged message', async (name, mode) => {
  await deliver(name, 30, mode)
  expect(new Set(stored(name)).size).toBe(30)
})

test('F10 a network that brings messages but no acknowledgements: stored, and stored again when the device repeats them', async () => {
  const device = await RawMqtt.open(proxy.port)
  expect(await device.connect(lathe)).toBe(0)
  proxy.mode = { kind: 'halfClose' }
  for (let i = 1; i <= 10; i++) device.publish(COUNT, `half ${i}`, i)
  await until(() => stored('half').length === 10)
  device.socket.end()
  await until(() => local.broker.presence.of(local.credentials)[lathe.username]?.connected === false)
  expect(device.count('puback')).toBe(0)
  device.destroy()
  const again = await local.client(lathe)
  for (let i = 1; i <= 10; i++) again.publish(COUNT, `half ${i}`, i, { dup: true })
  await again.has('puback', 10)
  expect(stored('half')).toHaveLength(20)
  expect(new Set(stored('half')).size).toBe(10)
  again.destroy()
})

test('F10 a half-open connection is noticed by its keep-alive; the device that comes back is the only one', async () => {
  const will = {
    topic: `v1/${LATHE}/state`,
    payload: Buffer.from('power cut'),
    qos: 1 as const,
    retain: false,
  }
  const dead = await RawMqtt.open(proxy.port)
  expect(await dead.connect(lathe, { will, keepalive: 1 })).toBe(0)
  proxy.mode = { kind: 'blackHole' }
  dead.socket.resetAndDestroy()
  const back = await RawMqtt.open(local.port)
  expect(await back.connect(lathe, { will, keepalive: 2 })).toBe(0)
  back.publish(COUNT, 'back', 1)
  expect(await back.next('puback')).toMatchObject({ messageId: 1 })
  expect(local.broker.presence.of(local.credentials)[lathe.username]).toMatchObject({ connected: true })
  expect(stored('power cut')).toEqual([])
  back.destroy()
  await until(() => stored('power cut').length === 1)
})

test('F10 a device without power is taken for gone after one and a half keep-alives, once', async () => {
  const will = {
    topic: `v1/${MILL}/state`,
    payload: Buffer.from('mill gone'),
    qos: 1 as const,
    retain: false,
  }
  const device = await RawMqtt.open(proxy.port)
  expect(await device.connect(mill, { will, keepalive: 1 })).toBe(0)
  proxy.mode = { kind: 'blackHole' }
  await until(() => stored('mill gone').length > 0, 10_000)
  expect(stored('mill gone')).toHaveLength(1)
  expect(local.broker.presence.of(local.credentials)[mill.username]).toMatchObject({ connected: false })
  expect(local.broker.closes.counts['keepalive_timeout']).toBeGreaterThan(0)
  device.destroy()
})

test('F18 a handler that throws is logged by its name; its client is refused, neighbours go on', async () => {
  const neighbour = await local.client(mill)
  brokenName = lathe.username
  const client = await RawMqtt.open(local.port)
  expect(await client.connect(lathe)).toBe(3)
  await client.end()
  expect(local.log).toContainEqual(
    expect.objectContaining({ handler: 'authenticate', msg: 'handler failed' }),
  )
  neighbour.publish(`v1/${MILL}/count`, 'neighbour', 1)
  expect(await neighbour.next('puback')).toMatchObject({ messageId: 1 })
  brokenName = ''
  const again = await local.client(lathe)
  again.destroy()
  neighbour.destroy()
})
