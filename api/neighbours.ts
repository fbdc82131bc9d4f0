/** The other processes of the installation, asked over their local sockets. */
import type {
  AccountNow,
  BrokerStatus,
  ControlPlace,
  DayPanesNow,
  FaultList,
  FaultRow,
  FirmHealth,
  Health,
  MinuteAccount,
  PaneSources,
  PanesNow,
  RawEntry,
  RecomputedPanes,
  RecordsEffect,
  SimulationRun,
  TruthAnswer,
  TruthRow,
} from '#contract/local.ts'
import type { MessageRow } from '#contract/live.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import type { BrokerPort, IngestPort, PaneWindow, SimulatorsPort } from './ports.ts'

/** A person waits for the answer: a neighbour that is silent this long is down. */
const PATIENCE_MS = 3000
/** Making a plant's past, reading back a day of its life, or valuing an open day for the first time takes longer. */
const LONG_PATIENCE_MS = 30_000
const NAMES = ['broker', 'ingest'] as const

export function brokerAt(data: string): BrokerPort {
  const file = socketPath(data, 'broker')
  return {
    control: (request) => callLocal<ControlPlace>(file, 'POST', '/control', request, PATIENCE_MS),
    status: (firm) => {
      const query = new URLSearchParams({ firm }).toString()
      return callLocal<BrokerStatus>(file, 'GET', `/status?${query}`, undefined, PATIENCE_MS)
    },
  }
}

export function ingestAt(data: string): IngestPort {
  const ask = <T>(route: string, query: Readonly<Record<string, string>> = {}, patience = PATIENCE_MS) => {
    const search = new URLSearchParams(query).toString()
    const url = search ? `${route}?${search}` : route
    return callLocal<T>(socketPath(data, 'ingest'), 'GET', url, undefined, patience)
  }
  return {
    messages: (firm, machine, before, limit) =>
      ask<MessageRow[]>('/messages', {
        firm,
        machine,
        ...(before === null ? {} : { before: String(before) }),
        limit: String(limit),
      }),
    entry: (firm, offset) => ask<RawEntry | null>('/entry', { firm, offset: String(offset) }),
    health: (firm) => ask<FirmHealth>('/health-data', { firm }),
    account: (firm, day) => ask<AccountNow>('/account', { firm, day }, LONG_PATIENCE_MS),
    effect: (firm, records) =>
      callLocal<RecordsEffect>(
        socketPath(data, 'ingest'),
        'POST',
        '/effect',
        { firm, records },
        LONG_PATIENCE_MS,
      ),
    dayPanes: (firm, day) => ask<DayPanesNow>('/day-panes', { firm, day }, LONG_PATIENCE_MS),
    sources: (firm, machine, window) => ask<PaneSources>('/sources', { firm, machine, ...asText(window) }),
    recompute: (firm, machine, window) =>
      ask<RecomputedPanes>('/recompute-panes', { firm, machine, ...asText(window) }, LONG_PATIENCE_MS),
    openDays: (firm) => ask<string[]>('/open-days', { firm }),
    minutes: (firm, { from, to }) =>
      ask<MinuteAccount[]>('/minutes', { firm, from: String(from), to: String(to) }, LONG_PATIENCE_MS),
    panes: (firm, machine, { from, to }) =>
      ask<PanesNow>('/panes', { firm, machine, from: String(from), to: String(to) }),
  }
}

const asText = ({ from, to, length }: PaneWindow): Record<string, string> => ({
  from: String(from),
  to: String(to),
  ...(length === undefined ? {} : { length: String(length) }),
})

export function simulatorsAt(data: string): SimulatorsPort {
  const file = socketPath(data, 'simulators')
  return {
    runs: () => callLocal<SimulationRun[]>(file, 'GET', '/runs', undefined, PATIENCE_MS),
    check: async (request) =>
      void (await callLocal<unknown>(file, 'POST', '/runs/check', request, PATIENCE_MS)),
    start: (request) => callLocal<SimulationRun>(file, 'POST', '/runs', request, LONG_PATIENCE_MS),
    stop: (firm) => callLocal<SimulationRun>(file, 'POST', '/runs/stop', { firm }, LONG_PATIENCE_MS),
    truth: (firm, { from, to }, scope) => {
      const query = new URLSearchParams({ firm, from: String(from), to: String(to), scope }).toString()
      return callLocal<TruthRow[]>(file, 'GET', `/runs/truth?${query}`, undefined, LONG_PATIENCE_MS)
    },
    told: async (firm) => {
      const query = new URLSearchParams({ machine: firm }).toString()
      const { firms } = await callLocal<TruthAnswer>(
        file,
        'GET',
        `/truth?${query}`,
        undefined,
        LONG_PATIENCE_MS,
      )
      return firms[0]!
    },
    faults: () => callLocal<FaultList>(file, 'GET', '/faults', undefined, PATIENCE_MS),
    inject: (request) => callLocal<FaultRow>(file, 'POST', '/faults', request, PATIENCE_MS),
    stopFault: async (id) =>
      void (await callLocal<unknown>(file, 'POST', '/faults/stop', { id }, PATIENCE_MS)),
  }
}

const healthAt = (data: string, name: string): Promise<Health> =>
  callLocal<Health>(socketPath(data, name), 'GET', '/health', undefined, PATIENCE_MS)

/** Nobody is there, or no longer: what a connection kept from before ends with. */
const GONE: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

const silent = (process: string): Health => ({
  process,
  ok: false,
  checks: { reachable: { ok: false, why: 'does not answer' } },
})

/** A neighbour that does not answer is a failed check, not an error. Simulators need not run: without them, nothing is said of them. */
export const neighboursAt = (data: string) => async (): Promise<readonly Health[]> => {
  const all = await Promise.all([
    ...NAMES.map((name) => healthAt(data, name).catch(() => silent(name))),
    healthAt(data, 'simulators').catch((error: NodeJS.ErrnoException) =>
      GONE.has(error.code) ? null : silent('simulators'),
    ),
  ])
  return all.filter((health) => health !== null)
}

/** Their counters; a process that does not answer is missing from the text, and `/health` says so. */
export const metricsAt = (data: string) => async (): Promise<string[]> => {
  const texts = await Promise.allSettled(
    [...NAMES, 'simulators'].map((name) =>
      callLocal<string>(socketPath(data, name), 'GET', '/metrics', undefined, PATIENCE_MS),
    ),
  )
  return texts.flatMap((text) => (text.status === 'fulfilled' ? [text.value] : []))
}
