/**
 * Output value of a window: what good pieces gained at each operation, less what scrapped pieces had gained before. Over a whole
 * routing it sums to the price of finished pieces and the change of work in progress. Finished value alone is the base of u_raw.
 */
import { standardOf, type OperationStandard } from './valueRouting.ts'
import { once, placeOf, type Case, type Place, type PlacedHole, type Provenance } from './valuationCase.ts'
import type { Nano } from './rounding.ts'
import type { Pane } from './pane.ts'
import { OUTSIDE, type Book } from './records.ts'

export type ValuePost = Place & {
  readonly at: number
  readonly added: Nano
  readonly scrapped: Nano
  /** Price of pieces that passed their final confirmation. */
  readonly finished: Nano
  readonly provenance: Provenance
}

/** Milli-pieces of one operation in a pane, with its standard. */
export type Worked = {
  readonly pane: Pane
  readonly book: Book
  readonly price: number
  readonly operation: OperationStandard
  readonly good: number
  readonly scrap: number
  readonly rework: number
  /** Milli-pieces of outside work that came back. */
  readonly received: number
}

/** All work of a case with its standards, and what has none. */
export function workedIn(work: Case): {
  readonly worked: readonly Worked[]
  readonly holes: readonly PlacedHole[]
} {
  return once(work, 'worked', () => {
    const worked: Worked[] = []
    const holes: PlacedHole[] = []
    for (const pane of work.panes) {
      const received = receivedIn(pane)
      const names = new Set([
        ...Object.keys(pane.good),
        ...Object.keys(pane.scrap),
        ...Object.keys(pane.rework),
        ...received.keys(),
      ])
      if (names.size === 0) continue
      const book = work.books.at(pane.start)
      if (pane.product === null) {
        holes.push({ reason: 'unknown_product', of: [...names].join(' '), machine: pane.machine })
        continue
      }
      const found = standardOf(book, pane.product)
      if (found.standard === null) {
        holes.push({ ...found.hole, machine: pane.machine })
        continue
      }
      for (const name of names) {
        const operation = found.standard.operations.get(name)
        if (operation)
          worked.push({
            pane,
            book,
            price: found.standard.price,
            operation,
            good: pane.good[name] ?? 0,
            scrap: pane.scrap[name] ?? 0,
            rework: pane.rework[name] ?? 0,
            received: received.get(name) ?? 0,
          })
        else
          holes.push({
            reason: 'unknown_operation',
            of: `${pane.product}/${name}`,
            machine: pane.machine,
          })
      }
    }
    return { worked, holes }
  })
}

function receivedIn({ drivers }: Pane): Map<string, number> {
  const received = new Map<string, number>()
  for (const [name, milli] of Object.entries(drivers))
    if (name.startsWith('receipt/')) received.set(name.slice('receipt/'.length), milli)
  return received
}

/** Posts of value. A milli-piece of micro-yuan is a nano-yuan. Outside work is told by a terminal and belongs to no machine. */
export function valueOf(work: Case): {
  readonly posts: readonly ValuePost[]
  readonly holes: readonly PlacedHole[]
} {
  const { worked, holes } = workedIn(work)
  const posts = worked.map(({ pane, price, operation, good, scrap, received }): ValuePost => {
    const { workCentre, value, valueBefore, confirms } = operation
    const outside = workCentre === OUTSIDE
    return {
      ...placeOf(pane),
      machine: outside ? null : pane.machine,
      at: pane.start,
      added: BigInt(outside ? received : good) * value,
      scrapped: BigInt(scrap) * valueBefore,
      finished: confirms ? BigInt(good) * BigInt(price) : 0n,
      provenance: 'measured',
    }
  })
  return { posts, holes }
}
