/** Machine states as they are drawn: fixed order, shape, height of the timeline. Colour + shape + word, never colour alone. */
import { MACHINE_STATES, type ShownState } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { MachineLive } from '#contract/live.ts'

/** Order of counts and lists; tiles keep the plant's order and never move. */
export const STATE_ORDER = ['FAULT', 'STOP', 'UNKNOWN', 'IDLE', 'SETUP', 'RUN', 'OFF'] as const

/** Height in a timeline, share of the row. OFF is a line of 2 px. */
export const STATE_HEIGHT: Readonly<Record<ShownState, number>> = {
  RUN: 1,
  SETUP: 0.72,
  IDLE: 0.36,
  STOP: 0.55,
  FAULT: 1,
  OFF: 0,
  UNKNOWN: 1,
}

const ABNORMAL: readonly ShownState[] = ['FAULT', 'STOP', 'UNKNOWN']
export const isAbnormal = (state: ShownState): boolean => ABNORMAL.includes(state)

export type Shown = {
  readonly state: ShownState
  readonly since: Instant | null
  /** `silent` when this page had to call it unknown itself. */
  readonly reason: string | null
}

/** For a role that may not see the plant's timeouts. */
const DEFAULT_STALE = 180_000

/**
 * What may be shown as the state of a machine at `asOf`. Nothing heard for its timeout is UNKNOWN, whatever was said last:
 * the page does not rely on somebody else's timer for that.
 */
export function shownState(live: MachineLive | undefined, stateStaleMs: number | null, asOf: Instant): Shown {
  if (!live) return { state: 'UNKNOWN', since: null, reason: 'waiting' }
  if (live.receivedAt === null) return { state: 'UNKNOWN', since: live.since, reason: 'waiting' }
  const silentFor = asOf - live.receivedAt
  if (live.state !== 'UNKNOWN' && silentFor > (stateStaleMs ?? DEFAULT_STALE))
    return { state: 'UNKNOWN', since: live.receivedAt, reason: 'silent' }
  return {
    state: live.state,
    since: live.since,
    reason: live.reason ?? (live.state === 'UNKNOWN' ? 'silent' : null),
  }
}

/** How many machines are in each state; every state has a row, also with 0. */
export function countStates(states: Iterable<ShownState>): Readonly<Record<ShownState, number>> {
  const counts = Object.fromEntries([...MACHINE_STATES, 'UNKNOWN'].map((state) => [state, 0])) as Record<
    ShownState,
    number
  >
  for (const state of states) counts[state]++
  return counts
}
