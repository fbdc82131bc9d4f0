/** The shift report on one A4 page: the texts of contract/reportText.ts, set as the page sets them. */
import type { ShiftReport } from '#contract/report.ts'
import type { Cell, Pair, ReportTable, ReportText } from '#contract/reportParts.ts'
import { reportText } from '#contract/reportText.ts'
import type { ReportLang } from '#contract/reportWords.ts'
import { DOUBT, FAINT, HAIR, HEIGHT, INK, RULE, Sheet, SOFT, WIDTH } from './sheet.ts'

const EDGE = 30
const RIGHT = WIDTH - EDGE
const GUTTER = 17
const LEFT_WIDTH = (WIDTH - 2 * EDGE - GUTTER) * 0.57
const SECOND = EDGE + LEFT_WIDTH + GUTTER
const ROW = 16
/** From the line below a row up to where its letters stand. */
const SINK = 4.6
const [DARK, PALE, TRACK] = ['#5B6873', '#A9B3BC', '#DCE0E4']

export async function shiftPdf(report: ShiftReport, lang: ReportLang): Promise<Uint8Array> {
  const text = reportText(report, lang)
  const title = `${text.firm} ${text.title} ${text.shift} ${report.day}`
  const sheet = await Sheet.for(lettersOf(text), title, lang === 'zh' ? 'zh-CN' : 'en', report.at)
  let y = drawHead(sheet, text)
  y = drawHeads(sheet, text, y)
  const left = text.left.reduce((at, table) => drawTable(sheet, table, EDGE, LEFT_WIDTH, at) + 12, y)
  const right = text.right.reduce((at, table) => drawTable(sheet, table, SECOND, RIGHT - SECOND, at) + 12, y)
  const noted = drawNotes(sheet, text.notes, right)
  text.below.reduce(
    (at, table) => drawTable(sheet, table, EDGE, RIGHT - EDGE, at) + 12,
    Math.max(left, noted + 12),
  )
  drawEnd(sheet, text)
  return sheet.end()
}

const textsOf = (table: ReportTable): string[] => [
  table.title,
  table.note,
  ...table.columns.map(({ label }) => label),
  ...table.rows.flatMap(({ cells }) => cells.map((cell) => cell.text)),
  ...table.foot,
]
const pairTexts = (pairs: readonly Pair[]): string[] => pairs.flatMap(({ label, text }) => [label, text])

const lettersOf = (text: ReportText): string[] => [
  text.brand,
  text.firm,
  text.simulated ?? '',
  text.page,
  text.title,
  text.shift,
  text.when,
  ...text.tags.map(({ text: word }) => word),
  ...text.heads.flatMap(({ label, value, unit, lines }) => [label, value, unit, ...lines]),
  ...[...text.left, ...text.right, ...text.below].flatMap(textsOf),
  text.notes.title,
  ...pairTexts(text.notes.pairs),
  ...text.sign,
  ...pairTexts(text.end),
]

/** Mark, firm, page; name of the report and its tags. */
function drawHead(sheet: Sheet, text: ReportText): number {
  sheet.box(EDGE, 25, 19, 8, INK)
  sheet.box(EDGE + 20, 25, 2.6, 8, '#FFFFFF')
  sheet.frame(EDGE + 20, 25.3, 2.6, 7.4, { ink: INK })
  let x = sheet.write(text.brand, EDGE + 31, 32.6, { size: 10, bold: true })
  x = sheet.write(text.firm, x + 8, 32.6, { size: 10, ink: SOFT })
  if (text.simulated) tag(sheet, text.simulated, x + 9, 32.6, { dashed: true })
  sheet.write(text.page, EDGE, 32.6, { width: RIGHT - EDGE, align: 'right', ink: FAINT })
  sheet.line(EDGE, 44, RIGHT, { width: 1.4, ink: INK })
  x = sheet.write(text.title, EDGE, 70, { size: 17, bold: true })
  x = sheet.write(text.shift, x + 14, 70, { size: 17, bold: true })
  sheet.write(text.when, x + 10, 70, { size: 10, ink: SOFT })
  let end = RIGHT
  for (const { text: word, form } of text.tags.toReversed()) {
    end -= sheet.widthOf(word, { size: 8.5 }) + 10
    tag(sheet, word, end, 70, { dashed: form === 'dotted', ink: form === 'doubt' ? DOUBT : SOFT })
    end -= 7
  }
  sheet.line(EDGE, 80, RIGHT)
  return 80
}

function tag(sheet: Sheet, word: string, x: number, base: number, { dashed = false, ink = SOFT } = {}): void {
  const width = sheet.widthOf(word, { size: 8.5 }) + 10
  sheet.frame(x, base - 10.4, width, 14.4, { ink, dashed })
  sheet.write(word, x + 5, base, { size: 8.5, ink })
}

/** The four blocks. */
function drawHeads(sheet: Sheet, { heads }: ReportText, top: number): number {
  const shares = [0.27, 0.26, 0.23, 0.24]
  let x = EDGE
  for (const [i, { label, value, unit, provisional, lines }] of heads.entries()) {
    const width = (RIGHT - EDGE) * shares[i]! - 10
    const size = i === 0 ? 27 : 17
    const base = top + (i === 0 ? 43 : 37)
    sheet.write(label, x, top + 16, { ink: SOFT, width })
    const end = sheet.write(value, x, base, { size, bold: true })
    if (provisional) sheet.line(x, base + 3.4, end, { ink: INK, width: 0.8, dotted: true })
    sheet.write(unit, end + 5, base, { ink: SOFT, width: Math.max(10, x + width - end - 5) })
    for (const [n, line] of lines.entries())
      sheet.write(line, x, base + 14 + n * 11.5, { size: 8.5, ink: SOFT, width })
    x += width + 10
    if (i < heads.length - 1) sheet.upright(x - 7, top + 8, top + 70)
  }
  sheet.line(EDGE, top + 76, RIGHT, { ink: RULE })
  return top + 90
}

const FORMS: Readonly<Record<NonNullable<Cell['form']>, { bold?: boolean; ink?: string }>> = {
  strong: { bold: true },
  soft: { ink: SOFT },
  dotted: { bold: true },
  doubt: { ink: DOUBT },
  mono: {},
}

/** Answers where it ends. */
function drawTable(sheet: Sheet, table: ReportTable, left: number, width: number, top: number): number {
  const end = sheet.write(table.title, left, top + 8, { size: 10.5, bold: true })
  sheet.write(table.note, end + 8, top + 8, { size: 8.5, ink: SOFT, width: left + width - end - 8 })
  const total = table.columns.reduce((sum, column) => sum + column.width, 0)
  const places = table.columns.map((column, i) => ({
    ...column,
    x: left + (table.columns.slice(0, i).reduce((sum, before) => sum + before.width, 0) / total) * width,
    room: (column.width / total) * width,
  }))
  let y = top + 25
  for (const { label, x, room, right, bar } of places)
    sheet.write(label, bar ? x + 8 : x, y - SINK, {
      size: 8.5,
      ink: FAINT,
      width: room - (right ? 0 : 4),
      align: right || bar ? 'right' : 'left',
    })
  sheet.line(left, y, left + width, { ink: RULE })
  for (const { cells, strong, bar } of table.rows) {
    y += ROW
    for (const [i, { x, room, right, bar: drawn }] of places.entries()) {
      const { text, form } = cells[i]!
      const look = form ? FORMS[form] : {}
      const space = right ? room - 2 : roomFrom(places, cells, i) - 4
      if (drawn && bar !== undefined && bar !== null) drawBar(sheet, drawn, bar, x + 10, y, room - 10)
      sheet.write(text, x, y - SINK, {
        ...look,
        bold: strong ?? look.bold ?? false,
        width: space,
        align: right ? 'right' : 'left',
      })
      if (form === 'dotted') {
        const wide = Math.min(space, sheet.widthOf(text, { bold: true }))
        sheet.line(x + space - wide, y - 2.4, x + space, { ink: INK, dotted: true })
      }
    }
    sheet.line(left, y, left + width)
  }
  for (const line of table.foot.flatMap((text) => sheet.lines(text, width, { size: 8.5 })))
    sheet.write(line, left, (y += 11.5) - 1, { size: 8.5, ink: SOFT })
  return y
}

/** A text may reach over the empty cells beside it. */
function roomFrom(places: readonly { readonly room: number }[], cells: readonly Cell[], i: number): number {
  let { room } = places[i]!
  for (let next = i + 1; next < places.length && cells[next]!.text === ''; next++) room += places[next]!.room
  return room
}

function drawBar(
  sheet: Sheet,
  kind: 'share' | 'change',
  bar: number,
  x: number,
  y: number,
  width: number,
): void {
  const [top, height] = [y - ROW + 4.4, 6.4]
  if (kind === 'share') {
    sheet.box(x, top, width, height, TRACK)
    sheet.box(x, top, width * Math.min(1, Math.max(0, bar)), height, DARK)
    return
  }
  const middle = x + width / 2
  const long = (width / 2) * Math.abs(bar)
  sheet.upright(middle, top - 1.5, top + height + 1.5, RULE)
  sheet.box(bar < 0 ? middle - long : middle, top, long, height, bar < 0 ? PALE : DARK)
}

function drawNotes(sheet: Sheet, { title, pairs }: ReportText['notes'], top: number): number {
  sheet.write(title, SECOND, top + 8, { size: 10.5, bold: true })
  let y = top + 12
  const room = 46
  for (const { label, text } of pairs) {
    const lines = sheet.lines(text, RIGHT - SECOND - room, { size: 8.5 })
    sheet.write(label, SECOND, y + ROW - SINK, { size: 8.5, ink: FAINT, width: room - 4 })
    for (const [i, line] of lines.entries())
      sheet.write(line, SECOND + room, y + ROW - SINK + i * 11, { size: 8.5 })
    y += ROW + (lines.length - 1) * 11
    sheet.line(SECOND, y, RIGHT)
  }
  return y
}

/** Room for hands, then where to look it up. */
function drawEnd(sheet: Sheet, { sign, end }: ReportText): void {
  const each = (RIGHT - EDGE + GUTTER) / sign.length
  const base = HEIGHT - 74
  for (const [i, name] of sign.entries()) {
    sheet.write(name, EDGE + i * each, base, { ink: SOFT })
    sheet.line(EDGE + i * each, base + 6, EDGE + (i + 1) * each - GUTTER, { ink: RULE })
  }
  sheet.line(EDGE, base + 15, RIGHT, { ink: HAIR })
  const half = Math.ceil(end.length / 2)
  for (const [i, { label, text }] of end.entries()) {
    const x = i < half ? EDGE : (EDGE + RIGHT) / 2
    const y = base + 29 + (i % half) * 12
    sheet.write(label, x, y, { size: 8.5, ink: FAINT })
    sheet.write(text, x + 62, y, { size: 8.5, width: (RIGHT - EDGE) / 2 - 72 })
  }
}
