/**
 * What streams to people: ingest -> api over the local socket (NDJSON frames), api -> page over Socket.IO (typed events).
 * Types only, shared with the page.
 */
import type { Instant } from '#domain/time.ts'
import type { ShownState } from '#domain/plant/plant.ts'
import type { Disposition, Flag, QuarantineReason } from './dispositions.ts'
import type { DayFigures } from './figures.ts'
import type { DeviceClass } from './topics.ts'

/** Newest value of one measure. `value` null has its reason in `quality`. */
export type LatestValue = {
  readonly value: number | null
  readonly ts: Instant
  /** `good`, or `uncertain:…` / `bad:…` with its reason. */
  readonly quality: string
}

/** One machine as it is now. Staleness is the reader's to judge: `ts` against the plant file's timeouts. */
export type MachineLive = {
  /** `site/area/line/machine` */
  readonly machine: string
  readonly state: ShownState
  /** Since when, by source time; null when nothing was ever heard. */
  readonly since: Instant | null
  readonly reason: string | null
  readonly order: string | null
  readonly product: string | null
  readonly operation: string | null
  /** When the newest message of this machine was journalled. */
  readonly receivedAt: Instant | null
  readonly values: Readonly<Record<string, LatestValue>>
}

/** A change: only the values that changed, the rest of the machine whole. */
export type MachineDelta = MachineLive

/** The balance of accounts, per firm: items.decoded = stored + duplicate + quarantined + inFlight + unaccounted; entries likewise. */
export type Counts = {
  readonly entries: { readonly received: number; readonly done: number; readonly inFlight: number }
  readonly items: {
    readonly decoded: number
    readonly stored: number
    readonly duplicate: number
    readonly quarantined: number
    /** 0: an entry goes through the pipeline whole. */
    readonly inFlight: number
  }
  /** Items that ended nowhere. Not 0 is a fault of ingest, which then says so in /health. */
  readonly unaccounted?: number
  readonly flags: Readonly<Record<Flag, number>>
  readonly gaps: { readonly open: number; readonly items: number }
  readonly quarantine: Readonly<Partial<Record<QuarantineReason, number>>>
}

/** A journalled message of a machine and how each of its items ended. */
export type MessageRow = {
  readonly offset: number
  readonly receivedAt: Instant
  readonly class: DeviceClass
  readonly boot: string | null
  /** Of its first item. */
  readonly seq: number | null
  readonly items: number
  readonly disposition: Disposition
  readonly reason: QuarantineReason | null
  readonly flags: readonly Flag[]
  /** The message as received, at most 2 kB, control characters escaped. */
  readonly payload: string
}

/** ingest -> api, one JSON per line. A snapshot of every firm comes first. */
export type LiveFrame =
  | { readonly kind: 'snapshot'; readonly at: Instant; readonly firms: readonly FirmSnapshot[] }
  | {
      readonly kind: 'delta'
      readonly at: Instant
      readonly firm: string
      readonly machines: readonly MachineDelta[]
    }
  | { readonly kind: 'ledger'; readonly firm: string; readonly cursor: number }
  | { readonly kind: 'beat'; readonly at: Instant }

export type FirmSnapshot = {
  readonly firm: string
  readonly cursor: number
  readonly machines: readonly MachineLive[]
}

/** What happened in a firm, in ledger order: the same for pages, scripts and audits. */
export type LedgerEvent = {
  /** 1, 2, 3 … per firm. */
  readonly cursor: number
  readonly at: Instant
  readonly kind:
    | 'control.accepted'
    | 'control.refused'
    | 'plant.changed'
    | 'quarantine.opened'
    | 'quarantine.closed'
    | 'machine.event'
    | 'store.state'
    | 'shift.settled'
    | 'day.valued'
    | 'correction.made'
    | 'records.changed'
    | 'month.closed'
  /** Journal offset that caused it; null for the store's own news. */
  readonly offset: number | null
  readonly body: Readonly<Record<string, unknown>>
}

/** Server -> page. */
export type ServerToPage = {
  /** Whole state of the joined firm; always the first thing after a join and after a resync. */
  snapshot: (frame: { firm: string; at: Instant; cursor: number; machines: readonly MachineLive[] }) => void
  delta: (frame: { firm: string; at: Instant; machines: readonly MachineDelta[] }) => void
  /** Every second while the pipeline lives: the age shown in the header is counted from here. */
  beat: (frame: { at: Instant; ingest: boolean }) => void
  ledger: (event: LedgerEvent) => void
  /** The production day that runs, about once a second while somebody looks; for who may read figures. */
  day: (frame: DayFigures) => void
  /** The page was too slow and missed deltas: throw everything away, a snapshot follows. */
  resync: () => void
  /** The session ended or its rights changed: sign in again. */
  goodbye: (reason: 'expired' | 'revoked') => void
}

/** Page -> server. */
export type PageToServer = {
  /**
   * Look at one firm from a ledger cursor on (0: no history). One firm at a time; another firm's id answers like an unknown one.
   */
  join: (
    request: { firm: string; cursor: number },
    answer: (result: { ok: true } | { ok: false; status: 404 }) => void,
  ) => void
}
