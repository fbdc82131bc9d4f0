/**
 * How far the journal's consumers are: a small file each, in a folder of their own, so that retention never deletes what one of them
 * still has to read. Valid: `cursors/ingest` holding `{"commit":41233}`.
 */
import fs from 'node:fs'
import path from 'node:path'
import { list, writeWhole } from './folders.ts'

/** Says that a consumer needs nothing up to and including `commit` any more. */
export function saveCursor(folder: string, consumer: string, commit: number): void {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeWhole(path.join(folder, consumer), JSON.stringify({ commit }))
}

/** The commit that the slowest consumer has done; 0 when none has said anything, or one cannot be read. */
export function oldestCursor(folder: string): number {
  const names = list(folder).filter((name) => !name.endsWith('.part'))
  let oldest = names.length === 0 ? 0 : Infinity
  for (const name of names) {
    const commit = commitIn(fs.readFileSync(path.join(folder, name), 'utf8'))
    oldest = Math.min(oldest, commit)
  }
  return oldest
}

function commitIn(text: string): number {
  try {
    const { commit } = JSON.parse(text) as { commit?: unknown }
    return Number.isSafeInteger(commit) ? (commit as number) : 0
  } catch (error) {
    if (error instanceof SyntaxError) return 0 // unreadable: keep everything
    throw error
  }
}
