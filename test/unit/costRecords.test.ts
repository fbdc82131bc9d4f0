/** Dated records: what is in force when, what is missing and why, and the file in which people write them. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readRecordsFile, type RecordsFault } from '#contract/records.ts'
import { bookAt, priceBook, type DatedRecord } from '#domain/accounting/records.ts'
import { standardOf } from '#domain/accounting/valueRouting.ts'

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
  // castings nobody counts add their share where they are counted first
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
