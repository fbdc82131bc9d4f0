/**
 * Production days of a small plant as ingest would tell them, for what the API makes of them: panes as a test states them, no journal and
 * no files. Nothing is settled.
 */
import path from 'node:path'
import { readPlantFolder, readRecords } from '#contract/plantFolder.ts'
import { Almanac } from '#domain/accounting/almanac.ts'
import { QUARTER, add, openPane, type OpenPane, type Pane } from '#domain/accounting/pane.ts'
import { priceBook, type DatedRecord } from '#domain/accounting/records.ts'
import { momentOf } from '#domain/accounting/calendar.ts'
import { accountOf } from '#domain/kpi/account.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import { dayTermsOf } from '#domain/kpi/dayTerms.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, type Instant } from '#domain/time.ts'
import { Accounts, type Sources } from '../api/figures/accounts.ts'
import { daysOf, isRefused, type Days } from '../api/figures/days.ts'
import { silent } from './pipelineCase.ts'

const plants = path.resolve(import.meta.dirname, 'plants')
const found = readPlantFolder(plants).find(({ firm }) => firm === 'minimum')!.reading as { plant: Plant }
export const { records } = readRecords(plants, 'minimum') as { records: DatedRecord[] }

export const FIRM = 'minimum'
export const METER = 'main/shop/l1/meter-01'
export const TABLE = 'main/shop/l1/packing-01'
export const LATHE = 'main/shop/l1/lathe-01'
export const OTHER = 'main/shop/l1/lathe-02'

/** An hour of a date of March 2026, in Shanghai; days and hours may run over. */
export const at = (day: number, hour: number): Instant => Date.UTC(2026, 1, 27, 16) + day * DAY + hour * HOUR

const kwh = found.plant.machines
  .find((one) => one.path === METER)!
  .measures.find(({ name }) => name === 'kwh')!
const lathe = (name: string): Machine => ({
  ...found.plant.machines.find((one) => one.path === TABLE)!,
  path: name,
  kind: 'lathe',
  title: { zh: `车床 ${name.slice(-2)}`, en: `Lathe ${name.slice(-2)}` },
  meter: false,
  measures: [kwh, { ...kwh, name: 'good', unit: '1', scale: 1 }],
})

/** The small plant by day and by night, with two lathes that tell what they do. */
export const plant: Plant = {
  ...found.plant,
  shifts: [...found.plant.shifts, { name: { zh: '夜班', en: 'Night' }, start: 1200, end: 1920 }],
  machines: [...found.plant.machines, lathe(LATHE), lathe(OTHER)],
}

/** Records with those of the same kind, key and instant in their place; null instead of a value leaves one out. */
export const recordsWith = (...changes: readonly (Partial<DatedRecord> & object)[]): DatedRecord[] =>
  [
    ...records,
    ...changes.map((change) => ({ source: 'test', illustrative: true, from: records[0]!.from, ...change })),
  ] as DatedRecord[]
export const without = (kind: DatedRecord['kind'], key: string): DatedRecord[] =>
  records.filter((one) => one.kind !== kind || one.key !== key)

export type FiguresCase = {
  readonly sources: Sources
  readonly accounts: Accounts
  readonly days: (from: string, to?: string) => Promise<Days>
}

/** The plant as of `now`, with the panes told. */
export function figuresCase({
  records: own = records,
  plant: inForce = plant,
  panes,
  now,
  awaited = true,
}: {
  readonly records?: readonly DatedRecord[]
  readonly plant?: Plant
  readonly panes: readonly Pane[]
  readonly now: Instant
  /** More may come: who told nothing yet is waited for. */
  readonly awaited?: boolean
}): FiguresCase {
  const books = priceBook(own)
  const almanac = new Almanac([{ since: 0, plant: inForce }], () => books)
  const ledger = {
    plant: () => ({ version: 1, plant: inForce }),
    plants: () => [{ since: 0, version: 1, plant: inForce }],
    records: (after = 0) => own.map((record, i) => ({ ...record, id: i + 1 })).slice(after),
    accountHeads: () => [],
    settled: () => [],
    states: () => [],
  }
  const account = (_firm: string, day: string | undefined) => {
    const known = day === undefined ? almanac.at(now) : almanac.day(day)
    const { from, to } = known
    const span = { from, to: Math.min(to, now) }
    const told = panes.filter(({ start }) => start >= span.from && start < span.to)
    const made = accountOf({ ...dayTermsOf(known, books), span, panes: told, awaited })
    const text = encodeAccount(made)
    return Promise.resolve({ day: known.day, from, to, asOf: span.to, version: made.version, text })
  }
  const sources = {
    ledgers: { of: () => ledger },
    log: silent,
    now: () => now,
    ingest: {
      account,
      openDays: () => Promise.resolve([...new Set(panes.map(({ start }) => almanac.at(start).day))]),
      minutes: () => Promise.resolve([]),
    },
  } as unknown as Sources
  const accounts = new Accounts(sources)
  const days = async (from: string, to = from): Promise<Days> => {
    const told = await daysOf(sources, accounts, FIRM, { from, to })
    if (isRefused(told)) throw new Error(JSON.stringify(told))
    return told
  }
  return { sources, accounts, days }
}

/** A quarter-hour of a machine, all of it with evidence, and what `tell` adds. */
export function quarter(
  machine: string,
  start: Instant,
  tell: (pane: OpenPane) => void,
  { order = null, product = null }: { readonly order?: string | null; readonly product?: string | null } = {},
): Pane {
  const books = priceBook(records)
  const { calendar } = new Almanac([{ since: 0, plant }], () => books).at(start)
  const pane = openPane({ machine, start, shift: momentOf(calendar, start).shift, order, product }, QUARTER)
  pane.covered = QUARTER
  tell(pane)
  return pane
}

/** The main meter from … to, in kWh a quarter-hour. */
export const metered = (from: Instant, to: Instant, perQuarter = 2): Pane[] =>
  Array.from({ length: (to - from) / QUARTER }, (_, i) =>
    quarter(METER, from + i * QUARTER, (pane) => add(pane.registers, 'kwh', perQuarter * 100)),
  )

/** Pieces packed at an instant. */
export const packed = (start: Instant, product: 'elbow-dn25' | 'tee-dn25', pieces = 240): Pane =>
  quarter(TABLE, start, (pane) => add(pane.good, 'pack', pieces * 1000), { order: 'WO-1', product })
