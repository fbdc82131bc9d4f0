/**
 * Rows of tables -> dated records, or every fault with its row and column. A table is found by the name of its sheet or by its headings,
 * a column by its Chinese or English heading, with or without the unit. Rows whose first cell begins with 示例 or example are skipped.
 */
import { isDeepStrictEqual } from 'node:util'
import { isBlank, readCell, textOf, type Cell } from '#contract/recordCells.ts'
import { columnsOf, FROM, headingOf, LAST, SHEETS, type Column, type Sheet } from '#contract/recordSheets.ts'
import { EARLIEST, LATEST, VALUES } from '#contract/recordShape.ts'
import { bookAt, type DatedRecord } from '#domain/accounting/records.ts'
import { DAY, SHANGHAI_OFFSET, type Instant } from '#domain/time.ts'
import type { Fault, Table } from './table.ts'

/** A record and the row that it begins in. */
export type Placed = {
  readonly record: DatedRecord
  readonly sheet: string | null
  readonly row: number | null
}
export type RowsRead = {
  readonly placed: readonly Placed[]
  readonly faults: readonly Fault[]
  readonly rows: number
  readonly skipped: number
}
/** Rows of one kind; `row` as a spreadsheet counts. */
export type Lines = {
  readonly sheet: Sheet
  readonly name: string | null
  readonly lines: readonly { readonly row: number | null; readonly cells: ReadonlyMap<string, Cell> }[]
}

const EXAMPLE = /^\s*(示例|例[:：]|example)/i
/** 2026-03-01 -> its midnight in Asia/Shanghai. */
const instantOf = (date: string): Instant => Date.parse(`${date}T00:00:00Z`) - SHANGHAI_OFFSET

const bare = (heading: string): string =>
  heading
    .normalize('NFKC')
    .replace(/\(.*?\)/g, '')
    .replace(/[\s*_-]/g, '')
    .toLowerCase()

const isOf = (column: Column, heading: string): boolean => {
  const own = bare(heading)
  return own !== '' && [column.id, column.zh, column.en].some((name) => bare(name) === own)
}

/** The tables of a file as lines by kind. `kind`: what a table without a name is of; left out, its headings tell. */
export function linesOf(
  tables: readonly Table[],
  kind: string | undefined,
): { readonly found: readonly Lines[]; readonly faults: readonly Fault[] } {
  const found: Lines[] = []
  const faults: Fault[] = []
  for (const table of tables) {
    const { name, rows, formulas } = table
    const at = rows.findIndex((row) => row.some((cell) => !isBlank(cell)))
    if (at < 0) continue
    const headings = rows[at]!.map((cell) => textOf(cell))
    const sheet = sheetFor(table, headings, kind)
    if (sheet === null) {
      // a sheet of notes beside the tables hurts nobody
      if (name === null || tables.length === 1)
        faults.push(wrong(name, null, null, 'unknown_sheet', headings.join(' ')))
      continue
    }
    if (sheet === 'notes') continue
    const own = columnsAt(sheet, headings, name, at + 1)
    faults.push(...own.faults)
    for (const cell of formulas) {
      const [, letters, row] = /^([A-Z]+)(\d+)$/.exec(cell) ?? []
      faults.push(
        wrong(
          name,
          Number(row ?? 0) || null,
          headings[indexOf(letters ?? '')] ?? letters ?? null,
          'formula',
          cell,
        ),
      )
    }
    if (own.faults.length > 0) continue
    const lines = rows.slice(at + 1).flatMap((row, i) => {
      if (row.every(isBlank)) return []
      return [{ row: at + 2 + i, cells: new Map(own.columns.map(([id, place]) => [id, row[place] ?? null])) }]
    })
    found.push({ sheet, name, lines })
  }
  return { found, faults }
}

const NOTES = /^(说明|readme|notes?)$/i

function sheetFor(
  { name }: Table,
  headings: readonly string[],
  kind: string | undefined,
): Sheet | 'notes' | null {
  const wanted = name === null ? kind : undefined
  if (wanted !== undefined) return SHEETS.find((sheet) => sheet.kind === wanted) ?? null
  if (name !== null) {
    if (NOTES.test(name.trim())) return 'notes'
    const named = SHEETS.find((sheet) =>
      [sheet.kind, sheet.zh, sheet.en].some((one) => bare(one) === bare(name)),
    )
    if (named) return named
  }
  // the one whose columns all stand there, of several the one with most
  const fitting = SHEETS.filter((sheet) =>
    columnsOf(sheet).every(
      (column) => column.blank !== undefined || headings.some((heading) => isOf(column, heading)),
    ),
  ).toSorted((a, b) => columnsOf(b).length - columnsOf(a).length)
  const [first, second] = fitting
  return first && columnsOf(first).length !== (second ? columnsOf(second).length : 0) ? first : null
}

const indexOf = (letters: string): number =>
  Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1

function columnsAt(
  sheet: Sheet,
  headings: readonly string[],
  name: string | null,
  row: number,
): { readonly columns: readonly (readonly [string, number])[]; readonly faults: readonly Fault[] } {
  const columns: [string, number][] = []
  const faults: Fault[] = []
  headings.forEach((heading, place) => {
    if (heading === '') return
    const column = columnsOf(sheet).find((one) => isOf(one, heading))
    if (!column) faults.push(wrong(name, row, heading, 'unknown_column', heading))
    else if (columns.some(([id]) => id === column.id))
      faults.push(wrong(name, row, heading, 'double_column', heading))
    else columns.push([column.id, place])
  })
  for (const column of columnsOf(sheet))
    if (isNeeded(sheet, column) && !columns.some(([id]) => id === column.id))
      faults.push(wrong(name, row, column.zh, 'missing_column', headingOf(column, 'zh')))
  return { columns, faults }
}

const isNeeded = (sheet: Sheet, column: Column): boolean =>
  column.blank === undefined && !(sheet.keeps === true && sheet.fields.includes(column))

const wrong = (
  sheet: string | null,
  row: number | null,
  column: string | null,
  code: Fault['code'],
  detail: string | null,
): Fault => ({ sheet, row, column, code, detail: detail === null ? null : detail.slice(0, 200) })

/** Records of lines. `known`: what is in the ledger, in the order of acceptance. */
export function recordsOf(found: readonly Lines[], known: readonly DatedRecord[]): RowsRead {
  const placed: Placed[] = []
  const faults: Fault[] = []
  let rows = 0
  let skipped = 0
  for (const { sheet, name, lines } of found) {
    const own = lines.filter(({ cells }) => !EXAMPLE.test(textOf([...cells.values()][0] ?? null)))
    rows += own.length
    skipped += lines.length - own.length
    for (const group of groupsOf(sheet, own)) {
      const read = recordOf(sheet, name, group, known)
      faults.push(...read.faults)
      if (read.record) placed.push({ record: read.record, sheet: name, row: group[0]!.row })
    }
  }
  faults.push(...doubles(placed))
  return { placed, faults, rows, skipped }
}

type Line = Lines['lines'][number]

/** Lines that make one record: those of the same key and date. A line with neither belongs to the one before. */
function groupsOf(sheet: Sheet, lines: readonly Line[]): Line[][] {
  if (!sheet.lines) return lines.map((line) => [line])
  const groups = new Map<string, Line[]>()
  let last = ''
  for (const line of lines) {
    const name = [line.cells.get('key') ?? null, line.cells.get('from') ?? null].map(textOf).join('\n')
    if (name !== '\n') last = name
    const group = groups.get(last)
    if (group) group.push(line)
    else groups.set(last, [line])
  }
  return [...groups.values()]
}

function recordOf(
  sheet: Sheet,
  name: string | null,
  group: readonly Line[],
  known: readonly DatedRecord[],
): { readonly record: DatedRecord | null; readonly faults: readonly Fault[] } {
  const faults: Fault[] = []
  const [first] = group as [Line]
  const read = (line: Line, column: Column): unknown => {
    const cell = line.cells.get(column.id) ?? null
    if (isBlank(cell) && column.blank !== undefined)
      return column.blank === 'left_out' ? undefined : column.blank.value
    const one = readCell(column.as, cell)
    if ('value' in one) return one.value
    faults.push(wrong(name, line.row, column.zh, one.fault, textOf(cell)))
    return undefined
  }
  const key = typeof sheet.key === 'string' ? sheet.key : read(first, sheet.key)
  const dated = sheet.from === 'date' ? read(first, FROM) : null
  const source = read(first, LAST[0]!)
  const illustrative = read(first, LAST[1]!)
  const month =
    sheet.from === 'date'
      ? null
      : sheet.from.month === 'key'
        ? key
        : textOfMonth(first, sheet, sheet.from.month)
  const date = sheet.from === 'date' ? dated : typeof month === 'string' ? `${month}-01` : undefined
  const from = typeof date === 'string' ? instantOf(date) : null
  if (from !== null && from < EARLIEST)
    faults.push(wrong(name, first.row, FROM.zh, 'too_early', date as string))
  if (from !== null && from > LATEST) faults.push(wrong(name, first.row, FROM.zh, 'too_late', date as string))
  const value: Record<string, unknown> = {}
  const kept =
    sheet.keeps && typeof key === 'string' && from !== null
      ? (bookAt(known, from).find(sheet.kind, key) as Readonly<Record<string, unknown>> | null)
      : null
  if (kept) Object.assign(value, kept)
  else if (sheet.kind === 'budget')
    faults.push(wrong(name, first.row, '预算', 'nothing_to_keep', typeof key === 'string' ? key : null))
  for (const column of sheet.fields) {
    if (kept && isBlank(first.cells.get(column.id) ?? null)) continue
    const own = read(first, column)
    if (own !== undefined) value[column.id] = own
  }
  if (sheet.lines) {
    const { field, columns } = sheet.lines
    const items = group
      .filter(({ cells }) => columns.some(({ id }) => !isBlank(cells.get(id) ?? null)))
      .map((line) =>
        Object.fromEntries(
          columns.map((column) => [column.id, read(line, column)]).filter(([, one]) => one !== undefined),
        ),
      )
    value[field] = sheet.kind === 'calendar' ? datesOf(items) : items
  }
  if (faults.length > 0) return { record: null, faults }
  const checked = VALUES[sheet.kind].safeParse(value)
  if (!checked.success) {
    const [issue] = checked.error.issues
    const column = sheet.fields.find(({ id }) => id === issue?.path[0])
    const line = typeof issue?.path[1] === 'number' ? group[issue.path[1]] : undefined
    return {
      record: null,
      faults: [wrong(name, (line ?? first).row, column?.zh ?? null, 'bad_record', issue?.message ?? null)],
    }
  }
  const head = { kind: sheet.kind, key, from, source, illustrative }
  // value and kind were checked together
  return { record: { ...head, value: checked.data } as DatedRecord, faults }
}

function textOfMonth(line: Line, sheet: Sheet, id: string): unknown {
  const column = sheet.fields.find((one) => one.id === id)!
  const read = readCell(column.as, line.cells.get(id) ?? null)
  return 'value' in read ? read.value : undefined
}

/** Every date of closed stretches, in order. */
function datesOf(items: readonly Readonly<Record<string, unknown>>[]): string[] {
  const dates = new Set<string>()
  for (const { first, last = first } of items)
    for (let at = Date.parse(String(first)); at <= Date.parse(String(last)) && dates.size < 400; at += DAY)
      dates.add(new Date(at).toISOString().slice(0, 10))
  return [...dates].toSorted()
}

/** The same record twice in one file, and not the same. */
function doubles(placed: readonly Placed[]): Fault[] {
  const seen = new Map<string, Placed>()
  return placed.flatMap((one) => {
    const { record, sheet, row } = one
    const name = `${record.kind}\n${record.key}\n${record.from}`
    const other = seen.get(name)
    if (!other) seen.set(name, one)
    if (!other || isDeepStrictEqual(other.record, record)) return []
    return [wrong(sheet, row, null, 'double_row', `${record.key} (${other.row ?? ''})`)]
  })
}
