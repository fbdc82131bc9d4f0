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

/** Items of a machine's class, as panes name their sources. */
export type ItemRange = {
  /** `site/area/line/machine` */
  readonly machine: string
  readonly class: string
  /** '': the device names none, `manual`: entered by people. Null: any, and from … to are instants. */
  readonly boot: string | null
  /** Seqs (of an item without one its ts), both inside. */
  readonly from: number
  readonly to: number
}

/** What is known of the evidence chain at an entry, from the entries around it. */
export type ChainAt = {
  /** SHA-256 of the firm's chain behind the entry, hex. Null: it cannot be told from here, or the entry is no evidence. */
  readonly hash: string | null
  /**
   * `intact`: the entries from … to give the values of the chain that were stored before and behind them. `broken`: they do not,
   * `why` says which. `not_chained`: a signal. `not_kept`: no value is stored near (a day file that an older version began).
   */
  readonly state: 'intact' | 'broken' | 'not_chained' | 'not_kept'
  /** Offsets of the stretch that was walked. */
  readonly from: number
  readonly to: number
  readonly why: string | null
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
  /** Those of these entries that are there, by offset; each batch is read once. */
  findAll(firm: string, offsets: readonly number[]): JournalEntry[]
  /**
   * Entries of sealed days that may hold items of these ranges, by offset, found by the days' own index: all of those that do, and
   * others of the same machine and class near them.
   */
  sealedWith(firm: string, ranges: readonly ItemRange[]): JournalEntry[]
  /** Newest entry of the firm before the oldest day that is not sealed. */
  sealedTo(firm: string): number
  /** The evidence chain at an entry, from a stretch of bounded length around it; null when the entry is unknown or aged out. */
  chainAt(firm: string, offset: number): ChainAt | null
  /** Batches that could not be read and were passed over. */
  damage(): readonly Damage[]
  close(): void
}
