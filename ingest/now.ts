/**
 * A machine as it is now, from what it sends: newest values, state and since when, running order. Newest by source time, so that a
 * late message corrects the past and never the present.
 */
import type { Item } from '#domain/telemetry/item.ts'
import { isHistory, latenessOf } from '#domain/telemetry/quality.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { StateRow } from '#store/ledger/changes.ts'
import type { Firm } from './firm.ts'
import { RECENT_STATES, type MachineMemory } from './machine.ts'

/** Takes the values of an item where they are the newest; `doubts` are flags by measure. */
export function holdValues(
  machine: MachineMemory,
  item: Item,
  cls: 'telemetry' | 'count',
  doubts: Readonly<Record<string, number>> | undefined,
): void {
  const { ts, v } = item
  const q = cls === 'telemetry' ? item.q : undefined
  const seq = item.seq ?? 0
  for (const name in v) {
    const value = v[name]!
    const doubt = doubts?.[name] ?? 0
    const quality = q?.[name] ?? 'good'
    const held = machine.values.get(name)
    if (held === undefined) machine.values.set(name, { value, ts, seq, quality, doubt, fresh: true })
    else if (ts > held.ts || (ts === held.ts && seq >= held.seq)) {
      held.value = value
      held.ts = ts
      held.seq = seq
      held.quality = quality
      held.doubt = doubt
      held.fresh = true
    }
  }
}

/**
 * Takes a state message into the past, and into the present when it is the newest and was not held back: what a gateway replays after
 * an outage says nothing about now. `receivedAt` is journal time.
 */
export function holdState(
  firm: Firm,
  machine: MachineMemory,
  item: Item,
  at: Instant,
  receivedAt: Instant,
  correct: boolean,
): void {
  const { ts, state, reason = null, until: lastTs = ts } = item
  const staleMs = machine.index?.machine.stateStaleMs ?? Infinity
  const seq = correct ? Number.MAX_SAFE_INTEGER : (item.seq ?? 0)
  const { order = null, product = null, operation = null } = item
  const work = { order, product, operation }
  const row: StateRow = { machine: machine.path, ts, lastTs, state: state!, reason, seq, ...work }
  firm.pending.states.push(row)
  insertState(machine.states, row)
  const { now } = machine
  const newest = machine.states.at(-1)
  if (newest === row && latenessOf(at, lastTs) <= staleMs && !isHistory(receivedAt, lastTs)) {
    if (now.state !== state) now.since = null
    now.state = state!
    now.reason = reason
    if (now.orderTs === 0) {
      now.order = item.order ?? null
      now.product = item.product ?? null
      now.operation = item.operation ?? null
    }
    now.heardMono = firm.clock.mono
  }
  if (lastTs > now.stateTs) now.stateTs = lastTs
  if (now.state !== 'UNKNOWN') now.since = sinceWhen(machine.states, staleMs, now.since)
}

function insertState(states: StateRow[], row: StateRow): void {
  if (states.length >= RECENT_STATES && row.ts < states[0]!.ts) return
  let at = states.length
  while (at > 0 && states[at - 1]!.ts > row.ts) at--
  if (at > 0 && states[at - 1]!.ts === row.ts) {
    if (row.seq >= states[at - 1]!.seq) states[at - 1] = row
  } else states.splice(at, 0, row)
  if (states.length > RECENT_STATES) states.shift()
}

/** Start of the newest state: back over its repeats, up to another state or a silence; `known` where it began before what is held. */
function sinceWhen(states: readonly StateRow[], staleMs: Millis, known: Instant | null): Instant | null {
  const newest = states.at(-1)
  if (newest === undefined) return known
  let first = states.length - 1
  for (let i = first - 1; i >= 0 && states[i]!.state === newest.state; i--)
    if (states[first]!.ts - states[i]!.lastTs <= staleMs) first = i
  const { ts } = states[first]!
  return first === 0 && known !== null && known < ts ? known : ts
}

/** order_start and order_end decide the running order of a machine that sends them; those of its history do not. */
export function holdEvent(machine: MachineMemory, item: Item, receivedAt: Instant): void {
  const { now } = machine
  const start = item.type === 'order_start'
  if ((!start && item.type !== 'order_end') || item.ts < now.orderTs) return
  if (isHistory(receivedAt, item.ts)) return
  now.orderTs = item.ts
  now.order = start ? item.order! : null
  now.product = start ? item.product! : null
  now.operation = start ? item.operation! : null
}
