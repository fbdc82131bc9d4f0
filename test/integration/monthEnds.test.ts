/** What crosses the end of a production day, a month or a year, through accounts that settle: peaks of demand, bills. */
import { expect, test } from 'vitest'
import type { DatedRecord } from '#domain/accounting/records.ts'
import { decodePanes } from '#domain/accounting/paneText.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import type { Account } from '#domain/kpi/account.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { dayBooksOf } from '../../ingest/accounts/dayBooks.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  startIngest,
  until,
  type Sent,
} from '../pipelineCase.ts'
import {
  at,
  begun,
  invoice,
  records,
  settledDays,
  spent,
  teller,
  usual,
  ticks,
  type Load,
  type SettledDay,
} from './minimumPlant.ts'

/** Its contract asks 48 yuan for a kW of the month's peak. */
const byPeak = records.map((record): DatedRecord => {
  if (record.kind !== 'tariff') return record
  return { ...record, value: { ...record.value, basic: { mode: 'actual_demand', price: 48_000_000 } } }
})

const yuan = (nano: bigint): number => Number(nano) / 1e9
const demandOf = (account: Account): number => yuan(spent([account], 'demand'))

async function started() {
  const dir = newFolder()
  const reader = listReader([])
  const running = await startIngest(dir, { reader })
  const firm = () => running.intake.firms.get(FIRM)!
  return {
    dir,
    stop: () => running.stop(),
    async hear(...sent: readonly Sent[][]) {
      reader.more(sent.flat())
      await caughtUp(running)
    },
    books: () => dayBooksOf(firm()),
    /** As somebody sees a day. `clock`: of the process. */
    async seen(day: string, clock: number) {
      const { text, version } = await dayBooksOf(firm()).now(day, clock)
      return decodeAccount(text, version)
    },
    settled: (day: string) => settledDays(dir, day)[0] ?? null,
    async untilSettled(day: string) {
      await until(() => settledDays(dir, day).length > 0, `${day} to settle`)
      return settledDays(dir, day)[0]!.account
    },
  }
}

test('a peak in the first night of a month is of the new month, and the production day of its first date begins with it', async () => {
  const night = at(32, 2)
  const load: Load = (end) => (end === night ? 5 : end > at(31, 8) && end <= at(31, 12) ? 3 : 2)
  const told = teller(load, at(30, 8))
  const works = await started()
  await works.hear(
    begun(at(30, 7), byPeak),
    told(30, at(31, 8) - MINUTE, at(31, 8)),
    ticks(at(31, 8), 60 * MINUTE),
    told(31, at(32, 8) + MINUTE, at(32, 8)),
    // somebody looks at the first day of April from its first minutes on, before the last one of March has settled
    told(32, at(32, 8) + 20 * MINUTE, at(32, 8) + 15 * MINUTE),
  )
  await works.seen('2026-04-01', 0)
  await works.hear(ticks(at(32, 8) + 21 * MINUTE, 90 * MINUTE))
  const march = await works.untilSettled('2026-03-31')
  // the day before had raised March to 8 kW: 4 kW more at 48 yuan, and 20 kW at 02:00 of April
  expect(march.months.map(({ month, peakW }) => [month, peakW])).toEqual([
    ['2026-03', 12_000],
    ['2026-04', 20_000],
  ])
  expect(demandOf(march)).toBe((12 - 8 + 20) * 48)
  await works.hear(told(32, at(32, 11), at(32, 11)))
  const live = await works.seen('2026-04-01', 10_000)
  expect(demandOf(live)).toBe(0)
  await works.hear(told(32, at(33, 8) + MINUTE, at(33, 8)), ticks(at(33, 8) + 2 * MINUTE, 90 * MINUTE))
  const april = await works.untilSettled('2026-04-01')
  expect([demandOf(april), april.months.at(-1)]).toMatchObject([0, { month: '2026-04', peakW: 20_000 }])
  await works.stop()
})

/** 8 kW, 20 kW at two in the afternoon of the 11th and 18 kW at nine of the 12th. */
const twoPeaks: Load = (end) => (end === at(11, 14) ? 5 : end === at(12, 9) ? 4.5 : 2)

test('whoever looks at a day while the one before settles sees the peaks that it left', async () => {
  const told = teller(twoPeaks, at(10, 8))
  const works = await started()
  await works.hear(
    begun(at(10, 7), byPeak),
    told(10, at(11, 8) - MINUTE, at(11, 8)),
    ticks(at(11, 8), 90 * MINUTE),
  )
  await works.untilSettled('2026-03-10')
  await works.hear(
    told(11, at(12, 8) + MINUTE, at(12, 8)),
    told(12, at(12, 8) + 20 * MINUTE, at(12, 8) + 15 * MINUTE),
  )
  await works.seen('2026-03-12', 0)
  await works.hear(ticks(at(12, 8) + 21 * MINUTE, 90 * MINUTE))
  await works.untilSettled('2026-03-11')
  await works.hear(told(12, at(12, 11), at(12, 11)))
  // 18 kW at nine are below the 20 kW of the day before
  const live = await works.seen('2026-03-12', 10_000)
  expect([demandOf(live), live.months.at(-1)]).toMatchObject([0, { peakW: 20_000 }])
  await works.stop()
})

test('the bill of a month whose last date nothing was heard of lies on the last day that was', async () => {
  const told = teller()
  const works = await started()
  const later = at(34, 10)
  const days = [28, 29, 30].flatMap((day) => told(day, later))
  await works.hear(begun(later - MINUTE), days, ticks(later + MINUTE, 90 * MINUTE))
  await works.untilSettled('2026-03-30')
  const trueUps = () =>
    settledDays(works.dir, '2026-03-01', '2026-03-31').map(({ head, account }) => ({
      day: head.day,
      nano: account.cells.reduce((sum, { stream, nano }) => (stream === 'true_up' ? sum + nano : sum), 0n),
    }))
  const demand = () =>
    spent(
      settledDays(works.dir, '2026-03-01', '2026-03-31').map(({ account }) => account),
      'demand',
    )
  await works.hear([deed(later + 2 * HOUR, 'record.put', { records: [invoice('demand', 5_000_000_000)] })])
  await until(() => trueUps().some(({ nano }) => nano !== 0n), 'the bill')
  // 3 of 31 days are known: their part of 5,000 yuan
  expect(demand()).toBe((5_000_000_000_000n * 3n) / 31n)
  expect(trueUps().map(({ day, nano }) => [day, nano === 0n])).toEqual([
    ['2026-03-28', true],
    ['2026-03-29', true],
    ['2026-03-30', false],
  ])
  const [{ account }] = settledDays(works.dir, '2026-03-30') as [SettledDay]
  const cost = account.cells.reduce((sum, { nano }) => sum + nano, 0n)
  expect(account.quarters.reduce((sum, quarter) => sum + quarter.cost, 0n)).toBe(cost)
  // what was buffered comes after all: the last date takes the bill over, and 4 days of it are known
  await works.hear(told(31, later + 3 * HOUR), ticks(later + 3 * HOUR + MINUTE, 90 * MINUTE))
  await until(() => trueUps().some(({ day, nano }) => day === '2026-03-31' && nano !== 0n), 'the last date')
  await until(() => trueUps().filter(({ nano }) => nano !== 0n).length === 1, 'one true-up')
  expect(demand()).toBe((5_000_000_000_000n * 4n) / 31n)
  await works.stop()
})

test('a bill that is there before the month is over is laid when it is, though nothing is heard any more', async () => {
  const told = teller()
  const works = await started()
  const bill = invoice('demand', 5_000_000_000, at(1, 8))
  await works.hear(
    begun(at(28, 7), [...records, bill]),
    told(28, at(29, 8) + MINUTE),
    ticks(at(29, 8) + 2 * MINUTE, 90 * MINUTE),
  )
  expect(spent([await works.untilSettled('2026-03-28')], 'demand')).not.toBe(5_000_000_000_000n / 31n)
  await works.hear(ticks(at(32, 8) + MINUTE, 10 * MINUTE))
  await until(() => works.settled('2026-03-28')!.head.revision === 1, 'the bill')
  expect(spent([works.settled('2026-03-28')!.account], 'demand')).toBe(5_000_000_000_000n / 31n)
  await works.stop()
})

test('who asks while a day is being made gets what is made, with the panes that it was made of', async () => {
  const told = teller(usual, at(12, 8))
  const works = await started()
  await works.hear(begun(at(12, 7)), told(12, at(12, 9) + MINUTE, at(12, 9)))
  await works.books().now('2026-03-12', 0)
  await works.hear(told(12, at(12, 11) + MINUTE, at(12, 11)))
  const [first, second] = await Promise.all([
    works.books().panes('2026-03-12', 1000),
    works.books().panes('2026-03-12', 1100),
  ])
  expect(second.now).toBe(first.now)
  // what the account says the meter grew is in the panes: 3 hours of 8 kWh
  const { quarters } = decodeAccount(second.now.text, second.now.version)
  expect(quarters.reduce((sum, { wh }) => sum + wh, 0)).toBe(24_000)
  const starts = second.panes.flatMap((text) => decodePanes(text)).map(({ start }) => start)
  expect(starts).toContain(at(12, 11) - 15 * MINUTE)
  await works.stop()
})
