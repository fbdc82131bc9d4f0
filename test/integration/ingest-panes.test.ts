/** Panes from the journal: the same whatever the order and the way in which a day came, equal to what truly was, settled once. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { PanesNow } from '#contract/local.ts'
import { addPanes, QUARTER, type Pane } from '#domain/accounting/pane.ts'
import { MACHINE_STATES, type Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { panesNow } from '../../ingest/panesNow.ts'
import { batchesOf, payloadOf } from '../../simulators/history/batches.ts'
import { historyItems, itemsBetween, type WorksItem } from '../../simulators/works/items.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import {
  caughtUp,
  deed,
  FIRM,
  ingestAll,
  listReader,
  newFolder,
  startIngest,
  until,
  type Sent,
} from '../pipelineCase.ts'
import {
  demoDays,
  demoPlant,
  messageAt,
  nameOf,
  numbered,
  outcomeOf,
  shuffled,
  withTicks,
  type Outcome,
  type Told,
} from './panesDay.ts'

const NAMES = ['lathe-01', 'furnace-01', 'test-01', 'm00'] as const
/** What the devices tell: the day shift and three hours of the night shift. */
const HOURS = 12

let plant: Plant
let day: DayTruth
let items: WorksItem[]
let told: Told[]
let inOrder: Outcome
let inOrderDir: string

/** Takes messages, with `restarts` ends of the process among them. */
async function taken(sent: readonly Sent[], restarts = 0): Promise<string> {
  const dir = newFolder()
  const all = [deed(day.from - MINUTE, 'plant.put', plant), ...sent]
  const part = Math.ceil(all.length / (restarts + 1))
  const reader = listReader([])
  for (let from = 0; from < all.length; from += part) {
    reader.more(all.slice(from, from + part))
    const running = await startIngest(dir, { reader: { ...reader, close: () => undefined } })
    await caughtUp(running)
    await running.stop()
  }
  return dir
}

const END = 25 * HOUR
const live = (list: readonly Told[]) =>
  withTicks(
    list.map((one, i) => messageAt(Math.max(one.ts, ...(i > 0 ? [list[i - 1]!.ts] : [])) + 40, one)),
    day.from - MINUTE,
    day.from + END,
  )

beforeAll(async () => {
  plant = demoPlant(NAMES)
  ;[day] = demoDays(1) as [DayTruth]
  items = itemsBetween(day, plant.machines, day.from, day.from + HOURS * HOUR)
  told = numbered(items)
  inOrderDir = await taken(live(told))
  inOrder = outcomeOf(inOrderDir)
}, 120_000)

const contentOf = (pane: Pane) => ({ ...pane, sources: [] })
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0)
const pathOf = (name: string) => plant.machines.find(({ path }) => nameOf(path) === name)!.path
const machines = () => plant.machines.filter(({ meter }) => !meter)

test('every shift settles once, half an hour after its end at the earliest', () => {
  expect(inOrder.settled.map(({ shift, revision, reason }) => [shift, revision, reason])).toEqual([
    [null, 0, null],
    [0, 0, null],
    [1, 0, null],
  ])
  const at = (shift: number | null) => inOrder.settled.find((one) => one.shift === shift)!.at - day.from
  expect(at(0)).toBeGreaterThan(9.5 * HOUR)
  expect(at(0)).toBeLessThan(9.5 * HOUR + 10 * MINUTE)
  expect(at(1)).toBeGreaterThanOrEqual(17.5 * HOUR)
  expect(at(null)).toBeGreaterThanOrEqual(24.5 * HOUR)
  const ledger = openLedgerReader(ledgerFile(inOrderDir, FIRM))
  const events = ledger.events(0, 10_000).filter(({ kind }) => kind === 'shift.settled')
  expect(events.map(({ body }) => (JSON.parse(body) as { shift: number }).shift)).toEqual([0, 1, null])
  ledger.close()
})

const truth = (path: string) => {
  const rows = truthOf([day], nameOf(path), { from: day.from, to: day.from + 9 * HOUR })
  return (name: string) => rows.find((row) => row.name === name)?.value ?? 0
}
const panesOf = (path: string) => inOrder.panes(path, day.from, day.from + 9 * HOUR)

describe('the day shift is the true one', () => {
  test('states, every millisecond', () => {
    for (const { path } of machines())
      for (const state of MACHINE_STATES) {
        const seconds = sum(panesOf(path).map(({ states }) => states[state] ?? 0)) / 1000
        expect(Math.abs(seconds - truth(path)(`seconds.${state}`))).toBeLessThan(1)
      }
  })

  test('pieces exactly, energy within a step of the register at either end', () => {
    for (const { path, measures } of machines()) {
      const wh = sum(panesOf(path).map(({ registers }) => registers['kwh'] ?? 0)) * 10
      expect(Math.abs(wh - truth(path)('energy'))).toBeLessThanOrEqual(11)
      if (!measures.some(({ name }) => name === 'good')) continue
      const good = sum(panesOf(path).flatMap((pane) => Object.values(pane.good)))
      expect(good).toBe(truth(path)('pieces.good') * 1000)
      expect(good).toBeGreaterThan(0)
    }
  })
})

/** Takes messages and expects the content that they had in order. */
const same = async (sent: readonly Sent[], restarts = 0) => {
  const dir = await taken(sent, restarts)
  const outcome = outcomeOf(dir)
  expect(outcome.hashes).toEqual(inOrder.hashes)
  return outcome
}

describe('the same content by another way', () => {
  test('out of order inside the lateness, a fifth of it twice', async () => {
    const order = shuffled(told).flatMap((one, i) => (i % 5 === 0 ? [one, one] : [one]))
    const sent = order.map((one, i) => messageAt(one.ts + ((i * 31) % 900), one))
    let at = 0
    const { settled } = await same(
      withTicks(
        sent.map((one) => ({ ...one, at: (at = Math.max(at, one.at)) })),
        day.from - MINUTE,
        day.from + END,
      ),
    )
    expect(settled.map(({ revision }) => revision)).toEqual([0, 0, 0])
  })

  test('with ends of the process in the middle of shifts, settled at the same entries', async () => {
    const { settled } = await same(live(told), 4)
    expect(settled).toEqual(inOrder.settled)
  })

  test('as history, a month later in batches, by machine', async () => {
    const now = day.from + 30 * 24 * HOUR
    const sent = batchesOf(items, {}).batches.map((batch) => ({
      at: now,
      topic: `v1/${FIRM}/${batch.machine}/${batch.class}`,
      payload: Buffer.from(payloadOf(batch, now)),
    }))
    const { settled } = await same(withTicks(sent, now - MINUTE, now + 45 * MINUTE))
    expect(settled.map(({ revision }) => revision)).toEqual([0, 0, 0])
  })
})

test('a day that is told up to its end opens no other day', async () => {
  const now = day.to + 30 * 24 * HOUR
  const sent = batchesOf(historyItems(day, plant.machines), {}).batches.map((batch) => ({
    at: now,
    topic: `v1/${FIRM}/${batch.machine}/${batch.class}`,
    payload: Buffer.from(payloadOf(batch, now)),
  }))
  const { settled } = outcomeOf(await taken(withTicks(sent, now - MINUTE, now + 45 * MINUTE)))
  expect(settled.map((one) => [one.day, one.shift, one.revision])).toEqual([
    [day.date, null, 0],
    [day.date, 0, 0],
    [day.date, 1, 0],
  ])
})

test('what comes after the settlement makes another revision of its shift alone; the one before stays readable', async () => {
  const lathe = pathOf('lathe-01')
  const at = day.from + END
  const ts = day.from + 2 * HOUR
  const late = (seq: number, body: object, cls = 'event'): Sent => ({
    at: at + seq * SECOND,
    topic: `v1/${FIRM}/${lathe}/${cls}`,
    payload: { ts, seq, boot: 'late', ...body },
  })
  const changes = late(1, { type: 'tool_change', tool_type: 'turning-insert', tool: 'T-9' })
  const repeat = late(2, { state: 'RUN', until: ts }, 'state')
  const running = day.machines['lathe-01']!.segments.find(({ from, to }) => from <= ts && ts < to)!
  const repeated = {
    ...repeat,
    payload: {
      ...(repeat.payload as object),
      ...running,
      from: undefined,
      to: undefined,
      ts,
      seq: 2,
      boot: 'late',
    },
  }
  const dir = await taken([...live(told), ...withTicks([changes, repeated], at + SECOND, at + 10 * MINUTE)])
  const { settled } = outcomeOf(dir)
  const [first, second] = settled.filter(({ shift }) => shift === 0)
  expect(settled).toHaveLength(4)
  expect(second).toMatchObject({ revision: 1, reason: 'late_data' })
  expect(first).toEqual(inOrder.settled.find(({ shift }) => shift === 0))
  const ledger = openLedgerReader(ledgerFile(dir, FIRM))
  const changesIn = (of: typeof first) =>
    sum(
      ledger
        .panesOfShift(of!)
        .filter(({ machine }) => machine === lathe)
        .map(({ drivers }) => drivers['tool_change/turning-insert'] ?? 0),
    )
  expect(changesIn(second) - changesIn(first)).toBe(1000)
  expect(new Set(ledger.panesOfShift(second!).map(({ machine }) => machine)).size).toBe(NAMES.length)
  ledger.close()
})

test('a silent machine does not hold the shift, and counts as unknown', async () => {
  const silent = pathOf('test-01')
  const until10 = told.filter(({ machine, ts }) => machine !== silent || ts < day.from + 2 * HOUR)
  const outcome = outcomeOf(await taken(live(until10)))
  const dayShift = outcome.settled.filter(({ shift }) => shift === 0)
  expect(dayShift.map(({ revision }) => revision)).toEqual([0])
  expect(dayShift[0]!.at - day.from).toBeLessThan(9.5 * HOUR + 10 * MINUTE)
  const unknown = outcome
    .panes(silent, day.from, day.from + 9 * HOUR)
    .map(({ states }) => states.UNKNOWN ?? 0)
  expect(sum(unknown)).toBeGreaterThan(6.9 * HOUR)
  expect(sum(unknown)).toBeLessThanOrEqual(7 * HOUR)
})

test('panes as of now: minutes and quarters up to what was heard, of a shift that is not settled', async () => {
  const dir = newFolder()
  const heard = told.filter(({ ts }) => ts < day.from + 2.4 * HOUR)
  const at = day.from + 2.4 * HOUR
  const reader = listReader([
    deed(day.from - MINUTE, 'plant.put', plant),
    ...withTicks(
      heard.map((one) => messageAt(one.ts + 40, one)),
      day.from - MINUTE,
      at,
    ),
  ])
  const running = await startIngest(dir, { reader })
  await caughtUp(running)
  const firm = running.intake.firms.get(FIRM)!
  const lathe = firm.machine(pathOf('lathe-01'))
  const ask = (length: number, clock: number, to = at) =>
    panesNow(firm, lathe, { from: day.from, to, length }, clock)
  const minutes = ask(MINUTE, 0) as PanesNow
  const quarters = ask(QUARTER, 0) as PanesNow
  expect(minutes.asOf).toBe(lathe.now.evidenceTs)
  expect(addPanes(minutes.panes).map(contentOf)).toEqual(quarters.panes.map(contentOf))
  expect(quarters.panes.at(-1)!.start).toBe(day.from + 2.25 * HOUR)
  expect(ask(QUARTER, 500)).toBe(quarters)
  expect(ask(QUARTER, 1500)).not.toBe(quarters)
  expect(ask(5 * MINUTE, 0)).toBe('bad_window')
  expect(ask(MINUTE, 0, day.from + 3 * 24 * HOUR)).toBe('window_too_long')
  expect(
    panesNow(firm, lathe, { from: day.from - 49 * HOUR, to: day.from - 48 * HOUR, length: MINUTE }, 0),
  ).toBe('minutes_are_gone')
  await until(() => firm.stored === running.intake.cursor, 'the ledger')
  const stored = outcomeOf(dir).panes(lathe.path, day.from, at)
  expect(stored.map(contentOf)).toEqual(
    quarters.panes.filter(({ start }) => start < day.from + 2 * HOUR).map(contentOf),
  )
  await running.stop()
})

const kwhIn = (panes: readonly Pane[]) => sum(panes.map(({ registers }) => registers['kwh'] ?? 0))

test('a released conflict takes the place of what was read, as a revision that says so', async () => {
  const lathe = pathOf('lathe-01')
  const ts = day.from + 2.5 * HOUR
  const read = told.find((one) => one.machine === lathe && one.class === 'count' && one.ts === ts)!
  const v = read.payload['v'] as Record<string, number>
  const other = {
    ...read,
    payload: { ...read.payload, v: { ...v, kwh: Math.round((v['kwh']! + 0.02) * 100) / 100 } },
  }
  const at = day.from + END
  const dir = await taken([
    ...live(told.flatMap((one) => (one === read ? [one, other] : [one]))),
    ...withTicks([deed(at + SECOND, 'quarantine.release', { ids: [1] })], at + SECOND, at + 10 * MINUTE),
  ])
  const outcome = outcomeOf(dir)
  expect(outcome.settled.filter(({ revision }) => revision > 0)).toMatchObject([
    { shift: 0, revision: 1, reason: 'correction' },
  ])
  const before = [day.from, ts] as const
  expect(kwhIn(outcome.panes(lathe, ...before)) - kwhIn(inOrder.panes(lathe, ...before))).toBe(2)
  expect(kwhIn(outcome.panes(lathe, day.from, day.to))).toBe(kwhIn(inOrder.panes(lathe, day.from, day.to)))
})

test('a plant that changes during a day holds for that day, with the machines that it adds', async () => {
  const [first, ...rest] = plant.machines
  const dir = newFolder()
  const half = told.filter(({ machine, ts }) => machine !== first!.path || ts >= day.from + 4 * HOUR)
  const sent = live(half)
  const noon = sent.findIndex(({ at }) => at >= day.from + 4 * HOUR)
  const put = (at: number, list: Plant['machines']) => deed(at, 'plant.put', { ...plant, machines: list })
  await ingestAll(dir, {
    reader: listReader([
      put(day.from - MINUTE, rest),
      ...sent.slice(0, noon),
      put(sent[noon]!.at, plant.machines),
      ...sent.slice(noon),
    ]),
  })
  const outcome = outcomeOf(dir)
  expect(outcome.settled.map(({ shift, revision }) => [shift, revision])).toEqual([
    [null, 0],
    [0, 0],
    [1, 0],
  ])
  const shift = outcome.panes(first!.path, day.from, day.from + 9 * HOUR)
  const unknown = sum(shift.map(({ states }) => states.UNKNOWN ?? 0))
  expect(unknown).toBeGreaterThanOrEqual(4 * HOUR)
  expect(unknown).toBeLessThan(4 * HOUR + MINUTE)
})
