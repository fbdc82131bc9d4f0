/** The broker as a process of its own, killed and stopped: what was acknowledged is there afterwards. */
import fs from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import type { DeviceSecret } from '#contract/local.ts'
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
const load = async (client: RawMqtt, topic: string): Promise<{ acknowledged: Set<number>; sent: number }> => {
  let sent = 0
  const acknowledged = new Set<number>()
  while (!client.closed) {
    while (sent - acknowledged.size < 20) client.publish(topic, String(++sent), sent)
    const ack = await client.next('puback')
    if (ack && 'messageId' in ack) acknowledged.add(ack.messageId!)
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
  const first = await start(dir)
  const lathe = await first.device(LATHE)
  await first.stop()
  const broker = await start(dir, { BAIYUAN_FAILPOINT: `${point}:30` })
  const client = await connected(broker, lathe)
  const { acknowledged, sent } = await load(client, COUNT)
  expect(await broker.ended()).toBeNull()
  expect(broker.child.signalCode).toBe('SIGKILL')
  expect(sent).toBeGreaterThan(20)
  const stored = new Set(journalled(dir))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  if (point === 'journal.beforeAck') expect(stored.size).toBeGreaterThan(acknowledged.size)

  const again = await start(dir)
  const next = await connected(again, lathe)
  next.publish(COUNT, String(sent + 1), 1)
  expect(await next.next('puback')).toMatchObject({ messageId: 1 })
  expectWhole(dir)
  next.destroy()
})

test('F1 killed at random under load, again and again: nothing acknowledged is lost', async () => {
  const dir = folder()
  let broker = await start(dir)
  const lathe = await broker.device(LATHE)
  const lost: number[] = []
  for (let round = 0; round < 3; round++) {
    const client = await connected(broker, lathe)
    const before = journalled(dir).length
    const topic = COUNT
    const loading = load(client, topic)
    await until(() => client.got.length >= 0 && journalled(dir).length > before + 100 + round * 70)
    broker.child.kill('SIGKILL')
    const { acknowledged } = await loading
    await broker.ended()
    const stored = new Set(journalled(dir).slice(before))
    lost.push(...[...acknowledged].filter((n) => !stored.has(n)))
    broker = await start(dir)
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
  const broker = await start(dir)
  const lathe = await broker.device(LATHE)
  const will = { topic: `v1/${LATHE}/state`, payload: Buffer.from('gone'), qos: 1 as const, retain: false }
  const client = await connected(broker, lathe, { will })
  const loading = load(client, COUNT)
  await until(() => journalled(dir).length > 100)
  const from = performance.now()
  const code = await broker.stop('SIGTERM')
  expect(code).toBe(0)
  expect(performance.now() - from).toBeLessThan(10_000)
  const { acknowledged } = await loading
  const stored = new Set(journalled(dir))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  expect([...stored].filter((n) => !acknowledged.has(n))).toEqual([])
  expect(readJournal(dir).filter(({ payload }) => String(payload) === 'gone')).toEqual([])
  expectWhole(dir)
})

test('F17 a second SIGTERM ends it at once', async () => {
  const dir = folder()
  const broker = await start(dir, {
    NODE_OPTIONS:
      '--import=data:text/javascript,process.on("SIGTERM",()=>{const%20end=Date.now()+700;while(Date.now()<end);})',
  })
  broker.child.kill('SIGTERM')
  await broker.said(/"msg":"stopping"/)
  broker.child.kill('SIGTERM')
  const code = await broker.ended()
  expect([0, 1]).toContain(code)
})

test('F18 an uncaught error flushes what is open and exits 1; the next start is whole', async () => {
  const dir = folder()
  const thrower = '--import=data:text/javascript,process.on("SIGUSR2",()=>{throw%20new%20Error("injected")})'
  const broker = await start(dir, { NODE_OPTIONS: thrower })
  const lathe = await broker.device(LATHE)
  const client = await connected(broker, lathe)
  const loading = load(client, COUNT)
  await until(() => journalled(dir).length > 50)
  broker.child.kill('SIGUSR2')
  expect(await broker.ended()).toBe(1)
  expect(
    broker.lines().some(({ level, msg }) => level === 'fatal' && /uncaught error/.test(String(msg))),
  ).toBe(true)
  const { acknowledged } = await loading
  const stored = new Set(journalled(dir))
  expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([])
  await start(dir)
  expectWhole(dir)
})
