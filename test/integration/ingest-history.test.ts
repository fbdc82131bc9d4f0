/** Months of a plant's past, brought in by one account as day batches through the real broker while devices go on talking. */
import path from 'node:path'
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_ITEMS } from '#contract/envelope.ts'
import type { MachineLive } from '#contract/live.ts'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { controlTopic } from '#contract/topics.ts'
import { segmentsOf } from '#domain/telemetry/states.ts'
import { DAY, MINUTE } from '#domain/time.ts'
import type { Historian } from '#store/historian/historian.ts'
import { openMemory } from '#store/historian/memory.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { dataHealth } from '../../ingest/dataHealth.ts'
import { Intake } from '../../ingest/intake.ts'
import { announce } from '../../ingest/stages/announce.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { historyItems, type WorksItem } from '../../simulators/works/items.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import { worksName } from '../../simulators/works/signals.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  silent,
  startIngest,
  T0,
  until,
  type Running,
} from '../pipelineCase.ts'
import { openLocalBroker, type LocalBroker } from './brokerUnderTest.ts'

const PLANT_FIRM = 'demo-a'
const LATHE = 'main/machining/l1/lathe-07'
const DAYS = 3
const BASELINE = { name: 'baseline', from: null } as const

type Item = { readonly ts: number; readonly seq: number } & Record<string, unknown>
type Batch = { readonly machine: string; readonly cls: WorksItem['class']; readonly items: Item[] }

const reading = readPlantFolder(path.resolve(import.meta.dirname, '../../plants')).find(
  ({ firm }) => firm === PLANT_FIRM,
)!.reading
if ('faults' in reading) throw new Error('the plant file is faulty')
const { plant } = reading

/** The items of a day by machine and class, states with the time up to which a device repeats them every minute. */
function batchesOf(day: DayTruth, seqs: Map<string, number>): Batch[] {
  const groups = Map.groupBy(historyItems(day, plant.machines), (item) => `${item.machine} ${item.class}`)
  return [...groups].flatMap(([key, list]) => {
    const items = list.map(({ ts, body, class: cls }, i): Item => {
      const seq = (seqs.get(key) ?? 0) + 1
      seqs.set(key, seq)
      const end = list[i + 1]?.ts ?? day.to
      const repeated = ts + Math.floor((end - 1 - ts) / MINUTE) * MINUTE
      return { ts, seq, ...body, ...(cls === 'state' ? { until: repeated } : {}) }
    })
    const { machine, class: cls } = list[0]!
    const parts = Math.ceil(items.length / MAX_ITEMS)
    return Array.from({ length: parts }, (_, i) => ({
      machine,
      cls,
      items: items.slice(i * MAX_ITEMS, (i + 1) * MAX_ITEMS),
    }))
  })
}

const days: DayTruth[] = []
const batches: Batch[] = []
let broker: LocalBroker
let running: Running
let importer: MqttClient
let device: MqttClient
let before: MachineLive[]
let after: MachineLive[]
let liveItems = 0
const delays: number[] = []

const openStore = (dir: string) => openHistorian('sqlite:', { dir: path.join(dir, 'historian'), log: silent })
const firmOf = (its: Running) => its.intake.firms.get(PLANT_FIRM)!
/** Everything that was acknowledged is in the ledger. */
async function settled(): Promise<void> {
  await caughtUp(running)
  await until(() => firmOf(running).stored === running.intake.cursor, 'the ledger')
}
const machinesNow = () => firmOf(running).snapshot().machines
const send = ({ machine, cls, items }: Batch) =>
  importer.publishAsync(
    `v1/${PLANT_FIRM}/${machine}/${cls}`,
    JSON.stringify({ boot: 'history', at: Date.now(), items }),
    { qos: 1 },
  )

/** A device that tells its power and its state. */
async function tell(): Promise<void> {
  const ts = Date.now()
  const own = { ts, seq: liveItems / 2, boot: 'live', at: ts }
  const topic = `v1/${PLANT_FIRM}/${LATHE}`
  liveItems += 2
  await device.publishAsync(`${topic}/telemetry`, JSON.stringify({ ...own, v: { power_kw: 4 } }), { qos: 1 })
  await device.publishAsync(`${topic}/state`, JSON.stringify({ ...own, state: 'RUN', order: 'WO-now' }), {
    qos: 1,
  })
}

beforeAll(async () => {
  let works = warmWorks(7, '2026-03-09', BASELINE)
  for (let i = 0; i < DAYS; i++) {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(BASELINE, works.date) })
    days.push(truth)
    works = next
  }
  const seqs = new Map<string, number>()
  for (const day of days) batches.push(...batchesOf(day, seqs))
  broker = await openLocalBroker()
  const put = deed(Date.now(), 'plant.put', plant)
  await broker.journal.append({
    topic: controlTopic(PLANT_FIRM, 'plant.put'),
    principal: 'engineer-1',
    payload: Buffer.from(JSON.stringify(put.payload)),
  })
  const paths = plant.machines.map((machine) => `${PLANT_FIRM}/${machine.path}`)
  const connect = (name: string) =>
    mqtt.connectAsync({
      host: '127.0.0.1',
      port: broker.port,
      ...broker.device(`${PLANT_FIRM}/${name}`, paths),
    })
  ;[importer, device] = [await connect('import'), await connect('live')]
  running = await startIngest(broker.dir, { historian: await openStore(broker.dir) })
  broker.journal.onCommit(() => running.intake.wake())
  await tell()
  await until(() => machinesNow().some(({ state }) => state === 'RUN'), 'the present')
  before = machinesNow()

  running.intake.live.watch({
    drained: () => undefined,
    write(frame) {
      if (frame.kind !== 'delta') return true
      for (const { machine, values } of frame.machines)
        if (machine === LATHE && values['power_kw']) delays.push(Date.now() - values['power_kw'].ts)
      return true
    },
  })
  const end = new AbortController()
  const talking = (async () => {
    for (; !end.signal.aborted; await sleep(50)) await tell()
  })()
  const queue = batches.values()
  const worker = async () => {
    for (const batch of queue) await send(batch)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  end.abort()
  await talking
  await settled()
  after = machinesNow()
}, 60_000)

afterAll(async () => {
  await Promise.all([importer.endAsync(true), device.endAsync(true)])
  await running.stop()
  await running.historian.close()
  await broker.stop()
})

const sentItems = () => batches.reduce((sum, { items }) => sum + items.length, 0)
const readLedger = () => openLedgerReader(firmOf(running).ledger.file)

test('every item is stored once; sent again it is a duplicate', async () => {
  const { tally } = firmOf(running)
  expect(sentItems()).toBeGreaterThan(DAYS * 7000)
  expect(tally).toMatchObject({ stored: sentItems() + liveItems, duplicate: 0, quarantined: 0, gapItems: 0 })
  const again = batches.filter(({ machine }) => machine === LATHE)
  for (const batch of again) await send(batch)
  const repeats = again.reduce((sum, { items }) => sum + items.length, 0)
  await until(() => tally.duplicate === repeats, 'the repeats')
  expect(tally).toMatchObject({ stored: sentItems() + liveItems, quarantined: 0 })
})

test('the states read from the ledger are the segments that truly were', () => {
  const ledger = readLedger()
  const [from, to] = [days[0]!.from, days.at(-1)!.to]
  const machines = plant.machines.filter((machine) => days[0]!.machines[worksName(machine)])
  expect(machines.length).toBeGreaterThan(40)
  for (const machine of machines) {
    const truth = days.flatMap((day) => day.machines[worksName(machine)]!.segments)
    const runs = truth.map(({ from: ts, to: end, state, reason }) => ({ ts, lastTs: end, state, reason }))
    expect(ledger.states(machine.path, from, to)).toEqual(segmentsOf(runs, 1, from, to))
  }
  ledger.close()
})

test('events are found in the past of their machines, and none of them on the live bus', () => {
  const ledger = readLedger()
  const sent = batches.filter(({ cls }) => cls === 'event')
  expect(sent.length).toBeGreaterThan(0)
  for (const [machine, its] of Map.groupBy(sent, (batch) => batch.machine)) {
    const found = ledger.machineEvents(machine, days[0]!.from, days.at(-1)!.to)
    const told = its.flatMap(({ items }) => items.map(({ seq: _seq, ...event }) => event))
    expect(found.map(({ ts, type, fields }) => ({ ts, type, ...fields }))).toEqual(told)
  }
  expect(ledger.events(0, 10_000).filter(({ kind }) => kind === 'machine.event')).toEqual([])
  ledger.close()
})

const present = (machines: readonly MachineLive[]) =>
  machines
    .filter(({ machine }) => machine !== LATHE)
    .map(({ values: _values, ...now }) => now)
    .toSorted((a, b) => (a.machine < b.machine ? -1 : 1))

const lathe = (machines: readonly MachineLive[]) => machines.find(({ machine }) => machine === LATHE)!

test('the present stays as it was: no machine runs, works on an order or was heard of because of its past', () => {
  expect(present(after)).toEqual(present(before))
  expect(lathe(after)).toMatchObject({ state: 'RUN', since: lathe(before).since, order: 'WO-now' })
  expect(Math.max(...delays)).toBeLessThan(1000)
  expect(delays.length).toBeGreaterThan(5)
})

const readingsStored = async (its: Running, dir: string) => {
  const reader = await openHistorianReader('sqlite:', {
    dir: path.join(dir, 'historian'),
    openMinutes: (series, from, to) => Promise.resolve(its.historian.openReadings(series, from, to)),
  })
  const all = plant.machines.flatMap(({ path: machine, measures }) =>
    ['state', ...measures.map(({ name }) => name)].map((measure) => ({
      firm: PLANT_FIRM,
      machine,
      measure,
    })),
  )
  const found = await Promise.all(all.map((series) => reader.raw(series, 0, Date.now() + DAY, 100_000)))
  await reader.close()
  return found.flat()
}

test('readings older than the historian keeps are counted and not written, live, replayed and read again', async () => {
  const kept = batches.filter(({ cls }) => cls !== 'event').reduce((sum, { items }) => sum + items.length, 0)
  const { aged } = firmOf(running).tally
  expect(aged).toBe(kept)
  const health = dataHealth(running.intake, firmOf(running), 'sqlite', Date.now())
  expect(health.historian).toMatchObject({ ok: true, aged })

  const live = await readingsStored(running, broker.dir)
  expect(live).toHaveLength(liveItems)

  const replay = async (dir: string) => {
    const reader = openJournalReader(path.join(broker.dir, 'journal'))
    const its = await startIngest(dir, { historian: await openStore(dir), reader })
    await caughtUp(its)
    const found = await readingsStored(its, dir)
    const { tally } = firmOf(its)
    await its.stop()
    await its.historian.close()
    return { found, tally }
  }
  const dir = newFolder()
  const replayed = await replay(dir)
  expect(replayed.tally).toEqual(firmOf(running).tally)
  expect(replayed.found).toEqual(live)
  const readAgain = await replay(dir) // nothing is new to the ledger or the historian
  expect(readAgain).toEqual(replayed)
})

const power = (seq: number) => ({
  at: T0 + DAY,
  topic: `v1/${FIRM}/${MACHINE}/telemetry`,
  payload: { ts: T0 + seq, seq, boot: 'a', v: { power_kw: seq } },
})

const slow: typeof announce = (work, live, latency) => {
  for (const end = performance.now() + 12; performance.now() < end;);
  announce(work, live, latency)
}

test('a long commit lets timers and sockets in, and no ledger holds half of it, also when a reading in it is refused', async () => {
  const list = Array.from({ length: 9 }, (_, seq) => power(seq)) // with the plant one commit
  const reader = listReader([deed(T0, 'plant.put', casePlant()), ...list])
  expect(reader.head()).toBe(1)
  const memory = openMemory()
  const historian: Historian = {
    ...memory,
    async write(readings, commit) {
      const refused = readings.filter(({ value }) => value === 1).map((bad) => ({ reading: bad, why: 'bad' }))
      const result = await memory.write(readings, commit)
      return refused.length > 0 ? { ok: true, refused } : result
    },
  }
  const options = { dir: newFolder(), reader, historian, log: silent, stages: { announce: slow } }
  const intake = new Intake(options)
  await intake.start()
  const seen = new Set<number>()
  while (intake.cursor === 0) {
    await breathe()
    const firm = intake.firms.get(FIRM)
    if (!firm || intake.cursor > 0) continue
    seen.add(firm.offset)
    expect(firm.ledger.progress()).toBeNull()
  }
  expect(seen.size).toBeGreaterThan(5)
  const { tally } = intake.firms.get(FIRM)!
  await until(() => tally.quarantined > 0 && intake.feed.lag === 0, 'the refused reading')
  expect(tally).toMatchObject({ stored: 8, quarantined: 1, gapItems: 0 })
  await intake.stop()
})

test('a log that reaches up to now says what is; one that ended more than a day ago does not, whatever it gives as its send time', async () => {
  const now = T0 + 30 * DAY
  const said = (machine: string, cls: string, payload: object) => ({
    at: now,
    topic: `v1/${FIRM}/${machine}/${cls}`,
    payload: { seq: 1, boot: 'log', ...payload },
  })
  const work = { order: 'WO-1', product: 'q41f', operation: 'la-10' }
  const start = { type: 'order_start', ...work, planned_qty: 5 }
  const reader = listReader([
    deed(T0, 'plant.put', casePlant()),
    said(MACHINE, 'state', { ts: now - 2 * DAY, until: now - MINUTE, at: now, state: 'RUN' }),
    said(MACHINE, 'event', { ts: now - DAY / 2, ...start }),
    said(OTHER, 'state', { ts: now - 2 * DAY, until: now - DAY - MINUTE, state: 'RUN', ...work }),
    said(OTHER, 'event', { ts: now - 2 * DAY, ...start }),
    said(OTHER, 'count', { ts: now - 2 * DAY, v: { kwh: 12 } }),
  ])
  const its = await startIngest(newFolder(), { reader })
  await caughtUp(its)
  const [first, second] = its.intake.firms.get(FIRM)!.snapshot().machines
  const heard = { state: 'RUN', since: now - 2 * DAY, order: 'WO-1', receivedAt: now }
  expect(first).toMatchObject(heard)
  const silence = { state: 'UNKNOWN', since: null, order: null, receivedAt: null }
  expect(second).toMatchObject({ ...silence, values: { kwh: { value: 12, ts: now - 2 * DAY } } })
  await its.stop()
  const ledger = openLedgerReader(its.intake.firms.get(FIRM)!.ledger.file)
  const told = ledger.events(0, 100).filter(({ kind }) => kind === 'machine.event')
  expect(told.map(({ body }) => (JSON.parse(body) as { machine: string }).machine)).toEqual([MACHINE])
  expect([MACHINE, OTHER].map((machine) => ledger.machineEvents(machine, 0, now).length)).toEqual([1, 1])
  ledger.close()
})
