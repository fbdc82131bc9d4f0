/**
 * What was heard of a machine, as panes of a stretch need it (domain/accounting/facts.ts): what the ledger holds, and what has come
 * since its last commit.
 */
import { statesInOrder, type Facts, type StateHeard } from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import { openSince } from '#domain/telemetry/states.ts'
import type { Instant } from '#domain/time.ts'
import type { StateRow } from '#store/ledger/changes.ts'
import { sampleDay, type SampleDay, type SampleMeasure } from '#store/ledger/samples.ts'
import { eventsOf } from './eventsHeard.ts'
import type { Firm } from './firm.ts'
import { REACH } from './openDays.ts'
import { signsOf } from './signs.ts'

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
  const told = { from: openSince(corrections?.causes ?? [], ran.from), to: ran.to }
  return {
    ...(corrections && { corrections }),
    samples,
    states: machine.meter ? [] : statesOf(firm, path, told),
    events: eventsOf(firm, path, span, read),
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
