/** Who may connect, who may hear, and how a right that was taken away ends. */
import mqtt from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { putService, removeDevice, removeService, rotateDevice } from '../../broker/devices.ts'
import type { DeviceSecret } from '#contract/local.ts'
import { LATHE, MILL, openLocalBroker, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const { broker, ...local } = await openLocalBroker()
afterAll(() => local.stop())
const lathe = local.device(LATHE)
const mill = local.device(MILL)
const mirror = local.service('ingest', ['*'], true)
const STATUS = `v1/${LATHE}/status`

const attempt = async (secret: Partial<DeviceSecret>): Promise<number | null> => {
  const client = await RawMqtt.open(local.port)
  const code = await client.connect(secret)
  client.destroy()
  return code
}
const say = async (topic: string, payload: string, more: object = {}) => {
  const client = await local.client(mirror)
  client.publish(topic, payload, 1, more)
  await client.next('puback')
  client.destroy()
}
const hear = async (secret: DeviceSecret, ...topics: string[]) => {
  const client = await local.client(secret)
  client.send({ cmd: 'subscribe', messageId: 3, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) })
  const answer = await client.next('suback')
  return { client, granted: answer?.cmd === 'suback' ? answer.granted : null }
}

test('T2 a client id cannot be taken over: the intruder gets 2 or 5, the victim stays', async () => {
  const victim = await local.client(lathe)
  expect(await attempt({ ...mill, clientId: lathe.clientId })).toBe(2)
  expect(await attempt({ clientId: lathe.clientId })).toBe(5)
  expect(await attempt({ ...lathe, password: 'wrong' })).toBe(5)
  expect(await attempt({ ...mill, clientId: 'anything' })).toBe(2)
  expect(await attempt({ ...mill, clientId: '' })).toBe(2)
  victim.publish(`v1/${LATHE}/count`, 'still here', 1)
  expect(await victim.next('puback')).toMatchObject({ messageId: 1 })
  expect(victim.closed).toBe(false)
  victim.destroy()
})

test('T2 a refused intruder leaves the victim’s QoS 2 handshake as it was', async () => {
  const victim = await RawMqtt.open(local.port)
  expect(await victim.connect(lathe, { clean: false })).toBe(0)
  victim.publish(`v1/${LATHE}/count`, 'once', 4, { qos: 2 })
  await victim.next('pubrec')
  expect(await attempt({ ...mill, clientId: lathe.clientId })).toBe(2)
  await expect(
    local.sessions.incomingGetPacket({ id: lathe.clientId }, { messageId: 4 }),
  ).resolves.toMatchObject({ qos: 2 })
  victim.destroy()
})

test('the same account may come again: the new connection replaces the old one, whose will stays unsaid', async () => {
  const will = { topic: `v1/${LATHE}/state`, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  const old = await RawMqtt.open(local.port)
  expect(await old.connect(lathe, { will })).toBe(0)
  const fresh = await local.client(lathe)
  await old.end()
  fresh.publish(`v1/${LATHE}/count`, 'new', 1)
  await fresh.next('puback')
  expect(local.entries().filter(({ payload }) => String(payload) === 'gone')).toEqual([])
  fresh.destroy()
})

test.each([
  '#',
  '+/#',
  '$SYS/#',
  `v1/${LATHE}/count`,
  'v1/demo-b/+/+/+/+/status',
  STATUS,
  '$share/g/#',
  'control/#',
])('T3 a device that subscribes to %s gets 0x80', async (topic) => {
  const { client, granted } = await hear(lathe, topic)
  expect(granted).toEqual([0x80])
  client.destroy()
})

test('T3 a service account hears the mirror of its firms only', async () => {
  const service = local.service('report', ['demo-a'])
  const { client, granted } = await hear(
    service,
    'v1/demo-a/+/+/+/+/status',
    'v1/demo-b/+/+/+/+/status',
    '#',
    `v1/${LATHE}/kpi/+`,
    '$share/g/v1/demo-a/+/+/+/+/status',
    '$SYS/#',
    'v1/demo-a/+/+/+/+/count',
  )
  expect(granted).toEqual([1, 0x80, 0x80, 1, 0x80, 0x80, 0x80])
  await say('v1/demo-b/main/machining/l1/lathe-07/status', 'not for you')
  await say(STATUS, 'for you')
  expect(await client.next('publish')).toMatchObject({ topic: STATUS, payload: Buffer.from('for you') })
  client.destroy()
})

test('the mirror is retained and routed, and never journalled', async () => {
  const before = local.entries().length
  await say(STATUS, 'kept', { retain: true })
  const { client } = await hear(local.service('late', ['demo-a']), STATUS)
  expect(await client.next('publish')).toMatchObject({
    topic: STATUS,
    payload: Buffer.from('kept'),
    retain: true,
  })
  expect(local.entries()).toHaveLength(before)
  client.destroy()
})

test('T4 a service account that lost its firm is disconnected and hears nothing more within a second', async () => {
  const name = 'leaving'
  const service = local.service(name, ['demo-a'])
  const client = await RawMqtt.open(local.port)
  expect(await client.connect(service, { clean: false })).toBe(0)
  client.send({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic: STATUS, qos: 1 }] })
  await client.next('suback')
  await client.next('publish') // what was retained, while it may still read it
  const changed = putService(local.credentials, { name, firms: ['demo-b'] }, Date.now())
  if (!('account' in changed)) throw new Error(changed.error)
  // Before the connection is closed the right is gone already.
  await say(STATUS, 'secret')
  await broker.disconnect(changed.account, 'rights_changed', true)
  expect(await client.end()).toBeLessThan(1000)
  await say(STATUS, 'secret too')
  const again = await RawMqtt.open(local.port)
  expect(await again.connect(changed.secret, { clean: false })).toBe(0)
  again.send({ cmd: 'pingreq' })
  await again.next('pingresp')
  expect([client.count('publish'), again.count('publish')]).toEqual([0, 0])
  again.destroy()
})

test('T4 an account that was removed is disconnected and cannot come back', async () => {
  const service = local.service('removed', ['demo-a'])
  const { client } = await hear(service, STATUS)
  const gone = removeService(local.credentials, 'removed')
  if (!('account' in gone)) throw new Error(gone.error)
  await broker.disconnect(gone.account, 'account_removed', true)
  await client.end()
  expect(await attempt(service)).toBe(5)
  const device = local.device('demo-a/main/machining/l1/old-01')
  const connected = await local.client(device)
  const removed = removeDevice(local.credentials, 'demo-a/main/machining/l1/old-01')
  if (!('account' in removed)) throw new Error(removed.error)
  connected.publish('v1/demo-a/main/machining/l1/old-01/count', 'too late', 1)
  await connected.next('puback')
  await broker.disconnect(removed.account, 'account_removed', true)
  await connected.end()
  expect(local.entries().some(({ payload }) => String(payload) === 'too late')).toBe(false)
})

test('T20 a rotated secret ends the old one', async () => {
  const device = local.device('demo-a/main/machining/l1/turned-01')
  const turned = rotateDevice(local.credentials, 'demo-a/main/machining/l1/turned-01', Date.now())
  if (!('secret' in turned)) throw new Error(turned.error)
  expect(await attempt(device)).toBe(5)
  expect(await attempt(turned.secret)).toBe(0)
})

test('T20 no default account: usual names and words are refused alike', async () => {
  const codes: (number | null)[] = []
  for (const word of ['admin', 'guest', 'mqtt', 'test'])
    codes.push(await attempt({ clientId: word, username: word, password: word }))
  expect(codes).toEqual([5, 5, 5, 5])
})

test('a client of another library works: mqtt.js connects, publishes and reads its retained mirror', async () => {
  const service = local.service('mqttjs', ['demo-a'])
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${local.port}`, {
    ...service,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  const heard: string[] = []
  client.on('message', (_topic, payload) => heard.push(payload.toString()))
  await say(STATUS, 'for mqtt.js', { retain: true })
  const [granted] = await client.subscribeAsync(STATUS, { qos: 1 })
  expect(granted).toMatchObject({ topic: STATUS, qos: 1 })
  await until(() => heard.includes('for mqtt.js'))
  await client.endAsync()
})

test('T20 after 20 wrong tries the account is refused even with its secret, known neighbours are not', async () => {
  const target = local.device('demo-a/main/machining/l1/target-01')
  expect(await attempt(lathe)).toBe(0)
  for (let i = 0; i < 20; i++) expect(await attempt({ ...target, password: `guess ${i}` })).toBe(5)
  expect(await attempt(target)).toBe(5)
  expect(broker.closes.counts['too_many_attempts']).toBeGreaterThan(0)
  expect(await attempt(lathe)).toBe(0)
  const told = local.log.filter(({ reason }) => reason === 'bad_credentials')
  expect(told.length).toBe(1)
})
