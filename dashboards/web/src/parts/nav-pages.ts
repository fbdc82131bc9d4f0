/** Pages of the navigation. Only pages that exist, and only those the role may use. */
import { computed } from 'vue'
import { may } from '../session.ts'

const PAGES = [
  { path: '/wall', key: 'wall' },
  { path: '/machines', key: 'machines' },
  { path: '/data', key: 'data' },
  { path: '/people', key: 'people' },
] as const

export const navPages = computed(() => PAGES.filter((page) => page.key !== 'people' || may('people')))
