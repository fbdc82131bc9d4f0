/** The sqlite historian against a plain Map: any writes in any order, with repeats, restarts and ageing between them. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { bucketStart } from '#store/historian/buckets.ts'
import type { Reading, Series, WriteResult } from '#store/historian/historian.ts'
import { SqliteHistorian } from '#store/historian/sqlite.ts'
import { SqliteReader } from '#store/historian/sqliteReader.ts'

const log = pino({ level: 'silent' })
const T0 = Date.UTC(2026, 10, 24, 2, 0, 0)
const SERIES: readonly Series[] = ['power_kw', 'temp_c'].map((measure) => ({
  firm: 'tongda',
  machine: 'main/l1/lathe-07',
  measure,
}))

type Held = { historian: SqliteHistorian; reader: SqliteReader; dir: string }
function openIn(dir: string, rawDays = 7): Held {
  const historian = new SqliteHistorian({ dir, log, rawDays, maxHeld: 40 })
  const open = (series: Series, from: number, to: number) =>
    Promise.resolve(historian.openReadings(series, from, to))
  return { historian, reader: new SqliteReader(dir, open, log), dir }
}
const tempDir = () => fs.mkdtempSync(path.join(os.tmpdir(), 'historian-'))
async function shut({ historian, reader }: Held): Promise<void> {
  await reader.close()
  await historian.close()
}

const readingsOf = (minutes: number) =>
  fc.array(
    fc.record({
      series: fc.constantFrom(...SERIES),
      ts: fc.integer({ min: T0, max: T0 + minutes * MINUTE - 1 }),
      value: fc.integer({ min: -5000, max: 5000 }).map((cents) => cents / 100),
    }),
    { maxLength: 30 },
  )
const step = fc.oneof(
  { weight: 5, arbitrary: readingsOf(40).map((readings) => ({ do: 'write' as const, readings })) },
  { weight: 2, arbitrary: fc.nat({ max: 30 * 60 }).map((seconds) => ({ do: 'tick' as const, seconds })) },
  { weight: 1, arbitrary: fc.constant({ do: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)

type Model = ReadonlyMap<Series, Map<number, number>>

async function expectModel({ reader }: Held, model: Model): Promise<void> {
  for (const [series, held] of model) {
    const points = [...held].toSorted(([a], [b]) => a - b).map(([ts, value]) => ({ ts, value }))
    expect(await reader.raw(series, T0, T0 + HOUR, 1e6)).toStrictEqual(points)
    for (const stepMs of [7 * SECOND, MINUTE, 5 * MINUTE, HOUR]) {
      for (const bucket of await reader.buckets(series, T0 + 3 * MINUTE, T0 + 33 * MINUTE, stepMs)) {
        const own = points.filter(({ ts }) => bucketStart(ts, stepMs) === bucket.ts).map(({ value }) => value)
        const { mean, ...rest } = bucket
        const extremes = own.length > 0 ? [Math.min(...own), Math.max(...own)] : [null, null]
        expect(rest).toStrictEqual({
          ts: bucket.ts,
          count: own.length,
          min: extremes[0],
          max: extremes[1],
          first: own[0] ?? null,
          last: own.at(-1) ?? null,
        })
        expect(mean === null).toBe(own.length === 0)
        expect(mean ?? 0).toBeCloseTo(own.reduce((a, b) => a + b, 0) / Math.max(own.length, 1), 9)
      }
    }
  }
}

test('any writes in any order with repeats, ticks and restarts equal a Map, as readings and as buckets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      let held = openIn(tempDir())
      const model: Model = new Map(SERIES.map((series) => [series, new Map()]))
      let commit = 0
      const run = async (one: (typeof steps)[number]): Promise<WriteResult> => {
        if (one.do === 'tick') return held.historian.tick(T0 + one.seconds * SECOND)
        if (one.do === 'flush') return held.historian.flush()
        if (one.do === 'restart') {
          await shut(held)
          held = openIn(held.dir)
          return held.historian.flush()
        }
        for (const { series, ts, value } of one.readings) model.get(series)!.set(ts, value)
        return held.historian.write(one.readings, ++commit)
      }
      for (const one of steps) {
        expect(await run(one)).toStrictEqual({ ok: true, refused: [] })
        expect(await held.historian.cursor()).toBeLessThanOrEqual(commit)
      }
      await expectModel(held, model)
      await shut(held)
      fs.rmSync(held.dir, { recursive: true })
    }),
    { numRuns: 25 },
  )
}, 60_000)

test('no minute stays open for two minutes of journal time, and the cursor follows', async () => {
  const held = openIn(tempDir())
  const [series, sparse] = SERIES as [Series, Series]
  let commit = 0
  let oldestOpen = 0
  for (let second = 0; second < 600; second++) {
    const now = T0 + second * SECOND
    const readings: Reading[] = second < 400 ? [{ series, ts: now, value: 1 }] : []
    if (second % 31 === 0 && second < 400) readings.push({ series: sparse, ts: now, value: 2 })
    await held.historian.write(readings, ++commit)
    if (second % 5 === 4) await held.historian.tick(now)
    const open = held.historian.openReadings(series, T0, now + 1)
    oldestOpen = Math.max(oldestOpen, now - (open[0]?.ts ?? now))
    expect(held.historian.openReadings(sparse, T0, now - 2 * MINUTE)).toStrictEqual([])
    expect(commit - (await held.historian.cursor())).toBeLessThanOrEqual(120)
  }
  expect(oldestOpen).toBeGreaterThan(30 * SECOND) // a minute is written once, not at every tick
  expect(oldestOpen).toBeLessThan(2 * MINUTE)
  expect(held.historian.openReadings(series, T0, T0 + HOUR)).toStrictEqual([])
  await shut(held)
  fs.rmSync(held.dir, { recursive: true })
})

test('aged readings go, their quarter-hour summaries stay and still draw', async () => {
  let held = openIn(tempDir(), 2)
  const [series] = SERIES as [Series]
  const days = 5
  const end = T0 + days * DAY
  const points = Array.from({ length: (days * DAY) / (10 * MINUTE) }, (_, i) => ({
    series,
    ts: T0 + i * 10 * MINUTE,
    value: i % 50,
  }))
  const writeAll = async () => {
    for (let i = 0, commit = 1; i < points.length; i += 6, commit++) {
      expect(await held.historian.write(points.slice(i, i + 6), commit)).toStrictEqual({
        ok: true,
        refused: [],
      })
      for (let tick = 0; tick < 3; tick++) await held.historian.tick(points[i]!.ts + HOUR + tick)
    }
    await held.historian.flush()
  }
  const expectAll = async () => {
    const raw = await held.reader.raw(series, T0, end, 1e6)
    expect(raw.at(-1)!.ts).toBe(points.at(-1)!.ts)
    expect(raw[0]!.ts).toBeGreaterThan(end - 2 * DAY - 3 * HOUR)
    expect(raw[0]!.ts).toBeLessThanOrEqual(end - 2 * DAY + HOUR)
    for (const stepMs of [15 * MINUTE, HOUR, DAY]) {
      const buckets = await held.reader.buckets(series, T0, end, stepMs)
      expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(points.length)
    }
    const [first] = await held.reader.buckets(series, T0, T0 + HOUR, HOUR)
    expect(first).toStrictEqual({ ts: T0, count: 6, mean: 2.5, min: 0, max: 5, first: 0, last: 5 })
    // A step finer than what is left is not invented.
    const fine = await held.reader.buckets(series, T0, T0 + HOUR, MINUTE)
    expect(fine.every(({ count, mean }) => count === 0 && mean === null)).toBe(true)
  }
  await writeAll()
  await expectAll()

  const late = { series, ts: T0 + 5 * MINUTE, value: 999 }
  expect(await held.historian.write([late], 1e6)).toMatchObject({
    ok: true,
    refused: [{ reading: late, why: expect.stringContaining('older than') }],
  })
  await expectAll()

  // The journal is read again from its start, as after a damaged file: nothing is counted twice, nothing is refused.
  await shut(held)
  const db = new DatabaseSync(path.join(held.dir, 'tongda.db'))
  db.exec("UPDATE meta SET value = 0 WHERE name = 'cursor'")
  db.close()
  held = openIn(held.dir, 2)
  expect(await held.historian.cursor()).toBe(0)
  await writeAll()
  await expectAll()
  await shut(held)
  fs.rmSync(held.dir, { recursive: true })
})
