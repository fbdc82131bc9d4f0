/** A plant of two machines for tests of the pipeline: one measure of each kind that matters. */
import type { Measure, Plant } from '#domain/plant/plant.ts'

export const MACHINE = 'main/shop/l1/lathe-01'
export const OTHER = 'main/shop/l1/lathe-02'

const title = (text: string) => ({ zh: text, en: text })
const measure = (name: string, over: Partial<Measure>): Measure => ({
  name,
  class: 'telemetry',
  title: title(name),
  unit: '1',
  scale: 100,
  min: null,
  max: null,
  periodMs: 10_000,
  staleMs: 60_000,
  rollover: null,
  limit: null,
  ...over,
})

const machine = (path: string, label: string): Plant['machines'][number] => ({
  path,
  kind: 'la',
  title: title(`Lathe ${label}`),
  label: title(label),
  group: 'lathes',
  ratedKw: 11,
  statePeriodMs: 60_000,
  stateStaleMs: 180_000,
  measures: [
    measure('power_kw', { unit: 'kW', min: 0, max: 60 }),
    measure('temp_c', { unit: '°C', scale: 10, min: -40, max: 200 }),
    measure('kwh', { class: 'count', unit: 'kWh', min: 0 }),
    measure('good', { class: 'count', unit: '1', scale: 1, min: 0, rollover: 10_000 }),
  ],
})

export const casePlant = (firm = 'case'): Plant => ({
  firm,
  title: title('Case works'),
  simulated: true,
  shifts: [],
  groups: [{ id: 'lathes', title: title('Lathes') }],
  machines: [machine(MACHINE, '01'), machine(OTHER, '02')],
  credentials: [{ name: MACHINE, machines: [MACHINE] }],
})
