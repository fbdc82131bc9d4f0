/** Values of dated records as a person reads them: by the columns of their table, others field by field in their units. */
import { decimal, writeCell } from '#contract/recordCells.ts'
import { columnsOf, headingOf, SHEETS, sheetOf, type Column } from '#contract/recordSheets.ts'
import type { RecordView } from '../server/shapes.ts'
import type { Lang } from './format.ts'

export type Line = { readonly name: string; readonly text: string }
type Value = RecordView['value']
type Row = Readonly<Record<string, unknown>>

const NUMBERS: ReadonlySet<unknown> = new Set(['yuan', 'signedYuan', 'milli', 'count', 'number'])

/** Large numbers are read by their groups. */
const textOf = (column: Column, value: unknown, lang: Lang): string => {
  const text = writeCell(column.as, value, lang)
  if (!NUMBERS.has(column.as)) return text
  const [whole = '', part] = text.split('.')
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',').replace('-', '\u2212')
  return part === undefined ? grouped : `${grouped}.${part}`
}

/** A share says itself in what it is. */
const nameOf = (column: Column, lang: Lang): string =>
  column.as === 'share' || column.as === 'shares' ? column[lang] : headingOf(column, lang)

/** Fields of a value, those of the table's lines left out. */
export function fieldsOf(kind: string, value: Value, lang: Lang): Line[] {
  const sheet = sheetOf(kind)
  if (!sheet) return plainFields(value)
  return sheet.fields
    .filter(({ id }) => value[id] !== undefined)
    .map((column) => ({ name: nameOf(column, lang), text: textOf(column, value[column.id], lang) }))
    .filter(({ text }) => text !== '')
}

/** Heading and rows of what a record lists, such as a parts list; null: it lists nothing. */
export function linesOf(
  kind: string,
  value: Value,
  lang: Lang,
): { readonly heads: readonly string[]; readonly rows: readonly (readonly string[])[] } | null {
  const sheet = sheetOf(kind)
  if (!sheet?.lines) return null
  const list = value[sheet.lines.field] as readonly unknown[]
  if (sheet.kind === 'calendar')
    return { heads: [sheet.lines.columns[0]![lang]], rows: stretches(list as string[]) }
  const { columns } = sheet.lines
  return {
    heads: columns.map((column) => nameOf(column, lang)),
    rows: (list as readonly Row[]).map((item) =>
      columns.map((column) => textOf(column, item[column.id], lang)),
    ),
  }
}

/** Dates in a row as one stretch. */
function stretches(dates: readonly string[]): string[][] {
  const found: [string, string][] = []
  for (const date of dates) {
    const last = found.at(-1)
    if (last && Date.parse(date) - Date.parse(last[1]) === 86_400_000) last[1] = date
    else found.push([date, date])
  }
  return found.map(([first, last]) => [first === last ? first : `${first} – ${last}`])
}

const MICRO = /^(price|amount|yearly|rate|wage|hour|heat|sharp|peak|flat|valley|deep)$/
const MILLI = /^milli/

/** A value of a kind that has no table: names as the record has them, amounts in yuan. */
function plainFields(value: Row, under = ''): Line[] {
  return Object.entries(value).flatMap(([name, own]): Line[] => {
    const at = under === '' ? name : `${under}.${name}`
    if (own === null) return []
    if (Array.isArray(own)) {
      if (own.every((one) => typeof one !== 'object')) return [{ name: at, text: own.join(', ') }]
      return own.every(isWindow)
        ? [{ name: at, text: own.map(windowOf).join(', ') }]
        : [{ name: at, text: `× ${own.length}` }]
    }
    if (typeof own === 'object') return plainFields(own as Row, at)
    return [
      {
        name: at,
        text: typeof own === 'number' ? numberOf(name, own) : JSON.stringify(own).replaceAll('"', ''),
      },
    ]
  })
}

function numberOf(name: string, value: number): string {
  if (name.endsWith('Ppm')) return `${decimal(value, 10_000)}%`
  if (MICRO.test(name)) return decimal(value, 1_000_000)
  return MILLI.test(name) ? decimal(value, 1000) : String(value)
}

type Window = { readonly start: number; readonly end: number }
const isWindow = (one: unknown): one is Window =>
  typeof one === 'object' && one !== null && 'start' in one && 'end' in one && Object.keys(one).length === 2
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const windowOf = ({ start, end }: Window): string => `${clock(start)}–${clock(end)}`

/** One line of a value for a list. `lines`: words for how many it lists. */
export function summaryOf(kind: string, value: Value, lang: Lang, lines: (n: number) => string): string {
  const list = linesOf(kind, value, lang)
  const fields = fieldsOf(kind, value, lang)
  return [
    ...(list ? [lines(list.rows.length)] : []),
    ...fields.slice(0, 4).map(({ name, text }) => `${name} ${text}`),
  ].join(' · ')
}

/** Name of the words for why rows or a file were refused. */
export const refusedKey = ({ type }: { readonly type: string }): string =>
  `records.refused.${type.replaceAll('-', '_')}`

const COLUMNS = new Map(
  SHEETS.flatMap((sheet) => columnsOf(sheet).map((column) => [column.zh, column] as const)),
)
/** A column as a fault names it, in the language of the page. */
export const columnWord = (name: string, lang: Lang): string => COLUMNS.get(name)?.[lang] ?? name
