/** Cost figures as the page shows them: curves of a day from its quarter-hours, what interrupts it, differences, money. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE } from '#domain/time.ts'
import {
  costIn,
  dayAxis,
  dayTicks,
  lowCoverage,
  QUARTER,
  stretchesOf,
  uOfHours,
  uSoFar,
} from '../../dashboards/web/src/show/day.ts'
import {
  differenceOf,
  formatChange,
  formatU,
  furthest,
  heroOf,
  lineBars,
  scaleMarks,
} from '../../dashboards/web/src/show/figure.ts'
import { formatMoney, formatYuan } from '../../dashboards/web/src/show/format.ts'
import { oeeSteps } from '../../dashboards/web/src/show/oee.ts'
import { demoPlant } from '../e2e/fixture/plant.ts'
import { dayFigures } from '../e2e/fixture/figures.ts'

/** 2026-11-24 08:00 in Shanghai. */
const BEGIN = Date.UTC(2026, 10, 24)
const NOW = BEGIN + 6.5 * HOUR
const day = dayFigures(demoPlant, NOW)
type Quarters = typeof day.quarters
const quarter = (i: number, cost: number, value: number): Quarters[number] => [
  BEGIN + i * QUARTER,
  cost,
  value,
]
const u = (points: readonly { u: number | null }[]) => points.map((point) => point.u)

describe('curves', () => {
  test('u so far is the sum of cost over the sum of value, never a mean of ratios', () =>
    expect(u(uSoFar([quarter(0, 90, 100), quarter(1, 30, 0), quarter(2, 180, 200)], NOW))).toEqual([
      90, 120, 100,
    ]))

  test('before the first output there is no u, and a quarter nobody knows breaks the line', () =>
    expect(u(uSoFar([quarter(0, 10, 0), quarter(1, 80, 100), quarter(3, 10, 100)], NOW))).toEqual([
      null,
      90,
      null,
      50,
    ]))

  test('the newest point is where it is known, and is the figure of the day', () => {
    const last = uSoFar(day.quarters, NOW - 5 * MINUTE).at(-1)!
    expect(last.at).toBe(NOW - 5 * MINUTE)
    expect(Math.round(last.u! * 100)).toBe(day.figure.u2)
  })

  test('an hour is four whole quarters in a row', () => {
    const four = [0, 1, 2, 3].map((i) => quarter(i, 90, 100))
    expect(u(uOfHours(four, NOW))).toEqual([null, null, null, 90])
    expect(u(uOfHours(four, BEGIN + 50 * MINUTE)).at(-1)).toBeNull()
    expect(u(uOfHours([...four.slice(0, 2), ...four.slice(3), quarter(4, 1, 1)], NOW)).at(-1)).toBeNull()
  })

  test('an hour without output has no u', () =>
    expect(
      u(
        uOfHours(
          [0, 1, 2, 3].map((i) => quarter(i, 9, 0)),
          NOW,
        ),
      ).at(-1),
    ).toBeNull())

  test('the axis holds the day and its target, in round steps, without beginning at 0', () => {
    const amount = fc.integer({ min: 1, max: 1_000_000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount), { minLength: 1, maxLength: 30 }), (pairs) => {
        const quarters = pairs.map(([cost, value], i) => quarter(i, cost, value))
        const [soFar, hours] = [uSoFar(quarters, NOW), uOfHours(quarters, NOW)]
        const { from, to, ticks } = dayAxis(soFar, hours, 90)!
        expect([ticks[0], ticks.at(-1)]).toEqual([from, to])
        expect(ticks.length).toBeLessThanOrEqual(6)
        const outside = [...u(soFar), 90].filter((value) => value !== null && (value < from || value > to))
        expect(outside).toEqual([])
      }),
    )
    expect(dayAxis(uSoFar([quarter(0, 92, 100)], NOW), [], 90)).toEqual({
      from: 90,
      to: 92,
      ticks: [90, 91, 92],
    })
    expect(dayAxis([], [], 90)).toBeNull()
  })

  test('times are whole steps from the begin of the day on', () =>
    expect(dayTicks(BEGIN, BEGIN + 24 * HOUR, 7).map((at) => (at - BEGIN) / HOUR)).toEqual([
      0, 4, 8, 12, 16, 20, 24,
    ]))
})

describe('what interrupts a day', () => {
  const found = stretchesOf(day)
  test('breaks and hours outside of shifts are known for the whole day; short pauses are not drawn', () => {
    expect(found.filter(({ kind }) => kind === 'break').map(({ from, to }) => [from, to])).toEqual([
      [BEGIN + 4 * HOUR, BEGIN + 5 * HOUR],
      [BEGIN + 12.5 * HOUR, BEGIN + 13 * HOUR],
    ])
    expect(found.filter(({ kind }) => kind === 'off')).toEqual([
      { kind: 'off', from: BEGIN + 17 * HOUR, to: BEGIN + 24 * HOUR, cost: 0 },
    ])
    expect(found).toHaveLength(3)
  })

  test('a past stretch has the cost of its quarter-hours', () => {
    const lunch = found.find(({ kind }) => kind === 'break')!
    expect(lunch.cost).toBeGreaterThan(0)
    expect(lunch.cost).toBe(costIn(day.quarters, lunch))
  })

  test('no output inside a shift is said with its cost, a quarter without an account is missing', () => {
    const quarters = day.quarters
      .filter((_, i) => i !== 3)
      .map(([start, cost, value], i): [number, number, number] => [
        start,
        cost,
        i === 6 || i === 7 ? 0 : value,
      ])
    const kinds = stretchesOf({ ...day, quarters }).filter(
      ({ kind }) => kind === 'idle' || kind === 'missing',
    )
    expect(kinds).toEqual([
      {
        kind: 'idle',
        from: quarters[6]![0],
        to: quarters[7]![0] + QUARTER,
        cost: quarters[6]![1] + quarters[7]![1],
      },
      { kind: 'missing', from: BEGIN + 3 * QUARTER, to: BEGIN + 4 * QUARTER, cost: 0 },
    ])
  })

  test('a day off is one stretch', () =>
    expect(stretchesOf({ ...day, shifts: [], quarters: [] })).toEqual([
      { kind: 'off', from: BEGIN, to: BEGIN + 24 * HOUR, cost: 0 },
    ]))

  test('little heard over all machines that were due is a stretch with its least share', () => {
    const rows = [
      { machine: 'a', from: BEGIN, cells: [1, 0.7, 0.9, null] },
      { machine: 'b', from: BEGIN, cells: [1, 0.9, 0.6, null] },
    ]
    expect(lowCoverage(rows, BEGIN, BEGIN + HOUR)).toEqual([
      { kind: 'low', from: BEGIN + QUARTER, to: BEGIN + 3 * QUARTER, cost: 0, share: 0.75 },
    ])
    expect(lowCoverage(rows, BEGIN, BEGIN + QUARTER)).toEqual([])
  })
})

describe('a figure', () => {
  const { figure } = day
  test.each([
    ['known', {}, 1000, { kind: 'value', text: '91.37', sure: true }],
    ['of little evidence', { coverage: 0.83 }, 1000, { kind: 'value', text: '91.4', sure: false }],
    [
      'without output',
      { u2: null, status: 'NO_OUTPUT' as const },
      1000,
      { kind: 'none', reason: 'NO_OUTPUT' },
    ],
    ['older than a minute', {}, 60_001, { kind: 'gone', at: NOW }],
  ])('%s', (_, patch, ageMs, state) => expect(heroOf({ ...figure, ...patch }, NOW, ageMs)).toEqual(state))

  test('differences have a sign, and none where one side is unknown', () => {
    expect([54, -249, 0].map(formatChange)).toEqual(['+0.54', '\u22122.49', '0.00'])
    expect([differenceOf(9137, 9000), differenceOf(null, 9000), differenceOf(9137, null)]).toEqual([
      137,
      null,
      null,
    ])
    expect(formatU(null)).toBe('—')
  })

  test('the lines keep their order; bars share one scale; a line without a target has none', () => {
    const lines = day.lines.map((line) => (line.line === 'labour' ? { ...line, target: null } : line))
    const bars = lineBars(lines)
    expect(bars.of).toBe('target')
    expect(bars.rows.map(({ line }) => line.line)).toEqual(day.lines.map(({ line }) => line))
    expect(bars.rows.find(({ line }) => line.line === 'power')).toMatchObject({ diff: 72, length: 1 })
    expect(bars.rows.find(({ line }) => line.line === 'labour')).toMatchObject({ diff: null, length: null })
    expect(furthest(bars, 3).map(({ line }) => line.line)).toEqual(['power', 'scrap', 'quality_overhead'])
  })

  test('where no line has a target the bars are shares of the cost', () => {
    const bars = lineBars(day.lines.map((line) => ({ ...line, target: null })))
    expect([bars.of, bars.rows[0]!.length]).toEqual(['share', 1])
    expect(furthest(bars, 1)[0]!.line.line).toBe('material')
  })

  test('marks stand where they are, their words apart; one mark alone is no scale', () => {
    const u2 = fc.integer({ min: 5000, max: 20_000 })
    fc.assert(
      fc.property(u2, u2, u2, (target, month, now) => {
        const marks = scaleMarks(
          [
            { key: 'target', u2: target },
            { key: 'month', u2: month },
            { key: 'now', u2: now },
          ],
          12,
        )
        const labels = marks.map(({ label }) => label)
        for (let i = 1; i < labels.length; i++) expect(labels[i]! - labels[i - 1]!).toBeGreaterThan(11.5)
        for (const { at } of marks) expect(at >= 0 && at <= 100).toBe(true)
      }),
    )
    expect(scaleMarks([{ key: 'now', u2: 9137 }], 12)).toEqual([])
  })
})

describe('money', () => {
  test.each([
    [1702, '17.02 元', '¥17.02'],
    [173_800, '1,738 元', '¥1,738'],
    [46_000_000, '46.0 万元', '¥460k'],
    [9_030_589, '9.03 万元', '¥90.3k'],
    [13_000_000_000, '1.30 亿元', '¥130 M'],
    [-173_800, '\u22121,738 元', '\u2212¥1,738'],
    [999_960, '1.00 万元', '¥10.0k'],
    [0, '0.00 元', '¥0.00'],
    [null, '—', '—'],
  ])('%s fen is %s, %s', (fen, zh, en) => {
    expect(formatMoney(fen, 'zh')).toBe(zh)
    expect(formatMoney(fen, 'en')).toBe(en)
  })

  test('a column that is summed keeps its decimals', () =>
    expect([1333, 369, 0, null].map(formatYuan)).toEqual(['13.33', '3.69', '0.00', '—']))
})

describe('OEE as a shrinking bar', () => {
  const none = { aust: 0, adet: 0, adot: 0, unknown: 0 }
  test('each step takes its part of the planned busy time, and says how long', () => {
    const steps = oeeSteps({ ...none, pbt: 400, apt: 300, standard: 240, standardGood: 200 })
    expect(steps.map(({ key, left, lostMs }) => [key, left, lostMs])).toEqual([
      ['A', 0.75, 100],
      ['E', 0.6, 60],
      ['Q', 0.5, 40],
    ])
    for (const [i, { left, lost }] of steps.entries())
      expect(left + lost).toBeCloseTo(i === 0 ? 1 : steps[i - 1]!.left, 9)
  })

  test('faster than the standard is a gain, not a longer bar; without planned time there is no bar', () => {
    const [, faster] = oeeSteps({ ...none, pbt: 400, apt: 300, standard: 330, standardGood: 330 })
    expect([faster!.left, faster!.lost, faster!.lostMs]).toEqual([0.75, 0, -30])
    expect(oeeSteps({ ...none, pbt: 0, apt: 0, standard: 0, standardGood: 0 })).toEqual([])
  })
})
