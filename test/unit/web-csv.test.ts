/** What leaves as CSV: read back by a parser it is what was put in, and nothing in it is a formula. */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvCell, csvText, fileName } from '../../dashboards/web/src/show/csv.ts'

test.each([
  ['=1+1', "'=1+1"],
  ['+86 10', "'+86 10"],
  ['-1+2', "'-1+2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', "'\r=1"],
  [' =1', "' =1"],
  ['＝1', "'＝1"],
  ['=HYPERLINK("http://x?"&A1,"y")', `'=HYPERLINK("http://x?"&A1,"y")`],
  ['-2.49', '-2.49'],
  ['+7', '+7'],
  ['-', "'-"],
  ['球阀 Q41F', '球阀 Q41F'],
  ['a;=1', 'a;=1'],
  ['', ''],
])('T11 the text %j stands in the file as %j', (text, stands) => {
  const [[cell]] = parse(csvText([[text, 'x']]), { bom: true, relaxQuotes: false }) as [[string]]
  expect(cell).toBe(stands)
})

test.each([
  [-2.49, '-2.49'],
  [0, '0'],
  [-5n, '-5'],
  [null, ''],
  [Number.NaN, ''],
])('T11 the number %s stays %j', (cell, stands) => expect(csvCell(cell)).toBe(stands))

test('T11 whatever the texts are, a reader finds them in their cells and no cell begins a formula', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc
      .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '"', ';', ' '), fc.string())
      .map((two) => two.join('')),
  )
  const rows = fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(rows, (asked) => {
      const file = csvText(asked)
      const read = parse(file, { bom: true, recordDelimiter: '\r\n' })
      expect(read.map((row) => row.length)).toEqual(asked.map(() => 3))
      for (const [i, row] of read.entries())
        for (const [j, cell] of row.entries()) {
          expect(cell.replace(/^'/, '')).toBe(asked[i]![j]!.replace(/^'/, ''))
          expect(/^[+-]?\d+(\.\d+)?$/.test(cell) || !/^\s*[=+\-@]|^[\t\r]/.test(cell)).toBe(true)
        }
    }),
  )
})

test.each([
  ['成本 2026-11.csv', '成本 2026-11.csv'],
  ['order "WO/7"\r\nx: y.csv', 'order WO 7 x y.csv'],
  ['../../etc/passwd', 'etc passwd'],
  ['-rf', 'rf'],
  ['a\u202Evsc.exe', 'a vsc.exe'],
  ['<img onerror=x>', 'img onerror x'],
  ['\u0000', 'file'],
])('T11 a file named %j is saved as %j', (asked, saved) => expect(fileName(asked)).toBe(saved))
