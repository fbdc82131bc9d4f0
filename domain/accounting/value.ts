/**
 * Output value of a window: what good pieces gained at each operation, less what scrapped pieces had gained before. Over a whole
 * routing it sums to the price of finished pieces and the change of work in progress. Finished value alone is the base of u_raw.
 */
import { standardOf, type OperationStandard, type ProductStandard } from './valueRouting.ts'
import { once, placeOf, type Case, type Place, type PlacedHole, type Provenance } from './valuationCase.ts'
import type { Nano } from './rounding.ts'
import type { Pane } from './pane.ts'
import { OUTSIDE, type Book, type Hole } from './records.ts'

export type ValuePost = Place & {
  readonly at: number
  readonly added: Nano
  readonly scrapped: Nano
  /** Price of pieces that passed their final confirmation. */
  readonly finished: Nano
  readonly provenance: Provenance
}

/** Milli-pieces of one operation. */
type Pieces = {
  readonly good: number
  readonly scrap: number
  readonly rework: number
  /** Outside work that came back. */
  readonly received: number
}

/** Pieces of one operation in a pane, with its standard. */
export type Worked = Pieces & {
  readonly pane: Pane
  readonly book: Book
  readonly price: number
  readonly operation: OperationStandard
}

/** All work of a case with its standards, and what has none. */
export function workedIn(work: Case): {
  readonly worked: readonly Worked[]
  readonly unvalued: readonly (Pieces & { readonly hole: PlacedHole })[]
} {
  return once(work, 'worked', () => {
    const worked: Worked[] = []
    const unvalued: (Pieces & { readonly hole: PlacedHole })[] = []
    for (const pane of work.panes) {
      const received = receivedIn(pane)
      const told = pane.drivers['packed'] ?? 0
      const names = new Set([
        ...Object.keys(pane.good),
        ...Object.keys(pane.scrap),
        ...Object.keys(pane.rework),
        ...received.keys(),
      ])
      if (names.size === 0 && told === 0) continue
      const book = work.books.at(pane.start)
      const found = pane.product === null ? null : standardOf(book, pane.product)
      const packed = told === 0 ? null : packedAt(work, pane, found?.standard ?? null)
      if (packed !== null) names.add(packed)
      for (const name of names) {
        const pieces: Pieces = {
          good: (pane.good[name] ?? 0) + (name === packed ? told : 0),
          scrap: pane.scrap[name] ?? 0,
          rework: pane.rework[name] ?? 0,
          received: received.get(name) ?? 0,
        }
        const missing = (hole: Hole) => unvalued.push({ ...pieces, hole: { ...hole, machine: pane.machine } })
        const operation = found?.standard?.operations.get(name)
        if (found === null) missing({ reason: 'unknown_product', of: [...names].join(' ') })
        else if (found.standard === null) missing(found.hole)
        else if (!operation) missing({ reason: 'unknown_operation', of: `${pane.product}/${name}` })
        else worked.push({ ...pieces, pane, book, price: found.standard.price, operation })
      }
    }
    return { worked, unvalued }
  })
}

/**
 * The operation at which packed pieces are good ones: the one that confirms the product, where it is done at such a machine and no register
 * counts there. Elsewhere packing follows the test that confirmed them, and adds nothing. Without a standard nobody knows: they are told,
 * and have no value.
 */
function packedAt(work: Case, pane: Pane, standard: ProductStandard | null): string | null {
  const machine = work.machines.get(pane.machine)
  if (!machine || machine.registers.has('good')) return null
  if (standard === null) return 'packed'
  const confirming = [...standard.operations.values()].filter(({ confirms }) => confirms)
  return confirming.find(({ workCentre }) => workCentre === machine.kind)?.operation ?? null
}

/** Holes that leave pieces of one of these kinds without a value; where there are no such pieces nothing is missing. */
export const holesOfPieces = (work: Case, ...kinds: readonly (keyof Pieces)[]): PlacedHole[] =>
  workedIn(work)
    .unvalued.filter((pieces) => kinds.some((kind) => pieces[kind] > 0))
    .map(({ hole }) => hole)

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
  const posts = workedIn(work).worked.map(({ pane, price, operation, good, scrap, received }): ValuePost => {
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
  return { posts, holes: holesOfPieces(work, 'good', 'scrap', 'received') }
}
