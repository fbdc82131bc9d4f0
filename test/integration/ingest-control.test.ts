/** What people do, and what time does: control entries and ticks through the pipeline. */
import { expect, test } from 'vitest'
import { CONTROL_KINDS, type ControlKind } from '#contract/control.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { LedgerRow } from '#store/ledger/ledger.ts'
import { messages } from '../../ingest/routes.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  readingsIn,
  startIngest,
  T0,
  tickAt,
  type Running,
  type Sent,
} from '../pipelineCase.ts'

const id = (n: number) => `7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6a${String(n).padStart(2, '0')}`
const topic = (cls: string, machine = MACHINE) => `v1/${FIRM}/${machine}/${cls}`
const put = (plant: Plant, at = T0, n = 0) => deed(at, 'plant.put', plant, id(n))
const state = (ts: number, seq: number, name = 'RUN', more: object = {}): Sent => ({
  at: ts + 40,
  topic: topic('state'),
  payload: { ts, seq, boot: 'a1', state: name, ...more },
})
const power = (ts: number, seq: number, kw: number): Sent => ({
  at: ts + 40,
  topic: topic('telemetry'),
  payload: { ts, seq, boot: 'a1', v: { power_kw: kw } },
})

async function play(sent: readonly Sent[]) {
  const dir = newFolder()
  const reader = listReader(sent)
  const running = await startIngest(dir, { reader })
  await caughtUp(running)
  return { dir, reader, running, firm: running.intake.firms.get(FIRM)! }
}

/** Stops ingest and reads what its ledger says. */
async function ledgerOf(running: Running) {
  const { file } = running.intake.firms.get(FIRM)!.ledger
  await running.stop()
  return openLedgerReader(file)
}

const bodyOf = (row: LedgerRow | null) =>
  row ? { ...(JSON.parse(row.body) as object), answer: row.kind } : null

test('every kind is answered under its id: carried out, or refused with a named reason', async () => {
  const kinds = Object.keys(CONTROL_KINDS) as ControlKind[]
  const { running } = await play(kinds.map((kind, n) => deed(T0, kind, {}, id(n))))
  const ledger = await ledgerOf(running)
  const answers = kinds.map(
    (_, n) => bodyOf(ledger.answerTo(id(n))) as unknown as { answer: string; reason: string },
  )
  const carriedOut = kinds.filter(
    (kind) => /^(plant|fact|record)\.put$|^close\.month$/.test(kind) || /^(quarantine|correct)\./.test(kind),
  )
  expect(answers.map(({ answer }) => answer)).toEqual(kinds.map(() => 'control.refused'))
  expect(answers.map(({ reason }) => reason)).toEqual(
    kinds.map((kind) => (carriedOut.includes(kind) ? 'bad_body' : 'kind_unsupported')),
  )
  expect(ledger.answerTo(id(99))).toBeNull()
  ledger.close()
})

test('a plant is checked whole, versioned, and in force from its place in the journal on', async () => {
  const wider = casePlant()
  const changed = {
    ...wider,
    machines: wider.machines.map((m) => ({
      ...m,
      measures: m.measures.map((x) => (x.name === 'power_kw' ? { ...x, max: 100 } : x)),
    })),
  }
  const { running, firm } = await play([
    power(T0 - 5000, 1, 5),
    put(casePlant(), T0, 1),
    power(T0, 2, 80),
    put(casePlant(), T0, 2),
    put(changed, T0, 3),
    power(T0 + 1, 3, 80),
    deed(T0, 'plant.put', { ...casePlant(), firm: 'other' }, id(4)),
    deed(T0, 'plant.put', { ...casePlant(), machines: 7 }, id(5)),
  ])
  expect(firm.quarantine.byReason()).toEqual({ unknown_machine: 1, out_of_range: 1 })
  expect([
    firm.plantAt(1),
    firm.plantAt(3)?.machines[0]!.measures[0]!.max,
    firm.plantAt(6)?.machines[0]!.measures[0]!.max,
  ]).toEqual([null, 60, 100])
  const ledger = await ledgerOf(running)
  expect(bodyOf(ledger.answerTo(id(1)))).toMatchObject({
    answer: 'control.accepted',
    by: 'engineer-1',
    result: { version: 1, changed: true },
  })
  expect(bodyOf(ledger.answerTo(id(2)))).toMatchObject({ result: { version: 1, changed: false } })
  expect(bodyOf(ledger.answerTo(id(3)))).toMatchObject({ result: { version: 2, changed: true } })
  expect(bodyOf(ledger.answerTo(id(4)))).toMatchObject({ answer: 'control.refused', reason: 'bad_body' })
  expect(bodyOf(ledger.answerTo(id(5)))).toMatchObject({ answer: 'control.refused', reason: 'bad_body' })
  expect(ledger.plant()).toMatchObject({ version: 2, plant: { firm: FIRM } })
  ledger.close()
})

test('the same id twice has one effect and one answer', async () => {
  const fact = {
    machine: MACHINE,
    class: 'event',
    item: { ts: T0, type: 'packed', order: 'WO-1', product: 'q41f', qty: 3 },
  }
  const { running, firm } = await play([
    put(casePlant()),
    deed(T0, 'fact.put', fact, id(1)),
    deed(T0, 'fact.put', fact, id(1)),
  ])
  expect(firm.tally).toMatchObject({ decoded: 1, stored: 1 })
  const ledger = await ledgerOf(running)
  expect(ledger.events(0, 100).filter((row) => row.kind.startsWith('control.'))).toHaveLength(2)
  expect(ledger.events(0, 100).filter((row) => row.kind === 'machine.event')).toHaveLength(1)
  ledger.close()
})

const countFact = (kwh: number, ts: number) => ({
  machine: OTHER,
  class: 'count',
  item: { ts, v: { kwh } },
})

test('a fact that a person enters goes the way of a device item: counted, checked, with boot manual and its own seq', async () => {
  const { running, firm } = await play([
    put(casePlant()),
    deed(T0, 'fact.put', countFact(100, T0), id(1)),
    deed(T0, 'fact.put', countFact(102.5, T0 + 1000), id(2)),
    deed(T0, 'fact.put', { ...countFact(-1, T0), machine: OTHER }, id(3)),
    deed(T0, 'fact.put', { ...countFact(1, T0), machine: 'main/shop/l1/ghost' }, id(4)),
    deed(T0, 'fact.put', { ...countFact(1, T0), class: 'telemetry' }, id(5)),
  ])
  expect(firm.tally).toMatchObject({ decoded: 3, stored: 2, quarantined: 1, gapsOpen: 0, gapItems: 0 })
  expect(firm.machines.get(OTHER)!.registers.get('kwh')!.total).toBe(250)
  expect(
    [...firm.machines.get(OTHER)!.messages.before(100, firm.ledger)].map(({ boot, seq }) => [boot, seq]),
  ).toEqual([
    ['manual', 4],
    ['manual', 3],
    ['manual', 2],
  ])
  expect(readingsIn(running.historian, casePlant())).toEqual({
    [`${OTHER}:kwh`]: [
      [T0, 100],
      [T0 + 1000, 102.5],
    ],
  })
  const ledger = await ledgerOf(running)
  expect(bodyOf(ledger.answerTo(id(2)))).toMatchObject({ result: { disposition: 'stored' } })
  expect(bodyOf(ledger.answerTo(id(3)))).toMatchObject({
    result: { disposition: 'quarantined', reason: 'out_of_range' },
  })
  expect(bodyOf(ledger.answerTo(id(4)))).toMatchObject({ answer: 'control.refused', reason: 'not_found' })
  expect(bodyOf(ledger.answerTo(id(5)))).toMatchObject({ answer: 'control.refused', reason: 'bad_body' })
  ledger.close()
})

test('quarantine: released after the plant was corrected, discarded, or still failing; the balance moves with it', async () => {
  const wide = {
    ...casePlant(),
    machines: casePlant().machines.map((m) => ({
      ...m,
      measures: m.measures.map((x) => ({ ...x, max: null })),
    })),
  }
  const { running, firm, reader } = await play([
    put(casePlant()),
    power(T0, 1, 70),
    power(T0 + 1, 2, 80),
    power(T0 + 2, 3, 90),
    power(T0 + 3, 4, 5),
  ])
  expect(firm.tally).toMatchObject({ decoded: 4, stored: 1, quarantined: 3 })
  reader.more([deed(T0, 'quarantine.release', { ids: [1] }, id(1))])
  await caughtUp(running)
  expect(firm.tally).toMatchObject({ stored: 1, quarantined: 3 })
  reader.more([
    put(wide, T0, 2),
    deed(T0, 'quarantine.release', { ids: [1, 77] }, id(3)),
    deed(T0, 'quarantine.release', { ids: [1] }, id(4)),
    deed(T0, 'quarantine.discard', { ids: [2] }, id(5)),
    deed(T0, 'quarantine.release', { ids: [88] }, id(6)),
    deed(T0, 'quarantine.discard', { ids: 'all' }, id(7)),
    power(T0, 1, 70),
  ])
  await caughtUp(running)
  expect(firm.tally).toMatchObject({ decoded: 5, stored: 2, duplicate: 1, quarantined: 2 })
  expect(readingsIn(running.historian, casePlant())[`${MACHINE}:power_kw`]).toEqual([
    [T0, 70],
    [T0 + 3, 5],
  ])
  const ledger = await ledgerOf(running)
  expect(bodyOf(ledger.answerTo(id(1)))).toMatchObject({
    answer: 'control.refused',
    reason: 'still_failing',
    detail: 'out_of_range: power_kw 70 above 60',
  })
  expect(bodyOf(ledger.answerTo(id(3)))).toMatchObject({
    answer: 'control.accepted',
    result: { released: [1], missing: [77] },
  })
  expect(bodyOf(ledger.answerTo(id(4)))).toMatchObject({ answer: 'control.refused', reason: 'not_open' })
  expect(bodyOf(ledger.answerTo(id(5)))).toMatchObject({
    answer: 'control.accepted',
    result: { discarded: [2] },
  })
  expect(bodyOf(ledger.answerTo(id(6)))).toMatchObject({ answer: 'control.refused', reason: 'not_found' })
  expect(bodyOf(ledger.answerTo(id(7)))).toMatchObject({ answer: 'control.refused', reason: 'bad_body' })
  expect(ledger.quarantine({ limit: 10 }).map((row) => [row.id, row.status, row.decidedBy])).toEqual([
    [3, 'open', null],
    [2, 'discarded', 'engineer-1'],
    [1, 'released', 'engineer-1'],
  ])
  expect(
    ledger.quarantine({ limit: 10, status: 'open', reason: 'out_of_range', machine: MACHINE, before: 4 }),
  ).toHaveLength(1)
  expect(ledger.quarantineById(1)?.decidedAt).toBe(T0)
  expect(ledger.quarantineByReason()).toMatchObject([{ reason: 'out_of_range', count: 2 }])
  ledger.close()
})

test('a conflict names the message that stands', async () => {
  const { running } = await play([put(casePlant()), power(T0, 1, 5), power(T0 + 1, 2, 5), power(T0, 1, 6)])
  const ledger = await ledgerOf(running)
  expect(ledger.quarantineById(1)).toMatchObject({
    reason: 'conflict',
    offset: 4,
    stands: 2,
    seq: 1,
    boot: 'a1',
  })
  ledger.close()
})

const stateOf = (running: Running) => {
  const { state: name, since } = running.intake.firms.get(FIRM)!.machines.get(MACHINE)!.now
  return [name, since]
}

test('a silent machine is UNKNOWN from its timeout on, by the journal’s monotonic clock', async () => {
  const { running, reader } = await play([put(casePlant()), tickAt(T0, 0), state(T0, 1)])
  expect(stateOf(running)).toEqual(['RUN', T0])
  for (let s = 5; s <= 180; s += 5) reader.more([tickAt(T0 + s * 1000, s * 1000)])
  await caughtUp(running)
  expect(stateOf(running)).toEqual(['RUN', T0])
  reader.more([tickAt(T0 + 185_000, 185_000)])
  await caughtUp(running)
  expect(stateOf(running)).toEqual(['UNKNOWN', T0 + 180_000])
  reader.more([state(T0 + 190_000, 2)])
  await caughtUp(running)
  expect(stateOf(running)).toEqual(['RUN', T0 + 190_000])
  const ledger = await ledgerOf(running)
  expect(
    ledger.states(MACHINE, T0, T0 + 200_000).map(({ state: name, from, to }) => [name, from - T0, to - T0]),
  ).toEqual([
    ['RUN', 0, 180_000],
    ['UNKNOWN', 180_000, 190_000],
    ['RUN', 190_000, 200_000],
  ])
  ledger.close()
})

test('F8 after a hole between ticks, and after a clock that starts anew, silence is counted from there', async () => {
  const { running, reader } = await play([put(casePlant()), tickAt(T0, 1_000_000), state(T0, 1)])
  // nobody listened for an hour: that was not the machine's silence
  reader.more([tickAt(T0 + 3_600_000, 4_600_000)])
  await caughtUp(running)
  expect(stateOf(running)[0]).toBe('RUN')
  reader.more([tickAt(T0 + 3_601_000, 5)])
  for (let s = 5; s <= 180; s += 5) reader.more([tickAt(T0 + 3_601_000 + s * 1000, 5 + s * 1000)])
  await caughtUp(running)
  expect(stateOf(running)[0]).toBe('RUN')
  reader.more([tickAt(T0 + 3_800_000, 186_000)])
  await caughtUp(running)
  expect(stateOf(running)[0]).toBe('UNKNOWN')
  await running.stop()
})

test('since when a state lasts survives repeats, and a late message corrects it', async () => {
  const { running, reader } = await play([
    put(casePlant()),
    state(T0, 1),
    state(T0 + 60_000, 3),
    state(T0 + 120_000, 4),
  ])
  expect(stateOf(running)).toEqual(['RUN', T0])
  reader.more([state(T0 + 30_000, 2, 'IDLE', { at: T0 + 121_000 })])
  await caughtUp(running)
  expect(stateOf(running)).toEqual(['RUN', T0 + 60_000])
  await running.stop()
})

const order = (seq: number, ts: number, type: string): Sent => ({
  at: ts + 40,
  topic: topic('event'),
  payload: { ts, seq, boot: 'a1', type, order: 'WO-2', product: 'z41h', operation: 'mc-10', planned_qty: 30 },
})

test('order events decide the running order; the state message only where there are none', async () => {
  const { running, reader, firm } = await play([
    put(casePlant()),
    state(T0, 1, 'RUN', { order: 'WO-1', product: 'q41f' }),
  ])
  const now = () => firm.machines.get(MACHINE)!.live(false)
  expect(now()).toMatchObject({ order: 'WO-1', product: 'q41f', operation: null })
  reader.more([
    order(1, T0 + 10, 'order_start'),
    state(T0 + 20, 2, 'RUN', { order: 'WO-1', product: 'q41f' }),
  ])
  await caughtUp(running)
  expect(now()).toMatchObject({ order: 'WO-2', product: 'z41h', operation: 'mc-10' })
  reader.more([order(2, T0 + 30, 'order_end')])
  await caughtUp(running)
  expect(now()).toMatchObject({ order: null, product: null })
  await running.stop()
})

test('an item whose message is no longer in the journal is refused as aged out', async () => {
  const { running, reader } = await play([put(casePlant()), power(T0, 1, 70)])
  reader.find = () => null
  reader.more([deed(T0, 'quarantine.release', { ids: [1] }, id(1))])
  await caughtUp(running)
  const ledger = await ledgerOf(running)
  expect(bodyOf(ledger.answerTo(id(1)))).toMatchObject({ answer: 'control.refused', reason: 'aged_out' })
  ledger.close()
})

test('a message is shown as its items stand now: released ones are stored, open and discarded ones are not', async () => {
  const { running, reader, firm } = await play([
    put(casePlant()),
    power(T0, 1, 70),
    power(T0 + 1, 2, 71),
    power(T0 + 2, 3, 5),
  ])
  const shown = () =>
    messages(running.intake, firm, new URLSearchParams({ machine: MACHINE })).map((m) => [
      m.disposition,
      m.reason,
    ])
  const aside = ['quarantined', 'out_of_range']
  expect(shown()).toEqual([['stored', null], aside, aside])
  const machines = casePlant().machines.map((m) => ({
    ...m,
    measures: m.measures.map((x) => ({ ...x, max: null })),
  }))
  reader.more([
    put({ ...casePlant(), machines }, T0, 8),
    deed(T0, 'quarantine.release', { ids: [1] }, id(1)),
    deed(T0, 'quarantine.discard', { ids: [2] }, id(2)),
  ])
  await caughtUp(running)
  expect(shown()).toEqual([['stored', null], aside, ['stored', null]])
  await running.stop()
})
