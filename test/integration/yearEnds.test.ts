/** Production days over the end of a year, of a leap day and of a shift at midnight, settled, against numbers worked out by hand. */
import { describe, expect, test } from 'vitest'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { Account } from '#domain/kpi/account.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE } from '#domain/time.ts'
import { caughtUp, FIRM, listReader, newFolder, startIngest, until } from '../pipelineCase.ts'
import { at, BEGIN, begun, plant, records, settledDays, TABLE, teller, ticks, usual } from './minimumPlant.ts'

/** A day shift of twelve from 08:00 to 17:00 with an hour's break, and a night shift of six from 17:00 to 01:00. */
const twoShifts: Plant = {
  ...plant,
  shifts: [...plant.shifts, { name: { zh: '中班', en: 'Late shift' }, start: 17 * 60, end: 25 * 60 }],
}

/** Sundays are closed; besides the amounts of a month there is one of 31,300 yuan a year: 313 days are open in 2027 as in 2028. */
const books: DatedRecord[] = records.flatMap((record): DatedRecord[] => {
  if (record.kind === 'calendar') return ['2027', '2028'].map((key) => ({ ...record, key }))
  if (record.kind === 'crew') return [{ ...record, value: { ...record.value, people: [12, 6] } }]
  if (record.kind !== 'budget' || record.key !== 'repairs') return [record]
  return [
    record,
    { ...record, key: 'audit', value: { ...record.value, per: 'year', amount: 31_300_000_000 } },
  ]
})

const YUAN = 1_000_000_000n

/** The account of a production day that is told with the first reading of the next one. */
async function settled(date: string): Promise<Account> {
  const day = (Date.parse(`${date}T00:00:00Z`) - BEGIN) / DAY + 1
  const over = at(day + 1, 8)
  const packed = {
    ts: at(day, 24.5),
    seq: 9,
    type: 'packed',
    order: 'WO-night',
    product: 'elbow-dn25',
    qty: 10,
  }
  const dir = newFolder()
  const reader = listReader([
    ...begun(at(day, 7), books, twoShifts),
    ...teller(usual, at(day, 8))(day, over + MINUTE, over),
    { at: over + MINUTE, topic: `v1/${FIRM}/${TABLE}/event`, payload: { boot: 'a', items: [packed] } },
    ...ticks(over + 2 * MINUTE, 2 * HOUR),
  ])
  const running = await startIngest(dir, { reader })
  await caughtUp(running)
  await until(() => settledDays(dir, date).length > 0, `${date} to settle`)
  await running.stop()
  return settledDays(dir, date)[0]!.account
}

const costOf = ({ cells }: Account, element: string, shift?: number): bigint =>
  cells.reduce(
    (sum, cell) =>
      cell.element === element && (shift === undefined || cell.shift === shift) ? sum + cell.nano : sum,
    0n,
  )

describe.each([
  // repairs are 2,600 yuan a month: 27 days are open in December 2027, 26 in January 2028, 25 in a February with 29 days
  ['the last day of a year', '2027-12-31', ['2027-12', '2028-01'], [27n, 26n], [744n, 728n, 744n]],
  ['the first day of a year', '2028-01-01', ['2028-01'], [26n, 0n], null],
  ['a leap day', '2028-02-29', ['2028-02', '2028-03'], [25n, 24n], [696n, 680n, 744n]],
] as const)('%s, %s', (_what, date, months, [open, before], hours) => {
  let account: Account
  test('settles under its own date, with the months of the calendar that it touches', async () => {
    account = await settled(date)
    expect(account.span.to - account.span.from).toBe(DAY)
    expect(account.holes).toEqual([])
    expect(account.months.map(({ month }) => month)).toEqual(months)
    expect(account.quarters).toHaveLength(96)
  })

  test('has the part of its own month and year of what the books tell', () => {
    const repairs = 2600n * YUAN
    const ofMonth = (repairs * (before + 1n)) / open - (repairs * before) / open
    expect(costOf(account, 'maintenance')).toBe(ofMonth + 100n * YUAN)
  })

  test('has the basic charge by the hours of each month', () => {
    const charge = 3000n * YUAN
    // 16 hours of the month that ends and 8 of the one that begins
    const expected = hours
      ? charge - (charge * hours[1]) / hours[0] + (charge * 8n) / hours[2]
      : (charge * 32n) / 744n - (charge * 8n) / 744n
    expect(costOf(account, 'demand')).toBe(expected)
  })

  test('has the whole shift over midnight: its people, its electricity on both sides of it, what was packed after it', () => {
    expect([costOf(account, 'labour', 0), costOf(account, 'labour', 1)]).toEqual([
      8n * 12n * 32n * YUAN,
      8n * 6n * 32n * YUAN,
    ])
    // 2 kW: seven hours at 0.68 yuan, and one at 0.36
    expect(costOf(account, 'electricity', 1)).toBe(((14n * 68n + 2n * 36n) * YUAN) / 100n)
    // by day 9 hours of 8 kW; the night after the shift 7 of 2 kW
    expect(costOf(account, 'electricity')).toBe(((86n * 68n + 16n * 36n) * YUAN) / 100n)
    const late = account.values.filter(({ shift }) => shift === 1)
    expect(late.reduce((sum, { finished }) => sum + finished, 0n)).toBe(240n * YUAN)
  })
})
