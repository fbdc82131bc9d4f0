/** 6 Compressed air with its electricity, water, nitrogen, coolant and what else is used up: a shared pool. */
import { AIR_POWER, adjustmentOf, energyPosts } from './energy.ts'
import { evenDiv } from '../rounding.ts'
import { HOUR } from '#domain/time.ts'
import { budgeted } from './budget.ts'
import { mediumPrice, metered } from './metered.ts'
import {
  NOWHERE,
  grownIn,
  placeOf,
  type Case,
  type Outcome,
  type PlacedHole,
  type Post,
} from '../valuationCase.ts'
import type { Element } from './element.ts'

/** The air pool's electricity, with the power factor on it. */
export function airPower(work: Case): Outcome {
  const { posts, holes } = energyPosts(work, true)
  return {
    posts: posts.map((post) => ({
      ...post,
      nano: post.nano + adjustmentOf(work, post),
      stream: AIR_POWER,
    })),
    holes,
  }
}

/** Oil, filters and water of the compressors, by the air that they delivered. */
function airConsumables(work: Case): Outcome {
  const posts: Post[] = []
  const holes: PlacedHole[] = []
  for (const pane of work.panes) {
    const dm3 = grownIn(work, pane, 'air')
    if (!dm3) continue
    const book = work.books.at(pane.start)
    const medium = book.find('medium', 'air')
    if (medium)
      posts.push({
        ...NOWHERE,
        shift: pane.shift,
        at: pane.start,
        nano: BigInt(dm3) * BigInt(medium.price),
        provenance: 'measured',
        stream: 'air_consumables',
      })
    else holes.push({ ...book.holeOf('medium', 'air'), machine: null })
  }
  return { posts, holes }
}

/** Coolant and the like, at standard for each run-hour. */
function usedByRunning(work: Case): Post[] {
  return work.panes.flatMap((pane) => {
    const run = pane.states['RUN'] ?? 0
    if (run === 0) return []
    const { kind } = work.machines.get(pane.machine) ?? { kind: '' }
    return work.books
      .at(pane.start)
      .all('consumption')
      .flatMap(([, { kinds, milliPerRunHour, price }]): Post[] =>
        kinds.includes(kind)
          ? [
              {
                ...placeOf(pane),
                at: pane.start,
                nano: evenDiv(BigInt(run) * BigInt(milliPerRunHour) * BigInt(price), BigInt(HOUR)),
                provenance: 'standard',
              },
            ]
          : [],
      )
  })
}

export const media: Element = {
  id: 'media',
  title: { zh: '辅助介质', en: 'Compressed air and media' },
  driver: 'Nm³, m³ and kg by register; run-hours',
  behaviour: 'variable',
  allocation: 'air by Nm³ of run-hours at nominal flow',
  of: (work) => {
    const parts = [
      airPower(work),
      airConsumables(work),
      metered(work, 'water', mediumPrice('water')),
      metered(work, 'nitrogen', mediumPrice('nitrogen')),
      { posts: [...usedByRunning(work), ...budgeted(work, 'media')], holes: [] },
    ]
    return { posts: parts.flatMap(({ posts }) => posts), holes: parts.flatMap(({ holes }) => holes) }
  },
}
