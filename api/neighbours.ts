/** The other processes of the installation, asked over their local sockets. */
import type { BrokerStatus, ControlPlace, FirmHealth, Health, RawEntry } from '#contract/local.ts'
import type { MessageRow } from '#contract/live.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import type { BrokerPort, IngestPort } from './ports.ts'

/** A person waits for the answer: a neighbour that is silent this long is down. */
const PATIENCE_MS = 3000
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
  const ask = <T>(route: string, query: Readonly<Record<string, string>> = {}) => {
    const search = new URLSearchParams(query).toString()
    const url = search ? `${route}?${search}` : route
    return callLocal<T>(socketPath(data, 'ingest'), 'GET', url, undefined, PATIENCE_MS)
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
  }
}

/** A neighbour that does not answer is a failed check, not an error. */
export const neighboursAt = (data: string) => (): Promise<readonly Health[]> =>
  Promise.all(
    NAMES.map((name) =>
      callLocal<Health>(socketPath(data, name), 'GET', '/health', undefined, PATIENCE_MS).catch(() => ({
        process: name,
        ok: false,
        checks: { reachable: { ok: false, why: 'does not answer' } },
      })),
    ),
  )

/** Their counters; a process that does not answer is missing from the text, and `/health` says so. */
export const metricsAt = (data: string) => async (): Promise<string[]> => {
  const texts = await Promise.allSettled(
    [...NAMES, 'simulators'].map((name) =>
      callLocal<string>(socketPath(data, name), 'GET', '/metrics', undefined, PATIENCE_MS),
    ),
  )
  return texts.flatMap((text) => (text.status === 'fulfilled' ? [text.value] : []))
}
