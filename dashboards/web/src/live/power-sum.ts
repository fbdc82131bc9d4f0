/** Sums of many machines' histories. A missing machine makes a hole, never a dip. */
import type { Instant, Millis } from '#domain/time.ts'
import type { History } from '../server/shapes.ts'
import type { Point } from './series.ts'

/** Below this share of the machines there is no sum. */
const ENOUGH = 0.9

export type MachinePower = { readonly history: History; readonly staleMs: Millis }

/** The sum per bucket; a machine's last value counts on until its timeout. Null where too few machines are covered. */
export function sumBuckets(
  machines: readonly MachinePower[],
  due: number,
  from: Instant,
  to: Instant,
  stepMs: Millis,
): Point[] {
  const points: Point[] = []
  const next = machines.map(() => 0)
  const held = machines.map(() => ({ ts: Number.NEGATIVE_INFINITY, mean: 0 }))
  for (let at = Math.floor(from / stepMs) * stepMs; at + stepMs <= to; at += stepMs) {
    let sum = 0
    let covered = 0
    for (const [i, { history, staleMs }] of machines.entries()) {
      const { buckets } = history
      while (next[i]! < buckets.length && buckets[next[i]!]!.ts < at + stepMs) {
        const { ts, mean } = buckets[next[i]!]!
        if (mean !== null) held[i] = { ts, mean }
        next[i]!++
      }
      if (at - held[i]!.ts > Math.max(staleMs, stepMs)) continue
      sum += held[i]!.mean
      covered++
    }
    const mean = due > 0 && covered >= due * ENOUGH ? sum : null
    points.push({ ts: at + stepMs / 2, mean, min: mean, max: mean })
  }
  return points
}
