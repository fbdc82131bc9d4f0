/** Answers and bodies of the REST API that are about dated records. */
import { z } from 'zod'
import type { RecordKind } from '#domain/accounting/records.ts'
import { CELL_FAULTS } from './recordCells.ts'
import { VALUES } from './recordShape.ts'

const instant = z.int().describe('ms since 1970 UTC')
const kind = z.enum(Object.keys(VALUES) as [RecordKind, ...RecordKind[]])

export const RecordsQuery = z.strictObject({
  kind: kind.optional(),
  key: z.string().min(1).max(200).optional(),
})

export const RecordView = z.object({
  id: z.int().describe('1, 2, 3 … in the order of acceptance'),
  kind,
  key: z.string(),
  from: instant,
  value: z
    .record(z.string(), z.unknown())
    .describe('whole micro-yuan, milli-units, milliseconds, millionths'),
  source: z.string(),
  illustrative: z.boolean(),
  provisional: z.boolean(),
  /** Holds now: none of the same kind and key is newer and in force. */
  current: z.boolean(),
  /** When it was accepted, where in the journal, and from whom. */
  at: instant,
  offset: z.int(),
  by: z.string(),
})
export const RecordList = z.object({
  /** How many were ever accepted: what a check is made against. */
  version: z.int(),
  records: z.array(RecordView),
})

/** A row of a table (contract/recordSheets.ts), cells by column. */
export const RecordRow = z.strictObject({ kind, cells: z.record(z.string().max(64), z.string().max(5000)) })
/**
 * Entered rows, or records as they are kept; a file (CSV or xlsx) may be sent in their place. `basis`: the version that a check was made
 * against; when other records came meanwhile, nothing is put.
 */
export const RecordsEntry = z.strictObject({
  rows: z.array(RecordRow).max(200).optional(),
  records: z.array(z.unknown()).max(500).optional(),
  basis: z.int().min(0).optional(),
  reason: z.string().min(1).max(500).optional(),
})
/** Of a file: the table it is of (a CSV whose headings do not tell), and `basis`. */
export const RecordsFileQuery = z.strictObject({
  kind: kind.optional(),
  basis: z
    .string()
    .regex(/^\d{1,9}$/, 'a whole number is needed')
    .transform(Number)
    .optional(),
})

/** Why a row is no record; the cell's own faults before. */
export const ROW_FAULTS = [
  ...CELL_FAULTS,
  'too_early', // before 2000
  'too_late', // after 2100
  'unknown_sheet',
  'unknown_column',
  'missing_column',
  'double_column',
  'nothing_to_keep', // a blank stays as it is in force, and nothing is
  'double_row', // the same record twice, and not the same
  'unknown_material', // nobody ever gave it a price
  'unknown_operation', // the product's routing has none of this name
  'bad_record', // what the kind forbids; `detail` says what
  'too_many_rows',
  'no_rows',
] as const

export const RecordFault = z.object({
  sheet: z.string().nullable(),
  /** As a spreadsheet counts, 1 is the heading; null: the whole table. */
  row: z.int().nullable(),
  column: z.string().nullable(),
  code: z.enum(ROW_FAULTS),
  /** The cell as it was read, or what is wrong in words. */
  detail: z.string().nullable(),
})

export const RecordChangeView = z.object({
  sheet: z.string().nullable(),
  row: z.int().nullable(),
  kind,
  key: z.string(),
  from: instant,
  change: z.enum(['new', 'changed', 'equal']),
  /** What holds at its instant without it; null: nothing. */
  before: z.record(z.string(), z.unknown()).nullable(),
  after: z.record(z.string(), z.unknown()),
})

/** A settled day as it would come out: yuan for every 100 yuan, and nano-yuan as text; null where it is not known. */
export const RecordsEffect = z.object({
  days: z.array(
    z.object({
      day: z.string(),
      uBefore: z.number().nullable(),
      uAfter: z.number().nullable(),
      costBefore: z.string().nullable(),
      costAfter: z.string().nullable(),
    }),
  ),
  /** Days that change beside those. */
  more: z.int(),
})

export const RecordsCheck = z.object({
  version: z.int(),
  /** Rows read, the headings and examples left out. */
  rows: z.int(),
  skipped: z.int().describe('example rows'),
  /** At most 500, and how many there are. */
  faults: z.array(RecordFault),
  faulty: z.int(),
  changes: z.array(RecordChangeView).describe('at most 1000'),
  counts: z.object({ new: z.int(), changed: z.int(), equal: z.int() }),
  /** First production day whose figures change; null: none. */
  fromDay: z.string().nullable(),
  /** It lies before now: figures that were shown change, as a new version. */
  past: z.boolean(),
  effect: RecordsEffect.nullable(),
  /** Why no effect is told. */
  effectReason: z.enum(['not_valued', 'nothing_changes', 'faulty']).nullable(),
})
