/** The cost page's own arithmetic: what is shown sums to what is shown above it, in every view. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LINES } from '#domain/accounting/elements/catalogue.ts'
import type { CostView } from '#contract/figures.ts'
import {
  bridgeOf,
  elementsOf,
  type LineName,
  monthOf,
  shareOut,
  shownCost,
  sourcesOf,
  weekOf,
  windowBeside,
  windowKind,
} from '../../dashboards/web/src/show/cost.ts'

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
const known = (fen: number) => ({ measured: fen, standard: 0, estimated: 0 })

/** A view whose lines cost this; u2 of them as the api would share it out. */
function viewOf(costs: readonly number[], value: number, targets: readonly (number | null)[]): CostView {
  const cost = sum(costs)
  const u2 = Math.round((cost * 10_000) / value)
  const us = shareOut(u2, costs)
  return {
    figure: {
      cost,
      value,
      finished: value * 2,
      u: u2 * 100,
      u2,
      status: 'OK',
      raw: { u: u2 * 50, u2: Math.round(u2 / 2), status: 'OK' },
      by: known(cost),
    },
    target: 9000,
    lines: LINES.map((line, i) => ({
      line,
      cost: costs[i]!,
      u2: us[i]!,
      target: targets[i] ?? null,
      by: known(costs[i]!),
      provisional: 0,
      holes: [],
    })),
    scrapTaken: [
      { line: 'material', cost: 500 },
      { line: 'labour', cost: 70 },
    ],
  } as unknown as CostView
}
const views = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 5_000_000 }), { minLength: LINES.length, maxLength: LINES.length }),
    fc.integer({ min: 1_000_000, max: 90_000_000 }),
    fc.array(fc.option(fc.integer({ min: 0, max: 6000 })), {
      minLength: LINES.length,
      maxLength: LINES.length,
    }),
  )
  .map(([costs, value, targets]) => viewOf(costs, value, targets))
const looks = fc.tuple(fc.constantFrom('wip', 'raw'), fc.constantFrom('own', 'gross'))

test('lines sum to cost and u in every view, and putting scrap back changes no total', () => {
  fc.assert(
    fc.property(views, looks, (view, [output, scrap]) => {
      const shown = shownCost(view, output, scrap)
      expect(sum(shown.lines.map(({ cost }) => cost))).toBe(view.figure.cost)
      expect(sum(shown.lines.map(({ u2 }) => u2!))).toBe(shown.u2)
      expect([shown.cost, shown.u2]).toEqual([
        view.figure.cost,
        output === 'raw' ? view.figure.raw.u2 : view.figure.u2,
      ])
    }),
  )
})

test('the steps lead from the target to the actual without a jump, whichever lines have targets', () => {
  fc.assert(
    fc.property(views, looks, (view, [output, scrap]) => {
      const { target, actual, steps, axis } = bridgeOf(shownCost(view, output, scrap))!
      expect(target + sum(steps.map(({ from, to }) => to - from))).toBe(actual)
      let at = target
      for (const { from, to } of steps) {
        expect(from).toBe(at)
        at = to
      }
      const ends = [target, actual, ...steps.map(({ to }) => to)].map((end) => end / 100)
      expect(axis.from).toBeLessThanOrEqual(Math.min(...ends))
      expect(axis.to).toBeGreaterThanOrEqual(Math.max(...ends))
    }),
  )
})

test('without a target or without u there are no steps', () => {
  const view = viewOf(
    [...LINES.keys()].map((i) => i + 1),
    1_000_000,
    [],
  )
  const shown = shownCost(view, 'wip', 'own')
  expect(bridgeOf({ ...shown, target: null })).toBeNull()
  expect(bridgeOf({ ...shown, u2: null })).toBeNull()
})

const element = (name: string, fen: number) => ({ element: name, known: fen })

test('the air pool has a row where it took electricity, and none for the fen by which roundings differ', () => {
  const [line, tools] = [
    { line: 'power', cost: 301 },
    { line: 'tooling', cost: 50 },
  ]
  const elements = [element('electricity', 200), element('demand', 70), element('tooling', 51)]
  const rows = (name: LineName, airPower: number) =>
    elementsOf({ elements, lines: [line, tools], airPower } as unknown as CostView, name).air
  expect([rows('power', 0), rows('tooling', 0), rows('power', 31), rows('tooling', 31)]).toEqual([
    0, 0, 31, 0,
  ])
})

test('shares are whole per cent that sum to 100; what was taken out counts as nothing', () => {
  expect(sourcesOf({ measured: 1, standard: 1, estimated: 1 })).toEqual([34, 33, 33])
  expect(sourcesOf({ measured: -50, standard: 100, estimated: 0 })).toEqual([0, 100, 0])
  expect(sourcesOf({ measured: -50, standard: 0, estimated: 0 })).toBeNull()
})

test.each([
  ['2026-11-24', '2026-11-24', 'day'],
  ['2026-11-23', '2026-11-29', 'week'],
  ['2026-02-01', '2026-02-28', 'month'],
  ['2026-11-02', '2026-11-30', 'free'],
] as const)('%s to %s is a %s', (from, to, kind) => {
  expect(windowKind(from, to)).toBe(kind)
  const before = windowBeside(from, to, -1)
  expect(windowBeside(before.from, before.to, 1)).toEqual({ from, to })
})

test('weeks begin on Monday, months end on their last day', () => {
  expect(weekOf('2026-11-29')).toEqual({ from: '2026-11-23', to: '2026-11-29' })
  expect(monthOf('2028-02-10')).toEqual({ from: '2028-02-01', to: '2028-02-29' })
})
