/**
 * The journal: what was received, in one order, before anyone was told that it was. Append-only.
 *
 * Positions: `commit` is one running number over everything (a group commit); `offset` is per firm, 1, 2, 3 … without holes.
 * The writer lives in the broker process alone; any process may read.
 */
import type { Instant } from '#domain/time.ts'

export type JournalInput = {
  /** `v1/…`, `control/…` or `tick/…`; its second level is the firm. */
  readonly topic: string
  /** Who sent it: the credential's or the person's name. Never from the payload. */
  readonly principal: string
  readonly payload: Uint8Array
}

export type JournalEntry = {
  readonly firm: string
  readonly offset: number
  readonly commit: number
  readonly receivedAt: Instant
  readonly principal: string
  readonly topic: string
  readonly payload: Buffer
}

/** Where an appended entry stands. */
export type JournalPlace = {
  readonly firm: string
  readonly offset: number
  readonly commit: number
  readonly receivedAt: Instant
}

export type FirmHead = {
  readonly firm: string
  readonly offset: number
  /** SHA-256 of the evidence chain, hex. */
  readonly hash: string
}

export type JournalStatus = {
  readonly commit: number
  /** By name. */
  readonly firms: readonly FirmHead[]
  /** Null while it can write; else why not, since when, and how many entries wait for it. */
  readonly blocked: { readonly reason: string; readonly since: Instant; readonly waiting: number } | null
  /** What was found damaged since this process opened the journal; each was also logged. */
  readonly damage: readonly Damage[]
}

/** A batch that cannot be read. The good ones before it are kept; the damaged file stays in `damaged/`. */
export type Damage = { readonly file: string; readonly commit: number; readonly why: string }

/** Numbers for /metrics: totals since this process opened the journal. */
export type JournalFigures = {
  readonly entries: number
  readonly commits: number
  /** Bytes of frames, and of them after compression. */
  readonly bytes: number
  readonly storedBytes: number
  /** Time spent in commits; the longest one of all. */
  readonly commitMs: number
  readonly commitMsMax: number
  /** Commits that the disk refused and that were tried again. */
  readonly retries: number
  readonly sealedDays: number
  readonly sealedEntries: number
  readonly sealedBytes: number
  /** Signal files that reached their age and were deleted. */
  readonly agedOutFiles: number
}

export type Appended = (error: Error | null, place: JournalPlace | null) => void

export interface JournalWriter {
  /**
   * Resolves after the entry's group commit is on the disk; entries resolve in the order in which they were appended.
   * While the disk refuses, an entry waits and is tried again; nothing is lost or reordered. Rejects only after close(), and what
   * is no journal entry: a topic without a firm, a name over 65,535 bytes, a payload over 16 MB.
   */
  append(entry: JournalInput): Promise<JournalPlace>
  /** The same without a promise, for the hot path: `done` is called once, with an error or a place. */
  appendThen(entry: JournalInput, done: Appended): void
  status(): JournalStatus
  figures(): JournalFigures
  /** Called after each commit with its number. Returns a function that ends it. */
  onCommit(listener: (commit: number) => void): () => void
  close(): Promise<void>
}

export interface JournalReader {
  /** Entries of the commits after `commit`, whole commits, about `maxBytes` of payload; empty when there is nothing newer. */
  read(after: number, maxBytes?: number): JournalEntry[]
  /** Number of the newest commit; 0 when empty. */
  head(): number
  /** By name. */
  heads(): FirmHead[]
  /** One entry, or null when unknown or aged out. */
  find(firm: string, offset: number): JournalEntry | null
  /** Batches that could not be read and were passed over. */
  damage(): readonly Damage[]
  close(): void
}
