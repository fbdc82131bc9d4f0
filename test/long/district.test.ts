/** An installation with a whole simulated district: every firm is there, and those that can speak do, each in its own way. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FaultList, SimulationRun, TruthRow } from '#contract/local.ts'
import type { Counts } from '#contract/live.ts'
import { district } from '../../simulators/district/firms.ts'
import { Installation, until } from '../e2e/installation.ts'

const root = path.resolve(import.meta.dirname, '../..')
let installation: Installation | undefined

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [path.join(root, script), ...args], { cwd: root, encoding: 'utf8' })

let out: string
beforeAll(() => {
  out = fs.mkdtempSync(path.join(os.tmpdir(), 'by-district-'))
})
afterAll(async () => {
  await installation?.stop()
  installation?.remove()
  fs.rmSync(out, { recursive: true })
})

test('the command writes a folder that check:plants takes, once', () => {
  const made = run('simulators/district/main.ts', '--out', out, '--seed', '3', '--until', '2026-10')
  expect(made.stderr).toBe('')
  expect(made.stdout).toContain('32 simulated firms')
  expect(run('simulators/district/main.ts', '--out', out)).toMatchObject({ status: 64 })
  expect(run('contract/checkPlantsMain.ts', '--plants', out).status).toBe(0)
})

test('32 firms appear, and data of every firm that speaks are stored', async () => {
  installation = new Installation(out)
  const started = installation
  await started.start()
  const { token } = started.tool<{ token: string }>('api/cli/token.ts', 'add', '--role', 'administrator')
  const firms = await started.get<{ firm: string }[]>('/firms', token)
  expect(firms).toHaveLength(32)
  const { small } = district(3)
  const mute = small.filter(
    ({ machines, meterKw, quality }) => machines.length === 0 && meterKw === null && quality === 'books',
  )
  expect(mute).toHaveLength(3)
  let counts: Record<string, Counts> = {}
  const stored = () => Object.entries(counts).filter(([, { items }]) => items.stored > 1)
  await until(async () => {
    counts = await started.local('ingest', 'GET', '/counts')
    return stored().length >= 29
  }, 90_000)
  const speaking = stored().map(([firm]) => firm)
  for (const { firm } of mute) expect(speaking).not.toContain(firm)
  expect(counts['d-works-a']!.items.stored).toBeGreaterThan(100)
})

test('each firm lives in its own way: scenarios, seeds, faults; and its truth is known', async () => {
  const started = installation!
  const runs = await started.local<SimulationRun[]>('simulators', 'GET', '/runs')
  expect(runs).toHaveLength(32)
  const of = (firm: string) => runs.find((one) => one.firm === firm)!
  expect(of('d-works-a')).toMatchObject({ simulation: 'works', scenario: 'retrofit' })
  expect(of('d-works-b')).toMatchObject({ simulation: 'works', scenario: 'baseline' })
  expect(new Set(runs.map(({ seed }) => seed)).size).toBe(32)
  const { running } = await started.local<FaultList>('simulators', 'GET', '/faults')
  expect(running).toHaveLength(5 + 3 * 5)
  const shop = of('d-valves-01')
  const query = `/runs/truth?firm=${shop.firm}&from=${shop.from}&to=${shop.at}&scope=plant`
  const rows = await started.local<TruthRow[]>('simulators', 'GET', query)
  expect(rows.find(({ name }) => name === 'energy')!.value).toBeGreaterThan(0)
})
