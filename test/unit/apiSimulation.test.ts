/** Truth beside computed as arithmetic; a plant as text; an archive that tar reads. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePlant } from '#contract/plant.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import { plantText } from '#contract/plantText.ts'
import { SCENARIOS } from '#contract/rest.ts'
import { courseOf } from '#domain/accounting/register.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import {
  computedGrowth,
  computedState,
  lineOf,
  NOT_KNOWN,
  stateSeconds,
  sumOf,
} from '../../api/simulation/compare.ts'
import { countsOf, deviceTable, devicesOf } from '../../api/simulation/devices.ts'
import { faultRequest, faultView, strikesFirm, strikesMachine } from '../../api/simulation/faults.ts'
import { scenarioViews } from '../../api/simulation/scenarios.ts'
import { tarOf } from '../../api/simulation/tar.ts'
import { casePlant } from '../casePlant.ts'
import { newFolder } from '../pipelineCase.ts'

const energy = { scope: 'a/b/c/m', name: 'energy', unit: 'Wh' }
const fault = { kind: 'fault' as const, id: 'f1', name: 'reset', items: null }

describe('verdicts', () => {
  test.each([
    ['no difference', 1000, { value: 1000, tolerance: 0, reason: null }, 'equal', 0],
    [
      'no difference, whatever could have been',
      1000,
      { value: 1000, tolerance: 50, reason: 'unknown_time' },
      'equal',
      0,
    ],
    [
      'at the edge of the tolerance',
      1000,
      { value: 1020, tolerance: 20, reason: 'sparse_samples' },
      'within',
      20,
    ],
    ['one beyond it', 1000, { value: 1021, tolerance: 20, reason: 'sparse_samples' }, 'differs', 21],
    ['one below it', 1000, { value: 979, tolerance: 20, reason: null }, 'differs', -21],
    [
      'what a reset lost is not known',
      1000,
      { value: 400, tolerance: 20, reason: 'register_reset', low: true },
      'unknown',
      -600,
    ],
    [
      'but a reset never adds',
      1000,
      { value: 1400, tolerance: 20, reason: 'register_reset', low: true },
      'differs',
      400,
    ],
    ['no computed side', 1000, NOT_KNOWN('no_sample_after'), 'unknown', null],
    ['no truth', null, { value: 3, tolerance: 0, reason: null }, 'unknown', null],
  ] as const)('%s', (_what, truth, computed, verdict, difference) => {
    const line = lineOf(energy, truth, computed, [fault])
    expect([line.verdict, line.difference]).toEqual([verdict, difference])
    expect(line.causes).toEqual(
      difference !== null && (verdict === 'differs' || verdict === 'unknown') ? [fault] : [],
    )
  })

  test('a plant whose parts differ differs, also where the differences cancel', () => {
    const low = lineOf(energy, 1000, { value: 500, tolerance: 10, reason: null }, [fault])
    const high = lineOf(energy, 1000, { value: 1500, tolerance: 10, reason: null })
    expect(sumOf('energy', [low, high])).toMatchObject({
      scope: 'plant',
      truth: 2000,
      computed: 2000,
      difference: 0,
      verdict: 'differs',
      causes: [fault],
    })
    expect(sumOf('energy', [low, lineOf(energy, 1, NOT_KNOWN('no_readings'))])).toMatchObject({
      truth: 1001,
      computed: null,
      verdict: 'unknown',
      reason: 'part_unknown',
    })
  })
})

const seg = (from: number, to: number, state: 'RUN' | 'IDLE' | 'UNKNOWN') => ({
  from: from * MINUTE,
  to: to * MINUTE,
  state,
  reason: null,
})

describe('states', () => {
  test('time without a segment is unknown, and any state may fill it', () => {
    const segments = [seg(10, 30, 'RUN'), seg(30, 60, 'IDLE')]
    expect(stateSeconds(segments, 0, HOUR)).toMatchObject({ RUN: 1200, IDLE: 1800, UNKNOWN: 600, STOP: 0 })
    const of = computedState(segments, { from: 0, to: HOUR }, 3 * MINUTE)
    expect(lineOf({ ...energy, name: 'seconds.RUN' }, 1800, of('RUN'))).toMatchObject({
      difference: -600,
      verdict: 'within',
      reason: 'unknown_time',
    })
    expect(lineOf({ ...energy, name: 'seconds.RUN' }, 1802, of('RUN')).verdict).toBe('differs')
    expect(lineOf({ ...energy, name: 'seconds.UNKNOWN' }, 0, of('UNKNOWN')).verdict).toBe('within')
  })

  test('a window in which nothing is known gives no state a computed side, and passes nothing', () => {
    for (const segments of [[], [seg(0, 60, 'UNKNOWN')]]) {
      const of = computedState(segments, { from: 0, to: HOUR }, 3 * MINUTE)
      expect(lineOf(energy, 3600, of('RUN'))).toMatchObject({
        computed: null,
        verdict: 'unknown',
        reason: 'unknown_time',
      })
      expect(lineOf(energy, 0, of('UNKNOWN'))).toMatchObject({ computed: 3600, verdict: 'within' })
    }
  })

  test('with every second known, one second of rounding is all that passes', () => {
    const of = computedState([seg(0, 60, 'RUN')], { from: 0, to: HOUR }, 3 * MINUTE)
    expect([3600, 3599, 3598].map((truth) => lineOf(energy, truth, of('RUN')).verdict)).toEqual([
      'equal',
      'within',
      'differs',
    ])
  })

  test('before a silence a state is carried on for the timeout, and that much is in doubt', () => {
    const of = computedState([seg(0, 50, 'RUN'), seg(50, 60, 'UNKNOWN')], { from: 0, to: HOUR }, 3 * MINUTE)
    expect(of('RUN')).toEqual({ value: 3000, tolerance: 1 + 600 + 180, reason: 'unknown_time' })
  })
})

const course = (points: readonly [number, number][], rollover: number | null = null) =>
  courseOf(
    points.map(([ts, steps], seq) => ({ boot: '', seq, ts, steps })),
    [],
    rollover,
  )

describe('registers', () => {
  test.each([
    [
      'samples at both ends',
      [
        [0, 100],
        [60, 130],
        [120, 190],
      ],
      0,
      120,
      90,
      2,
      null,
    ],
    [
      'an end between two samples',
      [
        [-30, 100],
        [30, 130],
        [90, 190],
      ],
      0,
      60,
      45,
      2 + 15 + 30,
      'sparse_samples',
    ],
    [
      'a register that stands still leaves no doubt',
      [
        [-30, 100],
        [30, 100],
        [90, 100],
      ],
      0,
      60,
      0,
      2,
      null,
    ],
    [
      'a rollover',
      [
        [0, 990],
        [60, 10],
      ],
      0,
      60,
      20,
      2,
      null,
    ],
    [
      'set back to 0',
      [
        [0, 400],
        [60, 10],
      ],
      0,
      60,
      10,
      2,
      'register_reset',
    ],
  ] as [string, [number, number][], number, number, number, number, string | null][])(
    '%s',
    (_what, points, from, to, steps, tolerance, reason) => {
      expect(computedGrowth(course(points, 1000), from, to, 10)).toMatchObject({
        value: steps * 10,
        tolerance: tolerance * 10,
        reason,
      })
    },
  )

  test.each([
    ['nothing heard', [], 'no_readings'],
    [
      'heard only later',
      [
        [10, 1],
        [70, 2],
      ],
      'no_sample_before',
    ],
    [
      'not heard since',
      [
        [-10, 1],
        [50, 2],
      ],
      'no_sample_after',
    ],
  ] as [string, [number, number][], string][])('%s has no computed side', (_what, points, reason) => {
    expect(computedGrowth(course(points), 0, 60, 10)).toEqual({ value: null, reason })
  })

  test('whatever a register did between its readings, the truth is inside the tolerance', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ after: fc.integer({ min: 1, max: 90 }), grows: fc.integer({ min: 0, max: 25 }) }),
          { minLength: 4, maxLength: 200 },
        ),
        fc.integer({ min: 2, max: 40 }),
        fc.nat(),
        fc.nat(),
        (steps, every, a, b) => {
          // fine truth in tenths of a step; a reading shows whole steps, at every n-th instant
          let [ts, tenths] = [0, 0]
          const truth = [
            { ts, tenths },
            ...steps.map(({ after, grows }) => ({ ts: (ts += after), tenths: (tenths += grows) })),
          ]
          const read = truth.filter((_, i) => i % every === 0 || i === truth.length - 1)
          const points = read.map((at): [number, number] => [at.ts, Math.floor(at.tenths / 10)])
          const at = (t: number) => truth.findLast((one) => one.ts <= t)!.tenths
          const [from, to] = [a % ts, b % ts].toSorted((x, y) => x - y) as [number, number]
          const found = computedGrowth(course(points), from, to, 10)
          expect(found.value).not.toBeNull()
          const { value, tolerance } = found as { value: number; tolerance: number }
          expect(Math.abs(value - (at(to) - at(from)))).toBeLessThanOrEqual(tolerance)
        },
      ),
    )
  })
})

test('a fault as a firm sees it: its own machines, and whether it is its alone', () => {
  const base = { id: 'f1', name: 'duplicate', from: null, to: null, probability: 0.1, params: {}, seed: 1 }
  const of = (machines: string[]) => ({ ...base, machines })
  const cases = [
    [['sim-a/m/a/l/x'], ['m/a/l/x'], false],
    [['sim-a/m', 'sim-b/m'], ['m'], true],
    [['sim-a'], [], false],
    [['*'], [], true],
  ] as const
  for (const [machines, paths, shared] of cases)
    expect(faultView(of([...machines]), 'sim-a')).toMatchObject({ machines: paths, shared })
  expect(strikesFirm(of(['sim-ab/m']), 'sim-a')).toBe(false)
  expect(strikesMachine(of(['sim-a/m/a']), 'sim-a', 'm/a/l/x')).toBe(true)
  expect(strikesMachine(of(['sim-a/m/a/l/x']), 'sim-a', 'm/a/l/x2')).toBe(false)
  expect(faultRequest('sim-a', { fault: 'duplicate', machines: ['m/a'] }).machines).toEqual(['sim-a/m/a'])
  expect(faultRequest('sim-a', { fault: 'duplicate' }).machines).toEqual(['sim-a'])
  expect(faultRequest('sim-a', { fault: 'duplicate', id: 'f1' })).toEqual({ fault: 'duplicate', id: 'f1' })
})

test('every scenario that can be started has its words', () => {
  expect(scenarioViews.map(({ name }) => name)).toEqual([...SCENARIOS])
})

test('a firm named as a simulation must be one, in a plant file as in a plant.put', () => {
  const real = { ...casePlant('sim-x-1'), simulated: false }
  expect(parsePlant(real)).toEqual({
    faults: [{ path: 'simulated', message: 'must be true: sim-x-1 is the name of a simulation' }],
  })
  expect(parsePlant({ ...real, simulated: true })).toHaveProperty('plant')
  const text = fs
    .readFileSync(path.join(import.meta.dirname, '../cases/plant.yaml'), 'utf8')
    .replace('firm: case', 'firm: sim-x-1')
    .replace('simulated: true', 'simulated: false')
  const reading = readPlantFile(text, 'sim-x-1')
  expect('faults' in reading && reading.faults.map((one) => one.path)).toEqual(['simulated'])
})

test.each(['plants/demo-a/plant.yaml', 'test/cases/plant.yaml'])(
  '%s in force becomes a file that reads as the same plant',
  (file) => {
    const root = path.join(import.meta.dirname, '../..')
    const source = fs.readFileSync(path.join(root, file), 'utf8')
    const reading = readPlantFile(source, /^firm: (\S+)/m.exec(source)![1]!)
    if ('faults' in reading) throw new Error(JSON.stringify(reading.faults))
    const again = readPlantFile(plantText(reading.plant, 'case'), 'case')
    if ('faults' in again) throw new Error(JSON.stringify(again.faults))
    const sorted = (plant: typeof reading.plant) => ({
      ...plant,
      firm: '',
      machines: plant.machines.map((machine) => ({
        ...machine,
        measures: machine.measures.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      })),
      credentials: plant.credentials.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    })
    expect(sorted(again.plant)).toEqual(sorted(reading.plant))
  },
)

test('an archive is one that tar unpacks', () => {
  const dir = newFolder()
  const files = ['', 'x', 'y'.repeat(512), '百元'.repeat(400)].map((text, i) => ({
    name: `case/f${i}.txt`,
    text,
  }))
  fs.writeFileSync(path.join(dir, 'a.tar'), tarOf(files, 1_795_500_420))
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: dir })
  for (const { name, text } of files) expect(fs.readFileSync(path.join(dir, name), 'utf8')).toBe(text)
  fs.rmSync(dir, { recursive: true })
  expect(() => tarOf([{ name: 'x'.repeat(101), text: '' }], 0)).toThrow('at most 100')
})

const stream = { machine: 'a/b/c/m', class: 'telemetry', boot: 'b1', repeated: 0 }
const ranges = (seqs: readonly number[]): number[] =>
  [...new Set(seqs)]
    .toSorted((a, b) => a - b)
    .reduce<number[]>((all, n) => (n === all.at(-1)! + 1 ? [...all.slice(0, -1), n] : [...all, n, n]), [])
const named = (machine: string, what: string, counter: string, items: number) => ({
  machine,
  what,
  counter,
  items,
  n: items,
})
const told = {
  firm: 'demo-a',
  streams: [
    { ...stream, made: [1, 9], sent: [1, 9], acknowledged: [1, 8], lost: [] },
    { ...stream, boot: 'b2', made: [1, 5], sent: [1, 5], acknowledged: [1, 5], lost: [] },
    { ...stream, machine: 'a/b/c/n', made: [1, 2], sent: [], acknowledged: [], lost: [1, 1] },
  ],
  named: [
    named('a/b/c/m', 'loss', '', 3),
    named('a/b/c/m', 'duplicate', 'duplicate', 4),
    named('a/b/c/n', 'duplicate', 'duplicate', 5),
  ],
  notes: [],
}
const asks = () => {
  const state = { clock: 1000, asked: [] as string[], fails: false, logged: 0 }
  const simulators = {
    told: (firm: string) => {
      state.asked.push(firm)
      state.clock += 5
      return state.fails ? Promise.reject(new Error('gone')) : Promise.resolve({ ...told, firm })
    },
  }
  const log = { warn: () => state.logged++ } as unknown as Log
  return { state, ask: devicesOf({ simulators, log, now: () => state.clock }, () => state.clock) }
}

describe('what devices sent', () => {
  test.each([
    ['all acknowledged', { made: [1, 9], sent: [1, 9], acknowledged: [1, 9], lost: [] }, [9, 9, 9, 0, 0, 0]],
    [
      'one lost',
      { made: [1, 9], sent: [1, 3, 5, 9], acknowledged: [1, 3, 5, 9], lost: [4, 4] },
      [9, 8, 8, 1, 0, 0],
    ],
    [
      'sent and not answered',
      { made: [1, 9], sent: [1, 9], acknowledged: [1, 6], lost: [] },
      [9, 9, 6, 0, 3, 0],
    ],
    ['not yet sent', { made: [1, 9], sent: [1, 4], acknowledged: [1, 4], lost: [8, 8] }, [9, 4, 4, 1, 4, 0]],
    [
      'lost and acknowledged',
      { made: [1, 9], sent: [1, 9], acknowledged: [1, 9], lost: [4, 5] },
      [9, 9, 9, 2, 0, 2],
    ],
    [
      'acknowledged, never made',
      { made: [1, 4], sent: [1, 4], acknowledged: [1, 6], lost: [] },
      [4, 4, 6, 0, 0, 2],
    ],
    ['nothing', { made: [], sent: [], acknowledged: [], lost: [] }, [0, 0, 0, 0, 0, 0]],
  ])('%s', (_, sets, [made, sent, acknowledged, lost, waiting, difference]) => {
    expect(countsOf(sets)).toEqual({ made, sent, acknowledged, lost, waiting, difference })
  })

  test('are the counts of the sets that the ranges stand for', () => {
    const seqs = fc.array(fc.integer({ min: 1, max: 40 }))
    fc.assert(
      fc.property(seqs, seqs, seqs, (made, acknowledged, lost) => {
        const sets = { made: ranges(made), sent: [], acknowledged: ranges(acknowledged), lost: ranges(lost) }
        const [all, ack, gone] = [new Set(made), new Set(acknowledged), new Set(lost)]
        const waiting = all.difference(ack).difference(gone).size
        expect(countsOf(sets)).toMatchObject({
          made: all.size,
          acknowledged: ack.size,
          lost: gone.size,
          waiting,
          difference: ack.intersection(gone).size + ack.union(gone).difference(all).size,
        })
      }),
    )
  })

  test('are one row a machine over all its starts, a total, and what each fault did everywhere', () => {
    const { devices, total, did } = deviceTable(told, 7)
    expect(devices).toEqual([
      { machine: 'a/b/c/m', made: 14, sent: 14, acknowledged: 13, lost: 0, waiting: 1, difference: 0 },
      { machine: 'a/b/c/n', made: 2, sent: 0, acknowledged: 0, lost: 1, waiting: 1, difference: 0 },
    ])
    expect(total).toEqual({ made: 16, sent: 14, acknowledged: 13, lost: 1, waiting: 2, difference: 0 })
    expect(did).toEqual([
      { name: 'duplicate', counter: 'duplicate', items: 9 },
      { name: 'loss', counter: '', items: 3 },
    ])
  })

  describe('is asked of the simulators', () => {
    test('once for all who ask together and soon after, for each firm', async () => {
      const { state, ask } = asks()
      const [one, two] = await Promise.all([ask('demo-a'), ask('demo-a')])
      expect(two).toBe(one)
      state.clock += 20 * 5 - 1
      expect(await ask('demo-a')).toBe(one)
      expect(state.asked).toEqual(['demo-a'])
      expect(await ask('demo-b')).not.toBe(one)
      expect(state.asked).toEqual(['demo-a', 'demo-b'])
    })

    test('anew when it is old, while the old one is still shown; a very old one is not', async () => {
      const { state, ask } = asks()
      const one = await ask('demo-a')
      state.clock += 20 * 5
      expect(await ask('demo-a')).toBe(one)
      expect(state.asked).toHaveLength(2)
      const two = await ask('demo-a')
      expect(two.at).toBeGreaterThan(one.at)
      state.clock += 60_000
      expect((await ask('demo-a')).at).toBe(state.clock)
      expect(state.asked).toHaveLength(3)
    })

    test('again after a failure, which is told', async () => {
      const { state, ask } = asks()
      state.fails = true
      await expect(ask('demo-a')).rejects.toThrow('gone')
      state.fails = false
      await ask('demo-a')
      state.fails = true
      state.clock += 20 * 5
      await ask('demo-a')
      await expect(ask('demo-a')).rejects.toThrow('gone')
      // whoever was shown the old table was told nothing: the log was
      expect(state.logged).toBe(3)
    })
  })
})
