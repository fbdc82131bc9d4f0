/**
 * Ageing: minutes older than the raw retention become quarter-hour summaries, which are kept for ever. A minute that was written
 * lately (history brought in, a late gateway) stays as long as a fresh one, so that its neighbours can still arrive.
 */
import { QUARTER_MINUTES, MINUTE_KEYS, QUARTER_KEYS, type FirmFile } from './firmFile.ts'

/** Rows of one visit: one day of minutes and a quarter. */
const VISIT = 1440 + QUARTER_MINUTES

type Row = {
  key: number
  written: number
  n: number
  sum: number
  min: number
  max: number
  first: number
  last: number
}

/** Ages one series of a file up to a minute of journal time (exclusive). Returns how many minutes went. */
export function ageSeries(file: FirmFile, series: number, before: number): number {
  const border = Math.floor(before / QUARTER_MINUTES) * QUARTER_MINUTES
  const rows = file.db
    .prepare(
      'SELECT key, written, n, sum, min, max, first, last FROM minute WHERE key >= ? AND key < ? ORDER BY key LIMIT ?',
    )
    .all(series * MINUTE_KEYS, series * MINUTE_KEYS + border, VISIT) as unknown as Row[]
  const quarterOf = (row: Row) => Math.floor((row.key - series * MINUTE_KEYS) / QUARTER_MINUTES)
  const byQuarter = Map.groupBy(rows, quarterOf)
  if (rows.length === VISIT) byQuarter.delete(quarterOf(rows.at(-1)!)) // perhaps not whole
  let gone = 0
  file.transaction(file.cursor, () => {
    const put = file.db.prepare('INSERT OR IGNORE INTO quarter VALUES (?, ?, ?, ?, ?, ?, ?)')
    const remove = file.db.prepare('DELETE FROM minute WHERE key BETWEEN ? AND ?')
    for (const [quarter, minutes] of byQuarter) {
      if (minutes.some((minute) => minute.written >= border)) continue
      const sum = (of: (row: Row) => number) => minutes.reduce((total, row) => total + of(row), 0)
      put.run(
        series * QUARTER_KEYS + quarter,
        sum((row) => row.n),
        sum((row) => row.sum),
        Math.min(...minutes.map((row) => row.min)),
        Math.max(...minutes.map((row) => row.max)),
        minutes[0]!.first,
        minutes.at(-1)!.last,
      )
      remove.run(minutes[0]!.key, minutes.at(-1)!.key)
      gone += minutes.length
    }
    if (gone > 0) file.putAged(border)
  })
  return gone
}
