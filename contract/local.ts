/**
 * What the processes of one installation say to each other: HTTP over DIR/admin/<process>.sock (0600), JSON bodies.
 * Types only. Each socket also answers GET /health, /ready, /metrics.
 *
 * broker.sock
 *   POST /control        ControlRequest -> ControlPlace     journals a deed; answers after the commit
 *   GET  /commits        NDJSON stream of {commit}          after each group commit, at most one per 5 ms
 *   GET  /status?firm    -> BrokerStatus            with a firm: `denied.firms` holds that firm alone
 *   GET  /devices        -> DeviceRow[]
 *   POST /devices        {path, machines} -> DeviceSecret   409 when it exists
 *   POST /devices/rotate {path} -> DeviceSecret             404 when it does not; its open connection is closed
 *   POST /devices/remove {path} -> {}
 *   GET  /services       -> ServiceRow[]
 *   POST /services       {name, firms, mirror?, fresh?} -> DeviceSecret   a service account, made or renewed with these rights: reads
 *                        the mirror of its firms (`["*"]`: all), with `mirror: true` also publishes it; its open connection is
 *                        closed. With `fresh: true` it is made only: 409 when it exists
 *   POST /services/remove {name} -> {}
 * ingest.sock
 *   GET  /live           NDJSON stream of LiveFrame
 *   GET  /open?firm&machine&measure&from&to -> [ts, value][]   readings still in open minutes
 *   GET  /messages?firm&machine&before&limit -> MessageRow[]   newest first; `before` is an offset (exclusive)
 *   GET  /entry?firm&offset -> RawEntry | null          one journal entry as received; null when it aged out
 *   GET  /health-data?firm -> FirmHealth                counts, latency, skew, coverage, historian, ledger of a firm
 *   GET  /counts?firm    -> Counts (all firms: Record<firm, Counts>)
 *   GET  /status         -> IngestStatus
 * api.sock
 *   GET  /users; POST /users {name, password?, role, firms} -> {name, password?}; POST /users/password {name, password?}
 *   POST /tokens {role, firm?} -> {token}
 *   GET  /sign-in        -> {path} | null      the one-time link while there is no administrator
 * simulators.sock
 *   GET  /faults         -> FaultList          what can be switched on, and what is in force
 *   POST /faults         FaultRequest -> FaultRow      400 {problems} when it cannot be; with the id of one in force it is changed
 *   POST /faults/stop    {id} -> {}            404 when none of this id is in force
 *   GET  /truth?machine&notes -> TruthAnswer   what was really sent; machine `firm/site/area/line/machine` or `firm`; without it
 *                        all; 404 for one that is not simulated; `notes`: how many single notes come with it (default 0)
 *   GET  /status         -> SimulatorStatus (simulators/status.ts)
 */
import type { Instant } from '#domain/time.ts'
import type { FirmHead, JournalPlace, JournalStatus } from '#store/journal/journal.ts'
import type { z } from 'zod'
import type { ControlEntry } from './control.ts'
import type { DataHealth } from './rest.ts'

export type ControlRequest = { readonly firm: string; readonly entry: ControlEntry }
export type ControlPlace = JournalPlace

export type DeviceRow = {
  readonly path: string
  readonly clientId: string
  readonly machines: readonly string[]
}
export type ServiceRow = {
  readonly name: string
  readonly clientId: string
  readonly firms: readonly string[]
  readonly mirror: boolean
}
/** A secret leaves the process once only: here. */
export type DeviceSecret = { readonly clientId: string; readonly username: string; readonly password: string }

/** A raw message as journalled. */
export type RawEntry = {
  readonly topic: string
  readonly principal: string
  readonly receivedAt: Instant
  /** At most 64 kB, control characters escaped. */
  readonly payload: string
}

export type DeniedTopic = { readonly account: string; readonly topic: string; readonly at: Instant }
/** Topics are the newest 100, oldest first, each cut to 256 characters. */
export type DeniedPart = { readonly total: number; readonly topics: readonly DeniedTopic[] }

export type BrokerStatus = {
  readonly journal: JournalStatus
  readonly connections: number
  readonly accounts: Readonly<Record<string, { readonly connected: boolean; readonly since: Instant }>>
  /** Publishes outside a credential: by the firm of the sender's account, and `others`, those of service accounts. */
  readonly denied: {
    readonly total: number
    readonly firms: Readonly<Record<string, DeniedPart>>
    readonly others: DeniedPart
  }
  readonly closed: Readonly<Record<string, number>>
}

/** What ingest knows of a firm's data health: the rest comes from the broker (contract/rest.ts DataHealth). */
export type FirmHealth = Omit<z.infer<typeof DataHealth>, 'denied' | 'journal'>

export type IngestStatus = {
  /** Commits of the journal not yet through the pipeline. */
  readonly lag: number
  readonly historian: {
    readonly name: string
    readonly ok: boolean
    readonly why: string | null
    /** Commits that the historian is behind the pipeline. */
    readonly lag: number
    readonly since: Instant | null
  }
  readonly ledgers: readonly FirmHead[]
}

/** GET /health of a process, and of the whole (api): names no firm. */
export type Health = {
  readonly process: string
  readonly ok: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly why?: string }>>
}

type Words = { readonly zh: string; readonly en: string }

/** A fault that can be switched on. `counters`: which counters of the product name it (`quarantine:<reason>` or a flag). */
export type FaultKindRow = {
  readonly name: string
  readonly kind: 'transport' | 'sensor' | 'process'
  /** A fault of a device strikes all the machines that it speaks for. */
  readonly scope: 'machine' | 'device'
  readonly title: Words
  readonly does: Words
  readonly chance: { readonly of: 'item' | 'piece' | 'occurrence'; readonly fallback: number }
  readonly params: Readonly<
    Record<
      string,
      {
        readonly title: Words
        readonly unit: string
        readonly fallback: number | string | boolean
        readonly range?: readonly [number, number]
        readonly choices?: readonly string[]
      }
    >
  >
  readonly counters: readonly string[]
}

/** A fault in force, or waiting for its time. */
export type FaultRow = {
  readonly id: string
  readonly name: string
  /** `firm/site/area/line/machine`, a part of it from the left, or `*`. */
  readonly machines: readonly string[]
  /** [from, to); null: without end. */
  readonly from: Instant | null
  readonly to: Instant | null
  readonly probability: number
  readonly params: Readonly<Record<string, number | string | boolean>>
  readonly seed: number
}
export type FaultList = { readonly kinds: readonly FaultKindRow[]; readonly running: readonly FaultRow[] }

/** What is left out has its default, or stays as it is when `id` names a fault in force. */
export type FaultRequest = {
  readonly fault: string
  readonly id?: string
  readonly machines?: readonly string[]
  readonly from?: Instant
  readonly to?: Instant
  readonly probability?: number
  readonly params?: Readonly<Record<string, number | string | boolean>>
  readonly seed?: number
}

/** What the devices of a firm really did. Ranges of seqs: from, to, from, to …, closed. */
export type TruthAnswer = {
  readonly firms: readonly {
    readonly firm: string
    readonly streams: readonly {
      readonly machine: string
      readonly class: string
      readonly boot: string
      readonly made: readonly number[]
      readonly sent: readonly number[]
      readonly acknowledged: readonly number[]
      /** Made, never sent, and gone. */
      readonly lost: readonly number[]
      /** Times that an item was sent again, by a fault or after a reconnect. */
      readonly repeated: number
    }[]
    /** By fault: what it did, and which counter of the product must show it (`''`: none). */
    readonly named: readonly {
      readonly machine: string
      readonly what: string
      readonly counter: string
      readonly items: number
      readonly n: number
    }[]
    readonly notes: readonly {
      readonly at: Instant
      readonly machine: string
      readonly class: string
      readonly boot: string
      readonly seq: number
      readonly what: string
      readonly counters: readonly string[]
      readonly n: number
    }[]
  }[]
}
