/** Scenarios: which parameters hold on which date. A twin is the same works without what the scenario plants. */
import { daysBetween } from './calendar.ts'
import { AFTER, BEFORE, RAMPS, type Parameters } from './data/retrofit.ts'

export const SCENARIOS = [
  'baseline',
  'retrofit',
  'tariff-reform-only',
  'scrap-only',
  'growth-only',
  'mix-only',
  'history',
  'bad-day',
] as const
export type ScenarioName = (typeof SCENARIOS)[number]

export type Scenario = {
  readonly name: ScenarioName
  /** Date from which the change holds; null: from the first day on. */
  readonly from: string | null
}

type Change = (before: Parameters, days: number | null) => Parameters

/** Share of a ramp that has passed after so many days (whole day counted at its middle); null: all of it. */
function shareOf([first, last]: readonly [number, number], days: number | null): number {
  if (days === null) return 1
  if (last <= first) return days >= first ? 1 : 0
  return Math.min(1, Math.max(0, (days + 0.5 - first) / (last - first)))
}

const mixed = (a: number, b: number, share: number): number =>
  share <= 0 ? a : share >= 1 ? b : a + (b - a) * share

/** A parameter part of the way: numbers and tables of numbers mix, everything else waits for the end of its ramp. */
function between(a: unknown, b: unknown, share: number): unknown {
  if (typeof a === 'number' && typeof b === 'number') return mixed(a, b, share)
  if (typeof a === 'object' && typeof b === 'object' && a && b && !Array.isArray(a)) {
    const from = a as Record<string, number>
    const to = b as Record<string, number>
    return Object.fromEntries(
      [...new Set([...Object.keys(from), ...Object.keys(to)])].map((key) => [
        key,
        mixed(from[key] ?? 0, to[key] ?? 0, share),
      ]),
    )
  }
  return share >= 1 ? b : a
}

const retrofit: Change = (before, days) => {
  const changed = Object.entries(RAMPS).map(([key, ramp]) => {
    const name = key as keyof Parameters
    return [key, between(before[name], AFTER[name], shareOf(ramp, days))]
  })
  return { ...before, ...(Object.fromEntries(changed) as Partial<Parameters>) }
}

const none: Change = (before) => before

/** What each scenario plants, as a change of the parameters. */
const PLANTED: Readonly<Record<ScenarioName, Change>> = {
  baseline: none,
  retrofit: (before) => retrofit(before, null),
  // the reform comes to everyone: no measure of the works
  'tariff-reform-only': none,
  'scrap-only': (before) => ({ ...before, scrap: AFTER.scrap, rework: AFTER.rework }),
  'growth-only': none,
  'mix-only': none,
  history: retrofit,
  // its faults lie on the way to the broker; what happens in the works is the baseline
  'bad-day': none,
}

/** Has the works of a scenario measures of its own, so that there is a twin without them? */
export const plants = ({ name }: Scenario): boolean => PLANTED[name] !== none

/** What happens to the works from outside, with or without its measures. */
const OUTSIDE: Readonly<Partial<Record<ScenarioName, { readonly before?: Change; readonly after: Change }>>> =
  {
    'tariff-reform-only': {
      before: (p) => ({ ...p, tariff: 'w2024' }),
      after: (p) => ({ ...p, tariff: 'w2026' }),
    },
    'growth-only': { after: (p) => ({ ...p, volume: 1.05 }) },
    'mix-only': { after: (p) => ({ ...p, mix: { A: 0.85, B: 1.2, C: 0.9, D: 1.1 } }) },
  }

/**
 * Parameters of a production day. `planted` false: the twin, the same works without its measures.
 * `{name: 'history', from: '2026-05-24'}` ramps from that date; `{name: 'retrofit', from: null}` has its full effect always.
 */
export function parametersOn(scenario: Scenario, date: string, planted = true): Parameters {
  const days = scenario.from === null ? null : daysBetween(scenario.from, date)
  const started = days === null || days >= 0
  const outside = OUTSIDE[scenario.name]
  const base = (started ? outside?.after : outside?.before)?.(BEFORE, days) ?? BEFORE
  return started && planted ? PLANTED[scenario.name](base, days) : base
}
