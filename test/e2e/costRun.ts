/** A past stretch of the works, told to a running installation through real MQTT, beside what the works knows of it: its own arithmetic. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { FigureRow } from '#contract/figures.ts'
import type { TruthRow } from '#contract/local.ts'
import type { Span } from '#domain/accounting/span.ts'
import { DAY, HOUR } from '#domain/time.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { instantOf } from '../../simulators/cli/instant.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import { shiftOf } from '../unit/costFixture.ts'
import type { Installation } from './installation.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Production days of a scenario, from 08:00 to 08:00 of the plant's time. */
export type Stretch = {
  readonly scenario: 'baseline' | 'retrofit'
  /** The first one finds orders under way whose begin nobody told. */
  readonly date: string
  readonly days: number
  readonly seed: number
  /** Messages of one packet, as a gateway sends them. */
  readonly batch: number
}

export const firmOf = ({ scenario, seed }: Stretch): string => `sim-${scenario}-${seed}`

/** The days after the first. */
export function spanOf({ date, days }: Stretch): Span {
  const first = instantOf(`${date}T08:00`)
  return { from: first + DAY, to: first + days * DAY }
}

const percentTold = (out: string): number =>
  Math.max(0, ...[...out.matchAll(/(\d+) %/g)].map(([, percent]) => Number(percent)))

/** An hour more is told: by then every shift of the stretch is past its lateness and settles. */
const AFTER = HOUR

/** Tells the stretch, with ingest and broker killed inside, and resolves with its truth. */
export async function tell(installation: Installation, stretch: Stretch): Promise<TruthRow[]> {
  const { from, to } = spanOf(stretch)
  const truth = path.join(installation.data, `${firmOf(stretch)}.jsonl`)
  const options = {
    data: installation.data,
    scenario: stretch.scenario,
    seed: stretch.seed,
    from: new Date(from - DAY).toISOString(),
    to: new Date(to + AFTER).toISOString(),
    batch: stretch.batch,
    truth,
  }
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const run = spawn(process.execPath, ['simulators/cli/simulate.ts', ...words, '--no-signals'], { cwd: root })
  let out = ''
  run.stdout.on('data', (text: Buffer) => (out += text.toString()))
  run.stderr.on('data', (text: Buffer) => (out += text.toString()))
  const ended = new Promise<number | null>((done) => run.on('exit', done))
  for (const [percent, name] of [
    [20, 'ingest'],
    [50, 'broker'],
  ] as const) {
    while (percentTold(out) < percent && run.exitCode === null)
      await new Promise((done) => setTimeout(done, 50))
    if (run.exitCode === null) installation.kill(name)
  }
  const code = await ended
  if (code !== 0) throw new Error(`simulate ended with ${code}: ${out}`)
  return fs
    .readFileSync(truth, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TruthRow)
}

/** As `npm run figures` asks. */
export function figures(
  installation: Installation,
  stretch: Stretch,
  by: 'day' | 'shift',
  scope: string,
): Promise<FigureRow[]> {
  const { from, to } = spanOf(stretch)
  const query = new URLSearchParams({ firm: firmOf(stretch), by, from: String(from), to: String(to), scope })
  const socket = socketPath(installation.data, 'api')
  return callLocal<FigureRow[]>(socket, 'GET', `/figures?${query.toString()}`, undefined, 300_000)
}

/** The stretch as the works lived it, and a day before and after. */
export function livedBy({ scenario, date, days, seed }: Stretch): DayTruth[] {
  const lives = { name: scenario, from: null }
  let works = warmWorks(seed, date, lives)
  return Array.from({ length: days + 1 }, () => {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(lives, works.date) })
    works = next
    return truth
  })
}

/** The row as it was told: repair hours as they pass, issues beyond the standard, pieces that an order's end tells. */
export function asTold(days: readonly DayTruth[], row: TruthRow): TruthRow {
  if (row.value === null) return row
  const shift = shiftOf(days, row.scope === 'plant' ? null : row.scope.split('/').at(-1)!, row)
  const moved: Readonly<Record<string, number>> = {
    'cost.material': shift.material,
    'line.material': shift.material,
    'cost.maintenance': shift.maintenance,
    'line.maintenance': shift.maintenance,
    'cost.total': shift.material + shift.maintenance,
    value: shift.value,
    'value.added': shift.value,
    'pieces.good': shift.good * 1e4,
  }
  return { ...row, value: row.value + (moved[row.name] ?? 0) / 1e4 }
}

export const isMoney = ({ name }: TruthRow): boolean => /^(cost\.|line\.|value)/.test(name)

const keyOf = ({ name, scope, from, to }: Pick<TruthRow, 'name' | 'scope' | 'from' | 'to'>) =>
  `${scope} ${name} ${from} ${to}`

/** Everything in which figures are not the truth; `least`: what a row may differ by. */
export function faultsOf(
  rows: readonly FigureRow[],
  truth: readonly TruthRow[],
  least: (row: TruthRow) => number,
): string[] {
  const own = new Map(rows.map((row) => [keyOf(row), row]))
  return truth.flatMap((row) => {
    const found = own.get(keyOf(row))
    if (!found) return [`${keyOf(row)}: no figure, truth ${row.value}`]
    if (row.value === null) return []
    if (found.value === null) return [`${keyOf(row)}: null (${found.reason}), truth ${row.value}`]
    return Math.abs(found.value - row.value) <= least(row)
      ? []
      : [`${keyOf(row)}: ${found.value}, truth ${row.value}`]
  })
}
