/**
 * The tables of a ledger, as steps that are only ever added to. `PRAGMA user_version` counts the steps a file has taken.
 *
 * Written at once and never changed: event, plant, correction, withheld, machine_event, settled, hash_block, message_block. Rows of state
 * (progress, machine, stream, state_run, quarantine, open_day, sample_day, and pane_day until it is settled) are replaced; all of it in one
 * transaction per commit, together with the cursor.
 */
import type { DatabaseSync } from 'node:sqlite'

/** Events that have a say long after they happened: found by type without reading all others. A query must repeat the words. */
export const LASTING = `type IN ('order_start', 'order_end', 'maintenance', 'meter_swap')`
export const SIGNS = `type IN ('sign_on', 'sign_off')`

const STEPS = [
  `CREATE TABLE progress (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     cursor INTEGER NOT NULL,           -- journal commit up to which this file is complete
     offset INTEGER NOT NULL,           -- newest journal entry of the firm in it
     at INTEGER NOT NULL,               -- journal time of that entry
     clock TEXT NOT NULL,               -- newest tick, JSON
     counts TEXT NOT NULL               -- balance of accounts, JSON
   ) STRICT;
   CREATE TABLE event (
     cursor INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     kind TEXT NOT NULL,
     offset INTEGER,
     control TEXT,                      -- id of the control entry that it answers
     body TEXT NOT NULL,
     hash TEXT NOT NULL                 -- SHA-256 over the previous hash and this row
   ) STRICT;
   CREATE UNIQUE INDEX event_control ON event (control) WHERE control IS NOT NULL;
   CREATE TABLE plant (
     version INTEGER PRIMARY KEY,
     since INTEGER NOT NULL,
     offset INTEGER NOT NULL,           -- in force for journal entries from here on
     json TEXT NOT NULL
   ) STRICT;
   CREATE TABLE quarantine (
     id INTEGER PRIMARY KEY,
     reason TEXT NOT NULL,
     detail TEXT NOT NULL,
     account TEXT NOT NULL,
     machine TEXT,
     class TEXT,
     boot TEXT,
     seq INTEGER,
     ts INTEGER,
     received_at INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     item INTEGER NOT NULL,
     stands INTEGER,
     status TEXT NOT NULL,
     decided_by TEXT,
     decided_at INTEGER,
     decided_offset INTEGER,
     UNIQUE (offset, item)
   ) STRICT;
   CREATE INDEX quarantine_status ON quarantine (status, reason, id);
   CREATE INDEX quarantine_decided ON quarantine (decided_offset) WHERE decided_offset IS NOT NULL;
   CREATE TABLE quarantine_reason (
     reason TEXT PRIMARY KEY,
     count INTEGER NOT NULL,            -- every item put aside and not released, kept as a row or not
     last_at INTEGER NOT NULL,
     last_machine TEXT
   ) STRICT;
   CREATE TABLE withheld (
     offset INTEGER NOT NULL,
     item INTEGER NOT NULL,
     PRIMARY KEY (offset, item)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE state_run (
     machine TEXT NOT NULL,
     ts INTEGER NOT NULL,
     last_ts INTEGER NOT NULL,
     state TEXT NOT NULL,
     reason TEXT,
     seq INTEGER NOT NULL,
     PRIMARY KEY (machine, ts)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE machine (
     path TEXT PRIMARY KEY,
     live TEXT NOT NULL,
     registers TEXT NOT NULL,
     messages BLOB NOT NULL,            -- the open block of the message index
     boots TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE stream (
     id INTEGER PRIMARY KEY,
     machine TEXT NOT NULL,
     class TEXT NOT NULL,
     key TEXT NOT NULL,                 -- 's' + boot, or 'n' for items without seq
     state TEXT NOT NULL,               -- ranges of seqs ever seen, JSON
     tail BLOB NOT NULL,                -- hashes of the newest block
     UNIQUE (machine, class, key)
   ) STRICT;
   CREATE TABLE hash_block (
     day INTEGER NOT NULL,
     stream INTEGER NOT NULL,
     block INTEGER NOT NULL,
     hashes BLOB NOT NULL,
     PRIMARY KEY (day, stream, block)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE message_block (
     machine TEXT NOT NULL,
     first_offset INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     boots TEXT NOT NULL,
     records BLOB NOT NULL,
     PRIMARY KEY (machine, first_offset)
   ) STRICT, WITHOUT ROWID;`,
  // Until here events were only rows of `event`, and those hold no boot.
  `CREATE TABLE machine_event (
     machine TEXT NOT NULL,
     ts INTEGER NOT NULL,
     boot TEXT NOT NULL,
     seq INTEGER NOT NULL,              -- of an item without one: minus its content hash
     type TEXT NOT NULL,
     fields TEXT NOT NULL,              -- JSON, without the type
     offset INTEGER NOT NULL,
     PRIMARY KEY (machine, ts, boot, seq)
   ) STRICT, WITHOUT ROWID;
   INSERT OR IGNORE INTO machine_event
     SELECT body ->> 'machine', body ->> 'ts', '', coalesce(body ->> 'seq', -cursor), body ->> 'type',
       json_remove(body, '$.machine', '$.ts', '$.seq', '$.type'), coalesce(offset, 0)
     FROM event WHERE kind = 'machine.event'
       AND body ->> 'machine' IS NOT NULL AND body ->> 'ts' IS NOT NULL AND body ->> 'type' IS NOT NULL;`,
  // Until here a state's order was not kept, and samples of registers only in the journal.
  `ALTER TABLE state_run ADD COLUMN order_id TEXT;
   ALTER TABLE state_run ADD COLUMN product TEXT;
   ALTER TABLE state_run ADD COLUMN operation TEXT;
   CREATE INDEX machine_event_lasting ON machine_event (machine, type, ts) WHERE ${LASTING};
   CREATE INDEX machine_event_sign ON machine_event (ts) WHERE ${SIGNS};
   CREATE TABLE sample_log (
     id INTEGER PRIMARY KEY,
     machine TEXT NOT NULL,
     day INTEGER NOT NULL,              -- UTC day
     samples TEXT NOT NULL              -- samples.ts
   ) STRICT;
   CREATE TABLE sample_day (
     id INTEGER PRIMARY KEY,
     machine TEXT NOT NULL,
     day INTEGER NOT NULL,
     names TEXT NOT NULL,               -- measures in it
     samples BLOB NOT NULL,             -- zstd
     UNIQUE (machine, day)
   ) STRICT;
   CREATE TABLE pane_day (
     machine TEXT NOT NULL,
     length INTEGER NOT NULL,           -- ms
     day TEXT NOT NULL,                 -- production day
     shift INTEGER NOT NULL,            -- index in the plant's shifts, −1 outside of them
     revision INTEGER NOT NULL,
     hash BLOB NOT NULL,                -- SHA-256 of the panes' text
     panes BLOB NOT NULL,               -- panes and their sources, zstd
     PRIMARY KEY (machine, length, day, shift, revision)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE settled (
     day TEXT NOT NULL,
     shift INTEGER NOT NULL,
     revision INTEGER NOT NULL,
     at INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     reason TEXT,
     hash TEXT NOT NULL,
     PRIMARY KEY (day, shift, revision)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE open_day (
     day TEXT PRIMARY KEY,
     state TEXT NOT NULL                -- JSON, of the aggregate stage
   ) STRICT, WITHOUT ROWID;`,
  // Until here nothing was valued.
  `CREATE TABLE record (
     id INTEGER PRIMARY KEY,            -- 1, 2, 3 … in the order of acceptance
     kind TEXT NOT NULL,
     key TEXT NOT NULL,
     since INTEGER NOT NULL,            -- in force from this instant on
     value TEXT NOT NULL,               -- JSON, by kind
     source TEXT NOT NULL,
     illustrative INTEGER NOT NULL,
     provisional INTEGER NOT NULL,
     at INTEGER NOT NULL,               -- journal time and place of its acceptance
     offset INTEGER NOT NULL,
     by TEXT NOT NULL
   ) STRICT;
   CREATE INDEX record_key ON record (kind, key, since);
   CREATE TABLE account_day (
     day TEXT NOT NULL,                 -- production day, all of it settled
     revision INTEGER NOT NULL,
     basis TEXT NOT NULL,               -- what it was made of: panes, records, months before
     reason TEXT,                       -- why there is another revision
     at INTEGER NOT NULL,               -- journal time up to which it is known
     hash TEXT NOT NULL,                -- SHA-256 of its text
     account BLOB NOT NULL,             -- zstd
     PRIMARY KEY (day, revision)
   ) STRICT, WITHOUT ROWID;`,
  // Until here people could not correct what was heard.
  `CREATE TABLE correction (
     id INTEGER PRIMARY KEY,            -- 1, 2, 3 … in the order of acceptance
     control TEXT NOT NULL,             -- id of the control entry
     kind TEXT NOT NULL,
     machine TEXT NOT NULL,
     since INTEGER NOT NULL,
     until INTEGER,                     -- null: until the state changes
     body TEXT NOT NULL,                -- JSON, by kind
     was TEXT NOT NULL,                 -- JSON: old and new side by side
     becomes TEXT NOT NULL,
     reason TEXT NOT NULL,
     by TEXT NOT NULL,
     at INTEGER NOT NULL,               -- journal time and place of its acceptance
     offset INTEGER NOT NULL,
     withdraws INTEGER                  -- id of the correction that this one takes back
   ) STRICT;
   CREATE INDEX correction_machine ON correction (machine, since);
   CREATE UNIQUE INDEX correction_withdraws ON correction (withdraws) WHERE withdraws IS NOT NULL;`,
  // Until here no month was closed.
  `CREATE TABLE month_close (
     month TEXT PRIMARY KEY,
     snapshot TEXT NOT NULL UNIQUE,
     days TEXT NOT NULL,                -- JSON: day, revision and hash of each account that it froze
     records INTEGER NOT NULL,          -- dated records that were known
     note TEXT,
     by TEXT NOT NULL,
     at INTEGER NOT NULL,               -- journal time and place of its acceptance
     offset INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
] as const

/** Steps that this version of the product knows. */
export const LEDGER_VERSION = STEPS.length

/** Brings a file up to date, each step in its own transaction. Throws when the file was written by a newer version. */
export function migrate(db: DatabaseSync): void {
  const { user_version: taken } = db.prepare('PRAGMA user_version').get() as { user_version: number }
  if (taken > STEPS.length)
    throw new Error(
      `the ledger has version ${taken}, this program knows ${STEPS.length}: use a newer program`,
    )
  for (let step = taken; step < STEPS.length; step++)
    db.exec(`BEGIN IMMEDIATE; ${STEPS[step]} PRAGMA user_version = ${step + 1}; COMMIT;`)
}
