/**
 * The evidence chain of a firm: h(n) = SHA-256(h(n−1) ‖ header ‖ payload) over its evidence entries in order; h(0) is 32 zero bytes.
 * Header and payload are the bytes of the frame from HASHED_FROM on (frame.ts); grouping and compression are outside the hash.
 */
import { hash } from 'node:crypto'
import { HASHED_FROM } from './frame.ts'
import type { FirmHead } from './journal.ts'

export const HASH_BYTES = 32
export const GENESIS: Buffer = Buffer.alloc(HASH_BYTES)

/** Bytes of a chain value kept beside every group commit, so that a fault is named by its group. */
export const MARK_BYTES = 8

let scratch = Buffer.alloc(4096)

/** The next value of a chain, for the frame in `block` from `at` to `end`. */
export function chain(previous: Uint8Array, block: Uint8Array, at: number, end: number): Buffer {
  const length = HASH_BYTES + end - at - HASHED_FROM
  if (length > scratch.length) scratch = Buffer.alloc(length * 2)
  scratch.set(previous, 0)
  scratch.set(block.subarray(at + HASHED_FROM, end), HASH_BYTES)
  return hash('sha256', scratch.subarray(0, length), 'buffer')
}

/** A firm's place: its newest offset, and its chain. */
export type Head = {
  readonly offset: number
  /** Evidence entries so far. */
  readonly evidence: number
  readonly hash: Buffer
}
export const NO_HEAD: Head = { offset: 0, evidence: 0, hash: GENESIS }
export type Heads = ReadonlyMap<string, Head>

/** Heads as people and other processes get them: by name, the chain in hex. */
export const headsByName = (heads: Iterable<readonly [string, Pick<Head, 'offset' | 'hash'>]>): FirmHead[] =>
  [...heads]
    .map(([firm, { offset, hash: value }]) => ({ firm, offset, hash: value.toString('hex') }))
    .toSorted((a, b) => (a.firm < b.firm ? -1 : 1))
