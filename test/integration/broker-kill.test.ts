/** The broker as a process of its own, killed and stopped: what was acknowledged is there afterwards. */
import fs from 'node:fs'
import path from 'node:path'
import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import { addDevice, isRefused } from '../../broker/devices.ts'
import type { DeviceSecret } from '#contract/local.ts'
import { openCredentials } from '#store/credentials/credentials.ts'
import { openJournal } from '#store/journal/writer.ts'
import { BrokerProcess, freshFolder, LATHE, readJournal, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const COUNT = `v1/${LATHE}/count`
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
const start = async (
  dir: string,
  env: Record<string, string> = {},
  args: string[] = [],
): Promise<BrokerProcess> => {
  const broker = await BrokerProcess.start(dir, env, args)
  running.push(broker)
  return broker
}
/** A credential, made while no broker runs. */
const deviceIn = (dir: string): DeviceSecret => {
  const credentials = openCredentials(path.join(dir, 'credentials.db'))
  const secret = addDevice(credentials, { path: LATHE }, Date.now())
  credentials.close()
  if (isRefused(secret)) throw new Error(secret.error)
  return secret
}
/** Runs a module before the broker's own. */
const preload = (dir: string, source: string): Record<string, string> => {
  const file = path.join(dir, 'preload.mjs')
  fs.writeFileSync(file, source)
  return { NODE_OPTIONS: `--import=${file}` }
}
const THROWER = `process.on('SIGUSR2', () => { throw new Error('injected') })`
const SLOW_STOP = `import { Broker } from '${path.resolve(import.meta.dirname, '../../broker/broker.ts')}'
Broker.prototype.stop = () => new Promise((done) => setTimeout(done, 60_000))`

const connected = async (
  broker: BrokerProcess,
  secret: DeviceSecret,
  more: object = {},
): Promise<RawMqtt> => {
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect(secret, more)).toBe(0)
  return client
}
/** Sends 1, 2, 3 … with at most 20 in flight until the connection ends. Returns what was acknowledged. */
const load = async (
  client: RawMqtt,
  topic: string,
  each: (acknowledged: number) => unknown = () => undefined,
): Promise<{ acknowledged: Set<number>; sent: number }> => {
  let sent = 0
  const acknowledged = new Set<number>()
  while (!client.closed) {
    while (sent - acknowledged.size < 20) client.publish(topic, String(++sent), sent)
    const ack = await client.next('puback')
    if (ack && 'messageId' in ack) acknowledged.add(ack.messageId!)
    each(acknowledged.size)
  }
  for (const packet of client.got) if (packet.cmd === 'puback') acknowledged.add(packet.messageId!)
  return { acknowledged, sent }
}
const journalled = (dir: string) =>
  readJournal(dir)
    .filter(({ topic }) => topic === COUNT)
    .map(({ payload }) => Number(payload))

/** Offsets per firm without holes, and each number once, in the order sent. */
const expectWhole = (dir: string) => {
  const entries = readJournal(dir)
  expect(entries.map(({ offset }) => offset)).toEqual(entries.map((_, i) => i + 1))
  const numbers = journalled(dir)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  expect(new Set(numbers).size).toBe(numbers.length)
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
  if (point === 'journal.beforeAck') expect(stored.size).toBeGreaterThan(acknowledged.size)

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

test('F17 SIGTERM under load: what was accepted is stored and acknowledged, no will is sent, exit 0 within 10 s', async () => {
  const dir = folder()
  const lathe = deviceIn(dir)
  const broker = await start(dir)
  const will = { topic: `v1/${LATHE}/state`, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  const client = await connected(broker, lathe, { will })
  let from = Infinity
  const { acknowledged } = await load(client, COUNT, (n) => {
    if (n !== 100) return
    from = performance.now()
    broker.child.kill('SIGTERM')
  })
  expect(await broker.ended()).toBe(0)
  expect(performance.now() - from).toBeLessThan(10_000)
  const stored = new Set(journalled(dir))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  expect([...stored].filter((n) => !acknowledged.has(n))).toEqual([])
  expect(readJournal(dir).filter(({ payload }) => String(payload) === 'gone')).toEqual([])
  expectWhole(dir)
})

test('F17 a second SIGTERM ends it at once', async () => {
  const dir = folder()
  const broker = await start(dir, preload(dir, SLOW_STOP))
  broker.child.kill('SIGTERM')
  await broker.said(/"msg":"stopping"/)
  await new Promise((done) => setTimeout(done, 400)) // two signals within 300 ms count as one
  const from = performance.now()
  expect(await broker.stop('SIGTERM')).toBe(1)
  expect(performance.now() - from).toBeLessThan(5000)
})

test('F18 an uncaught error flushes what is open and exits 1', async () => {
  const dir = folder()
  const lathe = deviceIn(dir)
  const broker = await start(dir, preload(dir, THROWER))
  const client = await connected(broker, lathe)
  const { acknowledged } = await load(client, COUNT, (n) => n === 50 && broker.child.kill('SIGUSR2'))
  expect(await broker.ended()).toBe(1)
  expect(
    broker.lines().some(({ level, msg }) => level === 'fatal' && /uncaught error/.test(String(msg))),
  ).toBe(true)
  const stored = new Set(journalled(dir))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  expectWhole(dir)
})
