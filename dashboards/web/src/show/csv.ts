/**
 * Rows as a CSV file that a spreadsheet opens and runs nothing of: RFC 4180, with the mark by which Excel knows UTF-8. A text that a
 * spreadsheet would take for a formula gets an apostrophe in front; what is a number stays one, a negative one too.
 * Shown: -2.49 · 97.2 · '=HYPERLINK("http://x") · '@SUM(1) · '-1+cmd|' /C calc'!A0
 */
export type CsvCell = string | number | bigint | null

/** A whole or decimal number as code writes it: no grouping, no unit. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/
/** Excel and WPS take the wide signs for the narrow ones; a gap in front may be trimmed when the file is read. */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/
/** Also what parts cells where a locale or a setting says so, so that no rest of a text begins a cell of its own. */
const QUOTED = /["',;|\t\r\n]|^\s|\s$/

export function csvCell(cell: CsvCell): string {
  if (cell === null || (typeof cell === 'number' && !Number.isFinite(cell))) return ''
  const text = String(cell)
  if (typeof cell !== 'string' || NUMBER.test(text)) return text
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return QUOTED.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

export const csvText = (rows: readonly (readonly CsvCell[])[]): string =>
  `\uFEFF${rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')}`

/**
 * A name for a file to be saved: one part of a path, of any script, without what a file system, a shell or a header would take for more
 * than a name. `order "WO/7"\r\nx: y.csv` -> `order WO 7 x y.csv`
 */
export const fileName = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[^\p{L}\p{N}._-]+/gu, ' ')
    .replaceAll(/\.{2,}/g, '.')
    .replace(/^[\s.-]+/, '')
    .trim()
    .slice(0, 120) || 'file'
