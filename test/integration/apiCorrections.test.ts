/** Stops, why machines stood, and corrections: who may enter which, what reaches the journal, what is listed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, type Role } from '#contract/control.ts'
import { MINUTE } from '#domain/time.ts'
import { Fixture, MACHINE, NOW } from './apiFixture.ts'

const api = new Fixture()
const firm = '/api/v1/firms/demo-a'
const post = `${firm}/machines/${MACHINE.replaceAll('/', '.')}/corrections`
let cookies: Record<Role, string>
const ledger = api.ledgersByFirm.get('demo-a')!

beforeAll(async () => {
  await api.start()
  cookies = api.everyRole()
})
afterAll(() => api.stop())

const state = { kind: 'state', from: NOW - MINUTE, to: NOW, cause: 'material' }
const count = { kind: 'count', ts: NOW, piece: 'scrap', qty: 2 }
const reading = { kind: 'reading', measure: 'kwh', ts: NOW, value: 3.14 }
const reject = {
  kind: 'reject',
  ts: NOW,
  product: 'q41f',
  operation: 'op20',
  qty: 1,
  found: 'main.test.l1.test-01',
}
const made = {
  id: 7,
  control: 'c',
  machine: MACHINE,
  from: NOW - MINUTE,
  to: NOW,
  body: { kind: 'count', parts: [] },
  old: [],
  new: [],
  reason: 'miscounted',
  by: 'li',
  at: NOW,
  offset: 3,
  withdraws: null,
  withdrawnBy: null,
} as const

test('an operator explains stops; counts, readings and rejects are an engineer’s', async () => {
  ledger.corrected = [made]
  const allowed: Record<string, string[]> = {}
  for (const what of [state, count, reading, reject, { kind: 'withdraw', withdraws: 7 }])
    for (const role of ROLES) {
      const { status } = await api.call('POST', post, {
        cookie: cookies[role],
        body: { reason: 'looked', what },
      })
      expect([200, 403]).toContain(status)
      if (status === 200) (allowed[what.kind] ??= []).push(role)
    }
  expect(allowed).toEqual({
    state: ['operator', 'manager', 'engineer'],
    count: ['engineer'],
    reading: ['engineer'],
    reject: ['engineer'],
    withdraw: ['engineer'],
  })
})

test('what is journalled names the machine of the path, and says why', async () => {
  const before = api.deeds.length
  const body = { reason: ' looked ', what: reject }
  await api.call('POST', post, { cookie: cookies.engineer, body })
  await api.call('POST', post, {
    cookie: cookies.engineer,
    body: { reason: 'by mistake', what: { kind: 'withdraw', withdraws: 7 } },
  })
  const { kind: _, ...said } = reject
  expect(api.deeds.slice(before).map(({ entry }) => [entry.kind, entry.reason, entry.body])).toEqual([
    ['correct.reject', 'looked', { machine: MACHINE, ...said, found: 'main/test/l1/test-01' }],
    ['correct.count', 'by mistake', { withdraws: 7 }],
  ])
})

test.each([
  ['no reason', { reason: ' ', what: state }, 400],
  ['from after to', { reason: 'x', what: { ...state, to: state.from } }, 400],
  ['an open state', { reason: 'x', what: { ...state, to: null, state: 'SETUP' } }, 400],
  ['nothing said', { reason: 'x', what: { kind: 'state', from: 1e12, to: NOW } }, 400],
  ['a count of 0', { reason: 'x', what: { ...count, qty: 0 } }, 400],
  ['an unknown key', { reason: 'x', what: { ...count, by: 'me' } }, 400],
  ['a correction of nobody', { reason: 'x', what: { kind: 'withdraw', withdraws: 99 } }, 404],
])('%s is refused', async (_, body, status) => {
  expect((await api.call('POST', post, { cookie: cookies.engineer, body })).status).toBe(status)
})

test('stops have their true length and whether they go on; reasons are the plant’s or the usual ones', async () => {
  ledger.segments = [
    { from: NOW - 90 * MINUTE, to: NOW - 80 * MINUTE, state: 'STOP', reason: null },
    { from: NOW - 70 * MINUTE, to: NOW - 55 * MINUTE, state: 'FAULT', reason: 'breakdown', corrected: true },
    { from: NOW - 55 * MINUTE, to: NOW - 40 * MINUTE, state: 'RUN', reason: null },
    { from: NOW - 40 * MINUTE, to: NOW - 40 * MINUTE + 5000, state: 'IDLE', reason: null },
    { from: NOW - 4000, to: NOW, state: 'STOP', reason: null },
  ]
  const cookie = cookies.viewer
  const stops = await api.call('GET', `${firm}/stops?from=${NOW - 60 * MINUTE}&to=${NOW + MINUTE}`, {
    cookie,
  })
  const brief = stops.body.map(({ from, state: is, open, corrected }: Record<string, unknown>) => [
    (from as number) - NOW,
    is,
    open,
    corrected,
  ])
  expect(brief).toEqual([
    [-4000, 'STOP', true, undefined],
    [-70 * MINUTE, 'FAULT', false, true],
  ])
  // in a window of the past a stop has the end that it had, and what began after the window is not in it
  const past = await api.call('GET', `${firm}/stops?from=${NOW - 65 * MINUTE}&to=${NOW - 60 * MINUTE}`, {
    cookie,
  })
  expect(past.body).toMatchObject([{ to: NOW - 55 * MINUTE, state: 'FAULT', open: false }])
  const reasons = await api.call('GET', `${firm}/stop-reasons`, { cookie })
  expect(reasons.body[0]).toEqual({
    code: 'material',
    title: { zh: '待料', en: 'Waiting for material' },
    group: 'delay',
  })
  const list = await api.call('GET', `${firm}/corrections?from=${NOW - MINUTE}&to=${NOW}`, { cookie })
  const { control: __, body: ___, ...shown } = made
  expect(list.body).toEqual([{ ...shown, kind: 'count', body: { parts: [] } }])
})
