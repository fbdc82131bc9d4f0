/**
 * A machine's states over time, from the state messages heard. The set of messages decides, not their order of arrival; a silence
 * longer than the machine's timeout is UNKNOWN from the moment the timeout passed, and never the last state carried on.
 */
import type { MachineState, ShownState } from '#domain/plant/plant.ts'
import { DAY, type Instant, type Millis } from '#domain/time.ts'

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
  /** A person said so; what was heard stays in the record. */
  readonly corrected?: true
}

/** An override without an end reaches no further than this. */
export const OPEN_FOR: Millis = 7 * DAY

/** What a person said of [from, to): a state with its reason, or the reason alone. */
export type Override = {
  /** Of those that speak of the same instant the one with the highest id holds. */
  readonly id: number
  readonly from: Instant
  /** Null: until the state heard at `from` changes. Only a reason can be said so: panes never wait for the end of it. */
  readonly to: Instant | null
  /** Null: as heard. What runs then needs no reason and gets none. */
  readonly state: MachineState | null
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

const isSame = (a: Pick<Segment, 'state' | 'reason'>, b: Pick<Segment, 'state' | 'reason'>): boolean =>
  a.state === b.state && a.reason === b.reason

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

/**
 * Segments as people corrected them. Splitting a stop is an override on each part of it, merging stops is one over all of them. Only
 * what was heard can be corrected: every instant of `segments` keeps exactly one state, and no other gets one. Open overrides need the
 * segments from their own begin on.
 */
export function overridden(segments: readonly Segment[], overrides: readonly Override[]): Segment[] {
  const said = overrides
    .map((one) => ({ ...one, to: one.to ?? Math.min(changeAfter(segments, one.from), one.from + OPEN_FOR) }))
    .toSorted((a, b) => a.id - b.id)
  const out: Segment[] = []
  for (const segment of segments) {
    const own = said.filter((one) => one.from < segment.to && segment.from < one.to)
    const edges = own
      .flatMap(({ from, to }) => [from, to])
      .filter((at) => at > segment.from && at < segment.to)
    const cuts = [...new Set([segment.from, ...edges, segment.to])].toSorted((a, b) => a - b)
    for (let i = 1; i < cuts.length; i++) {
      const [from, to] = [cuts[i - 1]!, cuts[i]!]
      append(out, { ...saidAt(segment, own, from), from, to })
    }
  }
  return out
}

function saidAt(heard: Segment, said: readonly (Override & { to: Instant })[], at: Instant): Segment {
  let shown = heard
  for (const { from, to, state, reason } of said) {
    if (at < from || at >= to) continue
    if (state !== null) shown = { ...shown, state, reason, corrected: true }
    else if (shown.state !== 'RUN') shown = { ...shown, reason, corrected: true }
  }
  return shown
}

/** When the state at an instant gives way to another one, as far as is known. */
function changeAfter(segments: readonly Segment[], at: Instant): Instant {
  let i = segments.findIndex(({ from, to }) => from <= at && at < to)
  if (i < 0) return at
  while (segments[i + 1]?.from === segments[i]!.to && segments[i + 1]!.state === segments[i]!.state) i++
  return segments[i]!.to
}

function append(out: Segment[], segment: Segment): void {
  const last = out.at(-1)
  if (last && last.to === segment.from && isSame(last, segment) && last.corrected === segment.corrected)
    out[out.length - 1] = { ...last, to: segment.to }
  else out.push(segment)
}

/** Segments of [from, to) as people corrected them; `runs` as for segmentsOf, from the begin of the earliest open override on. */
export function shownStates(
  runs: readonly StateRun[],
  staleMs: Millis,
  overrides: readonly Override[],
  from: Instant,
  to: Instant,
): Segment[] {
  if (overrides.length === 0) return segmentsOf(runs, staleMs, from, to)
  const heard = segmentsOf(runs, staleMs, openSince(overrides, from), to)
  return overridden(heard, overrides)
    .filter((segment) => segment.to > from)
    .map((segment) => (segment.from < from ? { ...segment, from } : segment))
}

/** From when on states have to be known to tell what holds from an instant on. */
export const openSince = (overrides: readonly Override[], from: Instant): Instant =>
  overrides.reduce((since, one) => (one.to === null ? Math.min(since, one.from) : since), from)
