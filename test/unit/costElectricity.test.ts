/** Electricity by the published windows: period prices, a day shift under two tariffs, demand, power factor, carbon. */
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRecordsFile } from '#contract/records.ts'
import {
  basicCharge,
  carbonOf,
  chargeByPeriod,
  energyCharge,
  powerFactorOf,
  powerFactorPpm,
  quarterForecast,
} from '#domain/accounting/electricity/charge.ts'
import type { BasicCharge, TariffContract } from '#domain/accounting/electricity/contract.ts'
import { periodAt } from '#domain/accounting/electricity/period.ts'
import { bookAt, type DatedRecord } from '#domain/accounting/records.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import { HOUR, MINUTE } from '#domain/time.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/records.yaml')
const reading = readRecordsFile(fs.readFileSync(file, 'utf8'), 'demo-a')
const records = (reading as { records: DatedRecord[] }).records
const at = (day: string, hour = 0) => Date.parse(`${day}T00:00:00+08:00`) + hour * HOUR
const book = bookAt(records, at('2026-03-10'))
const contract = (name: string): TariffContract => book.find('tariff', name)!

/** Mean yuan a kWh of a flat load from 08:00 to 17:00, in ten-thousandths. */
function dayShift(tariff: TariffContract, day: string): number {
  const quarters = Array.from({ length: 36 }, (_, i) => ({ start: at(day, 8) + i * 15 * MINUTE, wh: 1000 }))
  const nano = chargeByPeriod(() => tariff, quarters).reduce((sum, one) => sum + one.nano!, 0n)
  return Number(nano) / 36_000 / 100
}

// 0.9050 -> 0.6249 in summer and winter, 0.9575 -> 0.6249 in spring and autumn
test.each([
  ['zhejiang-2024', '2026-07-15', 9050],
  ['zhejiang-2026', '2026-07-15', 6249],
  ['zhejiang-2024', '2026-04-15', 9575],
  ['zhejiang-2026', '2026-04-15', 6249],
] as const)('under %s a flat day shift of %s costs 0.%d yuan a kWh', (name, day, mean) => {
  expect(Math.abs(dayShift(contract(name), day) - mean)).toBeLessThan(0.51)
})

describe('periods', () => {
  test.each([
    ['zhejiang-2026', '2026-07-15', 19, 'sharp'],
    ['zhejiang-2026', '2026-07-15', 17, 'peak'],
    ['zhejiang-2026', '2026-04-15', 19, 'peak'],
    ['zhejiang-2026', '2026-04-15', 6.75, 'valley'],
    ['zhejiang-2026', '2026-04-15', 7, 'flat'],
    ['zhejiang-2026', '2026-04-15', 23.75, 'flat'],
    ['zhejiang-2026', '2026-02-17', 10, 'deep'],
    ['zhejiang-2026', '2026-02-17', 8, 'valley'],
    ['zhejiang-2026', '2026-02-17', 19, 'peak'],
    ['zhejiang-2024', '2026-07-15', 9.5, 'sharp'],
    ['zhejiang-2024', '2026-04-15', 12, 'valley'],
    ['zhejiang-2024', '2026-05-02', 12, 'deep'],
    ['zhejiang-2024', '2026-05-02', 9, 'peak'],
  ] as const)('%s on %s at %d h: %s', (name, day, hour, period) => {
    expect(periodAt(contract(name), at(day, hour))).toEqual({ period })
  })

  test('a day type goes before its season, and what the contract leaves out has a named reason', () => {
    const windows = [{ from: 0, to: 1440, period: 'flat' as const }]
    const weekend: TariffContract = {
      ...contract('zhejiang-2026'),
      holidays: [],
      prices: { flat: 680_300 },
      seasons: [
        { name: 'weekdays', months: [4], windows },
        {
          name: 'Sunday',
          months: [4],
          weekdays: [0],
          windows: [{ from: 0, to: 720, period: 'valley' }],
        },
      ],
    }
    expect(periodAt(weekend, at('2026-04-15', 3))).toEqual({ period: 'flat' })
    expect(periodAt(weekend, at('2026-04-19', 3))).toEqual({ period: 'valley' })
    expect(periodAt(weekend, at('2026-04-19', 13))).toEqual({ period: null, reason: 'no_window' })
    expect(periodAt(weekend, at('2026-05-19', 13))).toEqual({ period: null, reason: 'no_season' })
    expect(energyCharge(weekend, at('2026-04-19', 3), 1000)).toMatchObject({ reason: 'no_price' })
    expect(chargeByPeriod(() => weekend, [{ start: at('2026-04-19', 3), wh: 70 }])).toEqual([
      { period: 'valley', price: null, wh: 70, nano: null },
    ])
  })

  test('each quarter-hour goes by the contract that holds in it: two prices of a period are two charges', () => {
    const tariff = contract('zhejiang-2026')
    const from = at('2026-04-15', 9)
    const dear = { ...tariff, prices: { ...tariff.prices, flat: 2_000_000 } }
    const quarters = [0, 1, 2].map((i) => ({ start: from + i * 15 * MINUTE, wh: 1000 }))
    const contractAt = (start: number) =>
      [tariff, dear, null][quarters.findIndex((one) => one.start === start)]!
    const price = tariff.prices.flat!
    expect(chargeByPeriod(contractAt, quarters)).toEqual([
      { period: 'flat', price: 2_000_000, wh: 1000, nano: 2_000_000_000n },
      { period: 'flat', price, wh: 1000, nano: BigInt(price) * 1000n },
      { period: null, price: null, wh: 1000, nano: null },
    ])
  })
})

test('wherever a window is split, its charge is the sum of the charges of its parts', () => {
  const tariff = contract('zhejiang-2026')
  const load = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 2, maxLength: 200 })
  fc.assert(
    fc.property(load, fc.nat(), (list, cut) => {
      const quarters = list.map((wh, i) => ({ start: at('2026-06-30', 9) + i * 15 * MINUTE, wh }))
      const total = (part: typeof quarters) =>
        chargeByPeriod(() => tariff, part).reduce((sum, { nano }) => sum + nano!, 0n)
      const place = cut % quarters.length
      expect(total(quarters.slice(0, place)) + total(quarters.slice(place))).toBe(total(quarters))
    }),
  )
})

const CONTRACT = contract('zhejiang-2026').basic!

describe('basic charge', () => {
  test.each([
    ['below the contract', CONTRACT, 600_000, 31_680],
    ['at 105 %', CONTRACT, 693_000, 31_680],
    ['7 kW above 105 %: double', CONTRACT, 700_000, 31_680 + 672],
    ['actual demand', { mode: 'actual_demand', price: 48_000_000 }, 644_000, 30_912],
    ['capacity', { mode: 'capacity', kva: 1250, price: 30_000_000 }, 644_000, 37_500],
  ] as [string, BasicCharge, number, number][])('%s', (_name, basic, peakW, yuan) => {
    expect(toFen(basicCharge(basic, peakW))).toBe(yuan * 100)
  })

  test('the running quarter-hour forecasts its mean, whether it passes the contract, and what it would cost', () => {
    const running = { wh: 87_500, passedMs: 7.5 * MINUTE, lengthMs: 15 * MINUTE }
    const forecast = quarterForecast(CONTRACT, 650_000, running)!
    expect(forecast).toMatchObject({ watts: 700_000, overContract: true })
    expect(toFen(forecast.raises)).toBe(67_200)
    expect(quarterForecast(CONTRACT, 700_000, running)!.raises).toBe(0n)
    expect(quarterForecast(CONTRACT, 0, { ...running, passedMs: 30_000 })).toBeNull()
  })
})

test.each([
  [93, -4500],
  [92, -3000],
  [90, 0],
  [95, -7500],
  [100, -7500],
  [85, 25_000],
  [70, 100_000],
  [68, 120_000],
  [65, 150_000],
  [60, 250_000],
])('power factor 0.%d is adjusted by %d ppm', (factor, ppm) => {
  expect(powerFactorPpm(factor)).toBe(ppm)
})

test('the power factor is rounded to hundredths: 0.426 kvarh a kWh is 0.92', () => {
  expect(powerFactorOf(1_000_000, 426_000)).toBe(92)
  expect(powerFactorOf(1000, 0)).toBe(100)
  expect(powerFactorOf(0, 500)).toBeNull()
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (wh, varh) => {
      const exact = (100 * wh) / Math.hypot(wh, varh)
      expect(Math.abs(powerFactorOf(wh, varh)! - exact)).toBeLessThanOrEqual(0.500001)
    }),
  )
})

test('51 MWh are 25.37 t of CO2 at the published factor', () => {
  const factor = book.find('carbon', 'electricity')!
  expect(Number(carbonOf(51_000_000, factor.mgPerMilli)) / 1e9).toBeCloseTo(25.3674, 4)
})
