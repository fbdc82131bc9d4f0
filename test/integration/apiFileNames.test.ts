/** Names of files that the api hands out: RFC 6266, whatever stands in them. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import http from 'node:http'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serve } from '../../api/http/serve.ts'
import { Fixture } from './apiFixture.ts'

const api = new Fixture()
let name = ''
const app = express().use(serve(api.ports, { lanCertificate: () => ({ file: Buffer.from('x'), name }) }))
const server = http.createServer(app)
let cookie = ''

beforeAll(async () => {
  cookie = api.person('viewer')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  server.close()
  await api.stop()
})

/** RFC 6266 4.1 with the quoted-string of RFC 9110 and the ext-value of RFC 8187. */
const DISPOSITION =
  /^attachment(?:; filename=(?:"(?:[ !#-[\]-~\u00a0-\u00ff]|\\[\x20-\x7e])*"|[\w!#$&+.^`|~-]+))?(?:; filename\*=UTF-8''(?<ext>(?:%[0-9A-F]{2}|[\w!#$&+.^`|~-])+))?$/

test.each([
  ['demo-a-2026-11-24-shift-1-r0.pdf', null],
  ['班报 2026.pdf', '班报 2026.pdf'],
  ['a"; filename="b.exe', null],
  ['a\r\nset-cookie: baiyuan=x\r\n\r\n<script>', 'a\r\nset-cookie: baiyuan=x\r\n\r\n<script>'],
  ['a\\"\u0000\n.pdf', 'a\\"\u0000\n.pdf'],
  ['../../etc/passwd', null],
])('T11 a file named %j puts its name into one header and nothing else', async (odd, said) => {
  name = odd
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/lan/ca.crt`, { headers: { cookie } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect(answer.headers.get('content-type')).toBe('application/x-x509-ca-cert')
  const header = answer.headers.get('content-disposition')!
  expect(header).toMatch(DISPOSITION)
  const ext = DISPOSITION.exec(header)!.groups!['ext']
  expect(ext === undefined ? null : decodeURIComponent(ext)).toBe(said)
  expect(await answer.text()).toBe('x')
})
