/**
 * What every historian that is read must do, run over each adapter. A subject opens the adapter on a store of its own; `reader`
 * sees what a page would see while the writer is at work.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import type {
  Bucket,
  Historian,
  HistorianReader,
  Point,
  Reading,
  Series,
} from '#store/historian/historian.ts'
import { silentLog } from './historian.log.ts'
import { JOURNAL_SERIES, journalOf, START } from './historian.journal.ts'

export type Subject = {
  readonly store: string
  readonly dir: string
  /** Forgets when its process ends: nothing to kill. */
  readonly forgets?: boolean
  readonly end: () => void | Promise<void>
}

export const SERIES: Series = { firm: 'tongda', machine: 'main/machining/l1/lathe-07', measure: 'power_kw' }
const OTHER: Series = { ...SERIES, measure: 'temp_c' }
/** 10:00 in Shanghai. */
const T0 = Date.UTC(2026, 10, 24, 2, 0, 0)

export const at = (points: readonly Point[], series: Series = SERIES): Reading[] =>
  points.map(({ ts, value }) => ({ series, ts, value }))
const bare = ({ ts }: { ts: number }): Bucket => ({
  ts,
  count: 0,
  mean: null,
  min: null,
  max: null,
  first: null,
  last: null,
})

export function historianContract(make: () => Promise<Subject> | Subject): void {
  let subject: Subject
  let historian: Historian
  let reader: HistorianReader

  const open = async () => {
    historian = await openHistorian(subject.store, { dir: subject.dir, log: silentLog })
    reader = await openHistorianReader(subject.store, {
      dir: subject.dir,
      openMinutes: (series, from, to) => Promise.resolve(historian.openReadings(series, from, to)),
    })
  }
  const write = async (readings: readonly Reading[], commit: number) =>
    expect(await historian.write(readings, commit)).toStrictEqual({ ok: true, refused: [] })
  const tick = async (now: number) =>
    expect(await historian.tick(now)).toStrictEqual({ ok: true, refused: [] })
  const flush = async () => expect(await historian.flush()).toStrictEqual({ ok: true, refused: [] })
  const raw = (from = T0 - DAY, to = T0 + DAY, limit = 1_000_000, series = SERIES) =>
    reader.raw(series, from, to, limit)

  beforeEach(async () => {
    subject = await make()
    await open()
  })
  afterEach(async () => {
    await reader.close()
    await historian.close()
    await subject.end()
  })

  test('a reading can be read at once, before and after its minute is written', async () => {
    const points = [
      { ts: T0, value: 1.5 },
      { ts: T0 + 999, value: -2 },
      { ts: T0 + MINUTE, value: 3e-7 },
    ]
    await write(at(points), 1)
    expect(await raw()).toStrictEqual(points)
    await tick(T0 + 5 * SECOND)
    expect(await raw()).toStrictEqual(points)
    await tick(T0 + 5 * MINUTE)
    expect(await raw()).toStrictEqual(points)
    await flush()
    expect(await raw()).toStrictEqual(points)
    expect(historian.openReadings(SERIES, T0, T0 + DAY).length).toBe(subject.forgets ? 3 : 0)
  })

  test('writing again changes nothing, writing another value replaces the first', async () => {
    const points = Array.from({ length: 90 }, (_, i) => ({ ts: T0 + i * SECOND, value: i }))
    await write(at(points), 1)
    await write(at(points.slice(10, 50)), 2)
    await flush()
    await write(at(points), 3)
    expect(await raw()).toStrictEqual(points)
    await flush()
    expect(await raw()).toStrictEqual(points)
    await write(at([{ ts: T0 + 5 * SECOND, value: 500 }]), 4)
    const replaced = points.with(5, { ts: T0 + 5 * SECOND, value: 500 })
    expect(await raw()).toStrictEqual(replaced)
    await flush()
    expect(await raw()).toStrictEqual(replaced)
    const [bucket] = await reader.buckets(SERIES, T0, T0 + MINUTE, MINUTE)
    expect(bucket).toMatchObject({ count: 60, max: 500, min: 0, first: 0, last: 59 })
  })

  test('a late reading joins its minute', async () => {
    await write(at([{ ts: T0 + 10 * SECOND, value: 1 }]), 1)
    await flush()
    await write(at([{ ts: T0 + HOUR, value: 9 }]), 2)
    await write(at([{ ts: T0 + 5 * SECOND, value: 0 }]), 3)
    await tick(T0 + HOUR + 5 * SECOND)
    expect(await raw(T0, T0 + MINUTE)).toStrictEqual([
      { ts: T0 + 5 * SECOND, value: 0 },
      { ts: T0 + 10 * SECOND, value: 1 },
    ])
    expect(await reader.buckets(SERIES, T0, T0 + MINUTE, MINUTE)).toStrictEqual([
      { ts: T0, count: 2, mean: 0.5, min: 0, max: 1, first: 0, last: 1 },
    ])
  })

  test('a bucket without readings is null, never 0 and never the last value', async () => {
    await write(
      at([
        { ts: T0, value: 4 },
        { ts: T0 + 3 * MINUTE, value: 6 },
      ]),
      1,
    )
    for (const settle of [() => Promise.resolve(), flush]) {
      await settle()
      for (const step of [10 * SECOND, MINUTE]) {
        const buckets = await reader.buckets(SERIES, T0, T0 + 4 * MINUTE, step)
        expect(buckets.length).toBe((4 * MINUTE) / step)
        const full = buckets.filter(({ count }) => count > 0)
        expect(full.map(({ ts, mean }) => [ts, mean])).toStrictEqual([
          [T0, 4],
          [T0 + 3 * MINUTE, 6],
        ])
        for (const bucket of buckets.filter(({ count }) => count === 0))
          expect(bucket).toStrictEqual(bare(bucket))
      }
    }
  })

  test('buckets begin at midnight in Asia/Shanghai and are whole at both ends', async () => {
    const midnight = Date.UTC(2026, 10, 23, 16, 0, 0)
    const hours = Array.from({ length: 72 }, (_, i) => ({ ts: midnight - DAY + i * HOUR, value: i }))
    await write(at(hours), 1)
    await flush()
    const days = await reader.buckets(SERIES, midnight + 5 * HOUR, midnight + DAY + 1, DAY)
    expect(days.map(({ ts, count, first, last }) => ({ ts, count, first, last }))).toStrictEqual([
      { ts: midnight, count: 24, first: 24, last: 47 },
      { ts: midnight + DAY, count: 24, first: 48, last: 71 },
    ])
    const sixHours = await reader.buckets(SERIES, midnight + 1, midnight + 6 * HOUR, 6 * HOUR)
    expect(sixHours.map(({ ts, count, mean }) => [ts, count, mean])).toStrictEqual([[midnight, 6, 26.5]])
  })

  test('raw gives the newest readings within its limit, by time', async () => {
    const points = Array.from({ length: 200 }, (_, i) => ({ ts: T0 + i * SECOND, value: i }))
    await write(at(points.slice(0, 150)), 1)
    await flush()
    await write(at(points.slice(150)), 2)
    expect(await raw(T0, T0 + DAY, 70)).toStrictEqual(points.slice(-70))
    expect(await raw(T0, T0 + 100 * SECOND, 30)).toStrictEqual(points.slice(70, 100))
    expect(await raw(T0, T0 + DAY, 0)).toStrictEqual([])
  })

  test('series and firms are kept apart, an unknown one is empty', async () => {
    const foreign: Series = { ...SERIES, firm: 'jinwan' }
    await write([...at([{ ts: T0, value: 1 }]), ...at([{ ts: T0, value: 2 }], OTHER)], 1)
    await write(at([{ ts: T0, value: 3 }], foreign), 2)
    await flush()
    expect(await raw()).toStrictEqual([{ ts: T0, value: 1 }])
    expect(await raw(T0, T0 + 1, 9, OTHER)).toStrictEqual([{ ts: T0, value: 2 }])
    expect(await raw(T0, T0 + 1, 9, foreign)).toStrictEqual([{ ts: T0, value: 3 }])
    expect(await raw(T0, T0 + 1, 9, { ...SERIES, machine: 'main/x' })).toStrictEqual([])
    expect(await raw(T0, T0 + 1, 9, { ...SERIES, firm: 'nobody' })).toStrictEqual([])
    const [bucket] = await reader.buckets({ ...SERIES, firm: 'nobody' }, T0, T0 + MINUTE, MINUTE)
    expect(bucket).toStrictEqual(bare({ ts: T0 }))
  })

  test('an empty range is empty, a faulty question is refused by name', async () => {
    expect(await raw(T0, T0)).toStrictEqual([])
    expect(await raw(T0, T0 - 1)).toStrictEqual([])
    expect(await reader.buckets(SERIES, T0, T0, MINUTE)).toStrictEqual([])
    expect(await reader.buckets(SERIES, T0, T0 + 5000 * MINUTE, MINUTE)).toHaveLength(5000)
    await expect(reader.buckets(SERIES, T0, T0 + 5001 * MINUTE, MINUTE)).rejects.toMatchObject({
      fault: 'too_many_buckets',
    })
    await expect(reader.buckets(SERIES, T0, T0 + HOUR, 0)).rejects.toMatchObject({ fault: 'bad_step' })
    await expect(reader.buckets(SERIES, T0, T0 + HOUR, 1.5)).rejects.toMatchObject({ fault: 'bad_step' })
    await expect(raw(Number.NaN, T0)).rejects.toMatchObject({ fault: 'bad_range' })
    await expect(reader.buckets(SERIES, T0, Infinity, MINUTE)).rejects.toMatchObject({ fault: 'bad_range' })
  })

  test('T9 what is no id or no number is refused with its reason, and its neighbours are kept', async () => {
    const odd = [
      '',
      ' ',
      'a,b=c',
      'a b',
      'a\nb c=1',
      'a\\',
      '"',
      '../x',
      'Ä',
      'a\u0000',
      '7;DROP',
      'x'.repeat(65),
    ]
    const bad: Reading[] = [
      ...odd.flatMap((text) => [
        { series: { ...SERIES, firm: text }, ts: T0, value: 1 },
        { series: { ...SERIES, machine: `main/${text}` }, ts: T0, value: 1 },
        { series: { ...SERIES, measure: text }, ts: T0, value: 1 },
      ]),
      ...[Number.NaN, Infinity, -Infinity].map((value) => ({ series: SERIES, ts: T0, value })),
      ...[-1, 1.5, Number.NaN, 1e300].map((ts) => ({ series: SERIES, ts, value: 1 })),
    ]
    const good = at([{ ts: T0, value: 7 }])
    const result = await historian.write([...bad.slice(0, 9), ...good, ...bad.slice(9)], 1)
    expect(result.ok && result.refused.map(({ reading }) => reading)).toStrictEqual(bad)
    expect(result.ok && result.refused.every(({ why }) => why.length > 10)).toBe(true)
    await flush()
    expect(await raw()).toStrictEqual([{ ts: T0, value: 7 }])
    for (const text of odd)
      await expect(raw(T0, T0 + 1, 9, { ...SERIES, measure: text })).rejects.toMatchObject({
        fault: 'bad_series',
      })
  })

  test('the cursor never passes what is not stored, and reaches everything after a flush', async () => {
    expect(await historian.cursor()).toBe(0)
    await write([], 3)
    await write(at([{ ts: T0, value: 1 }]), 5)
    await write(at([{ ts: T0 + SECOND, value: 1 }]), 8)
    expect(await historian.cursor()).toBeLessThanOrEqual(8)
    await flush()
    expect(await historian.cursor()).toBe(8)
    await write([], 9)
    await tick(T0 + 5 * SECOND)
    expect(await historian.cursor()).toBe(9)
    if (subject.forgets) return
    await reader.close()
    await historian.close()
    await open()
    expect(await historian.cursor()).toBe(9)
    expect(await historian.probe()).toStrictEqual({ ok: true })
  })

  test('F2 killed again and again between flushes it ends with every reading exactly once', async () => {
    if (subject.forgets) return // the journal fills it again from 0: nothing can be lost
    const commits = 120
    await historian.close()
    const deaths = [1, 58, 117] // writes and ticks; then one life ends from outside, wherever it is
    let kills = 0
    for (let life = 0; ; life++) {
      const child = spawn(
        process.execPath,
        [
          path.join(import.meta.dirname, 'historian.child.ts'),
          subject.store,
          subject.dir,
          String(commits),
          String(deaths[life] ?? 0),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      let told = ''
      child.stdout.on('data', (data: Buffer) => (told += data.toString()))
      if (life === deaths.length)
        child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), 5).unref())
      const [code] = (await once(child, 'close')) as [number | null]
      if (code === null) kills++
      if (told.includes('done')) break
      expect(life).toBeLessThan(20)
    }
    await open()
    expect(await historian.cursor()).toBe(commits)
    const model = new Map<Series, Map<number, number>>(JOURNAL_SERIES.map((series) => [series, new Map()]))
    for (const { readings } of journalOf(commits))
      for (const { series, ts, value } of readings) model.get(series)!.set(ts, value)
    for (const [series, points] of model) {
      const expected = [...points].toSorted(([a], [b]) => a - b).map(([ts, value]) => ({ ts, value }))
      expect(await raw(START - DAY, START + DAY, 1e6, series)).toStrictEqual(expected)
      const [day] = await reader.buckets(series, START, START + 1, DAY)
      expect(day!.count).toBe(expected.length)
    }
    expect(kills).toBeGreaterThanOrEqual(deaths.length)
  })
}
