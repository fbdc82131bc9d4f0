/** The broker as a process of its own, stopped: it takes no more, says what it has, and goes. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { connected, COUNT, deviceIn, expectWhole, journalled, load } from './brokerLoad.ts'
import { BrokerProcess, freshFolder, LATHE, readJournal } from './brokerUnderTest.ts'

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
/** Runs a module before the broker's own. */
const preload = (dir: string, source: string): Record<string, string> => {
  const file = path.join(dir, 'preload.mjs')
  fs.writeFileSync(file, source)
  return { NODE_OPTIONS: `--import=${file}` }
}
const THROWER = `process.on('SIGUSR2', () => { throw new Error('injected') })`
const SLOW_STOP = `import { Broker } from '${path.resolve(import.meta.dirname, '../../broker/broker.ts')}'
Broker.prototype.stop = () => new Promise((done) => setTimeout(done, 60_000))`

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
