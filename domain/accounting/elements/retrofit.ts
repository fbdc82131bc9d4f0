/** 15 The retrofit itself: amortisation, cloud fee, sensors. It stands inside the cost that it is to lower. */
import { budgeted } from './budget.ts'
import type { Element } from './element.ts'

export const retrofit: Element = {
  id: 'retrofit',
  title: { zh: '改造自身', en: 'Retrofit' },
  driver: 'planned person-hours',
  behaviour: 'fixed',
  allocation: 'the plant',
  of: (work) => ({ posts: budgeted(work, 'retrofit'), holes: [] }),
}
