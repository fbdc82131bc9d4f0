/** Long work gives others their turn, and sums made in turns are the sums. */
import { setImmediate as breathe } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { sumOfAccounts } from '#domain/kpi/accountSum.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import { DAY } from '#domain/time.ts'
import { Turns } from '#runtime/turns.ts'
import { together, type DayAccount } from '../../api/figures/accounts.ts'
import { costView } from '../../api/figures/cost.ts'
import { at, figuresCase, metered } from '../figuresCase.ts'
import { textOf } from '../../api/http/text.ts'
import { Crowd, COSTLY_ALL, COSTLY_EACH } from '../../api/http/limits.ts'

test('F16 between pieces of long work whatever waits is done', async () => {
  const turns = new Turns()
  let others = 0
  const other = () => {
    others++
    if (others < 100) setImmediate(other)
  }
  setImmediate(other)
  for (let piece = 0; piece < 5; piece++) {
    await turns.next()
    for (const begun = performance.now(); performance.now() - begun < 11;) continue
  }
  expect(turns.taken).toBe(4)
  expect(others).toBeGreaterThanOrEqual(4)
})

test('F16 of long works at once one has the turn at a time', async () => {
  let tick = 0
  let isOver = false
  const count = () => {
    tick++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const pieces: number[] = []
  const work = async () => {
    const turns = new Turns()
    for (let piece = 0; piece < 4; piece++) {
      await turns.next()
      if (turns.taken > 0) pieces.push(tick)
      for (const begun = performance.now(); performance.now() - begun < 11;) continue
    }
  }
  await Promise.all(Array.from({ length: 5 }, work))
  isOver = true
  expect(pieces).toHaveLength(15)
  expect(new Set(pieces).size).toBe(15)
})

test.each([1, 2, 4, 5, 17, 40])('F16 %i days summed in turns are their sum', async (n) => {
  const from = Date.UTC(2026, 0, 1)
  const days = Array.from({ length: n }, (_, i): DayAccount => {
    const span = { from: from + i * DAY, to: from + (i + 1) * DAY }
    const place = { machine: `m${i % 3}`, shift: i % 2, order: null, product: 'q41f' }
    const account = {
      ...sumOfAccounts([], span),
      version: i,
      cells: [
        {
          ...place,
          element: 'energy',
          stream: null,
          provenance: 'measured',
          nano: BigInt(i * 7 + 1),
        } as const,
      ],
      values: [{ ...place, added: BigInt(i), scrapped: 1n, finished: 2n }],
    }
    return { day: `d${i}`, account: account as never, head: null, version: i, ...span, asOf: span.to }
  })
  const flat = sumOfAccounts(
    days.map(({ account }) => account),
    { from, to: from + n * DAY },
  )
  const summed = (await together(days))!
  expect(encodeAccount(summed)).toBe(encodeAccount(n === 1 ? days[0]!.account : flat))
  expect(summed.cells.reduce((sum, { nano }) => sum + nano, 0n)).toBe(BigInt((7 * n * (n - 1)) / 2 + n))
})

test('F16 T24 what is asked while a long question is under way is answered first', async () => {
  // every piece takes longer than a turn
  let clock = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 11))
  try {
    const { days } = figuresCase({ panes: metered(at(22, 8), at(32, 8)), now: at(32, 8) })
    const answered: string[] = []
    const ask = async (from: string, axis: 'order' | 'machine') => {
      const view = await costView(await days(from, '2026-03-31'), { axis, shared: 'yes' })
      answered.push(from)
      return view
    }
    const asked = [ask('2026-03-22', 'order')]
    for (let i = 0; i < 5; i++) await breathe()
    asked.push(ask('2026-03-31', 'machine'))
    const [long, short] = await Promise.all(asked)
    expect(answered).toEqual(['2026-03-31', '2026-03-22'])
    expect(long!.basis.days).toHaveLength(10)
    expect(long!.figure.cost).toBeGreaterThan(short!.figure.cost)
  } finally {
    vi.restoreAllMocks()
  }
})

test.each([0, 1, 1000, 1001, 4321])('F16 a list of %i is told in turns, and as one', async (n) => {
  let clock = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (clock += 11))
  try {
    const list = Array.from({ length: n }, (_, i) => ({ name: `，"${i}`, value: i % 3 === 0 ? null : i }))
    const shape = z.array(z.strictObject({ name: z.string(), value: z.number().nullable() }))
    let others = 0
    let isOver = false
    const other = () => {
      if (!isOver) setImmediate(other)
      others++
    }
    setImmediate(other)
    expect(await textOf(shape, list)).toBe(JSON.stringify(list))
    isOver = true
    expect(others).toBeGreaterThanOrEqual(n > 1000 ? Math.ceil(n / 1000) - 1 : 0)
    await expect(textOf(shape, [...list, { name: 1 }])).rejects.toThrow(z.ZodError)
  } finally {
    vi.restoreAllMocks()
  }
})

test('T24 so many costly questions at once for one, so many for all; what is not costly always comes in', () => {
  const crowd = new Crowd()
  const leave = Array.from({ length: COSTLY_EACH }, () => crowd.enter('cost', 'li'))
  expect(leave).not.toContain(null)
  expect([crowd.enter('figures', 'li'), crowd.enter('machines', 'li') === null]).toEqual([null, false])
  leave[0]!()
  expect(crowd.enter('figures', 'li')).not.toBe(null)
  const others = Array.from({ length: COSTLY_ALL }, (_, i) => crowd.enter('cost', `other-${i}`))
  expect(others.filter((one) => one !== null)).toHaveLength(COSTLY_ALL - COSTLY_EACH)
})
