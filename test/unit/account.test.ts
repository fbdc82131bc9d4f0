/** Accounts: sums of quarter-hours that are the valuation of the whole, in whatever parts they are made, and the same as text. */
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { accountOf, type Account, type AccountInput } from '#domain/kpi/account.ts'
import { sumOfAccounts } from '#domain/kpi/accountSum.ts'
import { decodeAccount, encodeAccount } from '#domain/kpi/accountText.ts'
import { addTotals } from '#domain/kpi/totals.ts'
import { costsByMachine, sharesOf } from '#domain/accounting/poolsShared.ts'
import { figureOf, valuationOf, type Valuation } from '#domain/accounting/valuation.ts'
import { plannerOf } from '#domain/accounting/valuationPlan.ts'
import { MINUTE } from '#domain/time.ts'
import { plant, tell, type Told } from './costFixture.ts'

let told: Told
let inputOf: (from: number, to: number) => AccountInput
let day: Account
let whole: Valuation
beforeAll(() => {
  told = tell({
    scenario: { name: 'baseline', from: null },
    first: '2026-03-31',
    days: 1,
    stream: 'minute',
    retrofit: null,
  })
  const { calendar, books, machines } = told.inputOf(told.span)
  const planner = plannerOf(calendar, books, machines)
  inputOf = (from, to) => ({ ...told.inputOf({ from, to }), plant: plant.machines, planner })
  day = accountOf(inputOf(told.span.from, told.span.to))
  whole = valuationOf(told.inputOf(told.span))
}, 120_000)

test('a day by its quarter-hours is the valuation of the day, to the nano-yuan, over a month end at midnight', () => {
  const [figure, known] = [figureOf(day), figureOf(whole)]
  expect(figure).toEqual(known)
  expect(figure.cost).toBeGreaterThan(0n)
  expect(day.months.map(({ month }) => month)).toEqual(['2026-03', '2026-04'])
  expect(day.quarters).toHaveLength(96)
  expect(day.quarters.reduce((sum, { cost }) => sum + cost, 0n)).toBe(known.cost)
  expect(day.quarters.reduce((sum, { value }) => sum + value, 0n)).toBe(known.value)
})

test('any cut on whole minutes gives the same content, and its text the same account', () => {
  const { from, to } = told.span
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { maxLength: 4 }), (cuts) => {
      const edges = [from, ...cuts.toSorted((a, b) => a - b).map((cut) => from + cut * 15 * MINUTE), to]
      let { months, setups } = inputOf(from, to)
      const parts = edges.slice(1).map((end, i) => {
        const part = accountOf({
          ...inputOf(edges[i]!, end),
          ...(months && { months }),
          ...(setups && { setups }),
        })
        months = part.months
        setups = part.setups
        return part
      })
      expect(encodeAccount(sumOfAccounts(parts, told.span))).toBe(encodeAccount(day))
    }),
    { numRuns: 3 },
  )
  expect(decodeAccount(encodeAccount(day), day.version)).toEqual({ ...day, setups: new Map() })
  expect(() => decodeAccount(encodeAccount(day).replace('"v":1', '"v":2'), 1)).toThrow('version 2')
})

test('losses are a part of what was posted, and of every kind that the day had', () => {
  const lost = day.losses.reduce((sum, { nano }) => sum + nano, 0n)
  expect(lost).toBeGreaterThan(0n)
  expect(lost).toBeLessThan(figureOf(day).cost)
  expect(new Set(day.losses.map(({ kind }) => kind))).toContain('stop')
  expect(new Set(day.losses.map(({ kind }) => kind))).toContain('scrap')
})

test('totals of all places are those of the plant; shares of the pools sum to its cost', () => {
  const all = addTotals(day.totals.map(({ totals }) => totals))
  const machines = plant.machines.filter(({ meter }) => !meter).length
  expect(all.calendar).toBe(machines * 24 * 60 * MINUTE)
  const costs = costsByMachine(day, sharesOf(day))
  expect([...costs.values()].reduce((sum, nano) => sum + nano, 0n)).toBe(figureOf(day).cost)
})
