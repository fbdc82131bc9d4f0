/** A store that cannot answer is said as it is: the asker's fault, not offered, or away. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onError } from '../../api/http/problem.ts'
import { createLog } from '#runtime/log.ts'
import { HistorianQueryError, QUERY_FAULTS, type QueryFault } from '#store/historian/historian.ts'

process.env['BAIYUAN_LOG'] = 'silent'
const app = express()
app.get('/:fault', (request) => {
  throw new HistorianQueryError(request.params.fault as QueryFault, 'why')
})
app.use(onError(createLog('test')))
const server = http.createServer(app)
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => server.close())

test.each(QUERY_FAULTS)('a history read that fails as %s has its own status and type', async (fault) => {
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${fault}`)
  const status = { not_supported: 501, unavailable: 503 }[fault as string] ?? 400
  expect(answer.status).toBe(status)
  expect(await answer.json()).toMatchObject({
    type: `/problems/${fault.replaceAll('_', '-')}`,
    status,
    detail: 'why',
  })
})
