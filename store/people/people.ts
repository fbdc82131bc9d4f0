/**
 * People, sessions, API tokens and the one-time set-up token. The api process is the only writer. Secrets come in as hashes: a
 * password's argon2 string, the SHA-256 of a random session or API token. A change of someone's rights ends that person's sessions
 * in the same transaction.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { Instant } from '#domain/time.ts'
import { openPeopleFile } from './schema.ts'

export type PersonRecord = {
  readonly name: string
  readonly role: string
  /** Null: every firm. */
  readonly firms: readonly string[] | null
  readonly hash: string
  readonly disabled: boolean
  readonly createdAt: Instant
  readonly lastSeenAt: Instant | null
}
export type TokenRecord = {
  readonly id: number
  readonly name: string
  readonly role: string
  readonly firms: readonly string[] | null
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}
export type SessionRecord = { readonly person: PersonRecord; readonly expiresAt: Instant }
export type AuditRow = {
  readonly at: Instant
  readonly by: string
  readonly act: string
  readonly subject: string
  readonly detail: string
}
export type PersonDraft = Pick<PersonRecord, 'name' | 'role' | 'firms' | 'hash' | 'disabled'>
type Row = Record<string, SQLOutputValue>

/** Names differ only when they differ to a reader: `Li`, `li` and full-width `ｌｉ` are one person. */
const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase()

export class PeopleStore {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(file: string) {
    this.#db = openPeopleFile(file)
  }

  people(): PersonRecord[] {
    return this.#sql('SELECT * FROM people ORDER BY key').all().map(asPerson)
  }

  person(name: string): PersonRecord | null {
    const row = this.#sql('SELECT * FROM people WHERE key = ?').get(keyOf(name))
    return row ? asPerson(row) : null
  }

  /** How many people of this role can sign in. */
  countOf(role: string): number {
    const row = this.#sql('SELECT count(*) AS n FROM people WHERE role = ? AND disabled = 0').get(role)
    return Number(row?.['n'] ?? 0)
  }

  /** False: the name is taken. */
  addPerson(draft: PersonDraft, by: string, now: Instant): boolean {
    return this.#together(() => {
      const added = this.#sql(
        'INSERT INTO people (key, name, role, firms, hash, disabled, created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      ).run(
        keyOf(draft.name),
        draft.name,
        draft.role,
        firmsText(draft.firms),
        draft.hash,
        Number(draft.disabled),
        now,
      )
      if (added.changes === 0) return false
      this.#audit(now, by, 'person.add', draft.name, { role: draft.role, firms: draft.firms })
      return true
    })
  }

  /** Changes a person and ends that person's sessions. False: no such person. */
  changePerson(name: string, change: Partial<Omit<PersonDraft, 'name'>>, by: string, now: Instant): boolean {
    return this.#together(() => {
      const old = this.person(name)
      if (!old) return false
      const next = { ...old, ...change }
      this.#sql('UPDATE people SET role = ?, firms = ?, hash = ?, disabled = ? WHERE key = ?').run(
        next.role,
        firmsText(next.firms),
        next.hash,
        Number(next.disabled),
        keyOf(name),
      )
      this.#sql('DELETE FROM sessions WHERE person = ?').run(keyOf(name))
      this.#audit(now, by, 'person.change', old.name, {
        role: next.role,
        firms: next.firms,
        disabled: next.disabled,
        password: change.hash !== undefined,
      })
      return true
    })
  }

  addSession(hash: Uint8Array, name: string, now: Instant, expiresAt: Instant): void {
    this.#together(() => {
      this.#sql('DELETE FROM sessions WHERE expires_at <= ?').run(now)
      this.#sql('INSERT INTO sessions (hash, person, created_at, expires_at) VALUES (?, ?, ?, ?)').run(
        hash,
        keyOf(name),
        now,
        expiresAt,
      )
      this.#sql('UPDATE people SET last_seen_at = ? WHERE key = ?').run(now, keyOf(name))
    })
  }

  /** The living session of a token's hash; null when unknown, expired, or its person is disabled. */
  session(hash: Uint8Array, now: Instant): SessionRecord | null {
    const row = this.#sql(
      'SELECT people.*, expires_at FROM sessions JOIN people ON people.key = person WHERE sessions.hash = ? AND expires_at > ? AND disabled = 0',
    ).get(hash, now)
    return row ? { person: asPerson(row), expiresAt: Number(row['expires_at']) } : null
  }

  extendSession(hash: Uint8Array, now: Instant, expiresAt: Instant): void {
    this.#together(() => {
      this.#sql('UPDATE sessions SET expires_at = ? WHERE hash = ?').run(expiresAt, hash)
      this.#sql(
        'UPDATE people SET last_seen_at = ? WHERE key = (SELECT person FROM sessions WHERE hash = ?)',
      ).run(now, hash)
    })
  }

  endSession(hash: Uint8Array): void {
    this.#sql('DELETE FROM sessions WHERE hash = ?').run(hash)
  }

  tokens(): TokenRecord[] {
    return this.#sql('SELECT * FROM tokens WHERE revoked_at IS NULL ORDER BY id').all().map(asToken)
  }

  addToken(
    draft: { name: string; role: string; firms: readonly string[] | null; hash: Uint8Array },
    by: string,
    now: Instant,
  ): TokenRecord {
    return this.#together(() => {
      const { lastInsertRowid: id } = this.#sql(
        'INSERT INTO tokens (name, role, firms, hash, created_at) VALUES (?, ?, ?, ?, ?)',
      ).run(draft.name, draft.role, firmsText(draft.firms), draft.hash, now)
      this.#audit(now, by, 'token.add', draft.name, { id: Number(id), role: draft.role, firms: draft.firms })
      return {
        id: Number(id),
        name: draft.name,
        role: draft.role,
        firms: draft.firms,
        createdAt: now,
        lastUsedAt: null,
      }
    })
  }

  /** The living token of this hash, or null. */
  token(hash: Uint8Array): TokenRecord | null {
    const row = this.#sql('SELECT * FROM tokens WHERE hash = ? AND revoked_at IS NULL').get(hash)
    return row ? asToken(row) : null
  }

  touchToken(id: number, now: Instant): void {
    this.#sql('UPDATE tokens SET last_used_at = ? WHERE id = ?').run(now, id)
  }

  /** False: no such living token. */
  revokeToken(id: number, by: string, now: Instant): boolean {
    return this.#together(() => {
      const done = this.#sql('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL').run(
        now,
        id,
      )
      if (done.changes === 0) return false
      this.#audit(now, by, 'token.revoke', String(id), {})
      return true
    })
  }

  /** Replaces the set-up token: only the newest link works. */
  putSetup(hash: Uint8Array, expiresAt: Instant): void {
    this.#sql('INSERT OR REPLACE INTO setup (one, hash, expires_at) VALUES (1, ?, ?)').run(hash, expiresAt)
  }

  isSetup(hash: Uint8Array, now: Instant): boolean {
    return this.#sql('SELECT 1 FROM setup WHERE hash = ? AND expires_at > ?').get(hash, now) !== undefined
  }

  /** Uses the set-up token up and creates the first administrator, both or neither. */
  redeemSetup(hash: Uint8Array, draft: PersonDraft, now: Instant): 'created' | 'refused' | 'taken' {
    return this.#together(() => {
      if (!this.isSetup(hash, now) || this.countOf('administrator') > 0) return 'refused'
      if (!this.addPerson(draft, 'setup', now)) return 'taken'
      this.#sql('DELETE FROM setup').run()
      return 'created'
    })
  }

  /** Newest first. */
  audit(limit: number): AuditRow[] {
    return this.#sql('SELECT at, by, act, subject, detail FROM audit ORDER BY id DESC LIMIT ?')
      .all(limit)
      .map((row) => row as unknown as AuditRow)
  }

  close(): void {
    this.#db.close()
  }

  #audit(at: Instant, by: string, act: string, subject: string, detail: Record<string, unknown>): void {
    this.#sql('INSERT INTO audit (at, by, act, subject, detail) VALUES (?, ?, ?, ?, ?)').run(
      at,
      by,
      act,
      subject,
      JSON.stringify(detail),
    )
  }

  /** All or nothing; a call inside another joins it. */
  #together<T>(run: () => T): T {
    if (this.#db.isTransaction) return run()
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = run()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #sql(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known) return known
    const made = this.#db.prepare(text)
    this.#statements.set(text, made)
    return made
  }
}

const firmsText = (firms: readonly string[] | null): string | null => (firms ? JSON.stringify(firms) : null)
const firmsOf = (row: Row): readonly string[] | null =>
  row['firms'] === null ? null : (JSON.parse(String(row['firms'])) as string[])
const maybe = (value: SQLOutputValue | undefined): number | null =>
  value === null || value === undefined ? null : Number(value)

function asPerson(row: Row): PersonRecord {
  return {
    name: String(row['name']),
    role: String(row['role']),
    firms: firmsOf(row),
    hash: String(row['hash']),
    disabled: row['disabled'] === 1,
    createdAt: Number(row['created_at']),
    lastSeenAt: maybe(row['last_seen_at']),
  }
}

function asToken(row: Row): TokenRecord {
  return {
    id: Number(row['id']),
    name: String(row['name']),
    role: String(row['role']),
    firms: firmsOf(row),
    createdAt: Number(row['created_at']),
    lastUsedAt: maybe(row['last_used_at']),
  }
}
