/**
 * Numbers that may already be known outside. A day file whose end is cut cannot say how far it went; these two can:
 * `reserved.json` is moved ahead, synced, before numbers up to it are used, so a number behind it was never given away;
 * `mark` holds the newest commit, rewritten in place after each (no sync: it outlives a killed process, and is only ever too low).
 */
import fs from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import type { Heads } from './chain.ts'
import { isMissing, writeWhole } from './folders.ts'

const COMMITS_AHEAD = 100_000
const OFFSETS_AHEAD = 1_000_000
/** Without any record of what was given away: further than any day goes. */
const FAR = 1_000_000_000

export type Reserved = { readonly commit: number; readonly firms: Readonly<Record<string, number>> }

/** What is reserved, or null when there is no readable record. */
export function readReserved(dir: string): Reserved | null {
  try {
    const found = JSON.parse(fs.readFileSync(path.join(dir, 'reserved.json'), 'utf8')) as Reserved
    return Number.isSafeInteger(found.commit) && typeof found.firms === 'object' ? found : null
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return null
    throw error
  }
}

/** True when a commit with these heads stays within what is reserved. */
export function isReserved(reserved: Reserved | null, commit: number, heads: Heads): boolean {
  if (!reserved || commit > reserved.commit) return false
  for (const [firm, head] of heads) if (head.offset > (reserved.firms[firm] ?? 0)) return false
  return true
}

/** Reserves far ahead of a commit and of every firm's head, and waits for the disk. */
export function reserve(dir: string, reserved: Reserved | null, commit: number, heads: Heads): Reserved {
  const firms = Object.assign(Object.create(null) as Record<string, number>, reserved?.firms)
  for (const [firm, head] of heads) firms[firm] = Math.max(firms[firm] ?? 0, head.offset + OFFSETS_AHEAD)
  const next = { commit: Math.max(reserved?.commit ?? 0, commit + COMMITS_AHEAD), firms }
  writeWhole(path.join(dir, 'reserved.json'), JSON.stringify(next))
  return next
}

/** Where to go on when it is not known how far the numbers went: behind everything that may have been given away. */
export function behindEverything(
  reserved: Reserved | null,
  commit: number,
  heads: Heads,
): { readonly commit: number; readonly offsets: ReadonlyMap<string, number> } {
  const offsets = new Map<string, number>()
  for (const [firm, head] of heads)
    offsets.set(firm, reserved ? Math.max(head.offset, reserved.firms[firm] ?? 0) : head.offset + FAR)
  for (const [firm, offset] of Object.entries(reserved?.firms ?? {}))
    if (!offsets.has(firm)) offsets.set(firm, offset)
  return { commit: reserved ? Math.max(commit, reserved.commit) : commit + FAR, offsets }
}

/** The newest commit, kept outside the day file. */
export class Mark {
  readonly #fd: number
  readonly #bytes = Buffer.alloc(16)

  constructor(dir: string) {
    this.#fd = fs.openSync(path.join(dir, 'mark'), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600)
  }

  /** 0 when there is none, or none that can be believed. */
  read(): number {
    const bytes = Buffer.alloc(16)
    if (fs.readSync(this.#fd, bytes, 0, 16, 0) < 16) return 0
    return crc32(bytes.subarray(0, 8)) === bytes.readUInt32LE(8) ? Number(bytes.readBigUInt64LE(0)) : 0
  }

  write(commit: number): void {
    this.#bytes.writeBigUInt64LE(BigInt(commit), 0)
    this.#bytes.writeUInt32LE(crc32(this.#bytes.subarray(0, 8)), 8)
    fs.writeSync(this.#fd, this.#bytes, 0, 16, 0)
  }

  close(): void {
    fs.closeSync(this.#fd)
  }
}
