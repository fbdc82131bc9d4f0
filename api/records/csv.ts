/**
 * A CSV file: UTF-8 with or without its mark, UTF-16 as Excel's "Unicode text", or GB18030 as Excel writes it in China; parted by commas,
 * semicolons or tabs, whichever parts the first line into most cells.
 */
import { parse } from 'csv-parse/sync'
import { MAX_ROWS, type Tables } from './table.ts'

const DELIMITERS = [',', ';', '\t', '，', '；'] as const

/** Never throws. */
export function readCsv(file: Uint8Array): Tables {
  const text = textOf(file)
  if (text === null) return { fault: 'not_text' }
  if (text.trim() === '') return { fault: 'empty' }
  const [line = ''] = text.split(/\r?\n/).filter((one) => one.trim() !== '')
  const delimiter = DELIMITERS.toSorted((a, b) => line.split(b).length - line.split(a).length)[0]!
  try {
    const rows = parse(text, {
      delimiter,
      relaxColumnCount: true,
      skipEmptyLines: false,
      to: MAX_ROWS,
      maxRecordSize: 100_000,
    })
    return { tables: [{ name: null, rows, formulas: [] }] }
  } catch (error) {
    const { lines } = error as { lines?: unknown }
    return { fault: 'bad_csv', ...(typeof lines === 'number' ? { detail: `line ${lines}` } : {}) }
  }
}

function textOf(file: Uint8Array): string | null {
  const marked = file[0] === 0xff && file[1] === 0xfe
  for (const encoding of marked ? ['utf-16le'] : ['utf-8', 'gb18030'])
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(file)
      return text.includes('\u0000') ? null : text
    } catch {
      continue
    }
  return null
}
