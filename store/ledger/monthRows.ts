/** Closed months as rows that are only ever added: the accounts that a close froze, under a snapshot id that names their content. */
import type { DatabaseSync } from 'node:sqlite'
import type { MonthCloseRow } from './changes.ts'

type Stored = Omit<MonthCloseRow, 'days'> & { readonly days: string }

const COLUMNS = 'month, snapshot, days, records, note, by, at, offset'

export function openMonthReader(db: DatabaseSync) {
  const all = db.prepare(`SELECT ${COLUMNS} FROM month_close ORDER BY month`)
  return {
    /** The oldest month first. */
    monthCloses: (): MonthCloseRow[] =>
      (all.all() as unknown as Stored[]).map(({ days, ...row }) => ({
        ...row,
        days: JSON.parse(days) as MonthCloseRow['days'],
      })),
  }
}

export function openMonthRows(db: DatabaseSync) {
  const put = db.prepare(`INSERT INTO month_close (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  return {
    ...openMonthReader(db),
    put: ({ month, snapshot, days, records, note, by, at, offset }: MonthCloseRow): void => {
      put.run(month, snapshot, JSON.stringify(days), records, note, by, at, offset)
    },
  }
}
