/** 11 Scrap and rework at dated standard cost: everything that the lost pieces and repeated operations had taken, less salvage. */
import type { Case, PlacedHole, Post } from '../valuationCase.ts'
import { holesOfPieces, workedIn } from '../value.ts'
import { lossPosts } from './loss.ts'
import type { Element } from './element.ts'

const posts = (work: Case): Post[] =>
  (['material', 'labour', 'machine', 'own'] as const).flatMap((part) => lossPosts(work, part))

/** Repeated tests whose repair has no price. */
const withoutRepair = (work: Case): PlacedHole[] =>
  workedIn(work).worked.flatMap(({ pane, book, operation, rework }) =>
    rework > 0 && operation.confirms && !book.find('quality', 'rates')
      ? [{ ...book.holeOf('quality', 'rates'), machine: pane.machine }]
      : [],
  )

export const scrap: Element = {
  id: 'scrap',
  title: { zh: '废品与返工', en: 'Scrap and rework' },
  driver: 'pieces rejected or repeated × standard cost to the operation',
  behaviour: 'variable',
  allocation: 'product and order that caused it',
  of: (work) => ({
    posts: posts(work),
    holes: [...holesOfPieces(work, 'scrap', 'rework'), ...withoutRepair(work)],
  }),
}
