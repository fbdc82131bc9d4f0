/**
 * What was heard of a machine, made again from the raw messages instead of from the ledger's rows (../facts.ts). The ledger says how far
 * a stretch reaches and by which entries older events came; inside the stretch and its reach the journal's own messages are taken, known
 * to the ledger or not. A row of the ledger that no message holds is told as missing. States and counts that people corrected are taken
 * as they were accepted.
 */
import type { EventHeard, Facts, StateHeard } from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Sample } from '#domain/telemetry/counter.ts'
import { eventFields } from '#domain/telemetry/events.ts'
import { contentHash } from '#domain/telemetry/identity.ts'
import { MINUTE, type Instant, type Millis } from '#domain/time.ts'
import { toSteps } from '#domain/units.ts'
import type { MissingEvidence } from '#contract/local.ts'
import type { PastEvent } from '#store/ledger/past.ts'
import { factsOf } from '../facts.ts'
import type { Firm } from '../firm.ts'
import { REACH } from '../openDays.ts'
import { numberOf, type Evidence, type Found, type Wanted } from './evidence.ts'
import { standing, type Standing } from './standing.ts'

/** How far beyond a stretch the journal is searched for samples that the ledger does not know. */
const BESIDE: Millis = 15 * MINUTE

export type RawFacts = {
  readonly facts: Facts
  /** Offsets of the messages. */
  readonly messages: ReadonlySet<number>
  readonly missing: readonly MissingEvidence[]
}

/** Facts of a machine for panes of [from, to). */
export function rawFactsOf(evidence: Evidence, firm: Firm, machine: Machine, span: Span): RawFacts {
  const known = factsOf(firm, machine, span)
  const { path } = machine
  const samples = Object.values(known.samples).flat()
  const times = samples.map(({ ts }) => ts)
  const ran = {
    from: Math.max(Math.min(span.from, ...times), span.from - REACH),
    to: Math.min(Math.max(span.to, ...times), span.to + REACH),
  }
  const older = rowsOf(firm, path, known)
  const found = [
    ...evidence.find([
      ...samplesWanted(path, samples, span),
      ...(machine.meter ? [] : statesWanted(path, known.states, ran, machine.stateStaleMs)),
      ...eventsWanted(path, older, span),
    ]),
    ...evidence.at(older.map(({ offset }) => offset)).filter((one) => older.some((row) => isOf(one, row))),
  ]
  const heard = standing(firm, inOrder(found))
  const own = heard.filter((one) => one.machine === path)
  const facts: Facts = {
    samples: samplesIn(own, machine),
    states: machine.meter ? [] : statesIn(own),
    events: own.filter(isEvent).map((one) => heardOf(one, path)),
    signs: signsIn(heard, known.signs, path),
    ...(known.corrections && { corrections: known.corrections }),
  }
  const missing = [
    ...samples
      .filter((sample) => !own.some((one) => isSample(one, sample)))
      .map((one) => goneSample(path, one)),
    ...known.states
      .filter(({ ts }) => !own.some((one) => one.class === 'state' && one.item.ts === ts))
      .map(({ ts }) => gone(path, 'state', null, null, ts)),
    ...older
      .filter((row) => !heard.some((one) => isOf(one, row)))
      .map(({ machine: of, boot, seq, ts }) => gone(of, 'event', boot, seq < 0 ? null : seq, ts)),
  ]
  return { facts, messages: new Set(heard.map(({ entry }) => entry.offset)), missing }
}

const isEvent = (one: Found): boolean => one.class === 'event'

/** Found by range and by offset: each once. */
const inOrder = (found: readonly Found[]): Found[] => [
  ...new Map(
    found
      .toSorted((a, b) => a.entry.offset - b.entry.offset || a.place - b.place)
      .map((one) => [`${one.entry.offset}:${one.place}`, one]),
  ).values(),
]

/** Those that are known, each by its key, and whatever was read in the stretch and near it. */
function samplesWanted(machine: string, known: readonly Sample[], { from, to }: Span): Wanted[] {
  const range = { machine, class: 'count' }
  const keys = [...Map.groupBy(known, ({ boot }) => boot)].flatMap(([boot, own]) => {
    const far = own.filter(({ ts }) => ts < from || ts > to).map(({ seq }) => ({ from: seq, to: seq }))
    const near = own.filter(({ ts }) => ts >= from && ts <= to).map(({ seq }) => seq)
    const all = near.length > 0 ? [...far, boundsOf(near)!] : far
    return all.map((seqs) => ({ ...range, boot, ...seqs }))
  })
  const first = Math.min(from, ...known.map(({ ts }) => ts))
  const last = Math.max(to, ...known.map(({ ts }) => ts))
  const beside = { from: Math.max(first, from - BESIDE), to: Math.min(last, to + BESIDE) }
  return [...keys, { ...range, boot: null, ...beside, late: boundsOf(known.map(({ seq }) => seq)) }]
}

/** All that have a say between two readings, and the older ones that last until then. */
function statesWanted(machine: string, known: readonly StateHeard[], ran: Span, staleMs: Millis): Wanted[] {
  const range = { machine, class: 'state', boot: null }
  const from = ran.from - staleMs
  const older = known.filter(({ ts }) => ts < from).map(({ ts }) => ({ ...range, from: ts, to: ts }))
  return [...older, { ...range, from, to: ran.to }]
}

const eventsWanted = (machine: string, known: readonly PastEvent[], { from, to }: Span): Wanted[] => [
  {
    machine,
    class: 'event',
    boot: null,
    from,
    to: to - 1,
    late: boundsOf(known.filter((row) => row.machine === machine && row.seq >= 0).map(({ seq }) => seq)),
  },
]

const boundsOf = (numbers: readonly number[]) =>
  numbers.length === 0 ? null : { from: Math.min(...numbers), to: Math.max(...numbers) }

/** The ledger's rows of the events that count, which say by which entry they came. */
function rowsOf(firm: Firm, path: string, { events, signs }: Facts): PastEvent[] {
  const rows = new Map<string, PastEvent>()
  for (const { boot, item, machine = path } of [...events, ...signs]) {
    const { ts } = item
    const fresh = firm.fresh('machineEvents', machine).filter((row) => row.ts === ts)
    for (const row of [...firm.ledger.past.events(machine, ts, ts + 1), ...fresh])
      if (row.boot === (boot ?? '') && (item.seq === undefined ? row.seq < 0 : row.seq === item.seq))
        rows.set(`${machine} ${ts} ${row.boot} ${row.seq}`, row)
  }
  return [...rows.values()]
}

const isOf = ({ machine, class: cls, boot, item }: Found, row: PastEvent): boolean =>
  cls === 'event' &&
  machine === row.machine &&
  item.ts === row.ts &&
  (boot ?? '') === row.boot &&
  (item.seq ?? -contentHash('event', item)) === row.seq

const isSample = ({ class: cls, boot, item }: Found, { boot: of, seq, ts }: Sample): boolean =>
  cls === 'count' && item.ts === ts && (boot ?? '') === of && numberOf(item) === seq

const gone = (
  machine: string,
  cls: 'count' | 'state' | 'event',
  boot: string | null,
  seq: number | null,
  ts: Instant,
): MissingEvidence => ({ machine, class: cls, boot, seq, ts, reason: 'not_in_journal' })

const goneSample = (machine: string, { boot, seq, ts }: Sample): MissingEvidence =>
  gone(machine, 'count', boot, seq, ts)

/** In the steps of the measure as it is now. */
function samplesIn(own: readonly Standing[], machine: Machine): Record<string, Sample[]> {
  const out = Object.create(null) as Record<string, Sample[]>
  for (const measure of machine.measures) {
    if (measure.class !== 'count') continue
    const { name, scale } = measure
    out[name] = own.flatMap(({ class: cls, boot, item, index }) => {
      const value = cls === 'count' && Object.hasOwn(item.v!, name) ? item.v![name]! : null
      const was = index.measures.get(name)?.scale
      if (value === null || was === undefined) return []
      const told = toSteps(value, was)!
      const steps = was === scale ? told : Math.round((told * scale) / was)
      return [{ boot: boot ?? '', seq: numberOf(item), ts: item.ts, steps }]
    })
  }
  return out
}

/** Of two at one instant the one with the higher seq, of equal ones the later. */
function statesIn(own: readonly Standing[]): StateHeard[] {
  const byTs = new Map<Instant, { readonly seq: number; readonly state: StateHeard }>()
  for (const { class: cls, item, corrects } of own) {
    if (cls !== 'state') continue
    const {
      ts,
      until: lastTs = ts,
      state,
      reason = null,
      order = null,
      product = null,
      operation = null,
    } = item
    const seq = corrects ? Number.MAX_SAFE_INTEGER : (item.seq ?? 0)
    if (seq < (byTs.get(ts)?.seq ?? -Infinity)) continue
    byTs.set(ts, { seq, state: { ts, lastTs, state: state!, reason, order, product, operation } })
  }
  return [...byTs.values()].map(({ state }) => state).toSorted((a, b) => a.ts - b.ts)
}

function heardOf({ machine, boot, item }: Standing, path: string): EventHeard {
  const { ts, seq } = item
  const heard = {
    boot: boot === '' ? null : boot,
    item: { ...eventFields(item), ts, ...(seq === undefined ? {} : { seq }) },
  }
  return machine === path ? heard : { ...heard, machine }
}

/** Signs of people who have to do with the machine: those whom the ledger names, and whoever else signed here. */
function signsIn(heard: readonly Standing[], known: readonly EventHeard[], path: string): EventHeard[] {
  const workers = new Set(known.map(({ item }) => item['worker']))
  const signs = heard.filter(({ item }) => item.type === 'sign_on' || item.type === 'sign_off')
  for (const { item } of signs)
    if ((item['machines'] as readonly string[] | undefined)?.includes(path)) workers.add(item['worker'])
  return signs.filter(({ item }) => workers.has(item['worker'])).map((one) => heardOf(one, path))
}
