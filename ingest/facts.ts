/**
 * What was heard of a machine, as panes of a stretch need it (domain/accounting/facts.ts): what the ledger holds, and what has come
 * since its last commit.
 */
import {
  LOOK_BACK,
  statesInOrder,
  type EventHeard,
  type Facts,
  type StateHeard,
} from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import type { Item } from '#domain/telemetry/item.ts'
import type { Instant } from '#domain/time.ts'
import type { StateRow } from '#store/ledger/changes.ts'
import type { EventEnds, LastingEvent, PastEvent } from '#store/ledger/past.ts'
import { sampleDay, type SampleDay, type SampleMeasure } from '#store/ledger/samples.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'
import { REACH } from './openDays.ts'

const LASTING: readonly LastingEvent[] = ['order_start', 'order_end', 'maintenance', 'meter_swap']
/** Events before a stretch that have a say in it. */
const ASKED_BACK: ReadonlySet<string> = new Set([...LASTING, 'test_result'])

/** Facts of a machine for panes of [from, to). */
export function factsOf(firm: Firm, machine: Machine, span: Span): Facts {
  const { path } = machine
  const samples = samplesOf(firm, machine, span)
  const all = Object.values(samples).flat()
  const read = {
    from: all.reduce((at, { ts }) => Math.min(at, ts), span.from),
    to: all.reduce((at, { ts }) => Math.max(at, ts), span.to),
  }
  // what a register counted between two readings was made while the machine ran
  const ran = { from: Math.max(read.from, span.from - REACH), to: Math.min(read.to, span.to + REACH) }
  const corrections = firm.corrections.factsOf(path, span, ran)
  return {
    ...(corrections && { corrections }),
    samples,
    states: machine.meter ? [] : statesOf(firm, path, ran),
    events: eventsOf(firm, path, span, read).map((row) => heardOf(row, path)),
    signs: signsOf(firm, path, span),
  }
}

/** States as a machine told them, for [from, to). */
export const heardStates = (firm: Firm, path: string, span: Span): StateHeard[] =>
  statesInOrder(statesOf(firm, path, span))

/** The newest of two states at one instant is the one with the higher seq. */
function statesOf(firm: Firm, path: string, { from, to }: Span): StateHeard[] {
  const byTs = new Map<Instant, StateRow>()
  for (const row of firm.ledger.past.states(path, from, to)) byTs.set(row.ts, row)
  for (const row of firm.fresh('states', path))
    if (row.ts < to && row.seq >= (byTs.get(row.ts)?.seq ?? -Infinity)) byTs.set(row.ts, row)
  return [...byTs.values()] as unknown as StateHeard[] // they passed the check of their class
}

/** `read`: from the first to the last of the samples, between which a swap counts. */
function eventsOf(firm: Firm, path: string, { from, to }: Span, read: Span): PastEvent[] {
  const { past } = firm.ledger
  const recent = from - LOOK_BACK.retest
  const started =
    newestEvent(firm, path, 'order_start', from) ?? newestEvent(firm, path, 'order_end', from) ?? recent
  const since: Record<LastingEvent, Instant> = {
    order_start: started,
    order_end: started,
    maintenance: from - LOOK_BACK.maintenance,
    meter_swap: read.from,
  }
  const lasting = (type: LastingEvent, begin: Instant, end: Instant) =>
    mayHave(firm, path, type, begin, end) ? past.lasting(path, type, begin, end) : []
  const all = mayHave(firm, path, null, recent, to) ? past.events(path, recent, to) : []
  const stored = [
    ...LASTING.flatMap((type) => lasting(type, since[type], recent)),
    ...all.filter(({ ts, type }) => ts >= from || ASKED_BACK.has(type)),
    ...lasting('meter_swap', to, read.to + 1),
  ]
  const fresh = firm.fresh('machineEvents', path)
  const corrected = fresh.filter((row) => row.corrects)
  const stands = ({ boot, seq }: PastEvent) =>
    !corrected.some((other) => other.boot === boot && other.seq === seq)
  const later = (row: PastEvent) => row.ts < (row.type === 'meter_swap' ? read.to + 1 : to)
  return [...stored.filter(stands), ...fresh.filter(later)]
}

/** Between which instants the events of machines lie, by type and of all types, where it was asked for. */
const ends = new WeakMap<MachineMemory, Map<LastingEvent | null, EventEnds>>()

function endsOf(firm: Firm, path: string, type: LastingEvent | null): EventEnds {
  const machine = firm.machine(path)
  let byType = ends.get(machine)
  if (!byType) ends.set(machine, (byType = new Map()))
  let known = byType.get(type)
  if (!known) {
    known = firm.ledger.past.ends(path, type)
    for (const row of firm.fresh('machineEvents', path))
      if (type === null || row.type === type) known = widened(known, row.ts)
    byType.set(type, known)
  }
  return known
}

const widened = ({ first, newest }: EventEnds, ts: Instant): EventEnds => ({
  first: Math.min(first, ts),
  newest: Math.max(newest, ts),
})

/** An event of a machine came. */
export function noteEvent(machine: MachineMemory, type: string, ts: Instant): void {
  const byType = ends.get(machine)
  for (const [one, known] of byType ?? [])
    if ((one === null || one === type) && (ts < known.first || ts > known.newest))
      byType!.set(one, widened(known, ts))
}

/** Could the ledger have events of a type (null: of any) in [from, to)? Where it surely has none it is not asked. */
function mayHave(firm: Firm, path: string, type: LastingEvent | null, from: Instant, to: Instant): boolean {
  if (from >= to) return false
  const { first, newest } = endsOf(firm, path, type)
  return newest >= from && first < to
}

/** When the newest event of a type before an instant happened. */
function newestEvent(firm: Firm, path: string, type: LastingEvent, before: Instant): Instant | null {
  if (!mayHave(firm, path, type, -Infinity, before)) return null
  const stored = firm.ledger.past.newest(path, type, before)
  const fresh = firm.fresh('machineEvents', path).filter((row) => row.type === type && row.ts < before)
  const all = [...(stored === null ? [] : [stored]), ...fresh.map(({ ts }) => ts)]
  return all.length > 0 ? Math.max(...all) : null
}

/** When the first event of a type after an instant happened; null: there is none. */
export function nextEvent(firm: Firm, path: string, type: LastingEvent, after: Instant): Instant | null {
  if (!mayHave(firm, path, type, after + 1, Infinity)) return null
  const stored = firm.ledger.past.next(path, type, after)
  const fresh = firm.fresh('machineEvents', path).filter((row) => row.type === type && row.ts > after)
  const all = [...(stored === null ? [] : [stored]), ...fresh.map(({ ts }) => ts)]
  return all.length > 0 ? Math.min(...all) : null
}

/** What people who were ever signed on here signed, by whatever machine. */
function signsOf(firm: Firm, path: string, { from, to }: Span): readonly EventHeard[] {
  const since = from - LOOK_BACK.stint
  const { signs } = firm
  // the machines of a plant ask for the same hours one after another
  if (signs?.from === since && signs.to === to) return signs.byMachine.get(path) ?? []
  const byMachine = new Map<string, EventHeard[]>()
  for (const own of Map.groupBy(signsIn(firm, since, to), ({ item }) => item['worker']).values())
    for (const machine of new Set(own.flatMap(machinesOf)))
      byMachine.set(machine, [...(byMachine.get(machine) ?? []), ...own])
  firm.signs = { from: since, to, byMachine }
  return byMachine.get(path) ?? []
}

const machinesOf = ({ item }: EventHeard) => (item['machines'] ?? []) as readonly string[]

/** Machines that a person has to do with around an instant: what changes for one of them changes for all. */
export function tendedAround(firm: Firm, worker: unknown, at: Instant): string[] {
  const signs = signsIn(firm, at - LOOK_BACK.stint, at + LOOK_BACK.stint, worker)
  return [...new Set(signs.filter(({ item }) => item['worker'] === worker).flatMap(machinesOf))]
}

/** Signs of [from, to); of a worker alone at least all of that one. */
function signsIn(firm: Firm, from: Instant, to: Instant, worker?: unknown): EventHeard[] {
  const text = worker === undefined ? '' : JSON.stringify(worker)
  const fresh = firm
    .fresh('machineEvents', null)
    .filter(({ type, ts }) => (type === 'sign_on' || type === 'sign_off') && ts >= from && ts < to)
  return [...firm.ledger.past.signs(from, to, text), ...fresh]
    .filter(({ fields }) => fields.includes(text))
    .map((row) => heardOf(row, null))
}

function heardOf({ machine, ts, boot, seq, type, fields }: PastEvent, path: string | null): EventHeard {
  const own = JSON.parse(fields) as Readonly<Record<string, unknown>>
  // an item without a seq was stored under its hash, which is no number of a sequence
  const item = { ...own, type, ts, ...(seq < 0 ? {} : { seq }) } as Item
  const heard = { boot: boot === '' ? null : boot, item }
  return machine === path ? heard : { ...heard, machine }
}

const registers = new WeakMap<Machine, readonly SampleMeasure[]>()

function registersOf(machine: Machine): readonly SampleMeasure[] {
  let known = registers.get(machine)
  if (!known)
    registers.set(machine, (known = machine.measures.filter((measure) => measure.class === 'count')))
  return known
}

/** Inside the span, and the nearest one before and after. */
function samplesOf(firm: Firm, machine: Machine, { from, to }: Span): Record<string, Sample[]> {
  const days = daysBetween(from, to).flatMap((no) => daysHeld(firm, machine.path, no))
  const out = Object.create(null) as Record<string, Sample[]>
  for (const measure of registersOf(machine)) {
    const inside = days.flatMap((day) => day.samples(measure, from, to))
    const edge = (way: Way, at: Instant) =>
      nearestIn(days, measure, way, at) ?? nearestDay(firm, machine.path, measure, way, sampleDay(at))
    const [before, after] = [edge('before', from), edge('after', to)]
    out[measure.name] = [...(before ? [before] : []), ...inside, ...(after ? [after] : [])]
  }
  return out
}

type Way = 'before' | 'after'

function daysBetween(from: Instant, to: Instant): number[] {
  const first = sampleDay(from)
  return Array.from({ length: sampleDay(to) - first + 1 }, (_, i) => first + i)
}

/** Samples of a UTC day: those in its own row, and those held in memory. */
function daysHeld(firm: Firm, path: string, no: number): SampleDay[] {
  const found = [firm.ledger.samples.day(path, no), firm.machine(path).samples.day(no)]
  return found.filter((day) => day !== null)
}

function nearestIn(days: readonly SampleDay[], measure: SampleMeasure, way: Way, at: Instant): Sample | null {
  let best: Sample | null = null
  for (const day of days) best = day.nearest(measure, way, at, best)
  return best
}

/** The nearest sample of a measure on an earlier or later UTC day than `no`, however far; null: there is none. */
function nearestDay(firm: Firm, path: string, measure: SampleMeasure, way: Way, no: number): Sample | null {
  const memory = firm.machine(path).samples
  const newest = memory.newest(measure.name)
  if (way === 'after' && newest !== null && sampleDay(newest) <= no) return null
  let day = firm.ledger.samples.near(path, no, measure.name, way)
  for (const held of memory.days()) {
    const isNearer =
      way === 'before' ? held < no && held > (day ?? -Infinity) : held > no && held < (day ?? Infinity)
    if (isNearer && memory.day(held)!.has(measure.name)) day = held
  }
  if (day === null) return null
  return nearestIn(daysHeld(firm, path, day), measure, way, way === 'before' ? Infinity : -Infinity)
}

/** From the sample before to the one after a stretch, of any of the registers: where else their growth lies. */
export function bracket(firm: Firm, machine: Machine, names: ReadonlySet<string>, own: Span): Span {
  let { from, to } = own
  for (const measure of registersOf(machine)) {
    if (!names.has(measure.name)) continue
    from = Math.min(from, near(firm, machine.path, measure, 'before', own.from) ?? from)
    to = Math.max(to, near(firm, machine.path, measure, 'after', own.to) ?? to)
  }
  return { from, to }
}

function near(firm: Firm, path: string, measure: SampleMeasure, way: Way, at: Instant): Instant | null {
  const newest = firm.machine(path).samples.newest(measure.name)
  if (newest !== null && newest < at) return way === 'before' ? newest : null
  const no = sampleDay(at)
  const found =
    nearestIn(daysHeld(firm, path, no), measure, way, at) ?? nearestDay(firm, path, measure, way, no)
  return found?.ts ?? null
}
