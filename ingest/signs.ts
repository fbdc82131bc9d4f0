/** Who signed on and off, as facts ask for it: by machine for a stretch, and by person around an instant. */
import { LOOK_BACK, type EventHeard } from '#domain/accounting/facts.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { DAY, type Instant, type Millis } from '#domain/time.ts'
import { heardOf } from './eventsHeard.ts'
import type { Firm } from './firm.ts'

/** What people who were ever signed on here signed, by whatever machine. */
export function signsOf(firm: Firm, path: string, { from, to }: Span): readonly EventHeard[] {
  const since = from - LOOK_BACK.stint
  const { signs } = firm
  // the machines of a plant ask for the same hours one after another
  if (signs?.from === since && signs.to === to) return signs.byMachine.get(path) ?? []
  const byMachine = new Map<string, EventHeard[]>()
  for (const own of Map.groupBy(signsIn(firm, since, to), ({ item }) => item['worker']).values())
    for (const machine of new Set(own.flatMap(({ item }) => machinesOf(item))))
      byMachine.set(machine, [...(byMachine.get(machine) ?? []), ...own])
  firm.signs = { from: since, to, byMachine }
  return byMachine.get(path) ?? []
}

const machinesOf = (item: Item) => (item['machines'] ?? []) as readonly string[]

function signsIn(firm: Firm, from: Instant, to: Instant): EventHeard[] {
  const fresh = firm
    .fresh('machineEvents', null)
    .filter(({ type, ts }) => (type === 'sign_on' || type === 'sign_off') && ts >= from && ts < to)
  return [...firm.ledger.past.signs(from, to), ...fresh].map((row) => heardOf(row, null))
}

/** Signs of a stretch by worker; each that comes is added. */
type Book = Span & { readonly byWorker: Map<unknown, Item[]> }
const books = new WeakMap<Firm, Book>()

/** How far a book reaches on, and the longest that it grows to instead of being begun anew. */
const AHEAD: Millis = 7 * DAY
const LONGEST: Millis = 14 * DAY

/** A sign came: what is known of signs is no longer all. */
export function noteSign(firm: Firm, item: Item, corrects: boolean): void {
  firm.signs = null
  const book = books.get(firm)
  if (corrects) books.delete(firm)
  else if (book && item.ts >= book.from && item.ts < book.to) addTo(book, item)
}

function addTo({ byWorker }: Book, item: Item): void {
  const own = byWorker.get(item['worker'])
  if (own) own.push(item)
  else byWorker.set(item['worker'], [item])
}

/** Machines that a person has to do with around an instant: what changes for one of them changes for all. */
export function tendedAround(firm: Firm, worker: unknown, at: Instant): Set<string> {
  const [from, to] = [at - LOOK_BACK.stint, at + LOOK_BACK.stint]
  const machines = new Set<string>()
  for (const item of bookOf(firm, from, to).byWorker.get(worker) ?? [])
    if (item.ts >= from && item.ts < to) for (const path of machinesOf(item)) machines.add(path)
  return machines
}

function bookOf(firm: Firm, from: Instant, to: Instant): Book {
  const known = books.get(firm)
  if (known && known.from <= from && to <= known.to) return known
  const own = { from, to: to + AHEAD }
  const both = known && { from: Math.min(known.from, from), to: Math.max(known.to, own.to) }
  const span = both && both.to - both.from <= LONGEST ? both : own
  const book: Book = { ...span, byWorker: new Map() }
  for (const { item } of signsIn(firm, span.from, span.to)) addTo(book, item)
  books.set(firm, book)
  return book
}
