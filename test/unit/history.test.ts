/** A works' past on its way in: its dates, its messages and their numbers, how a cut is resumed, how fast it may come, what is shown of it. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CountMessage, EventMessage, MAX_ITEMS, MAX_PAYLOAD, StateMessage } from '#contract/envelope.ts'
import type { HistoryProgress } from '#contract/local.ts'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { openMornings } from '#store/truth/mornings.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { CredentialFile } from '../../simulators/credentials.ts'
import { batchesOf, payloadOf, type Batch, type Seqs } from '../../simulators/history/batches.ts'
import { addMonths, daysOf, pastOf } from '../../simulators/history/dates.ts'
import { importDays, type ImportPorts } from '../../simulators/history/importer.ts'
import { morningsFile, openPast, type PastParts } from '../../simulators/history/past.ts'
import { allowance, firstAllowance, Pace } from '../../simulators/history/pace.ts'
import {
  lastDay,
  newRecord,
  readRecord,
  recordFile,
  writeRecord,
  type HistoryRecord,
} from '../../simulators/history/record.ts'
import {
  barOf,
  endOf,
  followHistory,
  lineOf,
  percentOf,
  secondsLeft,
  spanOf,
} from '../../simulators/history/shown.ts'
import { readSimSettings } from '../../simulators/settings.ts'
import { addDays, startOf } from '../../simulators/works/calendar.ts'
import { simulateDay } from '../../simulators/works/day.ts'
import { historyItems, type WorksItem } from '../../simulators/works/items.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import { worksName } from '../../simulators/works/signals.ts'
import { emptyWorks } from '../../simulators/works/state.ts'
import { silent, until } from '../pipelineCase.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const plant = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const BASELINE = { name: 'baseline', from: null } as const
const { truth: day } = simulateDay(emptyWorks(7, '2026-03-09'), {
  parameters: parametersOn(BASELINE, '2026-03-09'),
})

test.each([
  ['2026-11-24', -18, '2025-05-24'],
  ['2025-05-24', 12, '2026-05-24'],
  ['2026-08-31', -18, '2025-02-28'],
  ['2025-08-31', -18, '2024-02-29'],
  ['2024-02-29', 12, '2025-02-28'],
  ['2026-01-15', -1, '2025-12-15'],
  ['2025-12-31', 2, '2026-02-28'],
])('%s and %i months is %s', (date, months, expected) => {
  expect(addMonths(date, months)).toBe(expected)
})

test('twelve months before the retrofit and six after it; a short past has its retrofit as far inside', () => {
  expect(pastOf('2026-11-24')).toEqual({ from: '2025-05-24', retrofit: '2026-05-24' })
  expect(pastOf('2026-11-24', 6)).toEqual({ from: '2026-11-18', retrofit: '2026-11-22' })
  expect(daysOf('2025-05-24', '2026-11-24')).toBe(550)
})

const wanted = (text: string) => readSimSettings({ BAIYUAN_SIM_HISTORY: text }).simHistory

test('how much past is wanted: on, off or days, and nothing else', () => {
  expect(readSimSettings({}).simHistory).toBe('months')
  expect([wanted('on'), wanted('off'), wanted('6')]).toEqual(['months', 'none', { days: 6 }])
  for (const text of ['', 'yes', '0', '-3', '2.5', '801'])
    expect(() => wanted(text)).toThrow(/neither on nor off/)
})

test('the states of a day tile it, each told once with the time up to which it was true', () => {
  for (const to of [day.to, day.from + 5 * HOUR + 7 * MINUTE]) {
    const states = historyItems(day, plant.machines, null, to).filter((item) => item.class === 'state')
    expect(states.length).toBeGreaterThan(0)
    for (const machine of plant.machines) {
      const truth = day.machines[worksName(machine)]?.segments.filter(({ from }) => from < to) ?? []
      const told = states.filter((item) => item.machine === machine.path)
      expect(told.map(({ ts, body }) => [ts, body['until'], body['state']])).toEqual(
        truth.map((segment) => [segment.from, Math.min(segment.to, to), segment.state]),
      )
    }
  }
})

const withoutUntil = (list: readonly WorksItem[]) =>
  list.map((item) => ({ ...item, body: { ...item.body, until: null } }))

test('a part of a day is the beginning of the whole, and every message fits the contract', () => {
  const cut = day.from + 6 * HOUR
  const whole = historyItems(day, plant.machines)
  expect(withoutUntil(historyItems(day, plant.machines, null, cut))).toEqual(
    withoutUntil(whole.filter(({ ts }) => ts < cut)),
  )
  const shapes = { count: CountMessage, state: StateMessage, event: EventMessage } as const
  const { batches, items } = batchesOf(whole, {})
  expect(items).toBe(whole.length)
  for (const batch of batches) {
    const text = payloadOf(batch, day.to)
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_PAYLOAD)
    expect(shapes[batch.class as keyof typeof shapes].safeParse(JSON.parse(text)).error).toBeUndefined()
  }
})

const items = fc.array(
  fc.record({
    machine: fc.constantFrom('a/b/c/m1', 'a/b/c/m2', 'a/b/c/m3'),
    class: fc.constantFrom('count', 'state', 'event'),
    ts: fc.integer({ min: 1, max: 1e9 }),
    qos: fc.constant(1),
    body: fc.record({ text: fc.string({ maxLength: 40, unit: 'grapheme' }) }),
  }),
  { maxLength: 60 },
) as fc.Arbitrary<WorksItem[]>

type Item = { ts: number; seq: number; text: string }
const parsed = (batch: Batch) => (JSON.parse(payloadOf(batch, 1)) as { items: Item[] }).items

test('every item is in one batch, numbered on by machine and class over the days', () => {
  fc.assert(
    fc.property(fc.array(items, { maxLength: 4 }), (list) => {
      let seqs: Seqs = {}
      const seen = new Map<string, { seq: number; text: string; ts: number }[]>()
      for (const one of list) {
        const told = batchesOf(one, seqs)
        seqs = told.seqs
        for (const batch of told.batches) {
          const key = `${batch.machine} ${batch.class}`
          expect(parsed(batch)).toHaveLength(batch.count)
          seen.set(key, [...(seen.get(key) ?? []), ...parsed(batch)])
        }
      }
      for (const [key, own] of Map.groupBy(list.flat(), (item) => `${item.machine} ${item.class}`))
        expect(seen.get(key)).toEqual(own.map(({ ts, body }, i) => ({ ts, seq: i + 1, ...body })))
    }),
  )
})

const item = (text: string): WorksItem => ({
  machine: 'a/b/c/m1',
  class: 'event',
  ts: 1,
  qos: 1,
  body: { text },
})

test('a batch holds at most 1,000 items and less than 64 kB', () => {
  const many = batchesOf(
    Array.from({ length: 2500 }, () => item('')),
    {},
  )
  expect(many.batches.map(({ count }) => count)).toEqual([MAX_ITEMS, MAX_ITEMS, 500])
  const long = batchesOf(
    Array.from({ length: 30 }, () => item('阀'.repeat(5000))),
    {},
  )
  expect(long.batches.length).toBe(10)
  for (const batch of [...many.batches, ...long.batches])
    expect(Buffer.byteLength(payloadOf(batch, Date.now()))).toBeLessThan(MAX_PAYLOAD)
})

type Cut = {
  /** Acknowledgements until then. */
  readonly after: number
  /** What is under way then is received, and only not acknowledged. */
  readonly received: boolean
}

/** What is received of a past of some days; each cut is followed by a new start from what was stored. */
async function bringIn(days: readonly WorksItem[][], cuts: readonly Cut[]): Promise<Batch[]> {
  const from = '2026-03-02'
  const live = startOf(from) + days.length * 24 * HOUR
  let stored: HistoryRecord = { ...newRecord({ from, retrofit: from }, 1), live }
  const heard: Batch[] = []
  for (const cut of [...cuts, { after: Infinity, received: true }]) {
    let left = cut.after
    const ports: ImportPorts = {
      tell: (date, to, seqs) => {
        expect(to).toBe(live)
        return Promise.resolve(batchesOf(days[daysOf(from, date) - 1]!, seqs))
      },
      leave: () => Promise.resolve(),
      publish: (batch) => {
        const acknowledged = left-- > 0
        if (acknowledged || cut.received) heard.push(batch)
        return acknowledged ? Promise.resolve() : Promise.reject(new Error('cut'))
      },
      onBatch: () => undefined,
      keep: (record) => (stored = record),
    }
    const end = await importDays(stored, ports).then(
      () => 'all told',
      (error: Error) => error.message,
    )
    expect(end).toBe(stored.next === null ? 'all told' : 'cut')
  }
  expect(stored.next).toBeNull()
  expect(stored.items).toBe(days.flat().length)
  return heard
}

/** Items by their numbers; the same number always says the same. */
function byNumber(heard: readonly Batch[]): Map<string, string> {
  const numbers = new Map<string, string>()
  for (const batch of heard)
    for (const one of parsed(batch)) {
      const key = `${batch.machine} ${batch.class} ${one.seq}`
      const text = JSON.stringify(one)
      expect(numbers.get(key) ?? text).toBe(text)
      numbers.set(key, text)
    }
  return numbers
}

test('cut anywhere and begun again, it tells the same items under the same numbers, and all of them', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(items, { minLength: 1, maxLength: 5 }),
      fc.array(fc.record({ after: fc.nat({ max: 30 }), received: fc.boolean() }), { maxLength: 4 }),
      async (days, cuts) => {
        const whole = byNumber(await bringIn(days, []))
        const pieces = byNumber(await bringIn(days, cuts))
        expect(pieces).toEqual(whole)
        expect(whole.size).toBe(days.flat().length)
      },
    ),
  ))

test('what goes wrong while a day is made is told when the day before is sent and kept, and never instead of its failure', async () => {
  const from = '2026-03-02'
  const live = startOf(from) + 2 * 24 * HOUR
  const begin: HistoryRecord = { ...newRecord({ from, retrofit: from }, 1), live }
  const bring = async (publish: () => Promise<void>) => {
    const kept: (string | null)[] = []
    const end = importDays(begin, {
      tell: (date, _to, seqs) =>
        date === from ? Promise.resolve(batchesOf([item('a')], seqs)) : Promise.reject(new Error('not made')),
      leave: () => Promise.resolve(),
      publish,
      onBatch: () => undefined,
      keep: (record) => {
        kept.push(record.next)
        return record
      },
    })
    return [await end.then(String, (error: Error) => error.message), kept]
  }
  expect(await bring(() => Promise.resolve())).toEqual(['not made', ['2026-03-03']])
  expect(await bring(() => Promise.reject(new Error('cut')))).toEqual(['cut', []])
})

test('history ends where the live plant begins', () => {
  expect(lastDay(startOf('2026-03-09'))).toBe('2026-03-08')
  expect(lastDay(startOf('2026-03-09') + 1)).toBe('2026-03-09')
})

test('a record is stored whole, for its owner only', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-history-'))
  try {
    const name = recordFile(folder, 'demo-a')
    expect(readRecord(name)).toBeNull()
    const record = newRecord(pastOf('2026-11-24'), 7)
    writeRecord(name, record)
    writeRecord(name, { ...record, seqs: { 'a/b/c/m1 count': 96 }, items: 96, next: addDays(record.from, 1) })
    expect(readRecord(name)).toMatchObject({
      seed: 7,
      next: '2025-05-25',
      items: 96,
      live: null,
      done: false,
    })
    expect(fs.statSync(name).mode & 0o777).toBe(0o600)
    expect(fs.readdirSync(path.dirname(name))).toEqual(['demo-a.json'])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('a works gets a past before it is born, keeps it, and none when it was born without or its record is damaged', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-history-'))
  const parts: PastParts = {
    folder,
    truth: path.join(folder, 'truth'),
    broker: { host: '127.0.0.1', port: 1 },
    secrets: new CredentialFile(path.join(folder, 'credentials.json'), socketPath(folder, 'broker')),
    ingest: socketPath(folder, 'ingest'),
    log: silent,
  }
  const open = (seed: number, now: number) => openPast(plant, parts, seed, null, now)?.progress ?? null
  try {
    const first = open(7, startOf('2026-11-24'))
    expect(first).toMatchObject({ from: '2025-05-24', retrofit: '2026-05-24', items: 0, state: 'preparing' })
    // a day later, and with another seed in the settings: the one that it began with counts
    expect(open(8, startOf('2026-11-25'))!.from).toBe('2025-05-24')
    const name = recordFile(folder, 'demo-a')
    expect(readRecord(name)!.seed).toBe(7)
    fs.writeFileSync(name, '{"from":')
    expect(open(7, startOf('2026-11-24'))).toBeNull()
    fs.rmSync(name)
    const mornings = openMornings(morningsFile(parts.truth, 'demo-a'))
    mornings.bear({ seed: 7, scenario: '{"name":"retrofit","from":null}' })
    mornings.close()
    expect(open(7, startOf('2026-11-24'))).toBeNull()
    expect(fs.existsSync(name)).toBe(false)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})

test('the allowance grows while ingest keeps up, halts while it is behind, and is modest while nobody knows', () => {
  const keptUp = allowance(firstAllowance, { pipeline: 0, historian: 0 })
  expect(keptUp.now).toBe(firstAllowance.most)
  expect(keptUp.most).toBeGreaterThan(firstAllowance.most)
  const busy = allowance(keptUp, { pipeline: 8, historian: 0 })
  expect(busy).toEqual({ now: 0, most: keptUp.most })
  const behind = allowance(keptUp, { pipeline: 30, historian: 0 })
  expect(behind.now).toBe(0)
  expect(behind.most).toBeLessThan(keptUp.most)
  expect(allowance(keptUp, { pipeline: 0, historian: 10_000 }).now).toBe(0)
  const blind = allowance(keptUp, null)
  expect(blind.now).toBeGreaterThan(0)
  expect(blind.now).toBeLessThan(firstAllowance.most)
  let most = firstAllowance
  for (let i = 0; i < 50; i++) most = allowance(most, { pipeline: 0, historian: 0 })
  expect(allowance(most, { pipeline: 0, historian: 0 })).toEqual({ now: most.most, most: most.most })
  let least = most
  for (let i = 0; i < 50; i++) least = allowance(least, { pipeline: 99, historian: 0 })
  expect(least.most).toBeGreaterThan(0)
})

test('leave is given as far as it goes, again at the next look, and never after the stop', async () => {
  let behind = 0
  const historian = { name: 'memory', ok: true, why: null, lag: 0, since: null }
  const pace = new Pace(() => Promise.resolve({ lag: behind, historian, ledgers: [] }))
  pace.start()
  await pace.leave(firstAllowance.most)
  let given = 0
  const asked = Array.from({ length: 3 }, () => pace.leave(1).then(() => given++))
  expect(given).toBe(0)
  await Promise.all(asked)
  expect(given).toBe(3)
  behind = 1000
  await pace.leave(100_000)
  const late = pace.leave(1)
  await new Promise((done) => setTimeout(done, 500))
  pace.stop()
  await expect(late).rejects.toThrow('stopped')
  await expect(pace.leave(1)).rejects.toThrow('stopped')
})

const progress = (over: Partial<HistoryProgress>): HistoryProgress => ({
  from: '2025-05-24',
  to: '2026-11-24',
  retrofit: '2026-05-24',
  days: { done: 0, total: 550 },
  items: 0,
  state: 'running',
  seconds: 10,
  ...over,
})

test('what the console shows: percent, time left, a bar, and words that say it is simulated', () => {
  const third = progress({ days: { done: 183, total: 550 }, seconds: 110 })
  expect(percentOf(progress({}))).toBe(0)
  expect(percentOf(third)).toBe(33)
  expect(percentOf(progress({ days: { done: 550, total: 550 } }))).toBe(99) // its account is not gone yet
  expect(percentOf(progress({ days: { done: 550, total: 550 }, state: 'done' }))).toBe(100)
  expect(secondsLeft({ days: 0, seconds: 10 }, progress({}))).toBeNull()
  expect(secondsLeft({ days: 0, seconds: 10 }, third)).toBeCloseTo((367 * 100) / 183)
  expect([spanOf(0), spanOf(89.2), spanOf(200.5)]).toEqual(['1 s', '90 s', '4 min'])
  expect(barOf('demo-a', third, 200.5)).toBe(
    'demo-a: history (simulated) [#########---------------------]  33 %  183 of 550 days, 4 min left',
  )
  expect(lineOf('demo-a', progress({ state: 'waiting' }), null)).toBe(
    'demo-a: history (simulated) 0 %, 0 of 550 days, live data come first',
  )
  expect(endOf('demo-a', progress({ items: 4_200_000, seconds: 401, days: { done: 550, total: 550 } }))).toBe(
    'demo-a: history (simulated) is there: 550 days, 4,200,000 items, in 7 min',
  )
})

/** What the console says and shows of a history whose progress is, at each question, the next of these; null: nobody answers. */
async function shownOn(terminal: boolean, steps: readonly (HistoryProgress | null)[]) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-history-'))
  const socket = socketPath(folder, 'simulators')
  let asked = 0
  const answer = () => {
    const step = steps[Math.min(asked++, steps.length - 1)]!
    return step === null
      ? { status: 500, body: { error: 'starting' } }
      : {
          body: [
            { firm: 'demo-a', history: step },
            { firm: 'other', history: null },
          ],
        }
  }
  const server = await serveLocal(socket, { answers: { 'GET /runs': answer } }, silent)
  const said: string[] = []
  const bars: string[] = []
  const end = followHistory(
    socket,
    { say: (line) => said.push(line), show: terminal ? (line) => bars.push(line) : null },
    1,
  )
  await until(() => asked >= steps.length, 'every step to be asked for')
  await new Promise((done) => setTimeout(done, 60)) // one that asks on is seen
  end()
  await closeLocal(server)
  fs.rmSync(folder, { recursive: true })
  return { said, bars, asked }
}

const days = (done: number, over: Partial<HistoryProgress> = {}) =>
  progress({ days: { done, total: 100 }, seconds: done, ...over })
const END = days(100, { state: 'done', items: 5 })

test('the console tells every tenth and the end, on a terminal it moves a bar; it asks no more when all is there', async () => {
  const steps = [days(50, { state: 'preparing' }), days(0), days(4), null, days(12), days(17), days(31), END]
  const plain = await shownOn(false, steps)
  expect(plain.said).toEqual([
    'demo-a: history (simulated) 12 %, 12 of 100 days, 88 s left',
    'demo-a: history (simulated) 31 %, 31 of 100 days, 69 s left',
    'demo-a: history (simulated) is there: 100 days, 5 items, in 2 min',
  ])
  expect(plain.asked).toBe(steps.length)
  const terminal = await shownOn(true, steps)
  expect(terminal.said).toEqual(plain.said.slice(-1))
  expect(terminal.bars.map((bar) => /\] +(\d+) %/.exec(bar)?.[1])).toEqual(['50', '0', '4', '12', '17', '31'])
})

test('a history that is there already is not spoken of', async () => {
  expect(await shownOn(true, [END])).toEqual({ said: [], bars: [], asked: 1 })
})
