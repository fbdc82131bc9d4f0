/**
 * Scrap and rework, valued at dated standard cost: what a piece had cost up to the operation that lost it, less salvage; what a
 * repeated operation costs once more. It never depends on actual cost, which late data could change for ever. It is taken out of
 * material, labour and machine-hour, so that the gross view and this one have the same total.
 */
import type { Instant } from '#domain/time.ts'
import type { CountCorrection } from './facts.ts'
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

/** Pieces added to, or taken from what a machine counted: a fact for its panes. */
export type CountedPieces = CountCorrection & { readonly machine: string }

/** Good pieces of one operation that a machine counted in a window; serials of the product where they are known. */
export type GoodWindow = {
  readonly machine: string
  /** Any instant of the window; the oldest goes first. */
  readonly ts: Instant
  readonly order: string | null
  readonly product: string
  readonly operation: string
  readonly milli: number
  readonly serials?: readonly string[]
}

/** Pieces that turn out bad after they were counted good: where and when they were found, what was counted of them. */
export type LateReject = {
  readonly machine: string
  readonly ts: Instant
  readonly product: string
  readonly operation: string
  readonly milli: number
  readonly order?: string | undefined
  readonly serial?: string | undefined
}

/** What a late reject changes (accounting.md 7). Good pieces and scrap sum to nothing. */
export type Reversal = {
  /** Good pieces taken back in the windows that counted them. */
  readonly good: readonly CountedPieces[]
  /** The same pieces as scrap, where and when they were found, by order. */
  readonly scrap: readonly CountedPieces[]
  /** Milli-pieces that no window is left for: nothing is changed for them. */
  readonly missing: number
}

/**
 * Which windows lose good pieces to rejects found later: those of the serial, else first in first out by product and operation, of the
 * order where it is known; only windows before the find, and none more than it counted. One reversal for each reject, in the order in
 * which they were found.
 */
export function reversalsOf(goods: readonly GoodWindow[], rejects: readonly LateReject[]): Reversal[] {
  const left = new Map(goods.map((window) => [window, Math.max(0, window.milli)]))
  const byAge = goods.toSorted((a, b) => a.ts - b.ts)
  return rejects
    .toSorted((a, b) => a.ts - b.ts)
    .map(({ machine, ts, product, operation, milli, order, serial }) => {
      const queue = byAge.filter(
        (window) => window.product === product && window.operation === operation && window.ts < ts,
      )
      const hasSerial = (window: GoodWindow) =>
        serial !== undefined && window.serials?.includes(serial) === true
      const ofOrder = (window: GoodWindow) => order === undefined || window.order === order
      const good: CountedPieces[] = []
      const scrap = new Map<string | null, number>()
      let missing = milli
      for (const window of new Set([...queue.filter(hasSerial), ...queue.filter(ofOrder)])) {
        const taken = Math.min(missing, left.get(window)!)
        if (taken === 0) continue
        left.set(window, left.get(window)! - taken)
        missing -= taken
        good.push({
          machine: window.machine,
          ts: window.ts,
          piece: 'good',
          milli: -taken,
          order: window.order,
          product,
          operation,
        })
        scrap.set(window.order, (scrap.get(window.order) ?? 0) + taken)
      }
      const posted = [...scrap].map(([of, taken]): CountedPieces => ({
        machine,
        ts,
        piece: 'scrap',
        milli: taken,
        order: of,
        product,
        operation,
      }))
      return { good, scrap: posted, missing }
    })
}
