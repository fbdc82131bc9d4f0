/** The ledger as a file: migrations, one transaction per commit, and a chain that shows every edit. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { LedgerChanges, NewEvent } from '#store/ledger/changes.ts'
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
    state: i < 60 ? 'RUN' : 'IDLE',
    reason: null,
    seq: i,
  }))
  writer.commit(
    changes({
      plants,
      states: [...states, { machine: MACHINE, ts: 0, state: 'OFF', reason: null, seq: -1 }],
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
