/** A table as it was read from a file, before anybody looks at what it says. */
import type { Cell } from '#contract/recordCells.ts'
import type { z } from 'zod'
import type { RecordFault } from '#contract/rest.ts'

export type Table = {
  /** Name of its sheet; null: the file has none. */
  readonly name: string | null
  readonly rows: readonly (readonly Cell[])[]
  /** Cells with a formula, as `C5`. */
  readonly formulas: readonly string[]
}

export type Fault = z.infer<typeof RecordFault>

/** Why a file is none that can be read: the whole of it is refused. */
export const FILE_FAULTS = {
  empty: 'the file is empty',
  not_a_zip: 'the file is no xlsx: it cannot be unpacked',
  not_a_spreadsheet: 'the file is no xlsx spreadsheet; an older .xls has to be saved as .xlsx',
  encrypted: 'the file is protected by a password',
  too_many_entries: 'the file holds too much to be a table of records',
  too_large: 'the file unpacks to more than 20 MB',
  not_text: 'the file is neither xlsx nor text in UTF-8 or GB18030',
  bad_csv: 'the file is no CSV',
} as const
export type FileFault = keyof typeof FILE_FAULTS
export type Tables =
  { readonly tables: readonly Table[] } | { readonly fault: FileFault; readonly detail?: string }

/** At most; a table that is longer is cut there, and says so when it is looked at. */
export const MAX_ROWS = 20_000
