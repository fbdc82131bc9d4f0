/**
 * Scrap and rework, valued at dated standard cost: what a piece had cost up to the operation that lost it, less salvage; what a
 * repeated operation costs once more. It never depends on actual cost, which late data could change for ever. It is taken out of
 * material, labour and machine-hour, so that the gross view and this one have the same total.
 */
import type { Instant } from '#domain/time.ts'
import type { Book } from './records.ts'
import type { OperationStandard } from './valueRouting.ts'

/** Micro-yuan of one piece. */
export type PieceLoss = {
  readonly material: bigint
  readonly labour: bigint
  readonly machine: bigint
  /** Cost that no other element holds: repairs after a failed test; less salvage. */
  readonly own: bigint
}

export const lossOfScrap = ({ standard, salvage }: OperationStandard): PieceLoss => ({
  ...standard,
  own: -BigInt(salvage),
})

export function lossOfRework(operation: OperationStandard, book: Book): PieceLoss {
  const { own, confirms } = operation
  const repair = confirms ? (book.find('quality', 'rates')?.repair ?? 0) : 0
  return { material: 0n, labour: own.labour, machine: own.machine, own: BigInt(repair) }
}

/** Good pieces of a product that a window counted; serials where they are known. */
export type GoodWindow = {
  readonly start: Instant
  readonly product: string
  readonly milli: number
  readonly serials?: readonly string[]
}
/** Pieces that turn out bad after they were counted good. */
export type LateReject = {
  readonly found: Instant
  readonly product: string
  readonly milli: number
  readonly serial?: string
}
export type Reversal = {
  /** Window whose good count is taken back; null: no window that held such pieces is left. */
  readonly start: Instant | null
  readonly found: Instant
  readonly product: string
  readonly milli: number
}

/**
 * Which windows lose good pieces to rejects found later: the window of the serial, else first in first out by product, only windows
 * before the find. Scrap itself is posted where it was found.
 */
export function reversalsOf(goods: readonly GoodWindow[], rejects: readonly LateReject[]): Reversal[] {
  const left = new Map(goods.map((window) => [window, window.milli]))
  const byAge = goods.toSorted((a, b) => a.start - b.start)
  const take = (window: GoodWindow, wanted: number): number => {
    const taken = Math.min(wanted, left.get(window)!)
    left.set(window, left.get(window)! - taken)
    return taken
  }
  return rejects
    .toSorted((a, b) => a.found - b.found)
    .flatMap(({ found, product, milli, serial }) => {
      const reversals: Reversal[] = []
      let wanted = milli
      const own = byAge.find(
        (window) =>
          serial !== undefined && window.product === product && window.serials?.includes(serial) === true,
      )
      const queue = byAge.filter((window) => window.product === product && window.start < found)
      for (const window of own ? [own, ...queue.filter((one) => one !== own)] : queue) {
        const taken = take(window, wanted)
        if (taken > 0) reversals.push({ start: window.start, found, product, milli: taken })
        wanted -= taken
        if (wanted === 0) break
      }
      return wanted > 0 ? [...reversals, { start: null, found, product, milli: wanted }] : reversals
    })
}
