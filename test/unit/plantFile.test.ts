/** The plant file as people write it: what it becomes, and every fault with its path and line. */
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'

const demoFile = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const demoText = fs.readFileSync(demoFile, 'utf8')

function plantOf(text: string, firm: string): Plant {
  const reading = readPlantFile(text, firm)
  if ('faults' in reading) throw new Error(JSON.stringify(reading.faults, null, 1))
  return reading.plant
}

const faultsOf = (text: string, firm = 'f') => {
  const reading = readPlantFile(text, firm)
  return 'faults' in reading ? reading.faults : []
}

const GOOD = `firm: f
title: { zh: 厂, en: Works }
shifts:
  - { name: { zh: 夜, en: Night }, from: '17:00', to: '01:00', breaks: ['20:30-21:00', '00:15-00:30'] }
groups:
  g: { zh: 组, en: Group }
kinds:
  lathe:
    title: { zh: 车床, en: Lathe }
    group: g
    rated_kw: 15
    measures:
      power_kw: { class: telemetry, title: { zh: 功率, en: Power }, unit: kW, resolution: 0.01, range: [0, 30], period_s: 1 }
      kwh: { class: count, title: { zh: 电能, en: Energy }, unit: kWh, resolution: 0.01, period_s: 60, rollover: 99999.99 }
sites:
  main:
    area:
      l1:
        lathe-01: { kind: lathe, label: '01' }
        lathe-02: { kind: lathe, label: { zh: 二, en: Two }, measures: { power_kw: { limit: 20 } } }
gateways:
  g1: [main/area/l1/lathe-02]
`
const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length

test('the demo plant is the 43 machines of 11 kinds and their 27 meters', () => {
  const plant = plantOf(demoText, 'demo-a')
  const kinds = Object.groupBy(plant.machines, ({ kind }) => kind)
  const machines = plant.machines.filter(({ meter }) => !meter)
  expect(machines).toHaveLength(43)
  expect(Object.fromEntries(Object.entries(kinds).map(([kind, list]) => [kind, list!.length]))).toEqual({
    furnace: 1,
    blast: 1,
    oven: 1,
    lathe: 16,
    centre: 6,
    grinder: 4,
    lapping: 4,
    bench: 4,
    test: 3,
    paint: 1,
    compressor: 2,
    'electricity-meter': 24,
    'gas-meter': 1,
    'water-meter': 1,
    'nitrogen-meter': 1,
  })
  expect(plant.simulation).toBe('works')
  expect(plant.simulated).toBe(true)
  expect(plant.machines.some((machine) => machine.path === 'main/machining/l1/lathe-07')).toBe(true)
  expect(plant.groups.map((group) => group.title.zh).join(' ')).toBe(
    '熔炼热处理 涂装 公用 加工中心 数控车床 磨球 研磨 装配 试压 计量',
  )
  const spoken = plant.credentials.flatMap((credential) => credential.machines)
  expect(spoken.toSorted()).toEqual(plant.machines.map((machine) => machine.path).toSorted())
  expect(machines.every(({ measures }) => measures.some(({ name }) => name === 'kwh'))).toBe(true)
  expect(demoText.slice(0, 300)).toContain('EVERY FIGURE HERE IS ILLUSTRATIVE')
})

test('a small file becomes a plant with its defaults', () => {
  const plant = plantOf(GOOD, 'f')
  expect(plant.simulated).toBe(false)
  expect(plant.shifts).toEqual([
    {
      name: { zh: '夜', en: 'Night' },
      start: 1020,
      end: 1500,
      breaks: [
        { start: 1230, end: 1260 },
        { start: 1455, end: 1470 },
      ],
    },
  ])
  const [first, second] = plant.machines
  expect(first).toMatchObject({
    path: 'main/area/l1/lathe-01',
    title: { zh: '车床 01', en: 'Lathe 01' },
    statePeriodMs: 60_000,
    stateStaleMs: 180_000,
    ratedKw: 15,
  })
  expect(first!.measures).toMatchObject([
    {
      name: 'power_kw',
      scale: 100,
      min: 0,
      max: 30,
      periodMs: 1000,
      staleMs: 60_000,
      limit: null,
      rollover: null,
    },
    {
      name: 'kwh',
      scale: 100,
      min: null,
      max: null,
      periodMs: 60_000,
      staleMs: 180_000,
      rollover: 9_999_999,
    },
  ])
  expect(second!.measures[0]).toMatchObject({ name: 'power_kw', limit: 20, max: 30 })
  expect(plant.credentials).toEqual([
    { name: 'g1', machines: ['main/area/l1/lathe-02'] },
    { name: 'main/area/l1/lathe-01', machines: ['main/area/l1/lathe-01'] },
  ])
})

const swap = (from: string, to: string) => {
  expect(GOOD).toContain(from)
  return GOOD.replace(from, to)
}

test.each([
  ['firm: f', 'firm: other', 'firm', 'name of its folder'],
  ['title: { zh: 厂, en: Works }', 'title: { zh: 厂 }', 'title.en', 'missing'],
  ["from: '17:00'", "from: '17:60'", 'shifts[0].from', 'hh:mm'],
  ["'20:30-21:00'", "'20:30-20:10'", 'shifts[0].breaks[0]', 'inside the shift'],
  ["'20:30-21:00'", "'half past'", 'shifts[0].breaks[0]', 'hh:mm-hh:mm'],
  ['    group: g', '    group: h', 'kinds.lathe.group', 'no group h'],
  ['    rated_kw: 15', '    rated_kw: -1', 'kinds.lathe.rated_kw', 'above 0'],
  ['    rated_kw: 15', '    rated: 15', 'kinds.lathe.rated', 'no key that is known'],
  [
    'resolution: 0.01, range',
    'resolution: 0.03, range',
    'kinds.lathe.measures.power_kw.resolution',
    'power of ten',
  ],
  ['range: [0, 30]', 'range: [30, 0]', 'kinds.lathe.measures.power_kw.range', 'lower end'],
  ['range: [0, 30]', 'range: 30', 'kinds.lathe.measures.power_kw.range', '[lowest, highest]'],
  ['period_s: 1 }', 'period_s: 1, stale_s: 0.5 }', 'kinds.lathe.measures.power_kw.stale_s', 'shorter'],
  ['period_s: 1 }', 'period: 1 }', 'kinds.lathe.measures.power_kw.period_s', 'missing'],
  [
    'rollover: 99999.99',
    'rollover: 99999.999',
    'kinds.lathe.measures.kwh.rollover',
    'finer than the resolution',
  ],
  [
    "lathe-01: { kind: lathe, label: '01' }",
    'lathe-01: { kind: lathe, label: 01 }',
    'sites.main.area.l1.lathe-01.label',
    'in quotes',
  ],
  ['lathe-01: { kind: lathe', 'lathe-01: { kind: saw', 'sites.main.area.l1.lathe-01.kind', 'no kind saw'],
  [
    'power_kw: { limit: 20 }',
    'power_kw: { limit: 40 }',
    'sites.main.area.l1.lathe-02.measures.power_kw.limit',
    'inside the range',
  ],
  [
    'power_kw: { limit: 20 }',
    'temp_c: { limit: 20 }',
    'sites.main.area.l1.lathe-02.measures.temp_c.class',
    'missing',
  ],
  ['  main:\n', '  Main:\n', 'sites.Main', 'a-z 0-9'],
  [
    'g1: [main/area/l1/lathe-02]',
    'g1: [main/area/l1/lathe-03]',
    'gateways.g1[0]',
    'no machine main/area/l1/lathe-03',
  ],
  ['g1: [main/area/l1/lathe-02]', 'g1: [main/area/l1]', 'gateways.g1[0]', 'site/area/line/machine'],
  [
    'g1: [main/area/l1/lathe-02]',
    'g1: [main/area/l1/lathe-02]\n  g2: [main/area/l1/lathe-02]',
    'gateways.g2[0]',
    'already speaks through g1',
  ],
])('%j -> %j is a fault at %s', (from, to, where, message) => {
  const text = swap(from, to)
  // the fault stands on the line of the last key that is there
  const line = lineOf(text, where.startsWith('gateways.g2') ? 'g2:' : to.trim().split('\n')[0]!)
  expect(faultsOf(text)).toContainEqual({ path: where, line, message: expect.stringContaining(message) })
})

test('a fault of a kind is told once, not for each of its machines', () => {
  expect(faultsOf(swap('range: [0, 30]', 'range: [30, 0]')).map(({ path: at }) => at)).toEqual([
    'kinds.lathe.measures.power_kw.range',
    'sites.main.area.l1.lathe-02.measures.power_kw.limit',
  ])
})

test('all faults of a file come at once, in the order of its lines', () => {
  const text = swap('rated_kw: 15', 'rated: 15')
    .replace("label: '01'", 'label: 1')
    .replace('zh: 厂', 'zh: ""')
  expect(faultsOf(text).map(({ line }) => line)).toEqual([2, 11, 19])
})

test.each([
  ['a key twice', swap('groups:\n', 'groups:\n  g: { zh: 组, en: Group }\n'), 7, 'a second time'],
  ['broken YAML', swap('groups:\n', 'groups: [\n'), 7, 'end with a ]'],
  ['an empty file', '', 1, 'keys and values'],
  ['a list', '- 1\n', 1, 'keys and values'],
  ['__proto__', swap('kinds:\n', 'kinds:\n  __proto__: { a: 1 }\n'), 8, 'reserved'],
  ['a key that is no name', swap('kinds:\n', 'kinds:\n  ? [a]\n  : 1\n'), 8, 'plain name'],
  ['a number as a key', swap('        lathe-01:', '        01:'), 19, 'in quotes'],
  ['a foreign tag', swap('firm: f', 'firm: !!js/function f'), 1, 'tag'],
  ['two documents', `${GOOD}---\n${GOOD}`, 23, 'second plant'],
])('%s is a fault with its line', (_, text, line, message) => {
  expect(faultsOf(text)[0]).toMatchObject({ line, message: expect.stringContaining(message) })
})

test('T12 an alias bomb and absurd nesting are faults, quickly', { timeout: 60_000 }, () => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 12; i++) bomb.push(`a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`)
  const started = performance.now()
  expect(faultsOf(bomb.join('\n'))[0]!.message).toContain('cannot be read')
  expect(faultsOf(`a: ${'['.repeat(20_000)}`).length).toBeGreaterThan(0)
  expect(faultsOf(`a: ${'['.repeat(50)}${']'.repeat(50)}`)[0]!.message).toContain('too deeply')
  expect(faultsOf(' '.repeat(1024 * 1024 + 1))[0]!.message).toContain('1 MB')
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('an anchor may share a measure', () => {
  const text = swap('power_kw: { class', 'power_kw: &p { class').replace(
    '      kwh:',
    '      idle_kw: *p\n      kwh:',
  )
  const measures = plantOf(text, 'f').machines[0]!.measures
  expect(measures.map(({ name, max }) => [name, max])).toEqual([
    ['power_kw', 30],
    ['idle_kw', 30],
    ['kwh', null],
  ])
})

const check = (text: string) => {
  const reading = readPlantFile(text, 'f')
  const lines = text.split(/\r\n|\r|\n/).length
  return (
    'plant' in reading ||
    (reading.faults.length > 0 && reading.faults.every(({ line }) => line >= 1 && line <= lines))
  )
}

test('never throws on any text, and every fault has a line of the file', { timeout: 60_000 }, () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), check), { numRuns: 60 })
  const torn = fc
    .tuple(
      fc.nat(GOOD.length),
      fc.nat(40),
      fc.string({ unit: fc.constantFrom(...Array.from('{}[]:-&*!|>\'"%@,?# \n\tax0')) }),
    )
    .map(([at, cut, more]) => GOOD.slice(0, at) + more + GOOD.slice(at + cut))
  fc.assert(fc.property(torn, check), { numRuns: 60 })
})
