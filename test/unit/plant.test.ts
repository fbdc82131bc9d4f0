/** The plant as journalled: what passes, and every fault with its path. */
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePlant } from '#contract/plant.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')

function demo(): Plant {
  const reading = readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a')
  if ('faults' in reading) throw new Error(JSON.stringify(reading.faults))
  return reading.plant
}

const minimal = () => ({
  firm: 'f',
  title: { zh: '厂', en: 'Works' },
  simulated: false,
  shifts: [{ name: { zh: '白', en: 'Day' }, start: 480, end: 1020, breaks: [{ start: 720, end: 780 }] }],
  groups: [{ id: 'g', title: { zh: '组', en: 'Group' } }],
  machines: [
    {
      path: 's/a/l/m-1',
      kind: 'lathe',
      title: { zh: '车床', en: 'Lathe' },
      label: { zh: '01', en: '01' },
      group: 'g',
      ratedKw: 15,
      statePeriodMs: 60_000,
      stateStaleMs: 180_000,
      measures: [
        {
          name: 'kwh',
          class: 'count',
          title: { zh: '电能', en: 'Energy' },
          unit: 'kWh',
          scale: 100,
          min: 0,
          max: 1_000_000,
          periodMs: 60_000,
          staleMs: 180_000,
          rollover: 100_000_000,
          limit: null,
        },
      ],
    },
  ],
  credentials: [{ name: 's/a/l/m-1', machines: ['s/a/l/m-1'] }],
})

/** The minimal plant with one value changed. */
function changed(at: string, value: unknown): unknown {
  const plant: unknown = minimal()
  const parts = at.split('.')
  let node = plant as Record<string, unknown>
  for (const part of parts.slice(0, -1)) node = node[part] as Record<string, unknown>
  node[parts.at(-1)!] = value
  return plant
}

const faultsOf = (value: unknown) => {
  const result = parsePlant(value)
  return 'faults' in result ? result.faults : []
}

test('the demo plant survives its own journal entry unchanged', () => {
  const plant = demo()
  expect(parsePlant(JSON.parse(JSON.stringify(plant)))).toEqual({ plant })
})

test('a minimal plant passes, without machines too', () => {
  expect(parsePlant(minimal())).toEqual({ plant: minimal() })
  expect(parsePlant({ ...minimal(), machines: [], credentials: [], shifts: [] })).toHaveProperty('plant')
})

const measure = 'machines.0.measures.0'
test.each([
  ['firm', 'Demo', 'firm', 'a-z 0-9'],
  ['firm', 'constructor', 'firm', 'reserved'],
  ['simulated', 'yes', 'simulated', 'boolean'],
  ['extra', 1, 'extra', 'no key that is known'],
  ['title.zh', '', 'title.zh', 'empty'],
  ['title.en', 'x'.repeat(65), 'title.en', 'at most 64'],
  ['title.en', undefined, 'title.en', 'missing'],
  ['machines.0.path', 's/a/m-1', 'machines[0].path', 'site/area/line/machine'],
  ['machines.0.path', 's/__proto__/l/m-1', 'machines[0].path', 'site/area/line/machine'],
  ['machines.0.group', 'other', 'machines[0].group', 'no group other'],
  ['machines.0.ratedKw', 0, 'machines[0].ratedKw', 'above 0'],
  ['machines.0.stateStaleMs', 1000, 'machines[0].stateStaleMs', 'shorter than the period'],
  [`${measure}.scale`, 30, 'machines[0].measures[0].scale', 'power of ten'],
  [`${measure}.min`, 1_000_000, 'machines[0].measures[0].min', 'below the upper end'],
  [`${measure}.max`, Number.NaN, 'machines[0].measures[0].max', 'number'],
  [`${measure}.limit`, -1, 'machines[0].measures[0].limit', 'inside the range'],
  [`${measure}.staleMs`, 59_999, 'machines[0].measures[0].staleMs', 'shorter than the period'],
  [`${measure}.periodMs`, 50, 'machines[0].measures[0].periodMs', 'at least 0.1 s'],
  [`${measure}.class`, 'state', 'machines[0].measures[0].class', 'telemetry or count'],
  [`${measure}.class`, 'telemetry', 'machines[0].measures[0].rollover', 'only a count'],
  [`${measure}.unit`, 'kW\nh', 'machines[0].measures[0].unit', 'control'],
  ['shifts.0.start', 480.5, 'shifts[0].start', 'whole minute'],
  ['shifts.0.end', 480, 'shifts[0].end', 'after the start'],
  ['shifts.0.end', 2000, 'shifts[0].end', 'at most a day'],
  ['shifts.0.breaks', [{ start: 400, end: 420 }], 'shifts[0].breaks[0]', 'inside the shift'],
  ['credentials.0.machines', ['s/a/l/m-2'], 'credentials[0].machines[0]', 'no machine s/a/l/m-2'],
  ['credentials.0.machines', ['s/a/l/m-1', 's/a/l/m-1'], 'credentials[0].machines[1]', 'listed twice'],
  ['credentials.0.machines', [], 'credentials[0].machines', 'needs a machine'],
  ['credentials.0.name', 'a/b', 'credentials[0].name', 'gateway name or a machine path'],
])('%s = %j is a fault at %s', (at, value, where, message) => {
  expect(faultsOf(changed(at, value))).toContainEqual({
    path: where,
    message: expect.stringContaining(message),
  })
})

test('what exists twice is named at the second place', () => {
  const plant = minimal()
  const twice = {
    ...plant,
    groups: [plant.groups[0], plant.groups[0]],
    machines: [
      { ...plant.machines[0], measures: [plant.machines[0]!.measures[0], plant.machines[0]!.measures[0]] },
      plant.machines[0],
    ],
    credentials: [plant.credentials[0], plant.credentials[0]],
  }
  expect(faultsOf(twice).map(({ path: at }) => at)).toEqual([
    'groups[1].id',
    'machines[1].path',
    'machines[0].measures[1].name',
    'credentials[1].name',
  ])
})

test('shifts overlap on the circle of a day', () => {
  const name = { zh: '班', en: 'Shift' }
  const night = { name, start: 1020, end: 1500 }
  const early = { name, start: 30, end: 400 }
  expect(faultsOf({ ...minimal(), shifts: [night, early] })).toEqual([
    { path: 'shifts[1].start', message: 'overlaps another shift' },
  ])
  expect(faultsOf({ ...minimal(), shifts: [night, { name, start: 60, end: 400 }] })).toEqual([])
})

test.each([
  ['a direction override', 'Lathe \u202Egnp.exe'],
  ['an isolate', 'a\u2066b'],
  ['a zero-width space', 'a\u200Bb'],
  ['a control character', 'a\u0007b'],
  ['a line break', 'a\nb'],
  ['a line separator', 'a\u2028b'],
  ['a lone surrogate', 'a\uD800b'],
])('T8 a name with %s is refused at entry', (_, name) => {
  expect(faultsOf(changed('machines.0.title.en', name))).toEqual([
    { path: 'machines[0].title.en', message: 'holds a control, direction or invisible character' },
  ])
})

test.each(['<img src=x onerror=alert(1)>', '{{7*7}}', '</script>', "'; DROP TABLE x"])(
  'T8 the name %s is text like any other and comes back as it was',
  (name) => {
    const result = parsePlant(changed('machines.0.title.en', name))
    expect('plant' in result && result.plant.machines[0]!.title.en).toBe(name)
  },
)

test('never throws, whatever the value', () => {
  fc.assert(
    fc.property(fc.anything({ withNullPrototype: true, withBigInt: true }), (value) => {
      const result = parsePlant(value)
      return 'plant' in result || result.faults.length > 0
    }),
    { numRuns: 200 },
  )
})
