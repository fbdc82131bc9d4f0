/** The page's claim about its connection, and trends that never join a hole. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Connection,
  connectionOf,
  isFrozen,
  type Link,
  type LinkEvent,
  linkStep,
  NO_LINK,
} from '../../dashboards/web/src/live/connection.ts'
import { sumBuckets } from '../../dashboards/web/src/live/power-sum.ts'
import { appended, gapLimit, holeTime, type Point, seriesOf } from '../../dashboards/web/src/live/series.ts'

const after = (...events: LinkEvent[]): Link => events.reduce(linkStep, NO_LINK)
const start: LinkEvent = { kind: 'start', mono: 0 }
const opened: LinkEvent = { kind: 'opened', mono: 100 }
const beat = (mono: number, pipeline = true): LinkEvent => ({
  kind: 'beat',
  mono,
  at: 1_000_000 + mono,
  pipeline,
})
const closed = (mono: number): LinkEvent => ({ kind: 'closed', mono })

describe('connection', () => {
  test.each<[string, LinkEvent[], number, Connection['kind']]>([
    ['before anything', [start], 500, 'opening'],
    ['open, but no frame yet', [start, opened], 900, 'opening'],
    ['a beat just now', [start, opened, beat(1000)], 1800, 'live'],
    ['an open socket that is silent', [start, opened, beat(1000)], 6001, 'late'],
    ['an open socket that stays silent', [start, opened, beat(1000)], 61_001, 'offline'],
    ['closed', [start, opened, beat(1000), closed(1200)], 1300, 'reconnecting'],
    ['closed for a minute', [start, opened, beat(1000), closed(1200)], 61_500, 'offline'],
    ['never reached', [start, closed(50)], 61_000, 'offline'],
    ['open again, before a frame', [start, opened, beat(1000), closed(1200), opened], 6500, 'late'],
    ['a frame again', [start, opened, beat(1000), closed(1200), opened, beat(7000)], 7100, 'live'],
  ])('%s', (_name, events, mono, kind) => expect(connectionOf(after(...events), mono).kind).toBe(kind))

  test('beats of a service whose pipeline is down do not make values younger', () => {
    const link = after(start, opened, beat(1000), beat(4000, false), beat(7000, false))
    expect(connectionOf(link, 7500)).toEqual({ kind: 'late', ageMs: 6500, pipeline: false })
  })

  test('a delta is a frame as good as a beat', () => {
    const link = after(start, opened, { kind: 'frame', mono: 3000, at: 9 })
    expect(connectionOf(link, 3500)).toEqual({ kind: 'live', ageMs: 500 })
  })

  test('values are frozen exactly while reconnecting or offline', () => {
    const at = (mono: number): boolean =>
      isFrozen(connectionOf(after(start, opened, beat(1000), closed(1200)), mono))
    expect([at(1300), at(90_000)]).toEqual([true, true])
    expect(isFrozen(connectionOf(after(start, opened, beat(1000)), 1100))).toBe(false)
  })

  test('whatever happens, nothing older than a minute is called live', () => {
    const event = fc.oneof(
      fc.constant(opened),
      fc.nat(100_000).map(closed),
      fc.tuple(fc.nat(100_000), fc.boolean()).map(([mono, pipeline]) => beat(mono, pipeline)),
    )
    fc.assert(
      fc.property(fc.array(event), fc.nat(200_000), (events, mono) => {
        const link = after(start, ...events)
        const state = connectionOf(link, mono)
        const age = mono - (link.frameMono ?? 0)
        expect(state.kind === 'live' && age > 5000).toBe(false)
        expect(state.kind === 'offline').toBe(age > 60_000)
      }),
    )
  })
})

const point = (ts: number, mean: number | null): Point => ({ ts, mean, min: mean, max: mean })

describe('trends', () => {
  test('a hole is a null in the line and a stretch to hatch', () => {
    const series = seriesOf([point(0, 1), point(1000, 2), point(9000, 3)], 3000, 0, 10_000)
    expect(series.y).toEqual([1, 2, null, 3])
    expect(series.holes).toEqual([{ from: 1000, to: 9000 }])
    expect(holeTime(series.holes)).toBe(8000)
  })

  test('missing at the beginning and at the end are holes too', () => {
    const { holes } = seriesOf([point(50_000, 1)], 3000, 0, 100_000)
    expect(holes).toEqual([
      { from: 0, to: 50_000 },
      { from: 50_000, to: 100_000 },
    ])
    expect(seriesOf([], 3000, 0, 10_000).holes).toEqual([{ from: 0, to: 10_000 }])
  })

  test('two points further apart than the limit are never neighbours in the line', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(100_000), { minLength: 1 }),
        fc.integer({ min: 1, max: 20_000 }),
        (times, gap) => {
          const points = times.toSorted((a, b) => a - b).map((ts) => point(ts, 1))
          const { x, y } = seriesOf(points, gap, 0, 100_000)
          const joined = x.filter(
            (ts, i) => y[i] !== null && i > 0 && y[i - 1] !== null && ts - x[i - 1]! > gap,
          )
          expect(joined).toEqual([])
        },
      ),
    )
  })

  test('a live value is appended once, and the window moves on', () => {
    const first = appended([point(0, 1), point(500, 1)], 900, 2, 400)
    expect(first.map(({ ts }) => ts)).toEqual([500, 900])
    expect(appended(first, 900, 3, 400)).toEqual(first)
    expect(gapLimit(1000, 3000)).toBe(7500)
    expect(gapLimit(60_000, 3000)).toBe(180_000)
  })
})

const power = (means: readonly (number | null)[]) => ({
  staleMs: 0,
  history: {
    measure: 'power_kw',
    unit: 'kW',
    stepMs: 1000,
    buckets: means.flatMap((mean, i) =>
      mean === null ? [] : [{ ts: i * 1000, count: 1, mean, min: mean, max: mean, first: mean, last: mean }],
    ),
  },
})
const means = (points: readonly Point[]) => points.map(({ mean }) => mean)

describe('power of the plant', () => {
  test('adds the machines of each bucket', () =>
    expect(means(sumBuckets([power([1, 2, 3]), power([10, 20, 30])], 2, 0, 3000, 1000))).toEqual([
      11, 22, 33,
    ]))

  test('a missing machine is a hole in the sum, not a dip', () => {
    const sums = means(sumBuckets([power([1, 2, 3, 4]), power([10, null, null, 40])], 2, 0, 4000, 1000))
    expect(sums[2]).toBeNull()
    expect([sums[0], sums[3]]).toEqual([11, 44])
  })

  test('a machine that never answered is counted as due', () =>
    expect(means(sumBuckets([power([1, 1])], 2, 0, 2000, 1000))).toEqual([null, null]))
})
