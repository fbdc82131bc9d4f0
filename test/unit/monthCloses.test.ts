/** Months that close by themselves: when they are due, what is asked, and that nothing is asked twice. */
import pino from 'pino'
import { expect, test } from 'vitest'
import { parsePlant } from '#contract/plant.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import { plantText } from '#contract/plantText.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE, type Instant } from '#domain/time.ts'
import { closesAt, MonthCloses } from '../../api/monthCloses.ts'
import type { Ports } from '../../api/ports.ts'

const SHIFT = { name: { zh: '白班', en: 'Day' }, start: 480, end: 1020 }
const plantOf = (closeMonthDay?: number): Plant => ({
  firm: 'demo-a',
  title: { zh: '厂', en: 'Works' },
  simulated: true,
  shifts: [SHIFT],
  ...(closeMonthDay === undefined ? {} : { closeMonthDay }),
  groups: [],
  machines: [],
  credentials: [],
})

test.each([
  { month: '2026-02', day: 1, at: '2026-03-01T08:00' },
  { month: '2024-02', day: 5, at: '2024-03-05T08:00' },
  { month: '2026-12', day: 28, at: '2027-01-28T08:00' },
])("$month closes on day $day at $at, the plant's time", ({ month, day, at }) => {
  expect(closesAt(plantOf(day), month)).toBe(Date.parse(`${at}+08:00`))
})

test('without a day a person closes it', () => {
  expect(closesAt(plantOf(), '2026-02')).toBeNull()
})

test.each([0, 29, 1.5])('%s is no day of every month', (day) => {
  expect(parsePlant(plantOf(day))).toHaveProperty('faults')
})

test('the plant file says it, and what is in force is written back', () => {
  const text = plantText(plantOf(5), 'demo-a')
  expect(text).toContain('close_month_day: 5')
  expect(readPlantFile(text, 'demo-a')).toHaveProperty('plant.closeMonthDay', 5)
})

/** An api whose firm has accounts in some months; what it journals. */
function api(plant: Plant, months: readonly string[], closed: readonly string[]) {
  const asked: { id: string; by: string; role: string; body: unknown }[] = []
  const clock = { at: 0 as Instant, down: false }
  const ledger = {
    plant: () => ({ plant }),
    monthCloses: () => closed.map((month) => ({ month })),
    accountHeads: () => months.map((month) => ({ day: `${month}-10` })),
    answerTo: () => ({
      kind: 'control.refused',
      body: '{"reason":"days_not_settled","detail":""}',
      offset: 1,
    }),
  }
  const ports = {
    now: () => clock.at,
    log: pino({ level: 'silent' }),
    ledgers: { firms: () => ['demo-a'], of: () => ledger, onGrowth: () => () => undefined },
    broker: {
      control: ({ entry }: { entry: (typeof asked)[number] }) => {
        if (clock.down) return Promise.reject(new Error('down'))
        asked.push(entry)
        return Promise.resolve({ offset: asked.length })
      },
    },
  } as unknown as Ports
  const closes = new MonthCloses()
  const lookAt = async (at: Instant) => {
    clock.at = at
    await closes.look(ports)
    return asked.length
  }
  return { asked, clock, lookAt }
}
const DUE = Date.parse('2026-03-05T08:00+08:00')

test('asked on its day and not before, by the installation, again after an hour until it is taken', async () => {
  const { asked, lookAt } = api(plantOf(5), ['2026-03', '2026-02'], [])
  expect(await lookAt(DUE - 1)).toBe(0)
  expect(await lookAt(DUE)).toBe(1)
  expect(asked[0]).toMatchObject({
    kind: 'close.month',
    by: 'closing-day',
    role: 'system',
    body: { month: '2026-02', note: 'day 5' },
  })
  expect(await lookAt(DUE + HOUR - MINUTE)).toBe(1)
  expect(await lookAt(DUE + HOUR)).toBe(2)
  expect(asked[1]!.id).not.toBe(asked[0]!.id)
})

test('the oldest open month first; closed ones never, nor any where no day is set', async () => {
  const { asked, lookAt } = api(plantOf(5), ['2026-02', '2026-01', '2025-12'], ['2025-12'])
  await lookAt(DUE)
  expect(asked.map(({ body }) => body)).toEqual([{ month: '2026-01', note: 'day 5' }])
  expect(await api(plantOf(5), ['2026-02'], ['2026-02']).lookAt(DUE + 9 * DAY)).toBe(0)
  expect(await api(plantOf(), ['2026-02'], []).lookAt(DUE + 90 * DAY)).toBe(0)
})

test('a journal that is away is asked with the next look, under the same id', async () => {
  const { asked, clock, lookAt } = api(plantOf(5), ['2026-02'], [])
  clock.down = true
  expect(await lookAt(DUE)).toBe(0)
  clock.down = false
  expect(await lookAt(DUE + MINUTE)).toBe(1)
  const again = api(plantOf(5), ['2026-02'], [])
  await again.lookAt(DUE + 2 * MINUTE)
  expect(again.asked[0]!.id).toBe(asked[0]!.id)
})
