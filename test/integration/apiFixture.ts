/**
 * An api without neighbours: the real HTTP server, socket, people.db and rules; ledgers, historian, broker and ingest are tables in
 * memory. Two firms, `demo-a` and `demo-b`, with one machine each.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { io, type Socket } from 'socket.io-client'
import { ROLES, type Role } from '#contract/control.ts'
import type { ControlRequest, FaultRow, Health, SimulationRun, TruthRow } from '#contract/local.ts'
import type { MachineLive, PageToServer, ServerToPage } from '#contract/live.ts'
import { FLAGS } from '#contract/dispositions.ts'
import { sumOfAccounts } from '#domain/kpi/accountSum.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, dayOf, MINUTE, SHANGHAI_OFFSET } from '#domain/time.ts'
import { createLog } from '#runtime/log.ts'
import type { Bucket } from '#store/historian/historian.ts'
import { LocalError } from '#runtime/local.ts'
import type { AccountRow, MonthCloseRow, RecordRow } from '#store/ledger/changes.ts'
import type { MadeCorrection } from '#store/ledger/correctionRows.ts'
import type { LedgerRow, MachineEvent, QuarantineRecord, StateSegment } from '#store/ledger/ledger.ts'
import { PeopleStore } from '#store/people/people.ts'
import { createApp } from '../../api/app.ts'
import { openSession, SESSION_MS } from '../../api/auth/identity.ts'
import { makeSecret, secretHash } from '../../api/auth/secrets.ts'
import { SetupLink } from '../../api/auth/setup.ts'
import { Ledgers, type LedgerReader } from '../../api/ledgers.ts'
import { serveLive } from '../../api/live/server.ts'
import type { Ports, SimulatorsPort } from '../../api/ports.ts'
import { createServer } from '../../api/server.ts'
import { Upstream } from '../../api/upstream.ts'

export const NOW = 1_795_500_420_000
export const FIRMS = ['demo-a', 'demo-b'] as const
export const MACHINE = 'main/machining/l1/lathe-07'

export const plantOf = (firm: string): Plant => ({
  firm,
  title: { zh: `${firm} 厂`, en: `Works ${firm}` },
  simulated: true,
  shifts: [{ name: { zh: '白班', en: 'Day' }, start: 480, end: 960 }],
  groups: [{ id: 'machining', title: { zh: '机加', en: 'Machining' } }],
  machines: [
    {
      path: MACHINE,
      kind: 'lathe',
      title: { zh: '车床七', en: 'Lathe 7' },
      label: { zh: '07', en: '07' },
      group: 'machining',
      ratedKw: 15,
      statePeriodMs: 60_000,
      stateStaleMs: 180_000,
      measures: [
        {
          name: 'power_kw',
          class: 'telemetry',
          title: { zh: '功率', en: 'Power' },
          unit: 'kW',
          scale: 100,
          min: 0,
          max: 60,
          periodMs: 1000,
          staleMs: 60_000,
          rollover: null,
          limit: 45,
        },
      ],
    },
  ],
  credentials: [{ name: `gw-${firm}`, machines: [MACHINE] }],
})

export const liveOf = (firm: string, power = 12.31): MachineLive => ({
  machine: MACHINE,
  state: 'RUN',
  since: NOW - 60_000,
  reason: `reason-${firm}`,
  order: `order-${firm}`,
  product: `product-${firm}`,
  operation: 'la-10',
  receivedAt: NOW,
  values: { power_kw: { value: power, ts: NOW, quality: 'good' } },
})

export const quarantined = (firm: string): QuarantineRecord => ({
  id: 41,
  reason: 'out_of_range',
  detail: `power_kw 912 above 60 at ${firm}`,
  machine: MACHINE,
  class: 'telemetry',
  boot: 'a1',
  seq: 7,
  ts: NOW,
  receivedAt: NOW,
  offset: 5,
  item: 0,
  stands: null,
  status: 'open',
  decidedBy: null,
  decidedAt: null,
})

export const runOf = (firm: string, over: Partial<SimulationRun> = {}): SimulationRun => ({
  firm,
  simulation: 'works',
  scenario: 'baseline',
  seed: 7,
  standing: true,
  from: NOW - 3_600_000,
  to: null,
  speed: 1,
  state: 'running',
  why: null,
  at: NOW,
  history: null,
  machines: 1,
  devices: 1,
  connected: 1,
  sent: 9,
  acknowledged: 9,
  waiting: 0,
  ...over,
})
export const faultOf = (id: string, machines: readonly string[], over: Partial<FaultRow> = {}): FaultRow => ({
  id,
  name: 'duplicate',
  machines,
  from: null,
  to: null,
  probability: 0.01,
  params: {},
  seed: 7,
  ...over,
})

/** Simulators in memory: two plants that live, and a fault on each. */
export class FakeSimulators implements SimulatorsPort {
  list: SimulationRun[] = FIRMS.map((firm) => runOf(firm))
  running: FaultRow[] = FIRMS.map((firm, i) => faultOf(String(41 + i), [`${firm}/${MACHINE}`]))
  rows: TruthRow[] = []
  runs = () => Promise.resolve(this.list)
  check = () => Promise.resolve()
  start: SimulatorsPort['start'] = ({ firm, scenario, seed }) =>
    Promise.resolve(runOf(firm, { scenario, seed, standing: false }))
  stop = (firm: string) => Promise.resolve(runOf(firm, { state: 'ended' }))
  truth: SimulatorsPort['truth'] = (_firm, _window, scope) =>
    Promise.resolve(this.rows.filter((row) => (row.scope === 'plant') === (scope === 'plant')))
  told: SimulatorsPort['told'] = (firm) => Promise.resolve({ firm, streams: [], named: [], notes: [] })
  faults = () => Promise.resolve({ kinds: [], running: this.running })
  inject: SimulatorsPort['inject'] = ({ fault, machines }) =>
    Promise.resolve(faultOf('f1', machines ?? [], { name: fault }))
  stopFault = () => Promise.resolve()
}

/** The account of a day of which nothing was heard. */
export function accountRow({ shifts }: Plant): AccountRow {
  const start = shifts[0]?.start ?? 0
  const day = dayOf(NOW - start * MINUTE)
  const from = Date.parse(`${day}T00:00:00Z`) - SHANGHAI_OFFSET + start * MINUTE
  const text = encodeAccount(sumOfAccounts([], { from, to: from + DAY }))
  return { day, revision: 0, basis: 'p-0-m-m', reason: null, at: NOW, hash: 'h', text }
}

/** A ledger in memory that a test can add to. */
export class FakeLedger implements LedgerReader {
  readonly rows: LedgerRow[] = []
  readonly answers = new Map<string, LedgerRow>()
  readonly firm: string
  current: { version: number; since: number; plant: Plant } | null
  constructor(firm: string) {
    this.firm = firm
    this.current = { version: 1, since: NOW, plant: plantOf(firm) }
    this.days = [accountRow(plantOf(firm))]
    this.segments = [{ from: NOW - 60_000, to: NOW, state: 'RUN', reason: `reason-${firm}` }]
  }
  add(kind: string, body: Record<string, unknown>, control?: string): LedgerRow {
    const row = { cursor: this.rows.length + 1, at: NOW, kind, offset: 3, body: JSON.stringify(body) }
    this.rows.push(row)
    if (control) this.answers.set(control, row)
    return row
  }
  head = () => ({ cursor: this.rows.length, hash: 'h' })
  events = (after: number, limit: number) => this.rows.slice(after, after + limit)
  answerTo = (id: string) => this.answers.get(id) ?? null
  plant = () => this.current
  plants = () => (this.current ? [{ ...this.current, offset: 1 }] : [])
  quarantine: LedgerReader['quarantine'] = () => [quarantined(this.firm)]
  quarantineById = (id: number) => (id === 41 ? quarantined(this.firm) : null)
  quarantineByReason = () => [{ reason: 'out_of_range', count: 1, lastAt: NOW, lastMachine: MACHINE }]
  segments: readonly StateSegment[]
  happened: readonly MachineEvent[] = []
  accepted: RecordRow[] = []
  records = (id = 0) => this.accepted.filter((row) => row.id > id)
  days: AccountRow[]
  accounts = (from: string, to: string) => this.days.filter(({ day }) => day >= from && day <= to)
  accountHeads = this.accounts
  accountBefore = (day: string) => this.days.findLast((row) => row.day < day) ?? null
  account = (day: string, revision: number) =>
    this.days.find((row) => row.day === day && row.revision === revision) ?? null
  closes: readonly MonthCloseRow[] = []
  monthCloses = () => [...this.closes]
  accountRevisions = (day: string) => this.accounts(day, day)
  settled: LedgerReader['settled'] = () => []
  panes = () => []
  /** Cut to what is asked for, as the ledger cuts them. */
  states: LedgerReader['states'] = (_machine, from, to) =>
    this.segments
      .filter((one) => one.to > from && one.from < to)
      .map((one) => ({ ...one, from: Math.max(one.from, from), to: Math.min(one.to, to) }))
  machineEvents = () => [...this.happened]
  corrected: readonly MadeCorrection[] = []
  corrections = (machine: string | null) =>
    this.corrected.filter((one) => machine === null || one.machine === machine)
  statesSaid = () => []
  correction = (id: number) => this.corrected.find((one) => one.id === id) ?? null
  close = () => undefined
}

const counts = {
  entries: { received: 9, done: 9, inFlight: 0 },
  items: { decoded: 9, stored: 8, duplicate: 0, quarantined: 1, inFlight: 0 },
  flags: Object.fromEntries(FLAGS.map((flag) => [flag, 0])),
  gaps: { open: 0, items: 0 },
  quarantine: { out_of_range: 1 },
}

export type PageClient = Socket<ServerToPage, PageToServer>

export class Fixture {
  readonly dir = fs.mkdtempSync(path.join(os.tmpdir(), 'api-'))
  readonly people = new PeopleStore(path.join(this.dir, 'people.db'))
  readonly ledgersByFirm = new Map<string, FakeLedger>(FIRMS.map((firm) => [firm, new FakeLedger(firm)]))
  /** Firms whose ledger cannot be opened. */
  readonly broken = new Set<string>()
  readonly told: string[] = []
  readonly ledgers = new Ledgers(
    {
      firms: () => [...this.ledgersByFirm.keys(), ...this.broken],
      open: (firm) => {
        if (this.broken.has(firm)) throw new Error('no such table')
        return this.ledgersByFirm.get(firm)!
      },
    },
    (firm) => this.told.push(firm),
  )
  readonly upstream = new Upstream()
  readonly deeds: ControlRequest[] = []
  /** How the pipeline answers a deed; null: not at all. */
  onDeed: ((request: ControlRequest) => void) | null = (request) => {
    this.ledgersByFirm.get(request.firm)?.add('control.accepted', { result: { done: 1 } }, request.entry.id)
    this.ledgers.look(request.firm)
  }
  neighbours: Health[] = [{ process: 'ingest', ok: true, checks: {} }]
  readonly simulators = new FakeSimulators()
  bucketCalls = 0
  buckets: () => Promise<Bucket[]> = () => Promise.resolve([])
  now = NOW
  readonly setup = new SetupLink(this.people)
  readonly clients: PageClient[] = []
  readonly ports: Ports
  readonly #server
  readonly live
  url = ''

  constructor(extra: Partial<Ports> = {}) {
    this.ports = {
      people: this.people,
      setup: this.setup,
      ledgers: this.ledgers,
      upstream: this.upstream,
      historian: {
        raw: () => Promise.resolve([]),
        buckets: () => {
          this.bucketCalls++
          return this.buckets()
        },
        close: () => Promise.resolve(),
      },
      broker: {
        control: (request) => {
          this.deeds.push(request)
          this.onDeed?.(request)
          return Promise.resolve({ firm: request.firm, offset: 3, commit: 3, receivedAt: NOW })
        },
        status: () =>
          Promise.resolve({
            journal: {
              commit: 3,
              firms: [{ firm: 'demo-a', offset: 9, hash: 'abc' }],
              blocked: null,
              damage: [],
            },
            connections: 1,
            accounts: {},
            denied: {
              total: 5,
              firms: {
                'demo-a': {
                  total: 3,
                  topics: [
                    { account: 'demo-a.gw-1', topic: 'v1/demo-a/x/older', at: NOW - 1 },
                    { account: 'demo-a.gw-1', topic: 'v1/demo-a/x/newest', at: NOW },
                  ],
                },
                'demo-b': {
                  total: 1,
                  topics: [{ account: 'demo-b.gw-1', topic: 'v1/demo-a/a/b/c/d/count', at: NOW }],
                },
              },
              others: { total: 1, topics: [{ account: 'service:x', topic: 'v1/demo-a/y', at: NOW }] },
            },
            closed: {},
          }),
      },
      ingest: {
        messages: (firm) =>
          Promise.resolve([
            {
              offset: 5,
              receivedAt: NOW,
              class: 'telemetry',
              boot: 'a1',
              seq: 7,
              items: 1,
              disposition: 'stored',
              reason: null,
              flags: [],
              payload: `raw-${firm}`,
            },
          ]),
        entry: (firm) =>
          Promise.resolve({
            topic: `v1/${firm}/x`,
            principal: 'gw',
            receivedAt: NOW,
            payload: `raw-${firm}`,
          }),
        account: () => Promise.reject(new LocalError(409, 'no_records')),
        openDays: () => Promise.resolve([]),
        minutes: () => Promise.resolve([]),
        effect: () => Promise.resolve({ days: [], more: 0 }),
        dayPanes: () => Promise.reject(new LocalError(409, 'no_records')),
        sources: (firm, machine) =>
          machine === MACHINE ? Promise.resolve({ panes: [] }) : Promise.reject(new LocalError(404, firm)),
        recompute: (_firm, machine) =>
          Promise.resolve({
            machine,
            length: 900_000,
            panes: [],
            stored: [],
            hash: 'h',
            storedHash: 'h',
            equal: true,
            differences: [],
            settled: true,
            messages: 0,
            missing: [],
          }),
        panes: () => Promise.resolve({ asOf: 0, panes: [] }),
        health: () =>
          Promise.resolve({
            at: NOW,
            counts,
            latency: { p50: 40, p95: 90, p99: 120 },
            skew: { maxMs: 5, machine: MACHINE },
            coverage: [{ machine: MACHINE, from: NOW, cells: [null, 1] }],
            historian: { name: 'memory', ok: true, why: null, lag: 0 },
            ledger: { lag: 0, cursor: 1 },
          }),
      },
      simulators: this.simulators,
      neighbours: () => Promise.resolve(this.neighbours),
      metrics: () =>
        Promise.resolve('# HELP a b\na{firm="demo-a"} 1\na{firm="demo-b"} 2\nb{account="x"} 1\nc 3\n'),
      plantFaults: () => null,
      freeShare: () => 0.5,
      now: () => this.now,
      log: createLog('test'),
      lan: () => null,
      secure: false,
      plants: path.join(this.dir, 'plants'),
      page: path.join(this.dir, 'dist'),
      ...extra,
    }
    const rights = { check: () => {} }
    this.#server = createServer(
      createApp(this.ports, () => rights.check()),
      null,
    )
    this.live = serveLive(this.#server, this.ports)
    rights.check = this.live.checkRights
    this.upstream.take({
      kind: 'snapshot',
      at: NOW,
      firms: FIRMS.map((firm) => ({ firm, cursor: 0, machines: [liveOf(firm)] })),
    })
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  /** A person of a role who can be given a session without the cost of a password. */
  person(role: Role, firms: readonly string[] | null = ['demo-a'], name = `${role}-1`): string {
    this.people.addPerson({ name, role, firms, hash: 'none', disabled: false }, 'test', this.now)
    return this.session(name)
  }

  /** Cookie header of a new session. */
  session(name: string): string {
    return `baiyuan=${openSession(this.people, name, this.now)}`
  }

  token(role: Role, firms: readonly string[] | null = ['demo-a']): string {
    const secret = makeSecret('byt')
    this.people.addToken({ name: `${role} token`, role, firms, hash: secretHash(secret) }, 'test', this.now)
    return secret
  }

  /** One cookie per role, all of `demo-a` (administrator and reviewer too). */
  everyRole(): Record<Role, string> {
    return Object.fromEntries(ROLES.map((role) => [role, this.person(role)])) as Record<Role, string>
  }

  async call(
    method: string,
    route: string,
    options: { cookie?: string; token?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; body: any; headers: Headers; text: string }> {
    const answer = await fetch(`${this.url}${route}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(options.cookie ? { cookie: options.cookie } : {}),
        ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    })
    const text = await answer.text()
    const isJson = (answer.headers.get('content-type') ?? '').includes('json')
    return { status: answer.status, body: isJson ? JSON.parse(text) : null, headers: answer.headers, text }
  }

  /** A page's socket; not yet connected to anything it may see. */
  page(cookie: string | null, headers: Record<string, string> = {}, transports = ['websocket']): PageClient {
    const client: PageClient = io(this.url, {
      transports,
      reconnection: false,
      forceNew: true,
      extraHeaders: { origin: this.url, ...(cookie ? { cookie } : {}), ...headers },
    })
    this.clients.push(client)
    return client
  }

  /** A page at the level of its WebSocket; its TCP socket can be paused, as a page that does not read. */
  bare(cookie: string): { socket: WebSocket; tcp: net.Socket } {
    const tcp = net.connect(Number(new URL(this.url).port), '127.0.0.1')
    const socket = new WebSocket(`${this.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      headers: { origin: this.url, cookie },
      createConnection: () => tcp,
    })
    socket.on('error', () => undefined)
    return { socket, tcp }
  }

  closePages(): void {
    for (const client of this.clients.splice(0)) client.disconnect()
  }

  async stop(): Promise<void> {
    this.closePages()
    await this.live.close()
    this.#server.closeAllConnections()
    this.ledgers.close()
    this.people.close()
    fs.rmSync(this.dir, { recursive: true, force: true })
  }
}

export { SESSION_MS }

/** Resolves with the arguments of an event's next call. */
export const next = <E extends keyof ServerToPage>(
  client: PageClient,
  event: E,
  withinMs = 10_000,
): Promise<Parameters<ServerToPage[E]>> =>
  new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`no ${event} in ${withinMs} ms`)), withinMs)
    client.once(event, ((...args: Parameters<ServerToPage[E]>) => {
      clearTimeout(timer)
      done(args)
    }) as never)
  })

export const join = (client: PageClient, firm: string, cursor = 0): Promise<{ ok: boolean }> =>
  new Promise((done) => client.emit('join', { firm, cursor }, done))
