import { execFile, spawn } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '#runtime/log.ts'
import { hotDays, hotFile } from '#store/journal/folders.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { openJournal } from '#store/journal/writer.ts'
import { journalFolder, numbersIn, writingChild } from './journal.reconcile.ts'

const log = createLog('test')
const waiting = { timeout: 20_000, interval: 5 }
const cli = path.resolve('broker/cli/journal.ts')

let dir: string
let remove: () => void
beforeEach(() => {
  ;({ dir, remove } = journalFolder())
})
afterEach(() => remove())

type Ran = { readonly code: number; readonly out: string; readonly err: string }
async function run(...args: string[]): Promise<Ran> {
  const argv = [cli, ...args, '--data', path.dirname(dir)]
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, argv)
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}
const lines = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const entry = (firm: string, payload: string | Uint8Array) => ({
  topic: `v1/${firm}/main/l/l1/m/count`,
  principal: 'gw-1',
  payload: Buffer.from(payload as string),
})

test('the journal is read by commands while it is written: show, tail, verify', async () => {
  const journal = await openJournal({ dir, log })
  for (const payload of ['{"seq":1}', '\u0007\u202e中', new Uint8Array([0xff, 0x00])])
    await journal.append(entry('demo-a', payload))
  await journal.append(entry('demo-b', '{"seq":2}'))

  const [all, one, range, own, none] = await Promise.all([
    run('show'),
    run('show', '2', '--firm', 'demo-a'),
    run('show', '--from', '2', '--to', '3'),
    run('tail', '--no-follow', '--firm', 'demo-b'),
    run('show', '99'),
  ])
  expect(lines(all.out).map(({ firm, offset }) => [firm, offset])).toEqual([
    ['demo-a', 1],
    ['demo-a', 2],
    ['demo-a', 3],
    ['demo-b', 1],
  ])
  expect(lines(all.out)[0]).toMatchObject({
    commit: 1,
    principal: 'gw-1',
    topic: 'v1/demo-a/main/l/l1/m/count',
    payload: '{"seq":1}',
  })
  expect(one.out).toContain('\\u0007\\u202e中')
  expect(lines(one.out)[0]!['payload']).toBe('\u0007\u202e中')
  expect(lines(range.out).map(({ offset, payload_base64: bytes }) => [offset, bytes])).toEqual([
    [2, undefined],
    [3, '/wA='],
  ])
  expect(lines(own.out).map(({ payload }) => payload)).toEqual(['{"seq":2}'])
  expect([none.code, none.err]).toEqual([1, 'journal: no such entry\n'])

  const follow = spawn(process.execPath, [cli, 'tail', '--from', '3', '--data', path.dirname(dir)])
  let seen = ''
  follow.stdout.on('data', (part: Buffer) => (seen += part.toString()))
  await vi.waitFor(() => expect(lines(seen)).toHaveLength(1), waiting)
  await journal.append(entry('demo-b', 'later'))
  await journal.append(entry('demo-a', 'later'))
  await vi.waitFor(() => expect(lines(seen)).toHaveLength(2), waiting)
  follow.kill()
  expect(lines(seen).map(({ firm, offset }) => [firm, offset])).toEqual([
    ['demo-a', 3],
    ['demo-a', 4],
  ])

  const verified = await run('verify')
  const [a, b] = journal.status().firms
  expect(verified).toEqual({
    code: 0,
    err: '',
    out: `demo-a ok offset=4 entries=4 evidence=4 head=${a!.hash}\ndemo-b ok offset=2 entries=2 evidence=2 head=${b!.hash}\n`,
  })
  await journal.close()
})

test('T25 verify exits 1 and names the first bad entry when the journal was edited', async () => {
  const journal = await openJournal({ dir, log })
  for (let i = 0; i < 5; i++) await journal.append(entry(i === 3 ? 'demo-b' : 'demo-a', `{"seq":${i}}`))
  await journal.close()
  const db = new DatabaseSync(hotFile(dir, hotDays(dir)[0]!))
  db.exec('DELETE FROM groups WHERE number = 2')
  db.close()
  const { code, out } = await run('verify')
  expect(code).toBe(1)
  expect(out).toContain('demo-a bad offset=1 entries=1 evidence=1 BAD: entry 3 follows entry 1')
  expect(out).toContain('demo-b ok')
})

test('a folder without a journal is said in one line', async () => {
  const { code, err } = await run('verify')
  expect(code).toBe(1)
  expect(err).toBe(`journal: there is none in ${path.dirname(dir)}: name the data folder with --data\n`)
})

test('a reader in another process has an entry as soon as it is acknowledged', async () => {
  const child = writingChild(dir)
  const reader = openJournalReader(dir)
  const read: number[] = []
  let cursor = 0
  for (let checks = 0; checks < 50; checks++) {
    const wanted = child.acknowledged.length
    await vi.waitFor(() => expect(child.acknowledged.length).toBeGreaterThan(wanted), waiting)
    const acknowledged = child.acknowledged.at(-1)!
    for (let part = reader.read(cursor); part.length > 0; part = reader.read(cursor)) {
      read.push(...numbersIn(part))
      cursor = part.at(-1)!.commit
    }
    expect(read.at(-1)).toBeGreaterThanOrEqual(acknowledged)
  }
  child.kill()
  await child.ended
  expect(read).toEqual(read.map((_, i) => i))
  reader.close()
})
