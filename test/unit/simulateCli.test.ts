/** What the command line takes and refuses, and what a run without anybody to tell gives. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { SimulationRun } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR } from '#domain/time.ts'
import { faultOf } from '../../simulators/cli/faultFlag.ts'
import { instantOf } from '../../simulators/cli/instant.ts'
import { statusTable } from '../../simulators/cli/report.ts'
import { simulateCommand } from '../../simulators/cli/simulate.ts'
import { windowsOf } from '../../simulators/cli/truthFile.ts'
import { runProblems } from '../../simulators/runRequest.ts'

const root = path.resolve(import.meta.dirname, '../..')
const plantFile = path.join(root, 'plants/demo-a/plant.yaml')
const demo = (readPlantFile(fs.readFileSync(plantFile, 'utf8'), 'demo-a') as { plant: Plant }).plant
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-simulate-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** The command in this process, with what it writes. */
async function simulate(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  try {
    return { code: await simulateCommand(words), out, err }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
  }
}
const interval = ['--from', '2026-03-02T08:00', '--to', '2026-03-02T12:00']

async function dry(seed: string) {
  const { out, code } = await simulate('--seed', seed, ...interval, '--dry-run', '--no-signals')
  expect(code).toBe(0)
  return JSON.parse(out) as { firm: string; items: number; digest: string; classes: Record<string, number> }
}

test(
  'the same scenario, seed and interval give the same bytes; another seed others',
  { timeout: 60_000 },
  async () => {
    const [one, again, other] = [await dry('3'), await dry('3'), await dry('4')]
    expect(again).toEqual(one)
    expect(one.firm).toBe('sim-baseline-3')
    expect(Object.keys(one.classes).toSorted()).toEqual(['count', 'event', 'state'])
    expect(other.digest).not.toBe(one.digest)
  },
)

test(
  'truth is JSON lines of the interval and the shifts in it, parts equal to the whole',
  { timeout: 30_000 },
  async () => {
    const file = path.join(folder, 'truth.jsonl')
    const day = ['--from', '2026-03-02T08:00', '--to', '2026-03-03T08:00']
    expect((await simulate(...day, '--dry-run', '--no-signals', '--truth', file)).code).toBe(0)
    type Row = {
      name: string
      scope: string
      from: number
      to: number
      value: number | null
      unit: string
      reason: string | null
    }
    const rows = fs
      .readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
    const from = instantOf('2026-03-02T08:00')
    const windows = new Set(rows.map((row) => `${(row.from - from) / HOUR}-${(row.to - from) / HOUR}`))
    expect(windows).toEqual(new Set(['0-24', '0-9', '9-17']))
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['name', 'scope', 'from', 'to', 'value', 'unit', 'reason'])
      expect(row.value === null ? row.reason : Number.isSafeInteger(row.value)).toBeTruthy()
    }
    const value = (name: string, to: number, scope = 'plant') =>
      rows.find(
        (row) => row.name === name && row.scope === scope && row.from === from && row.to === from + to,
      )!.value
    expect(value('cost.total', DAY)).toBeGreaterThan(value('cost.total', 9 * HOUR)!)
    const seconds = rows.filter((row) => row.name.startsWith('seconds.') && row.to - row.from === DAY)
    expect(seconds.reduce((sum, row) => sum + row.value!, 0)).toBe(43 * 86_400)
  },
)

test.each([
  [[], 78, 'where to?'],
  [['--dry-run'], 78, '--dry-run needs --from and --to'],
  [['--truth', 'x', '--dry-run'], 78, 'needs --from and --to'],
  [['--dry-run', '--from', '2026-03-02T08:00'], 78, 'an interval needs from and to'],
  [['--dry-run', '--from', '2026-03-03', '--to', '2026-03-02'], 78, 'ends before it begins'],
  [['--dry-run', '--from', '2026-03-02', '--to', '2126-03-03'], 78, 'longer than 400 days'],
  [['--dry-run', ...interval, '--fault', 'dropz'], 78, 'no fault dropz'],
  [['--dry-run', ...interval, '--fault', 'worn_tool@main/machining/l3'], 78, 'does not happen on'],
  [['--dry-run', ...interval, '--fault', ':bad'], 78, 'written as name'],
  [['--dry-run', ...interval, '--fault', 'dropout'], 78, 'strike nobody'],
  [['--dry-run', ...interval, '--scenario', 'bad-day'], 78, 'strike nobody'],
  [['--dry-run', ...interval, '--plant', 'nowhere.yaml'], 78, 'cannot be read (ENOENT)'],
  [['--dry-run', ...interval, '--batch', '0'], 78, '--batch must be from 1 to 1000'],
  [['--data', folder], 78, 'no installation runs on'],
  [['--load', '0', '--mqtt', '127.0.0.1:1'], 78, 'from 1 to 2000 devices'],
  [['--load', '5'], 78, 'where to?'],
  [['--scenario', 'x'], 1, 'Allowed choices are baseline'],
  [['--from', 'yesterday'], 1, 'write 2026-03-02'],
] as const)('%j ends with %d: %s', { timeout: 20_000 }, async (args, code, why) => {
  const run = await simulate(...args)
  expect(run.err).toContain(why)
  expect(run.err).not.toContain('    at ')
  expect(run.code).toBe(code)
})

test.each([
  ['dropout', { fault: 'dropout', machines: ['f'] }],
  ['dropout@main/a/l/m', { fault: 'dropout', machines: ['f/main/a/l/m'] }],
  [
    'spike@a,b:p=0.05,measure=power_kw,size=2',
    { fault: 'spike', machines: ['f/a', 'f/b'], probability: 0.05, params: { measure: 'power_kw', size: 2 } },
  ],
  ['meter_swap:announced=false', { fault: 'meter_swap', machines: ['f'], params: { announced: false } }],
] as const)('--fault %s', (text, request) => expect(faultOf(text, 'f')).toEqual(request))

test.each(['@lathe', 'spike:p', 'spike:=1', ''])('--fault %s is refused', (text) => {
  expect(() => faultOf(text, 'f')).toThrow(/written as|has no value/)
})

test('times are of Asia/Shanghai unless they say otherwise', () => {
  expect(instantOf('2026-03-02')).toBe(Date.UTC(2026, 2, 1, 16))
  expect(instantOf('2026-03-02T08:00')).toBe(Date.UTC(2026, 2, 2))
  expect(instantOf('2026-03-02T08:00Z')).toBe(Date.UTC(2026, 2, 2, 8))
})

test('the status of a run as a table', () => {
  const run: SimulationRun = {
    firm: 'sim-a',
    simulation: 'works',
    scenario: 'baseline',
    seed: 1,
    standing: false,
    from: instantOf('2026-03-02T08:00'),
    to: instantOf('2026-03-02T12:00'),
    speed: 0,
    state: 'running',
    why: null,
    at: instantOf('2026-03-02T09:00'),
    history: null,
    machines: 70,
    devices: 38,
    connected: 37,
    sent: 1200,
    acknowledged: 1000,
    waiting: 2000,
  }
  expect(statusTable(run, 250, ['spike', 'spike', 'poison'])).toEqual([
    ['run', 'sim-a (simulated), running, 25 %'],
    ['plant', '2026-03-02 09:00:00'],
    ['devices', '37 of 38 connected'],
    ['messages', '1,200 sent, 1,000 acknowledged, 250/s'],
    ['waiting', '2,000 items'],
    ['faults', 'spike, poison'],
  ])
  expect(
    statusTable({ ...run, to: null, state: 'standing still', why: 'the disk is full' }, 0, [])[0],
  ).toEqual(['run', 'sim-a (simulated), standing still: the disk is full'])
})

test('windows: the interval, and the days and shifts that lie in it', () => {
  const from = instantOf('2026-03-02T08:00')
  const hours = (to: number) =>
    windowsOf(demo, { from, to }).map((w) => [(w.from - from) / HOUR, (w.to - from) / HOUR])
  expect(hours(from + 10 * HOUR)).toEqual([
    [0, 10],
    [0, 9],
  ])
  expect(hours(from + 2 * DAY)).toEqual([
    [0, 48],
    [0, 24],
    [0, 9],
    [9, 17],
    [24, 48],
    [24, 33],
    [33, 41],
  ])
})

test('what is asked for wrongly is refused with every reason', () => {
  const now = instantOf('2026-06-01')
  const good = { firm: 'sim-a', plant: { ...demo, firm: 'sim-a' }, scenario: 'baseline', seed: 1 }
  expect(runProblems(good, now)).toEqual([])
  expect(runProblems({ ...good, from: now - DAY, to: now, speed: 60 }, now)).toEqual([])
  expect(runProblems(null, now)).toEqual(['no object'])
  expect(
    runProblems({ ...good, firm: 'demo-a', seed: -1, scenario: 'history', speed: 2, signals: 1 }, now),
  ).toEqual([
    'firm is no name that begins with sim-',
    'plant is not a simulated plant of that firm',
    expect.stringContaining('scenario is none of baseline'),
    'seed is no whole number from 0 to 4294967295',
    'without an interval time goes as it does: speed 1',
    'signals is neither true nor false',
  ])
  expect(runProblems({ ...good, from: now - DAY, to: now + 1 }, now)).toEqual([
    'the interval lies in the future, or before 2025',
  ])
})
