/**
 * What registers measured of a carrier, valued by the quarter-hour: each machine's own register is traced to it; what the plant's meter
 * shows beyond them is the unmetered rest, which is the plant's (lines, lighting, losses). Without word of a plant's meter there is no rest.
 */
import type { Instant } from '#domain/time.ts'
import type { Nano } from '../rounding.ts'
import {
  NOWHERE,
  grownIn,
  once,
  placeOf,
  type Case,
  type Outcome,
  type PlacedHole,
  type Post,
} from '../valuationCase.ts'
import type { Book, Hole } from '../records.ts'

export type Carrier = 'energy' | 'gas' | 'water' | 'nitrogen'

/** Reason of a hole: the plant's meter of a carrier told nothing. */
export const METER_SILENT = 'meter_silent'

/** Price of a milli-unit of the carrier in the quarter that begins at an instant: micro-yuan a unit. */
type PriceAt = (book: Book, at: Instant) => { readonly price: number } | { readonly hole: Hole }

export function metered(work: Case, carrier: Carrier, priceAt: PriceAt): Outcome {
  return once(work, `metered/${carrier}`, () => {
    const posts: Post[] = []
    const holes: PlacedHole[] = []
    const prices = new Map<Instant, ReturnType<PriceAt>>()
    const rest = new Map<string, { at: Instant; shift: number | null; units: number }>()
    let heard = false
    for (const pane of work.panes) {
      const grown = grownIn(work, pane, carrier)
      if (grown === null) continue
      const incoming = work.books.at(pane.start).find('metering', carrier)?.incoming ?? null
      const isIncoming = pane.machine === incoming
      // meters of groups of machines measure what the machines' own registers measure
      if (work.machines.get(pane.machine)!.meter && !isIncoming) continue
      // a pane is there whether or not its meter told anything
      heard ||= isIncoming && (grown !== 0 || pane.covered > 0)
      if (incoming !== null) {
        const key = `${pane.start}/${pane.shift ?? ''}`
        const sum = rest.get(key) ?? { at: pane.start, shift: pane.shift, units: 0 }
        rest.set(key, { ...sum, units: sum.units + (isIncoming ? grown : -grown) })
      }
      if (isIncoming || grown === 0) continue
      const nano = amountOf(work, prices, priceAt, pane.start, grown)
      if (typeof nano === 'bigint')
        posts.push({ ...placeOf(pane), at: pane.start, nano, provenance: 'measured' })
      else holes.push({ ...nano, machine: pane.machine })
    }
    if (heard)
      for (const { at, shift, units } of rest.values()) {
        if (units === 0) continue
        const nano = amountOf(work, prices, priceAt, at, units)
        if (typeof nano === 'bigint')
          posts.push({ ...NOWHERE, shift, at, nano, provenance: 'measured', stream: 'rest' })
        else holes.push({ ...nano, machine: null })
      }
    const incoming = work.books.at(work.span.from).find('metering', carrier)?.incoming ?? null
    if (!heard && incoming !== null && !(work.awaited && work.machines.has(incoming)))
      holes.push({ reason: METER_SILENT, of: incoming, machine: null })
    return { posts, holes }
  })
}

function amountOf(
  work: Case,
  prices: Map<Instant, ReturnType<PriceAt>>,
  priceAt: PriceAt,
  at: Instant,
  units: number,
): Nano | Hole {
  let found = prices.get(at)
  if (!found) prices.set(at, (found = priceAt(work.books.at(at), at)))
  return 'hole' in found ? found.hole : BigInt(units) * BigInt(found.price)
}

/** The price of a medium in the book. */
export const mediumPrice =
  (key: string): PriceAt =>
  (book) => {
    const medium = book.find('medium', key)
    return medium ? { price: medium.price } : { hole: book.holeOf('medium', key) }
  }
