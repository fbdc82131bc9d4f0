/** The simulate command against a running installation: a firm of its own, what was told held against the truth, faults, refusals. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Counts } from '#contract/live.ts'
import type { DeviceRow, TruthRow } from '#contract/local.ts'
import { HOUR } from '#domain/time.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { instantOf } from '../../simulators/cli/instant.ts'
import { Installation } from '../e2e/installation.ts'
import { writeWorks } from '../e2e/works.ts'

const root = path.resolve(import.meta.dirname, '../..')
const demo = path.join(root, 'plants/demo-a/plant.yaml')
const installation = new Installation(writeWorks('elsewhere', 1))
const from = instantOf('2026-03-02T09:00')
const hour = ['--from', '2026-03-02T09:00', '--to', '2026-03-02T10:00']
const short = ['--from', '2026-03-02T09:00', '--to', '2026-03-02T09:20']

beforeAll(() => installation.start(['--no-simulator']))
afterAll(async () => {
  await installation.stop()
  installation.remove()
})

function simulate(...args: string[]): { code: number | null; out: string } {
  const command = ['simulators/cli/simulate.ts', '--data', installation.data, ...args]
  const run = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', timeout: 90_000 })
  return { code: run.status, out: run.stdout + run.stderr }
}
const counts = (firm: string) =>
  callLocal<Counts>(socketPath(installation.data, 'ingest'), 'GET', `/counts?firm=${firm}`)

/** Seconds in a state that the ledger has otherwise. */
function wrongStates(firm: string, rows: readonly TruthRow[]): string[] {
  const ledger = openLedgerReader(path.join(installation.data, 'ledger', `${firm}.db`))
  try {
    return rows.flatMap(({ scope, name, value }) => {
      const told = ledger.states(scope, from, from + HOUR).filter(({ state }) => name === `seconds.${state}`)
      const ms = told.reduce((sum, segment) => sum + segment.to - segment.from, 0)
      return Math.abs(ms / 1000 - value!) <= 1 ? [] : [`${scope} ${name}: ${ms / 1000}, truly ${value}`]
    })
  } finally {
    ledger.close()
  }
}

test('an hour of the works arrives whole, its states equal the truth, and its credentials are gone afterwards', async () => {
  const file = path.join(installation.data, 'truth.jsonl')
  const { code, out } = simulate(...hour, '--seed', '7', '--no-signals', '--truth', file)
  expect(out).toContain('0 lost by faults, 0 not told')
  expect(out).toContain('ended, 100 %  plant')
  expect(code).toBe(0)
  const { items } = await counts('sim-baseline-7')
  expect(items.stored).toBe(items.decoded)
  expect(items.stored).toBeGreaterThan(6000)
  const rows = fs
    .readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TruthRow)
  const seconds = rows.filter(({ name }) => name.startsWith('seconds.'))
  expect(seconds).toHaveLength(43 * 6)
  // the ledger is stored every few seconds
  await expect.poll(() => wrongStates('sim-baseline-7', seconds), { timeout: 15_000 }).toEqual([])
  const devices = await callLocal<DeviceRow[]>(socketPath(installation.data, 'broker'), 'GET', '/devices')
  expect(devices.filter((row) => row.path.startsWith('sim-'))).toEqual([])
})

test('the same again is another firm; faults are named and change nothing of the exit code', async () => {
  const { code, out } = simulate(
    ...short,
    '--seed',
    '7',
    '--no-signals',
    '--fault',
    'duplicate:p=0.2',
    'poison:p=0.02',
  )
  expect(out).toMatch(/fault {3}duplicate: [\d,]+ duplicate/)
  expect(out).toMatch(/fault {3}poison: [\d,]+ quarantine:bad/)
  expect(code).toBe(0)
  const { items } = await counts('sim-baseline-7-2')
  expect(items.duplicate).toBeGreaterThan(200)
  expect(items.quarantined).toBeGreaterThan(10)
})

test('load: equal devices, a report, everything that was acknowledged is in the product', () => {
  const { code, out } = simulate('--load', '20', '--rate', '400', '--seconds', '2')
  expect(out).toMatch(/load +20 devices, 400 messages\/s asked for/)
  const [, sent, decoded] = /sent +([\d,]+) messages[^]*product +([\d,]+) items/.exec(out)!
  expect(decoded).toBe(sent)
  expect(Number(sent!.replace(',', ''))).toBeGreaterThan(500)
  expect(code).toBe(0)
})

test('what the product refuses although it was acknowledged is told, and the exit code is 1', () => {
  const plant = path.join(installation.data, 'narrow.yaml')
  const text = fs.readFileSync(demo, 'utf8')
  fs.writeFileSync(plant, text.replaceAll('range: [0, 10000000]', 'range: [0, 5]'))
  const { code, out } = simulate(...short, '--seed', '8', '--no-signals', '--plant', plant)
  expect(out).toMatch(/REFUSED [\d,]+ items that no fault explains: \{"out_of_range":\d+\}/)
  expect(code).toBe(1)
})
