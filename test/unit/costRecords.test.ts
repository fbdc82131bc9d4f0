/** Dated records: what is in force when, what is missing and why, and the file in which people write them. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readRecordsFile, type RecordsFault } from '#contract/records.ts'
import { readRetrofitFile } from '#contract/retrofit.ts'
import { bookAt, priceBook, type DatedRecord } from '#domain/accounting/records.ts'
import { standardOf } from '#domain/accounting/valueRouting.ts'
import { DAY } from '#domain/time.ts'
import { AFTER, BEFORE } from '../../simulators/works/data/retrofit.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'

const price = (from: number, value: number, provisional = false): DatedRecord => ({
  kind: 'product',
  key: 'valve',
  from,
  value: { price: value },
  source: 'price list',
  illustrative: true,
  ...(provisional && { provisional }),
})

test('the newest record that has begun is in force; of two for one instant the one accepted last', () => {
  const records = [price(10, 100), price(20, 200), price(20, 210), price(5, 50, true)]
  const found = (at: number) => bookAt(records, at).find('product', 'valve')?.price ?? null
  expect([4, 5, 9, 10, 19, 20, 99].map(found)).toEqual([null, 50, 50, 100, 100, 210, 210])
  expect([7, 10].map((at) => bookAt(records, at).provisional)).toEqual([true, false])
})

test('what is missing has a reason: never given, or not yet in force', () => {
  const book = bookAt([price(10, 100)], 5)
  expect(book.find('product', 'valve')).toBeNull()
  expect(book.holeOf('product', 'valve')).toEqual({ reason: 'not_yet_in_force', of: 'product/valve' })
  expect(book.holeOf('tariff', 'x')).toEqual({ reason: 'no_record', of: 'tariff/x' })
  expect(standardOf(book, 'valve')).toMatchObject({ standard: null, hole: { reason: 'not_yet_in_force' } })
})

test('a book knows its changes, and its version counts the records that touch a window', () => {
  const book = priceBook([price(10, 100), price(20, 200), price(20, 210)])
  expect(book.changesIn(0, 20)).toEqual([10])
  expect([10, 11, 20, 21].map(book.versionUntil)).toEqual([0, 1, 1, 3])
  expect(book.at(15)).toBe(book.at(19))
  expect(book.at(25).find('product', 'valve')).toEqual({ price: 210 })
})

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/records.yaml')
const demo = fs.readFileSync(file, 'utf8')

test('the demo plant has every record that its valuation asks for, all of them illustrative but the published factor', () => {
  const reading = readRecordsFile(demo, 'demo-a') as { records: DatedRecord[] }
  const official = reading.records.filter(({ illustrative }) => !illustrative)
  expect(official.map(({ kind }) => kind)).toEqual(['carbon'])
  const book = bookAt(reading.records, Date.parse('2026-03-10'))
  expect(book.all('crew').reduce((sum, [, { people }]) => sum + people[0]! + people[1]!, 0)).toBe(43)
  expect(book.all('machine_cost').reduce((sum, [, { yearly }]) => sum + yearly, 0)).toBe(1_406_000e6)
})

// price, standard cost of all elements is not told here: what a product's shares sum to is
test.each(['q41f-16c-dn50', 'z41h-16c-dn100', 'j61h-250-dn25', 'd371x-16-dn150'])(
  'shares of value of %s sum to its price to the micro-yuan',
  (product) => {
    const { records } = readRecordsFile(demo, 'demo-a') as { records: DatedRecord[] }
    const book = bookAt(records, Date.parse('2026-03-10'))
    const { standard } = standardOf(book, product)
    const main = book
      .find('routing', product)!
      .operations.filter(({ insteadOf }) => insteadOf === undefined)
      .map(({ operation }) => standard!.operations.get(operation)!)
    expect(main.reduce((sum, { value }) => sum + value, 0n)).toBe(BigInt(standard!.price))
  },
)

/** Weights of the documented table are parts in ten thousand. */
test.each([
  ['q41f-16c-dn50', 'stem', 483],
  ['q41f-16c-dn50', 'body', 2304],
  ['z41h-16c-dn100', 'body', 3411],
  ['j61h-250-dn25', 'disc', 1222],
  ['d371x-16-dn150', 'shaft', 716],
])('%s %s has its documented share of value', (product, part, share) => {
  const { records } = readRecordsFile(demo, 'demo-a') as { records: DatedRecord[] }
  const book = bookAt(records, Date.parse('2026-03-10'))
  const { standard } = standardOf(book, product)
  const value = book
    .find('routing', product)!
    .operations.filter((op) => op.part === part && op.insteadOf === undefined)
    .reduce((sum, { operation }) => sum + standard!.operations.get(operation)!.value, 0n)
  expect(Math.abs((Number(value) * 10_000) / standard!.price - share)).toBeLessThan(0.6)
})

const GOOD = `firm: f
records:
  - kind: product
    from: '2026-01-01'
    source: price list
    illustrative: true
    values:
      valve: { price: 430.25 }
`

test('a file is read into whole micro-yuan from midnight in Shanghai', () => {
  expect(readRecordsFile(GOOD, 'f')).toEqual({
    records: [
      {
        kind: 'product',
        key: 'valve',
        from: Date.parse('2025-12-31T16:00:00Z'),
        value: { price: 430_250_000 },
        source: 'price list',
        illustrative: true,
      },
    ],
  })
})

test.each([
  ['another firm', GOOD.replace('firm: f', 'firm: g'), 1, 'folder'],
  ['an unknown kind', GOOD.replace('kind: product', 'kind: prize'), 3, 'kind of record'],
  ['no word on its standing', GOOD.replace('    illustrative: true\n', ''), 3, 'missing'],
  ['a price below 0', GOOD.replace('430.25', '-1'), 8, 'below 0'],
  ['a price too fine', GOOD.replace('430.25', '0.12345678'), 8, 'finer'],
  ['a key that is not there', GOOD.replace('price:', 'cost:'), 8, ''],
  ['a date that is not there', GOOD.replace('2026-01-01', '2026-13-01'), 4, 'no such date'],
  ['no YAML', '{', 1, ''],
])('%s is refused with its line', (_name, text, line, message) => {
  const { faults } = readRecordsFile(text, 'f') as { faults: readonly RecordsFault[] }
  expect(faults.length).toBeGreaterThan(0)
  expect(faults[0]!.line).toBe(line)
  expect(faults.map((fault) => fault.message).join()).toContain(message)
})

const TARIFF = (windows: string) => `firm: f
records:
  - kind: tariff
    from: '2026-01-01'
    source: contract
    illustrative: true
    values:
      t: { basis: RETAIL_CONTRACT, seasons: [{ name: all, months: [1], windows: [${windows}] }], prices: { flat: 0.7 } }
`

test.each([
  ["'00:00-24:00 flat'", '"records"'],
  ["'00:00-12:00 flat', '12:15-24:00 flat'", 'hole'],
  ["'00:00-12:10 flat', '12:10-24:00 flat'", 'quarter'],
  ["'00:00-24:00 cheap'", 'one of'],
])('a season of %s gives %s', (windows, told) => {
  expect(JSON.stringify(readRecordsFile(TARIFF(windows), 'f'))).toContain(told)
})

const TOOLS = `firm: f
records:
  - kind: tool
    from: '2025-01-01'
    source: old list
    illustrative: true
    values:
      taps: { kinds: [centre], price: 60, life: 90, planned: 0.5 }
  - kind: tool
    from: '2026-01-01'
    source: list
    illustrative: true
    values:
      taps: { kinds: [centre], price: 54, life: 90, planned: 0.7 }
`
const CHANGE = `firm: f
changes:
  - kind: tool
    days: [10, 14]
    source: plan
    illustrative: true
    values:
      taps: { planned: 0.8 }
`
const BEGIN = Date.parse('2026-03-10T08:00:00+08:00')

test('a ramp is a record for each of its days, at its middle; what it does not name is as it was when it begins', () => {
  const { records } = readRetrofitFile(CHANGE, 'f', TOOLS, BEGIN) as { records: DatedRecord<'tool'>[] }
  expect(records.map(({ from, value }) => [(from - BEGIN) / DAY, value.plannedPpm])).toEqual([
    [10, 712_500],
    [11, 737_500],
    [12, 762_500],
    [13, 787_500],
    [14, 800_000],
  ])
  expect(records[0]).toMatchObject({
    kind: 'tool',
    key: 'taps',
    source: 'plan',
    illustrative: true,
    value: { kinds: ['centre'], price: 54_000_000, lifeCycles: 90 },
  })
  const early = readRetrofitFile(CHANGE, 'f', TOOLS, Date.parse('2025-12-31T08:00:00+08:00'))
  expect((early as { records: DatedRecord<'tool'>[] }).records[0]!.value.price).toBe(60_000_000)
})

const plannedIn = (text: string) => {
  const reading = readRetrofitFile(text, 'f', TOOLS, BEGIN) as { records: DatedRecord<'tool'>[] }
  return reading.records.map(({ from, value }) => [(from - BEGIN) / DAY, value.plannedPpm, value.lifeCycles])
}

test('a step is one record; a day that rounds to the one before it has none of its own; something new may begin', () => {
  expect(plannedIn(CHANGE.replace('[10, 14]', '30'))).toEqual([[30, 800_000, 90]])
  expect(plannedIn(CHANGE.replace('planned: 0.8', 'life: 92'))).toEqual([
    [10, 700_000, 90],
    [11, 700_000, 91],
    [13, 700_000, 92],
  ])
  const added = CHANGE.replace('[10, 14]', '0').replace('taps: {', 'drill: { kinds: [], price: 1, life: 1,')
  expect(plannedIn(added)).toEqual([[0, 800_000, 1]])
})

test.each([
  [
    'a ramp of what no record has',
    CHANGE.replace('taps', 'drill'),
    8,
    'no record that a ramp could begin with',
  ],
  ['the same record twice', CHANGE + CHANGE.slice(CHANGE.indexOf('  - kind')), 14, 'another entry'],
  ['a ramp backwards', CHANGE.replace('[10, 14]', '[14, 10]'), 4, 'begin before it ends'],
  ['a day before the retrofit', CHANGE.replace('[10, 14]', '-1'), 4, 'whole days of the retrofit'],
  ['a share below 0', CHANGE.replace('0.8', '-0.8'), 8, 'below 0'],
  ['a key that is not there', CHANGE.replace('planned', 'plan'), 8, 'no key that is known here'],
  ['another firm', CHANGE.replace('firm: f', 'firm: g'), 1, 'folder'],
])('%s is refused with its line', (_name, text, line, message) => {
  const { faults } = readRetrofitFile(text, 'f', TOOLS, BEGIN) as { faults: readonly RecordsFault[] }
  expect(faults.map((fault) => fault.message).join()).toContain(message)
  expect(faults.map((fault) => fault.line)).toContain(line)
})

const RETROFIT = fs.readFileSync(file.replace('records.yaml', 'records-retrofit.yaml'), 'utf8')

test.each([0, 7, 15, 29, 30, 44, 60, 90, 400])(
  'on day %i of the demo retrofit the records say what the works does, to the whole steps of their units',
  (days) => {
    const base = (readRecordsFile(demo, 'demo-a') as { records: DatedRecord[] }).records
    const added = (readRetrofitFile(RETROFIT, 'demo-a', demo, BEGIN) as { records: DatedRecord[] }).records
    const at = BEGIN + days * DAY
    const book = bookAt([...base, ...added], at)
    const date = new Date(at + 8 * 3_600_000).toISOString().slice(0, 10)
    const p = parametersOn({ name: 'history', from: '2026-03-10' }, date)
    expect(book.find('tool', 'drill-mill-set')!.plannedPpm).toBe(Math.round(p.toolShare * 1e6))
    expect(
      Math.abs(book.find('consumption', 'coolant')!.milliPerRunHour - p.coolantKg * 1000),
    ).toBeLessThanOrEqual(0.5)
    expect(book.find('quality', 'rates')!.warrantyPpm).toBe(Math.round(p.warranty * 1e6))
    expect(book.find('crew', 'lathes')!.people).toEqual([p.lathesDay, p.lathesNight])
    expect(book.find('tariff', 'zhejiang-2026')!.basic).toMatchObject({ kw: p.contractKw, price: 48_000_000 })
    const yearly = (name: string) => (book.find('budget', name)?.amount ?? 0) / 1e6
    expect(yearly('overtime')).toBe(p.overtime * 54)
    expect([yearly('clerks'), yearly('retrofit')]).toEqual([p.clerks, p.retrofit])
    expect(Math.abs(yearly('calibration') - p.calibration)).toBeLessThan(1e-6)
    expect(Math.abs(yearly('waste') - p.waste)).toBeLessThan(1e-6)
    const [window] = book.find('machine_plan', 'furnace')!.windows!
    expect([window!.start / 60, window!.end / 60]).toEqual(p.furnaceWindow)
    const machines = book.all('machine_cost').reduce((sum, [, value]) => sum + value.yearly, 0)
    expect(Math.abs(machines / 1e6 - (1_406_000 - p.bay))).toBeLessThan(1e-5)
    const packing = book.find('bom', 'q41f-16c-dn50')!.items.at(-1)!
    expect(packing.allowancePpm).toBe(Math.round(p.overIssue * 1e6))
    // the shares of value are those of before
    expect(book.find('bom', 'q41f-16c-dn50')!.overIssuePpm).toBe(BEFORE.overIssue * 1e6)
  },
)

test('after its longest ramp the retrofit has its full effect', () => {
  expect(parametersOn({ name: 'history', from: '2026-03-10' }, '2026-06-08')).toEqual(AFTER)
  const base = (readRecordsFile(demo, 'demo-a') as { records: DatedRecord[] }).records
  const added = (readRetrofitFile(RETROFIT, 'demo-a', demo, BEGIN) as { records: DatedRecord[] }).records
  const [last, later] = [90, 4000].map((days) => bookAt([...base, ...added], BEGIN + days * DAY))
  for (const { kind, key } of added) expect(later!.find(kind, key)).toEqual(last!.find(kind, key))
})
