/**
 * Content hashes of received items in blocks of 64 seqs, kept for two full days: they tell a duplicate from a conflict. Items without
 * a seq are found by (ts, content) in blocks of one minute.
 */
import { DAY, MINUTE, type Instant } from '#domain/time.ts'

export const BLOCK = 64
/** Hashes are kept for the journal day they were last touched on and this many before it: at least 48 h. */
export const HASH_DAYS = 2

export const dayNumber = (at: Instant): number => Math.floor(at / DAY)
export const blockOf = (seq: number): number => Math.floor(seq / BLOCK)
export const placeOf = (seq: number): number => seq % BLOCK
export const minuteBlock = (ts: Instant): number => Math.floor(ts / MINUTE)

/** `hashes` by place; 0 where nothing was received. */
export type HashBlock = { readonly hashes: Uint32Array; day: number; dirty: boolean }

export const newBlock = (day: number): HashBlock => ({ hashes: new Uint32Array(BLOCK), day, dirty: true })

/** Items without seq of one minute: ms in the minute x 2^32 + hash. */
export type LooseBlock = { readonly keys: Set<number>; day: number; dirty: boolean }

/** Adds (ts, hash) unless it is there. Returns whether it was new. */
export function addLoose(block: LooseBlock, ts: Instant, hash: number, day: number): boolean {
  const key = (ts % MINUTE) * 2 ** 32 + hash
  if (block.keys.has(key)) return false
  block.keys.add(key)
  block.day = day
  block.dirty = true
  return true
}
