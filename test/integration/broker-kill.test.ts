/** The broker as a process of its own, killed: what was acknowledged is there afterwards. */
import fs from 'node:fs'
import path from 'node:path'
import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import type { DeviceSecret } from '#contract/local.ts'
import { openJournal } from '#store/journal/writer.ts'
import { connected, COUNT, deviceIn, expectWhole, journalled, load } from './brokerLoad.ts'
import { BrokerProcess, freshFolder, LATHE, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const STATUS = `v1/${LATHE}/status`
const running: BrokerProcess[] = []
const folders: string[] = []

afterEach(async () => {
  for (const broker of running.splice(0)) await broker.stop('SIGKILL')
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})
const folder = () => {
  const dir = freshFolder()
  folders.push(dir)
  return dir
}
const start = async (dir: string, env: Record<string, string> = {}): Promise<BrokerProcess> => {
  const broker = await BrokerProcess.start(dir, env)
  running.push(broker)
  return broker
}

test.each([
  ['journal.beforeAppend', 'before the append'],
  ['journal.beforeSync', 'after the append, before the sync'],
  ['journal.beforeAck', 'after the sync, before PUBACK'],
  ['journal.afterAck', 'after PUBACK'],
])('F1 killed at %s (%s): every acknowledged message is in the journal', async (point) => {
  const dir = folder()
  const lathe = deviceIn(dir)
  const broker = await start(dir, { BAIYUAN_FAILPOINT: `${point}:30` })
  const client = await connected(broker, lathe)
  const { acknowledged, sent } = await load(client, COUNT)
  expect(await broker.ended()).toBeNull()
  expect(broker.child.signalCode).toBe('SIGKILL')
  expect(sent).toBeGreaterThan(20)
  const stored = new Set(journalled(dir))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  // Killed between sync and PUBACK, there must be messages that are stored and were never acknowledged.
  expect(stored.size - acknowledged.size).toBeGreaterThanOrEqual(point === 'journal.beforeAck' ? 1 : 0)

  const journal = await openJournal({ dir: path.join(dir, 'journal'), log: pino({ level: 'silent' }) })
  await journal.append({ topic: COUNT, principal: lathe.username, payload: Buffer.from(String(sent + 1)) })
  await journal.close()
  expectWhole(dir)
})

test('F1 killed at random under load, again and again: nothing acknowledged is lost', async () => {
  const dir = folder()
  const lathe = deviceIn(dir)
  const lost: number[] = []
  let before = 0
  for (let round = 0; round < 2; round++) {
    const broker = await start(dir)
    const client = await connected(broker, lathe)
    const killAt = 100 + Math.random() * 400
    const { acknowledged } = await load(client, COUNT, (n) => n > killAt && broker.child.kill('SIGKILL'))
    await broker.ended()
    const stored = journalled(dir).slice(before)
    before += stored.length
    expect(acknowledged.size).toBeGreaterThan(0)
    lost.push(...[...acknowledged].filter((n) => !stored.includes(n)))
  }
  expect(lost).toEqual([])
})

test('subscriptions, retained messages and the queue of an offline session survive kill -9', async () => {
  const dir = folder()
  const broker = await start(dir)
  const mirror = await broker.local<DeviceSecret>('POST', '/services', {
    name: 'ingest',
    firms: ['*'],
    mirror: true,
  })
  const reader = await broker.local<DeviceSecret>('POST', '/services', { name: 'wall', firms: ['demo-a'] })
  const wall = await connected(broker, reader, { clean: false })
  wall.send({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [{ topic: 'v1/demo-a/+/+/+/+/status', qos: 1 }],
  })
  await wall.next('suback')
  wall.destroy()
  await until(async () => {
    const { accounts } = await broker.local<{ accounts: Record<string, { connected: boolean }> }>(
      'GET',
      '/status',
    )
    return accounts[reader.username]?.connected === false
  })
  const ingest = await connected(broker, mirror)
  for (let i = 1; i <= 50; i++) ingest.publish(STATUS, `status ${i}`, i, { retain: i === 50 })
  await ingest.has('puback', 50)
  // The acknowledgement of the mirror is sent before it is routed; a later answer is sent after.
  ingest.send({ cmd: 'pingreq' })
  await ingest.next('pingresp')
  await broker.stop('SIGKILL')

  const again = await start(dir)
  const back = await RawMqtt.open(again.port)
  expect(await back.connect(reader, { clean: false })).toBe(0)
  await back.has('publish', 50)
  const payloads = back.got.flatMap((packet) => (packet.cmd === 'publish' ? [String(packet.payload)] : []))
  expect(payloads).toEqual(Array.from({ length: 50 }, (_, i) => `status ${i + 1}`))
  const late = await connected(
    again,
    await again.local('POST', '/services', { name: 'late', firms: ['demo-a'] }),
  )
  late.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: STATUS, qos: 0 }] })
  expect(await late.next('publish')).toMatchObject({ retain: true, payload: Buffer.from('status 50') })
  back.destroy()
  late.destroy()
})
