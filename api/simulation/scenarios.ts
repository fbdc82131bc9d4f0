/** The scenarios that a person can start, in words. */
import type { z } from 'zod'
import type { SCENARIOS, SimulationView } from '#contract/rest.ts'

type Name = (typeof SCENARIOS)[number]
type Words = { readonly title: { zh: string; en: string }; readonly does: { zh: string; en: string } }

const WORDS: Readonly<Record<Name, Words>> = {
  baseline: {
    title: { zh: '正常', en: 'Normal' },
    does: { zh: '改造之前的工厂', en: 'the works before any measure' },
  },
  retrofit: {
    title: { zh: '改造', en: 'Retrofit' },
    does: { zh: '改造措施自始完全生效', en: 'the measures of the retrofit in full effect from the start' },
  },
  'tariff-reform-only': {
    title: { zh: '仅电价改革', en: 'Tariff reform only' },
    does: { zh: '只有分时电价改变，工厂不变', en: 'only the tariff changes, nothing in the works' },
  },
  'scrap-only': {
    title: { zh: '仅废品改善', en: 'Scrap only' },
    does: { zh: '只有废品与返工减少', en: 'only scrap and rework fall' },
  },
  'growth-only': {
    title: { zh: '仅增产', en: 'Growth only' },
    does: { zh: '只有产量增加 5 %', en: 'only the volume grows, by 5 %' },
  },
  'mix-only': {
    title: { zh: '仅品种变化', en: 'Mix only' },
    does: { zh: '只有品种结构改变', en: 'only the mix of products changes' },
  },
  'bad-day': {
    title: { zh: '糟糕的一天', en: 'Bad day' },
    does: { zh: '工厂正常，传输故障频发', en: 'normal works, many faults on the way from the devices' },
  },
}

export const scenarioViews: z.infer<typeof SimulationView>['scenarios'] = (Object.keys(WORDS) as Name[]).map(
  (name) => ({
    name,
    ...WORDS[name],
  }),
)
