/** R(t): growth of a register between any two instants, from the set of its samples. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { roleOf } from '#domain/accounting/measureRole.ts'
import {
  courseOf,
  flagsIn,
  GAP,
  growthIn,
  heardOf,
  MANUAL,
  totalAt,
  uncertainOf,
} from '#domain/accounting/register.ts'
import { clockOf } from '#domain/accounting/span.ts'
import type { Sample, Swap } from '#domain/telemetry/counter.ts'
import { RESET, ROLLOVER, SWAP } from '#domain/telemetry/item.ts'

/** Samples of boot a as [ts, steps]. */
const told = (...rows: readonly (readonly [number, number])[]): Sample[] =>
  rows.map(([ts, steps], seq) => ({ boot: 'a', seq, ts, steps }))

const manual = (seq: number, ts: number, steps: number): Sample => ({ boot: MANUAL, seq, ts, steps })

describe('a course', () => {
  test('between samples it is interpolated and rounded down; outside of them it stands', () => {
    const course = courseOf(told([1000, 50], [4000, 60]), [], null)
    expect([0, 1000, 1001, 1300, 2500, 3999, 4000, 9000].map((at) => totalAt(course, at))).toEqual([
      0, 0, 0, 1, 5, 9, 10, 10,
    ])
    expect(heardOf(course)).toEqual({ from: 1000, to: 4000 })
    expect(totalAt([], 5)).toBe(0)
    expect(heardOf([])).toBeNull()
  })

  test.each([
    ['a reset counts what is there since', told([0, 900], [1000, 30]), [], null, 30, RESET],
    ['a rollover goes through the top', told([0, 990], [1000, 10]), [], 1000, 20, ROLLOVER],
    ['a small fall of a rolling counter is a reset', told([0, 500], [1000, 400]), [], 1000, 400, RESET],
    [
      'a swap starts a new segment',
      told([0, 500], [1000, 7]),
      [{ ts: 400, oldLast: 510, newFirst: 2 }],
      null,
      15,
      SWAP,
    ],
    [
      'two swaps between two samples',
      told([0, 500], [1000, 7]),
      [
        { ts: 800, oldLast: 100, newFirst: 5 },
        { ts: 400, oldLast: 510, newFirst: 90 },
      ],
      null,
      22,
      SWAP,
    ],
  ] as const)('%s', (_name, samples, swaps, rollover, growth, flags) => {
    const course = courseOf(samples, swaps, rollover)
    expect(growthIn(course, 0, 1000)).toBe(growth)
    expect(flagsIn(course, 0, 1000)).toBe(flags)
    expect(flagsIn(course, -500, 0)).toBe(0)
    expect(flagsIn(course, 1000, 2000)).toBe(0)
  })

  test('a swap is a reading of both meters: growth before and after it is known apart', () => {
    const course = courseOf(told([0, 500], [1000, 7]), [{ ts: 400, oldLast: 510, newFirst: 2 }], null)
    expect([growthIn(course, 0, 400), growthIn(course, 400, 1000)]).toEqual([10, 5])
    expect([flagsIn(course, 0, 400), flagsIn(course, 400, 1000)]).toEqual([SWAP, 0])
  })

  test('boots follow each other by their earliest ts; inside a boot the seq decides, also when the clock was set back', () => {
    const boots: Sample[] = [
      { boot: 'z', seq: 5, ts: 0, steps: 100 },
      { boot: 'z', seq: 6, ts: 9000, steps: 140 },
      { boot: 'z', seq: 7, ts: 4000, steps: 150 },
      { boot: 'b', seq: 1, ts: 10_000, steps: 0 },
      { boot: 'b', seq: 2, ts: 11_000, steps: 10 },
    ]
    const course = courseOf(boots, [], null)
    expect(totalAt(course, 9000)).toBe(50)
    expect(totalAt(course, 11_000)).toBe(60)
    expect(flagsIn(course, 0, 9000)).toBe(0)
    expect(flagsIn(course, 9000, 11_000)).toBe(RESET)
  })

  test('what people entered stands at its ts, whatever the number of the request', () => {
    const course = courseOf([manual(3, 0, 100), manual(1, 2000, 140), manual(2, 1000, 120)], [], null)
    expect(course.map(({ total }) => total)).toEqual([0, 20, 40])
    const mixed = courseOf([...told([0, 100], [2000, 140]), manual(9, 1000, 130)], [], null)
    expect(growthIn(mixed, 0, 1000)).toBe(30)
    expect(growthIn(mixed, 0, 2000)).toBe(40)
    expect(flagsIn(mixed, 0, 3000)).toBe(0)
  })

  test('gaps over five minutes and stretches with a reset are uncertain', () => {
    const course = courseOf(told([0, 0], [GAP, 1], [2 * GAP + 1, 2], [2 * GAP + 1000, 1]), [], null)
    expect(uncertainOf(course)).toEqual([
      { from: GAP, to: 2 * GAP + 1 },
      { from: 2 * GAP + 1, to: 2 * GAP + 1000 },
    ])
  })

  test('large registers over years stay exact', () => {
    const year = 365 * 86_400_000
    const course = courseOf(told([0, 0], [year, 9_007_199_254_740_990]), [], null)
    for (const at of [1, 86_399_999, year - 1])
      expect(BigInt(totalAt(course, at))).toBe((9_007_199_254_740_990n * BigInt(at)) / BigInt(year))
  })
})

const anySamples = fc
  .array(
    fc.record({
      boot: fc.constantFrom('a', 'b', 'c', MANUAL),
      seq: fc.nat(40),
      ts: fc.nat(2_000_000),
      steps: fc.nat(1000),
    }),
    { maxLength: 30 },
  )
  .map((samples): Sample[] => [...new Map(samples.map((s) => [`${s.boot} ${s.seq}`, s])).values()])
const anySwaps = fc.array(
  fc.record({ ts: fc.nat(2_000_000), oldLast: fc.nat(1000), newFirst: fc.nat(1000) }),
  { maxLength: 3 },
)
const anyRollover = fc.constantFrom(null, 1001)

test('growth telescopes: any split points give the same sum, and it never falls', () => {
  fc.assert(
    fc.property(
      anySamples,
      anySwaps,
      anyRollover,
      fc.array(fc.integer({ min: -1000, max: 2_100_000 }), { minLength: 2, maxLength: 12 }),
      (samples, swaps, rollover, points) => {
        const course = courseOf(samples, swaps, rollover)
        const cuts = points.toSorted((a, b) => a - b)
        const parts = cuts.slice(1).map((to, i) => growthIn(course, cuts[i]!, to))
        expect(parts.every((part) => part >= 0 && Number.isSafeInteger(part))).toBe(true)
        expect(parts.reduce((a, b) => a + b, 0)).toBe(growthIn(course, cuts[0]!, cuts.at(-1)!))
        const flags = cuts.slice(1).map((to, i) => flagsIn(course, cuts[i]!, to))
        expect(flags.reduce((a, b) => a | b, 0)).toBe(flagsIn(course, cuts[0]!, cuts.at(-1)!))
      },
    ),
  )
})

test('arrival and repetition change nothing', () => {
  fc.assert(
    fc.property(
      anySamples,
      anySwaps,
      anyRollover,
      fc.infiniteStream(fc.nat()),
      (samples, swaps, rollover, turn) => {
        const mixed = <T>(list: readonly T[]): T[] =>
          [...list, ...list.slice(0, 5)]
            .map((one) => ({ one, key: turn.next().value as number }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ one }) => one)
        const again: Swap[] = mixed(swaps)
        expect(courseOf(mixed(samples), again, rollover)).toEqual(courseOf(samples, swaps, rollover))
      },
    ),
  )
})

test.each([
  ['kwh', 'kWh', 100, { role: 'energy', unit: 'Wh', perStep: 10 }],
  ['kwh', 'MWh', 1000, { role: 'energy', unit: 'Wh', perStep: 1000 }],
  ['gas_nm3', 'Nm³', 10, { role: 'gas', unit: 'dm3', perStep: 100 }],
  ['air_nm3', 'Nm³', 10, { role: 'air', unit: 'dm3', perStep: 100 }],
  ['good', '1', 1, { role: 'good', unit: 'milli-piece', perStep: 1000 }],
  ['run_h', 'h', 100, { role: 'run_time', unit: 's', perStep: 36 }],
  ['kwh', 'kWh', 10_000, { role: null, reason: 'too_fine' }],
  ['kwh', 'kg', 1, { role: null, reason: 'unit_unknown' }],
  ['toString', '1', 1, { role: null, reason: 'no_role' }],
] as const)('%s in %s with %i steps a unit', (name, unit, scale, expected) => {
  expect(roleOf({ name, unit, scale, class: 'count' })).toEqual(expected)
  expect(roleOf({ name, unit, scale, class: 'telemetry' })).toEqual({ role: null, reason: 'no_count' })
})

describe('a register that grows while something runs', () => {
  const running = clockOf([
    { from: 1000, to: 1200 },
    { from: 1200, to: 1300 },
    { from: 2900, to: 3000 },
  ])

  test('its growth between two samples lies in the running time; where nothing ran, in all of it', () => {
    const course = courseOf(told([1000, 0], [3000, 8], [4000, 12]), [], null)
    expect([1000, 1100, 1300, 2900, 2950, 3000].map((at) => totalAt(course, at, running))).toEqual([
      0, 2, 6, 6, 7, 8,
    ])
    expect([3250, 3500, 4000, 9000].map((at) => totalAt(course, at, running))).toEqual([9, 10, 12, 12])
  })

  test('it ends where the last sample is, never falls, and telescopes, whatever ran', () => {
    const steps = fc.array(fc.tuple(fc.nat(1000), fc.nat(30)), { minLength: 1, maxLength: 12 })
    const ran = fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { maxLength: 20 })
    fc.assert(
      fc.property(steps, ran, fc.array(fc.nat(12_000), { maxLength: 6 }), (readings, stretches, cuts) => {
        let [ts, total, now] = [0, 0, 0]
        const samples = told(...readings.map(([step, growth]) => [(ts += step), (total += growth)] as const))
        const clock = clockOf(
          stretches.map(([pause, length]) => {
            const from = now + pause
            now = from + length
            return { from, to: now }
          }),
        )
        const course = courseOf(samples, [], null)
        const edges = [0, ...cuts.toSorted((a, b) => a - b), 12_000]
        const parts = edges.slice(1).map((to, i) => growthIn(course, edges[i]!, to, clock))
        expect(parts.every((part) => Number.isSafeInteger(part) && part >= 0)).toBe(true)
        expect(parts.reduce((a, b) => a + b, 0)).toBe(total - readings[0]![1])
        // at a reading it is what was read
        const newest = new Map(course.map(({ ts: at, total: read }) => [at, read]))
        for (const [at, read] of newest) expect(totalAt(course, at, clock)).toBe(read)
      }),
    )
  })
})
