/**
 * One round of upkeep in a thread of its own, so that commits go on beside it: seals every closed day, then deletes signals that have
 * reached their age and that no consumer needs any more. What fails is told and stays for the next round.
 */
import fs from 'node:fs'
import os from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { DAY, dayOf, type Instant } from '#domain/time.ts'
import { hotDays, hotFile, list, sealedFiles, sealedFolder, syncFolder } from './folders.ts'
import { BadGroup } from './hot.ts'
import { isDamage } from './recover.ts'
import { closingHead } from './sealed.ts'
import { appendHeads, sealDay, unlinkDay } from './sealing.ts'

export type UpkeepStart = {
  readonly dir: string
  readonly now: Instant
  readonly signalDays: number
  /** Commit that the slowest consumer has done. */
  readonly cursor: number
  /** File for the daily heads, or empty. */
  readonly heads: string
}
export type FromUpkeep =
  | { readonly kind: 'sealed'; readonly day: string; readonly entries: number; readonly bytes: number }
  | { readonly kind: 'aged'; readonly files: number }
  /** With `commit`, because of a batch that cannot be read; else what the disk said. */
  | {
      readonly kind: 'failed'
      readonly what: string
      readonly file: string
      readonly why: string
      readonly commit: number | null
    }

const { dir, now, signalDays, cursor, heads } = workerData as UpkeepStart
const say = (message: FromUpkeep) => parentPort!.postMessage(message, [])

// on Linux this is the thread's own priority: sealing gives way to commits
if (process.platform === 'linux') os.setPriority(10)

// the newest day file is the one being written
for (const day of hotDays(dir).slice(0, -1))
  attempt(`sealing ${day}`, hotFile(dir, day), () => {
    const sealed = sealDay(dir, day)
    if (heads) appendHeads(heads, day, sealed.heads)
    unlinkDay(dir, day)
    say({ kind: 'sealed', day, entries: sealed.entries, bytes: sealed.bytes })
  })

const before = dayOf(now - signalDays * DAY)
let aged = 0
for (const { day, kind, file } of sealedFiles(dir))
  if (kind === 'signals' && day < before)
    attempt('retention', file, () => {
      if (closingHead(file).commit > cursor) return // a consumer still has to read it
      fs.rmSync(file)
      aged++
    })
if (aged > 0) for (const firm of list(sealedFolder(dir))) syncFolder(`${sealedFolder(dir)}/${firm}`)
say({ kind: 'aged', files: aged })

function attempt(what: string, file: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    const commit = error instanceof BadGroup ? error.commit : isDamage(error) ? 0 : null
    say({ kind: 'failed', what, file, why: (error as Error).message, commit })
  }
}
