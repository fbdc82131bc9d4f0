/** Weeks of the works against the truth: told through real MQTT to a running installation, as gateways send them, with kills inside. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import { DAY } from '#domain/time.ts'
import { asTold, faultsOf, figures, isMoney, livedBy, spanOf, tell, type Stretch } from '../e2e/costRun.ts'
import { Installation } from '../e2e/installation.ts'
import { writeWorks } from '../e2e/works.ts'

const installation = new Installation(writeWorks('elsewhere', 1))

beforeAll(() => installation.start(['--no-simulator']), 120_000)
afterAll(async () => {
  await installation.stop()
  installation.remove()
})

const fenOff = ({ name, value }: { readonly name: string; readonly value: number | null }) =>
  name.includes('material') ? 60 + Math.abs(value!) * 2e-5 : 60

/** Over days. */
const sum = (
  list: readonly { name: string; from: number; to: number; value: number | null }[],
  name: string,
) =>
  list
    .filter((row) => row.name === name && row.to - row.from === DAY)
    .reduce((total, row) => total + row.value!, 0)

const WEEK = { date: '2026-03-08', days: 8, seed: 7, batch: 60 } as const

test.each<Stretch & { readonly u: number }>([
  { scenario: 'baseline', ...WEEK, u: 95 },
  { scenario: 'retrofit', ...WEEK, u: 90 },
  { scenario: 'retrofit', date: '2026-03-24', days: 2, seed: 8, batch: 1, u: 90 },
])(
  '$days days of $scenario from $date in packets of $batch cost what the works knows: every element, line, shift and day of the plant',
  async ({ u, ...stretch }) => {
    const { from, to } = spanOf(stretch)
    const truth = (await tell(installation, stretch)).filter(
      (row) => row.scope === 'plant' && row.from >= from && row.to <= to && row.to - row.from <= DAY,
    )
    const rows = (
      await Promise.all((['day', 'shift'] as const).map((by) => figures(installation, stretch, by, 'plant')))
    ).flat()
    expect(rows.filter(({ name, value }) => name === 'u' && value !== null).length).toBeGreaterThanOrEqual(
      2 * (stretch.days - 1),
    )
    const days = livedBy(stretch)
    // a closed day has no shifts by the calendar: of the week's seven days six have two
    const windows = new Set(rows.map((row) => `${row.from} ${row.to}`))
    expect(windows.size).toBe(stretch.days === 8 ? 7 + 6 * 2 : 1 + 2)
    const money = truth
      .filter((row) => isMoney(row) && windows.has(`${row.from} ${row.to}`))
      .map((row) => asTold(days, row))
    expect(faultsOf(rows, money, fenOff)).toEqual([])
    // over the days what is under way comes and goes
    const whole = sum(truth, 'value')
    expect(Math.abs(sum(rows, 'value') / whole - 1)).toBeLessThan(0.003)
    const limit = whole * 0.002 + 500
    const apart = ELEMENT_IDS.map((element) => ({
      element,
      off: Math.abs(sum(rows, `cost.${element}`) - sum(truth, `cost.${element}`)),
    }))
    expect(apart.filter(({ off }) => !(off < limit))).toEqual([])
    expect(Math.abs((100 * sum(rows, 'cost.total')) / sum(rows, 'value') - u)).toBeLessThan(3)
  },
  1_200_000,
)
