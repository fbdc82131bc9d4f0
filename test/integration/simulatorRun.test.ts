/** A run of its own: one that cannot keep its speed harms nobody, and one that ended leaves nothing behind but its truth. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR } from '#domain/time.ts'
import { instantOf } from '../../simulators/cli/instant.ts'
import { Run, type RunSpec } from '../../simulators/run.ts'
import { specOf } from '../../simulators/runRequest.ts'
import { readSimSettings } from '../../simulators/settings.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const demo = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const plant = { ...demo, firm: 'sim-a' }
const from = instantOf('2026-03-02T09:00')

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

/** Nobody listens at the broker's address; `removed` names the credentials that were taken away. */
function runOf(spec: RunSpec): { readonly run: Run; readonly removed: string[] } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-run-'))
  folders.push(folder)
  const removed: string[] = []
  const secrets = {
    provide: async () => undefined,
    secretOf: (name: string) => ({ clientId: name, username: name, password: 'x' }),
    remove: async (name: string) => void removed.push(name),
  }
  const broker = { protocol: 'mqtt', host: '127.0.0.1', port: 1 } as const
  const log = pino({ level: 'silent' })
  return { run: new Run(spec, { folder, truth: path.join(folder, 'truth'), broker, secrets, log }), removed }
}
const request = { firm: 'sim-a', plant, scenario: 'baseline', seed: 1, from, to: from + 4 * HOUR }

test('a speed that nobody can keep neither blocks the process nor fills it', async () => {
  const { run } = runOf(specOf({ ...request, speed: 5000 }, readSimSettings({})))
  const delay = monitorEventLoopDelay({ resolution: 10 })
  run.begin()
  delay.enable()
  await new Promise((done) => setTimeout(done, 4000))
  delay.disable()
  const { at, waiting } = run.status('sim-a')
  // what the run makes waits for a broker; it stands still with some 20,000 items instead of 560,000
  expect(waiting).toBeGreaterThan(10_000)
  expect(waiting).toBeLessThan(60_000)
  expect(at).toBeLessThan(from + HOUR)
  expect(delay.max / 1e6).toBeLessThan(2500)
  await run.stop('stopped')
  run.close()
})

test('a run that is stopped says why, loses its credentials, and its truth can still be asked', async () => {
  const { run, removed } = runOf(specOf(request, readSimSettings({})))
  run.begin()
  await run.connect()
  await expect
    .poll(() => run.status('sim-a').at, { timeout: 30_000 })
    .toBeGreaterThanOrEqual(from + HOUR / 12)
  await run.stop('stopped')
  await run.stop('again')
  expect(run.status('sim-a')).toMatchObject({ state: 'ended', why: 'stopped' })
  expect(removed.toSorted()).toEqual(plant.credentials.map(({ name }) => `sim-a/${name}`).toSorted())
  const { life } = run.living('sim-a')!
  expect(
    life.truth('plant', from, from + HOUR / 12)!.find(({ name }) => name === 'energy')!.value,
  ).toBeGreaterThan(0)
  const made = run.truths.of('sim-a').streams()
  expect(made.length).toBeGreaterThan(100)
  run.close()
})
