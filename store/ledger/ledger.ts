/**
 * The ledger: one SQLite file per firm with everything derived from the journal that people see: events by cursor, plant versions,
 * quarantine, counts, states. ingest alone writes it (store/ledger/writer.ts); the api reads it by cursor.
 */
import type { Pane, PaneLength } from '#domain/accounting/pane.ts'
import type { Instant } from '#domain/time.ts'
import type { Plant, ShownState } from '#domain/plant/plant.ts'
import type { MadeCorrection } from './correctionRows.ts'
import type { openMonthReader } from './monthRows.ts'
import type { openAccountReader, openRecordReader } from './recordRows.ts'

export type LedgerHead = { readonly cursor: number; readonly hash: string }

export type StateSegment = {
  readonly from: Instant
  readonly to: Instant
  readonly state: ShownState
  readonly reason: string | null
  /** A person said so. */
  readonly corrected?: true
}

export type QuarantineRecord = {
  readonly id: number
  readonly reason: string
  readonly detail: string
  readonly machine: string | null
  readonly class: string | null
  readonly boot: string | null
  readonly seq: number | null
  readonly ts: Instant | null
  readonly receivedAt: Instant
  readonly offset: number
  readonly item: number
  /** For a conflict: journal offset of the message that stands. */
  readonly stands: number | null
  readonly status: 'open' | 'released' | 'discarded'
  readonly decidedBy: string | null
  readonly decidedAt: Instant | null
}

export type PlantVersion = { readonly version: number; readonly since: Instant; readonly plant: Plant }

/** Event rows as stored; the body is JSON. contract/live.ts LedgerEvent is this, parsed. */
export type LedgerRow = {
  readonly cursor: number
  readonly at: Instant
  readonly kind: string
  readonly offset: number | null
  readonly body: string
}

/** An event of a machine as stored: contract/events.ts says which fields a type has. */
export type MachineEvent = {
  readonly machine: string
  readonly ts: Instant
  readonly type: string
  readonly fields: Readonly<Record<string, unknown>>
  /** Journal entry that it came with. */
  readonly offset: number
}

/** What machines told of the past, history included: for figures, not for the people's live bus. */
export interface MachinePast {
  /** Events of a machine in [from, to), oldest first. */
  machineEvents(machine: string, from: Instant, to: Instant): MachineEvent[]
  /** Corrections of a machine (null: of all) that touch [from, to), in the order of acceptance; those taken back too. */
  corrections(machine: string | null, from: Instant, to: Instant): MadeCorrection[]
  correction(id: number): MadeCorrection | null
  /** Corrections that say what machines did, or why they stood, and stand; `to` at the latest. */
  statesSaid(): readonly { readonly id: number; readonly from: Instant; readonly to: Instant }[]
}

/** A shift that was settled. The newest revision counts; those before it stay readable. */
export type SettledShift = {
  /** Production day, `2026-03-31`. */
  readonly day: string
  /** Index in the plant's shifts; null: what lies outside of them. */
  readonly shift: number | null
  readonly revision: number
  /** Journal time and offset at which it settled. */
  readonly at: Instant
  readonly offset: number
  /** Null for revision 0. */
  readonly reason: string | null
  /** SHA-256 over the machines' panes, hex. */
  readonly hash: string
}

/** Panes as stored: settled ones, and of an open shift those up to the last full hour. Newer ones are asked from ingest. */
export interface StoredPanes {
  /** Panes that begin in [from, to), of the newest revision, in the order of their keys. Only quarters are stored. */
  panes(machine: string, from: Instant, to: Instant, length?: PaneLength): Pane[]
  /** The panes of every machine as a shift was settled with a revision. */
  panesOfShift(shift: Pick<SettledShift, 'day' | 'shift' | 'revision'>, length?: PaneLength): Pane[]
  /** Settlements of the production days from … to, both inside, oldest revision first. */
  settled(from: string, to: string): SettledShift[]
  /** Production days that are not all settled, or are open again. */
  openDays(): string[]
  /** Journal time up to which all of this is told. */
  asOf(): Instant
}

/** Dated records, the accounts of production days that are settled whole, and the months that are closed. */
export type Valued = ReturnType<typeof openRecordReader> &
  ReturnType<typeof openAccountReader> &
  ReturnType<typeof openMonthReader>

/** Plants that were ever in force. */
export interface PlantPast {
  /** Every version, the oldest first. */
  plants(): (PlantVersion & { readonly offset: number })[]
}

/** Read side, one per firm, for a process that does not write. Every call sees the newest commit. */
export interface LedgerReader {
  head(): LedgerHead
  /** Events after a cursor, oldest first. */
  events(after: number, limit: number): LedgerRow[]
  /** The answer to a control entry, or null while it is on its way. */
  answerTo(controlId: string): LedgerRow | null
  /** The plant in force, or null before the first `plant.put`. */
  plant(): PlantVersion | null
  quarantine(filter: {
    readonly status?: 'open' | 'released' | 'discarded'
    readonly reason?: string
    readonly machine?: string
    /** Rows with a smaller id: for paging, newest first. */
    readonly before?: number
    readonly limit: number
  }): QuarantineRecord[]
  quarantineById(id: number): QuarantineRecord | null
  quarantineByReason(): { reason: string; count: number; lastAt: Instant; lastMachine: string | null }[]
  /** State segments that touch [from, to), cut to it, oldest first, as people corrected them. */
  states(machine: string, from: Instant, to: Instant): StateSegment[]
  close(): void
}
