/**
 * Truth beside computed, as arithmetic: integers of the truth's unit, a tolerance that is exactly what could not be known, and a
 * verdict. Nothing here asks anybody.
 */
import type { z } from 'zod'
import type { TruthLine } from '#contract/rest.ts'
import { flagsIn, pointAt, totalAt, type Course } from '#domain/accounting/register.ts'
import { MACHINE_STATES, type ShownState } from '#domain/plant/plant.ts'
import { RESET } from '#domain/telemetry/item.ts'
import { SECOND, type Instant, type Millis } from '#domain/time.ts'

export type Line = z.infer<typeof TruthLine>
export type Reason = NonNullable<Line['reason']>
/** What stands on the computed side; the tolerance is inclusive. */
export type Computed =
  | {
      readonly value: number
      readonly tolerance: number
      readonly reason: Reason | null
      /** What is missing can only be missing: a lower value proves nothing. */ readonly low?: true
    }
  | { readonly value: null; readonly reason: Reason }

export const NOT_KNOWN = (reason: Reason): Computed => ({ value: null, reason })

/**
 * One line. Equal: no difference. Within: a difference that the tolerance covers. Differs: one that it does not. Unknown: there is no
 * computed side, or it lacks what a register lost.
 */
export function lineOf(
  { scope, name, unit }: Pick<Line, 'scope' | 'name' | 'unit'>,
  truth: number | null,
  computed: Computed,
  causes: Line['causes'] = [],
): Line {
  const head = { scope, name, unit, truth, booked: null, causes: [] }
  if (computed.value === null || truth === null)
    return {
      ...head,
      computed: computed.value,
      difference: null,
      tolerance: null,
      verdict: 'unknown',
      reason: computed.reason,
    }
  const { value, tolerance, reason, low } = computed
  const difference = value - truth
  const known = { ...head, computed: value, difference, tolerance }
  if (difference === 0) return { ...known, verdict: 'equal', reason: null }
  if (Math.abs(difference) <= tolerance) return { ...known, verdict: 'within', reason }
  if (low && difference < 0) return { ...known, verdict: 'unknown', reason, causes: [...causes] }
  return { ...known, verdict: 'differs', reason, causes: [...causes] }
}

type Segment = { readonly from: Instant; readonly to: Instant; readonly state: ShownState }

/** Seconds in each state, and those that nothing is known of (`UNKNOWN`, and time without any segment), of a window. */
export function stateSeconds(
  segments: readonly Segment[],
  from: Instant,
  to: Instant,
): Readonly<Record<ShownState, number>> {
  const ms = Object.fromEntries([...MACHINE_STATES, 'UNKNOWN'].map((state) => [state, 0])) as Record<
    ShownState,
    number
  >
  for (const segment of segments) ms[segment.state] += segment.to - segment.from
  const covered = Object.values(ms).reduce((sum, one) => sum + one, 0)
  ms.UNKNOWN += to - from - covered
  return Object.fromEntries(
    Object.entries(ms).map(([state, span]) => [state, Math.round(span / SECOND)]),
  ) as Record<ShownState, number>
}

/**
 * The computed seconds of a state. Tolerance: one second of rounding; any state may fill the unknown time; and before each silence that
 * begins in the window a state was carried on for the machine's timeout while it may have changed. Of a window in which nothing is known
 * no state has a computed side: to fit into all of it would say nothing.
 */
export function computedState(
  segments: readonly Segment[],
  window: { readonly from: Instant; readonly to: Instant },
  staleMs: Millis,
): (state: ShownState) => Computed {
  const seconds = stateSeconds(segments, window.from, window.to)
  const whole = Math.round((window.to - window.from) / SECOND)
  const silences = segments.filter(({ state, from }) => state === 'UNKNOWN' && from > window.from).length
  const open = Math.min(whole, seconds.UNKNOWN + Math.ceil((silences * staleMs) / SECOND))
  const known = (state: ShownState): Computed => ({
    value: seconds[state],
    tolerance: 1 + open,
    reason: seconds.UNKNOWN > 0 ? 'unknown_time' : null,
  })
  const nothing = seconds.UNKNOWN >= whole
  return (state) => (nothing && state !== 'UNKNOWN' ? NOT_KNOWN('unknown_time') : known(state))
}

/**
 * Growth of a register in [from, to) as R(to) − R(from), in units of `per` steps of which one step is `perStep`. Tolerance: one step at
 * each end, and where an end lies between two samples, what lies between them.
 */
export function computedGrowth(course: Course, from: Instant, to: Instant, perStep: number): Computed {
  if (course.length === 0) return NOT_KNOWN('no_readings')
  if (course[0]!.ts > from) return NOT_KNOWN('no_sample_before')
  if (course.at(-1)!.ts < to) return NOT_KNOWN('no_sample_after')
  const open = [from, to].reduce((sum, at) => sum + openAt(course, at), 0)
  const reset = (flagsIn(course, from, to) & RESET) !== 0
  return {
    value: (totalAt(course, to) - totalAt(course, from)) * perStep,
    tolerance: (2 + open) * perStep,
    reason: reset ? 'register_reset' : open > 0 ? 'sparse_samples' : null,
    ...(reset ? { low: true } : {}),
  }
}

/** How far R at an instant can be from what is interpolated, steps: 0 at a sample. */
function openAt(course: Course, at: Instant): number {
  const i = pointAt(course, at)
  const a = course[i]!
  const b = course[i + 1]
  if (a.ts === at || b === undefined) return 0
  const total = totalAt(course, at)
  return Math.max(total - a.total, b.total - total)
}

/** The same figure of several machines as one of the plant: it differs when one of them does. */
export function sumOf(name: string, lines: readonly Line[]): Line {
  const head = { scope: 'plant', name, unit: lines[0]?.unit ?? '' }
  const add = (of: (line: Line) => number | null): number | null =>
    lines.reduce((sum: number | null, line) => {
      const value = of(line)
      return sum === null || value === null ? null : sum + value
    }, 0)
  const [truth, value, tolerance] = [
    add((line) => line.truth),
    add((line) => line.computed),
    add((line) => line.tolerance),
  ]
  const reason = lines.find((line) => line.reason !== null)?.reason ?? null
  if (truth === null || value === null || tolerance === null)
    return lineOf(head, truth, NOT_KNOWN('part_unknown'))
  const line = lineOf(head, truth, { value, tolerance, reason })
  const worst = (['differs', 'unknown'] as const).find((verdict) =>
    lines.some((one) => one.verdict === verdict),
  )
  return worst
    ? { ...line, verdict: worst, reason, causes: lines.flatMap(({ causes }) => causes).slice(0, 20) }
    : line
}

export function countVerdicts(lines: readonly Line[]): Record<Line['verdict'], number> {
  const counts = { equal: 0, within: 0, differs: 0, unknown: 0 }
  for (const { verdict } of lines) counts[verdict]++
  return counts
}
