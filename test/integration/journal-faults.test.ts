import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '#runtime/log.ts'
import { hotDays, hotFile } from '#store/journal/folders.ts'
import { verifyJournal } from '#store/journal/verify.ts'
import { openJournal } from '#store/journal/writer.ts'
import { expectReconciled, journalFolder, numbersIn, readAll, writingChild } from './journal.reconcile.ts'

const log = createLog('test')
const waiting = { timeout: 20_000, interval: 5 }

let dir: string
let remove: () => void
beforeEach(() => {
  ;({ dir, remove } = journalFolder())
})
afterEach(() => remove())

/** The one day file there is. */
const dayFile = () => hotFile(dir, hotDays(dir).at(-1)!)

test('F6 a disk that takes no more: nothing is acknowledged meanwhile, and work resumes by itself', async () => {
  // the limit on the size of a file stands for a full disk; lifted from outside, as when space is made
  const child = writingChild(dir, { shell: 'ulimit -S -f 200; exec "$0" "$@"' })
  await vi.waitFor(() => expect(child.acknowledged.length).toBeGreaterThan(100), waiting)
  let before = -1
  await vi.waitFor(
    () => {
      const now = child.acknowledged.length
      const isStill = now === before
      before = now
      expect(isStill).toBe(true)
    },
    { timeout: 20_000, interval: 600 },
  )
  expect(fs.existsSync(`/proc/${child.pid}`)).toBe(true)
  const stoppedAt = child.acknowledged.length
  execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:unlimited'])
  await vi.waitFor(() => expect(child.acknowledged.length).toBeGreaterThan(stoppedAt + 300), waiting)
  child.kill()
  await child.ended
  expect(child.acknowledged.findIndex((number, i) => number !== i)).toBe(-1)
  expectReconciled(dir, child.acknowledged)
})

/** Writes a few hundred entries and closes: all is in the day file. */
async function writeAndClose(): Promise<void> {
  const journal = await openJournal({ dir, log })
  for (let from = 0; from < 2000; from += 200)
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        journal.append({
          topic: `v1/demo-${i % 2 ? 'a' : 'b'}/main/l/l1/m/${i % 3 ? 'count' : 'telemetry'}`,
          principal: 'gw-1',
          payload: Buffer.from(String(from + i)),
        }),
      ),
    )
  await journal.close()
}

/** The same, but killed: what is newest is in SQLite's write-ahead log only. */
async function writeAndKill(): Promise<void> {
  const child = writingChild(dir)
  await vi.waitFor(() => expect(child.acknowledged.length).toBeGreaterThan(2000), waiting)
  child.kill()
  await child.ended
}

test('status says why, since when and how many wait while the journal cannot write', async () => {
  fs.mkdirSync(dir, { recursive: true })
  fs.writeFileSync(path.join(dir, 'hot'), 'a file where a folder belongs')
  const journal = await openJournal({ dir, log: createLog('test') })
  const first = journal.append({
    topic: 'v1/demo-a/main/l/l1/m/count',
    principal: 'gw-1',
    payload: Buffer.from('1'),
  })
  expect(journal.status().blocked?.waiting).toBe(1)
  expect(journal.status().blocked?.reason).toContain('EEXIST')
  await vi.waitFor(() => expect(journal.figures().retries).toBeGreaterThan(2), waiting)
  fs.rmSync(path.join(dir, 'hot'))
  expect((await first).offset).toBe(1)
  expect(journal.status().blocked).toBeNull()
  await journal.close()
})

test('closing a journal that cannot write tells those who wait', async () => {
  fs.mkdirSync(dir, { recursive: true })
  fs.writeFileSync(path.join(dir, 'hot'), 'a file where a folder belongs')
  const journal = await openJournal({ dir, log })
  const answers: (string | undefined)[] = []
  const entry = { topic: 'v1/demo-a/main/l/l1/m/count', principal: 'gw-1', payload: Buffer.from('1') }
  journal.appendThen(entry, (error) => answers.push(error?.message))
  await journal.close()
  expect(answers).toEqual(['the journal is closed'])
})

type Fault = (file: string) => void
const cutLog: Fault = (file) =>
  fs.truncateSync(`${file}-wal`, Math.floor(fs.statSync(`${file}-wal`).size * 0.7))
const flipLog: Fault = (file) => flip(`${file}-wal`, Math.floor(fs.statSync(`${file}-wal`).size * 0.8))
const cutFile: Fault = (file) => fs.truncateSync(file, Math.floor(fs.statSync(file).size * 0.7))
const flipEnd: Fault = (file) => flip(file, fs.statSync(file).size - 40)

function flip(file: string, at: number): void {
  const bytes = fs.readFileSync(file)
  bytes[at] = bytes[at]! ^ 0xff
  fs.writeFileSync(file, bytes)
}

for (const [name, fault, left] of [
  ['its log is cut', cutLog, 'killed'],
  ['a byte of its log is flipped', flipLog, 'killed'],
  ['the day file is cut', cutFile, 'closed'],
  ['a byte near the end of the day file is flipped', flipEnd, 'closed'],
] as const)
  test(`F7 ${name}: it starts, keeps the good part, says what is bad, and gives no number twice`, async () => {
    await (left === 'killed' ? writeAndKill() : writeAndClose())
    const all = readAll(dir)
    const before = { commit: all.at(-1)!.commit, firms: lastOffsets(all) }
    fault(dayFile())

    const journal = await openJournal({ dir, log: createLog('test') })
    const { damage, blocked } = journal.status()
    expect(blocked).toBeNull()
    expect(damage).toHaveLength(1)
    expect(damage[0]!.commit).toBeGreaterThan(0)
    expect(damage[0]!.commit).toBeLessThanOrEqual(before.commit)
    for (const { firm, offset } of before.firms) {
      const place = await journal.append({
        topic: `v1/${firm}/main/l/l1/m/count`,
        principal: 'gw-1',
        payload: Buffer.from('9000000'),
      })
      expect(place.offset).toBeGreaterThan(offset)
      expect(place.commit).toBeGreaterThan(before.commit)
    }
    await journal.close()

    const numbers = numbersIn(readAll(dir))
    expect(numbers.length).toBeGreaterThan(200)
    expect(numbers).toEqual([...numbers.slice(0, -2).map((_, i) => i), 9_000_000, 9_000_000])
    expect(fs.readdirSync(path.join(dir, 'damaged')).length).toBeGreaterThan(0)
    // the gap is declared in the chain, so the rest verifies
    const { firms, damage: unread } = verifyJournal(dir)
    expect(unread).toEqual([])
    expect(firms.map(({ firm, fault: why, lost }) => [firm, why, lost > 0])).toEqual([
      ['demo-a', null, true],
      ['demo-b', null, true],
    ])
    // and the next start finds nothing to mend
    const again = await openJournal({ dir, log })
    expect(again.status().damage).toEqual([])
    await again.close()
  })

test('F7 a day file that is no database any more: it starts behind every number given away', async () => {
  await writeAndClose()
  const all = readAll(dir)
  fs.writeFileSync(dayFile(), 'this is no database')
  const journal = await openJournal({ dir, log: createLog('test') })
  expect(journal.status().damage).toHaveLength(1)
  const entry = { topic: 'v1/demo-a/main/l/l1/m/count', principal: 'gw-1', payload: Buffer.from('1') }
  const place = await journal.append(entry)
  expect(place.offset).toBeGreaterThan(all.at(-1)!.offset)
  expect(place.commit).toBeGreaterThan(all.at(-1)!.commit)
  await journal.close()
})

function lastOffsets(entries: readonly { firm: string; offset: number }[]) {
  const last = new Map(entries.map(({ firm, offset }) => [firm, offset]))
  return [...last].map(([firm, offset]) => ({ firm, offset }))
}
