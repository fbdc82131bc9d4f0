/** 13 Quality: tests at the operation that confirms a piece, certificate and warranty of each good one, calibration from the books. */
import { PPM, evenDiv } from '../rounding.ts'
import { placeOf, type Case, type Outcome, type PlacedHole, type Post } from '../valuationCase.ts'
import { holesOfPieces, workedIn } from '../value.ts'
import { budgeted, isBudgeted } from './budget.ts'
import type { Element } from './element.ts'

function tests(work: Case): Outcome {
  const posts: Post[] = []
  const holes: PlacedHole[] = []
  for (const { pane, book, price, operation, good, scrap, rework } of workedIn(work).worked) {
    // work that came back from outside is not tested here
    if (!operation.confirms || good + scrap + rework === 0) continue
    const rates = book.find('quality', 'rates')
    if (!rates) {
      // a plant that knows its cost of quality from the books alone
      if (isBudgeted(book, 'quality')) continue
      holes.push({ ...book.holeOf('quality', 'rates'), machine: pane.machine })
      continue
    }
    const nano =
      BigInt(good + scrap + rework) * BigInt(rates.test) +
      BigInt(good) * BigInt(rates.certificate) +
      evenDiv(BigInt(good) * BigInt(price) * BigInt(rates.warrantyPpm), PPM)
    if (nano !== 0n) posts.push({ ...placeOf(pane), at: pane.start, nano, provenance: 'measured' })
  }
  return { posts, holes }
}

export const quality: Element = {
  id: 'quality',
  title: { zh: '质量', en: 'Quality' },
  driver: 'tests, good pieces, accrual rates',
  behaviour: 'mixed',
  allocation: 'test-bench minutes',
  of: (work) => {
    const { posts, holes } = tests(work)
    return {
      posts: [...posts, ...budgeted(work, 'quality')],
      holes: [...holes, ...holesOfPieces(work, 'good', 'scrap', 'rework')],
    }
  },
}
