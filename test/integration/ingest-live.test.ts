/** What ingest tells on its local socket: the stream for those who watch, messages, counts, health. */
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Counts, LiveFrame, MessageRow } from '#contract/live.ts'
import type { FirmHealth, Health, IngestStatus, RawEntry } from '#contract/local.ts'
import { DataHealth } from '#contract/rest.ts'
import { callLocal, closeLocal, followLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { Live } from '../../ingest/live.ts'
import { Firm } from '../../ingest/firm.ts'
import { ingestMetrics } from '../../ingest/metrics.ts'
import { createRoutes } from '../../ingest/routes.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  silent,
  startIngest,
  until,
  type Running,
  type Sent,
} from '../pipelineCase.ts'

const now = Date.now()
const topic = (cls: string) => `v1/${FIRM}/${MACHINE}/${cls}`
const power = (i: number): Sent => ({
  at: now - 200_000 + i * 1000,
  topic: topic('telemetry'),
  payload: { ts: now - 200_030 + i * 1000, seq: i, boot: 'a1', v: { power_kw: i / 10 } },
})
const state: Sent = {
  at: now - 100_000,
  topic: topic('state'),
  payload: { ts: now - 100_000, seq: 1, state: 'RUN' },
}

const dir = newFolder()
const socket = socketPath(dir, 'ingest')
const reader = listReader([
  deed(now - 300_000, 'plant.put', casePlant()),
  state,
  ...Array.from({ length: 150 }, (_, i) => power(i)),
])
let running: Running
let end: () => Promise<void>

beforeAll(async () => {
  running = await startIngest(dir, { reader })
  await caughtUp(running)
  const routes = createRoutes(running.intake, running.historian, ingestMetrics(running.intake))
  const server = await serveLocal(socket, routes, silent)
  end = async () => {
    await closeLocal(server)
    await running.stop()
  }
})
afterAll(() => end())

const get = <T>(route: string) => callLocal<T>(socket, 'GET', route)

test('GET /live: a snapshot of every firm first, then deltas with only what changed, ledger wake-ups and beats', async () => {
  const frames: LiveFrame[] = []
  const stop = followLocal<LiveFrame>(socket, '/live', (frame) => frames.push(frame))
  const of = <K extends LiveFrame['kind']>(kind: K) =>
    frames.filter((frame): frame is Extract<LiveFrame, { kind: K }> => frame.kind === kind)
  await until(() => frames.length > 0, 'the snapshot')
  const [snapshot] = of('snapshot')
  expect(frames[0]).toBe(snapshot)
  expect(snapshot!.firms.map((firm) => [firm.firm, firm.machines.map((m) => m.machine)])).toEqual([
    [FIRM, [MACHINE, OTHER]],
  ])
  expect(snapshot!.firms[0]!.machines[0]).toMatchObject({
    state: 'RUN',
    values: { power_kw: { value: 14.9, quality: 'good' } },
  })
  expect(snapshot!.firms[0]!.machines[1]).toMatchObject({ state: 'UNKNOWN', since: null, values: {} })
  await until(() => of('beat').length > 0, 'a beat: what the start changed has been told by then')
  const before = of('delta').length
  reader.more([
    { at: now, topic: topic('telemetry'), payload: { ts: now, seq: 150, boot: 'a1', v: { temp_c: 55 } } },
    {
      at: now,
      topic: topic('event'),
      payload: { ts: now, seq: 1, type: 'packed', order: 'WO-1', product: 'q41f', qty: 1 },
    },
  ])
  running.intake.wake()
  await until(() => of('delta').length > before && of('ledger').length > 0, 'delta and ledger')
  expect(of('delta')[before]!.machines).toMatchObject([{ machine: MACHINE, state: 'RUN' }])
  expect(Object.keys(of('delta')[before]!.machines[0]!.values)).toEqual(['temp_c'])
  expect(of('ledger')[0]).toEqual({
    kind: 'ledger',
    firm: FIRM,
    cursor: running.intake.firms.get(FIRM)!.ledger.head().cursor,
  })
  stop()
})

const nothing = (): void => undefined

test('F11 a watcher that does not read loses deltas, not memory, and gets a fresh snapshot when it reads again', async () => {
  const folder = newFolder()
  const firm = new Firm(folder, FIRM)
  firm.putPlant(casePlant(), now, 1)
  const live = new Live(
    () => [firm.snapshot()],
    () => now,
  )
  const [slow, quick]: LiveFrame[][] = [[], []]
  let drained = nothing
  live.watch({ write: (frame) => slow!.push(frame) === 0, drained: (listener) => (drained = listener) })
  live.watch({ write: (frame) => quick!.push(frame) > 0, drained: nothing })
  for (let i = 1; i <= 5; i++) {
    live.changed(firm, firm.machine(MACHINE))
    await until(() => quick!.length === i + 1, `delta ${i}`)
  }
  expect(quick!.map((frame) => frame.kind)).toEqual(['snapshot', 'delta', 'delta', 'delta', 'delta', 'delta'])
  expect(slow!.map((frame) => frame.kind)).toEqual(['snapshot'])
  drained()
  expect(slow!.map((frame) => frame.kind)).toEqual(['snapshot', 'snapshot'])
  live.stop()
  firm.close()
})

test('GET /messages pages newest first over closed and open blocks, with the payload as received', async () => {
  const seen: number[] = []
  let before = ''
  for (;;) {
    const page = await get<MessageRow[]>(`/messages?firm=${FIRM}&machine=${MACHINE}&limit=40${before}`)
    if (page.length === 0) break
    seen.push(...page.map((row) => row.offset))
    before = `&before=${page.at(-1)!.offset}`
  }
  expect(seen.length).toBeGreaterThanOrEqual(151)
  expect(seen).toEqual(seen.toSorted((a, b) => b - a))
  const [oldest] = await get<MessageRow[]>(`/messages?firm=${FIRM}&machine=${MACHINE}&before=4&limit=1`)
  expect(oldest).toMatchObject({
    offset: 3,
    class: 'telemetry',
    boot: 'a1',
    seq: 0,
    items: 1,
    disposition: 'stored',
    reason: null,
    flags: [],
  })
  expect(JSON.parse(oldest!.payload)).toMatchObject({ seq: 0, v: { power_kw: 0 } })
  expect(await get(`/messages?firm=${FIRM}&machine=main/shop/l1/ghost`)).toEqual([])
  await expect(get('/messages?firm=other&machine=x')).rejects.toMatchObject({ status: 404 })
})

test('GET /counts balances, and GET /health-data has everything that the data health page needs from here', async () => {
  const counts = await get<Counts>(`/counts?firm=${FIRM}`)
  const { decoded, stored, duplicate, quarantined, inFlight } = counts.items
  expect(decoded).toBe(stored + duplicate + quarantined + inFlight)
  expect([inFlight, counts.unaccounted]).toEqual([0, 0])
  expect(counts.entries).toEqual({
    received: reader.heads()[0]!.offset,
    done: reader.heads()[0]!.offset,
    inFlight: 0,
  })
  expect(Object.keys(await get<Record<string, Counts>>('/counts'))).toEqual([FIRM])
  const data = await get<FirmHealth>(`/health-data?firm=${FIRM}`)
  expect(DataHealth.omit({ denied: true, journal: true }).parse(data)).toEqual(data)
  expect(data.latency.p50).toBeGreaterThan(20)
  expect(data.latency.p99).toBeLessThan(60)
  const cells = data.coverage.find((row) => row.machine === MACHINE)!.cells
  expect(cells).toHaveLength(96)
  expect(cells.at(-1)).toBe(1)
  expect(data.coverage.find((row) => row.machine === OTHER)!.cells.every((cell) => cell === null)).toBe(true)
})

test('GET /open, /entry, /status, /health and /metrics', async () => {
  const open = await get<[number, number][]>(
    `/open?firm=${FIRM}&machine=${MACHINE}&measure=power_kw&from=${now - 200_030}&to=${now - 198_000}`,
  )
  expect(open.map(([, value]) => value)).toEqual([0, 0.1, 0.2])
  expect(await get<RawEntry>(`/entry?firm=${FIRM}&offset=2`)).toMatchObject({
    topic: topic('state'),
    principal: 'device-1',
  })
  expect(await get(`/entry?firm=${FIRM}&offset=99999`)).toBeNull()
  expect((await get<IngestStatus>('/status')).ledgers[0]).toMatchObject({ firm: FIRM })
  expect((await get<Health>('/health')).checks).toEqual({
    historian: { ok: true },
    ledger: { ok: true },
    balance: { ok: true },
  })
  expect(JSON.stringify(await get('/health'))).not.toContain(FIRM)
  const metrics = await get<string>('/metrics')
  expect(metrics).toMatch(/baiyuan_items\{firm="case",end="stored",process="ingest"\} 15\d/)
  expect(path.isAbsolute(socket)).toBe(true)
})

test('an item that ends nowhere is published as unaccounted and makes the health false', async () => {
  const { tally } = running.intake.firms.get(FIRM)!
  tally.decoded += 3
  expect((await get<Counts>(`/counts?firm=${FIRM}`)).unaccounted).toBe(3)
  expect(await get<Health>('/health')).toMatchObject({
    ok: false,
    checks: { balance: { ok: false, why: '3 items ended nowhere' } },
  })
  tally.decoded -= 3
  expect(await get<Health>('/health')).toMatchObject({ ok: true, checks: { balance: { ok: true } } })
})
