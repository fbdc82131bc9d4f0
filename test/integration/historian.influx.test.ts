/** InfluxDB 1.x as it is, and VictoriaMetrics in the place of InfluxDB 2. */
import fs from 'node:fs'
import { InfluxDB } from 'influx'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import type { Historian, HistorianReader, Point, Reading } from '#store/historian/historian.ts'
import { influxd, suiteOf, victoriaMetrics, type RunningService } from '../services.ts'
import { at, historianContract, SERIES } from './historian.contract.ts'
import { JOURNAL_SERIES, journalOf } from './historian.journal.ts'
import { silentLog } from './historian.log.ts'
import { tempDir } from './historian.temp.ts'

const T0 = Date.UTC(2026, 10, 24, 2, 0, 0)
const influx1 = suiteOf(influxd.find(), 'InfluxDB 1.x (influx1)')
const influx2 = suiteOf(victoriaMetrics.find(), 'VictoriaMetrics (influx2)')

describe.skipIf(influx1.skip)(`a real ${influx1.title}`, () => {
  let server: RunningService
  let made = 0
  beforeAll(async () => {
    server = await influxd.start()
  })
  afterAll(() => server.stop())
  const storeOf = (prefix: string) => `influx1://127.0.0.1:${server.port}/${prefix}`

  describe('contract', () => {
    historianContract(() => {
      const dir = tempDir()
      return { store: storeOf(`c${made++}`), dir, end: () => fs.rmSync(dir, { recursive: true }) }
    })
  })

  test('T9 what is refused leaves no series behind, what is taken makes exactly its own', async () => {
    const dir = tempDir()
    const historian = await openHistorian(storeOf('t9'), { dir, log: silentLog })
    const odd = ['a,b=c', 'a b', 'a\nmachine2 value=1', 'a\\', '', 'x y=1i', '"', "'", 'é']
    const bad = odd.flatMap((text): Reading[] => [
      { series: { ...SERIES, machine: text }, ts: T0, value: 1 },
      { series: { ...SERIES, measure: text }, ts: T0, value: 1 },
    ])
    const result = await historian.write([...bad, ...at([{ ts: T0, value: 1 }])], 1)
    expect(result).toMatchObject({ ok: true, refused: { length: bad.length } })
    const { results } = await new InfluxDB({ port: server.port, database: 't9_tongda' }).queryRaw(
      'SHOW SERIES',
    )
    expect(results[0].series[0].values).toStrictEqual([['power_kw,machine=main/machining/l1/lathe-07']])
    await historian.close()
    fs.rmSync(dir, { recursive: true })
  })

  test('a refused line is found among good ones, which are all kept', async () => {
    const dir = tempDir()
    const influx = new InfluxDB({ port: server.port })
    await influx.createDatabase('partial_tongda')
    await influx.writePoints(
      [{ measurement: 'temp_c', tags: { machine: 'm' }, fields: { value: 'words' } }],
      {
        database: 'partial_tongda',
      },
    )
    const historian = await openHistorian(storeOf('partial'), { dir, log: silentLog })
    const good = Array.from({ length: 400 }, (_, i) => ({ ts: T0 + i * SECOND, value: i }))
    const bad = [7, 8, 301].map((i) => ({ series: { ...SERIES, measure: 'temp_c' }, ts: T0 + i, value: 1 }))
    const mixed = [
      ...at(good.slice(0, 7)),
      bad[0]!,
      bad[1]!,
      ...at(good.slice(7, 300)),
      bad[2]!,
      ...at(good.slice(300)),
    ]
    const result = await historian.write(mixed, 4)
    expect(result.ok && result.refused.map(({ reading }) => reading)).toStrictEqual(bad)
    expect(result.ok && result.refused[0]!.why).toMatch(/field type conflict/)
    const reader = await openHistorianReader(storeOf('partial'), {
      dir,
      openMinutes: () => Promise.resolve([]),
    })
    expect(await reader.raw(SERIES, T0, T0 + HOUR, 1000)).toStrictEqual(good)
    expect(await historian.cursor()).toBe(0)
    expect(await historian.write([], 4)).toStrictEqual({ ok: true, refused: [] })
    expect(await historian.cursor()).toBe(4)
    await historian.close()
    fs.rmSync(dir, { recursive: true })
  })
})

describe.skipIf(influx1.skip)(`F5 with a real ${influx1.title}`, () => {
  test('F5 hung, continued, stopped and started again it ends with every reading exactly once', async () => {
    let server = await influxd.start()
    const dir = tempDir()
    const store = `influx1://127.0.0.1:${server.port}`
    const historian = await openHistorian(store, { dir, log: silentLog, answerMs: 1000 })
    const commits = [...journalOf(90)]
    const kinds = new Set<string>()
    const writeAll = async (
      from: number,
      to: number,
      hurt: () => Promise<void> | void,
      heal: () => Promise<void>,
    ) => {
      await hurt()
      let failures = 0
      for (const { commit, readings } of commits.slice(from, to)) {
        for (;;) {
          const result = await historian.write(readings, commit)
          if (result.ok) break
          kinds.add(result.kind)
          expect(await historian.cursor()).toBeLessThan(commit)
          if (++failures === 2) await heal()
          expect(failures).toBeLessThan(200)
        }
      }
      return failures
    }
    await writeAll(
      0,
      30,
      () => undefined,
      () => Promise.resolve(),
    )
    expect(
      await writeAll(
        30,
        60,
        () => server.pause(),
        async () => server.resume(),
      ),
    ).toBeGreaterThan(0)
    const restarted = await writeAll(
      60,
      90,
      () => server.stop({ keep: true }),
      async () => {
        server = await influxd.start({ dir: server.dir, port: server.port })
      },
    )
    expect(restarted).toBeGreaterThan(0)
    expect([...kinds]).toStrictEqual(['unavailable'])
    expect(await historian.cursor()).toBe(90)
    const reader = await openHistorianReader(store, { dir, openMinutes: () => Promise.resolve([]) })
    for (const series of JOURNAL_SERIES) {
      const model = new Map<number, number>()
      for (const { readings } of commits)
        for (const reading of readings) if (reading.series === series) model.set(reading.ts, reading.value)
      const expected = [...model].toSorted(([a], [b]) => a - b).map(([ts, value]) => ({ ts, value }))
      expect(await reader.raw(series, 0, T0 + HOUR * 24, 1e6)).toStrictEqual(expected)
    }
    await historian.close()
    await server.stop()
    fs.rmSync(server.dir, { recursive: true, force: true })
    fs.rmSync(dir, { recursive: true })
  })
})

describe.skipIf(influx2.skip)(`a real ${influx2.title}`, () => {
  let server: RunningService
  let historian: Historian
  let reader: HistorianReader
  let dir: string
  beforeAll(async () => {
    server = await victoriaMetrics.start()
    dir = tempDir()
    const store = `influx2://token@127.0.0.1:${server.port}/org`
    historian = await openHistorian(store, { dir, log: silentLog })
    reader = await openHistorianReader(store, { dir, openMinutes: () => Promise.resolve([]) })
  })
  afterAll(async () => {
    await historian.close()
    await server.stop()
    fs.rmSync(dir, { recursive: true })
  })

  /** What its own export says; it shows a reading some time after it was written. */
  const exported = async (measure: string): Promise<Point[]> => {
    await fetch(`${server.url}/internal/force_flush`)
    const match = encodeURIComponent(`{__name__="${measure}_value",machine="${SERIES.machine}"}`)
    const text = await (await fetch(`${server.url}/api/v1/export?match[]=${match}&reduce_mem_usage=1`)).text()
    const lines = text.split('\n').filter((line) => line !== '')
    const points = lines.flatMap((line) => {
      const { timestamps, values } = JSON.parse(line) as { timestamps: number[]; values: number[] }
      return timestamps.map((ts, i) => ({ ts, value: values[i]! }))
    })
    const distinct = new Map(points.map((point) => [point.ts, point]))
    return [...distinct.values()].toSorted((a, b) => a.ts - b.ts)
  }

  test('writes every reading, again without effect, late ones too, and keeps its cursor', async () => {
    const points = Array.from({ length: 12_000 }, (_, i) => ({ ts: T0 + i * SECOND, value: i / 8 }))
    const late = { ts: T0 - 10 * MINUTE, value: 3e-7 }
    expect(await historian.write(at(points), 1)).toStrictEqual({ ok: true, refused: [] })
    expect(await historian.write(at([...points.slice(50, 80), late]), 2)).toStrictEqual({
      ok: true,
      refused: [],
    })
    expect(await exported('power_kw')).toStrictEqual([late, ...points])
    expect(await historian.cursor()).toBe(2)
    expect(await historian.probe()).toStrictEqual({ ok: true })
  })

  test('T9 what is no id or no number is refused and makes no series', async () => {
    const bad: Reading[] = ['a,b=c', 'a\nx value=1', 'a\\', ''].flatMap((text) => [
      { series: { ...SERIES, machine: text }, ts: T0, value: 1 },
      { series: { ...SERIES, measure: text }, ts: T0, value: 1 },
    ])
    bad.push({ series: SERIES, ts: T0, value: Number.NaN })
    const before = await (await fetch(`${server.url}/api/v1/series?match[]={__name__!=""}&start=0`)).json()
    expect(await historian.write(bad, 3)).toMatchObject({ ok: true, refused: { length: bad.length } })
    await fetch(`${server.url}/internal/force_flush`)
    const after = await (await fetch(`${server.url}/api/v1/series?match[]={__name__!=""}&start=0`)).json()
    expect(after).toStrictEqual(before)
  })

  test('says that it is written only', async () => {
    await expect(reader.raw(SERIES, T0, T0 + 1, 1)).rejects.toMatchObject({ fault: 'not_supported' })
    await expect(reader.buckets(SERIES, T0, T0 + 1, 1)).rejects.toThrow(/written only/)
  })
})
