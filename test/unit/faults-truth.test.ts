/** What was really sent is kept once, whatever is applied twice, and the switchboard and outbox remember what they must. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import fc from 'fast-check'
import pino from 'pino'
import type { SimulationFile } from '#contract/simulationFile.ts'
import { newChanges, noteItem, type TruthChanges } from '#store/truth/changes.ts'
import { add, blocksOf, has, joined, sizeOf, union, without } from '#store/truth/ranges.ts'
import { openTruth } from '#store/truth/truth.ts'
import { DeviceLine } from '../../simulators/faults/line.ts'
import { Switchboard } from '../../simulators/faults/switchboard.ts'
import { startOwnFaults } from '../../simulators/ownSimulation.ts'
import { timesOf } from '../../simulators/faults/told.ts'
import { messagesOf, payloadOf } from '../../simulators/messages.ts'
import { Outbox, type Entry } from '../../simulators/outbox.ts'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-truth-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const listed = (ranges: readonly number[]) => {
  const out: number[] = []
  for (let i = 0; i < ranges.length; i += 2) for (let n = ranges[i]!; n <= ranges[i + 1]!; n++) out.push(n)
  return out
}
const rangesOf = (numbers: readonly number[]) => {
  const ranges: number[] = []
  for (const n of numbers) add(ranges, n)
  return ranges
}
const sorted = (set: Iterable<number>) => [...set].toSorted((p, q) => p - q)
const numbers = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 })

test('ranges are sets of numbers', () => {
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      const [x, y] = [rangesOf(a), rangesOf(b)]
      expect(listed(x)).toEqual(sorted(new Set(a)))
      expect(listed(union(x, y))).toEqual(sorted(new Set([...a, ...b])))
      expect(listed(without(x, y))).toEqual(sorted(new Set(a.filter((n) => !b.includes(n)))))
      expect(sizeOf(x)).toBe(new Set(a).size)
      expect(has(x, 30)).toBe(a.includes(30))
    }),
  )
})

test('ranges in blocks are the same ranges, each block within its bounds', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 20 }), (all, size) => {
      const blocks = blocksOf(rangesOf(all), size)
      expect(joined([...blocks.values()])).toEqual(rangesOf(all))
      for (const [block, own] of blocks)
        expect(listed(own).every((n) => Math.floor(n / size) === block)).toBe(true)
    }),
  )
})

const item = (seq: number) => ({ firm: 'f', machine: 's/a/l/m', class: 'count', boot: 'b', seq })
function turn(): TruthChanges {
  const changes = newChanges(1)
  for (let seq = 1; seq <= 5; seq++) noteItem(changes, item(seq), 'made')
  for (const seq of [1, 2, 3, 2]) noteItem(changes, item(seq), 'sent')
  for (const seq of [1, 2]) noteItem(changes, item(seq), 'acknowledged')
  for (const seq of [3, 4]) noteItem(changes, item(seq), 'lost')
  changes.notes.push({ ...item(2), what: 'duplicate', counters: ['duplicate'], n: 1 })
  return changes
}

test('changes applied twice count once, also by the next process', () => {
  const file = path.join(folder, 'truth', 'f.db')
  const truth = openTruth(file)
  truth.apply([{ id: 7, changes: turn() }])
  truth.apply([{ id: 7, changes: turn() }])
  truth.close()
  const again = openTruth(file)
  again.apply([{ id: 7, changes: turn() }])
  expect(again.last).toBe(7)
  expect(again.streams('s/a/l/m')).toEqual([
    {
      machine: 's/a/l/m',
      class: 'count',
      boot: 'b',
      made: [1, 5],
      sent: [1, 3],
      acknowledged: [1, 2],
      lost: [4, 4], // what was sent is not lost, though it left the outbox
      repeated: 1,
    },
  ])
  expect(again.named()).toEqual([
    { machine: 's/a/l/m', what: 'duplicate', counter: 'duplicate', items: 1, n: 1 },
  ])
  expect(again.notes(10)).toMatchObject([{ seq: 2, counters: ['duplicate'] }])
  expect(again.streams('other')).toEqual([])
  again.close()
})

const itemOf = (n: number, seq: number) => ({ ...item(seq), machine: `s/a/l/m${n}` })

test('a stream with many holes is whole again, and what a turn adds to it costs little', () => {
  const truth = openTruth(path.join(folder, 'f.db'))
  const streams = 40
  const holes = newChanges(1)
  for (let n = 0; n < streams; n++)
    for (let seq = 1; seq < 20_000; seq += 2)
      for (const what of ['made', 'sent', 'acknowledged'] as const) noteItem(holes, itemOf(n, seq), what)
  truth.apply([{ id: 1, changes: holes }])
  const more = newChanges(2)
  for (let n = 0; n < streams; n++)
    for (const seq of [4, 20_001, 20_002])
      for (const what of ['made', 'sent'] as const) noteItem(more, itemOf(n, seq), what)
  const begun = performance.now()
  truth.apply([{ id: 2, changes: more }])
  expect(performance.now() - begun).toBeLessThan(400) // one row for each stream took a second
  const [stream] = truth.streams('s/a/l/m7')
  expect(stream!.sent.slice(0, 4)).toEqual([1, 1, 3, 5])
  expect(stream!.sent.slice(-4)).toEqual([19_999, 19_999, 20_001, 20_002])
  expect([sizeOf(stream!.sent), sizeOf(stream!.acknowledged), stream!.repeated]).toEqual([10_003, 10_000, 0])
  expect(truth.streams()).toHaveLength(streams)
  truth.close()
})

test('a file of an earlier version keeps what it knew', () => {
  const file = path.join(folder, 'f.db')
  openTruth(file).close()
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(file)
  db.exec(`DROP TABLE blocks; CREATE TABLE streams (
      machine TEXT NOT NULL, class TEXT NOT NULL, boot TEXT NOT NULL, made TEXT NOT NULL, sent TEXT NOT NULL,
      acknowledged TEXT NOT NULL, lost TEXT NOT NULL, sends INTEGER NOT NULL,
      PRIMARY KEY (machine, class, boot)) STRICT, WITHOUT ROWID;
    INSERT INTO streams VALUES ('m', 'count', 'b', '[1,9000]', '[1,5,7,9000]', '[1,5]', '[3,6]', 9001)`)
  db.close()
  for (let start = 0; start < 2; start++) {
    const truth = openTruth(file)
    expect(truth.streams()).toEqual([
      {
        machine: 'm',
        class: 'count',
        boot: 'b',
        made: [1, 9000],
        sent: [1, 5, 7, 9000],
        acknowledged: [1, 5],
        lost: [6, 6],
        repeated: 2,
      },
    ])
    truth.close()
  }
})

const entry = (seq: number, over: Partial<Entry> = {}): Entry => ({
  ...item(seq),
  device: 'f/d',
  qos: 1,
  item: `{"ts":1795500420000,"seq":${seq}}`,
  ...over,
})

test('what leaves an outbox without being sent is noted as lost with the same commit; a kill forgets neither', () => {
  const file = path.join(folder, 'outbox.db')
  const box = new Outbox(file, 2)
  box.write(
    [1, 2, 3, 4].map((seq) => entry(seq, { qos: 0, class: 'telemetry' })),
    new Map(),
  )
  const next = box.next('f/d', 0, 1)[0]!
  box.sent(next, 1795500420000, 1795500420000)
  box.write([entry(5)], new Map(), { emptied: ['f/d'], faultStates: new Map([['device f/d', '{}']]) })
  const after = new Outbox(file) // opened beside it: what is on the disk
  const streams = after.truths().map(({ changes }) => changes.streams)
  expect(streams.map((one) => one['s/a/l/m telemetry b']?.lost ?? [])).toEqual([[1, 2], [], [3, 4]])
  expect(streams[1]!['s/a/l/m telemetry b']!.sent).toEqual([3, 3])
  expect(after.next('f/d', 0, 10).map(({ seq }) => seq)).toEqual([5])
  expect([...after.faultStates()]).toEqual([['device f/d', '{}']])
  after.forgetTruths(after.truths().at(-1)!.id)
  expect(after.truths()).toEqual([])
  after.close()
  box.close()
})

test('an outbox begun anew does not repeat numbers that the truth has', () => {
  const box = new Outbox(path.join(folder, 'outbox.db'))
  box.tellAfter(500)
  box.told.item(item(1), 'made')
  box.write([], new Map())
  expect(box.truths().map(({ id }) => id)).toEqual([501])
  box.close()
})

test('an outbox of before the faults is opened, and its items are sent as they are', () => {
  const file = path.join(folder, 'outbox.db')
  const old = new Outbox(file)
  old.write([entry(1)], new Map())
  old.close()
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(file)
  db.exec('ALTER TABLE items DROP COLUMN skew; ALTER TABLE items DROP COLUMN raw; DROP TABLE fault_states')
  db.close()
  const box = new Outbox(file)
  expect(box.next('f/d', 0, 10)).toMatchObject([{ seq: 1, skew: 0, raw: null, timed: 1 }])
  expect(box.faultStates().size).toBe(0)
  box.close()
})

/** Opens the outbox as the next start does, and its switchboard. */
function started(file: string) {
  const box = new Outbox(file)
  return { box, board: new Switchboard(box, ['f/s/a/l/m'], 1) }
}

const pull = (board: Switchboard) => {
  board.start({ fault: 'plug_pulled', params: { lasts_s: 60 } })
  return board.list.at(-1)!
}
const names = ({ list }: Switchboard) => list.map(({ name }) => name)

test('a fault that is over is forgotten: after a restart a new one of its kind has its own id and strikes', () => {
  const file = path.join(folder, 'outbox.db')
  const first = started(file)
  const line = new DeviceLine('f/d', 'b', undefined)
  const old = pull(first.board)
  expect(line.turn(first.board.onDevice(['f/s/a/l/m']), 1000).change.began).toEqual(['plug_pulled'])
  line.changed()
  first.board.stop(old.id)
  line.turn(first.board.onDevice(['f/s/a/l/m']), 2000)
  const remembered = line.changed()!
  expect(JSON.parse(remembered)).toMatchObject({ minds: {}, power: true })
  first.box.close()

  const second = started(file)
  const fresh = pull(second.board)
  expect([old.id, fresh.id]).toEqual(['f1', 'f2'])
  const again = new DeviceLine('f/d', 'c', remembered)
  expect(again.turn(second.board.onDevice(['f/s/a/l/m']), 3000).change.began).toEqual(['plug_pulled'])
  second.box.close()
})

test('what a firm always has is switched on once: what a person switches off stays off, until the file asks for something else', () => {
  const file = path.join(folder, 'outbox.db')
  const log = pino({ level: 'silent' })
  const own = { faults: [{ fault: 'loss', probability: 0.1 }, { fault: 'reorder' }] } as SimulationFile
  const start = (asked: SimulationFile, look: (board: Switchboard) => void) => {
    const { box, board } = started(file)
    startOwnFaults(board, 'f', asked, 1000, log)
    look(board)
    box.close()
  }
  start(own, (board) => {
    expect(names(board)).toEqual(['loss', 'reorder'])
    board.stop(board.list[0]!.id)
  })
  start(own, (board) => expect(names(board)).toEqual(['reorder']))
  const other = { faults: [{ fault: 'loss', probability: 0.2 }, { fault: 'reorder' }] } as SimulationFile
  start(other, (board) => expect(names(board)).toEqual(['reorder', 'loss']))
})

test('a replay that the client did not see is not taken for that of a later reboot', () => {
  const { box, board } = started(path.join(folder, 'outbox.db'))
  const line = new DeviceLine('f/d', 'b', undefined)
  const on = () => board.onDevice(['f/s/a/l/m'])
  board.start({ fault: 'gateway_outage', params: { lasts_s: 5, batch_items: 50 } })
  line.turn(on(), 0)
  line.turn(on(), 5000)
  expect(line.replay).toBe(50)
  board.start({ fault: 'reboot', params: { down_s: 5 } })
  line.turn(on(), 10_000)
  expect(line.turn(on(), 15_000).change.boots).toBe(true)
  expect(line.replay).toBeNull()
  box.close()
})

test('times are judged as the contract says', () => {
  const now = 1_795_500_420_000
  expect(timesOf(now, now, now)).toEqual([])
  expect(timesOf(now - 120_001, now, now)).toEqual(['late'])
  expect(timesOf(now - 2_001, now - 2_001, now)).toEqual(['skew'])
  expect(timesOf(now - 200_000, now + 3_000, now)).toEqual(['skew', 'late'])
  expect(timesOf(now + 300_001, now + 300_001, now)).toEqual(['quarantine:ts_in_future'])
})

test('a replay is batches of what belongs together, within the limits of a message, in order', () => {
  const waiting = [
    entry(1),
    entry(2, { class: 'state' }),
    entry(3),
    entry(4, { boot: 'c' }),
    entry(5, { raw: Buffer.from('no').toString('base64') }),
    entry(6),
    entry(7),
    entry(8),
    entry(9, { skew: 5 }),
  ].map((one, id) => ({ ...one, id }))
  const messages = messagesOf(waiting, 2)
  expect(messages.map(({ entries }) => entries.map(({ seq }) => seq))).toEqual([
    [1, 3],
    [2],
    [4],
    [5],
    [6, 7],
    [8],
    [9],
  ])
  expect(messages.every(({ qos }) => qos === 1)).toBe(true)
  expect(JSON.parse(payloadOf(messages[0]!.entries, 9) as string)).toEqual({
    boot: 'b',
    at: 9,
    items: [
      { ts: 1_795_500_420_000, seq: 1 },
      { ts: 1_795_500_420_000, seq: 3 },
    ],
  })
  expect(payloadOf(messages[3]!.entries, 9)).toEqual(Buffer.from('no'))
  const large = entry(1, { item: `{"ts":1,"x":"${'y'.repeat(25_000)}"}` })
  const parts = messagesOf(
    Array.from({ length: 5 }, (_, id) => ({ ...large, id })),
    1000,
  )
  expect(Math.max(...parts.map(({ entries }) => payloadOf(entries, 1).length))).toBeLessThan(64 * 1024)
  expect(parts.flatMap(({ entries }) => entries)).toHaveLength(5)
})
