/**
 * Weeks of the works against the truth, through real MQTT: told by its devices to a running installation, as gateways send it, with a kill
 * of ingest and broker inside, valued by the records that were put, asked for as scripts ask. What the works knows is its own arithmetic.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FigureRow } from '#contract/figures.ts'
import type { TruthRow } from '#contract/local.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import { DAY } from '#domain/time.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { instantOf } from '../../simulators/cli/instant.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import { Installation } from '../e2e/installation.ts'
import { writeWorks } from '../e2e/works.ts'
import { shiftOf } from '../unit/costFixture.ts'

const root = path.resolve(import.meta.dirname, '../..')
const installation = new Installation(writeWorks('elsewhere', 1))
/** The first day finds orders under way whose begin nobody told: the week is the seven days after it. */
const FIRST = instantOf('2026-03-08T08:00')
const FROM = FIRST + DAY
const TO = FROM + 7 * DAY

beforeAll(() => installation.start(['--no-simulator']), 120_000)
afterAll(async () => {
  await installation.stop()
  installation.remove()
})

const percentTold = (out: string): number =>
  Math.max(0, ...[...out.matchAll(/(\d+) %/g)].map(([, percent]) => Number(percent)))

async function simulate(scenario: string, batch: number, killed: boolean): Promise<TruthRow[]> {
  const truth = path.join(installation.data, `${scenario}.jsonl`)
  const words = [
    '--scenario',
    scenario,
    '--seed',
    '7',
    '--from',
    '2026-03-08T08:00',
    '--to',
    '2026-03-16T08:00',
  ]
  const command = ['simulators/cli/simulate.ts', '--data', installation.data, ...words, '--no-signals']
  const run = spawn(process.execPath, [...command, '--batch', String(batch), '--truth', truth], { cwd: root })
  let out = ''
  run.stdout.on('data', (text: Buffer) => (out += text.toString()))
  run.stderr.on('data', (text: Buffer) => (out += text.toString()))
  const ended = new Promise<number | null>((done) => run.on('exit', done))
  const told = async (part: number) => {
    while (percentTold(out) < part && run.exitCode === null) await new Promise((done) => setTimeout(done, 50))
  }
  if (killed) {
    await told(20)
    installation.kill('ingest')
    await told(50)
    installation.kill('broker')
  }
  const code = await ended
  expect({ code, out: code === 0 ? '' : out }).toEqual({ code: 0, out: '' })
  return fs
    .readFileSync(truth, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TruthRow)
}

async function figures(firm: string, by: 'day' | 'shift', scope: string): Promise<FigureRow[]> {
  const query = new URLSearchParams({ firm, by, from: String(FROM), to: String(TO), scope })
  return callLocal<FigureRow[]>(
    socketPath(installation.data, 'api'),
    'GET',
    `/figures?${query.toString()}`,
    undefined,
    300_000,
  )
}

const keyOf = ({ name, scope, from, to }: Pick<TruthRow, 'name' | 'scope' | 'from' | 'to'>) =>
  `${scope} ${name} ${from} ${to}`

/** Everything in which figures are not the truth; `least`: fen that a row may differ by. */
function faultsOf(
  rows: readonly FigureRow[],
  truth: readonly TruthRow[],
  least: (row: TruthRow) => number,
): string[] {
  const own = new Map(rows.map((row) => [keyOf(row), row]))
  return truth.flatMap((row) => {
    const found = own.get(keyOf(row))
    if (!found || row.value === null) return []
    if (found.value === null) return [`${keyOf(row)}: null (${found.reason}), truth ${row.value}`]
    return Math.abs(found.value - row.value) <= least(row)
      ? []
      : [`${keyOf(row)}: ${found.value}, truth ${row.value}`]
  })
}

const fenOff = ({ name, value }: TruthRow) => (name.includes('material') ? 60 + Math.abs(value!) * 2e-5 : 60)

/** The days of the run as the works lived them, and one before and after. */
function livedBy(scenario: string): DayTruth[] {
  const lives = { name: scenario as 'baseline' | 'retrofit', from: null }
  let works = warmWorks(7, '2026-03-08', lives)
  return Array.from({ length: 9 }, () => {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(lives, works.date) })
    works = next
    return truth
  })
}

test.each([
  { scenario: 'baseline', batch: 60, killed: true, u: 95 },
  { scenario: 'retrofit', batch: 60, killed: true, u: 90 },
])(
  'a week of $scenario costs what the works knows: every element, line, shift and day of the plant',
  async ({ scenario, batch, killed, u }) => {
    const truth = await simulate(scenario, batch, killed)
    const firm = `sim-${scenario}-7`
    const inWeek = truth.filter(({ scope, from, to }) => scope === 'plant' && from >= FROM && to <= TO)
    const money = inWeek.filter(({ name }) => /^(cost\.|line\.|value|u$)/.test(name))
    const rows = [...(await figures(firm, 'day', 'plant')), ...(await figures(firm, 'shift', 'plant'))]
    expect(rows.filter(({ name, value }) => name === 'u' && value !== null).length).toBeGreaterThanOrEqual(14)
    const days = livedBy(scenario)
    // what the works books at other instants: repair hours as they pass, issues beyond the standard, pieces that an order's end tells
    const asTold = money.map((row) => {
      const shift = shiftOf(days, null, row)
      const moved: Readonly<Record<string, number>> = {
        'cost.material': shift.material,
        'line.material': shift.material,
        'cost.maintenance': shift.maintenance,
        'line.maintenance': shift.maintenance,
        'cost.total': shift.material + shift.maintenance,
        value: shift.value,
        'value.added': shift.value,
      }
      return { ...row, value: row.value === null ? null : row.value + (moved[row.name] ?? 0) / 1e4 }
    })
    // u as its parts are told
    const told = asTold.filter(({ name }) => name !== 'u')
    expect(faultsOf(rows, told, fenOff)).toEqual([])
    const sum = (name: string) =>
      rows
        .filter((row) => row.name === name && row.to - row.from === DAY)
        .reduce((total, row) => total + row.value!, 0)
    // over the week what is under way comes and goes
    const whole = (name: string) =>
      truth
        .filter(
          (row) =>
            row.scope === 'plant' && row.name === name && row.from >= FROM && row.to - row.from === DAY,
        )
        .reduce((total, row) => total + row.value!, 0)
    expect(Math.abs(sum('value') / whole('value') - 1)).toBeLessThan(0.003)
    const limit = whole('value') * 0.002 + 500
    const apart = ELEMENT_IDS.map((element) => ({
      element,
      off: Math.abs(sum(`cost.${element}`) - whole(`cost.${element}`)),
    }))
    expect(apart.filter(({ off }) => !(off < limit))).toEqual([])
    expect(Math.abs((100 * sum('cost.total')) / sum('value') - u)).toBeLessThan(3)
  },
  1_200_000,
)
