/** Process faults of the simulated works: each changes what it should, and not one byte before its onset. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { FaultRequest } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE } from '#domain/time.ts'
import { Switchboard } from '../../simulators/faults/switchboard.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { historyItems, itemsBetween } from '../../simulators/works/items.ts'
import {
  effectsAt,
  PROCESS_FAULTS,
  type ProcessFault,
  type ProcessFaultName,
} from '../../simulators/works/processFaults.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import { signalAt } from '../../simulators/works/signals.ts'
import type { WorksState } from '../../simulators/works/state.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const plant = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const BASELINE = { name: 'baseline', from: null } as const

let works: WorksState
let days: DayTruth[]
let healthyBefore: string
let healthyEvidence: string

/** Five open days, Monday to Friday, with these faults. */
function run(faults: readonly ProcessFault[]): DayTruth[] {
  let state = works
  return Array.from({ length: 5 }, () => {
    const { truth, next } = simulateDay(state, { parameters: parametersOn(BASELINE, state.date), faults })
    state = next
    return truth
  })
}

beforeAll(() => {
  works = warmWorks(3, '2026-03-09', BASELINE)
  days = run([])
  healthyBefore = before(days)
  healthyEvidence = evidence(days)
}, 120_000)

type Case = {
  readonly machine: string
  /** Row of truth and scope that the fault must move, and which way. */
  readonly moves?: readonly [name: string, scope: string, way: 1 | -1]
  /** Signal that must move. */
  readonly signal?: string
}

const CASES: Readonly<Record<ProcessFaultName, Case>> = {
  furnace_holding: { machine: 'furnace-01', moves: ['energy', 'm01', 1] },
  overheat: { machine: 'furnace-01', moves: ['pieces.scrap', 'furnace-01', 1], signal: 'melt_temp_c' },
  cold_melt: { machine: 'furnace-01', moves: ['pieces.scrap', 'furnace-01', 1], signal: 'melt_temp_c' },
  cooling_flow: { machine: 'furnace-01', moves: ['seconds.RUN', 'furnace-01', 1], signal: 'water_flow_m3h' },
  lining: { machine: 'furnace-01', signal: 'lining_ma' },
  abrasive_low: { machine: 'blast-01', moves: ['pieces.rework', 'blast-01', 1], signal: 'wheel_a' },
  thermocouple_open: { machine: 'oven-01', moves: ['pieces.rework', 'oven-01', 1], signal: 'zone1_c' },
  worn_tool: { machine: 'lathe-03', moves: ['pieces.scrap', 'lathe-03', 1], signal: 'load_pct' },
  tool_not_reset: { machine: 'centre-02', moves: ['pieces.scrap', 'centre-02', 1] },
  overload: { machine: 'centre-02', moves: ['energy', 'centre-02', 1], signal: 'load_pct' },
  bearing: { machine: 'centre-02', moves: ['cost.maintenance', 'centre-02', 1], signal: 'vib_mm_s' },
  lube_low: { machine: 'lathe-03', signal: 'lube_pct' },
  size_shift: { machine: 'grinder-01', moves: ['pieces.scrap', 'grinder-01', 1], signal: 'size_dev_um' },
  slurry_off: { machine: 'lapping-01', moves: ['pieces.rework', 'lapping-01', 1], signal: 'slurry_l_min' },
  torque_low: { machine: 'bench-01', moves: ['cost.scrap', 'plant', 1], signal: 'torque_nm' },
  slow_leak: { machine: 'test-02', moves: ['pieces.rework', 'test-02', 1], signal: 'pressure_mpa' },
  burner_idling: { machine: 'paint-01', moves: ['cost.gas', 'plant', 1] },
  voc_high: { machine: 'paint-01', moves: ['energy', 'm17', 1], signal: 'voc_ppm' },
  air_leak: { machine: 'compressor-01', moves: ['cost.media', 'plant', 1], signal: 'pressure_mpa' },
  unloaded: { machine: 'compressor-01', moves: ['cost.media', 'plant', 1] },
  oil_hot: { machine: 'compressor-02', moves: ['energy', 'm19', 1], signal: 'oil_c' },
}
/** Large enough that chance cannot hide them in four days. */
const SIZES: Partial<Record<ProcessFaultName, number>> = {
  overheat: 150,
  cold_melt: 100,
  worn_tool: 0.6,
  tool_not_reset: 5,
  bearing: 0.2,
  size_shift: 15,
  torque_low: 0.5,
  slow_leak: 0.4,
  abrasive_low: 0.6,
}

const valueOf = (list: readonly DayTruth[], name: string, scope: string): number =>
  truthOf(list, scope, { from: list[0]!.from, to: list.at(-1)!.to }).find((row) => row.name === name)!.value!

const evidence = (list: readonly DayTruth[]): string =>
  JSON.stringify(list.map((day) => historyItems(day, plant.machines)))

const onset = (): number => days[0]!.from + 3.37 * HOUR

/** Everything of the first day that lies before the onset: what devices send, and the truth. */
const before = ([first]: readonly DayTruth[]): string =>
  JSON.stringify([
    // cut there: a state that lasts over the onset is told with its end
    historyItems(first!, plant.machines, null, onset()),
    itemsBetween(first!, plant.machines, onset() - MINUTE, onset()),
    truthOf([first!], 'plant', { from: first!.from, to: onset() }),
    truthOf([first!], 'centre-02', { from: first!.from, to: onset() }),
  ])

/** Did the row that the fault must move go its way? */
function moved(ill: readonly DayTruth[], moves: Case['moves']): boolean {
  if (!moves) return true
  const [row, scope, way] = moves
  return Math.sign(valueOf(ill, row, scope) - valueOf(days, row, scope)) === way
}

/** Does the sensor read something else than it would without the fault, in the middle of a run? */
function signalMoved(day: DayTruth, machine: string, signal: string | undefined): boolean {
  if (signal === undefined) return true
  const running = day.machines[machine]!.segments.find(({ state }) => state === 'RUN')
  const at = running ? running.from + (running.to - running.from) / 2 : day.from + 4 * HOUR
  const healthy = signalAt({ ...day, faults: [] }, machine, signal, at)
  return JSON.stringify(signalAt(day, machine, signal, at)) !== JSON.stringify(healthy)
}

/** Where two texts part, with what stands there; null: nowhere. */
function firstDifference(a: string, b: string): string | null {
  if (a === b) return null
  let i = 0
  while (a[i] === b[i]) i++
  return `${a.slice(i - 80, i + 40)} | ${b.slice(i - 80, i + 40)}`
}

test.each(Object.keys(PROCESS_FAULTS) as ProcessFaultName[])(
  '%s changes what it should and nothing before its onset',
  (name) => {
    const { machine, moves, signal } = CASES[name]
    const from = onset()
    const size = SIZES[name]
    const fault = { name, machine, from, to: from + 30 * DAY, ...(size === undefined ? {} : { size }) }
    const ill = run([fault])

    expect(firstDifference(before(ill), healthyBefore)).toBeNull()

    expect(moved(ill, moves)).toBe(true)
    expect(signalMoved(ill[1]!, machine, signal)).toBe(true)
    expect(moves === undefined || evidence(ill) !== healthyEvidence).toBe(true)
  },
)

test('a fault that ends leaves the machine as it would be; one that is over has no effect', () => {
  const from = days[0]!.from + HOUR
  const fault: ProcessFault = { name: 'worn_tool', machine: 'lathe-03', from, to: from + HOUR }
  expect(effectsAt([fault], 'lathe-03', from - 1)).toEqual({})
  expect(effectsAt([fault], 'lathe-03', from).power).toBeCloseTo(1.2)
  expect(effectsAt([fault], 'lathe-03', from + HOUR)).toEqual({})
  expect(effectsAt([fault], 'lathe-04', from)).toEqual({})
  const both = effectsAt([fault, { ...fault, name: 'bearing' }], 'lathe-03', from + 30 * MINUTE)
  expect(both.power).toBeGreaterThan(1.2)
  expect(Object.keys(both.signals!)).toEqual(['load_pct', 'vib_mm_s'])
})

test('what is asked for wrongly is refused with its reason', () => {
  const machines = plant.machines.map(({ path: one }) => `demo-a/${one}`)
  const named = (name: string) => machines.find((one) => one.endsWith(`/${name}`))!
  const store = { faults: () => [], saveFaults: () => undefined }
  const board = new Switchboard(store, machines, 1, new Set(['demo-a']))
  const good: FaultRequest = { fault: 'air_leak', machines: [named('compressor-01')], from: 1, to: 2 }
  const problems = (over: Partial<FaultRequest>) => {
    const answer = board.start({ ...good, ...over })
    return answer.ok ? [] : answer.problems
  }
  expect(problems({})).toEqual([])
  expect(problems({ machines: ['demo-a/lathe-99'] })).toContain('no simulated machine demo-a/lathe-99')
  const lathe = named('lathe-01')
  expect(problems({ machines: [lathe] })).toEqual([`air_leak does not happen on ${lathe}`])
  expect(problems({ to: 1 })).toEqual(['it ends before it begins'])
  expect(problems({ params: { size: 99 } })).toEqual(['size 99 is outside 0.1 to 4'])
  expect(problems({ probability: 0.5 })).toEqual(['air_leak has no probability: it happens'])
  expect(problems({ fault: 'gremlin' })[0]).toContain('no fault gremlin')
  const shop = new Switchboard(store, machines, 1)
  expect(shop.start(good)).toMatchObject({ ok: false })
})
