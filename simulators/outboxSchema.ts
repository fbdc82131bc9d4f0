/** Tables of the simulators' outbox. A file of an earlier version gets the columns that it lacks; its items are sent as they are. */
import type { DatabaseSync } from 'node:sqlite'

const TABLES = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
  CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, firm TEXT NOT NULL, machine TEXT NOT NULL,
    class TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, qos INTEGER NOT NULL, item TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS items_of_device ON items (device, id);
  CREATE TABLE IF NOT EXISTS machines (path TEXT PRIMARY KEY, sim TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS faults (place INTEGER PRIMARY KEY, fault TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS fault_states (name TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS truths (
    id INTEGER PRIMARY KEY AUTOINCREMENT, firm TEXT NOT NULL, changes TEXT NOT NULL) STRICT;
`
const ADDED = {
  skew: 'INTEGER NOT NULL DEFAULT 0',
  raw: 'TEXT',
  timed: 'INTEGER NOT NULL DEFAULT 1',
} as const

export function prepareOutbox(db: DatabaseSync): void {
  db.exec(TABLES)
  const known = new Set(
    db
      .prepare('PRAGMA table_info(items)')
      .all()
      .map((row) => row['name']),
  )
  for (const [name, type] of Object.entries(ADDED))
    if (!known.has(name)) db.exec(`ALTER TABLE items ADD COLUMN ${name} ${type}`)
}
