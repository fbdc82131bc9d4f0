/** Sixty payloads through every parameter of every read. */
import fs from 'node:fs'
import { InfluxDB } from 'influx'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '#domain/time.ts'
import { openHistorian, openHistorianReader } from '#store/historian/open.ts'
import {
  HistorianQueryError,
  type Historian,
  type HistorianReader,
  type Series,
} from '#store/historian/historian.ts'
import { influxd, suiteOf, type RunningService } from '../services.ts'
import { at, SERIES } from './historian.contract.ts'
import { silentLog } from './historian.log.ts'
import { tempDir } from './historian.temp.ts'

const T0 = Date.UTC(2026, 10, 24, 2, 0, 0)
const POINTS = [1, 2, 3].map((value) => ({ ts: T0 + value, value }))
const JINWAN: Series = { ...SERIES, firm: 'jinwan' }

const STATEMENTS = [
  'DROP MEASUREMENT "power_kw"',
  'DROP DATABASE baiyuan_tongda',
  'DELETE FROM minute',
  'DROP TABLE minute',
  "CREATE USER eve WITH PASSWORD 'eve' WITH ALL PRIVILEGES",
  'SELECT * INTO "copy" FROM /.*/',
  "ATTACH DATABASE '/tmp/eve.db' AS eve",
  'UPDATE minute SET sum = 0',
]
const BREAKS = ["'", '"', "' OR 1=1", '1', "\\'", '")', '/**/']
/** 8 statements x 7 ways out of a literal, and 4 that read too much. */
const PAYLOADS = [
  ...STATEMENTS.flatMap((statement) => BREAKS.map((way) => `${way}; ${statement}; --`)),
  "power_kw' OR machine =~ /.*/ OR '1'='1",
  'power_kw" , /.*/ WHERE "x" = \'',
  '../jinwan',
  '..%2fjinwan',
]

/** Every read with the payload in the place of each parameter in turn; a caller that checks nothing is assumed. */
function reads(reader: HistorianReader, payload: string): (() => Promise<readonly unknown[]>)[] {
  const number = payload as unknown as number
  const series = (['firm', 'machine', 'measure'] as const).map((key) => ({ ...SERIES, [key]: payload }))
  return [
    ...series.map((one) => () => reader.raw(one, T0, T0 + HOUR, 10)),
    ...series.map((one) => () => reader.buckets(one, T0, T0 + HOUR, MINUTE)),
    () => reader.raw(SERIES, number, T0 + HOUR, 10),
    () => reader.raw(SERIES, T0, number, 10),
    () => reader.raw(SERIES, T0, T0 + HOUR, number),
    () => reader.buckets(SERIES, number, T0 + HOUR, MINUTE),
    () => reader.buckets(SERIES, T0, number, MINUTE),
    () => reader.buckets(SERIES, T0, T0 + HOUR, number),
  ]
}

async function expectNothingGiven(reader: HistorianReader): Promise<void> {
  expect(PAYLOADS).toHaveLength(60)
  for (const payload of PAYLOADS) {
    for (const read of reads(reader, payload)) {
      const given = await read().catch((error: unknown) => error)
      const refused = given instanceof HistorianQueryError && given.fault.startsWith('bad_')
      expect({ payload, given: refused ? [] : given }).toStrictEqual({ payload, given: [] })
    }
  }
}

type Opened = { historian: Historian; reader: HistorianReader; dir: string }
async function fill(store: string): Promise<Opened> {
  const dir = tempDir()
  const historian = await openHistorian(store, { dir, log: silentLog })
  expect((await historian.write([...at(POINTS), ...at(POINTS, JINWAN)], 1)).ok).toBe(true)
  await historian.flush()
  const reader = await openHistorianReader(store, {
    dir,
    openMinutes: (series, from, to) => Promise.resolve(historian.openReadings(series, from, to)),
  })
  return { historian, reader, dir }
}
async function expectUnchanged({ reader }: Opened): Promise<void> {
  for (const series of [SERIES, JINWAN])
    expect(await reader.raw(series, T0, T0 + HOUR, 10)).toStrictEqual(POINTS)
}
async function shut({ historian, reader, dir }: Opened): Promise<void> {
  await reader.close()
  await historian.close()
  fs.rmSync(dir, { recursive: true })
}

test.each(['sqlite:', 'memory:'])('T10 %s gives nothing and changes nothing', async (store) => {
  const opened = await fill(store)
  const files = fs.readdirSync(opened.dir)
  await expectNothingGiven(opened.reader)
  await expectUnchanged(opened)
  expect(fs.readdirSync(opened.dir)).toStrictEqual(files)
  await shut(opened)
})

const influx1 = suiteOf(influxd.find(), 'InfluxDB 1.x (influx1)')
describe.skipIf(influx1.skip)(`T10 with a real ${influx1.title}`, () => {
  let server: RunningService
  beforeAll(async () => {
    server = await influxd.start()
  })
  afterAll(() => server.stop())

  test('T10 influx1 gives nothing and changes nothing', async () => {
    const opened = await fill(`influx1://127.0.0.1:${server.port}`)
    const influx = new InfluxDB({ port: server.port, database: 'baiyuan_tongda' })
    const inventory = async () =>
      Promise.all(
        ['SHOW DATABASES', 'SHOW USERS', 'SHOW SERIES', 'SHOW FIELD KEYS', 'SELECT count(*) FROM /.*/'].map(
          (text) => influx.queryRaw(text),
        ),
      )
    const before = await inventory()
    await expectNothingGiven(opened.reader)
    expect(await inventory()).toStrictEqual(before)
    await expectUnchanged(opened)
    await shut(opened)
  })
})
