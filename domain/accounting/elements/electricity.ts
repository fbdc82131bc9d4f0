/** 2 Electricity, energy charge by period: register differences, without what the air pool's machines used. */
import { energyPosts } from './energy.ts'
import type { Element } from './element.ts'

export const electricity: Element = {
  id: 'electricity',
  title: { zh: '电度电费', en: 'Electricity, energy charge' },
  driver: 'kWh by register, by tariff period',
  behaviour: 'mixed',
  allocation: 'own register; the unmetered rest by rated kW × run-hours',
  of: (work) => energyPosts(work, false),
}
