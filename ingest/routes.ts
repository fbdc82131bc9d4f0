/** What ingest answers on its local socket (contract/local.ts). Another firm's or an unknown machine's question is a 404. */
import type { Registry } from 'prom-client'
import { QUARTER } from '#domain/accounting/pane.ts'
import type { QuarantineReason } from '#contract/dispositions.ts'
import type { MessageRow } from '#contract/live.ts'
import { MAX_PAYLOAD } from '#contract/envelope.ts'
import type { DayRevalued, Health, IngestStatus, RawEntry } from '#contract/local.ts'
import { RecordPut } from '#contract/recordShape.ts'
import type { LocalAnswer, LocalRoutes } from '#runtime/local.ts'
import type { Historian } from '#store/historian/historian.ts'
import { dayBooksOf } from './accounts/dayBooks.ts'
import { minuteAccounts } from './accounts/minutes.ts'
import { unaccounted } from './counts.ts'
import { countsOf, dataHealth } from './dataHealth.ts'
import type { Firm } from './firm.ts'
import type { Intake } from './intake.ts'
import { recompute, sources } from './lineage/answers.ts'
import { recomputeDay } from './recompute.ts'
import { MESSAGES_KEPT } from './messages.ts'
import { panesNow } from './panesNow.ts'
import { showPayload } from './shown.ts'

const MAX_MESSAGES = 200
const NOT_FOUND: LocalAnswer = { status: 404, body: { error: 'no such firm or machine' } }

export function createRoutes(intake: Intake, historian: Historian, metrics: Registry): LocalRoutes {
  const ofFirm = (query: URLSearchParams, answer: (firm: Firm) => unknown): LocalAnswer => {
    const firm = intake.firms.get(query.get('firm') ?? '')
    return firm ? { body: answer(firm) } : NOT_FOUND
  }
  const ofDay = async (
    body: unknown,
    answer: (firm: Firm, day: string, machine: string | null) => Promise<unknown>,
  ): Promise<LocalAnswer> => {
    const {
      firm: name = '',
      day = '',
      machine = null,
    } = (body ?? {}) as { readonly firm?: string; readonly day?: string; readonly machine?: string | null }
    const firm = intake.firms.get(name)
    const known = /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(`${day}T00:00:00Z`))
    return firm?.plant && known ? { body: await answer(firm, day, machine) } : NOT_FOUND
  }
  return {
    answers: {
      'GET /health': () => ({ body: health(intake) }),
      'GET /ready': () => ({ body: { ready: true } }),
      'GET /metrics': async () => ({ text: await metrics.metrics(), type: metrics.contentType }),
      'GET /status': () => ({ body: status(intake, historian) }),
      'GET /counts': (_body, query) =>
        query.has('firm')
          ? ofFirm(query, (firm) => countsOf(intake, firm))
          : {
              body: Object.fromEntries(
                [...intake.firms.values()].map((firm) => [firm.name, countsOf(intake, firm)]),
              ),
            },
      'GET /health-data': (_body, query) =>
        ofFirm(query, (firm) => dataHealth(intake, firm, historian.name, Date.now())),
      'GET /open': (_body, query) => {
        const [firm, machine, measure] = ['firm', 'machine', 'measure'].map((key) => query.get(key) ?? '')
        const points = historian.openReadings(
          { firm: firm!, machine: machine!, measure: measure! },
          Number(query.get('from') ?? 0),
          Number(query.get('to') ?? Number.MAX_SAFE_INTEGER),
        )
        return { body: points.map(({ ts, value }) => [ts, value]) }
      },
      'GET /entry': (_body, query) =>
        ofFirm(query, (firm) => rawEntry(intake, firm, Number(query.get('offset')))),
      'GET /panes': (_body, query) => panes(intake.firms.get(query.get('firm') ?? ''), query),
      'GET /open-days': (_body, query) => ofFirm(query, (firm) => firm.days.list().map(({ day }) => day.day)),
      'POST /recompute': (body) =>
        ofDay(body, (firm, day, machine) => recomputeDay(intake, firm, day, machine)),
      'POST /revalue': (body) =>
        ofDay(body, async (firm, day): Promise<DayRevalued> => {
          const row = await intake.accountant.revalue(firm, day)
          return { day, account: row && { revision: row.revision, hash: row.hash } }
        }),
      'POST /effect': async (body) => {
        const { firm: name, records } = (body ?? {}) as { readonly firm?: string; readonly records?: unknown }
        const put = RecordPut.safeParse({ records })
        const firm = intake.firms.get(name ?? '')
        if (!firm) return NOT_FOUND
        if (!put.success) return { status: 400, body: { error: 'bad_body' } }
        return { body: await intake.accountant.effect(firm, put.data.records) }
      },
      'GET /minutes': (_body, query) => minutes(intake.firms.get(query.get('firm') ?? ''), query),
      'GET /account': (_body, query) => account(intake.firms.get(query.get('firm') ?? ''), query.get('day')),
      'GET /sources': (_body, query) => sources(intake, query),
      'GET /recompute-panes': (_body, query) => recompute(intake, query),
      'GET /day-panes': (_body, query) =>
        dayPanes(intake.firms.get(query.get('firm') ?? ''), query.get('day') ?? ''),
      'GET /messages': (_body, query) => ofFirm(query, (firm) => messages(intake, firm, query)),
    },
    streams: {
      'GET /live': (write, _query, signal, drained) => {
        const end = intake.live.watch({ write, drained })
        signal.addEventListener('abort', end)
      },
    },
  }
}

function panes(firm: Firm | undefined, query: URLSearchParams): LocalAnswer {
  const machine = firm?.machines.get(query.get('machine') ?? '')
  if (!firm || !machine?.index) return NOT_FOUND
  const asked = {
    from: Number(query.get('from') ?? NaN),
    to: Number(query.get('to') ?? NaN),
    length: Number(query.get('length') ?? QUARTER),
  }
  const found = panesNow(firm, machine, asked, performance.now())
  return typeof found === 'string' ? { status: 400, body: { error: found } } : { body: found }
}

function minutes(firm: Firm | undefined, query: URLSearchParams): LocalAnswer {
  if (!firm?.plant) return NOT_FOUND
  if (firm.records.length === 0) return { status: 409, body: { error: 'no_records' } }
  const found = minuteAccounts(
    firm,
    {
      from: Number(query.get('from') ?? NaN),
      to: Number(query.get('to') ?? NaN),
    },
    performance.now(),
  )
  return typeof found === 'string' ? { status: 400, body: { error: found } } : { body: found }
}

async function account(firm: Firm | undefined, day: string | null): Promise<LocalAnswer> {
  const known = day === null || !Number.isNaN(Date.parse(`${day}T00:00:00Z`))
  if (!firm?.plant || !known) return NOT_FOUND
  if (firm.records.length === 0) return { status: 409, body: { error: 'no_records' } }
  return { body: await dayBooksOf(firm).now(day, performance.now()) }
}

async function dayPanes(firm: Firm | undefined, day: string): Promise<LocalAnswer> {
  if (!firm?.plant || Number.isNaN(Date.parse(`${day}T00:00:00Z`))) return NOT_FOUND
  if (firm.records.length === 0) return { status: 409, body: { error: 'no_records' } }
  return { body: await dayBooksOf(firm).panes(day, performance.now()) }
}

/** One journal entry as received; null when it aged out. */
function rawEntry(intake: Intake, firm: Firm, offset: number): RawEntry | null {
  const entry = Number.isSafeInteger(offset) ? intake.reader.find(firm.name, offset) : null
  if (!entry) return null
  const { topic, principal, receivedAt, payload } = entry
  const chain = intake.reader.chainAt(firm.name, offset)
  const raw = { offset, topic, principal, receivedAt, payload: showPayload(payload, MAX_PAYLOAD) }
  return chain ? { ...raw, chain } : raw
}

/** Newest messages of a machine, newest first. */
export function messages(intake: Intake, firm: Firm, query: URLSearchParams): MessageRow[] {
  const machine = firm.machines.get(query.get('machine') ?? '')
  if (!machine) return []
  const limit = Math.min(Number(query.get('limit') ?? 50) || 50, MAX_MESSAGES)
  const before = Number(query.get('before') ?? Number.MAX_SAFE_INTEGER) || Number.MAX_SAFE_INTEGER
  const rows: MessageRow[] = []
  for (const message of machine.messages.before(before, firm.ledger)) {
    if (rows.length >= limit || message.receivedAt < firm.at - MESSAGES_KEPT) break
    const entry = intake.reader.find(firm.name, message.offset)
    rows.push({ ...message, payload: entry ? showPayload(entry.payload) : '' })
  }
  return asDecided(firm, rows)
}

/** The index says how a message ended when it came; what was decided on its items since, or what the historian refused, counts. */
function asDecided(firm: Firm, rows: readonly MessageRow[]): MessageRow[] {
  if (rows.length === 0) return []
  const known = Map.groupBy(firm.rowsIn(rows.at(-1)!.offset, rows[0]!.offset), (row) => row.offset)
  return rows.map((row) => {
    const newest = new Map((known.get(row.offset) ?? []).map((aside) => [aside.item, aside]))
    if (newest.size === 0) return row
    const aside = [...newest.values()].find((decided) => decided.status !== 'released')
    if (aside) return { ...row, disposition: 'quarantined', reason: aside.reason as QuarantineReason }
    return { ...row, disposition: 'stored', reason: null }
  })
}

export function status(intake: Intake, historian: Historian): IngestStatus {
  const { ok, why, since } = intake.feed.state
  return {
    lag: intake.lag,
    historian: { name: historian.name, ok, why, lag: intake.feed.lag, since },
    ledgers: [...intake.firms.values()].map((firm) => {
      const { cursor, hash } = firm.ledger.head()
      return { firm: firm.name, offset: cursor, hash }
    }),
  }
}

function balance(intake: Intake): Health['checks'][string] {
  const off = [...intake.firms.values()].map((firm) => unaccounted(firm.tally)).filter((items) => items !== 0)
  return off.length === 0 ? { ok: true } : { ok: false, why: `${off.join(', ')} items ended nowhere` }
}

/** Names no firm. */
export function health(intake: Intake): Health {
  const { ok, why } = intake.feed.state
  const checks = {
    historian: ok ? { ok } : { ok, why: why ?? 'unavailable' },
    ledger: intake.blocked === null ? { ok: true } : { ok: false, why: intake.blocked },
    balance: balance(intake),
  }
  return { process: 'ingest', ok: Object.values(checks).every((check) => check.ok), checks }
}
