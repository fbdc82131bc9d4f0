/**
 * 1 Direct material. Where it is booked by use, a piece takes its standard quantity, allowance included, when it has passed the operation
 * at which the material enters; an issue then adds what it gave beyond the standard of the pieces planned (`planned/<operation>`), and
 * a return takes back. An order's total is what was issued to it, and an hour's cost does not jump with the lot. Where it is booked by
 * issue, the issue is the cost. Scrap is shown by its own element.
 */
import { PPM, evenDiv } from '../rounding.ts'
import { placeOf, type Case, type Outcome, type PlacedHole, type Post } from '../valuationCase.ts'
import { standardOf, type MaterialUse } from '../valueRouting.ts'
import { holesOfPieces, workedIn } from '../value.ts'
import { givenUp } from './loss.ts'
import type { Pane } from '../pane.ts'
import type { Element } from './element.ts'

/** Milli-pieces × milli-units a piece × millionths, to nano-yuan. */
const usedNano = (
  milliPieces: number,
  { milliPpm, price }: Pick<MaterialUse, 'milliPpm' | 'price'>,
): bigint => evenDiv(BigInt(milliPieces) * milliPpm * BigInt(price), 1000n * PPM)

function used(work: Case): Post[] {
  return workedIn(work).worked.flatMap(({ pane, book, operation, good, scrap }) => {
    const byUse = ({ material }: MaterialUse) => book.find('material', material)?.booking === 'use'
    const nano =
      operation.materials.filter(byUse).reduce((sum, use) => sum + usedNano(good, use), 0n) +
      operation.materialsLost.filter(byUse).reduce((sum, use) => sum + usedNano(scrap, use), 0n)
    return nano === 0n ? [] : [{ ...placeOf(pane), at: pane.start, nano, provenance: 'standard' as const }]
  })
}

function issued(work: Case): Outcome {
  const posts: Post[] = []
  const holes: PlacedHole[] = []
  for (const pane of work.panes)
    for (const [name, milli] of Object.entries(pane.drivers)) {
      if (!name.startsWith('material/')) continue
      const nano = issuedNano(work, pane, name, milli)
      if (typeof nano !== 'bigint') holes.push({ ...nano, machine: pane.machine })
      else if (nano !== 0n) posts.push({ ...placeOf(pane), at: pane.start, nano, provenance: 'measured' })
    }
  return { posts, holes }
}

function issuedNano(
  work: Case,
  pane: Pane,
  name: string,
  milli: number,
): bigint | Omit<PlacedHole, 'machine'> {
  const [, material, unit] = name.split('/')
  const book = work.books.at(pane.start)
  const record = book.find('material', material!)
  const unknown = { reason: 'unknown_material', of: `${material}/${unit}` } as const
  if (!record) return unknown
  const found = pane.product === null ? null : standardOf(book, pane.product)
  const standard = found?.standard?.issueOf(material!)
  const planned = standard ? pane.drivers[`planned/${standard.operation}`] : undefined
  // of an issue without a plan it is not known what lies beyond the standard; its pieces will cost theirs, in whatever unit it came
  if (record.booking === 'use' && milli >= 0 && (!standard || planned === undefined)) return 0n
  if (record.unit !== unit) return unknown
  // a return is all beyond the standard
  if (record.booking === 'issue' || milli < 0) return BigInt(milli) * BigInt(record.price)
  return (
    BigInt(milli) * BigInt(record.price) -
    usedNano(planned!, { milliPpm: standard!.milliPpm, price: record.price })
  )
}

export const material: Element = {
  id: 'material',
  title: { zh: '直接材料', en: 'Direct material' },
  driver: 'kg and pieces issued; standard quantity of pieces made',
  behaviour: 'variable',
  allocation: 'traced to the order; else standard quantity of the bill of material',
  of: (work) => {
    const issues = issued(work)
    return {
      posts: [...used(work), ...issues.posts, ...givenUp(work, 'material')],
      holes: [...issues.holes, ...holesOfPieces(work, 'good', 'scrap')],
    }
  },
}
