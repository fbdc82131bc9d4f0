/**
 * What the standards say of each operation of a product: its share of the price, the standard cost of a piece when it is done, the
 * material that enters. Shares of a routing sum to the price to the micro-yuan.
 *
 * Operations that nobody counts (work_centre.counted false) add nothing of their own: their share and their material are taken in at
 * the next operation of their part that is counted, as a milestone takes in what was done before it. So a plant that counts finished
 * pieces only still has its whole value and material.
 */
import { OUTSIDE, type Book, type Hole, type RoutingOperation } from './records.ts'
import { PPM, evenDiv, type Micro } from './rounding.ts'

/** Material that a piece takes: nano-yuan for a milli-piece would not be whole, so quantity and price stay apart. */
export type MaterialUse = {
  readonly material: string
  /** Milli-units a piece with the standard allowance, in millionths. */
  readonly milliPpm: bigint
  readonly price: Micro
}

export type OperationStandard = {
  readonly operation: string
  readonly workCentre: string
  readonly standardMs: number
  /** Micro-yuan that a good piece adds here, and what a piece was worth before. */
  readonly value: bigint
  readonly valueBefore: bigint
  /** Standard cost of a piece that is done here, micro-yuan, without the allowance for over-issue. */
  readonly standard: { readonly material: bigint; readonly labour: bigint; readonly machine: bigint }
  /** Labour and machine at standard of this operation alone: what a piece costs that repeats it. */
  readonly own: { readonly labour: bigint; readonly machine: bigint }
  readonly outside: Micro
  readonly salvage: Micro
  readonly confirms: boolean
  /** Taken by a good piece, and by one that is lost here. */
  readonly materials: readonly MaterialUse[]
  readonly materialsLost: readonly MaterialUse[]
}

export type ProductStandard = {
  readonly price: Micro
  readonly operations: ReadonlyMap<string, OperationStandard>
  /** Milli-units of a material that a piece takes at its operation, with allowance, in millionths. */
  readonly issueOf: (material: string) => { readonly operation: string; readonly milliPpm: bigint } | null
}

export type StandardFound =
  { readonly standard: ProductStandard } | { readonly standard: null; readonly hole: Hole }

const found = new WeakMap<Book, Map<string, StandardFound>>()

/** The standards of a product in a book; made once for each book. */
export function standardOf(book: Book, product: string): StandardFound {
  let ofBook = found.get(book)
  if (!ofBook) found.set(book, (ofBook = new Map()))
  let known = ofBook.get(product)
  if (!known) ofBook.set(product, (known = makeStandard(book, product)))
  return known
}

/** Weights in nano-yuan: material with over-issue, machine time at the rate of all elements, outside work. */
function makeStandard(book: Book, product: string): StandardFound {
  const price = book.find('product', product)
  const routing = book.find('routing', product)
  if (!price) return { standard: null, hole: book.holeOf('product', product) }
  if (!routing) return { standard: null, hole: book.holeOf('routing', product) }
  const bom = book.find('bom', product) ?? { items: [], overIssuePpm: 0 }
  const missing = holesOf(book, routing.operations, bom.items)
  if (missing) return { standard: null, hole: missing }

  const main = routing.operations.filter((op) => op.insteadOf === undefined)
  const entering = (operation: string) => bom.items.filter((item) => item.operation === operation)
  const priceOf = (material: string) => book.find('material', material)!.price
  const materialNano = (operation: string) =>
    entering(operation).reduce((sum, item) => sum + BigInt(item.milli) * BigInt(priceOf(item.material)), 0n)
  const weight = (op: RoutingOperation): bigint =>
    evenDiv(materialNano(op.operation) * (PPM + BigInt(bom.overIssuePpm)), PPM) +
    (op.workCentre === OUTSIDE
      ? BigInt(op.outside) * 1000n
      : evenDiv(BigInt(op.standardMs) * BigInt(book.find('work_centre', op.workCentre)!.rate), 3600n))
  const total = main.reduce((sum, op) => sum + weight(op), 0n)
  if (total === 0n) return { standard: null, hole: { reason: 'bad_reference', of: `routing/${product}` } }

  const operations = new Map<string, OperationStandard>()
  const lastPart = main.at(-1)!.part
  const whole: Carried = { material: 0n, labour: 0n, machine: 0n, credited: 0n, waiting: 0n, taken: [] }
  let [run, given] = [0n, 0n]
  let part = ''
  let own: Carried = { ...whole }
  for (const op of main) {
    if (op.part !== part) {
      if (part !== '') addParts(whole, own)
      part = op.part
      own = part === lastPart ? { ...whole, taken: [...whole.taken] } : { ...EMPTY, taken: [] }
    }
    run += weight(op)
    const share = evenDiv(BigInt(price.price) * run, total) - given
    given += share
    const alone = ownOf(book, op)
    own.material += evenDiv(materialNano(op.operation), 1000n)
    own.labour += alone.labour
    own.machine += alone.machine
    own.waiting += share
    own.taken.push(
      ...entering(op.operation).map((item) => ({
        material: item.material,
        milliPpm: BigInt(item.milli) * (PPM + BigInt(item.allowancePpm)),
        price: priceOf(item.material),
      })),
    )
    const counted = book.find('work_centre', op.workCentre)?.counted ?? true
    const before = own.credited
    const added = counted ? own.waiting : 0n
    const standards: OperationStandard = {
      operation: op.operation,
      workCentre: op.workCentre,
      standardMs: op.standardMs,
      value: added,
      valueBefore: before,
      standard: { material: own.material, labour: own.labour, machine: own.machine },
      own: alone,
      outside: op.outside,
      salvage: op.salvage,
      confirms: op.confirms === true,
      materials: counted ? own.taken : [],
      materialsLost: own.taken,
    }
    operations.set(op.operation, standards)
    for (const other of routing.operations.filter(({ insteadOf }) => insteadOf === op.operation))
      operations.set(other.operation, {
        ...standards,
        operation: other.operation,
        workCentre: other.workCentre,
        standardMs: other.standardMs,
        own: ownOf(book, other),
        outside: other.outside,
        salvage: other.salvage,
      })
    if (!counted) own.taken = [...own.taken]
    else {
      own.credited += own.waiting
      own.waiting = 0n
      own.taken = []
    }
  }
  return {
    standard: {
      price: price.price,
      operations,
      issueOf: (material) => {
        const item = bom.items.find((one) => one.material === material)
        return item
          ? { operation: item.operation, milliPpm: BigInt(item.milli) * (PPM + BigInt(item.allowancePpm)) }
          : null
      },
    },
  }
}

/** What a piece of a part carries on: standard cost, value already credited and value that still waits for a count. */
type Carried = {
  material: bigint
  labour: bigint
  machine: bigint
  credited: bigint
  waiting: bigint
  taken: MaterialUse[]
}
const EMPTY = { material: 0n, labour: 0n, machine: 0n, credited: 0n, waiting: 0n } as const

function addParts(whole: Carried, own: Carried): void {
  whole.material += own.material
  whole.labour += own.labour
  whole.machine += own.machine
  whole.credited += own.credited
  whole.waiting += own.waiting
  whole.taken.push(...own.taken)
}

/** Labour and machine of one piece at standard: standard time over effectiveness, micro-yuan. */
function ownOf(book: Book, op: RoutingOperation): { readonly labour: bigint; readonly machine: bigint } {
  const centre = op.workCentre === OUTSIDE ? null : book.find('work_centre', op.workCentre)
  if (!centre) return { labour: 0n, machine: 0n }
  const cost = (rate: Micro) =>
    evenDiv(BigInt(op.standardMs) * BigInt(rate) * PPM, 3_600_000n * BigInt(centre.effectivenessPpm))
  return { labour: cost(centre.labour), machine: cost(centre.machine) }
}

/** The first record that a routing names and that is not there. */
function holesOf(
  book: Book,
  operations: readonly RoutingOperation[],
  items: readonly { readonly material: string; readonly operation: string }[],
): Hole | null {
  if (operations.length === 0) return { reason: 'bad_reference', of: 'routing' }
  for (const { workCentre } of operations)
    if (workCentre !== OUTSIDE && !book.find('work_centre', workCentre))
      return book.holeOf('work_centre', workCentre)
  for (const { material, operation } of items) {
    if (!book.find('material', material)) return book.holeOf('material', material)
    if (!operations.some((op) => op.operation === operation && op.insteadOf === undefined))
      return { reason: 'bad_reference', of: operation }
  }
  return null
}
