/** `npm run user` and `npm run token`: one line of JSON, the same whether the api runs or not. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import { createLog } from '#runtime/log.ts'
import { createMetrics } from '#runtime/metrics.ts'
import { PeopleStore } from '#store/people/people.ts'
import { passwordFits } from '../../api/auth/passwords.ts'
import { identifySecret } from '../../api/auth/identity.ts'
import { localRoutes } from '../../api/local.ts'
import { Fixture } from './apiFixture.ts'

const root = path.resolve(import.meta.dirname, '../..')
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'cli-'))
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

type Done = { readonly code: number | null; readonly out: string; readonly error: string }
function tool(name: string, data: string, ...args: string[]): Promise<Done> {
  const file = path.join(root, 'api', 'cli', `${name}.ts`)
  const child = spawn(process.execPath, [file, ...args, '--data', data])
  let [out, error] = ['', '']
  child.stdout.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr.on('data', (text: Buffer) => (error += text.toString()))
  return new Promise((done) => child.on('close', (code) => done({ code, out, error })))
}

test('without an api the file itself is opened; mistakes are said in one line with the usage', async () => {
  const data = path.join(dir, 'alone')
  const added = await tool('user', data, 'add', 'engineer-1', '--role', 'engineer', '--firm', 'demo-a')
  const { name, password } = JSON.parse(added.out) as { name: string; password: string }
  const people = new PeopleStore(path.join(data, 'people.db'))
  expect(await passwordFits(password, people.person(name)!.hash)).toBe(true)
  const [again, list, token, wide] = await Promise.all([
    tool('user', data, 'add', 'Engineer-1', '--role', 'viewer', '--firm', 'demo-a'),
    tool('user', data, 'list'),
    tool('token', data, 'add', '--role', 'viewer', '--firm', 'demo-a'),
    tool('token', data, 'add', '--role', 'viewer'),
  ])
  expect(again).toMatchObject({ code: 1, out: '', error: expect.stringContaining('already has this name') })
  expect(JSON.parse(list.out)).toEqual([
    { name: 'engineer-1', role: 'engineer', firms: ['demo-a'], disabled: false },
  ])
  const secret = (JSON.parse(token.out) as { token: string }).token
  expect(identifySecret(people, secret, Date.now())).toMatchObject({ role: 'viewer', firms: ['demo-a'] })
  expect(wide).toMatchObject({
    code: 1,
    error: expect.stringContaining('only an administrator or a reviewer'),
  })
  people.close()
})

test('while the api runs it is asked, so that open sockets of a changed person end at once', async () => {
  const api = new Fixture()
  const data = path.join(dir, 'runs')
  let changed = 0
  const routes = localRoutes(api.ports, createMetrics('test'), () => changed++)
  const server = await serveLocal(socketPath(data, 'api'), routes, createLog('test'))
  api.person('engineer')
  const done = await tool('user', data, 'passwd', 'engineer-1')
  expect(Object.keys(JSON.parse(done.out) as object)).toEqual(['name', 'password'])
  expect(changed).toBe(1)
  expect(api.people.audit(1)).toMatchObject([{ act: 'person.change', by: 'operator:local' }])
  expect(fs.existsSync(path.join(data, 'people.db'))).toBe(false)
  await closeLocal(server)
  await api.stop()
})
