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
 *   GET  /entry?firm&offset -> RawEntry | null          one journal entry as received, and the hash chain at it; null when it aged out
 *   GET  /health-data?firm -> FirmHealth                counts, latency, skew, coverage, historian, ledger of a firm
 *   GET  /counts?firm    -> Counts (all firms: Record<firm, Counts>)
 *   GET  /panes?firm&machine&from&to&length -> PanesNow  panes that begin in [from, to) as of now, made from what was heard: `length` 900000
 *                        (quarters, default) or 60000 (minutes, of the machine's last 48 h). 400 {error} for a window of more than 2 days,
 *                        minutes that are gone, or no window; made again at most once a second. Settled ones are in the ledger
 *   GET  /account?firm&day -> AccountNow    what a production day came to as of now, made from what was heard; without `day` the day that
 *                        runs. 409 {error} for a firm without records. The account of a day that is settled whole is in the ledger
 *   GET  /day-panes?firm&day -> DayPanesNow  the same with the panes that it is made of
 *   GET  /sources?firm&machine&from&to&length&limit&after -> PaneSources   the panes that begin in [from, to), and of each the messages
 *                        it rests on: first, last and how many of each stream; with `limit` (at most 200) also that many of them behind
 *                        the offset `after`. `length` as for /panes; minutes of any age. 400 {error} for a window of more than 2 days
 *   GET  /recompute-panes?firm&machine&from&to&length -> RecomputedPanes   the same panes made again from the raw messages, and where
 *                        they differ from what the ledger has. Nothing is stored. 400 {error} as before
 *   POST /recompute      {firm, day, machine?} -> DayRecomputed   a production day made again from the raw messages; what came out otherwise is a
 *                        further revision of its settled shifts
 *   POST /revalue        {firm, day} -> DayRevalued     the account of a settled day made again
 *   POST /effect         {firm, records} -> RecordsEffect   what records would change if they were put: the newest 7 settled days
 *   GET  /minutes?firm&from&to -> MinuteAccount[]   whole minutes of the last 48 h, each valued by itself, at most 120. 400 {error}
 *   GET  /open-days?firm -> string[]        production days that are not settled whole, the oldest first
 *   GET  /status         -> IngestStatus
 * api.sock
 *   GET  /users; POST /users {name, password?, role, firms} -> {name, password?}; POST /users/password {name, password?}
 *   POST /tokens {role, firm?} -> {token}
 *   GET  /figures?firm&by&from&to&name&scope -> FigureRow[]   contract/figures.ts; 400, 404, 409 {error}
 *   GET  /sign-in        -> {path} | null      the one-time link while there is no administrator
 * simulators.sock
 *   GET  /faults         -> FaultList          what can be switched on, and what is in force
 *   POST /faults         FaultRequest -> FaultRow      400 {problems} when it cannot be; with the id of one in force it is changed
 *   POST /faults/stop    {id} -> {}            404 when none of this id is in force
 *   GET  /truth?machine&notes -> TruthAnswer   what was really sent; machine `firm/site/area/line/machine` or `firm`; without it
 *                        all; 404 for one that is not simulated; `notes`: how many single notes come with it (default 0)
 *   GET  /status         -> SimulatorStatus (simulators/status.ts)
 *   GET  /runs           -> SimulationRun[]    every plant that lives here: those of the plant files, and those started since
 *   POST /runs           RunRequest -> SimulationRun   starts one; its plant is in force already. 400 {problems}
 *   POST /runs/check     RunRequest -> {}      what `POST /runs` would refuse, before its firm is made
 *   POST /runs/stop      {firm} -> SimulationRun       404: no run of this firm, or it is one of the plant files
 *   GET  /runs/truth?firm&from&to&scope -> TruthRow[]  what was true: scope `plant`, a machine's or a meter's path, or `machines`: all of
 *                        them; 404 for an unknown one, 409 {error} for a window that the plant has not lived
 */
import type { Pane, PaneKey, PaneLength, Source } from '#domain/accounting/pane.ts'
import type { Plant, Simulation } from '#domain/plant/plant.ts'
import type { TelemetryClass } from '#domain/telemetry/item.ts'
import type { Instant } from '#domain/time.ts'
import type { ChainAt, FirmHead, JournalPlace, JournalStatus } from '#store/journal/journal.ts'
import type { z } from 'zod'
import type { ControlEntry } from './control.ts'
import type { DataHealth, RecordsEffect as EffectShape } from './rest.ts'

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
  readonly offset?: number
  readonly topic: string
  readonly principal: string
  readonly receivedAt: Instant
  /** At most 64 kB, control characters escaped. */
  readonly payload: string
  /** The firm's evidence chain at this entry, checked against the values stored before and behind it. */
  readonly chain?: ChainAt
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

/** Panes up to `asOf`, the newest ts of the machine's evidence; 0: nothing was ever heard of it. */
export type PanesNow = { readonly asOf: Instant; readonly panes: readonly Pane[] }

/** An open production day: its account up to `asOf`, by the version of the records, as accountText.ts writes it. */
export type AccountNow = {
  readonly day: string
  readonly from: Instant
  /** End of the day, and up to when it is told. */
  readonly to: Instant
  readonly asOf: Instant
  readonly version: number
  readonly text: string
}

/** `panes`: a text of encodePanes for each machine. */
export type DayPanesNow = { readonly now: AccountNow; readonly panes: readonly string[] }

/** An item on which a pane rests, and its message. `place`: in the message, of `items`. */
export type SourceMessage = {
  readonly offset: number
  readonly receivedAt: Instant
  readonly class: TelemetryClass
  readonly boot: string | null
  readonly seq: number | null
  readonly ts: Instant
  readonly place: number
  readonly items: number
}

/** A source of a pane, found in the journal. What was repeated or put aside is not counted. */
export type SourceStream = Omit<Source, 'machine'> & {
  readonly machine: string
  readonly items: number
  readonly messages: number
  /** By seq, or by ts where the source has no boot. Null: no message of it is in the journal any more. */
  readonly first: SourceMessage | null
  readonly last: SourceMessage | null
  /** By offset; only where asked for. */
  readonly page: readonly SourceMessage[]
}

export type PaneSources = {
  readonly panes: readonly (Omit<Pane, 'sources'> & { readonly sources: readonly SourceStream[] })[]
}

/** A row of the ledger that no message of the journal holds: it aged out, or was never sent. */
export type MissingEvidence = {
  readonly machine: string
  readonly class: TelemetryClass
  readonly boot: string | null
  readonly seq: number | null
  readonly ts: Instant
  readonly reason: 'not_in_journal'
}

/** A number of a pane that came out otherwise; `what`: `registers.kwh`, `covered`. Null: there is no such pane. */
export type PaneDifference = PaneKey & {
  readonly what: string
  readonly stored: number | null
  readonly recomputed: number | null
}

export type RecomputedPanes = {
  readonly machine: string
  readonly length: PaneLength
  /** Made from the raw messages, and as the ledger has them: settled ones as stored, others as they come out of its facts. */
  readonly panes: readonly Pane[]
  readonly stored: readonly Pane[]
  /** SHA-256 of the content of each, sources left out. */
  readonly hash: string
  readonly storedHash: string
  readonly equal: boolean
  /** The first 200. */
  readonly differences: readonly PaneDifference[]
  /** Some of the panes are settled. */
  readonly settled: boolean
  /** Raw messages that it was made from. */
  readonly messages: number
  /** The first 200 of what could not be found. */
  readonly missing: readonly MissingEvidence[]
}

export type DayRecomputed = {
  readonly day: string
  /** Raw messages that it was made from, and rows of the ledger that no message of the journal holds any more. */
  readonly messages: number
  readonly missing: number
  /** Machines whose panes came out otherwise. */
  readonly machines: readonly {
    readonly machine: string
    readonly differences: number
    readonly missing: number
  }[]
  /** Shifts that are open or settled anew meanwhile, which were left, and those that have another revision now. */
  readonly open: readonly (number | null)[]
  readonly revised: readonly (number | null)[]
}

/** Null: it came out as it stands, or the day has no account. */
export type DayRevalued = {
  readonly day: string
  readonly account: { readonly revision: number; readonly hash: string } | null
}

export type RecordsEffect = z.infer<typeof EffectShape>

/** What a minute came to, as accountText.ts writes it. */
export type MinuteAccount = {
  readonly from: Instant
  readonly to: Instant
  readonly version: number
  readonly text: string
}

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
  /** Last levels of the machines that it fits (`lathe-07`); null: any. */
  readonly machines: readonly string[] | null
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

/** A plant that lives in the simulators. */
export type SimulationRun = {
  readonly firm: string
  readonly simulation: Simulation
  readonly scenario: string
  readonly seed: number
  /** Of the plant files: it goes on with the installation and is not stopped by itself. */
  readonly standing: boolean
  /** Its time: [from, to), to null: it goes on as time does. */
  readonly from: Instant
  readonly to: Instant | null
  /** Plant seconds per second; 0: as fast as it can. */
  readonly speed: number
  /** `preparing`: its life before is made; `ended`: all of it is told and acknowledged, or it was stopped. */
  readonly state: 'preparing' | 'running' | 'standing still' | 'ended'
  /** Why it stands still or ended before its time; null: nothing is wrong. */
  readonly why: string | null
  /** Everything before is told. */
  readonly at: Instant
  /** The past that is brought in: null when it has none. */
  readonly history: HistoryProgress | null
  readonly machines: number
  readonly devices: number
  readonly connected: number
  /** Messages. */
  readonly sent: number
  readonly acknowledged: number
  readonly waiting: number
}

export type HistoryProgress = {
  /** Production days, `2025-05-24`: the first and the last one. */
  readonly from: string
  readonly to: string
  /** Date of the retrofit inside it. */
  readonly retrofit: string | null
  readonly days: { readonly done: number; readonly total: number }
  /** Items acknowledged. */
  readonly items: number
  /** `waiting`: live data come first. */
  readonly state: 'preparing' | 'running' | 'waiting' | 'done'
  /** Seconds that it has taken so far, over restarts. */
  readonly seconds: number
}

export type RunRequest = {
  /** `sim-` and what makes it unique. */
  readonly firm: string
  /** The plant as put in force for that firm. */
  readonly plant: Plant
  readonly scenario: string
  readonly seed: number
  /** Both: an interval, and the run ends by itself. Neither: from now on, as time goes. */
  readonly from?: Instant
  readonly to?: Instant
  /** Plant seconds per second, 0: as fast as it can. Default: 1 without an interval, else 0. */
  readonly speed?: number
  /** Default true. */
  readonly signals?: boolean
}

/** One true figure. `scope` is a path in the firm (`plant`: all of it); the value an integer of the unit, or null with its reason. */
export type TruthRow = {
  readonly name: string
  readonly scope: string
  readonly from: Instant
  readonly to: Instant
  readonly value: number | null
  readonly unit: string
  readonly reason: string | null
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
