/** What a sensor says and cannot be true is found within a known number of samples; what can be true is left alone. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Measure } from '#domain/plant/plant.ts'
import { flagNames } from '#domain/telemetry/item.ts'
import { hasCourse, judgeGrowth, judgePower, judgeSignal, STUCK_AFTER } from '#domain/telemetry/plausible.ts'
import { casePlant } from '../casePlant.ts'

const [power, temperature, kwh, good] = casePlant().machines[0]!.measures as [
  Measure,
  Measure,
  Measure,
  Measure,
]
const S = 1000

/** Names of the flags of each value, one period apart. */
function judged(measure: Measure, values: readonly number[], running = true, everyMs = measure.periodMs) {
  const course = { value: values[0]!, ts: 0, same: 0 }
  return values.slice(1).map((v, i) => flagNames(judgeSignal(measure, course, v, (i + 1) * everyMs, running)))
}
const constant = (n: number) => Array.from({ length: n }, () => 12.31)
const stuckIn = (flags: readonly (readonly string[])[]) => flags.filter((f) => f.includes('stuck')).length

test.each<[string, Measure, number[], boolean, number, number]>([
  ['a power as often as it may stand still', power, constant(STUCK_AFTER), true, 10 * S, 0],
  ['a power once more', power, constant(STUCK_AFTER + 1), true, 10 * S, 1],
  ['a power of a machine that stands', power, constant(200), false, 10 * S, 0],
  ['a power seldom heard', power, constant(200), true, 70 * S, 0],
  ['a temperature', temperature, constant(200), true, 10 * S, 0],
  ['what the plant file names', { ...temperature, stuckAfter: 5 }, constant(8), true, 10 * S, 3],
  ['what the plant file lets stand', { ...power, stuckAfter: 0 }, constant(200), true, 10 * S, 0],
  [
    'noise within what it lets pass',
    { ...power, stuckAfter: 3, stuckWithin: 0.1 },
    [5, 5.05, 4.95, 5.1],
    true,
    10 * S,
    1,
  ],
  ['noise beyond it', { ...power, stuckAfter: 3, stuckWithin: 0.1 }, [5, 5.2, 5, 5.2], true, 10 * S, 0],
])('T17 stuck: %s', (_, measure, values, running, everyMs, found) =>
  expect(stuckIn(judged(measure, values, running, everyMs))).toBe(found),
)

test.each<[string, Measure, number[], number, string[][]]>([
  ['a temperature across more than half its range', temperature, [20, 150], 10 * S, [['jump']]],
  ['a temperature by half of it', temperature, [20, 140], 10 * S, [[]]],
  ['the same in two periods', temperature, [20, 150], 20 * S, [[]]],
  ['there and back again', temperature, [20, 190, 20], 10 * S, [['jump'], ['jump']]],
  ['a power that is switched on', power, [0, 60], 10 * S, [[]]],
  ['what the plant file allows no more of', { ...power, maxStep: 5 }, [10, 15.5], 10 * S, [['jump']]],
])('T17 jump: %s', (_, measure, values, everyMs, found) =>
  expect(judged(measure, values, true, everyMs)).toEqual(found),
)

test.each<[string, Measure, number | null, number, number, string[]]>([
  // 11 kW x 1.5 over a minute and the minute before it: 0.55 kWh, and two steps of rounding
  ['as much as it can take', kwh, 11, 57, 60 * S - 10 * S + 60 * S, []],
  ['more than it can take', kwh, 11, 60, 60 * S, ['implausible']],
  ['much, after a long silence', kwh, 11, 5000, 4 * 3600 * S, []],
  ['of a machine without a rating', kwh, null, 5000, 60 * S, []],
  ['of a clock that stood still', kwh, 11, 5000, 0, []],
  ['pieces of which nothing is known', good, 11, 5000, 60 * S, []],
  ['pieces faster than the plant file says', { ...good, maxPerHour: 60 }, 11, 5, 60 * S, ['implausible']],
  ['pieces as fast as it says', { ...good, maxPerHour: 60 }, 11, 3, 60 * S, []],
])('T17 a register that grew %s', (_, measure, rated, steps, elapsed, found) =>
  expect(flagNames(judgeGrowth(measure, rated, steps, elapsed))).toEqual(found),
)

test('T17 power that no start explains', () => {
  expect([80, 89, -89].map((kw) => flagNames(judgePower(power, 11, kw)))).toEqual([
    [],
    ['implausible'],
    ['implausible'],
  ])
  expect(judgePower(power, null, 1e6) | judgePower(temperature, 11, 1e6)).toBe(0)
})

test('T17 a late value is judged by nothing and leaves the course as it is', () => {
  const course = { value: 20, ts: 60 * S, same: 4 }
  expect(judgeSignal(temperature, course, 190, 50 * S, true)).toBe(0)
  expect(course).toEqual({ value: 20, ts: 60 * S, same: 4 })
  expect([power, temperature, kwh, good].map(hasCourse)).toEqual([true, true, false, false])
})

test('T17 wherever a signal stops moving, it is found within N samples and not before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2, max: 40 }), (moves, after) => {
      const moving = Array.from({ length: moves }, (_, i) => 10 + (i % 7) * 0.01)
      const still = Array.from({ length: after + 1 }, () => 12)
      const flags = judged({ ...power, stuckAfter: after }, [...moving, ...still])
      expect(flags.map((names) => names.includes('stuck'))).toEqual(
        flags.map((_f, i) => i === flags.length - 1),
      )
    }),
  )
})
