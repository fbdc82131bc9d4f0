/** Accounts from the journal: a day of the demo plant valued live and when it has settled, in any order of arrival, and by later prices. */
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import { readRecords } from '#contract/plantFolder.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import { figureOf } from '#domain/accounting/valuation.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { dayBooksOf } from '../../ingest/accounts/dayBooks.ts'
import { historyItems } from '../../simulators/works/items.ts'
import { truthOf } from '../../simulators/works/truth.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import { recomputeDay } from '../../ingest/recompute.ts'
import {
  caughtUp,
  deed,
  FIRM,
  listReader,
  newFolder,
  startIngest,
  until,
  type Sent,
} from '../pipelineCase.ts'
import { demoDays, demoPlant, messageAt, numbered, shuffled, withTicks, type Told } from './panesDay.ts'

const BEFORE = '2026-03-30'
const DATE = '2026-03-31'
const plants = path.resolve(import.meta.dirname, '../../plants')
const { records } = readRecords(plants, 'demo-a') as { records: DatedRecord[] }

let plant: Plant
let days: DayTruth[]
let day: DayTruth
let told: Told[]

beforeAll(() => {
  plant = demoPlant()
  days = demoDays(3, BEFORE)
  day = days[1]!
  // orders of the day before are under way; the first readings of the next morning end the day
  told = numbered(days.flatMap((one) => historyItems(one, plant.machines))).filter(
    ({ ts }) => ts <= day.to + 15 * MINUTE,
  )
}, 60_000)

const begun = (): Sent[] => [
  deed(days[0]!.from - 2 * MINUTE, 'plant.put', plant),
  deed(days[0]!.from - MINUTE, 'record.put', { records }),
]

/** Told as a past is: each day at once, when it is over. */
const inTime = (list: readonly Told[]): Sent[] => {
  const sent = days.slice(0, 2).flatMap(({ from, to }) => {
    const own = list.filter(({ ts }) => (ts >= from || from === days[0]!.from) && (ts < to || to === day.to))
    return own.map((one, i) => messageAt(to + 16 * MINUTE + i, one))
  })
  return withTicks(sent, days[0]!.from - 30_000, day.to + 3 * HOUR, 10_000)
}

/** Takes messages until the day is valued. `live`: the account of the day as somebody saw it before it settled. */
async function valued(sent: readonly Sent[], revision = 0) {
  const dir = newFolder()
  const reader = listReader([])
  const running = await startIngest(dir, { reader })
  reader.more(begun())
  await caughtUp(running)
  // as somebody sees it while it comes, and again when it is over
  const firm = running.intake.firms.get(FIRM)!
  const half = sent.findIndex(({ at }) => at >= day.to + 16 * MINUTE + 500)
  const most = sent.findLastIndex(({ at }) => at < day.to + 25 * MINUTE)
  reader.more(sent.slice(0, half))
  await caughtUp(running)
  const early = await dayBooksOf(firm).now(DATE, 0)
  reader.more(sent.slice(half, most))
  await caughtUp(running)
  const live = await dayBooksOf(firm).now(DATE, 1e6)
  reader.more(sent.slice(most))
  await caughtUp(running)
  const ledger = () => openLedgerReader(ledgerFile(dir, FIRM))
  const heads = () => {
    const open = ledger()
    const found = open.accountRevisions(DATE)
    open.close()
    return found
  }
  await until(() => (heads().at(-1)?.revision ?? -1) >= revision, 'the day to be valued')
  await running.stop()
  return { dir, reader, early, live, heads: heads(), ledger }
}

describe('a day of the demo plant', () => {
  let first: Awaited<ReturnType<typeof valued>>
  beforeAll(async () => {
    first = await valued(inTime(told))
  }, 120_000)

  test('is the same account live, asked again and again as it came, and settled', () => {
    const open = first.ledger()
    const { text, reason } = open.account(DATE, 0)!
    open.close()
    expect(reason).toBeNull()
    expect(first.live.text).toBe(text)
    expect(first.live).toMatchObject({ day: DATE, from: day.from, to: day.to, asOf: day.to })
    expect(first.early.text).not.toBe(text)
  })

  test('costs and is worth what the works knows, by element, to what quarter-hour readings leave open', () => {
    const open = first.ledger()
    const account = decodeAccount(open.account(DATE, 0)!.text, 0)
    open.close()
    expect(account.holes).toEqual([])
    const figure = figureOf(account)
    const truth = new Map(
      truthOf([day], 'plant', { from: day.from, to: day.to }).map((row) => [row.name, row.value!]),
    )
    const value = truth.get('value')!
    const faults = figure.elements.flatMap(({ element, known }) => {
      const off = Math.abs(toFen(known) - truth.get(`cost.${element}`)!)
      // what is under way at the ends of the day, and pieces under the wrong order: see costTruth
      return off <= value * 0.004 + 100
        ? []
        : [`${element}: ${toFen(known)}, truth ${truth.get(`cost.${element}`)}`]
    })
    expect(faults).toEqual([])
    expect(Math.abs(toFen(figure.value) - value)).toBeLessThan(value * 0.01)
    expect(account.losses.some(({ kind, reason }) => kind === 'stop' && reason !== null)).toBe(true)
  })

  test('any order of arrival inside the lateness, and everything twice, give the same content', async () => {
    const twice = shuffled(told).flatMap((one, i) => (i % 3 === 0 ? [one, one] : [one]))
    const other = await valued(inTime(twice))
    expect(other.heads.at(-1)!.hash).toBe(first.heads.at(-1)!.hash)
    expect(other.live.text).toBe(first.live.text)
  }, 120_000)

  test('a price that comes later is a new revision with its reason; one that concerns nothing is none; the old one stays', async () => {
    const { reader } = first
    const running = await startIngest(first.dir, { reader })
    const price = records.find(({ kind, key }) => kind === 'product' && key.startsWith('q41f'))!
    const at = day.to + 3 * HOUR
    const put = (record: DatedRecord) => deed(at, 'record.put', { records: [record] })
    const target = records.find(({ kind }) => kind === 'target')!
    const dearer = { ...price, from: day.from, value: { price: 440_000_000 } } as DatedRecord
    const effect = await running.intake.accountant.effect(running.intake.firms.get(FIRM)!, [dearer])
    reader.more([
      put({ ...target, value: { value: 88, unit: 'yuan per 100 yuan' } } as DatedRecord),
      put(dearer),
    ])
    await caughtUp(running)
    const open = first.ledger()
    await until(() => open.accountRevisions(DATE).length > 1, 'the day to be valued anew')
    await running.stop()
    const [before, after, ...more] = open.accountRevisions(DATE)
    const worth = (revision: number) => figureOf(decodeAccount(open.account(DATE, revision)!.text, 0)).value
    expect([before!.reason, after!.reason, more]).toEqual([null, 'records', []])
    expect(before!.hash).toBe(first.heads[0]!.hash)
    expect(worth(1)).toBeGreaterThan(worth(0))
    // what was told before it was put is what came
    const u = (revision: number) =>
      figureOf(decodeAccount(open.account(DATE, revision)!.text, 0)).uWip.u! / 1e4
    expect(effect.days.find((one) => one.day === DATE)).toMatchObject({ uBefore: u(0), uAfter: u(1) })
    open.close()
  }, 120_000)

  test('made again from the raw messages nothing changes; panes altered in the ledger are made good as a further revision', async () => {
    const { reader, dir } = first
    const running = await startIngest(dir, { reader })
    const firm = running.intake.firms.get(FIRM)!
    const lathe = plant.machines.find(({ path: at }) => at.endsWith('lathe-07'))!.path
    const unchanged = await recomputeDay(running.intake, firm, DATE, lathe)
    expect(unchanged).toMatchObject({ machines: [], revised: [], missing: 0, open: [] })
    expect(unchanged.messages).toBeGreaterThan(100)
    expect(await running.intake.accountant.revalue(firm, DATE)).toBeNull()
    await running.stop()

    const db = new DatabaseSync(ledgerFile(dir, FIRM))
    const taken = db
      .prepare('SELECT panes, hash FROM pane_day WHERE machine = ? AND day = ? AND shift = 1')
      .get(lathe, DATE)!
    db.prepare('UPDATE pane_day SET panes = ?, hash = ? WHERE machine = ? AND day = ? AND shift = 0').run(
      taken['panes'] as Uint8Array,
      taken['hash'] as Uint8Array,
      lathe,
      DATE,
    )
    db.close()
    const again = await startIngest(dir, { reader })
    const mended = await recomputeDay(again.intake, again.intake.firms.get(FIRM)!, DATE, lathe)
    await again.stop()
    expect(mended.machines.map(({ machine }) => machine)).toEqual([lathe])
    expect(mended.revised).toEqual([0])
    const open = first.ledger()
    expect(open.settled(DATE, DATE).filter(({ shift }) => shift === 0)).toMatchObject([
      { revision: 0, reason: null },
      { revision: 1, reason: 'recompute' },
    ])
    open.close()
  }, 120_000)
})
