/** What is served besides the data: the page, the descriptions and their viewer, probes, and deeds as HTTP. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '#runtime/log.ts'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { neighboursAt } from '../../api/neighbours.ts'
import { Upstream } from '../../api/upstream.ts'
import { FakeLedger, Fixture, MACHINE, NOW } from './apiFixture.ts'

const api = new Fixture()
let manager = ''

beforeAll(async () => {
  await api.start()
  manager = api.person('manager')
})
afterAll(() => api.stop())

test('an unbuilt page says so, a built one answers its own addresses and caches only what is hashed', async () => {
  const missing = await api.call('GET', '/wall')
  expect(missing.status).toBe(503)
  expect(missing.text).toContain('npm run build')
  const dist = api.ports.page
  fs.mkdirSync(path.join(dist, 'assets'), { recursive: true })
  fs.writeFileSync(path.join(dist, 'index.html'), '<!doctype html><title>百元</title>')
  fs.writeFileSync(path.join(dist, 'assets', 'index-abc123.js'), 'export {}')
  for (const address of ['/', '/wall', '/machines/main.machining.l1.lathe-07', '/setup?token=x']) {
    const page = await api.call('GET', address)
    expect(page.text).toContain('<title>百元')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(page.headers.get('referrer-policy')).toBe('no-referrer')
  }
  const asset = await api.call('GET', '/assets/index-abc123.js')
  expect(asset.headers.get('cache-control')).toContain('immutable')
  for (const none of ['/assets/none.js', '/none.js', '/../people.db', '/%2e%2e/people.db', '/api/none'])
    expect((await api.call('GET', none)).status).toBe(404)
})

test('OpenAPI, AsyncAPI and their viewer come from our own files', async () => {
  const open = await api.call('GET', '/api/v1/openapi.json')
  expect(open.body.openapi).toBe('3.1.0')
  expect(open.body.paths['/firms/{firm}/quarantine/decide'].post.responses['409']).toBeDefined()
  expect((await api.call('GET', '/api/v1/asyncapi.json')).body.asyncapi).toBe('3.0.0')
  const viewer = await api.call('GET', '/api/docs/')
  const sources = [...viewer.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source!)
  expect(sources).toHaveLength(4)
  for (const source of sources) {
    expect(source).toMatch(/^\/api\/docs\//)
    expect((await api.call('GET', source)).status).toBe(200)
  }
  expect(viewer.text).not.toMatch(/<script>/)
})

test('/health asks every process, is 503 when one fails, and names no firm; /ready follows the pipeline', async () => {
  const health = await api.call('GET', '/health')
  expect(health.status).toBe(503)
  expect(health.body).toEqual({
    process: 'baiyuan',
    ok: false,
    checks: {
      'api.live': { ok: false, why: 'no word from ingest' },
      'api.ledgers': { ok: true },
      'api.plants': { ok: true },
      ingest: { ok: true },
    },
  })
  expect(health.text).not.toContain('demo-')
  expect((await api.call('GET', '/ready')).status).toBe(503)
})

test('/ready is true only while the pipeline lives and both the broker and ingest answer', async () => {
  const whole = new Upstream()
  Object.defineProperty(whole, 'alive', { get: () => true })
  const one = await new Fixture({ upstream: whole }).start()
  const ready = async () => (await one.call('GET', '/ready')).body
  const silent = { reachable: { ok: false, why: 'does not answer' } }
  const broker = { process: 'broker', ok: true, checks: {} }
  const ingest = { process: 'ingest', ok: true, checks: {} }
  one.neighbours = [broker, ingest]
  expect(await ready()).toEqual({ ready: true })
  // A broker with a damaged part of its journal still takes messages.
  one.neighbours = [{ ...broker, ok: false, checks: { journalWhole: { ok: false } } }, ingest]
  expect(await ready()).toEqual({ ready: true })
  one.neighbours = [broker, ingest, { process: 'simulators', ok: false, checks: silent }]
  expect(await ready()).toEqual({ ready: true })
  for (const down of [
    [{ ...broker, ok: false, checks: silent }, ingest],
    [broker, { ...ingest, ok: false, checks: silent }],
    [broker],
  ]) {
    one.neighbours = down
    expect(await ready()).toEqual({ ready: false })
    expect((await one.call('GET', '/ready')).status).toBe(503)
  }
  await one.stop()
})

test('/health includes the simulators while they run; without them nothing is missing', async () => {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'api-'))
  const log = createLog('test')
  const serve = (process: string, ok: boolean) =>
    serveLocal(
      socketPath(data, process),
      { answers: { 'GET /health': () => ({ body: { process, ok, checks: {} } }) } },
      log,
    )
  const broker = await serve('broker', true)
  const ask = neighboursAt(data)
  const down = { ok: false, checks: { reachable: { ok: false, why: 'does not answer' } } }
  expect(await ask()).toEqual([
    { process: 'broker', ok: true, checks: {} },
    { process: 'ingest', ...down },
  ])
  const simulators = await serve('simulators', false)
  expect((await ask())[2]).toEqual({ process: 'simulators', ok: false, checks: {} })
  await closeLocal(simulators)
  fs.writeFileSync(socketPath(data, 'simulators'), '') // what a killed process leaves: nobody listens
  expect(await ask()).toHaveLength(2)
  await closeLocal(broker)
  fs.rmSync(data, { recursive: true })
})

test('a ledger that cannot be opened yet is like no firm, told once, and seen in health without its name', async () => {
  const cookie = api.person('viewer', ['demo-new'])
  api.broken.add('demo-new')
  for (let i = 0; i < 2; i++)
    expect((await api.call('GET', '/api/v1/firms/demo-new/events', { cookie })).status).toBe(404)
  expect(api.told).toEqual(['demo-new'])
  const health = await api.call('GET', '/health')
  expect(health.body.checks['api.ledgers'].ok).toBe(false)
  expect(health.text).not.toContain('demo-new')
  api.broken.delete('demo-new')
  api.ledgersByFirm.set('demo-new', new FakeLedger('demo-new'))
  expect((await api.call('GET', '/api/v1/firms/demo-new/events', { cookie })).status).toBe(200)
})

test('data health balances and shows nothing of another firm', async () => {
  const { status, body, text } = await api.call('GET', '/api/v1/firms/demo-a/health', { cookie: manager })
  expect(status).toBe(200)
  expect(body.journal).toEqual({ offset: 9, hash: 'abc', ok: true, why: null, freeShare: 0.5 })
  expect(body.denied).toEqual({
    total: 3,
    topics: [
      { account: 'demo-a.gw-1', topic: 'v1/demo-a/x/newest', at: NOW },
      { account: 'demo-a.gw-1', topic: 'v1/demo-a/x/older', at: NOW - 1 },
    ],
  })
  expect(text).not.toContain('demo-b')
})

const fact = { machine: MACHINE, class: 'count', item: { ts: NOW, v: { good: 3 } } }
const put = (headers: Record<string, string> = {}) =>
  api.call('POST', '/api/v1/firms/demo-a/facts', { cookie: manager, body: fact, headers })

test('a deed is accepted with its result, under the person’s name and the key the caller gave', async () => {
  const id = randomUUID()
  const answer = await put({ 'idempotency-key': id })
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({ id, status: 'accepted', offset: 3, result: { done: 1 } })
  expect(api.deeds.at(-1)).toMatchObject({
    firm: 'demo-a',
    entry: { id, by: 'manager-1', role: 'manager', at: api.now, kind: 'fact.put', version: 1, body: fact },
  })
  expect((await put({ 'idempotency-key': 'not a uuid' })).status).toBe(400)
})

test('a refused deed is 409 with the named reason, one without an answer in 300 ms is 202', async () => {
  api.onDeed = ({ firm, entry }) => {
    api.ledgersByFirm.get(firm)!.add('control.refused', { reason: 'bad_body', detail: 'no fact' }, entry.id)
    api.ledgers.look(firm)
  }
  const refused = await put()
  expect(refused.status).toBe(409)
  expect(refused.body).toMatchObject({ type: '/problems/bad_body', status: 409, detail: 'no fact' })
  api.onDeed = null
  const pending = await put()
  expect(pending.status).toBe(202)
  expect(pending.body).toMatchObject({ status: 'pending', offset: 3 })
})

test('an answer that comes late, but within 300 ms, is waited for', async () => {
  api.onDeed = ({ firm, entry }) => {
    setTimeout(() => {
      api.ledgersByFirm.get(firm)!.add('control.accepted', { result: {} }, entry.id)
      api.ledgers.look(firm)
    }, 50)
  }
  expect((await put()).status).toBe(200)
})

test('a quarantined item shows its raw message', async () => {
  const { body } = await api.call('GET', '/api/v1/firms/demo-a/quarantine/41', { cookie: manager })
  expect(body).toMatchObject({
    id: 41,
    reason: 'out_of_range',
    topic: 'v1/demo-a/x',
    payload: 'raw-demo-a',
    stands: null,
  })
})
