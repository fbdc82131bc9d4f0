/** Runs, faults and truths as they are shown: shapes of states, places, units, windows. */
import { DAY, HOUR, type Instant, MINUTE } from '#domain/time.ts'
import type { ShownState } from '#domain/plant/plant.ts'
import type {
  Fault,
  FaultKind,
  PlantView,
  Run,
  RunStart,
  SimulationDevices,
  TruthLine,
} from '../server/shapes.ts'
import { formatNumber, NOTHING } from './format.ts'
import { productionDay, shiftAt, shiftsIn } from './shift.ts'

/** A run's state has the shape of the machine state that it is like. */
export const RUN_SHAPE: Readonly<Record<Run['state'], ShownState>> = {
  preparing: 'SETUP',
  running: 'RUN',
  'standing still': 'STOP',
  ended: 'OFF',
}
export const runStateKey = (state: Run['state']): string => state.replace(' ', '_')

/** How much of its interval a run has told, 0..1; null: it has no end. */
export function runShare({ from, to, at }: Run): number | null {
  if (to === null) return null
  return Math.min(1, Math.max(0, (at - from) / (to - from)))
}

/** The present of a plant: of one that lives an interval, or faster than time, where it has come to. */
export const plantNow = (run: Run | null, now: Instant): Instant =>
  run && (run.to !== null || run.speed !== 1) ? Math.min(now, run.at) : now

export const isHappening = ({ from, to }: Pick<Fault, 'from' | 'to'>, at: Instant): boolean =>
  (from === null || at >= from) && (to === null || at < to)

/** How a unit of the truth is shown: divided, with decimals, under a word or as it is. */
const UNITS: Readonly<
  Record<string, { readonly per: number; readonly digits: number; readonly unit: string }>
> = {
  Wh: { per: 1000, digits: 3, unit: 'kWh' },
  varh: { per: 1000, digits: 3, unit: 'kvarh' },
  W: { per: 1000, digits: 3, unit: 'kW' },
  dm3: { per: 1000, digits: 3, unit: 'm³' },
  fen: { per: 100, digits: 2, unit: 'yuan' },
  fen_per_100_yuan: { per: 100, digits: 2, unit: 'per100' },
  ppm: { per: 10_000, digits: 2, unit: '%' },
}

export const truthUnit = (unit: string): string => UNITS[unit]?.unit ?? unit

/** A value of the truth in the unit of `truthUnit`; `—` for null. */
export function truthNumber(value: number | null, unit: string, signed = false): string {
  if (value === null) return NOTHING
  const { per, digits } = UNITS[unit] ?? { per: 1, digits: 0 }
  const text = formatNumber(value / per, digits)
  return signed && value > 0 ? `+${text}` : text
}

export type TruthClass = 'seconds' | 'pieces' | 'energy' | 'flow' | 'cost' | 'value' | 'u' | 'oee'
export function classOf(name: string): TruthClass {
  if (name.startsWith('seconds.')) return 'seconds'
  if (name.startsWith('pieces.')) return 'pieces'
  if (name.startsWith('cost.') || name.startsWith('line.')) return 'cost'
  if (name === 'value' || name.startsWith('value.')) return 'value'
  if (name === 'u' || name === 'oee') return name
  return name === 'energy' || name === 'reactive' ? 'energy' : 'flow'
}

/** What the works books at another instant than accounting, by the figure that it moves. */
export function bookingOf(name: string): 'material' | 'maintenance' | 'pieces' | 'parts' {
  if (name.endsWith('.material')) return 'material'
  if (name.endsWith('.maintenance')) return 'maintenance'
  return classOf(name) === 'value' || name === 'oee' ? 'pieces' : 'parts'
}

export const rowKey = (name: string): string => name.replaceAll(/[.-]/g, '_')

export const WINDOWS = ['hour', 'shift', 'lastShift', 'day', 'lastDay'] as const
export type WindowName = (typeof WINDOWS)[number]
/** Readings of the last minutes may be on their way. */
const SETTLE = 2 * MINUTE

/** When the plant's life begins: with its past, where it has one. */
const livedFrom = ({ from, history }: Run): Instant =>
  history === null ? from : Math.min(from, Date.parse(`${history.from}T00:00:00+08:00`))

/**
 * A window to compare in, whole minutes, inside what the plant has lived; null: it is too young. The last shift and the last production day
 * are whole: money is settled by them.
 */
export function truthWindow(
  name: WindowName,
  run: Run | null,
  shifts: PlantView['shifts'],
  now: Instant,
): { readonly from: Instant; readonly to: Instant } | null {
  const present = plantNow(run, now)
  const settled = Math.floor((present - (run?.state === 'ended' ? 0 : SETTLE)) / MINUTE) * MINUTE
  const hour = Math.floor(settled / HOUR) * HOUR
  const lived = run ? Math.ceil(livedFrom(run) / MINUTE) * MINUTE : 0
  if (name === 'lastShift' || name === 'lastDay') {
    const { from: today } = productionDay(shifts, settled)
    const last = shiftsIn(shifts, settled - 2 * DAY, settled).findLast(({ to }) => to <= settled)
    const whole = name === 'lastDay' ? { from: today - DAY, to: today } : last
    return whole && whole.from >= lived ? { from: whole.from, to: whole.to } : null
  }
  const span = {
    hour: { from: hour - HOUR, to: hour },
    shift: { from: shiftAt(shifts, present)?.from ?? settled - 8 * HOUR, to: settled },
    day: { from: settled - DAY, to: settled },
  }[name]
  const from = Math.max(span.from, lived)
  return from < span.to ? { from, to: span.to } : null
}

const ORDER: readonly TruthLine['verdict'][] = ['differs', 'unknown', 'within', 'equal']
/** The verdict that matters most among lines. */
export const worstOf = (lines: readonly TruthLine[]): TruthLine['verdict'] =>
  ORDER.find((verdict) => lines.some((line) => line.verdict === verdict)) ?? 'equal'

type Figures = Omit<SimulationDevices['devices'][number], 'machine'>
export type DeviceGroup = {
  readonly id: string
  /** Null: machines that the plant in force no longer has. */
  readonly title: PlantView['title'] | null
  readonly sum: Figures
  readonly rows: readonly (SimulationDevices['devices'][number] & {
    readonly title: PlantView['title'] | null
  })[]
}

/** The devices by the plant's groups, in the plant's order; those of no machine in force come last. */
export function deviceGroups(
  { devices }: SimulationDevices,
  { groups, machines }: PlantView,
): readonly DeviceGroup[] {
  const byPath = new Map(machines.map((machine) => [machine.path, machine]))
  const rows = devices.map((device) => ({ ...device, title: byPath.get(device.machine)?.title ?? null }))
  const byGroup = Map.groupBy(rows, ({ machine }) => byPath.get(machine)?.group ?? null)
  return [...groups, { id: null, title: null }].flatMap(({ id, title }) => {
    const own = byGroup.get(id)
    return own ? [{ id: id ?? '', title, rows: own, sum: sumOf(own) }] : []
  })
}

function sumOf(rows: readonly Figures[]): Figures {
  const sum = { made: 0, sent: 0, acknowledged: 0, lost: 0, waiting: 0, difference: 0 }
  for (const row of rows) for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += row[name]
  return sum
}

/** Can a kind of fault strike a machine? `works`: the plant lives as a works, where processes can go wrong. */
export function fits({ kind, machines }: FaultKind, path: string, works: boolean): boolean {
  if (kind === 'process' && !works) return false
  return machines === null || machines.includes(path.slice(path.lastIndexOf('/') + 1))
}

/** What a firm of a started simulation was started with, read from its name `sim-<scenario>-<seed>[-<again>]`; null: it is none. */
export function startOf(
  firm: string,
  scenarios: readonly RunStart['scenario'][],
): Pick<RunStart, 'scenario' | 'seed'> | null {
  const scenario = scenarios.find((name) => firm.startsWith(`sim-${name}-`))
  const seed = scenario && /^\d+/.exec(firm.slice(`sim-${scenario}-`.length))?.[0]
  return scenario && seed ? { scenario, seed: Number(seed) } : null
}
