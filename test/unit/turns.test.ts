/** Long work gives others their turn, and sums made in turns are the sums. */
import { expect, test } from 'vitest'
import { sumOfAccounts } from '#domain/kpi/accountSum.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import { DAY } from '#domain/time.ts'
import { Turns } from '#runtime/turns.ts'
import { together, type DayAccount } from '../../api/figures/accounts.ts'
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
