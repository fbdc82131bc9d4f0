/** What the handlers of the api work with. main.ts joins the real ones; tests put in their own. */
import type {
  AccountNow,
  BrokerStatus,
  ControlPlace,
  ControlRequest,
  DayPanesNow,
  FaultList,
  FaultRequest,
  FaultRow,
  Health,
  FirmHealth,
  MinuteAccount,
  PaneSources,
  PanesNow,
  RawEntry,
  RecomputedPanes,
  RecordsEffect,
  RunRequest,
  SimulationRun,
  TruthAnswer,
  TruthRow,
} from '#contract/local.ts'
import type { MessageRow } from '#contract/live.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { PaneLength } from '#domain/accounting/pane.ts'
import type { Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import type { HistorianReader } from '#store/historian/historian.ts'
import type { PeopleStore } from '#store/people/people.ts'
import type { Lan } from './lan/door.ts'
import type { Ledgers } from './ledgers.ts'
import type { SetupLink } from './auth/setup.ts'
import type { Upstream } from './upstream.ts'

/** The broker process, over its local socket. Every call throws when it is not there. */
export type BrokerPort = {
  readonly control: (request: ControlRequest) => Promise<ControlPlace>
  /** What it refused is told of this firm alone. */
  readonly status: (firm: string) => Promise<BrokerStatus>
}

export type PaneWindow = { readonly from: Instant; readonly to: Instant; readonly length?: PaneLength }

/** The ingest process, over its local socket. Every call throws when it is not there. */
export type IngestPort = {
  readonly messages: (
    firm: string,
    machine: string,
    before: number | null,
    limit: number,
  ) => Promise<MessageRow[]>
  /** Null: aged out of the journal. */
  readonly entry: (firm: string, offset: number) => Promise<RawEntry | null>
  readonly health: (firm: string) => Promise<FirmHealth>
  /** A production day as of now. Throws a LocalError of 409 for a firm without records. */
  readonly account: (firm: string, day: string) => Promise<AccountNow>
  /** What records would change if they were put. */
  readonly effect: (firm: string, records: readonly DatedRecord[]) => Promise<RecordsEffect>
  /** The same with the panes that it is made of. */
  readonly dayPanes: (firm: string, day: string) => Promise<DayPanesNow>
  /** Panes that begin in a window, and the messages of the journal that each rests on. */
  readonly sources: (firm: string, machine: string, window: PaneWindow) => Promise<PaneSources>
  /** The same panes made again from the raw messages. */
  readonly recompute: (firm: string, machine: string, window: PaneWindow) => Promise<RecomputedPanes>
  /** Production days that are not settled whole. */
  readonly openDays: (firm: string) => Promise<readonly string[]>
  /** Whole minutes of the last 48 hours, each valued by itself. Throws a LocalError of 400 for others. */
  readonly minutes: (
    firm: string,
    window: { readonly from: Instant; readonly to: Instant },
  ) => Promise<readonly MinuteAccount[]>
  /** Panes of a machine that begin in a window, as of now. */
  readonly panes: (
    firm: string,
    machine: string,
    window: { readonly from: Instant; readonly to: Instant },
  ) => Promise<PanesNow>
}

/**
 * The simulators process, over its local socket. Every call throws: LocalError with what it refused, or the socket's own error when
 * none runs.
 */
export type SimulatorsPort = {
  readonly runs: () => Promise<readonly SimulationRun[]>
  /** Throws what `start` would: asked before a firm is made for the run. */
  readonly check: (request: RunRequest) => Promise<void>
  readonly start: (request: RunRequest) => Promise<SimulationRun>
  readonly stop: (firm: string) => Promise<SimulationRun>
  /** Scope `plant`, a path, or `machines`: all of them. */
  readonly truth: (
    firm: string,
    window: { readonly from: Instant; readonly to: Instant },
    scope: string,
  ) => Promise<readonly TruthRow[]>
  /** What the devices of the firm really sent, and what faults did. */
  readonly told: (firm: string) => Promise<TruthAnswer['firms'][number]>
  readonly faults: () => Promise<FaultList>
  readonly inject: (request: FaultRequest) => Promise<FaultRow>
  readonly stopFault: (id: string) => Promise<void>
}

export type Ports = {
  readonly people: PeopleStore
  readonly setup: SetupLink
  readonly ledgers: Ledgers
  readonly upstream: Upstream
  readonly historian: HistorianReader
  readonly broker: BrokerPort
  readonly ingest: IngestPort
  readonly simulators: SimulatorsPort
  /** /health of the other processes, by name; `ok: false` when one does not answer. */
  readonly neighbours: () => Promise<readonly Health[]>
  /** /metrics text of all processes, this one's included. */
  readonly metrics: () => Promise<string>
  /** Faulty plant files, without naming a firm; null: none. */
  readonly plantFaults: () => string | null
  /** Share of the data folder's disk that is free, 0..1. */
  readonly freeShare: () => number
  readonly now: () => Instant
  readonly log: Log
  /** How phones on the local network find the page, and the CA certificate they need; null: they do not. */
  readonly lan: () => Lan | null
  /** Served by TLS alone, with the operator's certificate: HSTS is sent. */
  readonly secure: boolean
  /** Folder of the plant files. */
  readonly plants: string
  /** Folder of the built page. */
  readonly page: string
}
