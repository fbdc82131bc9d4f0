/** The plant of test/plants/minimum: a main meter, packed pieces and its books, told a production day at a time. */
import path from 'node:path'
import { readPlantFolder, readRecords } from '#contract/plantFolder.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import type { Account } from '#domain/kpi/account.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE, SECOND, type Instant, type Millis } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { AccountHead } from '#store/ledger/recordRows.ts'
import { deed, FIRM, tickAt, type Sent } from '../pipelineCase.ts'

const plants = path.resolve(import.meta.dirname, '../plants')
const found = readPlantFolder(plants).find(({ firm }) => firm === 'minimum')!.reading as { plant: Plant }
export const plant: Plant = { ...found.plant, firm: FIRM, credentials: [] }
export const { records } = readRecords(plants, 'minimum') as { records: DatedRecord[] }

const METER = 'main/shop/l1/meter-01'
export const TABLE = 'main/shop/l1/packing-01'
const QUARTER: Millis = 15 * MINUTE
/** 1 March 2026, 08:00 in Shanghai. */
export const BEGIN: Instant = Date.UTC(2026, 2, 1)

/** An hour of the clock on a day of March, and beyond. */
export const at = (day: number, hour: number): Instant => BEGIN + (day - 1) * DAY + (hour - 8) * HOUR

/** kWh of the quarter-hour that ends at an instant. */
export type Load = (end: Instant) => number

/** 8 kW by day, 2 kW otherwise. */
export const usual: Load = (end) => {
  const hour = ((((end - BEGIN) % DAY) + DAY) % DAY) / HOUR
  return (hour > 0 && hour <= 9 ? 8 : 2) / 4
}

/** What the meter shows by the quarter-hours since it showed 0, at `since`. */
function registerOf(load: Load, since: Instant): (ts: Instant) => number {
  const sums = new Map<Instant, number>([[since, 0]])
  let [last, sum] = [since, 0]
  return (ts) => {
    while (last < ts) sums.set((last += QUARTER), (sum += load(last)))
    return Math.round(sums.get(ts)! * 100) / 100
  }
}

/** Tells days of the meter, quarter by quarter, and what was packed at noon and at four; nothing on Sundays. `since`: its first reading. */
export function teller(load: Load = usual, since: Instant = BEGIN) {
  const kwhAt = registerOf(load, since)
  /** What came of a day up to an instant, the readings at both its ends included. */
  return (day: number, receivedAt: Instant, end: Instant = at(day + 1, 8) - QUARTER): Sent[] => {
    const items: object[] = []
    for (let ts = at(day, 8); ts <= end; ts += QUARTER)
      items.push({ ts, seq: (ts - since) / QUARTER + 1, v: { kwh: kwhAt(ts) } })
    const packed = [at(day, 12), at(day, 16)]
      .filter((ts) => ts <= end && new Date(ts).getUTCDay() !== 0)
      .map((ts, i) => ({
        ts,
        seq: (Math.round((at(day, 8) - since) / DAY) + 1) * 2 + i,
        type: 'packed',
        order: `WO-${day}`,
        product: i === 0 ? 'elbow-dn25' : 'tee-dn25',
        qty: 240,
      }))
    const send = (machine: string, cls: string, body: readonly object[]): Sent[] =>
      body.length === 0
        ? []
        : [
            {
              at: receivedAt,
              topic: `v1/${FIRM}/${machine}/${cls}`,
              payload: { boot: 'a', at: receivedAt, items: body },
            },
          ]
    return [...send(METER, 'count', items), ...send(TABLE, 'event', packed)]
  }
}

export const begun = (when: Instant, list: readonly DatedRecord[] = records, own = plant): Sent[] => [
  deed(when, 'plant.put', own),
  deed(when, 'record.put', { records: list }),
]

export const ticks = (from: Instant, ms: Millis): Sent[] =>
  Array.from({ length: ms / (10 * SECOND) }, (_, i) => tickAt(from + i * 10 * SECOND, from + i * 10 * SECOND))

/** Bill of an element of March 2026. */
export const invoice = (element: string, amount: number, from = BEGIN): DatedRecord => ({
  kind: 'invoice',
  key: `${element}-2026-03`,
  from,
  value: { element, month: '2026-03', amount },
  source: 'bill',
  illustrative: true,
})

export type SettledDay = { readonly head: AccountHead; readonly account: Account }

/** The accounts of settled days as they stand. */
export function settledDays(dir: string, from: string, to = from): SettledDay[] {
  const ledger = openLedgerReader(ledgerFile(dir, FIRM))
  try {
    return ledger.accounts(from, to).map(({ text, ...head }) => ({ head, account: decodeAccount(text, 0) }))
  } finally {
    ledger.close()
  }
}

/** Nano-yuan of an element in accounts. */
export const spent = (accounts: readonly Account[], element: string): bigint =>
  accounts
    .flatMap(({ cells }) => cells)
    .reduce((sum, cell) => (cell.element === element ? sum + cell.nano : sum), 0n)
