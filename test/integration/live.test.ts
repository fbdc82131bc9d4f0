/** The live socket: what a page gets, in which order, and what it never gets. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Fixture, join, liveOf, MACHINE, next } from './apiFixture.ts'

const api = new Fixture()
const cookies: Record<string, string> = {}

beforeAll(async () => {
  await api.start()
  Object.assign(cookies, api.everyRole())
})
afterAll(() => api.stop())

test('a page gets a snapshot on join, then deltas, then ledger events by cursor', async () => {
  const page = api.page(cookies['operator']!)
  const snapshot = next(page, 'snapshot')
  expect(await join(page, 'demo-a')).toEqual({ ok: true })
  expect((await snapshot)[0]).toMatchObject({
    firm: 'demo-a',
    machines: [{ machine: MACHINE, state: 'RUN' }],
  })

  const delta = next(page, 'delta')
  api.upstream.take({ kind: 'delta', at: api.now, firm: 'demo-a', machines: [liveOf('demo-a', 13.5)] })
  expect((await delta)[0].machines[0]!.values['power_kw']!.value).toBe(13.5)

  const event = next(page, 'ledger')
  api.ledgersByFirm.get('demo-a')!.add('quarantine.opened', { id: 41 })
  api.ledgers.look('demo-a')
  expect((await event)[0]).toMatchObject({ cursor: 1, kind: 'quarantine.opened', body: { id: 41 } })
})
