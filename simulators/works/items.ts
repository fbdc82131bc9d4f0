/**
 * What the devices of a plant file send in a stretch of a day: telemetry, counts, states, events in the shapes of the contract,
 * without boot, seq and send time, which are the device's. The same day, machines, stretch and rate give the same items, and two
 * stretches that touch give what the one that spans them gives.
 */
import type { Machine, Measure } from '#domain/plant/plant.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import type { DeviceClass } from '#contract/topics.ts'
import { hashOf } from './chance.ts'
import { registerAt } from './registers.ts'
import { signalsAt, worksName } from './signals.ts'
import type { DayTruth, MachineDay, WorksSegment } from './truthDay.ts'

export type WorksItem = {
  /** Path in the plant file. */
  readonly machine: string
  readonly class: DeviceClass
  readonly ts: Instant
  /** 0: a signal that may be lost; 1: evidence. */
  readonly qos: 0 | 1
  readonly body: Readonly<Record<string, unknown>>
}

const QUARTER: Millis = 15 * MINUTE

/** Order on the wire: time, then machine, then state before event before count before signal. */
const RANK: Readonly<Record<DeviceClass, number>> = { state: 0, event: 1, count: 2, telemetry: 3 }
const inOrder = (items: WorksItem[]): WorksItem[] =>
  items.toSorted(
    (a, b) =>
      a.ts - b.ts || (a.machine < b.machine ? -1 : a.machine > b.machine ? 1 : RANK[a.class] - RANK[b.class]),
  )

const of = (machine: Machine, cls: Measure['class']): Measure[] =>
  machine.measures.filter((measure) => measure.class === cls)

/** First point of a grid at or after an instant; each machine samples its signals with a phase of its own. */
function firstOn(from: Instant, step: Millis, phase: Millis): Instant {
  return Math.ceil((from - phase) / step) * step + phase
}

/** All registers of a machine at an instant as it tells them; empty when the works has none of them. */
export function countsAt(day: DayTruth, machine: Machine, at: Instant): Record<string, number> {
  const name = worksName(machine)
  const v: Record<string, number> = {}
  for (const { name: measure, scale, rollover } of of(machine, 'count')) {
    const value = registerAt(day, name, measure, at)
    if (value === null) continue
    const steps = Math.floor(value * scale + 1e-6)
    v[measure] = (rollover === null ? steps : steps % rollover) / scale
  }
  return v
}

const stateBody = ({ state, reason, order, product, operation }: WorksSegment): WorksItem['body'] => ({
  state,
  ...(reason === null ? {} : { reason }),
  ...(order === null ? {} : { order }),
  ...(product === null ? {} : { product }),
  ...(operation === null ? {} : { operation }),
})

/** States on change: repeated every `everyMs`, or (null) told once with the time up to which they were true. */
function states(
  items: WorksItem[],
  path: string,
  { segments }: MachineDay,
  from: Instant,
  to: Instant,
  everyMs: Millis | null,
): void {
  for (const segment of segments) {
    if (segment.to <= from || segment.from >= to) continue
    const body = stateBody(segment)
    const step = everyMs ?? segment.to - segment.from
    const first = segment.from >= from ? 0 : Math.ceil((from - segment.from) / step)
    const end = Math.min(to, segment.to)
    for (let ts = segment.from + first * step; ts < end; ts += step)
      items.push({
        machine: path,
        class: 'state',
        ts,
        qos: 1,
        body: everyMs === null ? { ...body, until: end } : body,
      })
  }
}

/** Events of the day in the stretch; machines are named by their paths. */
function events(
  items: WorksItem[],
  day: DayTruth,
  paths: ReadonlyMap<string, string>,
  from: Instant,
  to: Instant,
): void {
  for (const { at, machine, body } of day.events) {
    const path = paths.get(machine)
    if (at < from || at >= to || path === undefined) continue
    const named = Array.isArray(body['machines'])
      ? { ...body, machines: (body['machines'] as string[]).flatMap((name) => paths.get(name) ?? []) }
      : body
    items.push({ machine: path, class: 'event', ts: at, qos: 1, body: named })
  }
}

const pathsOf = (machines: readonly Machine[]): Map<string, string> =>
  new Map(machines.map((machine) => [worksName(machine), machine.path]))

/**
 * Items of [from, to), which lies inside the day. `rate`: samples per declared sample (2 = twice as often). In order of time.
 */
export function itemsBetween(
  day: DayTruth,
  machines: readonly Machine[],
  from: Instant,
  to: Instant,
  rate = 1,
): WorksItem[] {
  const items: WorksItem[] = []
  for (const machine of machines) {
    const own = day.machines[worksName(machine)]
    if (own) states(items, machine.path, own, from, to, machine.statePeriodMs)
    const counts = of(machine, 'count')
    const countStep = Math.max(1000, Math.round(Math.min(...counts.map((m) => m.periodMs), MINUTE) / rate))
    // registers are read as the clock strikes, so that shifts and tariff periods begin and end on a reading
    for (let ts = firstOn(from, countStep, 0); ts < to; ts += countStep) {
      const v = countsAt(day, machine, ts)
      if (Object.keys(v).length > 0)
        items.push({ machine: machine.path, class: 'count', ts, qos: 1, body: { v } })
    }
    telemetry(items, day, machine, from, to, rate)
  }
  events(items, day, pathsOf(machines), from, to)
  return inOrder(items)
}

/** What the devices say when they come to life at an instant of the day: states and registers as they are. */
export function presentItems(day: DayTruth, machines: readonly Machine[], at: Instant): WorksItem[] {
  return machines.flatMap((machine): WorksItem[] => {
    const { path } = machine
    const segment = day.machines[worksName(machine)]?.segments.find(({ from, to }) => from <= at && at < to)
    const v = countsAt(day, machine, at)
    const state: WorksItem[] = segment
      ? [{ machine: path, class: 'state', ts: at, qos: 1, body: stateBody(segment) }]
      : []
    return Object.keys(v).length === 0
      ? state
      : [...state, { machine: path, class: 'count', ts: at, qos: 1, body: { v } }]
  })
}

/** Signals share one grid of the shortest period; each is told on the points that its own period asks for. */
function telemetry(
  items: WorksItem[],
  day: DayTruth,
  machine: Machine,
  from: Instant,
  to: Instant,
  rate: number,
): void {
  const signals = of(machine, 'telemetry')
  if (signals.length === 0) return
  const base = Math.min(...signals.map((measure) => measure.periodMs), MINUTE)
  const step = Math.max(1, Math.round(base / rate))
  const phase = hashOf(0, machine.path) % step
  for (let ts = firstOn(from, step, phase); ts < to; ts += step) {
    const n = Math.round((ts - phase) / step)
    const due = signals.filter(({ periodMs }) => (n * base) % periodMs < base)
    if (due.length === 0) continue
    const body = signalsAt(day, machine, ts, due)
    if (Object.keys(body.v).length > 0)
      items.push({ machine: machine.path, class: 'telemetry', ts, qos: 0, body })
  }
}

/**
 * A day as history has it, up to `to`: registers every quarter-hour from the day's start on, events, and states on change, each with
 * `until`, the time up to which it was true and repeated; with `stateEveryMs` they are repeated that often instead. No signals.
 */
export function historyItems(
  day: DayTruth,
  machines: readonly Machine[],
  stateEveryMs: Millis | null = null,
  to: Instant = day.to,
): WorksItem[] {
  const items: WorksItem[] = []
  const end = Math.min(to, day.to)
  for (const machine of machines) {
    const own = day.machines[worksName(machine)]
    if (own) states(items, machine.path, own, day.from, end, stateEveryMs)
    for (let ts = day.from; ts < end; ts += QUARTER) {
      const v = countsAt(day, machine, ts)
      if (Object.keys(v).length > 0)
        items.push({ machine: machine.path, class: 'count', ts, qos: 1, body: { v } })
    }
  }
  events(items, day, pathsOf(machines), day.from, end)
  return inOrder(items)
}
