/** The reading side of a day file, in any process, while it is being written or after. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Heads } from './chain.ts'
import { viewOf, type Frame, type FrameReader } from './frame.ts'
import { framesOf, GROUP_COLUMNS, openedAfter, openReadOnly, readHeads, type GroupRow } from './hot.ts'
import type { Damage, JournalEntry } from './journal.ts'

/** What a read gathers: entries in order, and up to which commit the source was walked. */
export type Gathered = { readonly entries: JournalEntry[]; bytes: number; walked: number }

export class HotDay {
  readonly file: string
  readonly day: string
  /** The commit before the first one. */
  readonly after: number
  readonly #db: DatabaseSync
  readonly #frames: FrameReader
  readonly #report: (damage: Damage) => void
  readonly #newest: StatementSync
  readonly #groups: StatementSync
  readonly #place: StatementSync
  #opening: Heads | null = null

  private constructor(db: DatabaseSync, file: string, day: string, shared: Shared) {
    this.#db = db
    this.file = file
    this.day = day
    this.#frames = shared.frames
    this.#report = shared.report
    this.after = openedAfter(db)
    this.#newest = db.prepare('SELECT number FROM groups ORDER BY number DESC LIMIT 1')
    this.#groups = db.prepare(`SELECT ${GROUP_COLUMNS} FROM groups WHERE number > ? ORDER BY number`)
    this.#place = db.prepare(
      'SELECT number FROM places WHERE firm = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    )
  }

  /** Null while the writer is just making the file. Throws what SQLite throws. */
  static open(file: string, day: string, shared: Shared): HotDay | null {
    const db = openReadOnly(file)
    try {
      if ((db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version === 0) {
        db.close()
        return null
      }
      return new HotDay(db, file, day, shared)
    } catch (error) {
      db.close()
      throw error
    }
  }

  last(): number {
    return (this.#newest.get() as { number: number } | undefined)?.number ?? this.after
  }

  /** Adds whole commits after `after` until `maxBytes` of payload are together. */
  read(after: number, maxBytes: number, firm: string | null, into: Gathered): void {
    for (const row of this.groups(after)) {
      const block = this.#framesOf(row)
      if (block) this.#unpack(block, row.number, firm, into)
      into.walked = row.number
      if (into.bytes >= maxBytes) return
    }
  }

  /** Stored groups after a commit, as they are. What SQLite cannot read any more is reported, and ends the walk. */
  *groups(after: number): Generator<GroupRow> {
    let at = after
    try {
      for (const row of this.#groups.iterate(after)) {
        const group = row as unknown as GroupRow
        yield group
        at = group.number
      }
    } catch (error) {
      if ((error as { errcode?: number }).errcode === undefined) throw error
      this.#report({ file: this.file, commit: at + 1, why: (error as Error).message })
    }
  }

  find(firm: string, offset: number): JournalEntry | null {
    const place = this.#place.get(firm, offset) as { number: number } | undefined
    if (!place) return null
    for (const row of this.groups(place.number - 1)) {
      const block = this.#framesOf(row)
      if (!block) continue
      for (const frame of framesIn(block, this.#frames)) {
        if (frame.firm !== firm || frame.offset < offset) continue
        return frame.offset === offset ? entryOf(frame, block, row.number) : null
      }
    }
    return null
  }

  /** Heads before the file's first commit. */
  opening(): Heads {
    this.#opening ??= readHeads(this.#db, 'opening')
    return this.#opening
  }

  heads(): Heads {
    return readHeads(this.#db, 'heads')
  }

  /** Heads and newest commit as of one moment. */
  snapshot(): { readonly heads: Heads; readonly last: number } {
    this.#db.exec('BEGIN')
    try {
      return { heads: this.heads(), last: this.last() }
    } finally {
      this.#db.exec('COMMIT')
    }
  }

  close(): void {
    this.#db.close()
  }

  #unpack(block: Buffer, commit: number, firm: string | null, into: Gathered): void {
    const view = viewOf(block)
    for (let at = 0; at < block.length;) {
      const frame = this.#frames.at(block, view, at)
      at = frame.end
      if (firm !== null && frame.firm !== firm) continue
      into.entries.push(entryOf(frame, block, commit))
      into.bytes += frame.end - frame.payloadAt
    }
  }

  #framesOf(row: GroupRow): Buffer | null {
    try {
      return framesOf(row)
    } catch (error) {
      this.#report({ file: this.file, commit: row.number, why: (error as Error).message })
      return null
    }
  }
}

/** What the days of one reader share. */
export type Shared = { readonly frames: FrameReader; readonly report: (damage: Damage) => void }

export function* framesIn(block: Buffer, frames: FrameReader): Generator<Frame> {
  const view = viewOf(block)
  for (let at = 0; at < block.length;) {
    const frame = frames.at(block, view, at)
    yield frame
    at = frame.end
  }
}

/** The payload stays a view into the block. */
export const entryOf = (frame: Frame, block: Buffer, commit: number): JournalEntry => ({
  firm: frame.firm,
  offset: frame.offset,
  commit,
  receivedAt: frame.receivedAt,
  principal: frame.principal,
  topic: frame.topic,
  payload: block.subarray(frame.payloadAt, frame.end),
})
