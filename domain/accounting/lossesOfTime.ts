/** Losses of time in one quarter-hour: stops, and set-ups beyond their standard, priced by what was posted while they lasted. */
import type { ShownState } from '#domain/plant/plant.ts'
import type { Segment } from '#domain/telemetry/states.ts'
import { MINUTE, type Millis } from '#domain/time.ts'
import { energyPosts } from './elements/energy.ts'
import { crewPosts } from './elements/labour.ts'
import { hourPosts } from './elements/machineHour.ts'
import { repairOf } from './elements/maintenance.ts'
import { isAt, lossIn, type Loss } from './loss.ts'
import type { Pane } from './pane.ts'
import { apportion, type Nano } from './rounding.ts'
import { shared, type Span } from './span.ts'
import type { Case, PlacedHole, Post } from './valuationCase.ts'

/** A set-up under way: how long it took so far, in planned time. */
export type SetupSoFar = {
  readonly order: string | null
  readonly product: string | null
  readonly ms: Millis
}
export type Setups = ReadonlyMap<string, SetupSoFar>

type Lost = { readonly pane: Pane; readonly loss: Loss }

export type TimeLosses = {
  readonly losses: readonly Loss[]
  readonly holes: readonly PlacedHole[]
  readonly setups: Setups
}

/** `work` is one quarter-hour. */
export function lossesOfTime(
  work: Case,
  segments: ReadonlyMap<string, readonly Segment[]>,
  before: Setups,
): TimeLosses {
  const machines = work.panes.filter(({ machine }) => work.machines.get(machine)?.meter === false)
  const { overruns, holes, setups } = overrunsIn(work, machines, before)
  const lost = [...stopsIn(work, machines), ...overruns]
  if (lost.length === 0) return { losses: [], holes, setups }
  const losses = withTime(work, lost).flatMap((loss) =>
    byReason(loss, segments.get(loss.machine) ?? [], work.span),
  )
  return { losses: losses.filter(({ ms, nano }) => ms > 0 || nano !== 0n), holes, setups }
}

const STOPS: readonly ShownState[] = ['IDLE', 'STOP', 'FAULT', 'OFF']

/** Is planned time in a state a loss? Without an order there is nothing to stand idle from. */
const isStop = (state: ShownState, order: string | null): boolean =>
  state === 'STOP' || state === 'FAULT' || order !== null

const total = (amounts: Readonly<Record<string, number>>): number =>
  Object.values(amounts).reduce((sum, ms) => sum + ms, 0)

/** Stops with what their electricity and repair cost. */
function stopsIn(work: Case, panes: readonly Pane[]): Lost[] {
  let energy: readonly Post[] | null = null
  return panes.flatMap((pane) => {
    const repair = repairOf(work, pane)
    const stops = STOPS.map((state) => ({
      state,
      ms: isStop(state, pane.order) ? (pane.busy[state] ?? 0) : 0,
    }))
    if (repair === 0n && stops.every(({ ms }) => ms === 0)) return []
    const { RUN = 0, SETUP = 0, UNKNOWN = 0 } = pane.states
    const post =
      RUN + SETUP + UNKNOWN > 0
        ? undefined
        : (energy ??= energyPosts(work, false).posts).find((one) => isAt(pane, one))
    const used = partsOf(
      post?.nano ?? 0n,
      stops.map(({ ms }) => ms),
      total(pane.states),
    )
    return stops.map(({ state, ms }, i): Lost => ({
      pane,
      loss: {
        ...lossIn(work, pane, 'stop'),
        state,
        ms,
        nano: used[i]! + (state === 'FAULT' ? repair : 0n),
      },
    }))
  })
}

/** Set-up time beyond the standard, as far as it passes here. */
function overrunsIn(work: Case, panes: readonly Pane[], before: Setups) {
  const overruns: Lost[] = []
  const holes: PlacedHole[] = []
  const setups = new Map(before)
  const goesOn = ({ machine, order, product }: Pane): boolean => {
    const so = setups.get(machine)
    return so !== undefined && so.order === order && so.product === product
  }
  // what was under way goes on before another set-up begins
  for (const pane of panes.toSorted((a, b) => Number(goesOn(b)) - Number(goesOn(a)))) {
    const ms = pane.busy['SETUP'] ?? 0
    if (ms === 0) continue
    const { kind } = work.machines.get(pane.machine)!
    const minutes = work.books.at(pane.start).find('work_centre', kind)?.setupMinutes
    const begins = Object.keys(pane.drivers).some((name) => name.startsWith('planned/'))
    const past = goesOn(pane) && !begins ? setups.get(pane.machine)!.ms : 0
    setups.set(pane.machine, { order: pane.order, product: pane.product, ms: past + ms })
    if (minutes === undefined) {
      holes.push({ reason: 'no_record', of: `work_centre/${kind}/setup`, machine: pane.machine })
      continue
    }
    const beyond = (passed: Millis): Millis => Math.max(0, passed - minutes * MINUTE)
    const loss = {
      ...lossIn(work, pane, 'setup'),
      state: 'SETUP' as const,
      ms: beyond(past + ms) - beyond(past),
    }
    if (loss.ms > 0) overruns.push({ pane, loss })
  }
  return { overruns, holes, setups }
}

/** What was posted to the machine in the pane's shift. */
const postedTo = (posts: readonly Post[], { machine, shift }: Pane): Nano =>
  posts.reduce((sum, post) => (post.machine === machine && post.shift === shift ? sum + post.nano : sum), 0n)

/** Labour and machine-hours of each machine and shift, over the time in which they accrue. */
function withTime(work: Case, lost: readonly Lost[]): Loss[] {
  const [crews, hours] = [crewPosts(work), hourPosts(work)]
  const groups = Map.groupBy(lost, ({ pane }) => `${pane.machine} ${pane.shift ?? ''}`)
  return [...groups.values()].flatMap((own) => {
    const { pane } = own[0]!
    const ms = own.map(({ loss }) => loss.ms)
    const labour = partsOf(postedTo(crews, pane), ms, paidMs(work, pane))
    const machine = partsOf(postedTo(hours, pane), ms, scheduledMs(work, pane))
    return own.map(({ loss }, i) => ({ ...loss, nano: loss.nano + labour[i]! + machine[i]! }))
  })
}

/** Parts of an amount that lies on `whole`: those of some times in it, the rest goes to none. */
function partsOf(amount: Nano, times: readonly Millis[], whole: Millis): Nano[] {
  const rest = Math.max(0, whole - times.reduce((sum, ms) => sum + ms, 0))
  const parts = [...times, rest].map((ms, i) => ({ id: String(i).padStart(4, '0'), weight: BigInt(ms) }))
  return (apportion(amount, parts) ?? parts.map(() => 0n)).slice(0, times.length)
}

const passed = (spans: readonly Span[], { from, to }: Span): Millis =>
  spans.reduce((sum, span) => sum + shared(span, from, to), 0)

/** Paid time of the pane's shift. */
const paidMs = ({ days, span }: Case, { shift }: Pane): Millis =>
  days
    .flatMap(({ shifts }) => shifts)
    .reduce((sum, one) => (one.shift === shift ? sum + passed(one.paid, span) : sum), 0)

/** Scheduled time of the machine in the pane's shift, or outside of all. */
function scheduledMs({ days, span, machines }: Case, { machine, shift }: Pane): Millis {
  return days.reduce((sum, day) => {
    const inShift = (one: Span): Millis =>
      passed(day.scheduled(machines.get(machine)!), {
        from: Math.max(one.from, span.from),
        to: Math.min(one.to, span.to),
      })
    const all = inShift(span)
    const own = day.shifts.reduce(
      (ms, one) => (shift === null || one.shift === shift ? ms + inShift(one) : ms),
      0,
    )
    return sum + (shift === null ? all - own : own)
  }, 0)
}

/** A loss by the reasons of its state in the quarter-hour; parts told after a repair by the newest one. */
function byReason(loss: Loss, segments: readonly Segment[], { from, to }: Span): Loss[] {
  const same = segments.filter(({ state }) => state === loss.state)
  const weights = new Map<string | null, Millis>()
  for (const segment of same) {
    const ms = shared(segment, from, to)
    if (ms > 0) weights.set(segment.reason, (weights.get(segment.reason) ?? 0) + ms)
  }
  const reasons = [...weights]
  if (reasons.length <= 1) {
    const newest = loss.ms === 0 ? same.findLast((segment) => segment.from < to) : undefined
    return [{ ...loss, reason: reasons[0]?.[0] ?? newest?.reason ?? null }]
  }
  const parts = reasons.map(([reason, ms]) => ({ id: reason ?? '', weight: BigInt(ms) }))
  const [ms, nano] = [apportion(BigInt(loss.ms), parts)!, apportion(loss.nano, parts)!]
  return reasons.map(([reason], i) => ({ ...loss, reason, ms: Number(ms[i]!), nano: nano[i]! }))
}
