/** Pages. The address carries page, firm and language, so that it can be sent to somebody or kept as a wall's start page. */
import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { watch } from 'vue'
import { askSession, seat } from './session.ts'
import { i18n, isLang, setLang } from './words/words.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shown without a session. */
    open?: boolean
    theme?: 'wall' | 'desk'
    title: string
  }
}

export const router = createRouter({
  history: createWebHistory(),
  // what is opened on a page by its address leaves the page where it is
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  routes: [
    { path: '/', redirect: '/wall' },
    {
      path: '/sign-in',
      component: () => import('./pages/sign-in.vue'),
      meta: { open: true, title: 'signIn.title' },
    },
    {
      path: '/setup',
      component: () => import('./pages/setup.vue'),
      meta: { open: true, title: 'setup.title' },
    },
    {
      path: '/wall',
      component: () => import('./pages/wall.vue'),
      meta: { theme: 'wall', title: 'nav.wall' },
    },
    { path: '/machines', component: () => import('./pages/machines.vue'), meta: { title: 'nav.machines' } },
    {
      // The path's levels as they are, `/machines/main/machining/l1/lathe-07`: dots would look like a file to a web server.
      path: '/machines/:id+',
      component: () => import('./pages/machine.vue'),
      meta: { title: 'nav.machines' },
    },
    { path: '/cost', component: () => import('./pages/cost.vue'), meta: { title: 'nav.cost' } },
    { path: '/report', component: () => import('./pages/report.vue'), meta: { title: 'nav.report' } },
    {
      path: '/report/shift',
      component: () => import('./pages/report-shift.vue'),
      meta: { title: 'nav.report' },
    },
    { path: '/stops', component: () => import('./pages/stops.vue'), meta: { title: 'nav.stops' } },
    { path: '/data', component: () => import('./pages/data-health.vue'), meta: { title: 'nav.data' } },
    { path: '/sim', component: () => import('./pages/simulators.vue'), meta: { title: 'nav.sim' } },
    { path: '/records', component: () => import('./pages/records.vue'), meta: { title: 'nav.records' } },
    {
      path: '/reconciliation',
      component: () => import('./pages/reconciliation.vue'),
      meta: { title: 'nav.reconciliation' },
    },
    { path: '/people', component: () => import('./pages/people.vue'), meta: { title: 'nav.people' } },
    { path: '/:rest(.*)*', component: () => import('./pages/not-found.vue'), meta: { title: 'notFound' } },
  ],
})

const keptQuery = (to: RouteLocationNormalized, from: RouteLocationNormalized): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const key of ['firm', 'lang']) {
    const value = from.query[key]
    if (to.query[key] === undefined && typeof value === 'string') kept[key] = value
  }
  return kept
}

router.beforeEach(async (to, from) => {
  const kept = keptQuery(to, from)
  if (Object.keys(kept).length) return { ...to, query: { ...to.query, ...kept } }
  setLang(isLang(to.query['lang']) ? to.query['lang'] : 'zh')
  document.documentElement.dataset['theme'] = to.meta.theme ?? 'desk'
  document.title = `${i18n.global.t(to.meta.title)} · ${i18n.global.t('brand')}`
  const session = await askSession()
  if (!session && !to.meta.open && !seat.failure.value)
    return {
      path: '/sign-in',
      query: { next: to.fullPath, ...(to.query['lang'] ? { lang: to.query['lang'] } : {}) },
    }
  return true
})

// A session that ends on an open page leads to the sign-in and back to the same page.
watch(seat.session, (session, before) => {
  const here = router.currentRoute.value
  if (before && !session && !here.meta.open)
    void router.push({
      path: '/sign-in',
      query: { next: here.fullPath, ...(here.query['lang'] ? { lang: here.query['lang'] } : {}) },
    })
})
