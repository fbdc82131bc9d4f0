/**
 * The panes of one machine in [from, to), from what was heard of it. Time is cut wherever anything changes: at minutes or quarters,
 * shifts, breaks, orders, states, planned maintenance. Between two cuts everything is constant, so every millisecond lands in one
 * state and one key, and every difference telescopes. Recomputing a machine's stretch is the only way a pane is ever made: late,
 * repeated or reordered facts give the panes that timely ones would have given, and quarters are the sums of their minutes.
 */
import type { Machine } from '#domain/plant/plant.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { shownStates, type Segment } from '#domain/telemetry/states.ts'
import type { Instant, Millis } from '#domain/time.ts'
import { hoursIn, type AlikeHours, type Calendar, type MachineHours } from './calendar.ts'
import { personsIn, stintsOf, type Stint } from './crew.ts'
import { driversOf, firstTests, maintenanceOf, piecesTold, toMilli, type Maintenance } from './drivers.ts'
import { countedOf, heardOfAll, type Counted } from './counted.ts'
import {
  inOrder,
  statesInOrder,
  type CountCorrection,
  type EventHeard,
  type Facts,
  type StateHeard,
} from './facts.ts'
import { isPiece } from './measureRole.ts'
import { add, addSource, type OpenPane, type Pane, type PaneLength } from './pane.ts'
import { PaneSums } from './paneSums.ts'
import { flagsIn, totalFrom, uncertainOf } from './register.ts'
import { shared, unionOf, type Span } from './span.ts'
import { workAt, workCourse, workOfOrder, type Work, type WorkCourse } from './work.ts'

/** What the plant says of the machine. */
export type MachineTerms = {
  readonly machine: Pick<Machine, 'path' | 'measures' | 'stateStaleMs' | 'meter'>
  readonly calendar: Calendar
  readonly hours: MachineHours
}

/**
 * Panes of one length that fill [from, to) without hole or overlap, in the order of their keys. Where `from` or `to` lies off the
 * grid, the first or last pane holds only that part: the open pane runs to where the machine's own time ends. Facts: see facts.ts
 * for how far they reach. Cost: one pass over the facts and about (cuts × registers) steps, a few ms for a machine's day.
 */
export function panesOf(terms: MachineTerms, facts: Facts, span: Span, length: PaneLength): Pane[] {
  const told = arrange(terms, facts, span)
  const hours = hoursIn(terms.calendar, terms.hours, span.from, span.to)
  const sums = new PaneSums(terms.machine.path, length, hours)
  addStretches(terms, told, cutsOf(told, hours, span, length), sums)
  addEvents(terms, told, span, sums)
  addCorrected(told, facts.corrections?.counts ?? [], span, sums)
  return sums.close()
}

/** The facts arranged: each list in order, everything in it once. */
type Told = {
  readonly events: readonly EventHeard[]
  readonly states: readonly StateHeard[]
  /** States of the span, cut to it. */
  readonly shown: readonly Segment[]
  readonly work: WorkCourse
  readonly maintenance: readonly Maintenance[]
  readonly preventive: readonly Maintenance[]
  readonly stints: readonly Stint[]
  readonly counted: readonly Counted[]
}

function arrange({ machine }: MachineTerms, facts: Facts, span: Span): Told {
  const { from, to } = span
  const events = inOrder(facts.events)
  const states = statesInOrder(facts.states)
  const maintenance = maintenanceOf(events)
  return {
    events,
    states,
    shown: shownStates(states, machine.stateStaleMs, facts.corrections?.overrides ?? [], from, to),
    work: workCourse(events, states, machine.stateStaleMs),
    maintenance,
    preventive: maintenance.filter(({ kind }) => kind === 'preventive'),
    stints: stintsOf(inOrder(facts.signs), machine.path),
    counted: countedOf(machine, facts, { events, states }, span),
  }
}

/** Every instant of the span at which a key, a state or the plan may change, and its ends. */
function cutsOf(
  { shown, work, preventive }: Told,
  hours: readonly AlikeHours[],
  { from, to }: Span,
  length: PaneLength,
): Instant[] {
  const cuts = [from, to]
  const cut = (at: Instant) => at > from && at < to && cuts.push(at)
  for (const { ts } of hours) cut(ts)
  for (let at = Math.ceil(from / length) * length; at < to; at += length) cut(at)
  for (const { ts } of work.changes) cut(ts)
  for (const segment of shown) cut(segment.from)
  for (const order of preventive) [order.from, order.to].forEach(cut)
  return cuts.toSorted((a, b) => a - b).filter((at, i, all) => at !== all[i - 1])
}

/** What lasts: states, growth of registers, people, work orders. Between two cuts everything is constant. */
function addStretches({ machine }: MachineTerms, told: Told, cuts: readonly Instant[], sums: PaneSums): void {
  const { states, shown, work, maintenance, preventive, counted } = told
  const stints = told.stints.filter((stint) => shared(stint, cuts[0]!, cuts.at(-1)!) > 0)
  const evidence = heardOfAll(counted)
  const vague = unionOf(counted.flatMap(({ course }) => uncertainOf(course)))
  let [segment, gap, run] = [0, 0, -1]
  for (let i = 1; i < cuts.length; i++) {
    const [a, b] = [cuts[i - 1]!, cuts[i]!]
    const running = workAt(work, a)
    const pane = sums.pane(a, running?.order ?? null, running?.product ?? null)
    while (segment < shown.length && shown[segment]!.to <= a) segment++
    const state = shown[segment] && shown[segment]!.from <= a ? shown[segment]!.state : 'UNKNOWN'
    if (!machine.meter) {
      add(pane.states, state, b - a)
      const planned = sums.hours(a).planned && !preventive.some((one) => shared(one, a, b) > 0)
      if (planned) add(pane.busy, state, b - a)
      while (run + 1 < states.length && states[run + 1]!.ts <= a) run++
      if (run >= 0) addStateSource(pane, states[run]!, machine.stateStaleMs, a, b)
    }
    for (const one of counted) addGrowth(pane, one, running?.operation ?? '', a, b)
    pane.persons += personsIn(stints, a, b)
    for (const stint of stints) if (shared(stint, a, b) > 0) addEventSource(pane, stint.sign, machine.path)
    for (const one of maintenance) add(pane.drivers, `maintenance/${one.kind}/s`, shared(one, a, b))
    if (machine.meter || state !== 'UNKNOWN') pane.covered += evidence ? shared(evidence, a, b) : 0
    while (gap < vague.length && vague[gap]!.to <= a) gap++
    for (let k = gap; k < vague.length && vague[k]!.from < b; k++) pane.uncertain += shared(vague[k]!, a, b)
  }
}

/** What happens at an instant: an event goes to the order that it names, or else to the one that runs. */
function addEvents({ machine }: MachineTerms, told: Told, { from, to }: Span, sums: PaneSums): void {
  const { events, work, counted } = told
  const roles = new Set(counted.map(({ role }) => role))
  const first = firstTests(events)
  let begun: Item | null = null
  for (const event of events) {
    const { item } = event
    if (item.type === 'order_start') begun = item
    if (item.ts < from || item.ts >= to) continue
    const drivers = driversOf(item)
    const pieces = piecesTold(item)
    const isTold = pieces !== null && !roles.has(pieces.piece)
    const named = drivers.length > 0 || isTold ? item.order : undefined
    const own = named === undefined ? workAt(work, item.ts) : ownOf(work, begun, named, item.ts)
    const product = (named === undefined ? undefined : item.product) ?? own?.product ?? null
    const pane = sums.pane(item.ts, named ?? own?.order ?? null, product)
    for (const [name, milli] of drivers) add(pane.drivers, name, milli)
    if (first.has(event)) add(pane.drivers, 'test/first', 1000)
    if (first.get(event)) add(pane.drivers, 'test/first_pass', 1000)
    if (isTold) add(pane[pieces.piece], item.operation!, toMilli(pieces.qty))
    addEventSource(pane, event, machine.path)
  }
}

/** What people added or took away, beside what a register or an event counts. */
function addCorrected(
  { work }: Told,
  counts: readonly CountCorrection[],
  { from, to }: Span,
  sums: PaneSums,
): void {
  for (const { ts, piece, milli, order, product, operation } of counts) {
    if (ts < from || ts >= to) continue
    const running =
      order === undefined ? workAt(work, ts) : order === null ? null : workOfOrder(work, order, ts)
    const key = { order: order ?? running?.order ?? null, product: product ?? running?.product ?? null }
    add(sums.pane(ts, key.order, key.product)[piece], operation ?? running?.operation ?? '', milli)
  }
}

/**
 * The work that an event of an order belongs to. Where an order begins with several products at one instant, as a heat does, what
 * comes with each follows it.
 */
const ownOf = (
  work: WorkCourse,
  begun: Item | null,
  order: string,
  at: Instant,
): Pick<Work, 'order' | 'product'> | null =>
  begun?.ts === at && begun.order === order
    ? { order, product: begun.product! }
    : workOfOrder(work, order, at)

/** An event is named by its seq, or by its ts where it has none. */
function addEventSource(pane: OpenPane, { boot, item, machine }: EventHeard, path: string): void {
  const numbered = boot !== null && item.seq !== undefined
  const place = numbered ? item.seq : item.ts
  const other = machine === undefined || machine === path ? null : machine
  addSource(pane.sources, other, 'event', numbered ? boot : null, place, place)
}

/** States are named by ts: the run that holds at `a`, as far as it was heard. */
function addStateSource(pane: OpenPane, run: StateHeard, staleMs: Millis, a: Instant, b: Instant): void {
  if (run.lastTs + staleMs <= a) return
  addSource(pane.sources, null, 'state', null, run.ts, Math.max(run.ts, Math.min(run.lastTs, b)))
}

/** The stretch follows the one before it: the register stands where that one left it. */
function addGrowth(pane: OpenPane, one: Counted, operation: string, a: Instant, b: Instant): void {
  const { course, role, name, perStep, clock } = one
  for (let i = Math.max(0, one.place); i < course.length; i++) {
    const { ts, source } = course[i]!
    if (source) addSource(pane.sources, null, 'count', source.boot, source.seq, source.seq)
    if (ts >= b) break
  }
  if (one.isFlagged) pane.flags |= flagsIn(course, a, b)
  while (one.place + 1 < course.length && course[one.place + 1]!.ts <= b) one.place++
  const total = totalFrom(course, one.place, b, clock)
  const growth = total - one.total
  one.total = total
  if (isPiece(role)) add(pane[role], operation, growth * perStep)
  else add(pane.registers, name, growth)
}
