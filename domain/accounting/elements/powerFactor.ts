/**
 * 4 Power factor: a share of energy and basic charge. Its part on the air pool's electricity goes with the pool. Rounded down for
 * each quarter-hour, so that windows sum alike.
 */
import { basicOfMonth } from '../electricity/charge.ts'
import { accruedPosts, peakPosts } from './demand.ts'
import { adjusted, adjustmentOf, contractOf, energyPosts } from './energy.ts'
import { NOWHERE, type Case, type Outcome, type Post } from '../valuationCase.ts'
import type { Element } from './element.ts'

function powerFactorPosts(work: Case): Outcome {
  const energy = energyPosts(work, false)
  const found = contractOf(work.books.at(work.span.from))
  const isAdjusted = 'hole' in found || found.contract.powerFactor !== null
  // one post for each quarter-hour and shift: the bill knows no machines
  const quarters = new Map<string, Post>()
  for (const { at, shift, nano } of energy.posts) {
    const key = `${at}/${shift ?? ''}`
    const sum = quarters.get(key)?.nano ?? 0n
    quarters.set(key, { ...NOWHERE, at, shift, nano: sum + nano, provenance: 'standard' })
  }
  const basic = accruedPosts(work, (contract) =>
    contract.basic ? adjusted(contract, basicOfMonth(contract.basic)) : 0n,
  )
  const adjustments = [...quarters.values(), ...peakPosts(work)].map((post): Post => ({
    ...NOWHERE,
    shift: post.shift,
    at: post.at,
    nano: adjustmentOf(work, post),
    provenance: 'standard',
  }))
  return {
    posts: [...adjustments.filter(({ nano }) => nano !== 0n), ...basic.posts],
    // where no power factor is billed, a price that is missing leaves nothing open here
    holes: [...(isAdjusted ? energy.holes : []), ...basic.holes],
  }
}

export const powerFactor: Element = {
  id: 'power_factor',
  title: { zh: '功率因数调整', en: 'Power factor' },
  driver: 'kWh and kvarh of the month',
  behaviour: 'mixed',
  allocation: 'lagging kvarh',
  of: powerFactorPosts,
}
