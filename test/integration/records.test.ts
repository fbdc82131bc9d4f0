/** Dated records on the way that they take: plant files and people -> journal -> pipeline -> ledger, and the panes of the days that they shape. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { readPlantFolder } from '#contract/plantFolder.ts'
import type { HistoryProgress } from '#contract/local.ts'
import { controlTopic } from '#contract/topics.ts'
import { bookAt, type DatedRecord } from '#domain/accounting/records.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { ledgerFile, listFirms } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Ledgers } from '../../api/ledgers.ts'
import type { Ports } from '../../api/ports.ts'
import { RECORDS_FILE, RecordSeeds, recordsOfRun, RETROFIT_FILE } from '../../api/seedRecords.ts'
import { casePlant, MACHINE } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  openCaseJournal,
  silent,
  startIngest,
  T0,
  until,
  type Sent,
} from '../pipelineCase.ts'
import { runOf } from './apiFixture.ts'
import { withTicks } from './panesDay.ts'

const plants = path.resolve(import.meta.dirname, '../../plants')
const history = { retrofit: '2026-05-24' } as HistoryProgress

test('a firm gets the records of its files once, and those of the retrofit in its past as soon as its date is known', async () => {
  const dir = newFolder()
  const journal = await openCaseJournal(dir)
  const [found] = readPlantFolder(plants).filter(({ firm }) => firm === 'demo-a')
  const { plant } = found!.reading as { plant: Plant }
  const put = { by: 'li', role: 'engineer', at: T0, kind: 'plant.put', version: 1, body: plant }
  const id = '7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6a01'
  await journal.append(T0, controlTopic('demo-a', 'plant.put'), { id, ...put }, 'li')
  let running = await startIngest(dir)
  await caughtUp(running, journal)
  let runs = [runOf('demo-a')]
  const ledgers = new Ledgers(
    { firms: () => listFirms(dir), open: (firm) => openLedgerReader(ledgerFile(dir, firm)) },
    () => undefined,
  )
  const sent: string[] = []
  const ports = {
    ledgers,
    simulators: { runs: () => Promise.resolve(runs) },
    broker: {
      control: async ({ firm, entry }: Parameters<Ports['broker']['control']>[0]) => {
        sent.push(entry.by)
        const offset = await journal.append(T0, controlTopic(firm, entry.kind), entry, entry.by)
        await caughtUp(running, journal)
        return { firm, offset, commit: 0, receivedAt: T0 }
      },
    },
    now: () => T0,
    log: silent,
  } as unknown as Ports
  const authors = () => Map.groupBy(ledgers.of('demo-a')!.records(), ({ by }) => by)

  let seeds = new RecordSeeds(plants)
  await seeds.look(ports)
  await seeds.look(ports)
  const base = ledgers.of('demo-a')!.records()
  expect([...authors().keys()]).toEqual([RECORDS_FILE])
  expect(base).toContainEqual(
    expect.objectContaining({
      kind: 'product',
      key: 'q41f-16c-dn50',
      value: { price: 430_000_000 },
      illustrative: true,
    }),
  )
  const told = ledgers
    .of('demo-a')!
    .events(0, 100)
    .find(({ kind }) => kind === 'records.changed')
  expect(JSON.parse(told!.body)).toMatchObject({
    from: Math.min(...base.map(({ from }) => from)),
    count: base.length,
    by: RECORDS_FILE,
  })

  runs = [runOf('demo-a', { history })]
  await seeds.look(ports)
  const retrofit = authors().get(RETROFIT_FILE)!
  // the first production day of the retrofit begins with the first shift
  expect(Math.min(...retrofit.map(({ from }) => from))).toBe(Date.UTC(2026, 4, 24))
  expect(sent).toEqual([RECORDS_FILE, RETROFIT_FILE])

  await running.stop()
  running = await startIngest(dir)
  seeds = new RecordSeeds(plants)
  for (let i = 0; i < 3; i++) await seeds.look(ports)
  expect(sent).toHaveLength(2)
  expect(ledgers.of('demo-a')!.records()).toHaveLength(base.length + retrofit.length)
  expect(running.intake.firms.get('demo-a')!.books.at(T0).find('product', 'q41f-16c-dn50')).toEqual({
    price: 430_000_000,
  })
  ledgers.close()
  await running.stop()
  await journal.close()
}, 60_000)

test('a run has the records of the plant that it copies, with the whole effect of the retrofit from before its first day', () => {
  const [found] = readPlantFolder(plants).filter(({ firm }) => firm === 'demo-a')
  const { plant } = found!.reading as { plant: Plant }
  const ports = { plants, ledgers: { of: () => ({ plant: () => ({ plant }) }) } } as unknown as Ports
  const first = Date.UTC(2025, 5, 2, 3)
  const lathes = (retrofit: boolean) =>
    bookAt(recordsOfRun(ports, 'demo-a', retrofit, first), first).find('crew', 'lathes')?.people
  expect([lathes(false), lathes(true)]).toEqual([
    [8, 4],
    [6, 3],
  ])
})

const YEAR = Date.UTC(2026, 0)
const record = (over: Partial<DatedRecord>): DatedRecord =>
  ({
    kind: 'product',
    key: 'q41f',
    from: YEAR,
    value: { price: 430_000_000 },
    source: 'price list',
    illustrative: true,
    ...over,
  }) as DatedRecord
const id = (n: number) => `7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6a${String(n).padStart(2, '0')}`
const putAt = (at: number, n: number, records: readonly unknown[], more: object = {}) =>
  deed(at, 'record.put', { records, ...more }, id(n))

test('records are taken all or not at all, and what holds already is not kept twice', async () => {
  const dir = newFolder()
  const dearer = record({ from: YEAR + 1, value: { price: 440_000_000 } })
  const reader = listReader([
    deed(T0, 'plant.put', casePlant(), id(0)),
    putAt(T0, 1, [record({})]),
    // the later one first: what holds at an instant is judged in the order of time
    putAt(T0, 2, [dearer, record({}), record({ from: YEAR + 2 })]),
    putAt(T0, 3, [record({ key: 'other' }), { ...record({}), value: { price: 0.5 } }]),
    putAt(T0, 4, [record({ from: Date.UTC(1999, 0) })]),
    putAt(T0, 5, [record({ kind: 'price' as 'product' })]),
    putAt(T0, 6, [
      record({ kind: 'calendar', key: '2026', value: { weekdays: [], closed: ['2026-02-31'] } } as never),
    ]),
    putAt(T0, 7, [record({ key: 'new' })], { basis: 1 }),
    putAt(T0, 8, [record({ key: 'new' })], { basis: 3 }),
  ])
  const running = await startIngest(dir, { reader })
  await caughtUp(running)
  await running.stop()
  const ledger = openLedgerReader(ledgerFile(dir, FIRM))
  const answer = (n: number) => {
    const { result, reason, detail } = JSON.parse(ledger.answerTo(id(n))!.body) as Record<string, unknown>
    return result ?? `${String(reason)}: ${String(detail)}`
  }
  expect([1, 2, 8].map(answer)).toEqual([
    { added: 1, ids: [1, 1], version: 1 },
    { added: 2, ids: [2, 3], version: 3 },
    { added: 1, ids: [4, 4], version: 4 },
  ])
  expect([3, 4, 5, 6, 7].map(answer)).toEqual([
    'bad_body: 1 faults, the first: records.1.value.price must be a whole number',
    'bad_body: 1 faults, the first: records.0.from is before 2000',
    expect.stringContaining('records.0.kind'),
    'bad_body: 1 faults, the first: records.0.value.closed.0 there is no such date',
    'older_version: checked against 1 records, 3 are known',
  ])
  expect(ledger.records().map(({ key, from }) => [key, from - YEAR])).toEqual([
    ['q41f', 0],
    ['q41f', 1],
    ['q41f', 2],
    ['new', 0],
  ])
  ledger.close()
})

/** States of a machine from T0 on, and the ticks around them. */
function day(): Sent[] {
  const sent: Sent[] = [deed(T0 - MINUTE, 'plant.put', { ...casePlant(), shifts: [shift] }, id(0))]
  for (let at = 0, seq = 1; at <= 10 * HOUR; at += MINUTE, seq++) {
    const payload = { ts: T0 + at, seq, boot: 'a1', state: at < 4 * HOUR ? 'RUN' : 'IDLE' }
    sent.push({ at: T0 + at, topic: `v1/${FIRM}/${MACHINE}/state`, payload })
  }
  return withTicks(sent, T0 - MINUTE, T0 + 25 * HOUR)
}
const shift = { name: { zh: '白班', en: 'day' }, start: 480, end: 1020 }

test('a day that records close afterwards is made anew without shifts, and others are left alone', async () => {
  const dir = newFolder()
  const reader = listReader(day())
  let running = await startIngest(dir, { reader: { ...reader, close: () => undefined } })
  const stored = async () => {
    await caughtUp(running)
    await until(() => running.intake.firms.get(FIRM)!.stored === reader.head(), 'the ledger to have all')
  }
  await stored()
  const ledger = openLedgerReader(ledgerFile(dir, FIRM))
  const settled = () =>
    ledger.settled('2026-11-24', '2026-11-24').map((row) => [row.shift, row.revision, row.reason])
  /** Hours run, and those of them that were planned. */
  const run = (of: number | null) => {
    const own = ledger.panes(MACHINE, T0, T0 + 24 * HOUR).filter((pane) => pane.shift === of)
    const hours = (kind: 'states' | 'busy') =>
      own.reduce((sum, pane) => sum + (pane[kind].RUN ?? 0), 0) / HOUR
    return own.length === 0 ? null : [hours('states'), hours('busy')]
  }
  let at = T0 + 25 * HOUR
  const goOn = async (sent: readonly Sent[], minutes = 5) => {
    reader.more(sent)
    reader.more(withTicks([], at + 5 * SECOND, (at += minutes * MINUTE)))
    await stored()
  }
  expect(settled()).toEqual([
    [null, 0, null],
    [0, 0, null],
  ])
  expect(run(0)).toEqual([4, 4])

  const calendar = (closed: readonly string[]) =>
    record({ kind: 'calendar', key: '2026', value: { weekdays: [], closed } })
  await goOn([putAt(at, 1, [record({})])])
  await goOn([putAt(at, 2, [calendar(['2026-11-25'])])])
  expect(settled()).toHaveLength(2)

  await goOn([putAt(at, 3, [calendar(['2026-11-24'])])])
  expect(settled().filter(([, revision]) => revision === 1)).toEqual([
    [null, 1, 'record_changed'],
    [0, 1, 'record_changed'],
  ])
  expect([run(0), run(null)]).toEqual([null, [4, 0]])

  await running.stop()
  running = await startIngest(dir, { reader: { ...reader, close: () => undefined } })
  // who could not be heard while nothing ran is waited for anew
  const shortened = record({
    kind: 'machine_plan',
    key: 'la',
    value: { windows: [{ start: 480, end: 540 }] },
  } as never)
  await goOn([putAt(at, 4, [calendar([]), shortened])], 45)
  expect(settled().filter(([, revision]) => revision === 2)).toHaveLength(2)
  expect(run(0)).toEqual([4, 1])
  ledger.close()
  await running.stop()
}, 60_000)
