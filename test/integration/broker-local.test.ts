/** The broker's local socket and command line: deeds, wake-ups, credentials, health. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { BrokerStatus, ControlPlace, DeviceSecret, Health } from '#contract/local.ts'
import { followLocal, LocalError, socketPath } from '#runtime/local.ts'
import { BrokerProcess, freshFolder, LATHE, MILL, readJournal, until } from './brokerUnderTest.ts'
import { RawMqtt } from './rawMqtt.ts'

const root = path.resolve(import.meta.dirname, '../..')
const dir = freshFolder()
const broker = await BrokerProcess.start(dir, { BAIYUAN_BROKER_PROBES: '127.0.0.1:0' })
afterAll(async () => {
  await broker.stop('SIGKILL')
  fs.rmSync(dir, { recursive: true, force: true })
})

const entry = (more: object = {}) => ({
  id: crypto.randomUUID(),
  by: 'engineer-1',
  role: 'engineer',
  at: Date.now(),
  kind: 'quarantine.release',
  version: 1,
  body: { ids: [1] },
  ...more,
})
const statusOf = async (ask: Promise<unknown>): Promise<number> => {
  try {
    await ask
    return 200
  } catch (error) {
    if (error instanceof LocalError) return error.status
    throw error
  }
}

type Done = { code: number | null; out: string; err: string }
/** Runs the command line tool. */
function device(...args: string[]): Promise<Done> {
  const child = spawn(process.execPath, [path.join(root, 'broker/cli/device.ts'), ...args], { cwd: root })
  const done = { out: '', err: '' }
  child.stdout.on('data', (text: Buffer) => (done.out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (done.err += text.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...done })))
}

test('a deed is journalled under control/{firm}/{kind} by the person, and answered with its place', async () => {
  const deed = entry()
  const place = await broker.local<ControlPlace>('POST', '/control', { firm: 'demo-a', entry: deed })
  const found = readJournal(dir).find(({ topic }) => topic === 'control/demo-a/quarantine.release')!
  expect(place).toMatchObject({ firm: 'demo-a', offset: found.offset, commit: found.commit })
  expect(found.principal).toBe('engineer-1')
  expect(JSON.parse(String(found.payload))).toEqual(deed)
})

test.each([
  ['no firm', { entry: entry() }],
  ['a firm that is none', { firm: '../x', entry: entry() }],
  ['an unknown kind', { firm: 'demo-a', entry: entry({ kind: 'money.print' }) }],
  ['an id that is none', { firm: 'demo-a', entry: entry({ id: '1' }) }],
  ['no body at all', undefined],
])('a deed with %s is refused with 400', async (_name, body) => {
  const before = readJournal(dir).filter(({ topic }) => topic.startsWith('control/')).length
  expect(await statusOf(broker.local('POST', '/control', body))).toBe(400)
  expect(readJournal(dir).filter(({ topic }) => topic.startsWith('control/'))).toHaveLength(before)
})

test('/commits wakes a reader after each group commit, with the newest number', async () => {
  const seen: number[] = []
  const end = followLocal<{ commit: number }>(socketPath(dir, 'broker'), '/commits', ({ commit }) =>
    seen.push(commit),
  )
  await until(() => seen.length > 0)
  const { commit } = await broker.local<ControlPlace>('POST', '/control', { firm: 'demo-a', entry: entry() })
  await until(() => seen.at(-1)! >= commit)
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
  end()
})

test('status, health, readiness and metrics', async () => {
  const secret = await broker.device(MILL)
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect(secret)).toBe(0)
  client.publish(`v1/${LATHE}/count`, 'not mine', 1)
  client.publish(`v1/${MILL}/count`, 'mine', 2)
  await client.has('puback', 2)
  const status = await broker.local<BrokerStatus>('GET', '/status')
  expect(status).toMatchObject({
    connections: 1,
    accounts: { [secret.username]: { connected: true } },
    denied: {
      total: 1,
      firms: { 'demo-a': { total: 1, topics: [{ account: secret.username, topic: `v1/${LATHE}/count` }] } },
      others: { total: 0, topics: [] },
    },
    journal: { blocked: null },
  })
  expect((await broker.local<BrokerStatus>('GET', '/status?firm=demo-b')).denied.firms).toEqual({})
  const health = await broker.local<Health>('GET', '/health')
  expect(health).toMatchObject({ process: 'broker', ok: true, checks: { journal: { ok: true } } })
  expect(await broker.local('GET', '/ready')).toEqual({ ready: true })
  const metrics = await broker.local<string>('GET', '/metrics')
  expect(metrics).toMatch(/^baiyuan_broker_journalled_total\{process="broker"\} 1$/m)
  expect(metrics).toMatch(/^baiyuan_broker_denied_total\{process="broker"\} 1$/m)
  expect(metrics).not.toContain('demo-a')
  client.destroy()
})

test('the command line adds, lists, rotates and removes while the broker runs; a rotated device is closed', async () => {
  const added = await device('add', LATHE, '--data', dir)
  expect(added.code).toBe(0)
  const secret = JSON.parse(added.out) as DeviceSecret
  expect(Object.keys(secret).toSorted()).toEqual(['clientId', 'password', 'username'])
  const client = await RawMqtt.open(broker.port)
  expect(await client.connect(secret)).toBe(0)
  const [listed, again, rotated] = await Promise.all([
    device('list', '--data', dir),
    device('add', LATHE, '--data', dir),
    device('rotate', LATHE, '--data', dir),
  ])
  expect(JSON.parse(listed.out)).toContainEqual({ path: LATHE, clientId: secret.clientId, machines: [LATHE] })
  expect(again).toMatchObject({ code: 1, out: '' })
  expect(again.err).toMatch(/has a credential already/)
  await client.end()
  const next = await RawMqtt.open(broker.port)
  expect(await next.connect(JSON.parse(rotated.out) as DeviceSecret)).toBe(0)
  expect(await device('remove', LATHE, '--data', dir)).toMatchObject({ code: 0, out: '{}\n' })
  await next.end()
})

const lines = (out: string): unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

test('a service account from the command line hears the mirror of its firms, until it is removed', async () => {
  const STATUS = `v1/${LATHE}/status`
  const mirror = await broker.local<DeviceSecret>('POST', '/services', {
    name: 'mirror',
    firms: ['*'],
    mirror: true,
  })
  const writer = await RawMqtt.open(broker.port)
  expect(await writer.connect(mirror)).toBe(0)
  writer.publish(STATUS, 'retained', 1, { retain: true })
  await writer.has('puback', 1)

  const added = await device('service', 'add', 'board', '--firm', 'demo-a', '--firm', 'demo-c', '--data', dir)
  expect(added).toMatchObject({ code: 0, err: '' })
  const [secret] = lines(added.out) as [DeviceSecret]
  expect(Object.keys(secret).toSorted()).toEqual(['clientId', 'password', 'username'])
  const reader = await RawMqtt.open(broker.port)
  expect(await reader.connect(secret)).toBe(0)
  const subscriptions = ['demo-a', 'demo-b', 'demo-c'].map((firm) => ({
    topic: `v1/${firm}/+/+/+/+/status`,
    qos: 1 as const,
  }))
  reader.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  expect(await reader.next('suback')).toMatchObject({ granted: [1, 128, 1] })
  expect(await reader.next('publish')).toMatchObject({ topic: STATUS, payload: Buffer.from('retained') })
  writer.publish(STATUS, 'live', 2)
  expect(await reader.next('publish')).toMatchObject({ topic: STATUS, payload: Buffer.from('live') })

  const [listed, again, odd] = await Promise.all([
    device('service', 'list', '--data', dir),
    device('service', 'add', 'mirror', '--firm', 'demo-a', '--data', dir),
    device('service', 'add', 'odd', '--firm', 'Demo A', '--data', dir),
  ])
  expect(lines(listed.out)).toEqual([
    [
      { name: 'board', clientId: 'service:board', firms: ['demo-a', 'demo-c'], mirror: false },
      { name: 'mirror', clientId: 'service:mirror', firms: ['*'], mirror: true },
    ],
  ])
  // An account in use keeps its secret and its rights: another's connection must not end by a name chosen twice.
  expect(again).toMatchObject({ code: 1, out: '' })
  expect(again.err).toMatch(/mirror exists already/)
  expect(odd).toMatchObject({ code: 1, out: '' })
  expect(writer.closed).toBe(false)
  expect(await device('service', 'remove', 'board', '--data', dir)).toMatchObject({ code: 0, out: '{}\n' })
  await reader.end()
  expect((await device('service', 'remove', 'board', '--data', dir)).code).toBe(1)
  writer.destroy()
})

test('without a broker service accounts are added, listed and removed in the file', async () => {
  const alone = freshFolder()
  const added = await device('service', 'add', 'board', '--firm', 'demo-a', '--data', alone)
  expect(lines(added.out)).toMatchObject([{ clientId: 'service:board', username: 'service:board' }])
  expect((await device('service', 'add', 'board', '--firm', 'demo-b', '--data', alone)).code).toBe(1)
  const list = async () => lines((await device('service', 'list', '--data', alone)).out)
  expect(await list()).toEqual([
    [{ name: 'board', clientId: 'service:board', firms: ['demo-a'], mirror: false }],
  ])
  expect((await device('service', 'remove', 'board', '--data', alone)).out).toBe('{}\n')
  expect(await list()).toEqual([[]])
  expect(await device('service', 'add', 'none', '--data', alone)).toMatchObject({ code: 1, out: '' })
  fs.rmSync(alone, { recursive: true })
})

test('without a broker the command line opens the file itself; a gateway of a plant file needs no list', async () => {
  const alone = freshFolder()
  const [gateway, nobody] = await Promise.all([
    device('add', 'demo-a/gw-1', '--data', alone, '--machine', 'main/machining/l1/lathe-07', MILL),
    device('rotate', LATHE, '--data', freshFolder()),
  ])
  expect(gateway.code).toBe(0)
  expect(nobody).toMatchObject({ code: 1, out: '' })
  expect(JSON.parse((await device('list', '--data', alone)).out)).toEqual([
    { path: 'demo-a/gw-1', clientId: 'demo-a.gw-1', machines: [LATHE, MILL] },
  ])
  expect(fs.statSync(path.join(alone, 'credentials.db')).mode & 0o077).toBe(0)
  fs.rmSync(alone, { recursive: true })
})
