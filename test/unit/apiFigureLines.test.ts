/** Cost, value, u and OEE beside the truth as arithmetic: verdicts, what is booked at other instants, what registers leave open. */
import { describe, expect, test } from 'vitest'
import type { FigureRow } from '#contract/figures.ts'
import type { TruthRow } from '#contract/local.ts'
import { figureLines, type Comparing } from '../../api/simulation/figureLines.ts'

const LATHE = 'main/machining/l1/lathe-07'
const row = (name: string, value: number | null, unit = 'fen', scope = 'plant') => ({
  name,
  scope,
  from: 0,
  to: 1,
  value,
  unit,
  reason: null,
})
const own = (name: string, value: number | null, over: Partial<FigureRow> = {}): FigureRow => ({
  ...row(name, value),
  ...over,
})
const fault = { kind: 'fault' as const, id: 'f1', name: 'missed_count', items: null }
const SETTLED: Comparing = { settled: true, quarterly: false, ramp: false, causes: [fault] }
const lineOf = (truth: readonly TruthRow[], computed: FigureRow, comparing = SETTLED) =>
  figureLines(truth, [computed], comparing)[0]!

describe('an element in fen', () => {
  const labour = [row('cost.labour', 876_594)]
  test.each([
    ['the same', 876_594, {}, ['equal', 0, null, 0]],
    ['a fen, which registers do not tell', 876_595, {}, ['within', 1, 'register_steps', 0]],
    ['the last fen that they leave open', 876_654, {}, ['within', 60, 'register_steps', 0]],
    ['a fen beyond it', 876_655, {}, ['differs', 61, null, 1]],
    ['a fen too little', 876_533, {}, ['differs', -61, null, 1]],
    ['another one before it is settled', 876_655, { settled: false }, ['unknown', 61, 'not_settled', 1]],
    ['the same before it is settled', 876_594, { settled: false }, ['equal', 0, null, 0]],
    ['none', null, {}, ['unknown', null, 'no_figure', 1]],
  ])('%s', (_what, computed, over, [verdict, difference, reason, causes]) => {
    const line = lineOf(labour, own('cost.labour', computed), { ...SETTLED, ...over })
    expect(line).toMatchObject({ truth: 876_594, computed, verdict, difference, reason })
    expect(line.causes).toHaveLength(causes as number)
  })

  test('that has no figure names what is missing', () => {
    const figure = own('cost.labour', null, { reason: 'no_record: wage/lathe' })
    expect(lineOf(labour, figure).causes).toEqual([
      { kind: 'hole', id: null, name: 'no_record: wage/lathe', items: null },
    ])
  })
})

describe('what accounting books at another instant', () => {
  const truth = [
    row('cost.material', 4_252_623),
    row('cost.maintenance', 88_936),
    row('cost.total', 6_908_660),
    row('value.added', 8_084_603),
    row('value', 7_944_419),
    row('u', 8696, 'fen_per_100_yuan'),
    row('booking.material', -13_047),
    row('booking.maintenance', 4000),
    row('booking.value', 100_000),
  ]
  test.each([
    ['cost.material', 4_239_576, -13_047],
    ['cost.maintenance', 92_936, 4000],
    ['cost.total', 6_899_613, -9047],
    ['value.added', 8_184_603, 100_000],
    ['value', 8_044_419, 100_000],
    ['u', 8577, -119],
  ])('of %s counts as true', (name, computed, booked) => {
    expect(lineOf(truth, own(name, computed))).toMatchObject({ booked, difference: 0, verdict: 'equal' })
    const figure = own(name, computed + (name === 'u' ? 3 : 200))
    expect(lineOf(truth, figure).verdict).toBe('differs')
  })

  test('is no figure of its own', () => {
    const computed = truth.map(({ name }) => own(name, 0))
    expect(figureLines(truth, computed, SETTLED).map(({ name }) => name)).not.toContain('booking.value')
  })
})

describe('OEE of a machine', () => {
  const truth = [
    row('oee.pbt', 30_000, 'seconds', LATHE),
    row('oee', 650_000, 'ppm', LATHE),
    row('booking.standard', 300, 'seconds', LATHE),
    row('unplaced.standard', 60, 'seconds', LATHE),
  ]
  // a second of 30,000 and of what is made in it: 55 ppm
  test.each([
    [0.66, false, 'equal', 0],
    [0.660055, false, 'within', 55],
    [0.660056, false, 'differs', 56],
    [0.660056, true, 'within', 56],
  ])('%d, told by quarter-hours: %s, is %s', (value, quarterly, verdict, difference) => {
    const computed = own('oee', value, { scope: LATHE, unit: '1' })
    const line = lineOf(truth, computed, { ...SETTLED, quarterly })
    expect(line).toMatchObject({ scope: LATHE, unit: 'ppm', booked: 10_000, verdict, difference })
  })
})

/** Of the plant what is too much here is too little there. */
const quarterly = (scope: string) =>
  [
    ['cost.total', 1_000_000],
    ['cost.overhead', 1000],
    ['value', 2_000_000],
    ['unplaced.money', 9000],
  ].map(([name, value]) => row(name as string, value as number, 'fen', scope))
test.each([
  ['cost.total', 'plant', false, 60],
  ['cost.total', 'plant', true, 60 + 600],
  ['cost.total', LATHE, true, 60 + 9000],
  ['cost.overhead', 'plant', true, 60],
])('%s of %s, told by quarter-hours: %s, may be %d fen off', (name, scope, isQuarterly, fen) => {
  const comparing = { ...SETTLED, quarterly: isQuarterly }
  expect(figureLines(quarterly(scope), [own(name, 0, { scope })], comparing)[0]!.tolerance).toBe(fen)
})

test.each([
  ['cost.material', false, 60 + 20],
  ['cost.material', true, 60 + 50],
  ['cost.media', false, 60],
  ['cost.media', true, 60 + 300],
  ['cost.total', false, 60],
  ['cost.total', true, 60 + 50 + 300],
])(
  'on the ramp of a retrofit allowances are told in coarser steps: %s, %s, may be %d fen off',
  (name, ramp, fen) => {
    const truth = [row('cost.material', 1_000_000), row('cost.media', 30_000), row('cost.total', 2_000_000)]
    expect(lineOf(truth, own(name, 0), { ...SETTLED, ramp }).tolerance).toBe(fen)
  },
)

test('a machine is compared in cost, value, u and OEE, and where neither side has a figure in none', () => {
  const truth = ['cost.material', 'cost.total', 'value', 'value.added', 'u', 'oee', 'seconds.RUN'].map(
    (name) => row(name, name === 'u' ? null : 5, name === 'u' ? 'fen_per_100_yuan' : 'fen', LATHE),
  )
  const computed = truth.map(({ name, value }) => own(name, value, { scope: LATHE }))
  expect(figureLines(truth, computed, SETTLED).map(({ name }) => name)).toEqual([
    'cost.total',
    'value',
    'oee',
  ])
  const some = figureLines(truth, [own('u', 9500, { scope: LATHE })], SETTLED)
  expect(some).toMatchObject([{ truth: null, computed: 9500, verdict: 'unknown', booked: null }])
})
