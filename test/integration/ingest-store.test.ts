/** The historian's own cursor: the store may be away, slow, or empty while everything else goes on. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Historian, Reading, WriteResult } from '#store/historian/historian.ts'
import { LineStore, type LineServer } from '#store/historian/lineStore.ts'
import { openMemory } from '#store/historian/memory.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { health, status } from '../../ingest/routes.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  ingestAll,
  listReader,
  newFolder,
  readingsIn,
  silent,
  startIngest,
  T0,
  until,
  type Sent,
} from '../pipelineCase.ts'

const topic = (cls: string, machine = MACHINE) => `v1/${FIRM}/${machine}/${cls}`
const id = (n: number) => `7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6a${String(n).padStart(2, '0')}`
const plantPut = deed(T0, 'plant.put', casePlant(), id(0))
const power = (i: number, kw = (i % 600) / 10, machine = MACHINE): Sent => ({
  at: T0 + i * 1000 + 40,
  topic: topic('telemetry', machine),
  payload: { ts: T0 + i * 1000, seq: i, boot: 'a1', v: { power_kw: kw } },
})
const wide = {
  ...casePlant(),
  machines: casePlant().machines.map((m) => ({
    ...m,
    measures: m.measures.map((x) => ({ ...x, max: null })),
  })),
}

/** Everything that must not come back in another form when the journal is read again. */
const eventful: readonly Sent[] = [
  plantPut,
  ...Array.from({ length: 30 }, (_, i) => power(i)),
  power(3, 59), // a conflict: the first one stands
  power(4, 58), // a conflict that is released further down
  power(5), // a duplicate
  power(40, 900), // out of range, released further down
  power(41, 901), // out of range, discarded further down
  { at: T0, topic: topic('state'), payload: { ts: T0, seq: 1, boot: 'a1', state: 'RUN' } },
  deed(T0, 'fact.put', { machine: OTHER, class: 'count', item: { ts: T0, v: { kwh: 7.25 } } }, id(1)),
  deed(T0, 'plant.put', wide, id(2)),
  deed(T0, 'quarantine.release', { ids: [2, 3] }, id(3)),
  deed(T0, 'quarantine.discard', { ids: [4] }, id(4)),
  power(42, 902), // in range by now
]

test('a store that is empty, or far behind, is filled from the journal with the same readings as one that was there', async () => {
  const dir = newFolder()
  const reader = listReader(eventful)
  const first = await ingestAll(dir, { reader })
  const inline = readingsIn(first.historian, casePlant())
  const series = inline[`${MACHINE}:power_kw`]!
  const at = (i: number) => series.find(([ts]) => ts === T0 + i * 1000)?.[1]
  expect([at(3), at(4), at(40), at(41), at(42)]).toEqual([0.3, 58, 900, undefined, 902])
  expect(inline[`${OTHER}:kwh`]).toEqual([[T0, 7.25]])
  expect(inline[`${MACHINE}:state`]).toEqual([[T0, 0]])
  const second = await ingestAll(dir, { reader, historian: openMemory() })
  expect(readingsIn(second.historian, casePlant())).toEqual(inline)
  expect(second.intake.firms.get(FIRM)!.tally).toEqual(first.intake.firms.get(FIRM)!.tally)
})

/** A store that can be taken away. */
function breakable() {
  const store = openMemory()
  let answer: WriteResult | null = null
  let writes = 0
  const historian: Historian = {
    ...store,
    write(readings, commit) {
      writes++
      return answer ? Promise.resolve(answer) : store.write(readings, commit)
    },
    tick: (now) => (answer ? Promise.resolve(answer) : store.tick(now)),
  }
  return {
    historian,
    tries: () => writes,
    down: (why: string, kind: 'unavailable' | 'denied' = 'unavailable') => {
      answer = { ok: false, kind, why, retryAfterMs: 20 }
    },
    up: () => {
      answer = null
    },
  }
}

test('F5 while the store is away only its cursor waits: memory is bounded, health says so, and it catches up without loss', async () => {
  const store = breakable()
  const dir = newFolder()
  const reader = listReader([plantPut, ...Array.from({ length: 50 }, (_, i) => power(i))])
  const running = await startIngest(dir, { reader, historian: store.historian, maxFresh: 100 })
  await caughtUp(running)
  store.down('connection refused')
  reader.more(Array.from({ length: 500 }, (_, i) => power(50 + i)))
  reader.more(eventful.slice(31))
  running.intake.wake()
  const { intake, historian } = running
  await until(() => intake.lag === 0 && !intake.feed.state.ok, 'the pipeline to go on without its store')
  expect(intake.firms.get(FIRM)!.tally.decoded).toBe(50 + 500 + 8)
  expect(intake.feed.fresh.length).toBeLessThanOrEqual(100)
  expect(intake.feed.inline).toBe(false)
  expect(intake.feed.lag).toBeGreaterThan(40)
  expect(health(intake)).toEqual({
    process: 'ingest',
    ok: false,
    checks: {
      historian: { ok: false, why: 'connection refused' },
      ledger: { ok: true },
      balance: { ok: true },
    },
  })
  expect(status(intake, historian).historian).toMatchObject({ ok: false, why: 'connection refused' })
  const tries = store.tries()
  await until(() => store.tries() > tries + 1, 'another try')
  store.up()
  await until(() => intake.feed.lag === 0 && intake.feed.inline, 'the store to catch up')
  expect(health(intake).ok).toBe(true)
  reader.more([power(600)])
  await caughtUp(running)
  const { file } = intake.firms.get(FIRM)!.ledger
  await running.stop()

  const straight = await ingestAll(newFolder(), {
    reader: listReader([
      plantPut,
      ...Array.from({ length: 550 }, (_, i) => power(i)),
      ...eventful.slice(31),
      power(600),
    ]),
  })
  expect(readingsIn(historian, casePlant())).toEqual(readingsIn(straight.historian, casePlant()))
  const ledger = openLedgerReader(file)
  const told = ledger.events(0, 1000).filter((event) => event.kind === 'store.state')
  expect(told.map((event) => JSON.parse(event.body) as unknown)).toEqual([
    { historian: 'memory', ok: false, why: 'connection refused' },
    { historian: 'memory', ok: true, why: null },
  ])
  expect(ledger.firstBroken()).toBeNull()
  ledger.close()
})

test('F5 a store that denies is waited for, and a stop does not wait for it', async () => {
  const store = breakable()
  store.down('401 unauthorized', 'denied')
  const dir = newFolder()
  const reader = listReader([plantPut, power(1)])
  const running = await startIngest(dir, { reader, historian: store.historian })
  await until(() => running.intake.lag === 0 && !running.intake.feed.state.ok, 'the refusal to be known')
  const begin = performance.now()
  await running.stop()
  expect(performance.now() - begin).toBeLessThan(5000)
  store.up()
  const again = await ingestAll(dir, { reader, historian: store.historian })
  expect(readingsIn(again.historian, casePlant())[`${MACHINE}:power_kw`]).toEqual([[T0 + 1000, 0.1]])
})

test('a line that the store refuses for good: its item is put aside once, kept out of later readings of the journal, and can be released', async () => {
  const inner = openMemory()
  let picky = true
  const refuse = (reading: Reading) => picky && reading.value === 7.7
  const historian: Historian = {
    ...inner,
    async write(readings, commit) {
      await inner.write(
        readings.filter((reading) => !refuse(reading)),
        commit,
      )
      return {
        ok: true,
        refused: readings.filter(refuse).map((reading) => ({ reading, why: 'field type conflict' })),
      }
    },
  }
  const dir = newFolder()
  const two: Sent = {
    at: T0,
    topic: topic('telemetry'),
    payload: { ts: T0 + 1, seq: 1, boot: 'a1', v: { power_kw: 7.7, temp_c: 7.7 } },
  }
  const reader = listReader([plantPut, two, power(2)])
  const running = await startIngest(dir, { reader, historian })
  await caughtUp(running)
  const { tally } = running.intake.firms.get(FIRM)!
  expect(tally).toMatchObject({ decoded: 2, stored: 1, quarantined: 1 })
  await running.stop()
  const empty = openMemory()
  const second = await startIngest(dir, { reader, historian: empty })
  await caughtUp(second)
  expect(readingsIn(empty, casePlant())).toEqual({ [`${MACHINE}:power_kw`]: [[T0 + 2000, 0.2]] })
  picky = false
  reader.more([deed(T0, 'quarantine.release', { ids: [1] }, id(9))])
  await caughtUp(second)
  expect(readingsIn(empty, casePlant())[`${MACHINE}:temp_c`]).toEqual([[T0 + 1, 7.7]])
  expect(second.intake.firms.get(FIRM)!.tally).toMatchObject({ decoded: 2, stored: 2, quarantined: 0 })
  await second.stop()
})

/** A server on another machine that refuses 7.7 for good, through the cursor file that its adapter keeps. */
function refusing(dir: string) {
  const lines: Reading[] = []
  const asked: number[] = []
  const server: LineServer = {
    name: 'lines',
    id: 'lines',
    send(_firm, readings) {
      asked.push(...readings.map(({ value }) => value))
      if (readings.some(({ value }) => value === 7.7))
        return Promise.resolve({ kind: 'bad_lines', why: 'field type conflict' })
      lines.push(...readings)
      return Promise.resolve({ kind: 'ok' })
    },
    probe: () => Promise.resolve({ ok: true }),
  }
  return { historian: new LineStore(server, path.join(dir, 'historian'), silent), lines, asked }
}

test('F10 a kill between the refusal of a reading and the ledger loses nothing: the cursor never passes what is not put aside', async () => {
  const dir = newFolder()
  const reader = listReader([plantPut, power(1, 7.7), power(2)])
  const { historian } = refusing(dir)
  let returned = false
  const never: Historian = {
    name: 'lines',
    keepsMs: null,
    tick: (now) => historian.tick(now),
    cursor: () => historian.cursor(),
    flush: () => historian.flush(),
    openReadings: (series, from, to) => historian.openReadings(series, from, to),
    probe: () => historian.probe(),
    close: () => historian.close(),
    async write(readings, commit) {
      const result = await historian.write(readings, commit)
      if (!result.ok || result.refused.length === 0) return result
      returned = true
      return new Promise<WriteResult>((resolve) => void held.push(() => resolve(result)))
    },
  }
  const held: (() => void)[] = []
  const killed = await startIngest(dir, { reader, historian: never })
  await until(() => returned, 'the refusal')
  const image = newFolder()
  fs.cpSync(dir, image, { recursive: true }) // what a kill leaves behind
  expect(await refusing(image).historian.cursor()).toBe(0)
  for (const go of held) go()
  await caughtUp(killed)
  await killed.stop()
  expect(await historian.cursor()).toBe(reader.head())

  const again = refusing(image)
  const second = await ingestAll(image, { reader, historian: again.historian })
  expect(second.intake.firms.get(FIRM)!.tally).toMatchObject({ decoded: 2, stored: 1, quarantined: 1 })
  const ledger = openLedgerReader(second.intake.firms.get(FIRM)!.ledger.file)
  expect(ledger.quarantine({ limit: 10 })).toMatchObject([{ reason: 'store_refused', status: 'open' }])
  ledger.close()
  expect(await again.historian.cursor()).toBe(reader.head())
})

test('F10 readings refused beyond the rows kept are neither sent nor counted again when the historian starts anew', async () => {
  const dir = newFolder()
  const reader = listReader([plantPut, ...Array.from({ length: 150 }, (_, i) => power(i, 7.7)), power(200)])
  const first = await ingestAll(dir, { reader, historian: refusing(dir).historian })
  const counted = { decoded: 151, stored: 1, quarantined: 150 }
  expect(first.intake.firms.get(FIRM)!.tally).toMatchObject(counted)
  const anew = refusing(newFolder())
  const second = await ingestAll(dir, { reader, historian: anew.historian })
  expect(anew.asked).toEqual([20])
  expect(anew.lines).toMatchObject([{ value: 20 }])
  expect(second.intake.firms.get(FIRM)!.tally).toMatchObject(counted)
})
