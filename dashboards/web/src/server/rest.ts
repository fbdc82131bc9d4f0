/**
 * Requests to /api/v1. Answers are values, not exceptions: what failed, with its code, is shown beside a retry.
 * A 401 anywhere means that the session ended: `onSignedOut` decides what then.
 */
import { machineId } from '#contract/topics.ts'
import type * as shape from './shapes.ts'

export type Failure = {
  /** HTTP status; 0: no answer at all. */
  readonly status: number
  /** Name of the problem type, `network` or `timeout`. */
  readonly type: string
  readonly detail: string | null
  /** Id of this failure in the server's log. */
  readonly code: string | null
  readonly errors: readonly { path: string; message: string }[]
  readonly retryAfterS: number | null
}
export type Answer<T> =
  | { readonly ok: true; readonly status: number; readonly value: T }
  | { readonly ok: false; readonly failure: Failure }

const BASE = '/api/v1'
/** Longer is an error to the reader, who should not have to guess. */
const TIMEOUT_MS = 10_000
/** Making a plant, or comparing a day of one. */
const LONG_MS = 45_000

let signedOut: () => void = () => {}
export function onSignedOut(listener: () => void): void {
  signedOut = listener
}

type Call = {
  readonly method?: string
  readonly body?: unknown
  /** Sent as it is, in place of a body. */
  readonly file?: Blob
  readonly key?: string
  readonly expect401?: boolean
  readonly patienceMs?: number
}

async function call<T>(
  path: string,
  { method = 'GET', body, file: sent, key, expect401 = false, patienceMs = TIMEOUT_MS }: Call = {},
): Promise<Answer<T>> {
  let response: Response
  let text: string
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(patienceMs),
      headers: {
        accept: 'application/json',
        ...(sent ? { 'content-type': 'application/octet-stream' } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(sent ? { body: sent } : {}),
    })
    text = await response.text()
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    return failed(0, late ? 'timeout' : 'network')
  }
  const value = parsed(text)
  if (response.ok) return { ok: true, status: response.status, value: value as T }
  if (response.status === 401 && !expect401) signedOut()
  return failedBy(response, value)
}

export type Download = { readonly name: string; readonly blob: Blob }

/** A file with the name that the server gave it. */
async function file(path: string): Promise<Answer<Download>> {
  try {
    const response = await fetch(BASE + path, {
      credentials: 'same-origin',
      signal: AbortSignal.timeout(LONG_MS),
    })
    if (!response.ok) {
      if (response.status === 401) signedOut()
      return failedBy(response, parsed(await response.text()))
    }
    const name = /filename="?([\w.-]+)/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'file'
    return { ok: true, status: response.status, value: { name, blob: await response.blob() } }
  } catch (error) {
    return failed(0, error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'network')
  }
}

function parsed(text: string): unknown {
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not ours (a proxy's page): the status says enough
  }
}

const failed = (status: number, type: string): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { status, type, detail: null, code: null, errors: [], retryAfterS: null },
})

function failedBy(response: Response, value: unknown): { ok: false; failure: Failure } {
  const problem = (value ?? {}) as Partial<shape.Problem>
  const name = problem.type?.split('/').at(-1)
  const wait = Number(
    response.headers.get('retry-after') ?? response.headers.get('ratelimit-reset') ?? Number.NaN,
  )
  return {
    ok: false,
    failure: {
      status: response.status,
      type: name && name !== 'about:blank' ? name : `http_${response.status}`,
      detail: problem.detail ?? null,
      code: problem.instance ?? null,
      errors: problem.errors ?? [],
      retryAfterS: Number.isFinite(wait) ? wait : null,
    },
  }
}

const query = (fields: Readonly<Record<string, string | number | undefined>>): string => {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) search.set(key, String(value))
  return search.size ? `?${search.toString()}` : ''
}
const within = (from: number, to: number) => ({ from: Math.floor(from), to: Math.ceil(to) })
const sentQuery = (what: unknown, fields: Readonly<Record<string, string | number | undefined>>): string =>
  what instanceof Blob ? query(fields) : ''
const sentAs = (what: unknown): Pick<Call, 'body' | 'file'> =>
  what instanceof Blob ? { file: what } : { body: what }
const one = encodeURIComponent
const firmPath = (firm: string): string => `/firms/${one(firm)}`
const machineAt = (firm: string, path: string): string => `${firmPath(firm)}/machines/${one(machineId(path))}`

/** Production days and what to look at of them. */
export type CostAsked = {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly shift?: string | undefined
  readonly axis?: string | undefined
  readonly scope?: string | undefined
  readonly shared?: string | undefined
}

export const rest = {
  session: () => call<shape.Session>('/session', { expect401: true }),
  signIn: (name: string, password: string) =>
    call<shape.Session>('/session', { method: 'POST', body: { name, password }, expect401: true }),
  signOut: () => call<unknown>('/session', { method: 'DELETE', expect401: true }),
  setup: (token: string, name: string, password: string) =>
    call<shape.Session>('/setup', { method: 'POST', body: { token, name, password }, expect401: true }),

  firms: () => call<shape.FirmRow[]>('/firms'),
  plant: (firm: string) => call<shape.PlantView>(`${firmPath(firm)}/plant`),

  history: (firm: string, machine: string, measure: string, from: number, to: number, step?: number) =>
    call<shape.History>(
      `${machineAt(firm, machine)}/history/${one(measure)}${query({ from: Math.floor(from), to: Math.ceil(to), step })}`,
    ),
  states: (firm: string, machine: string, from: number, to: number) =>
    call<shape.StateHistory>(
      `${machineAt(firm, machine)}/states${query({ from: Math.floor(from), to: Math.ceil(to) })}`,
    ),
  messages: (firm: string, machine: string, before?: number, limit = 20) =>
    call<shape.Messages>(`${machineAt(firm, machine)}/messages${query({ before, limit })}`),

  health: (firm: string) => call<shape.DataHealth>(`${firmPath(firm)}/health`),
  quarantine: (firm: string, reason?: string) =>
    call<shape.QuarantineList>(
      `${firmPath(firm)}/quarantine${query({ status: 'open', reason, limit: 200 })}`,
    ),
  quarantined: (firm: string, id: number) =>
    call<shape.QuarantineDetail>(`${firmPath(firm)}/quarantine/${id}`),
  /** The same `key` twice has one effect: a repeat after a lost answer is safe. */
  decide: (firm: string, body: shape.QuarantineDecide, key: string) =>
    call<shape.DeedAnswer>(`${firmPath(firm)}/quarantine/decide`, { method: 'POST', body, key }),

  /** Left out: the production day that runs. */
  day: (firm: string, day?: string) => call<shape.DayFigures>(`${firmPath(firm)}/day${query({ day })}`),
  cost: (firm: string, asked: CostAsked) =>
    call<shape.CostView>(`${firmPath(firm)}/cost${query({ ...asked })}`, { patienceMs: LONG_MS }),
  dayRevisions: (firm: string, day: string) =>
    call<shape.DayRevision[]>(`${firmPath(firm)}/days/${one(day)}/revisions`),
  shifts: (firm: string, asked: { from?: string; to?: string }) =>
    call<shape.ShiftRow[]>(`${firmPath(firm)}/report/shifts${query(asked)}`, { patienceMs: LONG_MS }),
  shiftReport: (firm: string, day: string, shift: number) =>
    call<shape.ShiftReport>(`${firmPath(firm)}/report/shift${query({ day, shift })}`),
  shiftPdf: (firm: string, day: string, shift: number, lang: string) =>
    file(`${firmPath(firm)}/report/shift.pdf${query({ day, shift, lang })}`),
  performance: (firm: string, path: string, asked: { day?: string; shift?: string | undefined }) =>
    call<shape.MachineFigures>(`${machineAt(firm, path)}/performance${query(asked)}`),

  /** Where a figure comes from; all of it but the raw messages. */
  trace: (firm: string, asked: shape.TraceAsked) =>
    call<shape.Trace>(`${firmPath(firm)}/trace${query(asked)}`),
  traceMessages: (firm: string, asked: { machine: string; from: number; length: 'minute' | 'quarter' }) =>
    call<shape.TraceMessages>(`${firmPath(firm)}/trace/messages${query(asked)}`),
  traceRecompute: (
    firm: string,
    asked: { amount: shape.Trace['amount']; machine: string; day: string; at?: number },
  ) =>
    call<shape.TraceRecompute>(`${firmPath(firm)}/trace/recompute${query(asked)}`, { patienceMs: LONG_MS }),

  stopReasons: (firm: string) => call<shape.StopReason[]>(`${firmPath(firm)}/stop-reasons`),
  /** Of all machines, or of one. */
  stops: (firm: string, from: number, to: number, path?: string) =>
    call<shape.Stop[]>(
      `${firmPath(firm)}/stops${query({ ...within(from, to), machine: path && machineId(path) })}`,
    ),
  corrections: (firm: string, from: number, to: number, path: string) =>
    call<shape.Correction[]>(
      `${firmPath(firm)}/corrections${query({ ...within(from, to), machine: machineId(path) })}`,
    ),
  correct: (firm: string, path: string, body: shape.CorrectionEntry, key: string) =>
    call<shape.DeedAnswer>(`${machineAt(firm, path)}/corrections`, { method: 'POST', body, key }),

  months: (firm: string) => call<shape.MonthView[]>(`${firmPath(firm)}/months`),
  reconciliation: (firm: string, month: string) =>
    call<shape.ReconciliationView>(`${firmPath(firm)}/reconciliation${query({ month })}`),
  /** The same `key` twice has one effect. */
  closeMonth: (firm: string, month: string, key: string) =>
    call<shape.DeedAnswer>(`${firmPath(firm)}/months/${one(month)}/close`, { method: 'POST', body: {}, key }),

  lan: () => call<shape.Lan | null>('/lan'),
  lanCertificate: () => file('/lan/ca.crt'),

  simulation: () => call<shape.Simulation>('/simulation'),
  startRun: (body: shape.RunStart) =>
    call<shape.Run>('/simulation/runs', { method: 'POST', body, patienceMs: LONG_MS }),
  stopRun: (firm: string) =>
    call<shape.Run>(`/simulation/runs/${one(firm)}/stop`, { method: 'POST', patienceMs: LONG_MS }),
  startFault: (firm: string, body: shape.FaultStart) =>
    call<shape.Fault>(`${firmPath(firm)}/faults`, { method: 'POST', body }),
  stopFault: (firm: string, id: string) =>
    call<unknown>(`${firmPath(firm)}/faults/${one(id)}/stop`, { method: 'POST' }),
  simulationHistory: (firm: string) => call<shape.SimulationHistory>(`${firmPath(firm)}/simulation/history`),
  simulationDevices: (firm: string) => call<shape.SimulationDevices>(`${firmPath(firm)}/simulation/devices`),
  truth: (firm: string, from: number, to: number) =>
    call<shape.TruthComparison>(`${firmPath(firm)}/simulation/truth${query({ from, to })}`, {
      patienceMs: LONG_MS,
    }),
  caseFile: (firm: string, from: number, to: number) =>
    file(`${firmPath(firm)}/simulation/case${query({ from, to })}`),

  records: (firm: string) => call<shape.RecordList>(`${firmPath(firm)}/records`),
  recordsTemplate: (firm: string) => file(`${firmPath(firm)}/records/template.xlsx`),
  /** Entered rows or a file, whose table `kind` names where its headings do not. */
  recordsCheck: (firm: string, what: shape.RecordsEntry | Blob, kind?: string) =>
    call<shape.RecordsCheck>(`${firmPath(firm)}/records/check${sentQuery(what, { kind })}`, {
      method: 'POST',
      patienceMs: LONG_MS,
      ...sentAs(what),
    }),
  /** `basis`: the version of the check. The same `key` twice has one effect. */
  recordsPut: (firm: string, what: shape.RecordsEntry | Blob, basis: number, key: string, kind?: string) =>
    call<shape.DeedAnswer>(`${firmPath(firm)}/records${sentQuery(what, { kind, basis })}`, {
      method: 'POST',
      key,
      patienceMs: LONG_MS,
      ...sentAs(what instanceof Blob ? what : { ...what, basis }),
    }),

  people: () => call<shape.PersonRow[]>('/people'),
  addPerson: (body: shape.PersonPut) => call<shape.PersonAnswer>('/people', { method: 'POST', body }),
  changePerson: (name: string, body: shape.PersonChange) =>
    call<shape.PersonAnswer>(`/people/${one(name)}`, { method: 'PUT', body }),
  tokens: () => call<shape.TokenRow[]>('/tokens'),
  addToken: (body: shape.TokenPut) => call<shape.TokenAnswer>('/tokens', { method: 'POST', body }),
  revokeToken: (id: number) => call<unknown>(`/tokens/${id}`, { method: 'DELETE' }),
} as const

/** A random uuid also where the page is served without TLS, which `crypto.randomUUID` refuses. */
export function requestKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
