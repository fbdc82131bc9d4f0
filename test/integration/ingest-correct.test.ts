/** A shift of a machine is sent, settles, is corrected, and settles again: old and new side by side, the messages as they were. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { ControlKind } from '#contract/control.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import { MINUTE, SECOND } from '#domain/time.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { LedgerReader, MachinePast, StoredPanes } from '#store/ledger/ledger.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import {
  caughtUp,
  deed,
  FIRM,
  ledgerHash,
  listReader,
  newFolder,
  startIngest,
  T0,
  tickAt,
  until,
  type Sent,
} from '../pipelineCase.ts'

const id = (n: number) => `7f3f2c1e-6a0b-4c55-9d6c-0d4b6b0f6b${String(n).padStart(2, '0')}`
const plant: Plant = {
  ...casePlant(),
  shifts: [{ name: { zh: '白班', en: 'Day' }, start: 480, end: 600 }],
}
const work = { order: 'wo-1', product: 'q41f', operation: 'op20' }
const at = (minute: number) => T0 + minute * MINUTE

/** A day shift of two hours: it runs but for a stop from minute 30 to 60; a piece a minute while it runs, 1 kWh every minute. */
function shift(): Sent[] {
  const sent: Sent[] = [deed(T0 - SECOND, 'plant.put', plant, id(0))]
  const tell = (cls: string, seq: number, ts: number, body: object, machine = MACHINE) =>
    sent.push({
      at: ts + 40,
      topic: `v1/${FIRM}/${machine}/${cls}`,
      payload: { ts, seq, boot: 'a1', ...body },
    })
  tell('event', 1, T0, { type: 'order_start', planned_qty: 90, ...work })
  let good = 0
  for (let minute = 0; minute <= 120; minute++) {
    const isStopped = minute >= 30 && minute < 60
    tell('state', minute + 1, at(minute), { state: isStopped ? 'STOP' : 'RUN' })
    // of the meter's readings those from minute 60 to 80 are missing
    const v = { ...(minute > 60 && minute < 80 ? {} : { kwh: 500 + minute }), good }
    tell('count', minute + 1, at(minute), { v })
    if (!isStopped) good++
  }
  tell('state', 1, at(0), { state: 'OFF' }, OTHER)
  return sent
}

/** Everything with a tick every 5 s from its first to `to`; corrections come in between at their time. */
function withTicks(sent: readonly Sent[], to: number, step = 5 * SECOND): Sent[] {
  const out: Sent[] = []
  let tick = T0 - SECOND
  for (const one of sent) {
    for (; tick < one.at; tick += step) out.push(tickAt(tick, tick))
    out.push(one)
  }
  for (; tick <= to; tick += step) out.push(tickAt(tick, tick))
  return out
}

/** The shift settles some time after minute 150; corrections of minute 200 on are of a settled one. */
const corrections: readonly (readonly [ControlKind, object])[] = [
  ['correct.state', { machine: MACHINE, from: at(30), to: at(45), cause: 'material' }], // 1
  ['correct.state', { machine: MACHINE, from: at(45), to: at(60), state: 'SETUP', cause: 'changeover' }], // 2
  ['correct.count', { machine: MACHINE, ts: at(20), piece: 'scrap', qty: 2 }], // 3
  ['correct.reading', { machine: MACHINE, measure: 'kwh', ts: at(62), value: 579 }], // 4
  [
    'correct.reject',
    { machine: MACHINE, ts: at(118), product: 'q41f', operation: 'op20', qty: 16, found: OTHER },
  ], // 5
]
const taken = corrections.map(([kind, body], i) => deed(at(200) + i * SECOND, kind, body, id(1 + i)))
const refused: readonly (readonly [ControlKind, object, string])[] = [
  [
    'correct.state',
    { machine: 'main/shop/l1/none', from: at(30), to: at(45), cause: 'material' },
    'not_found',
  ],
  ['correct.state', { machine: MACHINE, from: at(45), to: at(30), cause: 'material' }, 'bad_body'],
  ['correct.state', { machine: MACHINE, from: at(30), to: null, state: 'SETUP' }, 'bad_body'],
  ['correct.state', { machine: MACHINE, from: at(30), to: at(45), cause: 'gremlins' }, 'unknown_stop_reason'],
  ['correct.state', { machine: MACHINE, from: at(30), to: at(900), cause: 'material' }, 'in_future'],
  ['correct.state', { machine: MACHINE, from: at(-3000), to: at(10), cause: 'material' }, 'no_data'],
  ['correct.state', { machine: MACHINE, from: at(0), to: at(10), cause: 'material' }, 'no_change'],
  ['correct.state', { machine: MACHINE, from: at(-30_000), to: at(10), state: 'OFF' }, 'window_too_long'],
  ['correct.count', { machine: MACHINE, ts: at(20), piece: 'good', qty: -100 }, 'below_zero'],
  ['correct.reading', { machine: MACHINE, measure: 'power_kw', ts: at(62), value: 1 }, 'not_found'],
  ['correct.reading', { machine: MACHINE, measure: 'kwh', ts: at(62), value: 581 }, 'not_monotone'],
  ['correct.reading', { machine: MACHINE, measure: 'kwh', ts: at(62), value: -1 }, 'out_of_range'],
  [
    'correct.reject',
    { machine: MACHINE, ts: at(118), product: 'q41f', operation: 'op20', qty: 500 },
    'nothing_to_reverse',
  ],
  ['correct.state', { withdraws: 99 }, 'not_found'],
  ['correct.count', { withdraws: 1 }, 'not_found'],
]
const wrong = refused.map(([kind, body], i) => deed(at(199) + i * SECOND, kind, body, id(20 + i)))
/** Everything but the count is taken back, and that twice is one time too often. */
const back = [1, 2, 4, 5].map((n, i) =>
  deed(at(400) + i * SECOND, corrections[n - 1]![0], { withdraws: n }, id(40 + i)),
)
const twice = deed(at(401), 'correct.state', { withdraws: 1 }, id(50))

const sent = withTicks([...shift(), ...wrong, ...taken, ...back, twice], at(460))
const isBefore = (minute: number) => (one: Sent) => one.at < at(minute)

async function taking(entries: readonly Sent[], restarts = 0) {
  const dir = newFolder()
  const reader = listReader([])
  const part = Math.ceil(entries.length / (restarts + 1))
  let file = ''
  for (let from = 0; from < entries.length; from += part) {
    reader.more(entries.slice(from, from + part))
    const running = await startIngest(dir, { reader: { ...reader, close: () => undefined } })
    await caughtUp(running)
    file = running.intake.firms.get(FIRM)!.ledger.file
    await running.stop()
  }
  return { dir, ledger: openLedgerReader(file) }
}

type Ledger = LedgerReader & MachinePast & StoredPanes
const total = (values: Iterable<Readonly<Record<string, number>>>) =>
  [...values].flatMap((amounts) => Object.values(amounts)).reduce((a, b) => a + b, 0)
const figures = (ledger: Ledger, machine = MACHINE) => {
  const panes = ledger.panes(machine, T0, at(120))
  const quarter = (n: number) => panes.filter(({ start }) => start === at(15 * n))
  return {
    run: panes.reduce((sum, { states }) => sum + (states.RUN ?? 0), 0) / MINUTE,
    setup: panes.reduce((sum, { states }) => sum + (states.SETUP ?? 0), 0) / MINUTE,
    good: total(panes.map(({ good }) => good)) / 1000,
    firstGood: total(quarter(0).map(({ good }) => good)) / 1000,
    scrap: total(panes.map(({ scrap }) => scrap)) / 1000,
    /** kWh of the quarter-hour in which readings were missing. */
    kwh: quarter(4).reduce((sum, { registers }) => sum + (registers['kwh'] ?? 0), 0) / 100,
  }
}
const answer = (ledger: Ledger, n: number) => {
  const row = ledger.answerTo(id(n))!
  const body = JSON.parse(row.body) as { reason?: string; result?: { id: number; days: string[] } }
  return { ...body, answer: row.kind }
}
const milliOf = (list: unknown) => (list as { milli: object }[]).map(({ milli }) => milli)
const settlements = (ledger: Ledger) =>
  ledger
    .settled('2026-01-01', '2027-01-01')
    .filter((one) => one.shift === 0)
    .map(({ revision, reason }) => [revision, reason])

let ledger: Ledger
let dir: string
beforeAll(async () => {
  ;({ dir, ledger } = await taking(sent))
}, 60_000)

test('without corrections the shift settles once', async () => {
  const { ledger: before } = await taking(sent.filter(isBefore(198)))
  expect(settlements(before)).toEqual([[0, null]])
  expect(figures(before)).toEqual({ run: 90, setup: 0, good: 90, firstGood: 15, scrap: 0, kwh: 15 })
  before.close()
})

describe('corrected', () => {
  test('a new revision has what was said; the messages and the old revision stay', async () => {
    const { ledger: corrected } = await taking(sent.filter(isBefore(399)))
    expect(settlements(corrected)).toEqual([
      [0, null],
      [1, 'correction'],
    ])
    expect(figures(corrected)).toEqual({
      run: 90,
      setup: 15,
      good: 74,
      firstGood: 0,
      scrap: 2,
      kwh: 19.72,
    })
    expect(figures(corrected, OTHER).scrap).toBe(16)
    expect(
      total(corrected.panesOfShift({ day: '2026-11-24', shift: 0, revision: 0 }).map((p) => p.good)),
    ).toBe(90_000)
    const shown = corrected
      .states(MACHINE, at(25), at(65))
      .map(({ from, to, state, reason, corrected: by }) => [
        (from - T0) / MINUTE,
        (to - T0) / MINUTE,
        state,
        reason,
        by,
      ])
    expect(shown).toEqual([
      [25, 30, 'RUN', null, undefined],
      [30, 45, 'STOP', 'material', true],
      [45, 60, 'SETUP', 'changeover', true],
      [60, 65, 'RUN', null, undefined],
    ])
    expect(corrected.heard(MACHINE, at(25), at(65)).map(({ state }) => state)).toEqual(['RUN', 'STOP', 'RUN'])
    corrected.close()
  })

  test('each is answered with its id and the settled days that it changes', () => {
    const results = corrections.map((_, i) => answer(ledger, 1 + i).result)
    expect(results).toEqual([
      { id: 1, days: ['2026-11-24'] },
      { id: 2, days: ['2026-11-24'] },
      { id: 3, days: ['2026-11-24'] },
      { id: 4, days: ['2026-11-24'] },
      { id: 5, days: ['2026-11-24'] },
    ])
  })

  test('old and new stand side by side, with who and why', () => {
    const [cause, , count, reading, reject] = ledger.corrections(MACHINE, T0, at(120))
    expect(cause).toMatchObject({
      by: 'engineer-1',
      reason: 'checked',
      old: { segments: [{ state: 'STOP', reason: null }], more: 0 },
      new: { segments: [{ state: 'STOP', reason: 'material', corrected: true }], more: 0 },
      withdrawnBy: 6,
    })
    expect(count).toMatchObject({
      old: [{ start: at(15), order: 'wo-1', product: 'q41f', piece: 'scrap', milli: {} }],
      new: [{ milli: { op20: 2000 } }],
      withdrawnBy: null,
    })
    expect(reading?.new).toEqual({
      measure: 'kwh',
      readings: [
        { ts: at(60), value: 560 },
        { ts: at(62), value: 579 },
        { ts: at(80), value: 580 },
      ],
    })
    expect(milliOf(reject?.old)).toEqual([{ op20: 15_000 }, { op20: 15_000 }, {}])
    expect(milliOf(reject?.new)).toEqual([{}, { op20: 14_000 }, { op20: 16_000 }])
    const made = ledger.events(0, 10_000).filter(({ kind }) => kind === 'correction.made')
    expect(made.map(({ body }) => (JSON.parse(body) as { id: number }).id)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
  })

  test('what is wrong is refused with its reason and changes nothing', () => {
    const answers = refused.map((_, i) => answer(ledger, 20 + i))
    expect(answers.map((one) => [one.answer, one.reason])).toEqual(
      refused.map(([, , reason]) => ['control.refused', reason]),
    )
    expect(answer(ledger, 50).reason).toBe('not_open')
  })

  test('taken back, all is as it was but for what stands', () => {
    expect(settlements(ledger).at(-1)).toEqual([2, 'correction'])
    expect(figures(ledger)).toEqual({ run: 90, setup: 0, good: 90, firstGood: 15, scrap: 2, kwh: 15 })
    expect(figures(ledger, OTHER).scrap).toBe(0)
    expect(ledger.states(MACHINE, at(30), at(60))).toEqual([
      { from: at(30), to: at(60), state: 'STOP', reason: null },
    ])
  })

  test('with ends of the process in between the ledger is the same', async () => {
    const again = await taking(sent, 7)
    again.ledger.close()
    const tables = ['correction', 'settled', 'pane_day']
    expect(ledgerHash(again.dir, tables)).toBe(ledgerHash(dir, tables))
  }, 60_000)
})

test('a reason of a stop that goes on holds until the machine runs', async () => {
  const open = deed(
    at(35),
    'correct.state',
    { machine: MACHINE, from: at(30), to: null, cause: 'material' },
    id(1),
  )
  const entries = [...shift().filter(isBefore(35)), open, ...shift().filter((one) => one.at >= at(35))]
  const { ledger: later } = await taking(entries)
  expect(later.states(MACHINE, at(40), at(70)).map(({ state, reason }) => [state, reason])).toEqual([
    ['STOP', 'material'],
    ['RUN', null],
  ])
  later.close()
})

test.each([
  ['alone', {}],
  ['with the state that was heard', { state: 'STOP' }],
])(
  'a cause %s is in the account of a settled day: another revision, and the panes stay',
  async (_, heard) => {
    const record = {
      kind: 'product',
      key: 'q41f',
      from: at(-9000),
      value: { price: 430_000_000 },
      source: 'price list',
      illustrative: true,
    }
    const reader = listReader([])
    const running = await startIngest(newFolder(), { reader })
    const told = [...shift(), deed(at(121), 'record.put', { records: [record] }, id(60))]
    const cause = deed(
      at(1500),
      'correct.state',
      { machine: MACHINE, from: at(30), to: at(60), cause: 'material', ...heard },
      id(61),
    )
    const gone = deed(at(1510), 'correct.state', { withdraws: 1 }, id(62))
    const file = () => running.intake.firms.get(FIRM)!.ledger.file
    const revisions = () => {
      const open = openLedgerReader(file())
      const found = open.accountRevisions('2026-11-24')
      const settled = settlements(open)
      const newest = found.at(-1)
      const account = newest && decodeAccount(open.account(newest.day, newest.revision)!.text, 0)
      const stops = account?.losses.filter(({ kind }) => kind === 'stop').map(({ reason }) => reason) ?? []
      open.close()
      return { found, settled, stops }
    }
    const all = withTicks([...told, cause, gone], at(1520), 15 * SECOND)
    for (const [i, minute] of [1500, 1510, 1521].entries()) {
      const before = i === 0 ? 0 : all.findIndex((one) => !isBefore([1500, 1510][i - 1]!)(one))
      reader.more(all.slice(before).filter(isBefore(minute)))
      await caughtUp(running)
      await until(() => revisions().found.length > i, `account ${i}`)
      expect(revisions().stops.includes('material')).toBe(minute === 1510)
    }
    const { found, settled } = revisions()
    expect(found.map(({ revision, reason }) => [revision, reason])).toEqual([
      [0, null],
      [1, 'correction'],
      [2, 'correction'],
    ])
    expect(found[2]!.hash).toBe(found[0]!.hash)
    expect(settled).toEqual([[0, null]])
    await running.stop()
  },
  60_000,
)
