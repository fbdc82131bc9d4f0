/** One loss: time, pieces and money of one machine and cause in a quarter-hour; and how losses are added up. losses.ts says what is one. */
import type { ShownState } from '#domain/plant/plant.ts'
import type { Instant, Millis } from '#domain/time.ts'
import type { Pane } from './pane.ts'
import type { Nano } from './rounding.ts'
import type { Case, Post } from './valuationCase.ts'

export const LOSS_KINDS = ['stop', 'setup', 'scrap', 'rework', 'idle', 'leak'] as const
export type LossKind = (typeof LOSS_KINDS)[number]

export type Loss = {
  readonly machine: string
  readonly kind: LossKind
  /** In which state it stood; null where it is no stop. */
  readonly state: ShownState | null
  /** As its states tell it; null where they do not. */
  readonly reason: string | null
  readonly shift: number | null
  readonly order: string | null
  readonly product: string | null
  /** Of scrap and rework. */
  readonly operation: string | null
  /** The quarter-hour, as far as the window holds it. */
  readonly from: Instant
  readonly to: Instant
  readonly ms: Millis
  /** Milli-pieces of scrap and rework. */
  readonly milli: number
  readonly nano: Nano
}

/** A loss in a pane, of nothing yet. */
export const lossIn = ({ span }: Case, { machine, shift, order, product }: Pane, kind: LossKind): Loss => ({
  machine,
  kind,
  state: null,
  reason: null,
  shift,
  order,
  product,
  operation: null,
  ...span,
  ms: 0,
  milli: 0,
  nano: 0n,
})

/** Is a post of this pane? */
export const isAt = (pane: Pane, post: Post): boolean =>
  pane.machine === post.machine &&
  pane.start === post.at &&
  pane.shift === post.shift &&
  pane.order === post.order &&
  pane.product === post.product

/** What losses have in common that are shown as one. */
export const causeOf = ({ machine, kind, state, reason }: Loss): string =>
  JSON.stringify([machine, kind, state, reason])

const same = (a: string | null, b: string | null): string | null => (a === b ? a : null)

/** Two losses of one key as one; where a shift, an order, a product or an operation differs it is null. */
export const addLoss = (sum: Loss, loss: Loss): Loss => ({
  ...sum,
  shift: sum.shift === loss.shift ? sum.shift : null,
  order: same(sum.order, loss.order),
  product: same(sum.product, loss.product),
  operation: same(sum.operation, loss.operation),
  from: Math.min(sum.from, loss.from),
  to: Math.max(sum.to, loss.to),
  ms: sum.ms + loss.ms,
  milli: sum.milli + loss.milli,
  nano: sum.nano + loss.nano,
})

export const dearestFirst = (a: Loss, b: Loss): number => (a.nano === b.nano ? 0 : a.nano > b.nano ? -1 : 1)

/** Losses with the same key as one, dearest first. */
export function addLosses(losses: readonly Loss[], keyOf: (loss: Loss) => string = causeOf): Loss[] {
  const sums = new Map<string, Loss>()
  for (const loss of losses) {
    const key = keyOf(loss)
    const sum = sums.get(key)
    sums.set(key, sum ? addLoss(sum, loss) : loss)
  }
  return [...sums]
    .toSorted(([a, one], [b, other]) => dearestFirst(one, other) || (a < b ? -1 : 1))
    .map(([, loss]) => loss)
}
