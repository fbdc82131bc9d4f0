/** The local socket between processes: private, self-healing, one failing handler does not stop its neighbours. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { guarded } from '#runtime/lifecycle.ts'
import { callLocal, closeLocal, followLocal, LocalError, serveLocal, socketPath } from '#runtime/local.ts'
import { createLog } from '#runtime/log.ts'

process.env['BAIYUAN_LOG'] = 'silent'
const log = createLog('test')
let dir: string
let file: string
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'local-'))
  file = socketPath(dir, 'broker')
})
afterEach(() => fs.rmSync(dir, { recursive: true }))

const routes = {
  answers: {
    'GET /health': () => ({ body: { ok: true } }),
    'POST /echo': (body: unknown) => ({ status: 200, body }),
    'POST /throw': () => {
      throw new Error('broken on purpose')
    },
  },
}

test('only its owner may open the socket', async () => {
  const server = await serveLocal(file, routes, log)
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  await closeLocal(server)
})

test('F18 a throwing handler answers 500, its neighbours go on', async () => {
  const server = await serveLocal(file, routes, log)
  await expect(callLocal(file, 'POST', '/throw', {})).rejects.toMatchObject({ status: 500 })
  await expect(callLocal(file, 'POST', '/echo', { a: [1, '百元'] })).resolves.toEqual({ a: [1, '百元'] })
  await expect(callLocal(file, 'GET', '/nothing')).rejects.toThrow(LocalError)
  await closeLocal(server)
})

test('F18 the wall around handlers logs the name of the one that failed, thrown or rejected', async () => {
  const error = vi.fn<(fields: { handler: string }, message: string) => void>()
  const wall = { ...log, error } as unknown as typeof log
  guarded(wall, 'first', () => {
    throw new Error('thrown')
  })()
  guarded(wall, 'second', () => Promise.reject(new Error('rejected')))()
  await vi.waitFor(() => expect(error).toHaveBeenCalledTimes(2))
  expect(error.mock.calls.map(([fields]) => fields.handler)).toEqual(['first', 'second'])
})

test('a living owner is not replaced, a dead one is', async () => {
  const server = await serveLocal(file, routes, log)
  await expect(serveLocal(file, routes, log)).rejects.toThrow(/another process already serves/)
  await closeLocal(server)
  fs.writeFileSync(file, '')
  const second = await serveLocal(file, routes, log)
  await expect(callLocal(file, 'GET', '/health')).resolves.toEqual({ ok: true })
  await closeLocal(second)
})

const stream = (write: (line: unknown) => boolean) => void write({ hello: 1 })

test('a follower comes back by itself after the other side was away', async () => {
  const lines: unknown[] = []
  const states: boolean[] = []
  const first = await serveLocal(file, { streams: { 'GET /s': stream } }, log)
  const end = followLocal(
    file,
    '/s',
    (line) => lines.push(line),
    (connected) => states.push(connected),
  )
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  await closeLocal(first)
  const second = await serveLocal(file, { streams: { 'GET /s': stream } }, log)
  await vi.waitFor(() => expect(lines).toHaveLength(2), 5000)
  expect(states[0]).toBe(true)
  expect(states.at(-1)).toBe(true)
  expect(states).toContain(false)
  end()
  await closeLocal(second)
})
