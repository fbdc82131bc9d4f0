import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '#runtime/log.ts'
import { OperatorError } from '#runtime/process.ts'
import type { JournalPlace } from '#store/journal/journal.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { openJournal } from '#store/journal/writer.ts'

const log = createLog('test')
const telemetry = 'v1/demo-a/main/machining/l1/lathe-07/telemetry'
const count = 'v1/demo-b/main/machining/l1/lathe-07/count'
const entry = (topic: string, text: string) => ({ topic, principal: 'gw-1', payload: Buffer.from(text) })

let dir: string
beforeEach(() => {
  dir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'journal-')), 'journal')
})
afterEach(() => fs.rmSync(path.dirname(dir), { recursive: true, force: true }))

test('what was appended is read back in order, with offsets per firm and the sender beside it', async () => {
  const journal = await openJournal({ dir, log })
  const places: JournalPlace[] = []
  const released: number[] = []
  for (let i = 0; i < 500; i++)
    journal.appendThen(entry(i % 3 === 0 ? count : telemetry, `{"seq":${i}}`), (error, place) => {
      expect(error).toBeNull()
      released.push(i)
      places.push(place!)
    })
  await vi.waitFor(() => expect(released).toHaveLength(500))
  expect(released).toEqual(Array.from({ length: 500 }, (_, i) => i))

  const reader = openJournalReader(dir)
  const read = reader.read(0)
  expect(read.map((one) => one.payload.toString())).toEqual(released.map((i) => `{"seq":${i}}`))
  for (const firm of ['demo-a', 'demo-b']) {
    const offsets = read.filter((one) => one.firm === firm).map((one) => one.offset)
    expect(offsets).toEqual(offsets.map((_, i) => i + 1))
  }
  expect(read.map(({ firm, offset, commit, receivedAt }) => ({ firm, offset, commit, receivedAt }))).toEqual(
    places,
  )
  expect(reader.head()).toBe(journal.status().commit)
  expect(reader.heads()).toEqual(journal.status().firms)
  expect(reader.find('demo-b', 17)?.payload.toString()).toBe('{"seq":48}')
  expect(reader.find('demo-b', 1000)).toBeNull()
  expect(reader.find('demo-c', 1)).toBeNull()
  const own = openJournalReader(dir, { firm: 'demo-b' })
  expect(own.read(0).map((one) => one.offset)).toEqual(Array.from({ length: 167 }, (_, i) => i + 1))
  for (const one of [reader, own]) one.close()
  await journal.close()
  await expect(journal.append(entry(count, '{}'))).rejects.toThrow('closed')
})

test('a journal that is opened again goes on with its numbers', async () => {
  for (let round = 1; round <= 3; round++) {
    const journal = await openJournal({ dir, log })
    const place = await journal.append(entry(count, '{}'))
    expect(place.offset).toBe(round)
    expect(place.commit).toBe(round)
    await journal.close()
  }
})

test('two processes cannot write one journal: the second is told so', async () => {
  const journal = await openJournal({ dir, log })
  await expect(openJournal({ dir, log })).rejects.toThrow(OperatorError)
  await journal.append(entry(count, '{}'))
  await journal.close()
})

test('what is no journal entry is refused by itself', async () => {
  const journal = await openJournal({ dir, log })
  for (const topic of ['', 'count', 'v1/De mo/x', 'v1/../count', 'v1//count', `v1/${'a'.repeat(65)}/count`])
    await expect(journal.append(entry(topic, '{}'))).rejects.toThrow('no journal entry')
  await expect(
    journal.append({ topic: count, principal: 'a'.repeat(70_000), payload: Buffer.alloc(0) }),
  ).rejects.toThrow('no journal entry')
  expect((await journal.append(entry(count, ''))).offset).toBe(1)
  await journal.close()
})

test('a reader is cheap to leave open: it sees each commit, and the file of a new day', async () => {
  let now = Date.UTC(2026, 10, 24, 15, 59, 59)
  const journal = await openJournal({ dir, log, clock: () => now })
  const reader = openJournalReader(dir)
  expect(reader.read(0)).toEqual([])
  const seen: string[] = []
  let cursor = 0
  for (let i = 0; i < 10; i++) {
    if (i === 5) now += 1000
    await journal.append(entry(count, String(i)))
    for (const one of reader.read(cursor)) {
      seen.push(one.payload.toString())
      cursor = one.commit
    }
    expect(seen).toHaveLength(i + 1)
  }
  expect(fs.readdirSync(path.join(dir, 'hot'))).toContain('2026-11-25.db')
  expect(openJournalReader(dir).read(0)).toHaveLength(10)
  expect(reader.find('demo-b', 3)?.payload.toString()).toBe('2')
  reader.close()
  await journal.close()
})

test('received_at never runs backwards within a process', async () => {
  let now = 1_795_500_000_000
  const journal = await openJournal({ dir, log, clock: () => now })
  const first = await journal.append(entry(count, '1'))
  now -= 600_000
  expect((await journal.append(entry(count, '2'))).receivedAt).toBe(first.receivedAt)
  await journal.close()
})
