/** Pages of the navigation. Only pages that exist, and only those the role may use. */
import { computed } from 'vue'
import { may } from '../session.ts'

const PAGES = [
  { path: '/wall', key: 'wall' },
  { path: '/machines', key: 'machines' },
  { path: '/cost', key: 'cost' },
  { path: '/report', key: 'report' },
  { path: '/stops', key: 'stops' },
  { path: '/data', key: 'data' },
  { path: '/sim', key: 'sim' },
  { path: '/records', key: 'records' },
  { path: '/reconciliation', key: 'reconciliation' },
  { path: '/people', key: 'people' },
] as const
/** What a page needs; the others are for everyone. */
const NEEDS: Readonly<Partial<Record<(typeof PAGES)[number]['key'], string>>> = {
  cost: 'read.figures',
  report: 'read.figures',
  stops: 'correct.state',
  sim: 'simulate',
  records: 'read.records',
  reconciliation: 'read.figures',
  people: 'people',
}

export const navPages = computed(() =>
  PAGES.filter(({ key }) => {
    const need = NEEDS[key]
    return need === undefined || may(need)
  }),
)
