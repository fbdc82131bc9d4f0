/** Plant files become `plant.put`: at start, on change, once; a faulty one changes nothing and is named in the log. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { PlantFiles } from '../../api/plants.ts'
import { Fixture } from './apiFixture.ts'

const example = fs.readFileSync(path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml'), 'utf8')
let api: Fixture
let dir = ''
let files: PlantFiles

beforeEach(() => {
  api = new Fixture()
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'plants-'))
  files = new PlantFiles(dir)
  // The pipeline: what is put is in force.
  api.onDeed = ({ firm, entry }) => {
    const ledger = api.ledgersByFirm.get(firm)!
    ledger.current = { version: entry.version, since: api.now, plant: entry.body as Plant }
    ledger.add('control.accepted', { result: {} }, entry.id)
    api.ledgers.look(firm)
  }
})
afterEach(async () => {
  files.close()
  await api.stop()
  fs.rmSync(dir, { recursive: true, force: true })
})

function write(firm: string, text: string): void {
  fs.mkdirSync(path.join(dir, firm), { recursive: true })
  fs.writeFileSync(path.join(dir, firm, 'plant.yaml'), text)
}

test('a plant file is put once, and again only when its content changes', async () => {
  write('demo-a', example)
  await files.look(api.ports)
  expect(api.deeds).toMatchObject([
    { firm: 'demo-a', entry: { kind: 'plant.put', by: 'plant-file', role: 'system', version: 2 } },
  ])
  const reading = readPlantFile(example, 'demo-a')
  expect(reading).toEqual({ plant: api.deeds[0]!.entry.body })
  write('demo-a', `${example}\n# a comment changes nothing\n`)
  await files.look(api.ports)
  expect(api.deeds).toHaveLength(1)
  write('demo-a', example.replace(/^simulated: true/m, 'simulated: false'))
  await files.look(api.ports)
  expect(api.deeds.map(({ entry }) => entry.version)).toEqual([2, 3])
})

test('a changed file is noticed without a restart', async () => {
  write('demo-a', example)
  void files.watch(api.ports)
  await expect.poll(() => api.deeds.length, { timeout: 5000 }).toBe(1)
  write('demo-a', example.replace(/^simulated: true/m, 'simulated: false'))
  await expect.poll(() => api.deeds.length, { timeout: 8000 }).toBe(2)
})

test('a faulty file is logged fault by fault, shown without a name in health, and the plant in force stays', async () => {
  const error = vi.spyOn(api.ports.log, 'error').mockReturnValue(undefined)
  const before = api.ledgersByFirm.get('demo-a')!.current
  write('demo-a', 'firm: demo-a\nnonsense: 1\n')
  await files.look(api.ports)
  await files.look(api.ports)
  expect(api.deeds).toEqual([])
  expect(api.ledgersByFirm.get('demo-a')!.current).toBe(before)
  expect(files.faults()).toContain('1 of 1 plant files')
  expect(files.faults()).not.toContain('demo-a')
  const told = error.mock.calls.map(([fields]) => fields as { line?: number; path?: string; fault?: string })
  expect(told.find(({ path: where, fault }) => `${where} ${fault}`.includes('nonsense'))?.line).toBe(2)
  expect(new Set(told.map((fault) => JSON.stringify(fault))).size).toBe(told.length)
  write('demo-a', example)
  await files.look(api.ports)
  expect(files.faults()).toBeNull()
  expect(api.deeds).toHaveLength(1)
})

test('a broker that is down is tried again, a pipeline that is silent is not flooded', async () => {
  write('demo-a', example)
  const { control } = api.ports.broker
  let down = true
  const broker = {
    ...api.ports.broker,
    control: (request: Parameters<typeof control>[0]) =>
      down ? Promise.reject(new Error('nobody is there')) : control(request),
  }
  const ports = {
    ...api.ports,
    broker,
    log: { ...api.ports.log, error: () => undefined, info: () => undefined } as never,
  }
  await files.look(ports)
  expect(api.deeds).toHaveLength(0)
  down = false
  api.onDeed = null
  await files.look(ports)
  await files.look(ports)
  expect(api.deeds).toHaveLength(1)
  api.now += 61_000
  await files.look(ports)
  expect(api.deeds).toHaveLength(2)
})
