/** PUBACK means stored: what is acknowledged is in the journal under the sender's name, in order; what is not the sender's is not. */
import { afterAll, expect, test } from 'vitest'
import { isSecretOf } from '#store/credentials/credentials.ts'
import { LATHE, MILL, openLocalBroker, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const broker = await openLocalBroker()
afterAll(() => broker.stop())
const lathe = broker.device(LATHE)
const mill = broker.device(MILL)
const gateway = broker.device('demo-a/gw-1', [LATHE, MILL])
const COUNT = `v1/${LATHE}/count`
const since = () => {
  const before = broker.entries().length
  return () => broker.entries().slice(before)
}

test('an acknowledged message is in the journal with topic, sender and bytes', async () => {
  const fresh = since()
  const client = await broker.client(lathe)
  client.publish(COUNT, '{"ts":1795500420000,"seq":1,"boot":"a1","v":{"good":1}}', 7)
  expect(await client.next('puback')).toMatchObject({ messageId: 7 })
  expect(fresh()).toMatchObject([
    {
      firm: 'demo-a',
      topic: COUNT,
      principal: lathe.username,
      payload: Buffer.from('{"ts":1795500420000,"seq":1,"boot":"a1","v":{"good":1}}'),
    },
  ])
  client.destroy()
})

test('1,000 messages in flight are acknowledged and journalled in the order in which they were sent', async () => {
  const fresh = since()
  const client = await broker.client(lathe)
  for (let i = 1; i <= 1000; i++) client.publish(COUNT, String(i), i)
  await client.has('puback', 1000)
  const ids = client.got.map((packet) => 'messageId' in packet && packet.messageId)
  expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  expect(fresh().map(({ payload }) => Number(payload))).toEqual(ids)
  client.destroy()
})

test('QoS 0 is journalled without an answer, QoS 2 once for a whole handshake', async () => {
  const fresh = since()
  const client = await broker.client(lathe)
  client.publish(COUNT, 'qos 0', 0, { qos: 0 })
  client.publish(COUNT, 'qos 2', 9, { qos: 2 })
  expect(await client.next('pubrec')).toMatchObject({ messageId: 9 })
  client.send({ cmd: 'pubrel', messageId: 9 })
  expect(await client.next('pubcomp')).toMatchObject({ messageId: 9 })
  expect(fresh().map(({ payload }) => String(payload))).toEqual(['qos 0', 'qos 2'])
  client.destroy()
})

test('a gateway speaks for each machine of its list, under its own name', async () => {
  const fresh = since()
  const client = await broker.client(gateway)
  client.publish(COUNT, '1', 1)
  client.publish(`v1/${MILL}/state`, '2', 2)
  await client.has('puback', 2)
  expect(fresh().map(({ topic, principal }) => [topic, principal])).toEqual([
    [COUNT, gateway.username],
    [`v1/${MILL}/state`, gateway.username],
  ])
  client.destroy()
})

test('T1 a publish outside the credential is acknowledged, dropped, counted and audited, and good ones go on', async () => {
  const fresh = since()
  const before = broker.broker.denied.total
  const client = await broker.client(lathe)
  const outside = [
    `v1/${MILL}/count`,
    `v1/demo-b/main/machining/l1/lathe-07/count`,
    `v1/${LATHE}/../mill-02/count`,
    `V1/${LATHE}/count`,
    `v1/${LATHE}/Count`,
    `${COUNT}/`,
    `v1/demo-a//main/machining/l1/lathe-07/count`,
    `/${COUNT}`,
    `v1/${LATHE}/status`,
    `v1/demo-а/main/machining/l1/lathe-07/count`,
    'control/demo-a/plant.put',
    'tick/demo-a',
    `$SYS/x/new/clients`,
    Array.from({ length: 101 }, () => 'a').join('/'),
    `${COUNT}${'/a'.repeat(200)}`,
  ]
  outside.forEach((topic, i) => client.publish(topic, JSON.stringify({ machine: LATHE }), i + 1))
  client.publish(COUNT, 'good', 99)
  await client.has('puback', outside.length + 1)
  expect(client.closed).toBe(false)
  expect(fresh().map(({ payload }) => String(payload))).toEqual(['good'])
  expect(broker.broker.denied.total - before).toBe(outside.length)
  const audited = broker.broker.denied.status().firms['demo-a']!.topics.slice(-outside.length)
  expect(audited.map(({ account }) => account)).toEqual(outside.map(() => lathe.username))
  expect(audited.slice(0, 13).map(({ topic }) => topic)).toEqual(outside.slice(0, 13))
  const told = broker.log.filter(
    ({ msg, account }) => /outside its credential/.test(String(msg)) && account === lathe.username,
  )
  expect(told).toHaveLength(1)
  client.destroy()
})

test('T1 the audit keeps the newest 100 topics of a firm however many are tried, and each firm its own', async () => {
  const other = broker.device('demo-b/main/machining/l1/lathe-07')
  const quiet = await broker.client(other)
  quiet.publish(`v1/${LATHE}/count`, '', 1)
  await quiet.has('puback', 1)
  const client = await broker.client(mill)
  for (let i = 1; i <= 300; i++) client.publish(`v1/${LATHE}/x${i}`, '', i)
  await client.has('puback', 300)
  const { firms } = broker.broker.denied.status()
  const { topics } = firms['demo-a']!
  expect(topics).toHaveLength(100)
  expect(topics.at(-1)).toMatchObject({ account: mill.username, topic: `v1/${LATHE}/x300` })
  // Named after the sender: the topic says demo-a, and demo-a's flood does not push it out.
  expect(firms['demo-b']).toMatchObject({
    total: 1,
    topics: [{ account: other.username, topic: `v1/${LATHE}/count` }],
  })
  quiet.destroy()
  client.destroy()
})

test.each([
  ['T1 U+0000 in a topic', Buffer.from('300600036100627861'.replace('06', '07'), 'hex')],
  ['T1 a wildcard in a topic', Buffer.from('3004000261237a'.replace('3004', '3005'), 'hex')],
])('%s breaks the protocol: the connection closes and nothing is stored', async (_name, bytes) => {
  const fresh = since()
  const client = await broker.client(lathe)
  client.send(bytes)
  await client.end()
  expect(fresh()).toEqual([])
})

test('T15 retain is stripped except on a device’s own state', async () => {
  const client = await broker.client(lathe)
  const retained = async () => {
    const topics: string[] = []
    for await (const packet of broker.sessions.createRetainedStream('#') as AsyncIterable<{ topic: string }>)
      topics.push(packet.topic)
    return topics
  }
  const fresh = since()
  for (const [i, name] of ['telemetry', 'count', 'event', 'state'].entries())
    client.publish(`v1/${LATHE}/${name}`, name, i + 1, { retain: true })
  client.publish(`v1/${MILL}/state`, 'not mine', 9, { retain: true })
  await client.has('puback', 5)
  expect(fresh()).toHaveLength(4)
  await until(async () => (await retained()).length > 0)
  expect(await retained()).toEqual([`v1/${LATHE}/state`])
  client.destroy()
})

test('a will is authorized and journalled like a publish of the same account', async () => {
  const fresh = since()
  const denied = broker.broker.denied.total
  const will = { topic: `v1/${LATHE}/state`, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect(lathe, { will })).toBe(0)
  client.socket.resetAndDestroy()
  await until(() => fresh().length > 0)
  expect(fresh()).toMatchObject([{ topic: will.topic, principal: lathe.username, payload: will.payload }])
  const liar = await RawMqtt.open(broker.port)
  expect(await liar.connect(mill, { will })).toBe(0)
  liar.socket.resetAndDestroy()
  await until(() => broker.broker.denied.total > denied)
  expect(fresh()).toHaveLength(1)
})

test('a will is not sent after a proper farewell', async () => {
  const fresh = since()
  const will = { topic: `v1/${LATHE}/state`, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect(lathe, { will })).toBe(0)
  client.send({ cmd: 'disconnect' })
  await client.end()
  const next = await broker.client(lathe)
  next.publish(COUNT, 'back', 1)
  await next.next('puback')
  expect(fresh().map(({ payload }) => String(payload))).toEqual(['back'])
  next.destroy()
})

test('T22 names and topics from outside stay inside one line of the log, and no secret is in it', async () => {
  const evil = 'x\n{"level":"fatal","msg":"forged"}\u001b[31m'
  const stranger = await RawMqtt.open(broker.port)
  expect(await stranger.connect({ clientId: evil, username: evil, password: 'guess-me-not' })).toBe(5)
  await stranger.end()
  const other = broker.device('demo-a/main/machining/l1/mill-03')
  const client = await broker.client(other)
  client.publish(`v1/${evil}`, '', 1)
  await client.next('puback')
  const text = JSON.stringify(broker.log)
  expect(broker.log.some(({ msg }) => msg === 'forged')).toBe(false)
  expect(broker.log.filter(({ account }) => account === evil)).toHaveLength(1)
  for (const secret of [lathe.password, mill.password, other.password, 'guess-me-not'])
    expect(text.includes(secret)).toBe(false)
  expect(isSecretOf(broker.credentials.find(other.username), other.password)).toBe(true)
  client.destroy()
})
