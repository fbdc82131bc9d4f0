/**
 * How far the history of a firm is: DIR/simulators/history/<firm>.json, written whole and on the disk after each day. It holds all that
 * the next start needs to go on with the same numbers.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { Instant } from '#domain/time.ts'
import { addDays, productionDay, startOf } from '../works/calendar.ts'
import type { Seqs, ToldDay } from './batches.ts'
import type { PastDates } from './dates.ts'

export type HistoryRecord = PastDates & {
  /** Of the works. */
  readonly seed: number
  /** When the plant began to tell by itself: history ends there. Null: its life before is not yet lived. */
  readonly live: Instant | null
  /** First production day that is not wholly acknowledged; null: all are. */
  readonly next: string | null
  /** At the morning of `next`. */
  readonly seqs: Seqs
  /** Acknowledged, of whole days. */
  readonly items: number
  /** Seconds that it has taken, over restarts. */
  readonly seconds: number
  /** All is told, and the account that told it is gone. */
  readonly done: boolean
}

export const newRecord = (dates: PastDates, seed: number): HistoryRecord => ({
  ...dates,
  seed,
  live: null,
  next: dates.from,
  seqs: {},
  items: 0,
  seconds: 0,
  done: false,
})

/** The last production day of a history that ends at `live`: none of it is left over when `live` is a morning. */
export const lastDay = (live: Instant): string => {
  const date = productionDay(live)
  return startOf(date) === live ? addDays(date, -1) : date
}

/** The record once the day `next` is wholly acknowledged. */
export function afterDay(record: HistoryRecord, { items, seqs }: ToldDay): HistoryRecord {
  const date = record.next!
  return {
    ...record,
    next: date < lastDay(record.live!) ? addDays(date, 1) : null,
    seqs,
    items: record.items + items,
  }
}

export const recordFile = (folder: string, firm: string): string =>
  path.join(folder, 'history', `${firm}.json`)

/** Null: there is none. Throws the disk's error, and for a file that is no record. */
export function readRecord(file: string): HistoryRecord | null {
  if (!fs.existsSync(file)) return null
  return JSON.parse(fs.readFileSync(file, 'utf8')) as HistoryRecord
}

/** On the disk when it returns: all of it, or what was there before. Throws the disk's error. */
export function writeRecord(file: string, record: HistoryRecord): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.new`
  const handle = fs.openSync(next, 'w', 0o600)
  try {
    fs.writeSync(handle, `${JSON.stringify(record)}\n`)
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
  fs.renameSync(next, file)
}
