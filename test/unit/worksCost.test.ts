/** The documented cost of 100 yuan, before and after the retrofit, comes out of the simulated year by itself. */
import { beforeAll, describe, expect, test } from 'vitest'
import { addDays, daysBetween } from '../../simulators/works/calendar.ts'
import { STREAMS, elementOf, type Element } from '../../simulators/works/catalogue.ts'
import { AFTER, BEFORE } from '../../simulators/works/data/retrofit.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { plantedSaving, streamsIn, worthIn } from '../../simulators/works/moneyTruth.ts'
import {
  parametersOn,
  SCENARIOS,
  type Scenario,
  type ScenarioName,
} from '../../simulators/works/scenarios.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'

const SEED = 1
const YEAR = 2026

type Sum = { readonly date: string; readonly value: number; readonly by: Readonly<Record<Element, number>> }

function sumOf(day: DayTruth): Sum {
  const streams = streamsIn([day], null, day)
  const { added, scrapped } = worthIn([day], null, day)
  const by = {} as Record<Element, number>
  for (const stream of STREAMS) by[elementOf(stream)] = (by[elementOf(stream)] ?? 0) + streams[stream]
  return { date: day.date, value: added - scrapped, by }
}

function yearOfScenario(name: ScenarioName): Sum[] {
  const scenario: Scenario = { name, from: null }
  let state = warmWorks(SEED, `${YEAR}-01-01`, scenario)
  return Array.from({ length: 365 }, () => {
    const { truth, next } = simulateDay(state, { parameters: parametersOn(scenario, state.date) })
    state = next
    return sumOf(truth)
  })
}

const total = ({ by }: Sum): number => Object.values(by).reduce((a, b) => a + b, 0)
const uOf = (sums: readonly Sum[]): number =>
  (100 * sums.reduce((sum, one) => sum + total(one), 0)) / sums.reduce((sum, one) => sum + one.value, 0)
const per100 = (sums: readonly Sum[], element: Element): number =>
  (100 * sums.reduce((sum, one) => sum + one.by[element], 0)) / sums.reduce((sum, one) => sum + one.value, 0)

/** One week of each month: the one that begins with the first Monday from the 2nd on. */
function weeksOf(sums: readonly Sum[]): Sum[] {
  return Array.from({ length: 12 }, (_, month) => {
    const first = sums.findIndex(
      ({ date }) =>
        Number(date.slice(5, 7)) === month + 1 &&
        Number(date.slice(8)) >= 2 &&
        new Date(`${date}T00:00:00Z`).getUTCDay() === 1,
    )
    return sums.slice(first, first + 7)
  }).flat()
}

/** Electricity is the whole bill without the air pool's power, which belongs to media: 4.60 = .45 + the rest. */
const TABLE: readonly (readonly [Element, before: number, after: number, within: number])[] = [
  ['material', 49.5, 49.2, 0.15],
  ['scrap', 3.2, 2, 0.15],
  ['labour', 14, 13.1, 0.1],
  ['gas', 0.6, 0.52, 0.03],
  ['media', 1.15, 0.92, 0.06],
  ['tooling', 3, 2.6, 0.06],
  ['maintenance', 2.2, 1.8, 0.2],
  ['machine_hour', 5.2, 5, 0.05],
  ['retrofit', 0, 0.36, 0.01],
  ['outsourcing', 4, 3.4, 0.1],
  ['quality', 1.6, 1.4, 0.03],
  ['overhead', 6.4, 6.1, 0.05],
]

describe.each([
  ['baseline', 95, 1],
  ['retrofit', 90, 2],
] as const)('%s', (name, target, column) => {
  let sums: Sum[]
  beforeAll(() => {
    sums = yearOfScenario(name)
  }, 120_000)

  test(`a year costs ${target} of 100 yuan within 0.30, one week of each month within 0.60`, () => {
    expect(Math.abs(uOf(sums) - target)).toBeLessThan(0.3)
    expect(Math.abs(uOf(weeksOf(sums)) - target)).toBeLessThan(0.6)
  })

  test('output is 26 million yuan, set by the orders', () => {
    const value = sums.reduce((sum, one) => sum + one.value, 0) / 1e6
    expect(Math.abs(value / 26_000_000 - 1)).toBeLessThan(0.01)
  })

  test.each(TABLE)('%s is that of the documented table', (element, before, after, within) => {
    expect(Math.abs(per100(sums, element) - (column === 1 ? before : after))).toBeLessThan(within)
  })

  test('electricity: energy, demand and power factor are those of the table', () => {
    const bill = per100(sums, 'electricity') + per100(sums, 'demand') + per100(sums, 'power_factor')
    expect(Math.abs(bill - (column === 1 ? 4.15 : 3.6))).toBeLessThan(0.1)
  })
})

const R = '2026-01-05'
const at = (name: ScenarioName) => parametersOn({ name, from: R }, '2026-06-01')

/** Some weeks of a scenario, or of its twin. */
const run = (name: ScenarioName, planted: boolean): DayTruth[] => {
  const scenario: Scenario = { name, from: '2026-01-01' }
  let state = warmWorks(SEED, '2026-04-07', scenario, planted)
  return Array.from({ length: 24 }, () => {
    const { truth, next } = simulateDay(state, {
      parameters: parametersOn(scenario, state.date, planted),
    })
    state = next
    return truth
  })
}

describe('scenarios', () => {
  test('history ramps from its date: nothing before, everything after ninety days', () => {
    const history: Scenario = { name: 'history', from: R }
    expect(parametersOn(history, addDays(R, -1))).toEqual(BEFORE)
    expect(parametersOn(history, addDays(R, 90))).toEqual(AFTER)
    const middle = parametersOn(history, addDays(R, 29))
    expect(middle.lathesDay).toBe(8)
    expect(middle.scrap.LA).toBeCloseTo(0.017 - ((0.017 - 0.0099) * 29.5) / 60)
    expect(middle.retrofit).toBe(AFTER.retrofit)
    expect(middle.burnerNightH).toBe(0)
    expect(parametersOn(history, addDays(R, 30)).lathesDay).toBe(6)
    expect(daysBetween(R, addDays(R, 30))).toBe(30)
  })

  test('each plants what its name says, and its twin none of it', () => {
    for (const name of SCENARIOS) {
      const scenario: Scenario = { name, from: R }
      const before = parametersOn(scenario, '2025-12-31')
      expect(before).toEqual(name === 'tariff-reform-only' ? { ...BEFORE, tariff: 'w2024' } : BEFORE)
      const twin = parametersOn(scenario, '2026-06-01', false)
      expect({ ...twin, tariff: 'w2026', volume: 1, mix: BEFORE.mix }).toEqual(BEFORE)
    }
    expect(at('scrap-only')).toEqual({ ...BEFORE, scrap: AFTER.scrap, rework: AFTER.rework })
    expect(at('tariff-reform-only')).toEqual(BEFORE)
    expect(at('growth-only').volume).toBe(1.05)
    expect(at('mix-only').mix).not.toEqual(BEFORE.mix)
    expect(at('bad-day')).toEqual(BEFORE)
  })

  test('the planted saving is what the twin says: none under a tariff reform, over a yuan of 100 with less scrap', () => {
    const reform = run('tariff-reform-only', true)
    const window = { from: reform[0]!.from, to: reform.at(-1)!.to }
    const nothing = plantedSaving(reform, run('tariff-reform-only', false), window)
    expect(new Set(nothing.map((row) => row.value))).toEqual(new Set([0]))
    const scrap = run('scrap-only', true)
    const [saved, ...parts] = plantedSaving(scrap, run('scrap-only', false), window)
    const { added, scrapped } = worthIn(scrap, null, window)
    expect((1e6 * saved!.value!) / (added - scrapped)).toBeGreaterThan(0.2)
    expect(parts.reduce((sum, row) => sum + row.value!, 0)).toBe(saved!.value)
    const most = parts.toSorted((a, b) => b.value! - a.value!)[0]!
    expect(most.name).toBe('saving.scrap')
    expect(plantedSaving(scrap, null, window)[0]).toMatchObject({ value: null, reason: 'NO_TWIN' })
  }, 120_000)
})
