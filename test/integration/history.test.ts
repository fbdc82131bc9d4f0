/**
 * A short past of the demo plant brought in at a real broker and a real ingest, with the simulators killed while it is made and while it
 * is told: every item stored once, the states those of the truth, nothing told twice by the living plant, nothing again at the next start.
 */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Counts } from '#contract/live.ts'
import type { DeviceRow, HistoryProgress, IngestStatus, SimulationRun } from '#contract/local.ts'
import { readPlantFolder } from '#contract/plantFolder.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY } from '#domain/time.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { openMornings } from '#store/truth/mornings.ts'
import { batchesOf, HISTORY_BOOT, payloadOf, type Seqs } from '../../simulators/history/batches.ts'
import { lastDay, readRecord, recordFile, type HistoryRecord } from '../../simulators/history/record.ts'
import { addDays, startOf } from '../../simulators/works/calendar.ts'
import { Chain } from '../../simulators/works/chain.ts'
import { historyItems } from '../../simulators/works/items.ts'
import { worksName } from '../../simulators/works/signals.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import { deed } from '../pipelineCase.ts'
import { BrokerProcess, freshFolder, readJournal } from './brokerUnderTest.ts'
import { eventually, Process } from './simulatorUnderTest.ts'

const FIRM = 'demo-a'
const DAYS = 6

const folder = path.resolve(import.meta.dirname, '../../plants')
const { plant } = readPlantFolder(folder).find(({ firm }) => firm === FIRM)!.reading as { plant: Plant }

type Message = { readonly boot: string; readonly at: number; readonly items?: readonly Item[] } & Item
type Item = { readonly seq: number; readonly ts: number }
/** As received: batches are one entry, the items of a message with one are its own. */
type Heard = { readonly key: string; readonly boot: string; readonly ts: number; readonly text: string }

const ofPast = ({ boot }: Heard): boolean => boot === HISTORY_BOOT

const data = freshFolder()
let broker: BrokerProcess
let ingest: Process
let simulators: Process
let record: HistoryRecord
/** When it was killed. */
let cut: HistoryRecord
let truth: DayTruth[]
let afterFirst: Heard[]

const simulate = () =>
  new Process('simulators/main.ts', ['--data', data, '--mqtt', `127.0.0.1:${broker.port}`], {
    BAIYUAN_SIM_HISTORY: String(DAYS),
    BAIYUAN_LOG: 'warn',
  })
const history = async (): Promise<HistoryProgress | null> => {
  const runs = await callLocal<SimulationRun[]>(socketPath(data, 'simulators'), 'GET', '/runs')
  return runs.find(({ firm }) => firm === FIRM)?.history ?? null
}
const reached = (what: string, is: (progress: HistoryProgress) => boolean) =>
  eventually(what, async () => {
    const progress = await history()
    return progress && is(progress) ? progress : null
  })
const settled = () =>
  eventually('ingest is through', async () => {
    const { lag, historian } = await callLocal<IngestStatus>(socketPath(data, 'ingest'), 'GET', '/status')
    return lag === 0 && historian.lag === 0 ? true : null
  })

function heardNow(): Heard[] {
  const device = readJournal(data).filter(({ firm, topic }) => firm === FIRM && topic.startsWith('v1/'))
  return device.flatMap(({ topic, payload }) => {
    const { boot, at: _at, items, ...own } = JSON.parse(payload.toString()) as Message
    return (items ?? [own]).map((item) => {
      const { seq, ts } = item
      return { key: `${topic} ${boot} ${seq}`, boot, ts, text: JSON.stringify(item) }
    })
  })
}

/** What the history must be, made anew from the mornings of the works. */
function expectedItems(): Map<string, string> {
  const expected = new Map<string, string>()
  let seqs: Seqs = {}
  for (const day of truth) {
    const told = batchesOf(historyItems(day, plant.machines, null, record.live!), seqs)
    seqs = told.seqs
    for (const batch of told.batches)
      for (const item of (JSON.parse(payloadOf(batch, 0)) as { items: Item[] }).items)
        expected.set(
          `v1/${FIRM}/${batch.machine}/${batch.class} ${HISTORY_BOOT} ${item.seq}`,
          JSON.stringify(item),
        )
  }
  return expected
}

beforeAll(async () => {
  broker = await BrokerProcess.start(data)
  ingest = new Process('ingest/main.ts', ['--data', data, '--mqtt', '127.0.0.1:0'])
  const entry = { ...(deed(Date.now(), 'plant.put', plant).payload as object), role: 'engineer' }
  await broker.local('POST', '/control', { firm: FIRM, entry })

  simulators = simulate()
  await reached('its past is being made', ({ state }) => state === 'preparing')
  await simulators.end('SIGKILL')

  simulators = simulate()
  await reached('some days are told', ({ days, state }) => state === 'running' && days.done >= 2)
  await simulators.end('SIGKILL')
  cut = readRecord(recordFile(path.join(data, 'simulators'), FIRM))!

  simulators = simulate()
  await reached('all is told', ({ state }) => state === 'done')
  await settled()
  await simulators.end('SIGTERM')
  await settled()

  record = readRecord(recordFile(path.join(data, 'simulators'), FIRM))!
  const mornings = openMornings(path.join(data, 'truth', `${FIRM}.works.db`))
  const chain = new Chain(mornings)
  truth = []
  for (let date = record.from; date <= lastDay(record.live!); date = addDays(date, 1))
    truth.push(chain.day(date)!)
  mornings.close()
  afterFirst = heardNow()
}, 180_000)

afterAll(async () => {
  await simulators.end('SIGKILL')
  await ingest.end('SIGTERM')
  await broker.stop()
  fs.rmSync(data, { recursive: true, force: true })
}, 60_000)

test('every item of the past is in the journal under its own number, as often as it was cut off, always the same', () => {
  const told = new Map<string, string>()
  for (const { key, text } of afterFirst.filter(ofPast)) {
    expect(told.get(key) ?? text).toBe(text)
    told.set(key, text)
  }
  const expected = expectedItems()
  expect(expected.size).toBe(record.items)
  expect([...expected.keys()].filter((key) => told.get(key) !== expected.get(key))).toEqual([])
  expect(told.size).toBe(expected.size)
  expect(truth).toHaveLength(DAYS + (startOf(truth.at(-1)!.date) < record.live! ? 1 : 0))
})

test('each is stored once, repeats are duplicates, nothing is put aside', async () => {
  const counts = await callLocal<Counts>(socketPath(data, 'ingest'), 'GET', `/counts?firm=${FIRM}`)
  const distinct = new Set(afterFirst.map(({ key }) => key)).size
  expect([cut.done, cut.next === null]).toEqual([false, false])
  expect(distinct).toBeLessThan(afterFirst.length) // the kill came between
  expect(counts.items).toEqual({
    decoded: afterFirst.length,
    stored: distinct,
    duplicate: afterFirst.length - distinct,
    quarantined: 0,
    inFlight: 0,
  })
  expect(counts.unaccounted).toBe(0)
})

test('the states of the past are those of the truth', () => {
  const ledger = openLedgerReader(ledgerFile(data, FIRM))
  try {
    for (const machine of plant.machines) {
      const own = truth.flatMap((day) => day.machines[worksName(machine)]?.segments ?? [])
      if (own.length === 0) continue
      const merged: { from: number; to: number; state: string; reason: string | null }[] = []
      for (const { from, to, state, reason } of own) {
        const last = merged.at(-1)
        if (from >= record.live!) break
        const end = Math.min(to, record.live!)
        if (last?.state === state && last.reason === reason) last.to = end
        else merged.push({ from, to: end, state, reason })
      }
      expect([machine.path, ledger.states(machine.path, startOf(record.from), record.live!)]).toEqual([
        machine.path,
        merged,
      ])
    }
  } finally {
    ledger.close()
  }
})

test('what the living plant tells begins where history ends', () => {
  const living = afterFirst.filter((one) => !ofPast(one))
  expect(living.length).toBeGreaterThan(0)
  expect(living.filter(({ ts }) => ts < record.live!)).toEqual([])
  expect(record.live! - startOf(record.from)).toBeGreaterThan((DAYS - 1) * DAY)
})

test('its account is gone when all is told', async () => {
  const devices = await broker.local<DeviceRow[]>('GET', '/devices')
  expect(devices.length).toBe(plant.credentials.length)
  const file = fs.readFileSync(path.join(data, 'simulators', 'credentials.json'), 'utf8')
  expect(Object.keys(JSON.parse(file) as object)).not.toContain(`${FIRM}/history`)
})

test('the next start has it already', async () => {
  simulators = simulate()
  const progress = await reached('the plant lives', ({ state }) => state === 'done')
  expect(progress).toMatchObject({ from: record.from, retrofit: record.retrofit, items: record.items })
  const [run] = await callLocal<SimulationRun[]>(socketPath(data, 'simulators'), 'GET', '/runs')
  expect(run).toMatchObject({ scenario: 'history', state: 'running' })
  await sleep(1500)
  await settled()
  expect(heardNow().filter(ofPast).length).toBe(afterFirst.filter(ofPast).length)
})

test('plants of a person’s own begin now', async () => {
  const own = freshFolder()
  fs.cpSync(folder, path.join(own, 'plants'), { recursive: true })
  const args = ['--data', own, '--mqtt', `127.0.0.1:${broker.port}`, '--plants', path.join(own, 'plants')]
  const living = new Process('simulators/main.ts', args)
  try {
    const [run] = await eventually('it lives', async () => {
      const runs = await callLocal<SimulationRun[]>(socketPath(own, 'simulators'), 'GET', '/runs')
      return runs[0]?.state === 'running' ? runs : null
    })
    expect(run).toMatchObject({ firm: FIRM, history: null })
    expect(fs.existsSync(path.join(own, 'simulators', 'history'))).toBe(false)
  } finally {
    await living.end('SIGKILL')
    fs.rmSync(own, { recursive: true })
  }
})
