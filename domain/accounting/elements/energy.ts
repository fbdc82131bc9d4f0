/** The energy charge of the whole plant: contract, price by period, and whose electricity belongs to the air pool. */
import { periodAt } from '../electricity/period.ts'
import type { TariffContract } from '../electricity/contract.ts'
import { powerFactorPpm } from '../electricity/charge.ts'
import { PPM, floorDiv, type Nano } from '../rounding.ts'
import { metered } from './metered.ts'
import type { Book, Hole, PriceBook } from '../records.ts'
import type { Instant } from '#domain/time.ts'
import type { Case, Outcome, PlacedHole, Post } from '../valuationCase.ts'

export const AIR_POOL = 'air'
/** Electricity of its machines, a stream of the element media. */
export const AIR_POWER = 'air_power'

/** The contract by which the plant buys electricity. */
export function contractOf(book: Book): { readonly contract: TariffContract } | { readonly hole: Hole } {
  const metering = book.find('metering', 'energy')
  const key = metering?.contract
  if (key === undefined) return { hole: book.holeOf('metering', 'energy') }
  const contract = book.find('tariff', key)
  return contract ? { contract } : { hole: book.holeOf('tariff', key) }
}

/** The same at any instant; null where the books name none. */
export const contractAtOf =
  (books: PriceBook) =>
  (at: Instant): TariffContract | null => {
    const found = contractOf(books.at(at))
    return 'contract' in found ? found.contract : null
  }

/** Wh × price of their period. */
const charges = (work: Case): Outcome =>
  metered(work, 'energy', (book, at) => {
    const found = contractOf(book)
    if ('hole' in found) return found
    const { contract } = found
    const { period } = periodAt(contract, at)
    const price = period === null ? undefined : contract.prices[period]
    return price === undefined
      ? { hole: { reason: 'bad_reference', of: `tariff/${period ?? 'no_period'}` } }
      : { price }
  })

/** Posts of energy, of the air pool's machines or of all others. */
export function energyPosts(work: Case, ofAirPool: boolean): Outcome {
  const { posts, holes } = charges(work)
  const isAir = (machine: string | null, at: number) =>
    machine !== null &&
    (work.books.at(at).find('pool', AIR_POOL)?.kinds.includes(work.machines.get(machine)!.kind) ?? false)
  return {
    posts: posts.filter(({ machine, at }) => isAir(machine, at) === ofAirPool),
    holes: holes.filter(({ machine }: PlacedHole) => isAir(machine, work.span.from) === ofAirPool),
  }
}

/** Power factor's adjustment of an amount, by what the contract expects of a month; trued up when the bill comes. */
export function adjusted({ powerFactor }: TariffContract, nano: Nano): Nano {
  return powerFactor === null ? 0n : floorDiv(nano * BigInt(powerFactorPpm(powerFactor.expected)), PPM)
}

/** The same for a post, by the contract in force. */
export function adjustmentOf(work: Case, { nano, at }: Pick<Post, 'nano' | 'at'>): Nano {
  const found = contractOf(work.books.at(at))
  return 'contract' in found ? adjusted(found.contract, nano) : 0n
}
