/**
 * Opens the journal where it was left, after a kill or on a damaged file. The good prefix of the newest day file is kept, a damaged
 * file is moved to `damaged/`, and numbers that may have been given away are never used again: the entry after such a gap is a tick
 * that names the lost offsets.
 */
import fs from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import path from 'node:path'
import { NO_HEAD, MARK_BYTES, type Head, type Heads } from './chain.ts'
import { damagedFolder, hotDays, hotFile, hotFolder, list, sealedFiles, syncFolder } from './folders.ts'
import { FrameReader, isEvidence, viewOf } from './frame.ts'
import { recount, type Tallied } from './group.ts'
import {
  BadGroup,
  framesOf,
  GROUP_COLUMNS,
  HotFile,
  newestCommit,
  openedAfter,
  openReadOnly,
  readHeads,
  type Beginning,
  type GroupRow,
} from './hot.ts'
import type { Damage } from './journal.ts'
import { behindEverything, type Mark, type Reserved } from './reserve.ts'
import { closingHead } from './sealed.ts'

const COMPANIONS = ['', '-wal', '-shm'] as const
/** Newest groups looked at when a file is opened; the rest is `verify`'s to walk. */
const LOOK_BACK = 64
const COPY_AT_ONCE = 256

type Good = { readonly row: GroupRow; readonly tallied: Tallied }

export type Recovered = Beginning & {
  readonly hot: HotFile | null
  /** Set after damage: where commits and offsets go on, behind everything that may be known outside. */
  readonly behind: { readonly commit: number; readonly offsets: ReadonlyMap<string, number> } | null
  readonly damage: readonly Damage[]
}

/** Finds the newest good state. Throws when the disk refuses (to be tried again); damage is mended and reported. */
export function recover(dir: string, reserved: Reserved | null, mark: Mark): Recovered {
  tidy(dir)
  const damage: Damage[] = []
  const day = hotDays(dir).at(-1)
  if (day === undefined) {
    const begin = beginningBefore(dir, null, damage)
    return { ...begin, ...gap(dir, begin, reserved, mark, damage), hot: null, damage }
  }
  const file = hotFile(dir, day)
  let hot: HotFile | null = null
  try {
    hot = HotFile.open(file, day, () => beginningBefore(dir, day, damage))
    const heads = readHeads(hot.db, 'heads')
    lookBack(hot, heads)
    const begin = { commit: newestCommit(hot.db), heads }
    return { ...begin, ...gap(dir, begin, reserved, mark, damage), hot, damage }
  } catch (error) {
    hot?.close()
    if (!isDamage(error)) throw error
    const begin = salvage(dir, day, error as Error, damage)
    hot = HotFile.open(file, day, () => begin)
    return { ...begin, behind: behindEverything(reserved, begin.commit, begin.heads), hot, damage }
  }
}

/** SQLITE_ERROR (a table is gone), _CORRUPT, _NOTADB, or our own checks; not a disk that refuses. */
export function isDamage(error: unknown): boolean {
  const { errcode, syscall } = error as { errcode?: number; syscall?: string }
  return errcode === undefined ? syscall === undefined : [1, 11, 26].includes(errcode & 0xff)
}

/** Commits that the mark knows and the file has not: its end is gone (a write-ahead log that is cut or flipped ends early). */
function gap(
  dir: string,
  { commit, heads }: Beginning,
  reserved: Reserved | null,
  mark: Mark,
  damage: Damage[],
): Pick<Recovered, 'behind'> {
  const known = mark.read()
  if (known <= commit) return { behind: null }
  const day = hotDays(dir).at(-1)
  const wal = day === undefined ? null : `${hotFile(dir, day)}-wal`
  let kept = ''
  if (wal !== null && fs.existsSync(wal)) {
    fs.mkdirSync(damagedFolder(dir), { recursive: true, mode: 0o700 })
    kept = freeName(path.join(damagedFolder(dir), path.basename(wal)))
    fs.copyFileSync(wal, kept)
  }
  const why = `commits ${commit + 1} to ${known} are gone: the end of the file was cut or altered`
  damage.push({ file: kept || (wal ?? dir), commit: commit + 1, why })
  return { behind: behindEverything(reserved, commit, heads) }
}

function lookBack(hot: HotFile, heads: Heads): void {
  const frames = new FrameReader()
  const select = hot.db.prepare(`SELECT ${GROUP_COLUMNS} FROM groups ORDER BY number DESC LIMIT ${LOOK_BACK}`)
  let newest = true
  for (const row of select.all() as unknown as GroupRow[]) {
    const block = framesOf(row)
    const view = viewOf(block)
    const offsets = new Map<string, number>()
    const chained = new Set<string>()
    for (let at = 0; at < block.length;) {
      const frame = frames.at(block, view, at)
      offsets.set(frame.firm, frame.offset)
      if (isEvidence(frame.class)) chained.add(frame.firm)
      at = frame.end
    }
    if (newest) compareNewest(row, offsets, chained, heads)
    newest = false
  }
}

/** The heads are those after the newest group: an altered head would be chained on for ever. */
function compareNewest(
  { number, marks }: GroupRow,
  offsets: ReadonlyMap<string, number>,
  chained: ReadonlySet<string>,
  heads: Heads,
): void {
  let at = 0
  for (const [firm, offset] of offsets) {
    const head = heads.get(firm)
    const mark = chained.has(firm) ? marks.subarray(at, (at += MARK_BYTES)) : null
    if (head?.offset !== offset || (mark && !head.hash.subarray(0, MARK_BYTES).equals(mark)))
      throw new BadGroup(number, `the head of ${firm} differs`)
  }
}

/** Copies the good prefix of a damaged day file into a new one in its place, and moves the damaged one aside. */
function salvage(dir: string, day: string, cause: Error, damage: Damage[]): Beginning {
  const file = hotFile(dir, day)
  const fresh = `${file}.salvaged`
  for (const end of COMPANIONS) fs.rmSync(fresh + end, { force: true })
  let begin = beginningBefore(dir, day, damage)
  let why = cause.message
  let into: HotFile | null = null
  const good: Good[] = []
  const keep = () => {
    into!.copy(good)
    good.length = 0
  }
  try {
    const db = openReadOnly(file)
    try {
      // without this SQLite reads nothing of a file that is shorter than its header says
      db.enableDefensive(false)
      db.exec('PRAGMA writable_schema = ON')
      begin = { commit: openedAfter(db), heads: readHeads(db, 'opening') }
      into = HotFile.open(fresh, day, () => begin)
      for (const one of goodPrefix(db, begin.heads)) {
        if (good.push(one) >= COPY_AT_ONCE) keep()
        begin = { commit: one.row.number, heads: new Map([...begin.heads, ...one.tallied.heads]) }
      }
    } finally {
      db.close()
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    why = (error as Error).message
  } finally {
    if (into) keep()
    into?.close()
  }
  if (!into) HotFile.open(fresh, day, () => begin).close()
  damage.push({ file: setAside(dir, day), commit: begin.commit + 1, why })
  fs.renameSync(fresh, file)
  syncFolder(hotFolder(dir))
  return begin
}

/** Groups from the first on, as long as they can be believed; then throws. */
function* goodPrefix(db: DatabaseSync, opening: Heads): Generator<Good> {
  const frames = new FrameReader()
  const heads = new Map<string, Head>(opening)
  for (const found of db.prepare(`SELECT ${GROUP_COLUMNS} FROM groups ORDER BY number`).iterate()) {
    const row = found as unknown as GroupRow
    const tallied = recount(framesOf(row), row.marks, heads, frames)
    if ('doubt' in tallied) throw new BadGroup(row.number, tallied.doubt.why)
    for (const [firm, head] of tallied.heads) heads.set(firm, head)
    yield { row, tallied }
  }
}

/** The state before a day: heads of the day file before it, else of the sealed days. */
function beginningBefore(dir: string, day: string | null, damage: Damage[]): Beginning {
  const before = hotDays(dir).filter((other) => day === null || other < day)
  for (const other of before.toReversed()) {
    try {
      const db = openReadOnly(hotFile(dir, other))
      try {
        return { commit: newestCommit(db), heads: readHeads(db, 'heads') }
      } finally {
        db.close()
      }
    } catch (error) {
      if (!isDamage(error)) throw error
      damage.push({ file: hotFile(dir, other), commit: 0, why: (error as Error).message })
    }
  }
  const heads = new Map<string, Head>()
  let commit = 0
  for (const sealed of sealedFiles(dir).filter((one) => one.kind === 'evidence')) {
    if (day !== null && sealed.day >= day) continue
    try {
      const closing = closingHead(sealed.file)
      if (closing.head.offset >= (heads.get(sealed.firm) ?? NO_HEAD).offset)
        heads.set(sealed.firm, closing.head)
      commit = Math.max(commit, closing.commit)
    } catch (error) {
      if (!isDamage(error)) throw error
      damage.push({ file: sealed.file, commit: 0, why: (error as Error).message })
    }
  }
  return { commit, heads }
}

/** Finishes what a kill left half done. */
function tidy(dir: string): void {
  const names = list(hotFolder(dir))
  for (const name of names.filter((one) => one.endsWith('.salvaged'))) {
    const file = path.join(hotFolder(dir), name.slice(0, -'.salvaged'.length))
    if (fs.existsSync(file)) continue // not finished: it is made again
    setAside(dir, path.basename(file, '.db'))
    fs.renameSync(path.join(hotFolder(dir), name), file)
  }
  // a log without its file is what was left of a sealed day
  for (const name of names.filter((one) => /\.db-(wal|shm)$/.test(one)))
    if (!fs.existsSync(path.join(hotFolder(dir), name.replace(/-(wal|shm)$/, ''))))
      fs.rmSync(path.join(hotFolder(dir), name), { force: true })
}

/** Moves a day file with its log to `damaged/`. Returns its new name. */
function setAside(dir: string, day: string): string {
  fs.mkdirSync(damagedFolder(dir), { recursive: true, mode: 0o700 })
  const to = freeName(path.join(damagedFolder(dir), `${day}.db`))
  for (const end of COMPANIONS)
    if (fs.existsSync(hotFile(dir, day) + end)) fs.renameSync(hotFile(dir, day) + end, to + end)
  syncFolder(damagedFolder(dir))
  return to
}

function freeName(wanted: string): string {
  let name = wanted
  for (let n = 1; fs.existsSync(name); n++) name = `${wanted}.${n}`
  return name
}
