/**
 * The journal's thread: takes whole groups from the broker's loop, numbers and chains them, commits them, and answers. A group that
 * the disk refuses is kept and tried again; nothing after it overtakes it.
 */
import { DatabaseSync } from 'node:sqlite'
import fs from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { DAY, dayOf } from '#domain/time.ts'
import type { Head } from './chain.ts'
import { hotFile, hotFolder, sealedFiles } from './folders.ts'
import { encodeFrame, FrameReader } from './frame.ts'
import { tally, type TickPayload } from './group.ts'
import { HotFile } from './hot.ts'
import type { Damage } from './journal.ts'
import { recover, type Recovered } from './recover.ts'
import { isReserved, Mark, readReserved, reserve, type Reserved } from './reserve.ts'

export type WorkerStart = {
  readonly dir: string
  /** What to add to this machine's clock: 0 but in tests. */
  readonly clockAhead: number
}
export type ToWorker =
  | { readonly kind: 'group'; readonly buffer: ArrayBuffer; readonly length: number; readonly at: number }
  | { readonly kind: 'close' }
export type HeadOf = readonly [firm: string, offset: number, hash: Uint8Array]
export type FromWorker =
  | {
      readonly kind: 'open'
      readonly commit: number
      readonly heads: readonly HeadOf[]
      readonly damage: readonly Damage[]
      readonly at: number
    }
  | {
      readonly kind: 'committed'
      readonly commit: number
      readonly heads: readonly HeadOf[]
      readonly buffer: ArrayBuffer
      readonly stored: number
      readonly ms: number
      readonly day: string
    }
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Only a person can mend it. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'closed' }

const FIRST_WAIT = 50
const LONGEST_WAIT = 2000
/** A predecessor that is just stopping gets this long to let go. */
const LOCK_WAIT = 1000

const { dir, clockAhead } = workerData as WorkerStart
const port = parentPort!
const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)

const frames = new FrameReader()
let lock: DatabaseSync | null = null
let mark: Mark | null = null
let reserved: Reserved | null = null
/** Null until recovered, and again after any error: then nothing in memory is believed. */
let hot: HotFile | null = null
let isOpen = false
let commit = 0
let heads = new Map<string, Head>()
let waiting: Extract<ToWorker, { kind: 'group' }> | null = null
let wait = FIRST_WAIT
let timer: NodeJS.Timeout | undefined

function attempt(): void {
  timer = undefined
  try {
    if (!takeLock()) return
    if (!isOpen) open()
    if (waiting) commitGroup(waiting)
    wait = FIRST_WAIT
  } catch (error) {
    forget()
    say({ kind: 'blocked', reason: describe(error) })
    timer = setTimeout(attempt, wait)
    wait = Math.min(wait * 2, LONGEST_WAIT)
  }
}

/** The lock is SQLite's own on an empty file: the system lets go of it when this process dies, however it dies. */
function takeLock(): boolean {
  if (lock) return true
  fs.mkdirSync(hotFolder(dir), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(path.join(dir, 'lock.db'), { timeout: LOCK_WAIT })
  try {
    db.exec('BEGIN EXCLUSIVE')
    lock = db
    return true
  } catch (error) {
    db.close()
    if ((error as { errcode?: number }).errcode !== 5) throw error
    say({
      kind: 'refused',
      reason: `another process writes the journal in ${dir}: stop it or choose another --data`,
    })
    return false
  }
}

function open(): void {
  mark ??= new Mark(dir)
  reserved = readReserved(dir)
  const found = recover(dir, reserved, mark)
  hot = found.hot
  commit = found.commit
  heads = new Map(found.heads)
  const at = Date.now() + clockAhead
  if (found.behind) tellLost(found.behind, at)
  isOpen = true
  say({ kind: 'open', commit, heads: headsOf(heads.keys()), damage: found.damage, at })
}

/** Every firm's first entry behind a gap is a tick that names what was lost, so that the gap stands in the chain. */
function tellLost(behind: NonNullable<Recovered['behind']>, at: number): void {
  const ticks: Buffer[] = []
  for (const [firm, last] of behind.offsets) {
    const tick: TickPayload = {
      wall: at,
      mono: Number(process.hrtime.bigint() / 1_000_000n),
      lost: [(heads.get(firm)?.offset ?? 0) + 1, last],
    }
    if (tick.lost![1] < tick.lost![0]) continue
    const payload = Buffer.from(JSON.stringify(tick))
    ticks.push(
      encodeFrame({ topic: `tick/${firm}`, principal: 'journal', payload, offset: 0, receivedAt: at }),
    )
  }
  commit = behind.commit
  if (ticks.length === 0) return
  store(Buffer.concat(ticks), at, commit + 1, behind.offsets)
  mark!.write(commit)
}

function commitGroup(group: NonNullable<typeof waiting>): void {
  const started = performance.now()
  const block = Buffer.from(group.buffer, 0, group.length)
  const { stored, changed } = store(block, group.at, commit + 1)
  waiting = null
  const ms = performance.now() - started
  const moved = headsOf(changed)
  say({ kind: 'committed', commit, heads: moved, buffer: group.buffer, stored, ms, day: hot!.day }, [
    group.buffer,
  ])
  mark!.write(commit)
}

function store(
  block: Buffer,
  at: number,
  number: number,
  after?: ReadonlyMap<string, number>,
): { stored: number; changed: Iterable<string> } {
  const tallied = tally(block, heads, frames, after)
  if (!isReserved(reserved, number, tallied.heads)) reserved = reserve(dir, reserved, number, tallied.heads)
  const day = hot ? dayOf(at) : dayFor(at)
  // a clock that was set back never reopens an older file: days follow each other as commits do
  if (!hot || day > hot.day) {
    const next = HotFile.open(hotFile(dir, day), day, () => ({ commit, heads }))
    hot?.close()
    hot = next
  }
  const stored = hot.append(number, block, tallied)
  commit = number
  for (const [firm, head] of tallied.heads) heads.set(firm, head)
  return { stored, changed: tallied.heads.keys() }
}

/** Without a day file: the day of `at`, but behind every sealed one. */
function dayFor(at: number): string {
  const sealed = sealedFiles(dir).at(-1)?.day
  return sealed === undefined || dayOf(at) > sealed
    ? dayOf(at)
    : dayOf(Date.parse(`${sealed}T00:00:00+08:00`) + DAY)
}

function forget(): void {
  isOpen = false
  try {
    hot?.close()
  } catch (error) {
    say({ kind: 'blocked', reason: describe(error) })
  }
  hot = null
}

function close(): void {
  clearTimeout(timer)
  forget()
  mark?.close()
  lock?.close()
  say({ kind: 'closed' })
  port.close()
}

const headsOf = (firms: Iterable<string>): HeadOf[] =>
  [...firms].map((firm) => [firm, heads.get(firm)!.offset, heads.get(firm)!.hash])

function describe(error: unknown): string {
  const { message, code, errcode } = error as { message: string; code?: string; errcode?: number }
  if (errcode === 13 || code === 'ENOSPC') return 'the disk is full'
  if (errcode !== undefined) return `${message} (SQLite ${errcode})`
  return code ? `${message} (${code})` : message
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'close') return close()
  waiting = message
  if (timer === undefined) attempt()
})
attempt()
