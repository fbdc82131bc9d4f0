/** What the broker answers on DIR/admin/broker.sock: deeds to journal, credentials, and what it knows of itself. */
import type { BrokerStatus, ControlPlace, Health } from '#contract/local.ts'
import { ControlEntry } from '#contract/control.ts'
import { controlTopic, isLevel } from '#contract/topics.ts'
import type { Credentials } from '#store/credentials/credentials.ts'
import type { JournalWriter } from '#store/journal/journal.ts'
import type { LocalAnswer, LocalLine, LocalRoutes } from '#runtime/local.ts'
import type { Broker } from './broker.ts'
import {
  addDevice,
  isRefused,
  listDevices,
  listServices,
  putService,
  removeDevice,
  removeService,
  rotateDevice,
  type Refused,
} from './devices.ts'

export type LocalParts = {
  readonly broker: Broker
  readonly journal: JournalWriter
  readonly credentials: Credentials
  readonly metrics: () => Promise<string>
  readonly isReady: () => boolean
}

const refusal = ({ status, error }: Refused): LocalAnswer => ({ status, body: { error } })
const field = (body: unknown, name: string): unknown => (body as Record<string, unknown> | undefined)?.[name]

export function localRoutes(parts: LocalParts): LocalRoutes {
  const { broker, journal, credentials } = parts
  return {
    answers: {
      'GET /health': () => ({ body: health(journal) }),
      'GET /ready': () => ({ status: parts.isReady() ? 200 : 503, body: { ready: parts.isReady() } }),
      'GET /metrics': async () => ({ text: await parts.metrics(), type: 'text/plain; version=0.0.4' }),
      'GET /status': (_body, query) => ({ body: statusOf(parts, query.get('firm') ?? undefined) }),
      'POST /control': (body) => control(journal, body),
      'GET /devices': () => ({ body: listDevices(credentials) }),
      'POST /devices': (body) => {
        const wanted = { path: field(body, 'path'), machines: field(body, 'machines') }
        const answer = addDevice(credentials, wanted, Date.now())
        return isRefused(answer) ? refusal(answer) : { body: answer }
      },
      'POST /devices/rotate': async (body) => {
        const done = rotateDevice(credentials, field(body, 'path'), Date.now())
        if (isRefused(done)) return refusal(done)
        await broker.disconnect(done.account, 'secret_rotated', false)
        return { body: done.secret }
      },
      'POST /devices/remove': async (body) => {
        const done = removeDevice(credentials, field(body, 'path'))
        return isRefused(done) ? refusal(done) : ended(broker, done.account)
      },
      'GET /services': () => ({ body: listServices(credentials) }),
      'POST /services': async (body) => {
        const done = putService(credentials, body ?? {}, Date.now())
        if (isRefused(done)) return refusal(done)
        if (done.changed) await broker.disconnect(done.account, 'rights_changed', true)
        return { body: done.secret }
      },
      'POST /services/remove': async (body) => {
        const done = removeService(credentials, field(body, 'name'))
        return isRefused(done) ? refusal(done) : ended(broker, done.account)
      },
    },
    streams: {
      'GET /commits': (write, _query, signal) => followCommits(journal, write, signal),
    },
  }
}

async function ended(broker: Broker, account: Parameters<Broker['disconnect']>[0]): Promise<LocalAnswer> {
  await broker.disconnect(account, 'account_removed', true)
  broker.presence.forget(account.username)
  return { body: {} }
}

/** Journals what a person did. Answers after the commit; while the journal cannot write, the caller waits. */
async function control(journal: JournalWriter, body: unknown): Promise<LocalAnswer> {
  const firm = field(body, 'firm')
  if (typeof firm !== 'string' || !isLevel(firm)) return { status: 400, body: { error: 'firm is no firm' } }
  const entry = ControlEntry.safeParse(field(body, 'entry'))
  if (!entry.success) {
    const faults = entry.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    return { status: 400, body: { error: `entry: ${faults.join('; ')}` } }
  }
  const { by, kind } = entry.data
  const payload = Buffer.from(JSON.stringify(entry.data))
  const place: ControlPlace = await journal.append({
    topic: controlTopic(firm, kind),
    principal: by,
    payload,
  })
  return { body: place }
}

const EVERY_MS = 5
/** A reader that does not read gets one line a second until it does. */
const SLOW_MS = 1000

function followCommits(journal: JournalWriter, write: LocalLine, signal: AbortSignal): void {
  let timer: NodeJS.Timeout | null = null
  let newest = journal.status().commit
  let told = -1
  const tell = () => {
    timer = null
    if (signal.aborted || told === newest) return
    told = newest
    timer = setTimeout(tell, write({ commit: newest }) ? EVERY_MS : SLOW_MS)
  }
  const stop = journal.onCommit((commit) => {
    newest = commit
    if (!timer) tell()
  })
  signal.addEventListener('abort', () => {
    stop()
    if (timer) clearTimeout(timer)
  })
  tell()
}

/** Whether the broker does its work, and why not. Names no firm. */
export function health(journal: Pick<JournalWriter, 'status'>): Health {
  const { blocked, damage } = journal.status()
  const writing = blocked
    ? {
        ok: false,
        why: `cannot write: ${blocked.reason}; ${blocked.waiting} messages wait, devices keep theirs`,
      }
    : { ok: true }
  const whole =
    damage.length > 0
      ? {
          ok: false,
          why: `${damage.length} damaged parts were set aside, the good ones are kept: see the log`,
        }
      : { ok: true }
  return {
    process: 'broker',
    ok: writing.ok && whole.ok,
    checks: { journal: writing, journalWhole: whole },
  }
}

function statusOf({ broker, journal, credentials }: LocalParts, firm?: string): BrokerStatus {
  const { denied, closes, guard, presence } = broker
  return {
    journal: journal.status(),
    connections: guard.connections,
    accounts: presence.of(credentials),
    denied: denied.status(firm),
    closed: closes.counts,
  }
}
