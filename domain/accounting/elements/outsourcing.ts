/** 12 Outsourced processing: pieces received × price, to the order; a receipt is no cost of the terminal that tells it. */
import { OUTSIDE } from '../records.ts'
import { placeOf, type Case, type Post } from '../valuationCase.ts'
import { holesOfPieces, workedIn } from '../value.ts'
import { budgeted } from './budget.ts'
import type { Element } from './element.ts'

const receipts = (work: Case): Post[] =>
  workedIn(work).worked.flatMap(({ pane, operation, received }) =>
    received !== 0 && operation.workCentre === OUTSIDE
      ? [
          {
            ...placeOf(pane),
            machine: null,
            at: pane.start,
            nano: BigInt(received) * BigInt(operation.outside),
            provenance: 'measured' as const,
          },
        ]
      : [],
  )

export const outsourcing: Element = {
  id: 'outsourcing',
  title: { zh: '外协', en: 'Outsourced processing' },
  driver: 'pieces received × price',
  behaviour: 'variable',
  allocation: 'traced to the order',
  of: (work) => ({
    posts: [...receipts(work), ...budgeted(work, 'outsourcing')],
    holes: holesOfPieces(work, 'received'),
  }),
}
