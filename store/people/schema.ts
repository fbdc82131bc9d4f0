/** people.db: who may sign in, open sessions, API tokens, and an append-only audit of people matters. synchronous=FULL. */
import fs from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** One entry per version; a file is brought up to date inside one transaction. Never change an entry, add one. */
const MIGRATIONS = [
  `CREATE TABLE people (
     key TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, firms TEXT, hash TEXT NOT NULL,
     disabled INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, last_seen_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE sessions (
     hash BLOB PRIMARY KEY, person TEXT NOT NULL REFERENCES people(key),
     created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_person ON sessions(person);
   CREATE TABLE tokens (
     id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, role TEXT NOT NULL, firms TEXT,
     hash BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, last_used_at INTEGER, revoked_at INTEGER
   ) STRICT;
   CREATE TABLE setup (one INTEGER PRIMARY KEY CHECK (one = 1), hash BLOB NOT NULL, expires_at INTEGER NOT NULL) STRICT;
   CREATE TABLE audit (
     id INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
   CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;`,
] as const

/** Opens the file (0600), creating it and bringing it up to date. Throws when a newer program wrote it. */
export function openPeopleFile(file: string): DatabaseSync {
  if (file !== ':memory:' && !fs.existsSync(file)) fs.closeSync(fs.openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: 5000 })
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON')
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > MIGRATIONS.length) throw new Error(`${file} was written by a newer version of the product`)
  for (let next = version; next < MIGRATIONS.length; next++)
    db.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[next]}; PRAGMA user_version=${next + 1}; COMMIT`)
  return db
}
