/**
 * Dated records and the accounts of production days that they value, as rows. Both are only ever added: an account is put again under
 * its revision only with the same content, made of something else.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '#domain/time.ts'
import type { AccountRow, RecordRow } from './changes.ts'
import { pack, unpack } from './packed.ts'

type Stored = {
  id: number
  kind: string
  key: string
  from: Instant
  value: string
  source: string
  illustrative: number
  provisional: number
  at: Instant
  offset: number
  by: string
}

// kind and value were checked together before they were accepted
const recordOf = ({ value, illustrative, provisional, ...rest }: Stored): RecordRow =>
  ({
    ...rest,
    value: JSON.parse(value) as unknown,
    illustrative: illustrative === 1,
    ...(provisional === 1 && { provisional: true }),
  }) as RecordRow

const RECORD_COLUMNS =
  'id, kind, key, since AS "from", value, source, illustrative, provisional, at, offset, by'

/** Rows of a ledger in the order in which they were accepted. */
export function openRecordReader(db: DatabaseSync) {
  const after = db.prepare(`SELECT ${RECORD_COLUMNS} FROM record WHERE id > ? ORDER BY id`)
  return {
    /** Records accepted after one of this id; 0: all. */
    records: (id = 0): RecordRow[] => (after.all(id) as unknown as Stored[]).map(recordOf),
  }
}

/** What stands for a settled day, without its account. */
export type AccountHead = Omit<AccountRow, 'text'>

const HEAD_COLUMNS = 'day, revision, basis, reason, at, hash'

const withText = (row: unknown): AccountRow => {
  const { account, ...head } = row as AccountHead & { account: Uint8Array }
  return { ...head, text: unpack(account) }
}

export function openAccountReader(db: DatabaseSync) {
  const newest = `FROM account_day AS a WHERE revision = (SELECT max(revision) FROM account_day WHERE day = a.day)`
  const heads = db.prepare(`SELECT ${HEAD_COLUMNS} ${newest} AND day BETWEEN ? AND ? ORDER BY day`)
  const rows = db.prepare(`SELECT ${HEAD_COLUMNS}, account ${newest} AND day BETWEEN ? AND ? ORDER BY day`)
  const before = db.prepare(
    `SELECT ${HEAD_COLUMNS} FROM account_day WHERE day < ? ORDER BY day DESC, revision DESC LIMIT 1`,
  )
  const one = db.prepare(`SELECT ${HEAD_COLUMNS}, account FROM account_day WHERE day = ? AND revision = ?`)
  const revisions = db.prepare(`SELECT ${HEAD_COLUMNS} FROM account_day WHERE day = ? ORDER BY revision`)
  return {
    /** The newest revision of each day from … to, both inside. */
    accountHeads: (from: string, to: string) => heads.all(from, to) as unknown as AccountHead[],
    /** The newest revision of the last valued day before a day, however long ago. */
    accountBefore: (day: string) => (before.get(day) as AccountHead | undefined) ?? null,
    accounts: (from: string, to: string): AccountRow[] => rows.all(from, to).map(withText),
    account: (day: string, revision: number): AccountRow | null => {
      const row = one.get(day, revision)
      return row ? withText(row) : null
    },
    /** Every revision of a day, the oldest first. */
    accountRevisions: (day: string) => revisions.all(day) as unknown as AccountHead[],
  }
}

export function openRecordRows(db: DatabaseSync) {
  const record = db.prepare(`INSERT INTO record
    (id, kind, key, since, value, source, illustrative, provisional, at, offset, by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const account = db.prepare(
    `INSERT OR REPLACE INTO account_day (${HEAD_COLUMNS}, account) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  return {
    ...openRecordReader(db),
    ...openAccountReader(db),
    putRecord: (row: RecordRow): void => {
      const { id, kind, key, from, value, source, illustrative, provisional = false, at, offset, by } = row
      const flags = [Number(illustrative), Number(provisional)] as const
      record.run(id, kind, key, from, JSON.stringify(value), source, ...flags, at, offset, by)
    },
    putAccount: ({ day, revision, basis, reason, at, hash, text }: AccountRow): void => {
      account.run(day, revision, basis, reason, at, hash, pack(text))
    },
  }
}
