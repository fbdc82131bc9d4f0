/** Samples of registers as the ledger keeps them: columns, the log of days that live, rows of days that are over. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DAY, HOUR, MINUTE } from '#domain/time.ts'
import type { LedgerChanges } from '#store/ledger/changes.ts'
import { columnOf, SampleDay, sampleDay, type CountItem } from '#store/ledger/samples.ts'
import type { SampleGone, SamplePart } from '#store/ledger/sampleRows.ts'
import { openLedgerWriter } from '#store/ledger/writer.ts'
import { MachineSamples } from '../../ingest/samples.ts'

const KWH = { name: 'kwh', scale: 100 }
const DAY0 = 20_000
const at = (minute: number): number => DAY0 * DAY + minute * MINUTE
const item = (minute: number, steps: Record<string, number>, boot = 'a', seq = minute): CountItem => ({
  ts: at(minute),
  boot,
  seq,
  steps: new Map(Object.entries(steps)),
})
const dayOf = (items: readonly CountItem[]): SampleDay => {
  const day = new SampleDay()
  for (const one of items) day.add(one)
  return day
}
const changes = (samples: readonly SamplePart[], samplesGone: readonly SampleGone[] = []): LedgerChanges => ({
  progress: { cursor: 1, offset: 1, at: 1, clock: '{}', counts: '{}' },
  events: [],
  plants: [],
  quarantine: [],
  decided: [],
  withheld: [],
  states: [],
  machineEvents: [],
  samples,
  samplesGone,
  panes: [],
  settled: [],
  openDays: [],
  records: [],
  accounts: [],
  corrections: [],
  monthCloses: [],
  messages: [],
  tallies: [],
  machines: [],
  streams: [],
  hashes: [],
  oldestHashDay: 0,
})
const openWriter = () => openLedgerWriter(fs.mkdtempSync(path.join(os.tmpdir(), 'baiyuan-samples-')), 'a')

const key = ({ ts, boot, steps }: CountItem): string =>
  JSON.stringify([ts, boot, steps.get('kwh@100') ?? null, steps.get('good@1') ?? null])

test('a text holds every sample once, in any order of arrival; what was not read at a moment is not there', () => {
  const items = fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 1439 }),
      boot: fc.constantFrom('a', 'b'),
      kwh: fc.option(fc.integer({ min: 0, max: 1e9 })),
      good: fc.option(fc.integer({ min: 0, max: 1e6 })),
    }),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(items, (list) => {
      const told = list.map(({ minute, boot, kwh, good }) =>
        item(
          minute,
          { ...(kwh === null ? {} : { 'kwh@100': kwh }), ...(good === null ? {} : { 'good@1': good }) },
          boot,
        ),
      )
      const text = dayOf([...told, ...told]).encode()
      expect(dayOf(told.toReversed()).encode()).toBe(text)
      const back = SampleDay.of(text)
      expect(back.encode()).toBe(text)
      expect(new Set([...back.items()].map(key))).toEqual(new Set(told.map(key)))
    }),
  )
})

const rank = ({ ts, seq }: { ts: number; seq: number }): number => ts * 10 + seq

test('the samples of a stretch and the nearest one outside are those that a look at all of them finds', () => {
  const told = fc.array(fc.tuple(fc.nat(20), fc.constantFrom('a', 'b'), fc.nat(3), fc.boolean()), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(told, fc.nat(20), (list, minute) => {
      const day = dayOf(
        list.map(([moment, boot, seq, isKwh]) =>
          item(moment, { [isKwh ? 'kwh@100' : 'good@1']: moment + seq }, boot, seq),
        ),
      )
      const all = day.samples(KWH)
      const before = all.filter(({ ts }) => ts < at(minute)).toSorted((a, b) => rank(b) - rank(a))
      const after = all.filter(({ ts }) => ts > at(minute)).toSorted((a, b) => rank(a) - rank(b))
      expect(day.nearest(KWH, 'before', at(minute))).toEqual(before[0] ?? null)
      expect(day.nearest(KWH, 'after', at(minute))).toEqual(after[0] ?? null)
      expect(day.samples(KWH, at(minute), at(20))).toEqual(all.filter(({ ts }) => ts >= at(minute)))
      expect(day.has('kwh')).toBe(all.length > 0)
    }),
  )
})

test('a plant that measures finer from some moment on does not change what was read before', () => {
  const day = dayOf([item(0, { [columnOf(KWH)]: 12_345 }), item(1, { 'kwh@1000': 123_456 })])
  expect(day.samples(KWH).map(({ steps }) => steps)).toEqual([12_345, 12_346])
  expect(day.samples({ name: 'kwh', scale: 1000 }).map(({ steps }) => steps)).toEqual([123_450, 123_456])
  expect(day.samples({ name: 'kw', scale: 100 })).toEqual([])
})

test('a day that lives stands in the log, and in a row of its own when it is over; late ones join it there', () => {
  const writer = openWriter()
  const memory = new MachineSamples('m')
  const commit = (now: number) => {
    const parts = memory.unstored(now)
    writer.commit(changes(parts))
    memory.stored(parts)
    return parts.map(({ to }) => to)
  }
  memory.add(item(0, { 'kwh@100': 1 }))
  expect(commit(at(1))).toEqual(['log'])
  memory.add(item(1, { 'kwh@100': 2 }))
  expect(commit(at(2))).toEqual(['log'])
  expect(commit(at(3))).toEqual([])

  const again = new MachineSamples('m') // after a start
  for (const row of writer.samples.log()) again.load(row.day, row.samples)
  expect(again.day(DAY0)!.count).toBe(2)
  expect(again.unstored(at(4))).toEqual([])

  expect(memory.over(at(1440))).toEqual([])
  const over = memory.over(at(1440) + HOUR + 1)
  writer.foldSamples(over)
  memory.stored(over)
  expect(memory.day(DAY0)).toBeNull()
  expect(writer.pruneLog(DAY0 + 1)).toBe(false)
  expect(writer.samples.log()).toEqual([])

  memory.add(item(2, { 'good@1': 7 }))
  expect(commit(at(3000))).toEqual(['day'])
  const stored = writer.samples.day('m', DAY0)!
  expect([...stored.items()].map(({ ts }) => ts)).toEqual([at(0), at(1), at(2)])
  expect(writer.samples.near('m', DAY0 + 5, 'good', 'before')).toBe(DAY0)
  expect(writer.samples.near('m', DAY0 - 5, 'kwh', 'after')).toBe(DAY0)
  expect(writer.samples.near('m', DAY0 + 5, 'goo', 'before')).toBeNull()
  expect(writer.samples.near('m', DAY0, 'kwh', 'before')).toBeNull()
  writer.close()
})

test('a sample that another one takes the place of goes from wherever it stands', () => {
  const writer = openWriter()
  const log = dayOf([item(0, { 'kwh@100': 1 }), item(1, { 'kwh@100': 2 })])
  const day = dayOf([item(-1, { 'kwh@100': 0 })])
  writer.commit(
    changes([
      { machine: 'm', day: sampleDay(at(0)), samples: log, from: 0, to: 'log' },
      { machine: 'm', day: sampleDay(at(-1)), samples: day, from: 0, to: 'day' },
    ]),
  )
  const gone = [1, -1].map((seq) => ({ machine: 'm', boot: 'a', seq }))
  expect(writer.samples.tsOf('m', gone[1]!)).toBe(at(-1))
  expect(writer.samples.tsOf('m', { boot: 'b', seq: -1 })).toBeNull()
  writer.commit(changes([], gone))
  expect(writer.samples.day('m', sampleDay(at(-1)))!.count).toBe(0)
  expect(writer.samples.log().map((row) => SampleDay.of(row.samples).count)).toEqual([1])
  writer.close()
})
