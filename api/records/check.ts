/** What entered rows or a file would change: read, judged against what is known, every fault told, nothing done. */
import type { z } from 'zod'
import type { RecordsCheck, RecordsEntry } from '#contract/rest.ts'
import { columnsOf, sheetOf } from '#contract/recordSheets.ts'
import { RecordShape } from '#contract/recordShape.ts'
import { calendarOf, productionDay } from '#domain/accounting/calendar.ts'
import { changesOf } from '#domain/accounting/recordChanges.ts'
import { bookAt, type DatedRecord } from '#domain/accounting/records.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import { readCsv } from './csv.ts'
import { linesOf, recordsOf, type Placed, type RowsRead } from './rows.ts'
import type { Fault, Tables } from './table.ts'
import { looksLikeXlsx, readXlsx } from './xlsx.ts'

/** `record.put` takes so many at once. */
const MOST = 5000
const SHOWN_FAULTS = 500
const SHOWN_CHANGES = 1000

type Entry = z.infer<typeof RecordsEntry>
type View = z.infer<typeof RecordsCheck>

export const readFile = (file: Buffer): Promise<Tables> | Tables =>
  file.length === 0 ? { fault: 'empty' } : looksLikeXlsx(file) ? readXlsx(file) : readCsv(file)

/** Rows of a file's tables. `kind`: what a CSV is of. */
export function rowsOfTables(
  { tables }: Extract<Tables, { tables: unknown }>,
  kind: string | undefined,
  known: readonly DatedRecord[],
): RowsRead {
  const { found, faults } = linesOf(tables, kind)
  return withFaults(recordsOf(found, known), faults)
}

/** Rows that a person entered, and records as they are kept. */
export function rowsOfEntry({ rows = [], records = [] }: Entry, known: readonly DatedRecord[]): RowsRead {
  const faults: Fault[] = []
  const lines = rows.flatMap(({ kind, cells }, i) => {
    const sheet = sheetOf(kind)
    const stray =
      sheet && Object.keys(cells).find((id) => !columnsOf(sheet).some((column) => column.id === id))
    if (sheet && stray === undefined)
      return [{ sheet, name: null, lines: [{ row: i + 1, cells: new Map(Object.entries(cells)) }] }]
    const code = sheet ? ('unknown_column' as const) : ('unknown_sheet' as const)
    faults.push({ sheet: null, row: i + 1, column: stray ?? null, code, detail: stray ?? kind })
    return []
  })
  // what one form entered in several rows is one table
  const bySheet = [...Map.groupBy(lines, ({ sheet }) => sheet).entries()].map(([sheet, all]) => ({
    sheet,
    name: null,
    lines: all.flatMap((one) => one.lines),
  }))
  const read = recordsOf(bySheet, known)
  const placed = records.flatMap((raw, i): Placed[] => {
    const row = rows.length + i + 1
    const parsed = RecordShape.safeParse(raw)
    if (parsed.success) return [{ record: parsed.data, sheet: null, row }]
    const [issue] = parsed.error.issues
    const detail = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim().slice(0, 200)
    faults.push({ sheet: null, row, column: null, code: 'bad_record', detail })
    return []
  })
  return withFaults(
    { ...read, placed: [...read.placed, ...placed], rows: read.rows + records.length },
    faults,
  )
}

const withFaults = (read: RowsRead, faults: readonly Fault[]): RowsRead => ({
  ...read,
  faults: [...faults, ...read.faults],
})

/** All that is wrong with rows: what they say, what they name, and how many there are. */
export function faultsOf(read: RowsRead, known: readonly DatedRecord[]): Fault[] {
  const faults = [...read.faults, ...strangers(read.placed, known)]
  const whole = { sheet: null, row: null, column: null }
  if (read.placed.length > MOST)
    faults.push({ ...whole, code: 'too_many_rows', detail: `${read.placed.length}, at most ${MOST} at once` })
  if (read.rows === 0 && faults.length === 0) faults.push({ ...whole, code: 'no_rows', detail: null })
  return faults
}

/** Parts lists that name a material without a price, or an operation that the routing does not have. */
function strangers(placed: readonly Placed[], known: readonly DatedRecord[]): Fault[] {
  const all = [...known, ...placed.map(({ record }) => record)]
  const materials = new Set(all.filter(({ kind }) => kind === 'material').map(({ key }) => key))
  return placed.flatMap(({ record, sheet, row }) => {
    if (record.kind !== 'bom') return []
    const routing = bookAt(all, record.from).find('routing', record.key)
    return record.value.items.flatMap(({ material, operation }, i): Fault[] => {
      const at = { sheet, row: row === null ? null : row + i }
      const faults: Fault[] = []
      if (!materials.has(material))
        faults.push({ ...at, column: '材料编码', code: 'unknown_material', detail: material })
      if (routing && routing.operations.every((one) => one.operation !== operation))
        faults.push({ ...at, column: '投入工序', code: 'unknown_operation', detail: operation })
      return faults
    })
  })
}

/** The answer of a dry run; its effect is told apart. */
export function viewOf(
  read: RowsRead,
  known: readonly DatedRecord[],
  plant: Plant | null,
  now: Instant,
): View {
  const faults = faultsOf(read, known)
  const place = new Map(read.placed.map(({ record, sheet, row }) => [record, { sheet, row }]))
  const changes = changesOf(
    known,
    read.placed.map(({ record }) => record),
  )
  const count = (change: string) => changes.filter(({ changes: own }) => own === change).length
  const instants = changes.filter(({ changes: own }) => own !== 'equal').map(({ record }) => record.from)
  const from = instants.length > 0 ? Math.min(...instants) : null
  return {
    version: known.length,
    rows: read.rows,
    skipped: read.skipped,
    faults: faults.slice(0, SHOWN_FAULTS),
    faulty: faults.length,
    changes: changes.slice(0, SHOWN_CHANGES).map(({ record, before, changes: change }) => ({
      ...place.get(record)!,
      kind: record.kind,
      key: record.key,
      from: record.from,
      change,
      before: before === null ? null : { ...before.value },
      after: { ...record.value },
    })),
    counts: { new: count('new'), changed: count('changed'), equal: count('equal') },
    fromDay: from === null ? null : dayAt(plant, from),
    past: from !== null && from < now,
    effect: null,
    effectReason: faults.length > 0 ? 'faulty' : from === null ? 'nothing_changes' : 'not_valued',
  }
}

/** The production day that holds an instant: a price of 1 March counts for what is made after midnight in the night shift of 28 February. */
function dayAt(plant: Plant | null, from: Instant): string {
  const made = calendarOf(plant?.shifts ?? [], [])
  const calendar = 'calendar' in made ? made.calendar : { start: 0, shifts: [], closed: new Set<string>() }
  return productionDay(calendar, from)
}
