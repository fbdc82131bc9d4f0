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
import type { LastingEvent, PastEvent } from '#store/ledger/past.ts'
import { nameOfColumn, sampleDay, type SampleDay, type SampleMeasure } from '#store/ledger/samples.ts'
import type { Firm } from './firm.ts'
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
  const stored = [
    ...LASTING.flatMap((type) => (since[type] < recent ? past.lasting(path, type, since[type], recent) : [])),
    ...past.events(path, recent, to).filter(({ ts, type }) => ts >= from || ASKED_BACK.has(type)),
    ...(read.to > to ? past.lasting(path, 'meter_swap', to, read.to + 1) : []),
  ]
  const fresh = firm.fresh('machineEvents', path)
  const corrected = fresh.filter((row) => row.corrects)
  const stands = ({ boot, seq }: PastEvent) =>
    !corrected.some((other) => other.boot === boot && other.seq === seq)
  const later = (row: PastEvent) => row.ts < (row.type === 'meter_swap' ? read.to + 1 : to)
  return [...stored.filter(stands), ...fresh.filter(later)]
}

/** When the newest event of a type before an instant happened. */
function newestEvent(firm: Firm, path: string, type: LastingEvent, before: Instant): Instant | null {
  const stored = firm.ledger.past.newest(path, type, before)
  const fresh = firm.fresh('machineEvents', path).filter((row) => row.type === type && row.ts < before)
  const all = [...(stored === null ? [] : [stored]), ...fresh.map(({ ts }) => ts)]
  return all.length > 0 ? Math.max(...all) : null
}

/** When the first event of a type after an instant happened; null: there is none. */
export function nextEvent(firm: Firm, path: string, type: LastingEvent, after: Instant): Instant | null {
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

const registersOf = (machine: Machine): SampleMeasure[] =>
  machine.measures.filter((measure) => measure.class === 'count')

/** Inside the span, and the nearest one before and after. */
function samplesOf(firm: Firm, machine: Machine, { from, to }: Span): Record<string, Sample[]> {
  const days = daysBetween(from, to).flatMap((no) => daysHeld(firm, machine.path, no))
  const out = Object.create(null) as Record<string, Sample[]>
  for (const measure of registersOf(machine)) {
    const all = days.flatMap((day) => day.samples(measure))
    const inside = all.filter(({ ts }) => ts >= from && ts <= to)
    const edge = (way: Way, at: Instant) =>
      nearestIn(all, way, at) ?? nearestDay(firm, machine.path, measure, way, sampleDay(at))
    out[measure.name] = [edge('before', from), ...inside, edge('after', to)].filter((one) => one !== null)
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

function nearestIn(samples: readonly Sample[], way: Way, at: Instant): Sample | null {
  let best: Sample | null = null
  for (const sample of samples)
    if (way === 'before') {
      if (
        sample.ts < at &&
        (!best || sample.ts > best.ts || (sample.ts === best.ts && sample.seq > best.seq))
      )
        best = sample
    } else if (
      sample.ts > at &&
      (!best || sample.ts < best.ts || (sample.ts === best.ts && sample.seq < best.seq))
    )
      best = sample
  return best
}

/** The nearest sample of a measure on an earlier or later UTC day than `no`, however far; null: there is none. */
function nearestDay(firm: Firm, path: string, measure: SampleMeasure, way: Way, no: number): Sample | null {
  const isBeyond = (day: number) => (way === 'before' ? day < no : day > no)
  const memory = firm.machine(path).samples
  const days = [...memory.days()].filter(
    (day) =>
      isBeyond(day) && memory.day(day)!.columns.some((column) => nameOfColumn(column) === measure.name),
  )
  const stored = firm.ledger.samples.near(path, no, measure.name, way)
  if (stored !== null) days.push(stored)
  if (days.length === 0) return null
  const day = way === 'before' ? Math.max(...days) : Math.min(...days)
  const samples = daysHeld(firm, path, day).flatMap((held) => held.samples(measure))
  return nearestIn(samples, way, way === 'before' ? Infinity : -Infinity)
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
  const here = daysHeld(firm, path, no).flatMap((day) => day.samples(measure))
  const found = nearestIn(here, way, at) ?? nearestDay(firm, path, measure, way, no)
  return found?.ts ?? null
}
