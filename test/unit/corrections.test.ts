/** What people correct: states, counts and readings in place of what was heard, in whatever order they were accepted. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calendarOf, type Calendar } from '#domain/accounting/calendar.ts'
import type { CountCorrection, Facts } from '#domain/accounting/facts.ts'
import { panesOf, type MachineTerms } from '#domain/accounting/machinePanes.ts'
import { addPanes, QUARTER } from '#domain/accounting/pane.ts'
import { fitsCourse, MANUAL } from '#domain/accounting/register.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import {
  overridden,
  segmentsOf,
  shownStates,
  type Override,
  type Segment,
  type StateRun,
} from '#domain/telemetry/states.ts'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { MINUTE } from '#domain/time.ts'

const STALE = 3 * MINUTE
const run = (from: number, to: number, state: StateRun['state'], reason: string | null = null): StateRun => ({
  ts: from * MINUTE,
  lastTs: to * MINUTE,
  state,
  reason,
})
const said = (
  id: number,
  from: number,
  to: number | null,
  state: Override['state'],
  reason: string | null = null,
): Override => ({ id, from: from * MINUTE, to: to === null ? null : to * MINUTE, state, reason })
/** `[from, to, state, reason, *]` in minutes; `*` is corrected. */
const brief = (segments: readonly Segment[]) =>
  segments.map(({ from, to, state, reason, corrected }) =>
    [from / MINUTE, to / MINUTE, state, reason, ...(corrected ? ['*'] : [])].join(' '),
  )
const RUNS = [run(0, 10, 'RUN'), run(10, 30, 'STOP'), run(30, 40, 'RUN'), run(40, 50, 'FAULT', 'e7')]
const shown = (overrides: readonly Override[], from = 0, to = 50) =>
  brief(shownStates(RUNS, STALE, overrides, from * MINUTE, to * MINUTE))

describe('what a person said of a stretch', () => {
  test.each<[string, Override[], string[]]>([
    ['nothing', [], ['0 10 RUN ', '10 30 STOP ', '30 40 RUN ', '40 50 FAULT e7']],
    [
      'a reason for a stop',
      [said(1, 10, 30, null, 'material')],
      ['0 10 RUN ', '10 30 STOP material *', '30 40 RUN ', '40 50 FAULT e7'],
    ],
    [
      'a stop split at 18',
      [said(1, 10, 18, null, 'material'), said(2, 18, 30, null, 'tool')],
      ['0 10 RUN ', '10 18 STOP material *', '18 30 STOP tool *', '30 40 RUN ', '40 50 FAULT e7'],
    ],
    [
      'stops merged over a short run: what runs needs no reason',
      [said(1, 10, 50, null, 'tool')],
      ['0 10 RUN ', '10 30 STOP tool *', '30 40 RUN ', '40 50 FAULT tool *'],
    ],
    [
      'stops and the run between them merged into one',
      [said(1, 10, 50, 'STOP', 'tool')],
      ['0 10 RUN ', '10 50 STOP tool *'],
    ],
    [
      'a state takes its reason with it',
      [said(1, 40, 50, 'SETUP')],
      ['0 10 RUN ', '10 30 STOP ', '30 40 RUN ', '40 50 SETUP  *'],
    ],
    [
      'the later one holds where both speak',
      [said(2, 15, 20, 'SETUP', 'b'), said(1, 10, 30, 'FAULT', 'a')],
      ['0 10 RUN ', '10 15 FAULT a *', '15 20 SETUP b *', '20 30 FAULT a *', '30 40 RUN ', '40 50 FAULT e7'],
    ],
    [
      'a reason of a stop that goes on ends with it',
      [said(1, 12, null, null, 'material')],
      ['0 10 RUN ', '10 12 STOP ', '12 30 STOP material *', '30 40 RUN ', '40 50 FAULT e7'],
    ],
  ])('%s', (_, overrides, expected) => {
    expect(shown(overrides)).toEqual(expected)
  })

  test('an open reason is found also where one looks at its end alone', () => {
    expect(shown([said(1, 10, null, null, 'material')], 25, 35)).toEqual([
      '25 30 STOP material *',
      '30 35 RUN ',
    ])
    expect(shown([said(1, -5, null, null, 'material')], 10, 30)).toEqual(['10 30 STOP '])
  })
})

const anyOverride = (id: number) =>
  fc
    .tuple(
      fc.integer({ min: -5, max: 70 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(null, ...MACHINE_STATES),
      fc.constantFrom('a', 'b'),
      fc.boolean(),
    )
    .map(([from, length, state, reason, open]) =>
      said(id, from, open ? null : from + length, open ? null : state, reason),
    )
const anyOverrides = fc
  .integer({ min: 0, max: 6 })
  .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => anyOverride(i + 1))))
const anyRuns = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(...MACHINE_STATES)), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => {
    let at = 0
    return parts.map(([length, state]) => {
      at += length
      return run(at, at + (length % 4), state)
    })
  })

test('every instant heard keeps exactly one state, whatever was said in whatever order', () => {
  fc.assert(
    fc.property(anyRuns, anyOverrides, fc.infiniteStream(fc.nat()), (runs, overrides, dice) => {
      const heard = segmentsOf(runs, STALE, 0, 80 * MINUTE)
      const out = overridden(heard, overrides)
      const order = overrides
        .map((one) => ({ one, key: dice.next().value }))
        .toSorted((a, b) => a.key - b.key)
      expect(
        overridden(
          heard,
          order.map(({ one }) => one),
        ),
      ).toEqual(out)
      expect(out[0]?.from).toBe(heard[0]?.from)
      expect(out.at(-1)?.to).toBe(heard.at(-1)?.to)
      for (let i = 1; i < out.length; i++) expect(out[i]!.from).toBe(out[i - 1]!.to)
      expect(out.every(({ from, to }) => from < to)).toBe(true)
    }),
  )
})

const M = 'main/a/l1/m-1'
const register = (name: string) => ({
  name,
  class: 'count' as const,
  title: { zh: name, en: name },
  unit: '1',
  scale: 1,
  min: null,
  max: null,
  periodMs: MINUTE,
  staleMs: STALE,
  rollover: null,
  limit: null,
})
const { calendar } = calendarOf([{ name: { zh: '班', en: 'shift' }, start: 0, end: 1440 }], []) as {
  calendar: Calendar
}
const terms: MachineTerms = {
  machine: { path: M, measures: [register('good')], stateStaleMs: STALE },
  calendar,
  hours: {},
}
const sample = (at: number, steps: number, boot = 'a'): Sample => ({
  boot,
  seq: at,
  ts: at * MINUTE,
  steps,
})
const facts: Facts = {
  samples: { good: [sample(0, 0), sample(50, 20)] },
  states: RUNS,
  events: [],
  signs: [],
}
const HOUR_SPAN = { from: 0, to: 60 * MINUTE }
const panes = (
  overrides: readonly Override[],
  counts: readonly CountCorrection[] = [],
  length: number = QUARTER,
) => panesOf(terms, { ...facts, corrections: { overrides, causes: overrides, counts } }, HOUR_SPAN, length)

describe('panes of what was corrected', () => {
  test('a state said moves its time and the pieces that were made meanwhile; withdrawn, all is as before', () => {
    const before = panesOf(terms, facts, HOUR_SPAN, QUARTER)
    const after = panes([said(1, 10, 30, 'RUN')])
    const time = (list: typeof before, state: 'RUN' | 'STOP') =>
      list.reduce((sum, { states }) => sum + (states[state] ?? 0), 0) / MINUTE
    const good = (list: typeof before) =>
      list.map((one) => Object.values(one.good).reduce((a, b) => a + b, 0))
    expect([time(before, 'RUN'), time(before, 'STOP')]).toEqual([20, 20])
    expect([time(after, 'RUN'), time(after, 'STOP')]).toEqual([40, 0])
    expect(good(before)).toEqual([10_000, 0, 10_000, 0])
    expect(good(after)).toEqual([7000, 8000, 5000, 0])
    expect(panes([])).toEqual(before)
  })

  test('states of every pane fill it, and quarters are the sums of their minutes', () => {
    fc.assert(
      fc.property(anyOverrides, fc.integer({ min: -9, max: 9 }), (all, pieces) => {
        const overrides = all.filter(({ state }) => state !== null)
        const counts = [{ ts: 17 * MINUTE, piece: 'scrap' as const, milli: pieces * 1000 }]
        const minutes = panes(overrides, counts, MINUTE)
        for (const { states } of minutes)
          expect(Object.values(states).reduce((a, b) => a + b, 0)).toBe(MINUTE)
        expect(addPanes(minutes).map((pane) => ({ ...pane, sources: [] }))).toEqual(
          panes(overrides, counts).map((pane) => ({ ...pane, sources: [] })),
        )
      }),
      { numRuns: 30 },
    )
  })

  test('a count goes to what ran, or to what it names', () => {
    const named = { order: 'wo-1', product: 'q41f', operation: 'op20' }
    const at = 16 * MINUTE
    const corrected = panes(
      [],
      [
        { ts: at, piece: 'good', milli: -2000, ...named },
        { ts: at, piece: 'scrap', milli: 2000 },
      ],
    )
    const [own, other] = [null, 'wo-1'].map((order) =>
      corrected.find((pane) => pane.start === QUARTER && pane.order === order),
    )
    expect(own).toMatchObject({ product: null, scrap: { '': 2000 } })
    expect(other).toMatchObject({ product: 'q41f', good: { op20: -2000 }, states: {} })
  })
})

test('a reading entered by hand stands between its neighbours, and never makes a reset', () => {
  const samples = [sample(0, 100), sample(10, 130), sample(20, 5, 'b'), sample(30, 8, 'b')]
  const fits = (at: number, steps: number) => fitsCourse(samples, [], null, sample(at, steps, MANUAL))
  expect([fits(5, 99), fits(5, 100), fits(5, 130), fits(5, 131)]).toEqual([false, true, true, false])
  // the register was set back between 10 and 20: a reading belongs before or after that
  expect([fits(15, 150), fits(15, 3), fits(15, 50)]).toEqual([true, true, false])
  expect([fits(-5, 90), fits(-5, 101), fits(40, 9), fits(40, 7)]).toEqual([true, false, true, false])
})
