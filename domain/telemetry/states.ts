/**
 * A machine's states over time, from the state messages heard. The set of messages decides, not their order of arrival; a silence
 * longer than the machine's timeout is UNKNOWN from the moment the timeout passed, and never the last state carried on.
 */
import type { MachineState, ShownState } from '#domain/plant/plant.ts'
import type { Instant, Millis } from '#domain/time.ts'

/**
 * A state heard at `ts` and repeated without a silence up to `lastTs`, by messages or by the device's own record (`until`). A later
 * run of another state ends it also before `lastTs`; one of the same state does not.
 */
export type StateRun = {
  readonly ts: Instant
  readonly lastTs: Instant
  readonly state: MachineState
  readonly reason: string | null
}

export type Segment = {
  readonly from: Instant
  readonly to: Instant
  readonly state: ShownState
  readonly reason: string | null
}

/**
 * Segments that touch [from, to), cut to it, oldest first; neighbours with the same state and reason are one. `runs` are sorted by
 * ts and start with the last run before `from`, if there is one, which speaks for all the runs of its state before it: its `lastTs`
 * is their latest. Before the first run there is no segment.
 */
export function segmentsOf(
  runs: readonly StateRun[],
  staleMs: Millis,
  from: Instant,
  to: Instant,
): Segment[] {
  const out: Segment[] = []
  const put = (a: Instant, b: Instant, state: ShownState, reason: string | null) => {
    const start = Math.max(a, from)
    const end = Math.min(b, to)
    if (start >= end) return
    const last = out.at(-1)
    if (last && last.state === state && last.reason === reason && last.to === start)
      out[out.length - 1] = { ...last, to: end }
    else out.push({ from: start, to: end, state, reason })
  }
  let heard = 0
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]!
    const next = runs[i + 1]?.ts ?? to
    heard = i > 0 && isSame(runs[i - 1]!, run) ? Math.max(heard, run.lastTs) : run.lastTs
    const heardUntil = heard + staleMs
    put(run.ts, Math.min(next, heardUntil), run.state, run.reason)
    put(heardUntil, next, 'UNKNOWN', null)
  }
  return out
}

const isSame = (a: StateRun, b: StateRun): boolean => a.state === b.state && a.reason === b.reason

/** Runs with repeats of the same state folded together wherever no silence lies between. Sorted by ts. */
export function foldRuns(runs: readonly StateRun[], staleMs: Millis): StateRun[] {
  const out: StateRun[] = []
  for (const run of runs) {
    const last = out.at(-1)
    if (last && isSame(last, run) && run.ts - last.lastTs <= staleMs)
      out[out.length - 1] = { ...last, lastTs: Math.max(last.lastTs, run.lastTs) }
    else out.push(run)
  }
  return out
}
