/**
 * What one commit of a ledger holds. Rows that are only ever added stand first, rows of state that are replaced last; the writer
 * stores all of it and the cursor in one transaction, so that a kill leaves a ledger that is exactly as of some journal commit.
 */
import type { CountCorrection } from '#domain/accounting/facts.ts'
import type { PaneLength } from '#domain/accounting/pane.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { Instant } from '#domain/time.ts'
import type { MachineState, Plant } from '#domain/plant/plant.ts'
import type { SampleGone, SamplePart } from './sampleRows.ts'

export type NewEvent = {
  readonly at: Instant
  readonly kind: string
  readonly offset: number | null
  /** Id of the control entry that this event answers. */
  readonly control: string | null
  readonly body: Readonly<Record<string, unknown>>
}

export type NewPlant = {
  readonly version: number
  readonly since: Instant
  readonly offset: number
  readonly plant: Plant
}

export type QuarantineRow = {
  readonly id: number
  readonly reason: string
  readonly detail: string
  /** Who sent it: rows kept are limited per account and reason. */
  readonly account: string
  readonly machine: string | null
  readonly class: string | null
  readonly boot: string | null
  readonly seq: number | null
  readonly ts: Instant | null
  readonly receivedAt: Instant
  readonly offset: number
  readonly item: number
  readonly stands: number | null
}

export type QuarantineDecided = {
  readonly id: number
  readonly status: 'released' | 'discarded'
  readonly by: string
  readonly at: Instant
  /** Journal offset of the decision. */
  readonly offset: number
}

export type ReasonTally = {
  readonly reason: string
  readonly count: number
  readonly lastAt: Instant
  readonly lastMachine: string | null
}

export type StateRow = {
  readonly machine: string
  readonly ts: Instant
  /** Repeated without a silence up to here, by the device's own record; otherwise `ts`. */
  readonly lastTs: Instant
  readonly state: string
  readonly reason: string | null
  /** What the machine said was on it; null or left out: nothing. */
  readonly order?: string | null
  readonly product?: string | null
  readonly operation?: string | null
  /** Of two states at the same instant the one with the higher seq stands. */
  readonly seq: number
}

/** An `event` item as it was stored, for those who ask about a machine's past. */
export type MachineEventRow = {
  readonly machine: string
  readonly ts: Instant
  /** Empty: the device names none. */
  readonly boot: string
  /** Of an item without one: minus its content hash, so that (machine, ts, boot, seq) is its identity. */
  readonly seq: number
  readonly type: string
  /** Its own fields, JSON, without the type. */
  readonly fields: string
  /** Journal entry that it came with. */
  readonly offset: number
  /** It takes the place of what stands under the same boot and seq, whatever the ts of that. */
  readonly corrects: boolean
}

/** Panes of one machine in one shift of a production day. A revision that is not settled yet is replaced freely. */
export type PaneRow = {
  readonly machine: string
  readonly length: PaneLength
  /** `2026-03-31` */
  readonly day: string
  /** Index in the plant's shifts; null: what lies outside of them. */
  readonly shift: number | null
  readonly revision: number
  /** SHA-256 of `panes`. */
  readonly hash: string
  /** encodePanes and encodeSources of domain/accounting/paneText.ts. */
  readonly panes: string
  readonly sources: string
}

/** A shift as it was settled: of each machine the newest row of this revision or a lower one. */
export type SettledRow = {
  readonly day: string
  readonly shift: number | null
  readonly revision: number
  /** Journal time and place. */
  readonly at: Instant
  readonly offset: number
  /** Why there is another revision; null for revision 0. */
  readonly reason: string | null
  /** Over the machines and hashes of its rows. */
  readonly hash: string
}

/** A dated record as it was accepted: id is its place, 1 the first. */
export type RecordRow = DatedRecord & {
  readonly id: number
  /** Journal time and place. */
  readonly at: Instant
  readonly offset: number
  readonly by: string
}

/** The account of a production day that is settled whole. The newest revision counts; those before it stay. */
export type AccountRow = {
  readonly day: string
  readonly revision: number
  /** Hash of what it was made of: the day's panes, the records in force, the months before it. */
  readonly basis: string
  /** Null for revision 0. */
  readonly reason: string | null
  readonly at: Instant
  /** SHA-256 of its text, hex. */
  readonly hash: string
  /** domain/kpi/accountText.ts */
  readonly text: string
}

/** A closed month: what its figures are told from for ever, whatever comes later. */
export type MonthCloseRow = {
  /** `2026-03` */
  readonly month: string
  /** `2026-03-1f0c5a90b3de` */
  readonly snapshot: string
  readonly days: readonly { readonly day: string; readonly revision: number; readonly hash: string }[]
  /** Dated records that were known. */
  readonly records: number
  readonly note: string | null
  readonly by: string
  /** Journal time and place. */
  readonly at: Instant
  readonly offset: number
}

/** Pieces of a machine that a correction adds or takes away. */
export type CorrectedPieces = CountCorrection & { readonly machine: string }

/** What a correction says, by kind. */
export type CorrectionBody =
  | { readonly kind: 'state'; readonly state: MachineState | null; readonly cause: string | null }
  | { readonly kind: 'count'; readonly parts: readonly CorrectedPieces[] }
  | { readonly kind: 'reading'; readonly measure: string; readonly value: number; readonly steps: number }
  | {
      readonly kind: 'reject'
      readonly product: string
      readonly serial: string | null
      /** Good pieces taken back where they were counted, scrap where they were found. */
      readonly parts: readonly CorrectedPieces[]
    }

/** A correction as it was accepted; `id` is its place, 1 the first. */
export type CorrectionRow = {
  readonly id: number
  /** Id of the control entry. */
  readonly control: string
  readonly machine: string
  /** What it speaks of; an instant is [at, at]. Null: until the state changes. */
  readonly from: Instant
  readonly to: Instant | null
  readonly body: CorrectionBody
  /** As it was shown before and after. */
  readonly old: unknown
  readonly new: unknown
  readonly reason: string
  readonly by: string
  /** Journal time and place. */
  readonly at: Instant
  readonly offset: number
  /** Id of the correction that it takes back, whose body it repeats. */
  readonly withdraws: number | null
}

/** What the aggregate stage holds of a production day that is not all settled; null: it is. */
export type OpenDayRow = { readonly day: string; readonly state: string | null }

export type MessageBlock = {
  readonly machine: string
  readonly firstOffset: number
  readonly lastAt: Instant
  readonly boots: string
  readonly records: Uint8Array
}

export type MachineRow = {
  readonly path: string
  readonly live: string
  readonly registers: string
  readonly messages: Uint8Array
  readonly boots: string
}

export type StreamRow = {
  readonly id: number
  readonly machine: string
  readonly class: string
  readonly key: string
  readonly state: string
  readonly tail: Uint8Array
}

export type HashRow = {
  readonly day: number
  readonly stream: number
  readonly block: number
  readonly hashes: Uint8Array
}

export type Progress = {
  /** Journal commit up to which the ledger is complete. */
  readonly cursor: number
  readonly offset: number
  readonly at: Instant
  readonly clock: string
  readonly counts: string
}

export type LedgerChanges = {
  readonly progress: Progress
  readonly events: readonly NewEvent[]
  readonly plants: readonly NewPlant[]
  readonly quarantine: readonly QuarantineRow[]
  readonly decided: readonly QuarantineDecided[]
  /** Items that passed every check and still must not reach the historian: flat pairs offset, item. */
  readonly withheld: readonly number[]
  readonly states: readonly StateRow[]
  readonly machineEvents: readonly MachineEventRow[]
  readonly samples: readonly SamplePart[]
  /** Removed before `samples` are added. */
  readonly samplesGone: readonly SampleGone[]
  readonly panes: readonly PaneRow[]
  readonly settled: readonly SettledRow[]
  readonly openDays: readonly OpenDayRow[]
  readonly records: readonly RecordRow[]
  readonly accounts: readonly AccountRow[]
  readonly corrections: readonly CorrectionRow[]
  readonly monthCloses: readonly MonthCloseRow[]
  readonly messages: readonly MessageBlock[]
  readonly tallies: readonly ReasonTally[]
  readonly machines: readonly MachineRow[]
  readonly streams: readonly StreamRow[]
  readonly hashes: readonly HashRow[]
  /** Hash blocks of days before this one may go. */
  readonly oldestHashDay: number
}
