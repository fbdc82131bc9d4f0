/**
 * The panes of one machine in [from, to), from what was heard of it. Time is cut wherever anything changes: at minutes or quarters,
 * shifts, breaks, orders, states, planned maintenance. Between two cuts everything is constant, so every millisecond lands in one
 * state and one key, and every difference telescopes. Recomputing a machine's stretch is the only way a pane is ever made: late,
 * repeated or reordered facts give the panes that timely ones would have given, and quarters are the sums of their minutes.
 */
import type { Machine } from '#domain/plant/plant.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { shownStates, type Segment } from '#domain/telemetry/states.ts'
import type { Instant } from '#domain/time.ts'
import { edgesIn, momentOf, plannedAt, type Calendar, type MachineHours } from './calendar.ts'
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
import {
  add,
  addSource,
  closePanes,
  keyOf,
  openPane,
  type OpenPane,
  type Pane,
  type PaneLength,
  type Source,
} from './pane.ts'
import { flagsIn, pointAt, totalAt, uncertainOf } from './register.ts'
import { lastAt, shared, unionOf, type Span } from './span.ts'
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
  const panes = new Map<string, OpenPane>()
  const paneAt: PaneAt = (at, order, product) => {
    const start = Math.floor(at / length) * length
    const { shift } = momentOf(terms.calendar, at)
    const key = { machine: terms.machine.path, start, shift, order, product }
    const name = keyOf(key)
    let pane = panes.get(name)
    if (!pane) panes.set(name, (pane = openPane(key, length)))
    return pane
  }
  addStretches(terms, told, cutsOf(terms, told, span, length), paneAt)
  addEvents(terms, told, span, paneAt)
  addCorrected(told, facts.corrections?.counts ?? [], span, paneAt)
  return closePanes(panes.values())
}

type PaneAt = (at: Instant, order: string | null, product: string | null) => OpenPane

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
  { calendar, hours }: MachineTerms,
  { shown, work, preventive }: Told,
  { from, to }: Span,
  length: PaneLength,
): Instant[] {
  const cuts = new Set<Instant>([from, to, ...edgesIn(calendar, hours, from, to)])
  const cut = (at: Instant) => at > from && at < to && cuts.add(at)
  for (let at = Math.ceil(from / length) * length; at < to; at += length) cut(at)
  for (const { ts } of work.changes) cut(ts)
  for (const segment of shown) cut(segment.from)
  for (const order of preventive) [order.from, order.to].forEach(cut)
  return [...cuts].toSorted((a, b) => a - b)
}

/** What lasts: states, growth of registers, people, work orders. Between two cuts everything is constant. */
function addStretches(terms: MachineTerms, told: Told, cuts: readonly Instant[], paneAt: PaneAt): void {
  const { machine, calendar, hours } = terms
  const { states, shown, work, maintenance, preventive, stints, counted } = told
  const evidence = heardOfAll(counted)
  const vague = unionOf(counted.flatMap(({ course }) => uncertainOf(course)))
  let [segment, gap] = [0, 0]
  for (let i = 1; i < cuts.length; i++) {
    const [a, b] = [cuts[i - 1]!, cuts[i]!]
    const running = workAt(work, a)
    const pane = paneAt(a, running?.order ?? null, running?.product ?? null)
    while (segment < shown.length && shown[segment]!.to <= a) segment++
    const state = shown[segment] && shown[segment]!.from <= a ? shown[segment]!.state : 'UNKNOWN'
    if (!machine.meter) {
      add(pane.states, state, b - a)
      const planned = plannedAt(calendar, hours, a) && !preventive.some((one) => shared(one, a, b) > 0)
      if (planned) add(pane.busy, state, b - a)
      addStateSource(pane, states, machine.stateStaleMs, a, b)
    }
    for (const one of counted) addGrowth(pane, one, running?.operation ?? '', a, b)
    pane.persons += personsIn(stints, a, b)
    for (const stint of stints)
      if (shared(stint, a, b) > 0) addSource(pane.sources, sourceOf(stint.sign, machine.path))
    for (const one of maintenance) add(pane.drivers, `maintenance/${one.kind}/s`, shared(one, a, b))
    if (machine.meter || state !== 'UNKNOWN') pane.covered += evidence ? shared(evidence, a, b) : 0
    while (gap < vague.length && vague[gap]!.to <= a) gap++
    for (let k = gap; k < vague.length && vague[k]!.from < b; k++) pane.uncertain += shared(vague[k]!, a, b)
  }
}

/** What happens at an instant: an event goes to the order that it names, or else to the one that runs. */
function addEvents({ machine }: MachineTerms, told: Told, { from, to }: Span, paneAt: PaneAt): void {
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
    const pane = paneAt(item.ts, named ?? own?.order ?? null, product)
    for (const [name, milli] of drivers) add(pane.drivers, name, milli)
    if (first.has(event)) add(pane.drivers, 'test/first', 1000)
    if (first.get(event)) add(pane.drivers, 'test/first_pass', 1000)
    if (isTold) add(pane[pieces.piece], item.operation!, toMilli(pieces.qty))
    addSource(pane.sources, sourceOf(event, machine.path))
  }
}

/** What people added or took away, beside what a register or an event counts. */
function addCorrected(
  { work }: Told,
  counts: readonly CountCorrection[],
  { from, to }: Span,
  paneAt: PaneAt,
): void {
  for (const { ts, piece, milli, order, product, operation } of counts) {
    if (ts < from || ts >= to) continue
    const running =
      order === undefined ? workAt(work, ts) : order === null ? null : workOfOrder(work, order, ts)
    const key = { order: order ?? running?.order ?? null, product: product ?? running?.product ?? null }
    add(paneAt(ts, key.order, key.product)[piece], operation ?? running?.operation ?? '', milli)
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
function sourceOf({ boot, item, machine }: EventHeard, path: string): Source {
  const numbered = boot !== null && item.seq !== undefined
  const place = numbered ? item.seq : item.ts
  return {
    machine: machine === undefined || machine === path ? null : machine,
    class: 'event',
    boot: numbered ? boot : null,
    from: place,
    to: place,
  }
}

/** States are named by ts: the run that holds at `a`, as far as it was heard. */
function addStateSource(
  pane: OpenPane,
  states: readonly StateHeard[],
  staleMs: number,
  a: Instant,
  b: Instant,
): void {
  const run = states[lastAt(states, a)]
  if (!run || run.lastTs + staleMs <= a) return
  addSource(pane.sources, {
    machine: null,
    class: 'state',
    boot: null,
    from: run.ts,
    to: Math.max(run.ts, Math.min(run.lastTs, b)),
  })
}

function addGrowth(pane: OpenPane, one: Counted, operation: string, a: Instant, b: Instant): void {
  const { course, role, name, perStep, clock } = one
  const total = totalAt(course, b, clock)
  const growth = total - one.total
  one.total = total
  if (isPiece(role)) add(pane[role], operation, growth * perStep)
  else add(pane.registers, name, growth)
  pane.flags |= flagsIn(course, a, b)
  for (let i = Math.max(0, pointAt(course, a)); i < course.length; i++) {
    const { ts, source } = course[i]!
    if (source)
      addSource(pane.sources, {
        machine: null,
        class: 'count',
        boot: source.boot,
        from: source.seq,
        to: source.seq,
      })
    if (ts >= b) break
  }
}
