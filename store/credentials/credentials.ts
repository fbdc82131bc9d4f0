/**
 * Who may connect: devices, gateways and service accounts, each with its secret's hash and what it may speak for or read.
 * One SQLite file, written through and synced before a call returns; memory answers every question. The broker holds the file alone:
 * a second process is refused by SQLite itself.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { Instant } from '#domain/time.ts'

export type AccountKind = 'device' | 'gateway' | 'service'

/** One object per account for as long as it lives; `machines`, `firms` and `removed` change in place, so a session sees it at once. */
export type Account = {
  readonly kind: AccountKind
  /** `firm/site/area/line/machine`, `firm/<gateway>`, or a service account's name. */
  readonly path: string
  readonly clientId: string
  readonly username: string
  /** SHA-256 of the secret. */
  hash: Buffer
  /** `firm/site/area/line/machine`, what it may speak for; empty for a service account. */
  machines: readonly string[]
  /** Firms whose mirror a service account may read; `*` is every firm, also later ones. */
  firms: readonly string[]
  /** May publish the mirror of its firms. */
  mirror: boolean
  readonly created: Instant
  rotated: Instant
  removed: boolean
}

export type NewAccount = Pick<
  Account,
  'kind' | 'path' | 'clientId' | 'username' | 'machines' | 'firms' | 'mirror'
>
/** A secret is shown once: here. 160 random bits. */
export type Issued = { readonly account: Account; readonly secret: string }

export type Credentials = {
  find(username: string): Account | undefined
  byClientId(clientId: string): Account | undefined
  byPath(path: string): Account | undefined
  list(): readonly Account[]
  /** Null when the path, client id or user name is taken. */
  add(account: NewAccount, now: Instant): Issued | null
  /** A new secret for the account; the old one ends. */
  rotate(account: Account, now: Instant): Issued
  /** Changes what the account may speak for or read. */
  grant(account: Account, rights: Pick<NewAccount, 'machines' | 'firms' | 'mirror'>): void
  remove(account: Account): void
  close(): void
}

const NOBODY = Buffer.alloc(32)
const hashOf = (secret: string | Uint8Array): Buffer => createHash('sha256').update(secret).digest()

/** Whether the secret is the account's. Takes the same time for an unknown account. */
export function isSecretOf(account: Account | undefined, secret: string | Uint8Array): boolean {
  const same = timingSafeEqual(hashOf(secret), account?.hash ?? NOBODY)
  return same && account !== undefined && !account.removed
}

type Row = {
  kind: AccountKind
  path: string
  client_id: string
  username: string
  hash: Uint8Array
  machines: string
  firms: string
  mirror: number
  created: number
  rotated: number
}

/** Opens or creates the file. Throws when it cannot be read, or another process has it open. */
export function openCredentials(file: string): Credentials {
  const db = new DatabaseSync(file)
  try {
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS account (
      path TEXT PRIMARY KEY, kind TEXT NOT NULL, client_id TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE,
      hash BLOB NOT NULL, machines TEXT NOT NULL, firms TEXT NOT NULL, mirror INTEGER NOT NULL,
      created INTEGER NOT NULL, rotated INTEGER NOT NULL) STRICT`)
  } catch (error) {
    db.close()
    throw error
  }
  const put = db.prepare(`INSERT OR REPLACE INTO account
    (path, kind, client_id, username, hash, machines, firms, mirror, created, rotated) VALUES (?,?,?,?,?,?,?,?,?,?)`)
  const drop = db.prepare('DELETE FROM account WHERE path = ?')
  const byPath = new Map<string, Account>()
  const byUser = new Map<string, Account>()
  const byClient = new Map<string, Account>()

  const remember = (account: Account): void => {
    byPath.set(account.path, account)
    byUser.set(account.username, account)
    byClient.set(account.clientId, account)
  }
  const save = (a: Account): void => {
    const machines = JSON.stringify(a.machines)
    const firms = JSON.stringify(a.firms)
    put.run(
      a.path,
      a.kind,
      a.clientId,
      a.username,
      a.hash,
      machines,
      firms,
      Number(a.mirror),
      a.created,
      a.rotated,
    )
  }
  for (const row of db.prepare('SELECT * FROM account ORDER BY path').all() as unknown as Row[])
    remember({
      kind: row.kind,
      path: row.path,
      clientId: row.client_id,
      username: row.username,
      hash: Buffer.from(row.hash),
      machines: JSON.parse(row.machines) as string[],
      firms: JSON.parse(row.firms) as string[],
      mirror: row.mirror === 1,
      created: row.created,
      rotated: row.rotated,
      removed: false,
    })

  return {
    find: (username) => byUser.get(username),
    byClientId: (clientId) => byClient.get(clientId),
    byPath: (path) => byPath.get(path),
    list: () => [...byPath.values()],
    add(fresh, now) {
      if (byPath.has(fresh.path) || byUser.has(fresh.username) || byClient.has(fresh.clientId)) return null
      const secret = randomBytes(20).toString('base64url')
      const account: Account = { ...fresh, hash: hashOf(secret), created: now, rotated: now, removed: false }
      save(account)
      remember(account)
      return { account, secret }
    },
    rotate(account, now) {
      const secret = randomBytes(20).toString('base64url')
      const hash = hashOf(secret)
      save({ ...account, hash, rotated: now })
      account.hash = hash
      account.rotated = now
      return { account, secret }
    },
    grant(account, rights) {
      save({ ...account, ...rights })
      Object.assign(account, rights)
    },
    remove(account) {
      drop.run(account.path)
      account.removed = true
      byPath.delete(account.path)
      byUser.delete(account.username)
      byClient.delete(account.clientId)
    },
    close: () => db.close(),
  }
}
