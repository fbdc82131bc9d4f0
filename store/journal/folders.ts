/**
 * Where the journal's files are, under DIR/journal:
 *   hot/<day>.db               day files, the newest one being written
 *   sealed/<firm>/<day>.evidence.db, .signals.db
 *   damaged/                   what could not be read, kept for a person to look at
 *   lock.db  reserved.json  mark
 */
import fs from 'node:fs'
import path from 'node:path'

export const hotFolder = (dir: string): string => path.join(dir, 'hot')
export const sealedFolder = (dir: string): string => path.join(dir, 'sealed')
export const damagedFolder = (dir: string): string => path.join(dir, 'damaged')
export const hotFile = (dir: string, day: string): string => path.join(hotFolder(dir), `${day}.db`)

export const KINDS = ['evidence', 'signals'] as const
export type Kind = (typeof KINDS)[number]
export const sealedFile = (dir: string, firm: string, day: string, kind: Kind): string =>
  path.join(sealedFolder(dir), firm, `${day}.${kind}.db`)

const DAY_FILE = /^(\d{4}-\d{2}-\d{2})\.db$/
const SEALED_FILE = /^(\d{4}-\d{2}-\d{2})\.(evidence|signals)\.db$/

/** Days with a day file, oldest first. */
export const hotDays = (dir: string): string[] =>
  list(hotFolder(dir))
    .map((name) => DAY_FILE.exec(name)?.[1])
    .filter((day) => day !== undefined)
    .toSorted()

export type SealedFile = {
  readonly firm: string
  readonly day: string
  readonly kind: Kind
  readonly file: string
}

/** Every sealed file, by day, then firm. */
export function sealedFiles(dir: string): SealedFile[] {
  const found: SealedFile[] = []
  for (const firm of list(sealedFolder(dir)))
    for (const name of list(path.join(sealedFolder(dir), firm))) {
      const [, day, kind] = SEALED_FILE.exec(name) ?? []
      if (day) found.push({ firm, day, kind: kind as Kind, file: path.join(sealedFolder(dir), firm, name) })
    }
  return found.toSorted((a, b) => compare(a.day, b.day) || compare(a.firm, b.firm) || compare(a.kind, b.kind))
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Names in a folder; none when it is not there. */
export function list(folder: string): string[] {
  try {
    return fs.readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

export const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Makes a rename or a new file in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Writes a small file so that after a power cut it is either the old or the new one. */
export function writeWhole(file: string, text: string): void {
  const beside = `${file}.part`
  const fd = fs.openSync(beside, 'w', 0o600)
  try {
    fs.writeSync(fd, text)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(beside, file)
  syncFolder(path.dirname(file))
}
