import { DatabaseSync } from 'node:sqlite'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DAY, dayOf } from '#domain/time.ts'
import { createLog } from '#runtime/log.ts'
import { oldestCursor, saveCursor } from '#store/journal/cursors.ts'
import { hotDays, list, sealedFile, sealedFiles } from '#store/journal/folders.ts'
import type { JournalInput, JournalWriter } from '#store/journal/journal.ts'
import { encodeFrame } from '#store/journal/frame.ts'
import { compressFast, decompress } from '#store/journal/group.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { entriesOf, SealedBlocks } from '#store/journal/sealed.ts'
import { sealDay, unlinkDay } from '#store/journal/sealing.ts'
import { startTicks } from '#store/journal/ticks.ts'
import { verifyJournal } from '#store/journal/verify.ts'
import { openJournal, type JournalOptions } from '#store/journal/writer.ts'
import { journalFolder, readAll } from './journal.reconcile.ts'

const log = createLog('test')
const waiting = { timeout: 20_000, interval: 5 }
const START = Date.UTC(2026, 10, 20, 4)
const FIRST = dayOf(START)

let dir: string
let remove: () => void
let now = START
beforeEach(() => {
  ;({ dir, remove } = journalFolder())
  now = START
})
afterEach(() => remove())

const open = (options: Partial<JournalOptions> = {}) =>
  openJournal({ dir, log, clock: () => now, ...options })
const message = (firm: string, cls: string, seq: number): JournalInput => ({
  topic: `v1/${firm}/main/l/l1/m-${seq % 3}/${cls}`,
  principal: `gw-${firm}`,
  payload: Buffer.from(`{"ts":${START + seq},"seq":${seq},"boot":"a1","v":{"x":${seq}}}`),
})

async function fill(journal: JournalWriter, count: number, firms = ['demo-a', 'demo-b']): Promise<void> {
  const classes = ['telemetry', 'count', 'telemetry', 'state', 'event']
  await Promise.all(
    Array.from({ length: count }, (_, seq) =>
      journal.append(message(firms[seq % firms.length]!, classes[seq % classes.length]!, seq)),
    ),
  )
}

test('a closed day is sealed per firm, reads the same as before, verifies, and its day file goes', async () => {
  const heads = path.join(path.dirname(dir), 'heads.jsonl')
  const journal = await open({ heads })
  await fill(journal, 5000)
  await journal.append({
    topic: 'control/demo-a/plant.put',
    principal: 'engineer-1',
    payload: Buffer.from('{}'),
  })
  const before = readAll(dir)
  const reader = openJournalReader(dir)
  expect(reader.head()).toBe(before.at(-1)!.commit)
  const closing = journal.status().firms

  now += DAY
  await fill(journal, 10)
  await vi.waitFor(() => expect(journal.figures().sealedDays).toBe(1), waiting)
  expect(hotDays(dir)).toEqual([dayOf(now)])
  expect(journal.figures().sealedEntries).toBe(5001)

  // by a reader that was open all the time, by a new one, in small portions, for one firm
  const all = readAll(dir)
  expect(all.slice(0, 5001)).toEqual(before)
  expect(all).toHaveLength(5011)
  for (const [maxBytes, firm] of [[1], [20_000], [20_000, 'demo-b']] as [number, string?][]) {
    const one = openJournalReader(dir, firm ? { firm } : {})
    const read = []
    for (let at = 0, part = one.read(at, maxBytes); part.length > 0; part = one.read(at, maxBytes)) {
      read.push(...part)
      at = read.at(-1)!.commit
    }
    expect(read).toEqual(firm ? all.filter((entry) => entry.firm === firm) : all)
    one.close()
  }
  expect(reader.find('demo-a', 17)).toEqual(before.find((one) => one.firm === 'demo-a' && one.offset === 17))
  expect(reader.read(0)).toEqual(all.slice(0, reader.read(0).length))
  reader.close()

  const { firms, damage } = verifyJournal(dir)
  expect(damage).toEqual([])
  expect(firms.map(({ firm, fault, entries }) => [firm, fault, entries])).toEqual([
    ['demo-a', null, 2506],
    ['demo-b', null, 2505],
  ])
  const lines = fs.readFileSync(heads, 'utf8').trim().split('\n')
  const told = lines.map(
    (line) => JSON.parse(line) as { day: string; firm: string; offset: number; hash: string },
  )
  expect(told.map(({ firm, offset, hash }) => ({ firm, offset, hash }))).toEqual(closing)
  expect(new Set(told.map(({ day }) => day))).toEqual(new Set([FIRST]))
  await journal.close()
})

test('one firm’s sealed files show nothing of another’s, and find items by machine, class, boot and seq', async () => {
  const journal = await open()
  await fill(journal, 6000)
  now += DAY
  await fill(journal, 1)
  await vi.waitFor(() => expect(journal.figures().sealedDays).toBe(1), waiting)
  await journal.close()
  expect(list(path.join(dir, 'sealed', 'demo-a'))).toEqual([`${FIRST}.evidence.db`, `${FIRST}.signals.db`])
  for (const { firm, kind, file } of sealedFiles(dir)) {
    const blocks = new SealedBlocks(file)
    const rows = []
    for (let row = blocks.next(0); row; row = blocks.next(row.id)) rows.push(row)
    expect(rows.length).toBe(1)
    const { entries } = entriesOf(rows[0]!)
    expect(entries.every((one) => one.firm === firm && one.topic.split('/')[1] === firm)).toBe(true)
    expect(entries.every((one) => one.topic.endsWith('telemetry') === (kind === 'signals'))).toBe(true)
    const cls = kind === 'signals' ? 'telemetry' : 'count'
    const found = (boot: string | null, from: number, to: number) =>
      blocks.ofItems({ machine: 'main/l/l1/m-0', class: cls, boot, from, to }).length
    expect([found('a1', 0, 6000), found('a1', 6001, 7000), found('b2', 0, 6000)]).toEqual([1, 0, 0])
    expect([found(null, START, START + 6000), found(null, START - 9, START - 1)]).toEqual([1, 0])
    blocks.close()
    expect(fs.readFileSync(file).includes(firm === 'demo-a' ? 'demo-b' : 'demo-a')).toBe(false)
  }
})

const some = (offset: number) => offset % 17 === 1

/** What a reader says of some of a firm's entries one by one, and of all of them at once. */
function chainsOf(firm: string, count: number) {
  const reader = openJournalReader(dir)
  const offsets = Array.from({ length: count }, (_, i) => i + 1)
  const chains = offsets.filter(some).map((offset) => reader.chainAt(firm, offset)!)
  expect(reader.findAll(firm, offsets.toReversed()).map(({ offset }) => offset)).toEqual(offsets)
  const unknown = [
    reader.chainAt(firm, count + 1),
    reader.chainAt('none', 1),
    reader.findAll(firm, [count + 1]),
  ]
  expect(unknown).toEqual([null, null, []])
  reader.close()
  return chains
}

/** The chain behind each entry of a firm, as any other program computes it; null behind a signal. */
function chainByHand(firm: string): (string | null)[] {
  let head: Buffer = Buffer.alloc(32)
  return readAll(dir)
    .filter((entry) => entry.firm === firm)
    .map((entry) => {
      if (entry.topic.endsWith('/telemetry')) return null
      const frame = encodeFrame(entry)
      head = createHash('sha256').update(head).update(frame.subarray(4)).digest()
      return head.toString('hex')
    })
}

test('the chain at an entry is told from the entries around it, before and after sealing; an altered one breaks it', async () => {
  const journal = await open()
  for (let i = 0; i < 90; i++) await fill(journal, 30)
  await journal.close()
  const byHand = chainByHand('demo-a').filter((_, i) => some(i + 1))
  const hot = chainsOf('demo-a', 1350)
  expect(hot.map(({ hash }) => hash)).toEqual(byHand)
  expect(hot.map(({ state }) => state)).toEqual(byHand.map((hash) => (hash ? 'intact' : 'not_chained')))
  expect(Math.max(...hot.map(({ from, to }) => to - from))).toBeLessThan(1024)

  const file = path.join(dir, 'hot', `${FIRST}.db`)
  const db = new DatabaseSync(file)
  const places = db.prepare(`SELECT first, number FROM places WHERE firm = 'demo-a' ORDER BY first`).all()
  expect(places.length).toBeGreaterThan(1)
  // a state of demo-a in the last group before its second place
  const number = (places[1]!['number'] as number) - 1
  const kept = db.prepare('SELECT frames, bytes, marks FROM groups WHERE number = ?').get(number)!
  const block = decompress(kept['frames'] as Uint8Array, kept['bytes'] as number)
  block.set(Buffer.from('"seq":78'), block.indexOf('"seq":28,'))
  const put = db.prepare('UPDATE groups SET frames = ? WHERE number = ?')
  put.run(compressFast(block), number)
  const [first, second] = places.map((place) => place['first'] as number) as [number, number]
  const states = () => {
    const reader = openJournalReader(dir)
    const evidence = [first, first + 1, first + 2, second, second + 1, second + 2]
    const told = evidence.map((offset) => reader.chainAt('demo-a', offset)!.state)
    reader.close()
    return [told.slice(0, 3), told.slice(3)].map((part) => part.filter((state) => state !== 'not_chained'))
  }
  expect(new Set(states()[0])).toEqual(new Set(['broken']))
  expect(new Set(states()[1])).toEqual(new Set(['intact']))
  put.run(kept['frames']!, number)
  db.exec('UPDATE places SET hash = NULL') // as an older version began it
  expect(new Set(states().flat())).toEqual(new Set(['not_kept']))
  db.close()

  sealDay(dir, FIRST)
  unlinkDay(dir, FIRST)
  const sealed = chainsOf('demo-a', 1350)
  expect(sealed.map(({ hash }) => hash)).toEqual(byHand)
  const { file: evidence } = sealedFiles(dir).find(
    ({ firm, kind }) => firm === 'demo-a' && kind === 'evidence',
  )!
  const day = new DatabaseSync(evidence)
  day.exec('UPDATE day SET closing_hash = opening_hash')
  day.close()
  expect(new Set(chainsOf('demo-a', 1350).map(({ state }) => state))).toEqual(
    new Set(['broken', 'not_chained']),
  )
})

/** Makes a file as the version before had it. */
const asBefore = (file: string, table: string, columns: readonly string[]) => {
  const db = new DatabaseSync(file)
  for (const column of columns) db.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
  db.exec('PRAGMA user_version = 1')
  db.close()
}

test('files of the version before: a day file goes on, and of a sealed one every block is looked through', async () => {
  let journal = await open()
  await fill(journal, 30)
  await journal.close()
  asBefore(path.join(dir, 'hot', `${FIRST}.db`), 'places', ['evidence', 'hash'])
  const state = (offset: number) => {
    const reader = openJournalReader(dir)
    const told = reader.chainAt('demo-b', offset)!.state
    reader.close()
    return told
  }
  expect(state(1)).toBe('not_kept') // demo-b's first message is a count
  journal = await open()
  for (let i = 0; i < 90; i++) await fill(journal, 30)
  await journal.close()
  expect([state(1), state(1351)]).toEqual(['not_kept', 'intact'])

  sealDay(dir, FIRST)
  unlinkDay(dir, FIRST)
  const found = () => {
    const reader = openJournalReader(dir)
    const range = { machine: 'main/l/l1/m-1', class: 'count', boot: null, from: START, to: START + 30 }
    const entries = reader.sealedWith('demo-b', [range])
    reader.close()
    return entries
  }
  const asNow = found()
  expect(asNow.length).toBeGreaterThan(90)
  for (const { file, kind } of sealedFiles(dir))
    if (kind === 'evidence') asBefore(file, 'intervals', ['first_ts', 'last_ts'])
  expect(found()).toEqual(asNow)
})

test('signals age out, evidence stays, and no consumer loses what it has not read', async () => {
  const cursors = path.join(path.dirname(dir), 'cursors')
  const journal = await open({ signalDays: 2, oldestCursor: () => oldestCursor(cursors) })
  for (let day = 0; day < 5; day++) {
    await fill(journal, 50)
    now += DAY
  }
  await vi.waitFor(() => expect(journal.figures().sealedDays).toBe(4), waiting)
  const signals = () => sealedFiles(dir).filter(({ kind }) => kind === 'signals').length
  expect(signals()).toBe(8) // no consumer has said anything yet

  saveCursor(cursors, 'ingest', journal.status().commit)
  saveCursor(cursors, 'historian', 0)
  await fill(journal, 10)
  await vi.waitFor(() => expect(journal.figures().sealedDays).toBe(5), waiting)
  expect(signals()).toBe(10) // the historian has read nothing yet

  saveCursor(cursors, 'historian', journal.status().commit)
  now += DAY
  await fill(journal, 10)
  await vi.waitFor(() => expect(journal.figures().agedOutFiles).toBeGreaterThan(5), waiting)
  await vi.waitFor(() => expect(journal.figures().sealedDays).toBe(6), waiting)
  const left = sealedFiles(dir)
  expect(left.filter(({ kind }) => kind === 'evidence')).toHaveLength(12)
  expect(left.filter(({ kind, day }) => kind === 'signals' && day < dayOf(now - 2 * DAY))).toEqual([])
  const { firms, damage } = verifyJournal(dir)
  expect([damage, ...firms.map(({ fault }) => fault)]).toEqual([[], null, null])
  const classes = readAll(dir).filter(({ receivedAt }) => receivedAt < START + DAY)
  expect(classes.length).toBe(30)
  await journal.close()
})

test('F7 a closed day with a bad batch is not sealed: it stays, the batch is named, the rest is read', async () => {
  let journal = await open()
  for (let seq = 0; seq < 70; seq++) await journal.append(message('demo-a', 'count', seq))
  await journal.close()
  const db = new DatabaseSync(path.join(dir, 'hot', `${FIRST}.db`))
  const { frames } = db.prepare('SELECT frames FROM groups WHERE number = 3').get() as { frames: Uint8Array }
  frames[30]! ^= 1
  db.prepare('UPDATE groups SET frames = ? WHERE number = 3').run(frames)
  db.close()
  now += DAY
  journal = await open()
  await fill(journal, 10)
  await vi.waitFor(() => expect(journal.status().damage).toHaveLength(1), waiting)
  expect(journal.status().damage[0]).toMatchObject({ commit: 3, file: path.join(dir, 'hot', `${FIRST}.db`) })
  await journal.close()
  expect(hotDays(dir)).toEqual([FIRST, dayOf(now)])

  const told: number[] = []
  const reader = openJournalReader(dir, { onDamage: ({ commit }) => told.push(commit) })
  expect(
    reader
      .read(0)
      .map(({ commit }) => commit)
      .slice(0, 69),
  ).toEqual([1, 2, ...Array.from({ length: 67 }, (_, i) => i + 4)])
  reader.read(0)
  expect(told).toEqual([3])
  expect(reader.damage()).toHaveLength(1)
  reader.close()
  const { firms, damage } = verifyJournal(dir)
  expect(damage.map(({ commit }) => commit)).toEqual([3])
  expect(firms[0]!.fault).toContain('entry 4 follows entry 2')
})

test('a killed sealing leaves the day file, and sealing starts again', async () => {
  const journal = await open()
  await fill(journal, 3000)
  await journal.close()
  const before = readAll(dir)
  const half = sealedFile(dir, 'demo-a', FIRST, 'evidence')
  fs.mkdirSync(path.dirname(half), { recursive: true })
  fs.writeFileSync(`${half}.part`, 'half a file')
  sealDay(dir, FIRST) // and killed before the day file was deleted
  expect(readAll(dir)).toEqual(before)
  sealDay(dir, FIRST)
  unlinkDay(dir, FIRST)
  expect(readAll(dir)).toEqual(before)
  // without any day file the heads are those of the sealed days
  const again = await open()
  expect(again.status().firms.map(({ offset }) => offset)).toEqual([1500, 1500])
  expect((await again.append(message('demo-a', 'count', 1))).offset).toBe(1501)
  await again.close()
  expect(verifyJournal(dir).firms.map(({ fault }) => fault)).toEqual([null, null])
})

const TOPICS = [
  'v1/a/s/x/l/m/telemetry',
  'v1/a/s/x/l/m/count',
  'v1/b/s/x/l/m/state',
  'control/b/fact.put',
  'tick/c',
]
const written = fc.array(
  fc.record({
    topic: fc.constantFrom(...TOPICS),
    principal: fc.string({ maxLength: 5 }),
    payload: fc.uint8Array({ maxLength: 30 }),
    wait: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

test('any entries: read as written, sealed as hot; one flipped byte of evidence is found', async () => {
  await fc.assert(
    fc.asyncProperty(written, fc.nat(), fc.integer({ min: 1, max: 255 }), async (inputs, where, bits) => {
      fs.rmSync(dir, { recursive: true, force: true })
      now = START
      const journal = await open()
      const places = []
      for (const { wait, ...input } of inputs) {
        const place = journal.append(input)
        places.push(place)
        if (wait) await place
      }
      await Promise.all(places)
      await journal.close()
      const hot = readAll(dir)
      expect(hot.map(({ topic, principal, payload }) => [topic, principal, payload.toString('hex')])).toEqual(
        inputs.map(({ topic, principal, payload }) => [
          topic,
          principal,
          Buffer.from(payload).toString('hex'),
        ]),
      )
      for (const firm of ['a', 'b', 'c']) {
        const offsets = hot.filter((one) => one.firm === firm).map(({ offset }) => offset)
        expect(offsets).toEqual(offsets.map((_, i) => i + 1))
      }
      expect(verifyJournal(dir).firms.every(({ fault }) => fault === null)).toBe(true)
      sealDay(dir, FIRST)
      unlinkDay(dir, FIRST)
      expect(readAll(dir)).toEqual(hot)
      expect(verifyJournal(dir).firms.every(({ fault }) => fault === null)).toBe(true)

      const evidence = sealedFiles(dir).filter(({ kind }) => kind === 'evidence')
      const { file } = evidence[where % evidence.length]!
      const [at, length] = flipBlock(file, where, bits)
      const { firms, damage } = verifyJournal(dir)
      const isFound = damage.length > 0 || firms.some(({ fault }) => fault !== null)
      expect({ at, length, isFound: length === 0 || isFound }).toEqual({ at, length, isFound: true })
    }),
    { numRuns: 6 },
  )
})

/** Flips bits of one byte of a file's first block, as stored. */
function flipBlock(file: string, where: number, bits: number): [at: number, length: number] {
  const db = new DatabaseSync(file)
  const row = db.prepare('SELECT id, data FROM blocks LIMIT 1').get() as
    { id: number; data: Uint8Array } | undefined
  const at = where % (row?.data.length ?? 1)
  if (row) {
    row.data[at] = row.data[at]! ^ bits
    db.prepare('UPDATE blocks SET data = ? WHERE id = ?').run(row.data, row.id)
  }
  db.close()
  return [at, row?.data.length ?? 0]
}

test('ticks carry wall and monotonic time for every firm, and pause while the journal cannot write', async () => {
  const journal = await open()
  await fill(journal, 2)
  let mono = 1000
  const stop = startTicks(journal, { log, clock: () => now, mono: () => (mono += 5000), every: 20 })
  await vi.waitFor(() => expect(readAll(dir).length).toBeGreaterThan(6), waiting)
  stop()
  await journal.close()
  const ticks = readAll(dir).filter(({ topic }) => topic.startsWith('tick/'))
  expect(ticks.slice(0, 2).map(({ topic, payload }) => [topic, payload.toString()])).toEqual([
    ['tick/demo-a', `{"wall":${START},"mono":6000}`],
    ['tick/demo-b', `{"wall":${START},"mono":6000}`],
  ])
  const blocked = {
    ...journal,
    status: () => ({ ...journal.status(), blocked: { reason: '', since: 0, waiting: 0 } }),
  }
  const appended: string[] = []
  startTicks({ ...blocked, appendThen: ({ topic }) => appended.push(topic) }, { log })()
  expect(appended).toEqual([])
})
