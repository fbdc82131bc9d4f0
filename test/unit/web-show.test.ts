/** Numbers, times, axes, states and values as the page shows them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '#domain/time.ts'
import type { MachineLive } from '#contract/live.ts'
import { timeTicks, valueAxis } from '../../dashboards/web/src/show/axis.ts'
import { coverageOf, coverageRuns, logPlace } from '../../dashboards/web/src/show/coverage.ts'
import {
  digitsOf,
  formatAge,
  formatClock,
  formatDay,
  formatMoment,
  formatNumber,
  formatPower,
  formatShare,
  formatSpan,
  formatSpanShort,
  formatWindow,
  latencyParts,
  parseLocalInput,
  startOfDay,
  toLocalInput,
  unitWord,
} from '../../dashboards/web/src/show/format.ts'
import { productionDay, shiftAt, shiftsIn } from '../../dashboards/web/src/show/shift.ts'
import { countStates, shownState } from '../../dashboards/web/src/show/state.ts'
import { fitTiles, phoneTiles } from '../../dashboards/web/src/show/tiles.ts'
import { readingOf, sumPower } from '../../dashboards/web/src/show/value.ts'
import { zoomFor } from '../../dashboards/web/src/show/zoom.ts'
import { demoPlant } from '../e2e/fixture/plant.ts'

/** 2026-11-24 14:32:06.812 in Shanghai. */
const NOW = Date.UTC(2026, 10, 24, 6, 32, 6, 812)

describe('numbers', () => {
  test.each([
    [1738, 0, '1,738'],
    [-2.49, 2, '\u22122.49'],
    [0, 0, '0'],
    [-0.004, 2, '0.00'],
    [1234567.891, 2, '1,234,567.89'],
    [null, 2, '—'],
    [Number.NaN, 0, '—'],
  ])('%s with %s digits is %s', (value, digits, text) => expect(formatNumber(value, digits)).toBe(text))

  test('a measure has the decimals of its resolution, at most three', () =>
    expect([1, 10, 100, 1_000_000].map(digitsOf)).toEqual([0, 1, 2, 3]))

  test('power keeps three figures that matter', () =>
    expect([6.314, 92.55, 363.72, 1240.6, 0].map(formatPower)).toEqual([
      '6.31',
      '92.5',
      '363.7',
      '1,241',
      '0.00',
    ]))

  test('a share that is not whole is never shown as 100', () => {
    expect([1, 0.99999, 0.972, 0].map((share) => formatShare(share))).toEqual([
      '100.0',
      '99.9',
      '97.2',
      '0.0',
    ])
    expect(formatShare(null)).toBe('—')
  })

  test('a piece has its word in both languages', () =>
    expect([unitWord('1', 'zh'), unitWord('1', 'en'), unitWord('kW', 'zh')]).toEqual(['件', 'pcs', 'kW']))
})

describe('times', () => {
  test('always Shanghai, wherever the page is opened', () => {
    expect(formatClock(NOW)).toBe('14:32:06')
    expect(formatMoment(NOW, 'zh')).toBe('11-24 14:32')
    expect(formatMoment(NOW, 'en')).toBe('24 Nov 14:32')
    expect(formatDay(startOfDay(NOW) - 1, 'zh')).toBe('11-23')
    expect(formatClock(startOfDay(NOW))).toBe('00:00:00')
  })

  test.each([
    [38_900, '38 秒', '38 s', '38 秒'],
    [46 * MINUTE + 6000, '46 分 06 秒', '46 min 06 s', '46 分'],
    [2 * HOUR + 54 * MINUTE, '2 时 54 分', '2 h 54 min', '2 时 54 分'],
    [76 * HOUR, '3 天 4 时', '3 d 4 h', '3 天'],
    [-5, '0 秒', '0 s', '0 秒'],
  ])('a span of %s ms', (span, zh, en, short) => {
    expect([formatSpan(span, 'zh'), formatSpan(span, 'en'), formatSpanShort(span, 'zh')]).toEqual([
      zh,
      en,
      short,
    ])
  })

  test('an age has tenths below ten seconds', () =>
    expect([812, 9999, 14_200, 130_000].map((age) => formatAge(age, 'zh'))).toEqual([
      '0.8 秒前',
      '10.0 秒前',
      '14 秒前',
      '2 分 10 秒前',
    ]))

  test('a chosen length is said in one unit', () =>
    expect([30 * MINUTE, 4 * HOUR, 168 * HOUR, 15_000].map((span) => formatWindow(span, 'zh'))).toEqual([
      '30 分钟',
      '4 小时',
      '7 天',
      '15 秒',
    ]))

  test('latency changes its unit at a second', () =>
    expect([22, 1840, null].map((ms) => latencyParts(ms, 'zh'))).toEqual([
      ['22', '毫秒'],
      ['1.84', '秒'],
      ['—', ''],
    ]))

  test('what a person types is Shanghai time, and comes back the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 946_684_800_000, max: 4_000_000_000_000 }), (at) => {
        const minute = Math.floor(at / MINUTE) * MINUTE
        expect(parseLocalInput(toLocalInput(minute))).toBe(minute)
      }),
    )
    expect(parseLocalInput('')).toBeNull()
  })
})

describe('axes', () => {
  test('begin at 0 unless that would waste half of them', () => {
    expect(valueAxis(4, 68, 110)).toMatchObject({ from: 0, to: 120, ticks: [0, 60, 120] })
    expect(valueAxis(880, 930).from).toBeGreaterThan(800)
    expect(valueAxis(null, null)).toMatchObject({ from: 0 })
    // 0.1 x 3 is more than 0.3, and 0.03 x 11 less than 0.33
    expect(valueAxis(0.3, 0.37, null, 3)).toMatchObject({ from: 0.3 })
    expect(valueAxis(0.22, 0.33, null, 3)).toMatchObject({ to: 0.33 })
  })

  test('a range next to nothing has an axis like nothing', () => {
    const { from, to } = valueAxis(-2.5e-323, -2.5e-323)
    expect(from).toBeLessThanOrEqual(-2.5e-323)
    expect(to).toBeGreaterThanOrEqual(0)
  })

  test('always hold the data and the limit, with few ticks', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(number, number, fc.option(number), (a, b, limit) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)]
        const { from, to, ticks } = valueAxis(min, max, limit)
        const slack = 1e-6 * Math.max(1, Math.abs(to - from))
        for (const value of [min, max, ...(limit === null ? [] : [limit])]) {
          expect(value).toBeGreaterThanOrEqual(from - slack)
          expect(value).toBeLessThanOrEqual(to + slack)
        }
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(6)
      }),
    )
  })

  test('time ticks are whole times in Shanghai', () => {
    const ticks = timeTicks(startOfDay(NOW) + 7.5 * HOUR, startOfDay(NOW) + 17 * HOUR, 10)
    expect(ticks.map(formatClock)).toContain('08:00:00')
    expect(ticks.every((at) => formatClock(at).endsWith(':00:00'))).toBe(true)
    expect(timeTicks(startOfDay(NOW), startOfDay(NOW) + 7 * 24 * HOUR, 8).map(formatClock)).toContain(
      '00:00:00',
    )
  })
})

const live = (over: Partial<MachineLive>): MachineLive => ({
  machine: 'main/a/l1/m',
  state: 'RUN',
  since: NOW - HOUR,
  reason: null,
  order: null,
  product: null,
  operation: null,
  receivedAt: NOW - 1000,
  values: {},
  ...over,
})

describe('states', () => {
  test('nothing heard for the timeout is unknown, whatever was said last', () => {
    expect(shownState(live({}), 180_000, NOW).state).toBe('RUN')
    expect(shownState(live({ receivedAt: NOW - 180_001 }), 180_000, NOW)).toEqual({
      state: 'UNKNOWN',
      since: NOW - 180_001,
      reason: 'silent',
    })
  })

  test('a machine never heard of is unknown and waits for its first data', () => {
    expect(shownState(undefined, 180_000, NOW)).toMatchObject({ state: 'UNKNOWN', reason: 'waiting' })
    expect(shownState(live({ receivedAt: null }), 180_000, NOW)).toMatchObject({
      state: 'UNKNOWN',
      reason: 'waiting',
    })
  })

  test('counts have a row for every state, and sum to the machines', () => {
    const counts = countStates(['RUN', 'RUN', 'FAULT', 'UNKNOWN'])
    expect(counts).toEqual({ RUN: 2, SETUP: 0, IDLE: 0, STOP: 0, FAULT: 1, OFF: 0, UNKNOWN: 1 })
  })
})

describe('values', () => {
  test('fresh, stale after its timeout, null with its reason, and a true 0', () => {
    const at = (ts: number, value: number | null, quality = 'good') =>
      readingOf({ ts, value, quality }, 60_000, NOW)
    expect(at(NOW - 59_000, 6.3).kind).toBe('fresh')
    expect(at(NOW - 61_000, 6.3)).toMatchObject({ kind: 'stale', ageMs: 61_000 })
    expect(at(NOW, null, 'bad:sensor_open')).toMatchObject({ kind: 'null', reason: 'sensor_open' })
    expect(at(NOW, 4, 'bad:sensor_open').kind).toBe('null')
    expect(at(NOW, 0)).toMatchObject({ kind: 'fresh', value: 0 })
    expect(at(NOW, 1, 'uncertain:drift')).toMatchObject({ kind: 'fresh', doubt: 'drift' })
    expect(readingOf(undefined, 60_000, NOW)).toMatchObject({ kind: 'null', reason: 'waiting' })
  })

  test('a silent machine is missing from the power sum, not 0 in it', () => {
    const [one, two, three] = demoPlant.machines.filter(({ kind }) => kind === 'lathe')
    const latest = (path: string) =>
      path === one!.path
        ? { power_kw: { value: 5, ts: NOW, quality: 'good' } }
        : path === two!.path
          ? { power_kw: { value: 7, ts: NOW - HOUR, quality: 'good' } }
          : undefined
    expect(sumPower([one!, two!, three!], latest, NOW)).toEqual({ kw: 5, covered: 1, due: 3 })
    expect(sumPower([two!], latest, NOW)).toEqual({ kw: null, covered: 0, due: 1 })
  })
})

describe('shifts', () => {
  const { shifts } = demoPlant
  test('the production day begins with the first shift and outlasts midnight', () => {
    const night = startOfDay(NOW) + 0.5 * HOUR
    expect(formatMoment(productionDay(shifts, NOW).from, 'zh')).toBe('11-24 08:00')
    expect(formatMoment(productionDay(shifts, NOW).to, 'zh')).toBe('11-25 01:00')
    expect(formatMoment(productionDay(shifts, night).from, 'zh')).toBe('11-23 08:00')
    expect(shiftAt(shifts, night)?.name.zh).toBe('夜班')
    expect(shiftAt(shifts, startOfDay(NOW) + 3 * HOUR)).toBeNull()
    expect(shiftsIn(shifts, startOfDay(NOW), NOW)).toHaveLength(2)
  })
})

describe('the wall', () => {
  test('fits 1080p whole, and doubles at 4K', () => {
    expect([zoomFor(1920, 1080), zoomFor(3840, 2160), zoomFor(1440, 900), zoomFor(390, 844)]).toEqual([
      1, 2, 0.75, 1,
    ])
  })

  test('tiles of 43 machines stand in three rows with whole groups', () => {
    const groups = [3, 1, 2, 6, 16, 4, 4, 4, 3].map((count) => ({ count, headWidth: 60 }))
    const { tile, gap } = fitTiles(groups, { width: 1052, height: 290, head: 26 })
    expect(tile).toBeGreaterThanOrEqual(56)
    expect(16 * (tile + gap) - gap).toBeLessThanOrEqual(1052)
    expect(phoneTiles(362).tile * 6 + phoneTiles(362).gap * 5).toBeLessThanOrEqual(362)
  })
})

test('coverage cells become few runs, and nothing due is not a gap', () => {
  expect(coverageRuns([1, 1, null, 0.95, 0.2])).toEqual([
    { kind: 'full', from: 0, to: 2 },
    { kind: 'off', from: 2, to: 3 },
    { kind: 'mid', from: 3, to: 4 },
    { kind: 'low', from: 4, to: 5 },
  ])
  expect(coverageOf([1, 0.5, null])).toBe(0.75)
  expect(coverageOf([null])).toBeNull()
  expect([10, 100, 10_000].map((ms) => Math.round(logPlace(ms)))).toEqual([25, 50, 100])
})
