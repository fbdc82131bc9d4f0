/** What must come of attacks and faults that reach the pipeline (the rows of safety.md are named by their numbers). */
import fc from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openMemory } from '#store/historian/memory.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { showCounts } from '../../ingest/counts.ts'
import { Intake } from '../../ingest/intake.ts'
import { announce } from '../../ingest/stages/announce.ts'
import { normalize } from '../../ingest/stages/normalize.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  ingestAll,
  ledgerHash,
  listReader,
  newFolder,
  readingsIn,
  silent,
  startIngest,
  T0,
  tickAt,
  type Running,
  type Sent,
} from '../pipelineCase.ts'

const topic = (cls: string, machine = MACHINE) => `v1/${FIRM}/${machine}/${cls}`
const plantPut = deed(T0 - 1000, 'plant.put', casePlant(), '7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6a00')
const firmOf = (running: Running) => running.intake.firms.get(FIRM)!
const countsOf = (running: Running) => {
  const { decoded, stored, duplicate, quarantined } = firmOf(running).tally
  return { decoded, stored, duplicate, quarantined }
}

const telemetry = (i: number, at = T0 + i * 1000): Sent => ({
  at: at + 40,
  topic: topic('telemetry'),
  payload: { ts: T0 + i * 1000, seq: i, boot: 'a1', at, v: { power_kw: (i % 600) / 10, temp_c: 20 } },
})

// ---- a mixed hour of two machines, for the properties of order and replay

function mixed(i: number): Sent {
  const machine = i % 2 === 0 ? MACHINE : OTHER
  const n = Math.floor(i / 2)
  const ts = T0 + n * 100
  const base = { ts, seq: n, boot: n < 200 ? 'a1' : 'a2', at: ts + 40 }
  const states = ['RUN', 'IDLE', 'SETUP'] as const
  const kinds = [
    ['telemetry', { v: { power_kw: n % 60, temp_c: 20 } }],
    ['count', { v: { kwh: n / 100, good: n } }],
    ['state', { state: states[Math.floor(n / 10) % 3] }],
    ['event', { type: 'packed', order: 'WO-1', product: 'q41f', qty: 1 }],
    ['telemetry', { v: { power_kw: n % 7 === 0 ? 999 : 3 } }],
  ] as const
  const [cls, body] = kinds[n % kinds.length]!
  return { at: T0 + 3_600_000, topic: topic(cls, machine), payload: { ...base, ...body } }
}

/** What does not depend on the order of arrival, from the files and the historian. */
function settled(dir: string, running: Running): string {
  const db = new DatabaseSync(ledgerFile(dir, FIRM), { readOnly: true })
  const states = db.prepare('SELECT * FROM state_run').all()
  const streams = db
    .prepare('SELECT machine, class, key, state FROM stream ORDER BY machine, class, key')
    .all()
  const aside = db
    .prepare(
      'SELECT reason, detail, machine, class, boot, seq, ts FROM quarantine ORDER BY machine, class, ts, seq',
    )
    .all()
  const happened = db.prepare(`SELECT body FROM event WHERE kind = 'machine.event' ORDER BY body`).all()
  db.close()
  const machines = [...firmOf(running).machines.values()].map((machine) => [
    machine.path,
    machine.now.state,
    machine.now.since,
    [...machine.values]
      .map(([name, { value, ts, quality }]) => `${name} ${value} ${ts} ${quality}`)
      .toSorted(),
    [...machine.registers].map(([name, register]) => `${name} ${register.total}`).toSorted(),
  ])
  return JSON.stringify([
    states,
    streams,
    aside,
    happened,
    machines,
    countsOf(running),
    readingsIn(running.historian, casePlant()),
  ])
}

/** Mulberry32: small, seeded. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed
  const random = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const out = [...list]
  for (let i = out.length - 1; i > 0; i--) {
    const k = Math.floor(random() * (i + 1))
    const held = out[i]!
    out[i] = out[k]!
    out[k] = held
  }
  return out
}

test('F9 the same 1,000 messages under 20 seeds end byte-identical', async () => {
  // 900 messages, 100 of them twice
  const messages = Array.from({ length: 1000 }, (_, i) => mixed(i < 900 ? i : (i - 900) * 7))
  const ends = new Set<string>()
  for (let seed = 0; seed < 20; seed++) {
    const dir = newFolder()
    const order = seed === 0 ? messages : shuffled(messages, seed)
    const running = await ingestAll(dir, { reader: listReader([plantPut, ...order]) })
    expect(countsOf(running)).toMatchObject({ decoded: 1000, duplicate: 100 })
    ends.add(settled(dir, running))
  }
  expect(ends.size).toBe(1)
})

test('T16 a replay of 100 old messages, three times: 300 duplicates, and nothing else changes', async () => {
  const old = Array.from({ length: 100 }, (_, i) => mixed(i * 2))
  const dir = newFolder()
  const reader = listReader([plantPut, ...old])
  const first = await ingestAll(dir, { reader })
  const before = settled(dir, first)
  reader.more([...old, ...old, ...old].map((sent) => ({ ...sent, at: sent.at + 60_000 })))
  const second = await ingestAll(dir, { reader, historian: first.historian })
  expect(countsOf(second).duplicate).toBe(300)
  expect(countsOf(second).stored + countsOf(second).quarantined).toBe(100)
  expect(settled(dir, second)).toBe(
    before.replace('"decoded":100', '"decoded":400').replace('"duplicate":0', '"duplicate":300'),
  )
})

test('T14 10,000 random names from one device: no series, all counted, at most 100 kept, memory flat', async () => {
  const flood = Array.from({ length: 10_000 }, (_, i) => ({
    at: T0 + i,
    topic: topic('telemetry'),
    payload: { ts: T0 + i, seq: i, boot: 'a1', v: { [`x${(i * 2_654_435_761) % 2 ** 32}`]: i } },
  }))
  const dir = newFolder()
  const running = await ingestAll(dir, { reader: listReader([plantPut, ...flood, telemetry(20_000)]) })
  expect(countsOf(running)).toEqual({ decoded: 10_001, stored: 1, duplicate: 0, quarantined: 10_000 })
  expect(Object.keys(readingsIn(running.historian, casePlant()))).toEqual([
    `${MACHINE}:power_kw`,
    `${MACHINE}:temp_c`,
  ])
  const firm = firmOf(running)
  expect(firm.machines.size).toBe(2)
  expect(firm.machines.get(MACHINE)!.values.size).toBe(2)
  expect(firm.machines.get(MACHINE)!.streams.telemetry.current!.seen.ranges).toHaveLength(4)
  const ledger = openLedgerReader(firm.ledger.file)
  expect(ledger.quarantine({ limit: 1000 })).toHaveLength(100)
  expect(ledger.quarantineByReason()).toMatchObject([
    { reason: 'unknown_measure', count: 10_000, lastMachine: MACHINE },
  ])
  expect(ledger.events(0, 1000).filter((event) => event.kind === 'quarantine.opened')).toHaveLength(100)
  ledger.close()
})

const NASTY = [
  `x'; DROP TABLE event; --`,
  'a\nb,c=d e=1 1795500420000',
  'back\\slash\\',
  '"quoted"',
  '<img src=x onerror=alert(1)>',
  '{{7*7}}${7*7}',
  'zero \u0000 inside',
  'right\u202eleft',
  '🤖 与 é',
  '=cmd|calc',
]

test('T9 any string is written and read back equal, or refused with a reason; no series comes of it', async () => {
  const states = NASTY.map((reason, i) => ({
    at: T0 + i * 1000,
    topic: topic('state'),
    payload: { ts: T0 + i * 1000, seq: i, boot: reason, state: i % 2 ? 'RUN' : 'STOP', reason },
  }))
  const names = NASTY.map((name, i) => ({
    at: T0,
    topic: topic('telemetry'),
    payload: { ts: T0, seq: i, v: { [name]: 1 } },
  }))
  const half = {
    at: T0,
    topic: topic('state'),
    payload: Buffer.from(`{"ts":${T0},"seq":99,"state":"RUN","reason":"half \\ud800"}`),
  }
  const dir = newFolder()
  const running = await startIngest(dir, { reader: listReader([plantPut, ...states, ...names, half]) })
  await caughtUp(running)
  const firm = firmOf(running)
  const boots = [...firm.machines.get(MACHINE)!.messages.before(1000, firm.ledger)].map(
    (message) => message.boot,
  )
  await running.stop()
  expect(firm.quarantine.byReason()).toEqual({ bad_shape: NASTY.length, bad_value: 1 })
  const ledger = openLedgerReader(firm.ledger.file)
  const segments = ledger.states(MACHINE, T0, T0 + NASTY.length * 1000)
  ledger.close()
  expect(segments.map((segment) => segment.reason)).toEqual(NASTY)
  expect(boots.filter((boot) => boot !== null).toReversed()).toEqual(NASTY)
  expect(Object.keys(readingsIn(running.historian, casePlant()))).toEqual([`${MACHINE}:state`])
})

const POISON: readonly (readonly [string, string])[] = [
  ['{"ts":', 'bad_json'],
  [`{"ts":${T0},"seq":1,"v":{"power_kw":NaN}}`, 'bad_json'],
  [`{"ts":${T0},"seq":1,"v":{"power_kw":1e309}}`, 'bad_value'],
  [`{"ts":${T0},"seq":1,"v":{"power_kw":"7"}}`, 'bad_value'],
  [`{"ts":${T0},"seq":-1,"v":{"power_kw":7}}`, 'bad_shape'],
  [`{"ts":${T0},"seq":1,"v":[7]}`, 'bad_shape'],
  [`{"ts":1795500420,"v":{"power_kw":7}}`, 'ts_impossible'],
  [`{"ts":${T0},"x":"${'y'.repeat(70_000)}"}`, 'bad_json'],
  [`{"ts":${T0 + 3_600_000},"seq":900,"v":{"power_kw":7}}`, 'ts_in_future'],
  [`{"ts":${T0},"seq":901,"v":{"power_kw":7000}}`, 'out_of_range'],
]

test('F13 60 bad messages between 60 good ones: all good stored, all bad put aside with their reason, no loop', async () => {
  const sent = Array.from({ length: 60 }, (_, i) => [
    telemetry(i, T0),
    i % 6 === 5
      ? {
          at: T0,
          topic: topic('telemetry', 'main/shop/l1/ghost'),
          payload: { ts: T0, seq: i, v: { power_kw: 1 } },
        }
      : {
          at: T0,
          topic: topic('telemetry'),
          payload: Buffer.from(POISON[i % POISON.length]![0].replace(/"seq":90\d/, `"seq":${900 + i}`)),
        },
  ]).flat()
  const dir = newFolder()
  const reader = listReader([plantPut, ...sent])
  const running = await ingestAll(dir, { reader })
  expect(countsOf(running)).toEqual({ decoded: 120, stored: 60, duplicate: 0, quarantined: 60 })
  const expected: Record<string, number> = {}
  for (let i = 0; i < 60; i++) {
    const reason = i % 6 === 5 ? 'unknown_machine' : POISON[i % POISON.length]![1]
    expected[reason] = (expected[reason] ?? 0) + 1
  }
  expect(firmOf(running).quarantine.byReason()).toEqual(expected)
  expect(readingsIn(running.historian, casePlant())[`${MACHINE}:power_kw`]).toHaveLength(60)
  const again = await ingestAll(dir, { reader })
  expect(countsOf(again)).toEqual(countsOf(running))
})

test('I3 a replay into an empty ledger and historian is identical, also when ingest is stopped anywhere in between', async () => {
  const some = fc.array(fc.oneof(fc.nat(300), fc.constant(-1)), { minLength: 1, maxLength: 120 })
  const property = fc.asyncProperty(some, fc.nat(120), async (picks, cut) => {
    const sent = [
      plantPut,
      ...picks.map((pick, i) => (pick < 0 ? tickAt(T0 + i * 5000, i * 5000) : mixed(pick))),
    ]
    const whole = newFolder()
    const once = await ingestAll(whole, { reader: listReader(sent) })
    const parts = newFolder()
    const reader = listReader(sent.slice(0, cut - (cut % 10)))
    const { historian } = await ingestAll(parts, { reader })
    reader.more(sent.slice(cut - (cut % 10)))
    const twice = await ingestAll(parts, { reader, historian })
    expect(ledgerHash(parts)).toBe(ledgerHash(whole))
    expect(readingsIn(twice.historian, casePlant())).toEqual(readingsIn(once.historian, casePlant()))
  })
  await fc.assert(property, { numRuns: 12 })
})

test('F18 a stage that throws costs its entry and not ingest: the items are put aside by that name, and the next ones go on', async () => {
  const dir = newFolder()
  const poison = 5
  const items = [0, 1, 2].map((i) => ({ ts: T0 + 50_000 + i, seq: 100 + i, v: { power_kw: i } }))
  const reader = listReader([
    plantPut,
    ...[1, 2, 3, poison, 6, 7].map((i) => telemetry(i)),
    {
      at: T0 + 60_000,
      topic: topic('telemetry'),
      payload: { boot: 'a1', items },
    },
    telemetry(200),
  ])
  const historian = openMemory()
  const intake = new Intake({
    dir,
    reader,
    historian,
    log: silent,
    stages: {
      normalize(work) {
        if (work.items[0]?.seq === poison) throw new TypeError('not as expected')
        normalize(work)
      },
      announce(work, live, latency) {
        if (work.count === 3) throw new TypeError('too late')
        announce(work, live, latency)
      },
    },
  })
  const running: Running = { intake, historian, stop: () => intake.stop() }
  await intake.start()
  await caughtUp(running)
  expect(countsOf(running)).toEqual({ decoded: 10, stored: 9, duplicate: 0, quarantined: 1 })
  expect(intake.failed).toBe(2)
  expect(readingsIn(historian, casePlant())[`${MACHINE}:power_kw`]).toHaveLength(9)
  await running.stop()
  const ledger = openLedgerReader(firmOf(running).ledger.file)
  expect(ledger.quarantine({ limit: 10 })).toMatchObject([
    { reason: 'handler_failed', detail: 'normalize: not as expected', seq: poison, item: 0, status: 'open' },
  ])
  ledger.close()
  // A program without the fault: the item can be released, and an empty store is filled with it.
  reader.more([deed(T0, 'quarantine.release', { ids: [1] })])
  const mended = await ingestAll(dir, { reader })
  expect(countsOf(mended)).toEqual({ decoded: 10, stored: 10, duplicate: 0, quarantined: 0 })
  expect(readingsIn(mended.historian, casePlant())[`${MACHINE}:power_kw`]).toHaveLength(10)
})

const broken = (entry: JournalEntry): JournalEntry =>
  entry.offset !== 3
    ? entry
    : Object.defineProperty({ ...entry }, 'payload', {
        get() {
          throw new TypeError('not as expected')
        },
      })

test('F18 a message that cannot even be decoded again does not stop a historian that is filled from the journal', async () => {
  const dir = newFolder()
  const list = listReader([plantPut, telemetry(1), telemetry(2), telemetry(3)])
  const reader = { ...list, read: (after: number) => list.read(after).map(broken) }
  const first = await ingestAll(dir, { reader })
  expect(countsOf(first)).toEqual({ decoded: 3, stored: 2, duplicate: 0, quarantined: 1 })
  const second = await ingestAll(dir, { reader, historian: openMemory() })
  expect(readingsIn(second.historian, casePlant())[`${MACHINE}:power_kw`]).toHaveLength(2)
})

test('F18 a deed that the program fails on is refused by that name', async () => {
  const id = '7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6a01'
  const bad = { ...telemetry(1), payload: { ts: T0, seq: 1, boot: 'a1', v: { power_kw: 999 } } }
  const list = listReader([plantPut, bad, deed(T0, 'quarantine.release', { ids: [1] }, id), telemetry(2)])
  const reader = {
    ...list,
    find: () => {
      throw new TypeError('not as expected')
    },
  }
  const running = await ingestAll(newFolder(), { reader })
  expect(countsOf(running)).toEqual({ decoded: 2, stored: 1, duplicate: 0, quarantined: 1 })
  const ledger = openLedgerReader(firmOf(running).ledger.file)
  const answer = JSON.parse(ledger.answerTo(id)!.body) as unknown
  expect(answer).toMatchObject({ id, reason: 'handler_failed', detail: 'control: not as expected' })
  ledger.close()
})

test('T17 a sensor that lies plausibly: stored, flagged with the reason, counted, shown; across a restart', async () => {
  const dir = newFolder()
  const state = { at: T0, topic: topic('state'), payload: { ts: T0, seq: 1, boot: 'a1', state: 'RUN' } }
  const told = (n: number, v: Record<string, number>, cls: 'telemetry' | 'count' = 'telemetry') => {
    const ts = T0 + n * 10_000
    return { at: ts + 40, topic: topic(cls), payload: { ts, seq: n, boot: 'a1', v } }
  }
  const still = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => told(from + i, { power_kw: 7.31, temp_c: 30 }))
  const reader = listReader([plantPut, state, told(1, { kwh: 100, good: 0 }, 'count'), ...still(2, 40)])
  const first = await ingestAll(dir, { reader })
  const doubts = (running: Running) => showCounts(firmOf(running).tally, 0, 0, {}).flags
  expect(doubts(first)).toMatchObject({ stuck: 0, jump: 0, implausible: 0 })
  reader.more([
    ...still(40, 65),
    told(65, { power_kw: 7.5, temp_c: 190 }),
    told(66, { kwh: 105, good: 3 }, 'count'),
  ])
  const second = await startIngest(dir, { reader, historian: first.historian })
  await caughtUp(second)
  // samples 62 to 64 of one value, then a leap, and 5 kWh in 11 minutes of 11 kW
  expect(doubts(second)).toMatchObject({ stuck: 3, jump: 1, implausible: 1 })
  const { machines, ledger } = firmOf(second)
  const machine = machines.get(MACHINE)!
  expect(countsOf(second)).toMatchObject({ quarantined: 0, decoded: 67, stored: 67 })
  const flagged = [...machine.messages.before(Infinity, ledger)].map(({ flags }) => flags.join())
  expect(flagged.slice(0, 6)).toEqual(['gap_before,implausible', 'jump', 'stuck', 'stuck', 'stuck', ''])
  const { values } = machine.live(false)
  expect(values).toMatchObject({
    temp_c: { value: 190, quality: 'uncertain:jump' },
    power_kw: { value: 7.5, quality: 'good' },
    kwh: { value: 105, quality: 'uncertain:implausible' },
    good: { quality: 'good' },
  })
  await second.stop()
})
