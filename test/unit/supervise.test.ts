import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { afterExit, Supervisor } from '#runtime/supervise.ts'

test.each([
  ['a wanted stop', [true, 0, 0, 10, true], { restart: false, why: 'wanted' }],
  [
    'a fault that a person must mend, at the start',
    [false, 78, 0, 10, false],
    { restart: false, why: 'config' },
  ],
  ['such a fault of one that ran before', [false, 78, 0, 10, true], { restart: true, pauseMs: 500 }],
  ['a first crash', [false, 1, 0, 10, true], { restart: true, pauseMs: 500 }],
  ['a kill', [false, null, 1, 10, true], { restart: true, pauseMs: 1000 }],
  ['a crash loop', [false, 1, 20, 10, true], { restart: true, pauseMs: 30_000 }],
  ['a crash after a long healthy run', [false, 1, 20, 60_000, true], { restart: true, pauseMs: 500 }],
  ['an exit that nobody asked for', [false, 0, 0, 10, true], { restart: true, pauseMs: 500 }],
] as const)('after %s', (_, [stopping, code, crashes, ran, wasReady], decision) => {
  expect(afterExit(stopping, code, crashes, ran, wasReady)).toEqual(decision)
})

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true })
})

/** A child that notes its life in a file: `start PID`, and `stop` on SIGTERM. */
function child(name: string, log: string): { name: string; file: string; settings: Record<string, string> } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'supervise-'))
  folders.push(folder)
  const file = path.join(folder, `${name}.mjs`)
  fs.writeFileSync(
    file,
    `import fs from 'node:fs'
     fs.appendFileSync(${JSON.stringify(log)}, '${name} start\\n')
     process.on('SIGTERM', () => { fs.appendFileSync(${JSON.stringify(log)}, '${name} stop\\n'); process.exit(0) })
     setInterval(() => {}, 1000)
     process.send({ ready: true, http: 'http://127.0.0.1:4711', args: process.argv.slice(2).join(' ') })`,
  )
  return { name, file, settings: { http: '127.0.0.1:0' } }
}

test('children start in order, a killed one comes back with the port it had, all stop in reverse', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'supervise-'))
  folders.push(folder)
  const log = path.join(folder, 'log')
  const said: string[] = []
  const again = Promise.withResolvers<void>()
  const supervisor = new Supervisor({
    say: (line) => {
      said.push(line)
      if (line === 'a runs again') again.resolve()
    },
    giveUp: () => undefined,
  })
  expect(await supervisor.start(child('a', log))).toMatchObject({ args: '--http=127.0.0.1:0' })
  await supervisor.start(child('b', log))
  process.kill(supervisor.pid('a')!, 'SIGKILL')
  await again.promise
  await supervisor.stop()
  expect(fs.readFileSync(log, 'utf8').trim().split('\n')).toEqual([
    'a start',
    'b start',
    'a start',
    'b stop',
    'a stop',
  ])
  expect(said).toEqual(['a ended (SIGKILL); starting it again in 0.5 s', 'a runs again'])
})
