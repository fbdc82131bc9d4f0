/** 9 Tooling: every cycle uses each tool of its machine once; a use costs its price over the cycles after which it is changed. */
import { PPM, evenDiv } from '../rounding.ts'
import { placeOf, type Case, type Post } from '../valuationCase.ts'
import { processedOf } from '../pane.ts'
import { budgeted } from './budget.ts'
import type { Element } from './element.ts'

function uses(work: Case): Post[] {
  return work.panes.flatMap((pane) => {
    const milli = Object.values(processedOf(pane)).reduce((sum, value) => sum + value, 0)
    if (milli === 0) return []
    const { kind } = work.machines.get(pane.machine) ?? { kind: '' }
    const nano = work.books
      .at(pane.start)
      .all('tool')
      .filter(([, { kinds }]) => kinds.includes(kind))
      .reduce(
        (sum, [, { price, lifeCycles, plannedPpm }]) =>
          sum + evenDiv(BigInt(milli) * BigInt(price) * PPM, BigInt(lifeCycles) * BigInt(plannedPpm)),
        0n,
      )
    return nano === 0n ? [] : [{ ...placeOf(pane), at: pane.start, nano, provenance: 'measured' as const }]
  })
}

export const tooling: Element = {
  id: 'tooling',
  title: { zh: '刀具耗材', en: 'Tooling' },
  driver: 'cycles × price over planned life',
  behaviour: 'variable',
  allocation: 'traced to the machine',
  of: (work) => ({ posts: [...uses(work), ...budgeted(work, 'tooling')], holes: [] }),
}
