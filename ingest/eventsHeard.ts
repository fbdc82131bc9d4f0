/**
 * Events of machines as facts ask for them. Days are made one after another, each with a look at those before it: what was read of a
 * machine's events is kept for the days that follow, until another one comes.
 */
import { LOOK_BACK, type EventHeard } from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { DAY, type Instant, type Millis } from '#domain/time.ts'
import type { EventEnds, LastingEvent, PastEvent } from '#store/ledger/past.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'

const LASTING: readonly LastingEvent[] = ['order_start', 'order_end', 'maintenance', 'meter_swap']
/** Events before a stretch that have a say in it. */
const ASKED_BACK: ReadonlySet<string> = new Set([...LASTING, 'test_result'])

type Told = Pick<PastEvent, 'type' | 'ts' | 'boot' | 'seq'> & { readonly heard: EventHeard }
/** All stored events of a machine in [from, to), and before that the lasting ones that have a say from there on. */
type Book = Span & {
  /** From when on they are all held. */
  readonly since: Readonly<Record<LastingEvent, Instant>>
  readonly events: readonly Told[]
}

/** How far a book reaches on. */
const AHEAD: Millis = 7 * DAY
/** Events kept in the books of a firm, some 15 MB. */
const MAX_KEPT = 30_000

class Books {
  readonly #byPath = new Map<string, Book>()
  #kept = 0

  of(path: string): Book | null {
    return this.#byPath.get(path) ?? null
  }

  keep(path: string, book: Book): void {
    this.drop(path)
    if (this.#kept + book.events.length > MAX_KEPT) {
      this.#byPath.clear()
      this.#kept = 0
    }
    this.#byPath.set(path, book)
    this.#kept += book.events.length
  }

  drop(path: string): void {
    this.#kept -= this.#byPath.get(path)?.events.length ?? 0
    this.#byPath.delete(path)
  }
}

const books = new WeakMap<Firm, Books>()

/** The machine's events for panes of [from, to). `read`: from the first to the last of the samples, between which a swap counts. */
export function eventsOf(firm: Firm, path: string, { from, to }: Span, read: Span): EventHeard[] {
  const fresh = firm.fresh('machineEvents', path)
  const recent = from - LOOK_BACK.retest
  const book = bookOf(firm, path, { from: recent, to }, fresh.length === 0)
  const newest = (type: LastingEvent) => newestIn([book.events, fresh], type, from)
  const started = newest('order_start') ?? newest('order_end') ?? recent
  const since: Readonly<Record<string, Instant>> = {
    order_start: started,
    order_end: started,
    maintenance: from - LOOK_BACK.maintenance,
    meter_swap: read.from,
  } satisfies Record<LastingEvent, Instant>
  const told = book.events.filter(({ ts, type }) => {
    if (ts >= to) return false
    if (ts >= recent) return ts >= from || ASKED_BACK.has(type)
    return ts >= (since[type] ?? Infinity)
  })
  told.push(...lastingIn(firm, path, 'meter_swap', read.from, book.since.meter_swap))
  told.push(...lastingIn(firm, path, 'meter_swap', to, read.to + 1))
  const corrected = fresh.filter((row) => row.corrects)
  const stands = ({ boot, seq }: Told) => !corrected.some((other) => other.boot === boot && other.seq === seq)
  const later = (row: PastEvent) => row.ts < (row.type === 'meter_swap' ? read.to + 1 : to)
  return [...told.filter(stands), ...fresh.filter(later).map(toldOf)].map(({ heard }) => heard)
}

/** A book that holds [from, to); kept where all of the machine's events are stored. */
function bookOf(firm: Firm, path: string, { from, to }: Span, isStored: boolean): Book {
  let kept = books.get(firm)
  if (!kept) books.set(firm, (kept = new Books()))
  const known = kept.of(path)
  if (known && known.from <= from && to <= known.to) return known
  const end = isStored ? to + AHEAD : to
  const newest = (type: LastingEvent) =>
    mayHave(firm, path, type, -Infinity, from) ? firm.ledger.past.newest(path, type, from) : null
  const started = newest('order_start') ?? newest('order_end') ?? from
  const since = {
    order_start: started,
    order_end: started,
    maintenance: from - LOOK_BACK.maintenance,
    meter_swap: from - DAY,
  }
  const all = mayHave(firm, path, null, from, end) ? firm.ledger.past.events(path, from, end) : []
  const events = [
    ...LASTING.flatMap((type) => lastingIn(firm, path, type, since[type], from)),
    ...all.map(toldOf),
  ]
  const book = { from, to: end, since, events }
  if (isStored) kept.keep(path, book)
  return book
}

const lastingIn = (firm: Firm, path: string, type: LastingEvent, from: Instant, to: Instant): Told[] =>
  mayHave(firm, path, type, from, to) ? firm.ledger.past.lasting(path, type, from, to).map(toldOf) : []

const toldOf = (row: PastEvent): Told => {
  const { type, ts, boot, seq } = row
  return { type, ts, boot, seq, heard: heardOf(row, row.machine) }
}

/** `path`: the machine that is spoken of; null: of any, so that each event names its own. */
export function heardOf(
  { machine, ts, boot, seq, type, fields }: PastEvent,
  path: string | null,
): EventHeard {
  const own = JSON.parse(fields) as Readonly<Record<string, unknown>>
  // an item without a seq was stored under its hash, which is no number of a sequence
  const item = { ...own, type, ts, ...(seq < 0 ? {} : { seq }) } as Item
  const heard = { boot: boot === '' ? null : boot, item }
  return machine === path ? heard : { ...heard, machine }
}

/** When the newest event of a type before an instant happened; null: there is none. */
function newestIn(
  lists: readonly (readonly Pick<PastEvent, 'type' | 'ts'>[])[],
  type: LastingEvent,
  before: Instant,
): Instant | null {
  let newest = -Infinity
  for (const list of lists)
    for (const one of list) if (one.type === type && one.ts < before && one.ts > newest) newest = one.ts
  return newest === -Infinity ? null : newest
}

/** When the first event of a type after an instant happened; null: there is none. */
export function nextEvent(firm: Firm, path: string, type: LastingEvent, after: Instant): Instant | null {
  if (!mayHave(firm, path, type, after + 1, Infinity)) return null
  const stored = firm.ledger.past.next(path, type, after)
  const fresh = firm.fresh('machineEvents', path).filter((row) => row.type === type && row.ts > after)
  const all = [...(stored === null ? [] : [stored]), ...fresh.map(({ ts }) => ts)]
  return all.length > 0 ? Math.min(...all) : null
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
export function noteEvent(firm: Firm, machine: MachineMemory, type: string, ts: Instant): void {
  books.get(firm)?.drop(machine.path)
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
