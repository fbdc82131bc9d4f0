/**
 * Which panes a stored item of evidence changes: it marks the machine's stretch, and makes none. A count changes what lies between its
 * neighbours; a state what follows it; an order, a person or a work order whatever lasts from it on. What is marked too widely costs
 * a recomputation, and no revision: that has only what came out differently.
 */
import { LOOK_BACK } from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Measure } from '#domain/plant/plant.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { toSteps } from '#domain/units.ts'
import type { Instant } from '#domain/time.ts'
import { columnOf, type CountItem } from '#store/ledger/samples.ts'
import { nextEvent, noteEvent } from '../eventsHeard.ts'
import { bracket } from '../facts.ts'
import type { Reason } from '../openDays.ts'
import { noteSign, tendedAround } from '../signs.ts'
import type { Work } from '../work.ts'
import { MANUAL } from './admit.ts'

export function aggregate(work: Work): void {
  const { cls, machine, firm } = work
  if (cls === 'telemetry' || machine.index === null) return
  const items: Item[] = []
  for (let i = 0; i < work.count; i++)
    if (work.faults[i] === null && work.duplicate[i] === 0) items.push(work.items[i]!)
  if (items.length === 0) return
  let newest = machine.now.evidenceTs
  for (const { ts, until = ts } of items) newest = Math.max(newest, ts, until)
  machine.now.evidenceTs = newest
  machine.now.evidenceMono = firm.clock.mono
  if (cls === 'count') countsRead(work, items)
  else if (cls === 'state') statesHeard(work, items)
  else for (const item of items) happened(work, item)
}

const reasonOf = ({ correct, boot }: Work): Reason =>
  correct || boot === MANUAL ? 'correction' : 'late_data'

function touch(work: Work, span: Span, own: Span, machine = work.machine.path): void {
  const { firm } = work
  firm.days.touch(machine, span, own, firm.clock.mono, reasonOf(work))
}

/** Both ends inside. A state recorded up to midnight says nothing of the day that begins there. */
const spanOf = (items: readonly Item[]): Span => {
  let [from, to] = [Infinity, -Infinity]
  for (const { ts, until = ts } of items) {
    from = Math.min(from, ts)
    to = Math.max(to, ts, until - 1)
  }
  return { from, to }
}

function countsRead(work: Work, items: readonly Item[]): void {
  const { firm, machine, boot } = work
  const index = machine.index!
  if (work.correct) for (const item of items) takeOut(work, item)
  const own = spanOf(items)
  const names = new Set<string>()
  for (const { v } of items) for (const name in v) names.add(name)
  const span = bracket(firm, index.machine, names, own)
  for (const { ts, seq = ts, v } of items) {
    const steps = new Map<string, number>()
    for (const name in v) {
      const measure = index.measures.get(name)!
      steps.set(columnNamed(measure), toSteps(v[name]!, measure.scale)!)
    }
    const sample: CountItem = { ts, boot: boot ?? '', seq, steps }
    machine.samples.add(sample)
  }
  firm.sampled.add(machine)
  touch(work, span, own)
}

const columns = new WeakMap<Measure, string>()

function columnNamed(measure: Measure): string {
  let known = columns.get(measure)
  if (known === undefined) columns.set(measure, (known = columnOf(measure)))
  return known
}

/** A released conflict takes the place of what was read under its key, whenever that was. */
function takeOut(work: Work, { ts, seq = ts, v }: Item): void {
  const { firm, machine, boot } = work
  const key = { boot: boot ?? '', seq }
  const was = machine.samples.remove(key) ?? firm.ledger.samples.tsOf(machine.path, key)
  firm.pending.samplesGone.push({ machine: machine.path, ...key })
  if (was === null) return
  const own = { from: was, to: was }
  touch(work, bracket(firm, machine.index!.machine, new Set(Object.keys(v!)), own), own)
}

/**
 * A state lasts until the next one or a silence, and ends the one before it, which may have been recorded for longer. What was counted
 * between two readings was made while the machine ran: with the state it moves between them.
 */
function statesHeard(work: Work, items: readonly Item[]): void {
  const { firm, machine } = work
  const { machine: plant, measures } = machine.index!
  const own = spanOf(items)
  const cut = Math.max(own.to, heardBefore(work, own.from), heardBefore(work, own.to))
  const span = { from: own.from, to: cut + plant.stateStaleMs }
  touch(work, bracket(firm, plant, new Set(measures.keys()), span), own)
}

/** Up to when the newest state that began before an instant was heard. */
function heardBefore({ firm, machine }: Work, at: Instant): Instant {
  const held = machine.states.findLast((row) => row.ts < at) ?? firm.ledger.past.runBefore(machine.path, at)
  return held?.lastTs ?? -Infinity
}

function happened(work: Work, item: Item): void {
  const { firm, machine } = work
  const { ts } = item
  const own = { from: ts, to: ts }
  noteEvent(firm, machine, item.type!, ts)
  const lasting = LASTS[item.type!]
  if (item.type === 'meter_swap') {
    const name = item['measure'] as string
    touch(work, bracket(firm, machine.index!.machine, new Set([name]), own), own)
  } else if (item.type === 'sign_on' || item.type === 'sign_off') {
    noteSign(firm, item, work.correct)
    const tended = tendedAround(firm, item['worker'], ts).add(machine.path)
    for (const path of tended) touch(work, { from: ts, to: ts + LOOK_BACK.stint }, own, path)
  } else touch(work, { from: ts, to: lasting ? lasting(work, ts) : ts }, own)
}

/** Until when an event may have a say. */
const LASTS: Readonly<Record<string, (work: Work, ts: Instant) => Instant>> = {
  order_start: untilNextOrder,
  order_end: untilNextOrder,
  test_result: (_work, ts) => ts + LOOK_BACK.retest,
  maintenance: (_work, ts) => ts + LOOK_BACK.maintenance,
}

function untilNextOrder({ firm, machine }: Work, ts: Instant): Instant {
  return nextEvent(firm, machine.path, 'order_start', ts) ?? Math.max(ts, machine.now.evidenceTs)
}
