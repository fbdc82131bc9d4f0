/** Standard cost of scrap and rework in a case: element 11 shows it, material, labour and machine-hour give it up. */
import { lossOfRework, lossOfScrap, type PieceLoss } from '../scrap.ts'
import { once, placeOf, type Case, type Post } from '../valuationCase.ts'
import { workedIn } from '../value.ts'

type Part = keyof PieceLoss

/** Nano-yuan of a part, by place: milli-pieces of micro-yuan. */
export function lossPosts(work: Case, part: Part): readonly Post[] {
  return once(work, `loss/${part}`, () =>
    workedIn(work).worked.flatMap(({ pane, book, operation, scrap, rework }) => {
      if (scrap === 0 && rework === 0) return []
      const nano =
        BigInt(scrap) * lossOfScrap(operation)[part] + BigInt(rework) * lossOfRework(operation, book)[part]
      return nano === 0n ? [] : [{ ...placeOf(pane), at: pane.start, nano, provenance: 'measured' as const }]
    }),
  )
}

/** Stream of what is taken out: the gross view leaves it and element 11 out. */
export const GIVEN_UP = 'given_up'

/** The same amounts taken out of the element where they arose: at standard, whatever was measured there. */
export const givenUp = (work: Case, part: Part): Post[] =>
  lossPosts(work, part).map((post) => ({
    ...post,
    nano: -post.nano,
    provenance: 'standard',
    stream: GIVEN_UP,
  }))
