/** The ledger as a file: migrations, one transaction per commit, and a chain that shows every edit. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LedgerChanges, MachineEventRow, NewEvent, StateRow } from '#store/ledger/changes.ts'
import { GENESIS } from '#store/ledger/chain.ts'
import { ledgerFile, listFirms } from '#store/ledger/file.ts'
import { LEDGER_VERSION } from '#store/ledger/migrations.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { openLedgerWriter } from '#store/ledger/writer.ts'
import { casePlant, MACHINE } from '../casePlant.ts'

const newFolder = () => fs.mkdtempSync(path.join(os.tmpdir(), 'baiyuan-ledger-'))
const event = (n: number, control: string | null = null): NewEvent => ({
  at: n,
  kind: 'machine.event',
  offset: n,
  control,
  body: { n },
})
const changes = (over: Partial<LedgerChanges>): LedgerChanges => ({
  progress: { cursor: 1, offset: 1, at: 1, clock: '{}', counts: '{}' },
  events: [],
  plants: [],
  quarantine: [],
  decided: [],
  withheld: [],
  states: [],
  machineEvents: [],
  samples: [],
  samplesGone: [],
  panes: [],
  settled: [],
  openDays: [],
  records: [],
  accounts: [],
  corrections: [],
  monthCloses: [],
  messages: [],
  tallies: [],
  machines: [],
  streams: [],
  hashes: [],
  oldestHashDay: 0,
  ...over,
})

test('a firm’s file is named by its id, and nothing else becomes a path', () => {
  const dir = newFolder()
  expect(listFirms(dir)).toEqual([])
  openLedgerWriter(dir, 'b').close()
  openLedgerWriter(dir, 'a').close()
  expect(listFirms(dir)).toEqual(['a', 'b'])
  expect(() => ledgerFile(dir, '../people')).toThrow('is no firm id')
  expect(() => openLedgerReader(ledgerFile(dir, 'c'))).toThrow('no ledger')
  expect(fs.statSync(ledgerFile(dir, 'a')).mode & 0o777).toBe(0o600)
})

test('a file of a newer program is refused; opening twice changes nothing', () => {
  const dir = newFolder()
  openLedgerWriter(dir, 'a').close()
  openLedgerWriter(dir, 'a').close()
  const db = new DatabaseSync(ledgerFile(dir, 'a'))
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: LEDGER_VERSION })
  db.exec(`PRAGMA user_version = ${LEDGER_VERSION + 1}`)
  db.close()
  expect(() => openLedgerWriter(dir, 'a')).toThrow('use a newer program')
})

test('events are numbered without holes and chained; a reader in another connection sees each commit', () => {
  const dir = newFolder()
  const writer = openLedgerWriter(dir, 'a')
  const reader = openLedgerReader(writer.file)
  expect(reader.head()).toEqual({ cursor: 0, hash: GENESIS })
  writer.commit(changes({ events: [event(1), event(2, 'id-2')] }))
  writer.commit(changes({ events: [event(3)] }))
  expect(reader.head()).toEqual(writer.head())
  expect(reader.events(1, 10).map((row) => row.cursor)).toEqual([2, 3])
  expect(reader.answerTo('id-2')).toMatchObject({ cursor: 2, body: '{"n":2}' })
  expect(writer.answered('id-2')).toBe(true)
  expect(writer.answered('id-3')).toBe(false)
  reader.close()
  writer.close()
  const again = openLedgerWriter(dir, 'a')
  expect(again.head().cursor).toBe(3)
  again.close()
})

test('F7 an edited, a missing and a swapped event break the chain at their place', () => {
  const edits = [
    [`UPDATE event SET body = '{"n":20}' WHERE cursor = 2`, 2],
    ['DELETE FROM event WHERE cursor = 2', 3],
    ['UPDATE event SET at = 9 WHERE cursor = 1', 1],
    [`UPDATE event SET hash = '${GENESIS}' WHERE cursor = 3`, 3],
  ] as const
  const broken = edits.map(([sql]) => {
    const dir = newFolder()
    const writer = openLedgerWriter(dir, 'a')
    writer.commit(changes({ events: [event(1), event(2), event(3)] }))
    writer.close()
    const db = new DatabaseSync(writer.file)
    db.exec(sql)
    db.close()
    const reader = openLedgerReader(writer.file)
    const at = reader.firstBroken()
    reader.close()
    return at
  })
  expect(broken).toEqual(edits.map(([, at]) => at))
})

test('a commit that fails leaves nothing, and can be tried again', () => {
  const dir = newFolder()
  const writer = openLedgerWriter(dir, 'a')
  const twice = changes({ events: [event(1, 'same'), event(2, 'same')] })
  expect(() => writer.commit(twice)).toThrow('UNIQUE')
  expect(writer.progress()).toBeNull()
  expect(writer.head().cursor).toBe(0)
  writer.commit(changes({ events: [event(1, 'same')] }))
  expect(writer.head().cursor).toBe(1)
  expect(writer.progress()).toMatchObject({ cursor: 1 })
  writer.close()
})

test('states: of two at one instant the higher seq stands; old repeats fold without changing what is read', () => {
  const dir = newFolder()
  const writer = openLedgerWriter(dir, 'a')
  const plants = [{ version: 1, since: 0, offset: 1, plant: casePlant('a') }]
  const states = Array.from({ length: 100 }, (_, i) => ({
    machine: MACHINE,
    ts: i * 60_000,
    lastTs: i * 60_000,
    state: i < 60 ? 'RUN' : 'IDLE',
    reason: null,
    seq: i,
  }))
  writer.commit(
    changes({
      plants,
      states: [...states, { machine: MACHINE, ts: 0, lastTs: 0, state: 'OFF', reason: null, seq: -1 }],
    }),
  )
  const reader = openLedgerReader(writer.file)
  const before = reader.states(MACHINE, 90_000, 7_000_000)
  expect(before.map(({ state, from, to }) => [state, from, to])).toEqual([
    ['RUN', 90_000, 3_600_000],
    ['IDLE', 3_600_000, 6_120_000],
    ['UNKNOWN', 6_120_000, 7_000_000],
  ])
  expect(writer.recentStates(MACHINE, 3).map((row) => row.ts)).toEqual([5_820_000, 5_880_000, 5_940_000])
  writer.foldStates(MACHINE, 5_000_000, 180_000)
  expect(reader.states(MACHINE, 90_000, 7_000_000)).toEqual(before)
  const db = new DatabaseSync(writer.file, { readOnly: true })
  expect(db.prepare('SELECT count(*) AS n FROM state_run').get()).toEqual({ n: 18 })
  db.close()
  reader.close()
  writer.close()
})

const workAt = (minute: number) => ({
  order: minute < 10 ? 'WO-1' : 'WO-2',
  product: 'q41f',
  operation: null,
})
const run = (ts: number, lastTs: number, state: string) => ({
  machine: MACHINE,
  ts,
  lastTs,
  state,
  reason: null,
  seq: ts,
})

test('what a state says is on the machine is kept, and repeats do not fold across a change of it', () => {
  const writer = openLedgerWriter(newFolder(), 'a')
  const states = Array.from({ length: 20 }, (_, minute) => ({
    machine: MACHINE,
    ts: minute * 60_000,
    lastTs: minute * 60_000,
    state: 'RUN',
    reason: null,
    seq: minute,
    ...workAt(minute),
  }))
  writer.commit(changes({ states }))
  writer.foldStates(MACHINE, 5_000_000, 180_000)
  const told = writer.past
    .states(MACHINE, 0, 5_000_000)
    .map(({ ts, lastTs, order, product }) => [ts, lastTs, order, product])
  expect(told).toEqual([
    [0, 540_000, 'WO-1', 'q41f'],
    [600_000, 1_140_000, 'WO-2', 'q41f'],
  ])
  writer.close()
})

test('states of a stretch: the newest before it, and one of the same state that was recorded for longer', () => {
  const writer = openLedgerWriter(newFolder(), 'a')
  writer.commit(
    changes({
      states: [run(1, 900, 'RUN'), run(2, 2, 'IDLE'), run(3, 500, 'RUN'), run(4, 4, 'RUN'), run(9, 9, 'RUN')],
    }),
  )
  const begins = (from: number, to: number) => writer.past.states(MACHINE, from, to).map(({ ts }) => ts)
  expect(begins(5, 10)).toEqual([3, 4, 9])
  expect(begins(3, 4)).toEqual([2, 3])
  expect(begins(0, 2)).toEqual([1])
  expect(writer.past.runBefore(MACHINE, 1)).toBeNull()
  writer.close()
})

test('states recorded with until read as those sent again and again: in any order, at any question, folded or not', () => {
  const STEP = 60_000
  /** Of a machine that no plant lists. */
  const STALE = 120_000
  const spells = fc.array(
    fc.record({
      state: fc.constantFrom('RUN', 'IDLE', 'STOP'),
      minutes: fc.integer({ min: 1, max: 30 }),
      silence: fc.constantFrom(0, 0, 0, 2, 10),
      sent: fc.constantFrom('recorded', 'repeated', 'both'),
    }),
    { minLength: 1, maxLength: 8 },
  )
  const cases = spells.chain((list) => {
    const repeated: StateRow[] = []
    const mixed: StateRow[] = []
    let at = 0
    for (const [i, { state, minutes, silence, sent }] of list.entries()) {
      const own = Array.from({ length: minutes }, (_, n) => at + n * STEP).map((ts) => ({
        machine: MACHINE,
        ts,
        lastTs: ts,
        state,
        reason: null,
        seq: i,
      }))
      repeated.push(...own)
      if (sent !== 'recorded') mixed.push(...own.slice(sent === 'both' ? 1 : 0))
      if (sent !== 'repeated') mixed.push({ ...own[0]!, lastTs: own.at(-1)!.ts })
      at += (minutes + silence) * STEP
    }
    return fc.record({
      repeated: fc.constant(repeated),
      mixed: fc.shuffledSubarray(mixed, { minLength: mixed.length }),
      cut: fc.nat(mixed.length),
      from: fc.integer({ min: 0, max: at }),
    })
  })
  const writer = openLedgerWriter(newFolder(), 'a')
  const reader = openLedgerReader(writer.file)
  let machines = 0
  fc.assert(
    fc.property(cases, ({ repeated, mixed, cut, from }) => {
      const seen = (parts: readonly (readonly StateRow[])[], fold: boolean) => {
        const machine = `m-${machines++}`
        for (const rows of parts) {
          writer.commit(changes({ states: rows.map((row) => ({ ...row, machine })) }))
          if (fold) writer.foldStates(machine, 20_000_000, STALE)
        }
        return reader.states(machine, from, 20_000_000)
      }
      const truth = seen([repeated], false)
      expect(seen([mixed], false)).toEqual(truth)
      expect(seen([mixed], true)).toEqual(truth)
      expect(seen([mixed.slice(0, cut), mixed.slice(cut)], false)).toEqual(truth)
    }),
  )
  reader.close()
  writer.close()
})

const runAt = (minute: number): StateRow => {
  const ts = minute * 60_000
  return { machine: MACHINE, ts, lastTs: ts, state: 'RUN', reason: null, seq: minute }
}

test('old repeats fold step by step from where the last fold ended, and again where a late one came in', () => {
  const writer = openLedgerWriter(newFolder(), 'a')
  const rows = () => {
    const db = new DatabaseSync(writer.file, { readOnly: true })
    const { n, last } = db.prepare('SELECT count(*) AS n, max(last_ts) AS last FROM state_run').get()!
    db.close()
    return [n, Number(last) / 60_000]
  }
  const late = [2000, 4999]
  const states = Array.from({ length: 5000 }, (_, i) => i)
    .filter((i) => !late.includes(i))
    .map(runAt)
  writer.commit(changes({ states }))
  const fold = () => writer.foldStates(MACHINE, 5000 * 60_000, 90_000)
  for (let i = 0; i < 4; i++) fold()
  expect(rows()).toEqual([2, 4998])
  writer.commit(changes({ states: late.map(runAt) }))
  for (let i = 0; i < 4; i++) fold()
  expect(rows()).toEqual([1, 4999])
  writer.close()
})

const happened = (ts: number, seq: number, over: Partial<MachineEventRow> = {}): MachineEventRow => ({
  machine: MACHINE,
  ts,
  boot: 'a1',
  seq,
  type: 'packed',
  fields: JSON.stringify({ order: `WO-${seq}`, product: 'q41f', qty: seq }),
  offset: 7,
  corrects: false,
  ...over,
})

test('events of machines are rows by machine and time; a correction takes the place of what it corrects', () => {
  const writer = openLedgerWriter(newFolder(), 'a')
  writer.commit(
    changes({ machineEvents: [happened(200, 2), happened(100, 1), happened(200, 1, { boot: 'a2' })] }),
  )
  writer.commit(changes({ machineEvents: [happened(150, 2, { corrects: true, offset: 9 })] }))
  const reader = openLedgerReader(writer.file)
  expect(reader.machineEvents(MACHINE, 100, 201)).toEqual([
    {
      machine: MACHINE,
      ts: 100,
      type: 'packed',
      fields: { order: 'WO-1', product: 'q41f', qty: 1 },
      offset: 7,
    },
    {
      machine: MACHINE,
      ts: 150,
      type: 'packed',
      fields: { order: 'WO-2', product: 'q41f', qty: 2 },
      offset: 9,
    },
    {
      machine: MACHINE,
      ts: 200,
      type: 'packed',
      fields: { order: 'WO-1', product: 'q41f', qty: 1 },
      offset: 7,
    },
  ])
  expect(reader.machineEvents(MACHINE, 150, 200)).toHaveLength(1)
  reader.close()
  writer.close()
})

test('a ledger from before machine_event has its events in it', () => {
  const dir = newFolder()
  const writer = openLedgerWriter(dir, 'a')
  const body = {
    machine: MACHINE,
    ts: 100,
    seq: null,
    type: 'packed',
    order: 'WO-1',
    product: 'q41f',
    qty: 1,
  }
  const other: NewEvent = { ...event(5), kind: 'quarantine.opened' }
  writer.commit(
    changes({ events: [{ ...event(4), body }, { ...event(6), body: { ...body, seq: 3, qty: 2 } }, other] }),
  )
  writer.close()
  const db = new DatabaseSync(writer.file)
  db.exec(`DROP TABLE machine_event; DROP TABLE sample_log; DROP TABLE sample_day; DROP TABLE pane_day; DROP TABLE settled;
    DROP TABLE open_day; DROP TABLE record; DROP TABLE account_day; DROP TABLE correction; DROP TABLE month_close; ALTER TABLE state_run DROP COLUMN order_id; ALTER TABLE state_run DROP COLUMN product;
    ALTER TABLE state_run DROP COLUMN operation; PRAGMA user_version = 1`)
  db.close()
  openLedgerWriter(dir, 'a').close()
  const reader = openLedgerReader(writer.file)
  expect(reader.machineEvents(MACHINE, 0, 1000)).toEqual([
    {
      machine: MACHINE,
      ts: 100,
      type: 'packed',
      fields: { order: 'WO-1', product: 'q41f', qty: 1 },
      offset: 4,
    },
    {
      machine: MACHINE,
      ts: 100,
      type: 'packed',
      fields: { order: 'WO-1', product: 'q41f', qty: 2 },
      offset: 6,
    },
  ])
  reader.close()
})

const record = (id: number, price: number, provisional?: true): LedgerChanges['records'][number] => ({
  id,
  kind: 'product',
  key: 'q41f',
  from: 1000 * id,
  value: { price },
  source: 'price list',
  illustrative: true,
  ...(provisional && { provisional }),
  at: 5,
  offset: 7,
  by: 'manager',
})

const account = (day: string, revision: number, text: string): LedgerChanges['accounts'][number] => ({
  day,
  revision,
  basis: `b${revision}`,
  reason: revision === 0 ? null : 'late_data',
  at: 9,
  hash: `h${revision}`,
  text,
})

test('records and accounts stand as they were added, in the order of their acceptance; of a day the newest revision counts', () => {
  const dir = newFolder()
  const writer = openLedgerWriter(dir, 'a')
  writer.commit(changes({ records: [record(1, 430_000_000), record(2, 440_000_000, true)] }))
  writer.commit(changes({ accounts: [account('2026-03-30', 0, 'x'), account('2026-03-31', 0, 'old')] }))
  writer.commit(changes({ accounts: [account('2026-03-31', 1, 'new')] }))
  const reader = openLedgerReader(ledgerFile(dir, 'a'))
  expect(reader.records()).toEqual([record(1, 430_000_000), record(2, 440_000_000, true)])
  expect(reader.records(1)).toEqual([record(2, 440_000_000, true)])
  expect(reader.accounts('2026-03-31', '2026-04-01')).toEqual([account('2026-03-31', 1, 'new')])
  expect(reader.accountHeads('2026-03-01', '2026-04-01').map(({ day, revision }) => [day, revision])).toEqual(
    [
      ['2026-03-30', 0],
      ['2026-03-31', 1],
    ],
  )
  expect(reader.account('2026-03-31', 0)?.text).toBe('old')
  expect(reader.accountRevisions('2026-03-31').map(({ reason }) => reason)).toEqual([null, 'late_data'])
  expect(() => writer.commit(changes({ records: [record(2, 1)] }))).toThrow('UNIQUE')
})
