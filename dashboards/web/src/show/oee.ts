/** OEE as a bar that shrinks: planned busy time, of it run, of that at standard speed, of that good. */
import type { MachineFigures } from '#contract/figures.ts'
import type { Millis } from '#domain/time.ts'

type Times = MachineFigures['times']

export type OeeStep = {
  readonly key: 'A' | 'E' | 'Q'
  readonly kpi: 'availability' | 'effectiveness' | 'quality_ratio'
  /** Shares of the planned busy time, 0 to 1. */
  readonly left: number
  readonly lost: number
  /** What went between the step before and this one; below 0 more was made than the standard expects. */
  readonly lostMs: Millis
}

/** The three steps; none without planned busy time. */
export function oeeSteps({ pbt, apt, standard, standardGood }: Times): readonly OeeStep[] {
  if (pbt <= 0) return []
  const share = (ms: number): number => Math.max(0, Math.min(1, ms / pbt))
  const step = (key: OeeStep['key'], kpi: OeeStep['kpi'], before: number, after: number): OeeStep => ({
    key,
    kpi,
    left: share(Math.min(before, after)),
    lost: Math.max(0, share(before) - share(Math.min(before, after))),
    lostMs: before - after,
  })
  return [
    step('A', 'availability', pbt, apt),
    step('E', 'effectiveness', apt, standard),
    step('Q', 'quality_ratio', standard, standardGood),
  ]
}

export const kpiOf = (figures: MachineFigures, name: string): MachineFigures['kpis'][number] | undefined =>
  figures.kpis.find((kpi) => kpi.name === name)
