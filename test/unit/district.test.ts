/** A simulated district: plants that the contract takes, of every data quality, the same for the same seed. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pino from 'pino'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkPlants } from '#contract/checkPlants.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import { readSimulationFile, type SimulationFile } from '#contract/simulationFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { MINUTE } from '#domain/time.ts'
import { booksOf, monthsUntil } from '../../simulators/district/books.ts'
import { districtFiles, type FirmFiles } from '../../simulators/district/files.ts'
import { district, QUALITIES, type Quality } from '../../simulators/district/firms.ts'
import { Switchboard } from '../../simulators/faults/switchboard.ts'
import { readOwnSimulations, startOwnFaults } from '../../simulators/ownSimulation.ts'
import { readSimSettings } from '../../simulators/settings.ts'
import { Shop } from '../../simulators/shop/shop.ts'
import { ELEMENTS } from '../../simulators/works/catalogue.ts'

const demo = fs.readFileSync(path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml'), 'utf8')
const filesOf = (seed: number): FirmFiles[] => districtFiles(district(seed), demo, '2026-10')
const plantOf = ({ firm, files }: FirmFiles): Plant => {
  const read = readPlantFile(files['plant.yaml']!, firm)
  if ('faults' in read) throw new Error(JSON.stringify(read.faults))
  return read.plant
}
const lifeOf = ({ files }: FirmFiles): SimulationFile => {
  const read = readSimulationFile(files['simulation.yaml']!)
  if ('problems' in read) throw new Error(read.problems.join('; '))
  return read.simulation
}
const NOW = Date.parse('2026-11-24T14:00:00+08:00')
const silent = pino({ level: 'silent' })
const boardOf = (plant: Plant) => {
  const machines = plant.machines.map((machine) => `${plant.firm}/${machine.path}`)
  return new Switchboard({ faults: () => [], saveFaults: () => undefined }, machines, 1)
}

test('whatever the seed: 32 firms with plants that pass, names and titles of their own, all simulated', () => {
  fc.assert(
    fc.property(fc.nat(999_999_999), (seed) => {
      const plants = filesOf(seed).map(plantOf)
      expect(plants).toHaveLength(32)
      expect(new Set(plants.map(({ title }) => title.zh)).size).toBe(32)
      for (const { simulated, title, simulation } of plants) {
        expect(simulated).toBe(true)
        expect(title.zh).toMatch(/^示范.*（仿真）$/)
        expect(title.en).toMatch(/^Demo .* \(simulated\)$/)
        expect(['works', 'shop']).toContain(simulation)
      }
    }),
    { numRuns: 3 },
  )
  expect(filesOf(5)).toEqual(filesOf(5))
  expect(filesOf(6)).not.toEqual(filesOf(5))
})

test('sizes, sectors and qualities are mixed', () => {
  const { small, works } = district(3)
  expect(works.map(({ firm, scenario }) => `${firm} ${scenario}`)).toEqual([
    'd-works-a retrofit',
    'd-works-b baseline',
  ])
  const tally = Object.groupBy(small, ({ quality }) => quality)
  expect(Object.fromEntries(Object.entries(tally).map(([name, all]) => [name, all.length]))).toEqual(
    QUALITIES,
  )
  expect(new Set(small.map(({ sector }) => sector.id)).size).toBe(8)
  const sizes = small.flatMap(({ machines }) => (machines.length > 0 ? [machines.length] : []))
  expect(Math.min(...sizes)).toBe(1)
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(9)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(12)
})

/** How many machines (2: or more) and meters a firm of a quality may have. */
const some = ([machines, meters]: number[]) => machines! > 0 && meters === 1
const HAS: Readonly<Record<Quality, (has: number[]) => boolean>> = {
  full: some,
  outages: some,
  noisy: some,
  no_energy: ([machines, meters]) => machines! > 0 && meters === 0,
  meter_and_counts: ([machines, meters]) => machines === 1 && meters === 1,
  books: ([machines, meters]) => machines === 0 && meters! <= 1,
}

test('each quality measures what it says', () => {
  const files = new Map(filesOf(3).map((one) => [one.firm, one]))
  for (const { firm, quality } of district(3).small) {
    const own = files.get(firm)!
    const plant = plantOf(own)
    const meters = plant.machines.filter(({ meter }) => meter).length
    const machines = plant.machines.length - meters
    const measures = plant.machines.flatMap((machine) => machine.measures.map(({ name }) => name))
    const energy = measures.includes('kwh') || measures.includes('power_kw')
    const faults = lifeOf(own).faults.map(({ fault }) => fault)
    expect(Object.keys(own.files).includes('books.csv')).toBe(quality === 'books')
    expect(energy).toBe(meters > 0)
    expect([Math.min(machines, 2), meters]).toSatisfy(HAS[quality])
    expect(faults.includes('gateway_outage')).toBe(quality === 'outages')
    expect(faults.includes('duplicate')).toBe(quality === 'noisy')
    expect(quality !== 'outages' || plant.credentials[0]!.name === 'g1').toBe(true)
  }
})

test('each shop lives: its machines and its meter say what the plant file lets them', () => {
  const settings = readSimSettings({ BAIYUAN_SIM_RATE: '0.2', BAIYUAN_SIM_SPEED: '10' })
  for (const plant of filesOf(4).map(plantOf)) {
    if (plant.simulation !== 'shop') continue
    const said = new Shop(plant, settings, new Map(), NOW).advance(NOW + 20 * MINUTE)
    for (const { path: name, measures } of plant.machines) {
      const told = new Set(
        said.get(name)!.flatMap(({ body }) => Object.keys((body['v'] as object | undefined) ?? {})),
      )
      expect([...told].toSorted(), `${plant.firm} ${name}`).toEqual(
        measures.map((measure) => measure.name).toSorted(),
      )
    }
  }
})

test('faults of bad data quality are taken by a switchboard, once', () => {
  let n = 0
  for (const one of filesOf(3)) {
    const plant = plantOf(one)
    const board = boardOf(plant)
    const own = lifeOf(one)
    startOwnFaults(board, plant.firm, own, NOW, silent)
    startOwnFaults(board, plant.firm, own, NOW, silent)
    expect(board.list).toHaveLength(own.faults.length)
    const outages = board.list.filter(({ name }) => name === 'gateway_outage')
    expect(outages.every(({ from }) => from! - NOW >= 10 * MINUTE)).toBe(true)
    n += board.list.length
  }
  expect(n).toBe(5 + 3 * 5)
})

test('books are eighteen months of output value and fifteen elements that sum to a plausible cost', () => {
  expect(monthsUntil('2026-02', 3)).toEqual(['2025-12', '2026-01', '2026-02'])
  fc.assert(
    fc.property(fc.nat(4_000_000_000), (seed) => {
      const rows = booksOf('d-x-01', seed, '2026-10').trim().split('\n').slice(1)
      const months = Map.groupBy(
        rows.map((row) => row.split(',')),
        ([month]) => month,
      )
      expect([...months.keys()]).toEqual(monthsUntil('2026-10'))
      for (const own of months.values()) {
        expect(own.map(([, item]) => item)).toEqual(['value', ...ELEMENTS])
        expect(own.every(([, , fen, basis]) => /^\d+$/.test(fen!) && basis === 'illustrative')).toBe(true)
        const [value, ...cost] = own.map(([, , fen]) => Number(fen))
        const u = (100 * cost.reduce((a, b) => a + b, 0)) / value!
        expect(u).toBeGreaterThan(87.9)
        expect(u).toBeLessThan(97.6)
      }
    }),
    { numRuns: 20 },
  )
})

test.each([
  ['seed: -1', 'seed'],
  ['season: dry', 'season is no key that is known here'],
  [
    'faults: [{ fault: spike, machines: [lathe-01] }]',
    'faults[0].machines[0] must be site/area/line/machine',
  ],
  ['scenario: history', 'scenario'],
  ['seed: 1\nseed: 2', 'Map keys must be unique'],
  ['- 1', ''],
])('a simulation file says what is wrong: %s', (text, problem) => {
  const read = readSimulationFile(text)
  expect('problems' in read && read.problems.join('; ')).toContain(problem)
})

test('a simulation file is found beside its plant file; a wrong one, or a wrong fault, is left out and said', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-own-'))
  const lines: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
  try {
    for (const [firm, text] of [
      ['a', 'seed: 9\nfaults: [{ fault: dupe }, { fault: spike }]'],
      ['b', 'seed: x'],
    ] as const) {
      fs.mkdirSync(path.join(folder, firm))
      fs.writeFileSync(path.join(folder, firm, 'simulation.yaml'), text)
    }
    expect(checkPlants(folder).lines.filter((line) => line.includes('simulation.yaml'))).toEqual([
      `${path.join(folder, 'b', 'simulation.yaml')}: seed Invalid input: expected number, received string`,
    ])
    const own = readOwnSimulations(folder, ['a', 'b', 'c'], log)
    expect([...own.keys()]).toEqual(['a'])
    expect(own.get('a')!.seed).toBe(9)
    const plant = plantOf(filesOf(1)[2]!)
    const board = boardOf({ ...plant, firm: 'a' })
    startOwnFaults(board, 'a', own.get('a')!, NOW, log)
    expect(board.list.map(({ name, machines }) => [name, machines])).toEqual([['spike', ['a']]])
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'the simulation file has faults: it is left out',
      'a fault of the simulation file cannot be',
    ])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
