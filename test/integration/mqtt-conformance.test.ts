/** The profile for protocol suites: anyone may do anything but a few things, on the same guard, journal and sessions. */
import fs from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { BrokerProcess, freshFolder, readJournal, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const dir = freshFolder()
const broker = await BrokerProcess.start(dir, {}, ['--conformance'])
afterAll(async () => {
  await broker.stop('SIGKILL')
  fs.rmSync(dir, { recursive: true, force: true })
})
const open = async (clientId: string, more: object = {}): Promise<RawMqtt> => {
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect({ clientId }, more)).toBe(0)
  return client
}
const subscribe = async (client: RawMqtt, ...topics: string[]) => {
  client.send({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 2 })) })
  const answer = await client.next('suback')
  return answer?.cmd === 'suback' ? answer.granted : null
}

test('anyone connects, subscribes with wildcards and gets what others publish, at each QoS', async () => {
  const reader = await open('reader')
  expect(await subscribe(reader, 'TopicA/#', '+/C')).toEqual([2, 2])
  const writer = await open('writer', { username: 'anyone', password: Buffer.from('anything') })
  writer.publish('TopicA/B', 'qos 0', 0, { qos: 0 })
  writer.publish('TopicA/B', 'qos 1', 1)
  writer.publish('Topic/C', 'not matched', 2)
  writer.publish('Topic/C/D', 'not matched', 3)
  await reader.has('publish', 2)
  writer.send({ cmd: 'pingreq' })
  await writer.next('pingresp')
  const got = reader.got.flatMap((packet) =>
    packet.cmd === 'publish' ? [[packet.topic, String(packet.payload), packet.qos]] : [],
  )
  expect(got).toEqual([
    ['TopicA/B', 'qos 0', 0],
    ['TopicA/B', 'qos 1', 1],
    ['Topic/C', 'not matched', 1],
  ])
  reader.destroy()
  writer.destroy()
})

test('subscribing to test/nosubscribe, control/, $SYS/ and $share/ is refused', async () => {
  const client = await open('curious')
  expect(
    await subscribe(client, 'test/nosubscribe', 'control/#', '$SYS/#', '$share/g/a', 'test/subscribe'),
  ).toEqual([0x80, 0x80, 0x80, 0x80, 2])
  client.destroy()
})

test('retained messages are kept for later subscribers and cleared by an empty one', async () => {
  const writer = await open('keeper')
  writer.publish('kept/a', 'still here', 1, { retain: true })
  writer.publish('kept/b', 'gone', 2, { retain: true })
  writer.publish('kept/b', '', 3, { retain: true })
  writer.publish('kept/c', 'last', 4, { retain: true })
  await writer.has('puback', 4)
  writer.send({ cmd: 'pingreq' })
  await writer.next('pingresp')
  const reader = await open('later')
  await subscribe(reader, 'kept/+')
  await reader.has('publish', 2)
  const got = reader.got.flatMap((packet) =>
    packet.cmd === 'publish' ? [[packet.topic, packet.retain]] : [],
  )
  expect(got).toEqual([
    ['kept/a', true],
    ['kept/c', true],
  ])
  reader.destroy()
  writer.destroy()
})

test('a persistent session gets what came while it was away, and its will is sent when it breaks', async () => {
  const session = await open('session', {
    clean: false,
    will: { topic: 'wills/session', payload: Buffer.from('broke'), qos: 1, retain: false },
  })
  await subscribe(session, 'away/#')
  const watcher = await open('watcher')
  await subscribe(watcher, 'wills/#')
  session.socket.resetAndDestroy()
  expect(await watcher.next('publish')).toMatchObject({
    topic: 'wills/session',
    payload: Buffer.from('broke'),
  })
  for (let i = 1; i <= 5; i++) watcher.publish(`away/${i}`, String(i), i)
  await watcher.has('puback', 5)
  const back = await open('session', { clean: false })
  await back.has('publish', 5)
  expect(back.got.flatMap((packet) => (packet.cmd === 'publish' ? [packet.topic] : []))).toEqual(
    [1, 2, 3, 4, 5].map((i) => `away/${i}`),
  )
  back.destroy()
  watcher.destroy()
})

test('the guard and the journal stay: everything is journalled for the firm conformance', async () => {
  const bad = await open('bad')
  bad.send(Buffer.from('3005000361006278', 'hex').subarray(0, 7))
  await bad.end()
  await until(() => readJournal(dir).some(({ topic }) => topic === 'v1/conformance/wills/session'))
  const entries = readJournal(dir)
  expect(new Set(entries.map(({ firm }) => firm))).toEqual(new Set(['conformance']))
  expect(entries.find(({ topic }) => topic === 'v1/conformance/TopicA/B')).toMatchObject({
    principal: 'anyone',
  })
})
