/** 14 Plant overhead from the books, by planned person-hours. */
import { budgeted } from './budget.ts'
import type { Element } from './element.ts'

export const overhead: Element = {
  id: 'overhead',
  title: { zh: '制造管理', en: 'Plant overhead' },
  driver: 'planned person-hours',
  behaviour: 'fixed',
  allocation: 'machine-hours or value added',
  of: (work) => ({ posts: budgeted(work, 'overhead'), holes: [] }),
}
