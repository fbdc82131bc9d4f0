/** The reading side of a day file, in any process, while it is being written or after. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Head, Heads } from './chain.ts'
import { viewOf, type Frame, type FrameReader } from './frame.ts'
import {
  framesOf,
  GROUP_COLUMNS,
  openedAfter,
  openReadOnly,
  PLACE_COMMITS,
  readHeads,
  type GroupRow,
} from './hot.ts'
import type { Damage, JournalEntry } from './journal.ts'

/** What a read gathers: entries in order, and up to which commit the source was walked. */
export type Gathered = { readonly entries: JournalEntry[]; bytes: number; walked: number }

/** Where entries of a firm stand: from `number` on, the first of them being `first`. `head`: the firm's before; null: not kept. */
export type HotPlace = { readonly number: number; readonly first: number; readonly head: Head | null }
type PlaceRow = { number: number; first: number; evidence: number | null; hash: Uint8Array | null }

/** A firm's frames of a group. */
type FirmGroup = { readonly number: number; readonly block: Buffer; readonly frames: readonly Frame[] }

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
  readonly #group: StatementSync
  readonly #place: StatementSync
  readonly #placeBehind: StatementSync
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
    this.#group = db.prepare(`SELECT ${GROUP_COLUMNS} FROM groups WHERE number = ?`)
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    // a file that was begun by an older version keeps no chain at its places
    const place = `SELECT number, first, ${version > 1 ? 'evidence, hash' : 'NULL AS evidence, NULL AS hash'} FROM places`
    this.#place = db.prepare(`${place} WHERE firm = ? AND first <= ? ORDER BY first DESC LIMIT 1`)
    this.#placeBehind = db.prepare(`${place} WHERE firm = ? AND first > ? ORDER BY first LIMIT 1`)
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
    return this.findAll(firm, [offset])[0] ?? null
  }

  /** A firm's entries by their offsets, which rise. */
  findAll(firm: string, offsets: readonly number[]): JournalEntry[] {
    const found: JournalEntry[] = []
    let group: FirmGroup | null = null
    for (const offset of offsets) {
      if (!group || group.frames.at(-1)!.offset < offset) group = this.#groupWith(firm, offset)
      const frame = group?.frames.find((one) => one.offset === offset)
      if (frame) found.push(entryOf(frame, group!.block, group!.number))
    }
    return found
  }

  /** The place at or before a firm's entry, and the one behind it. */
  placesAround(
    firm: string,
    offset: number,
  ): { readonly at: HotPlace | null; readonly behind: HotPlace | null } {
    return {
      at: placeOf(this.#place.get(firm, offset) as PlaceRow | undefined),
      behind: placeOf(this.#placeBehind.get(firm, offset) as PlaceRow | undefined),
    }
  }

  /** The group in which an entry stands; entries of the firm lie in no group between the reach of one place and the next place. */
  #groupWith(firm: string, offset: number): FirmGroup | null {
    const { at, behind } = this.placesAround(firm, offset)
    if (!at) return null
    let low = at.number
    let high = Math.min(low + PLACE_COMMITS, behind?.number ?? Infinity) - 1
    // entries lie about evenly between two places; of a firm that says little there is no other group than the first
    const share = behind ? (offset - at.first) / (behind.first - at.first) : 0
    let middle = low + Math.floor(share * (high - low + 1))
    while (low <= high) {
      const group = this.#firstWith(firm, middle, high)
      if (group && group.frames[0]!.offset <= offset) {
        if (group.frames.at(-1)!.offset >= offset) return group
        low = group.number + 1
      } else high = middle - 1
      middle = (low + high) >> 1
    }
    return null
  }

  /** The first of the groups from … to that holds entries of a firm. */
  #firstWith(firm: string, from: number, to: number): FirmGroup | null {
    for (let number = from; number <= to; number++) {
      const row = this.#group.get(number) as GroupRow | undefined
      const block = row && this.#framesOf(row)
      if (!block) continue
      const frames: Frame[] = []
      for (const frame of framesIn(block, this.#frames)) if (frame.firm === firm) frames.push(frame)
      if (frames.length > 0) return { number, block, frames }
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

const placeOf = (row: PlaceRow | undefined): HotPlace | null => {
  if (!row) return null
  const { number, first, evidence, hash } = row
  return { number, first, head: hash && { offset: first - 1, evidence: evidence!, hash: Buffer.from(hash) } }
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
