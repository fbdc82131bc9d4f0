/** Dated records over REST: entered or sent as a file, looked at before they are put, all or none, by who may. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '#contract/control.ts'
import type { RecordRow } from '#store/ledger/changes.ts'
import { rowsOfTables, readFile } from '../../api/records/check.ts'
import { MAX_UPLOAD_BYTES } from '../../api/http/upload.ts'
import { Fixture, NOW } from './apiFixture.ts'

let api: Fixture
let cookies: Record<Role, string>
const route = '/api/v1/firms/demo-a/records'
const price = (from: number, yuan: number, id: number): RecordRow => ({
  kind: 'product',
  key: 'q41f',
  from,
  value: { price: yuan * 1e6 },
  source: 'list',
  illustrative: true,
  id,
  at: NOW,
  offset: 3,
  by: 'manager-1',
})
const HEAD = '产品,生效日期,不含税单价（元/件）,来源,示意\n'
const send = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  cookie = cookies.manager,
  type = 'text/csv',
) =>
  fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { cookie, 'content-type': type },
    body,
  })

beforeAll(async () => {
  api = new Fixture()
  await api.start()
  cookies = api.everyRole()
  api.ledgersByFirm.get('demo-a')!.accepted = [
    price(Date.UTC(2025, 0), 420, 1),
    price(Date.UTC(2026, 0), 430, 2),
    price(NOW + 1, 450, 3),
  ]
})
afterAll(() => api.stop())

test('current and past records, who gave them and when', async () => {
  const { body } = await api.call('GET', `${route}?kind=product&key=q41f`, { cookie: cookies.viewer })
  expect(body.version).toBe(3)
  expect(body.records.map(({ id, current, by }: Record<string, unknown>) => [id, current, by])).toEqual([
    [1, false, 'manager-1'],
    [2, true, 'manager-1'],
    [3, false, 'manager-1'],
  ])
  expect((await api.call('GET', `${route}?kind=bom`, { cookie: cookies.viewer })).body.records).toEqual([])
  expect((await api.call('GET', route, { cookie: cookies.reviewer })).status).toBe(403)
})

test('a file is looked at first; with a faulty row nothing of it is put', async () => {
  const file = `${HEAD}q41f,2026-03-01,440,letter,是\nz41h,2026-03-01,x,letter,是\n`
  const checked = await send(`${route}/check`, file)
  expect([checked.status, await checked.json()]).toMatchObject([
    200,
    {
      version: 3,
      rows: 2,
      faulty: 1,
      faults: [{ row: 3, column: '不含税单价', code: 'not_a_number', detail: 'x' }],
      changes: [
        { row: 2, key: 'q41f', change: 'changed', before: { price: 430e6 }, after: { price: 440e6 } },
      ],
      // pieces of the night shift that are made after midnight
      fromDay: '2026-02-28',
      past: true,
      effect: null,
      effectReason: 'faulty',
    },
  ])
  const put = await send(route, file)
  expect([put.status, await put.json()]).toMatchObject([
    422,
    { type: '/problems/faulty-rows', errors: [{ path: '3 不含税单价', message: 'not_a_number: x' }] },
  ])
  expect(api.deeds).toEqual([])
  expect((await send(`${route}?basis=3`, file.replace(',x,', ',1200,'))).status).toBe(200)
  expect(api.deeds).toMatchObject([
    {
      firm: 'demo-a',
      entry: {
        kind: 'record.put',
        role: 'manager',
        body: { basis: 3, records: [{ key: 'q41f', value: { price: 440e6 } }, { key: 'z41h' }] },
      },
    },
  ])
})

test('only a manager enters records, and the template is one that is read', async () => {
  for (const role of ['viewer', 'operator', 'engineer', 'reviewer', 'administrator'] as const) {
    expect((await send(route, HEAD, cookies[role])).status).toBe(403)
    expect((await send(`${route}/check`, HEAD, cookies[role])).status).toBe(403)
  }
  const answer = await fetch(`${api.url}${route}/template.xlsx`, { headers: { cookie: cookies.viewer } })
  expect(answer.headers.get('content-disposition')).toContain('baiyuan-records.xlsx')
  const read = await readFile(Buffer.from(await answer.arrayBuffer()))
  expect('tables' in read && rowsOfTables(read, undefined, []).faults).toEqual([])
})

test('T12 a file that is too large, packed for the way or of another kind is refused', async () => {
  expect((await send(`${route}/check`, 'x', undefined, 'image/png')).status).toBe(415)
  const before = api.deeds.length
  const large = await send(route, new Uint8Array(MAX_UPLOAD_BYTES + 1), undefined, 'application/octet-stream')
  expect(large.status).toBe(413)
  const none = await send(`${route}/check`, 'PK\u0003\u0004', undefined, 'application/octet-stream')
  expect([none.status, await none.json()]).toMatchObject([422, { type: '/problems/not-a-zip' }])
  expect(api.deeds).toHaveLength(before)
  // elsewhere a file is what it always was
  expect((await send('/api/v1/firms/demo-a/facts', 'a,b')).status).toBe(415)
})
