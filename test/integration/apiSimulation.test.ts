/** The simulators as people reach them over REST, with a local socket that stands for the simulators process. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultRequest, FaultRow, RunRequest, SimulationRun, TruthRow } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { closeLocal, serveLocal, socketPath, type LocalAnswer } from '#runtime/local.ts'
import type { Point } from '#store/historian/historian.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { IngestPort } from '../../api/ports.ts'
import { simulatorsAt } from '../../api/neighbours.ts'
import { createRoutes } from '../../ingest/routes.ts'
import { playCase } from '../caseFolder.ts'
import { casePlant, MACHINE as LATHE, OTHER } from '../casePlant.ts'
import { caughtUp, newFolder, openCaseJournal, silent, startIngest, T0, until } from '../pipelineCase.ts'
import { FakeLedger, faultOf, Fixture, MACHINE, NOW, plantOf, runOf } from './apiFixture.ts'

const TO = Math.floor(NOW / HOUR) * HOUR
const FROM = TO - HOUR
const dir = newFolder()
let socket: Server
let asked: { route: string; body: unknown; query: string }[] = []
let answer: Record<string, LocalAnswer> = {}
const readings = new Map<string, Point[]>()

const api: Fixture = new Fixture({
  simulators: simulatorsAt(dir),
  historian: {
    raw: ({ machine, measure }) => Promise.resolve(readings.get(`${machine} ${measure}`) ?? []),
    buckets: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  },
})
const cookies: Record<string, string> = {}

const ROUTES = [
  'GET /runs',
  'POST /runs',
  'POST /runs/check',
  'POST /runs/stop',
  'GET /truth',
  'GET /runs/truth',
  'GET /faults',
  'POST /faults',
  'POST /faults/stop',
]
/** Where a test says nothing. */
const DEFAULTS: Readonly<Record<string, LocalAnswer>> = { 'POST /runs/check': { body: {} } }
const open = async () => {
  const answers = Object.fromEntries(
    ROUTES.map((route) => [
      route,
      (body: unknown, query: URLSearchParams) => {
        asked.push({ route, body, query: query.toString() })
        return (
          answer[`${route} ${query.get('scope')}`] ??
          answer[route] ??
          DEFAULTS[route] ?? { status: 500, body: { error: 'not expected' } }
        )
      },
    ]),
  )
  socket = await serveLocal(socketPath(dir, 'simulators'), { answers }, silent)
}

beforeAll(async () => {
  await open()
  await api.start()
  for (const role of ['viewer', 'manager', 'engineer', 'administrator'] as const)
    cookies[role] = api.person(role)
  cookies['reviewer'] = api.person('reviewer', null)
  // a firm that is no simulation
  const real = new FakeLedger('real-a')
  real.current = { version: 1, since: NOW, plant: { ...plantOf('real-a'), simulated: false } }
  api.ledgersByFirm.set('real-a', real)
  cookies['both'] = api.person('engineer', ['demo-a', 'real-a'], 'engineer-2')
  api.onDeed = ({ firm, entry }) => {
    const ledger = new FakeLedger(firm)
    ledger.current = { version: 1, since: NOW, plant: entry.body as Plant }
    ledger.add('control.accepted', { result: { version: 1 } }, entry.id)
    api.ledgersByFirm.set(firm, ledger)
  }
})
afterAll(async () => {
  await closeLocal(socket)
  await api.stop()
  fs.rmSync(dir, { recursive: true, force: true })
})
beforeEach(() => {
  asked = []
  answer = { 'GET /runs': { body: [runOf('demo-a')] }, 'GET /faults': { body: { kinds: [], running: [] } } }
})

const call = (method: string, route: string, who: string, body?: unknown) =>
  api.call(method, `/api/v1${route}`, { cookie: cookies[who]!, ...(body === undefined ? {} : { body }) })
const paths = (found: { body: { errors?: { path: string }[] } }) => found.body.errors?.map((one) => one.path)

const runs = (state: SimulationRun['state']) =>
  Array.from({ length: 4 }, (_, i) => runOf(`sim-baseline-${i}`, { standing: false, state }))
describe('starting', () => {
  const start = { scenario: 'retrofit', seed: 7 }

  test('a run becomes a firm of its own, with the copied plant journalled as this person did it', async () => {
    answer['POST /runs'] = { body: runOf('sim-retrofit-7', { scenario: 'retrofit', standing: false }) }
    const before = api.deeds.length
    const found = await call('POST', '/simulation/runs', 'engineer', {
      ...start,
      from: FROM,
      to: TO,
      speed: 0,
    })
    expect(found.status).toBe(201)
    expect(found.body).toMatchObject({ firm: 'sim-retrofit-7', scenario: 'retrofit', state: 'running' })
    const deed = api.deeds[before]!
    expect(deed.firm).toBe('sim-retrofit-7')
    expect(deed.entry).toMatchObject({ by: 'engineer-1', role: 'engineer', kind: 'plant.put', version: 1 })
    const plant = deed.entry.body as Plant
    expect(plant).toEqual({
      ...plantOf('demo-a'),
      firm: 'sim-retrofit-7',
      simulated: true,
      title: { zh: '仿真 改造 7', en: 'Simulation Retrofit 7' },
    })
    const request = asked.find(({ route }) => route === 'POST /runs')!.body as RunRequest
    expect(request).toEqual({
      firm: 'sim-retrofit-7',
      plant,
      scenario: 'retrofit',
      seed: 7,
      from: FROM,
      to: TO,
      speed: 0,
    })
  })

  test('the same seed again is another firm, and an administrator may start one too', async () => {
    answer['POST /runs'] = { body: runOf('sim-retrofit-7-2', { standing: false }) }
    const found = await call('POST', '/simulation/runs', 'administrator', start)
    expect(found.status).toBe(201)
    expect(api.deeds.at(-1)).toMatchObject({
      firm: 'sim-retrofit-7-2',
      entry: { by: 'administrator-1', role: 'administrator' },
    })
    expect(asked.find(({ route }) => route === 'POST /runs')!.body).not.toHaveProperty('from')
  })

  test.each([
    ['half an interval', { from: FROM }, 'to', 400],
    ['an interval turned round', { from: TO, to: FROM }, 'to', 400],
    ['an unknown scenario', { scenario: 'history' }, 'scenario', 400],
    ['a seed that is no whole number', { seed: 1.5 }, 'seed', 400],
    ['the plant of a firm outside the scope', { plant: 'demo-b' }, 'plant', 400],
    ['the plant of a firm that is not there', { plant: 'nobody' }, 'plant', 400],
    ['the plant of a real firm', { plant: 'real-a' }, 'plant', 400],
  ])('%s is refused by its field, and nothing is journalled', async (_what, change, field, status) => {
    const before = api.deeds.length
    const found = await call('POST', '/simulation/runs', 'both', { ...start, ...change })
    expect([found.status, paths(found)]).toEqual([status, [field]])
    expect(api.deeds).toHaveLength(before)
  })

  test('four runs that are not ended are enough; the plants of the files and ended ones do not count', async () => {
    answer['GET /runs'] = { body: [runOf('demo-a'), ...runs('running')] }
    const before = api.deeds.length
    const full = await call('POST', '/simulation/runs', 'engineer', start)
    expect([full.status, full.body.type]).toEqual([409, '/problems/too-many-runs'])
    expect(api.deeds).toHaveLength(before)
    answer['GET /runs'] = { body: runs('ended') }
    answer['POST /runs'] = { body: runOf('sim-retrofit-7-3', { standing: false }) }
    expect((await call('POST', '/simulation/runs', 'engineer', start)).status).toBe(201)
  })

  test('what the simulators refuse is told in their words', async () => {
    const problems = ['seed is too large', 'signals is no boolean']
    answer['POST /runs/check'] = { status: 400, body: { error: problems.join('; '), problems } }
    const before = api.deeds.length
    const found = await call('POST', '/simulation/runs', 'engineer', start)
    expect([found.status, found.body.type]).toEqual([400, '/problems/simulators-refused'])
    expect(found.body.errors.map((one: { message: string }) => one.message)).toEqual(problems)
    // no firm is made for a run that cannot be
    expect(api.deeds).toHaveLength(before)
  })

  test('a started run is stopped, one of the files is not', async () => {
    answer['POST /runs/stop'] = { body: runOf('sim-retrofit-7', { state: 'ended' }) }
    expect((await call('POST', '/simulation/runs/sim-retrofit-7/stop', 'engineer')).body.state).toBe('ended')
    expect(asked.at(-1)!.body).toEqual({ firm: 'sim-retrofit-7' })
    answer['POST /runs/stop'] = { status: 404, body: { error: 'of the plant files' } }
    expect((await call('POST', '/simulation/runs/demo-a/stop', 'engineer')).status).toBe(404)
  })
})

describe('whose simulations', () => {
  test.each([
    ['engineer', 200],
    ['administrator', 200],
    ['manager', 404],
    ['viewer', 404],
    ['reviewer', 404],
  ])('a simulation firm answers a %s with %i', async (role, status) => {
    expect((await call('GET', '/firms/sim-retrofit-7/plant', role)).status).toBe(status)
    const { body } = await call('GET', '/firms', role)
    const seen = (body as { firm: string }[]).some(({ firm }) => firm === 'sim-retrofit-7')
    expect(seen).toBe(status === 200)
  })

  test('the list holds runs, plants and faults of the own scope only, machines without the firm', async () => {
    const running = [
      faultOf('f1', [`demo-a/${MACHINE}`]),
      faultOf('f2', [`demo-b/${MACHINE}`]),
      faultOf('f3', ['*']),
      faultOf('f4', ['sim-retrofit-7']),
    ]
    answer['GET /faults'] = { body: { kinds: [], running } }
    answer['GET /runs'] = { body: ['demo-a', 'demo-b', 'sim-retrofit-7'].map((firm) => runOf(firm)) }
    const { body, text } = await call('GET', '/simulation', 'engineer')
    expect(body.simulators).toEqual({ ok: true, reason: null })
    expect(body.runs.map((run: SimulationRun) => run.firm)).toEqual(['demo-a', 'sim-retrofit-7'])
    const rows = body.faults as { firm: string; id: string; machines: string[]; shared: boolean }[]
    expect(rows.filter(({ firm }) => firm === 'demo-a')).toEqual([
      expect.objectContaining({ id: 'f1', machines: [MACHINE], shared: false }),
      expect.objectContaining({ id: 'f3', machines: [], shared: true }),
    ])
    expect(rows.filter(({ firm }) => firm === 'sim-retrofit-7').map(({ id }) => id)).toEqual(['f3', 'f4'])
    expect(text).not.toContain('demo-b')
    expect(body.scenarios).toHaveLength(7)
  })

  test('without simulators the page is told so, and deeds are 503', async () => {
    await closeLocal(socket)
    const { status, body } = await call('GET', '/simulation', 'engineer')
    expect([status, body.simulators]).toEqual([
      200,
      { ok: false, reason: 'no simulators run in this installation' },
    ])
    for (const [route, sent] of [
      ['/simulation/runs', { scenario: 'baseline', seed: 1 }],
      ['/firms/demo-a/faults', { fault: 'duplicate' }],
    ] as const) {
      const found = await call('POST', route, 'engineer', sent)
      expect([found.status, found.body.type]).toEqual([503, '/problems/simulators-down'])
    }
    expect((await call('GET', '/firms/demo-a/simulation/history', 'viewer')).body).toEqual({
      history: null,
      reason: 'simulators_down',
    })
    await open()
  })

  test('how far the past is brought in is for everyone who reads the firm', async () => {
    const history = {
      from: '2025-05-24',
      to: '2026-11-23',
      retrofit: '2026-05-24',
      days: { done: 120, total: 549 },
      items: 9,
      state: 'running' as const,
      seconds: 61,
    }
    answer['GET /runs'] = { body: [runOf('demo-a', { history })] }
    expect((await call('GET', '/firms/demo-a/simulation/history', 'viewer')).body).toEqual({
      history,
      reason: null,
    })
    expect((await call('GET', '/firms/real-a/simulation/history', 'both')).body).toEqual({
      history: null,
      reason: 'not_simulated',
    })
    answer['GET /runs'] = { body: [] }
    expect((await call('GET', '/firms/demo-a/simulation/history', 'viewer')).body).toEqual({
      history: null,
      reason: 'none',
    })
  })
})

const stop = async (id: string) => (await call('POST', `/firms/demo-a/faults/${id}/stop`, 'engineer')).status
describe('faults', () => {
  test('a person injects for one firm: the firm is put in front, and answered without it', async () => {
    const row: FaultRow = faultOf('f9', [`demo-a/${MACHINE}`], { name: 'late' })
    answer['POST /faults'] = { body: row }
    const found = await call('POST', '/firms/demo-a/faults', 'engineer', {
      fault: 'late',
      machines: [MACHINE],
      from: NOW,
      params: { by_s: 9 },
    })
    expect(found.status).toBe(200)
    expect(found.body).toMatchObject({ id: 'f9', firm: 'demo-a', machines: [MACHINE], shared: false })
    const sent: FaultRequest = {
      fault: 'late',
      machines: [`demo-a/${MACHINE}`],
      from: NOW,
      params: { by_s: 9 },
    }
    expect(asked.at(-1)!.body).toEqual(sent)
  })

  test('without machines it is the whole firm, never every firm', async () => {
    answer['POST /faults'] = { body: faultOf('f9', ['demo-a']) }
    await call('POST', '/firms/demo-a/faults', 'engineer', { fault: 'late' })
    expect(asked.at(-1)!.body).toEqual({ fault: 'late', machines: ['demo-a'] })
  })

  test.each([
    ['a machine that the plant has not', 'demo-a', { machines: ['main/machining/l1/lathe-99'] }, 400],
    [
      'a machine of another firm, named in front',
      'demo-a',
      { machines: ['demo-b/main/machining/l1/lathe-07'] },
      400,
    ],
    ['every firm', 'demo-a', { machines: ['*'] }, 400],
    ['a plant that is real', 'real-a', {}, 409],
    ['a fault of another firm', 'demo-a', { id: 'f2' }, 404],
    ['a fault that others share', 'demo-a', { id: 'f3' }, 409],
  ])('%s is refused, and the simulators hear of nothing', async (_what, firm, change, status) => {
    const running = [faultOf('f2', ['demo-b']), faultOf('f3', ['*'])]
    answer['GET /faults'] = { body: { kinds: [], running } }
    const found = await call('POST', `/firms/${firm}/faults`, 'both', { fault: 'late', ...change })
    expect(found.status).toBe(status)
    expect(asked.filter(({ route }) => route === 'POST /faults')).toEqual([])
  })

  test('a fault is ended by its firm', async () => {
    answer['GET /faults'] = {
      body: {
        kinds: [],
        running: [faultOf('f1', [`demo-a/${MACHINE}`]), faultOf('f2', ['demo-b']), faultOf('f3', ['*'])],
      },
    }
    answer['POST /faults/stop'] = { body: {} }
    expect([await stop('f1'), await stop('f2'), await stop('f3'), await stop('f7')]).toEqual([
      204, 404, 409, 404,
    ])
    expect(asked.filter(({ route }) => route === 'POST /faults/stop').map(({ body }) => body)).toEqual([
      { id: 'f1' },
    ])
  })
})

const linesWith = (verdict: string) => [
  `plant cost.total -500 ${verdict}`,
  'plant cost.gas 0 equal ',
  'plant value 0 equal ',
  `${MACHINE} cost.total 0 equal `,
]
const each = (measure: string, from: number, steps: readonly number[]) =>
  readings.set(
    `${LATHE} ${measure}`,
    steps.map((value, i) => ({ ts: from + i * 30 * MINUTE, value })),
  )
describe('truth', () => {
  const row = (name: string, value: number | null, unit: string, scope = LATHE): TruthRow => ({
    name,
    scope,
    from: FROM,
    to: TO,
    value,
    unit,
    reason: null,
  })

  beforeAll(() => {
    const ledger = new FakeLedger('sim-baseline-5')
    const plant = casePlant('sim-baseline-5')
    ledger.current = {
      version: 1,
      since: NOW,
      plant: { ...plant, machines: [plant.machines[0]!, { ...plant.machines[1]!, meter: true }] },
    }
    ledger.segments = [
      { from: FROM, to: FROM + 40 * MINUTE, state: 'RUN', reason: null },
      { from: FROM + 40 * MINUTE, to: TO, state: 'IDLE', reason: null },
    ]
    ledger.quarantine = () => []
    api.ledgersByFirm.set('sim-baseline-5', ledger)
  })

  test('is beside what the ledger and the historian know, machine by machine and for the plant', async () => {
    each('kwh', FROM, [100, 100.5, 101.25])
    each('good', FROM, [10, 14, 19])
    answer['GET /runs/truth'] = {
      body: [
        row('seconds.RUN', 2400, 'seconds'),
        row('seconds.IDLE', 1200, 'seconds'),
        row('pieces.good', 12, 'pieces'),
        row('energy', 1246, 'Wh'),
        row('person', 3600, 'seconds'),
        row('energy', 5, 'Wh', OTHER),
      ],
    }
    answer['GET /faults'] = {
      body: {
        kinds: [],
        running: [faultOf('f1', ['sim-baseline-5'], { name: 'missed_count' }), faultOf('f2', ['demo-a'])],
      },
    }
    const { status, body } = await call(
      'GET',
      `/firms/sim-baseline-5/simulation/truth?from=${FROM}&to=${TO}`,
      'engineer',
    )
    expect(status).toBe(200)
    const of = (scope: string) =>
      body.rows
        .filter((one: { scope: string }) => one.scope === scope)
        .map((one: Record<string, unknown>) => [
          one['name'],
          one['truth'],
          one['computed'],
          one['tolerance'],
          one['verdict'],
          one['reason'],
        ])
    expect(of(LATHE)).toEqual([
      ['seconds.RUN', 2400, 2400, 1, 'equal', null],
      ['seconds.IDLE', 1200, 1200, 1, 'equal', null],
      ['seconds.UNKNOWN', 0, 0, 1, 'equal', null],
      ['pieces.good', 12, 9, 2, 'differs', null],
      ['energy', 1246, 1250, 20, 'within', null],
    ])
    expect(of(OTHER)).toEqual([['energy', 5, null, null, 'unknown', 'no_readings']])
    expect(body.rows.find((one: { name: string }) => one.name === 'pieces.good')).toMatchObject({
      scope: 'plant',
      verdict: 'differs',
      causes: [{ kind: 'fault', id: 'f1', name: 'missed_count' }],
    })
    expect(body.counts).toEqual({ equal: 3, within: 1, differs: 1, unknown: 1 })
    expect(
      asked
        .filter(({ route }) => route === 'GET /runs/truth')
        .map(({ query }) => new URLSearchParams(query).get('scope')),
    ).toEqual(['machines', 'plant'])
  })

  describe('of money', () => {
    const DAY_FROM = Date.parse('2026-11-24T00:00:00Z')
    const SHIFT_TO = DAY_FROM + 8 * HOUR
    const told = [
      row('cost.total', 500, 'fen', 'plant'),
      row('cost.gas', 0, 'fen', 'plant'),
      row('value', 0, 'fen', 'plant'),
      row('booking.value', 0, 'fen', 'plant'),
    ]
    const demoA = api.ledgersByFirm.get('demo-a')!
    const money = async (from: number, to: number) => {
      answer['GET /runs/truth plant'] = { body: told }
      answer['GET /runs/truth machines'] = {
        body: [row('cost.total', 0, 'fen', MACHINE), row('seconds.RUN', 60, 'seconds', MACHINE)],
      }
      const { body } = await call('GET', `/firms/demo-a/simulation/truth?from=${from}&to=${to}`, 'engineer')
      const figures = body.rows.filter(({ booked }: { booked: number | null }) => booked !== null)
      const lines = figures.map((one: Record<string, unknown>) =>
        [one['scope'], one['name'], one['difference'], one['verdict'], one['reason']].join(' '),
      )
      const { reason, by, settled } = body.money
      return { reason, by, settled, lines }
    }

    test('the figures of the same shift or day stand beside it; before they are settled none is called different', async () => {
      const shift = { reason: null, by: 'shift' }
      expect(await money(DAY_FROM, SHIFT_TO)).toEqual({
        ...shift,
        settled: false,
        lines: linesWith('unknown not_settled'),
      })
      const settled = {
        day: '2026-11-24',
        shift: 0,
        revision: 0,
        at: NOW,
        offset: 1,
        reason: null,
        hash: 'h',
      }
      demoA.settled = () => [settled]
      expect(await money(DAY_FROM, SHIFT_TO)).toEqual({
        ...shift,
        settled: true,
        lines: linesWith('differs '),
      })
      expect(await money(DAY_FROM, DAY_FROM + 24 * HOUR)).toMatchObject({ by: 'day', settled: true })
    })

    test.each([
      ['neither a shift nor a day', DAY_FROM + HOUR, SHIFT_TO, 'not_whole'],
      ['a part of a shift that is over', DAY_FROM, SHIFT_TO - HOUR, 'not_whole'],
    ])('of a window that is %s there are none', async (_what, from, to, reason) => {
      expect(await money(from, to)).toEqual({ reason, by: null, settled: false, lines: [] })
    })

    test('a firm without prices says so', async () => {
      const { days } = demoA
      demoA.days = []
      expect(await money(DAY_FROM, SHIFT_TO)).toMatchObject({ reason: 'no_prices', lines: [] })
      demoA.days = days
    })
  })

  test('by default is that of the last full hour, and nobody else asks for it', async () => {
    answer['GET /runs/truth'] = { body: [] }
    const { body } = await call('GET', '/firms/demo-a/simulation/truth', 'engineer')
    expect([body.from, body.to]).toEqual([FROM, TO])
    for (const role of ['viewer', 'manager', 'reviewer'])
      expect((await call('GET', '/firms/demo-a/simulation/truth', role)).status).toBe(403)
  })

  test.each([
    [`?from=${FROM}`, 400],
    [`?from=${TO}&to=${FROM}`, 400],
    [`?from=${TO - 3 * 24 * HOUR}&to=${TO}`, 400],
  ])('the window %s is refused', async (query, status) => {
    const found = await call('GET', `/firms/demo-a/simulation/truth${query}`, 'engineer')
    expect([found.status, found.body.type]).toEqual([status, '/problems/bad-window'])
  })

  test('of a time that the plant has not lived is a conflict with its reason', async () => {
    answer['GET /runs/truth'] = { status: 409, body: { error: 'lived from 2026-05-24 on' } }
    const found = await call('GET', '/firms/demo-a/simulation/truth', 'engineer')
    expect([found.status, found.body.type, found.body.detail]).toEqual([
      409,
      '/problems/not-lived',
      'lived from 2026-05-24 on',
    ])
  })

  test('of a real plant there is none', async () => {
    const found = await call('GET', '/firms/real-a/simulation/truth', 'both')
    expect([found.status, found.body.type]).toEqual([409, '/problems/not-simulated'])
  })
})

const at = (minute: number) => T0 + minute * MINUTE
describe('devices', () => {
  const told = {
    firm: 'demo-a',
    streams: [
      {
        machine: MACHINE,
        class: 'telemetry',
        boot: 'b1',
        made: [1, 20],
        sent: [1, 9, 11, 18],
        acknowledged: [1, 9, 11, 17],
        lost: [10, 10],
        repeated: 0,
      },
    ],
    named: [{ machine: MACHINE, what: 'loss', counter: 'gap', items: 1, n: 1 }],
    notes: [],
  }

  test('are counted from the ranges that the simulators tell of this firm', async () => {
    answer['GET /truth'] = { body: { firms: [told] } }
    const { status, body } = await call('GET', '/firms/demo-a/simulation/devices', 'engineer')
    expect(status).toBe(200)
    const counts = { made: 20, sent: 17, acknowledged: 16, lost: 1, waiting: 3, difference: 0 }
    expect(body).toEqual({
      at: NOW,
      devices: [{ machine: MACHINE, ...counts }],
      total: counts,
      did: [{ name: 'loss', counter: 'gap', items: 1 }],
    })
    expect(asked.map(({ route, query }) => `${route} ${query}`)).toEqual(['GET /truth machine=demo-a'])
  })

  test('of a real plant there are none, of one that does not live 404, and a manager may not ask', async () => {
    expect((await call('GET', '/firms/real-a/simulation/devices', 'both')).status).toBe(409)
    expect((await call('GET', '/firms/demo-a/simulation/devices', 'manager')).status).toBe(403)
    const gone = new FakeLedger('sim-retrofit-99')
    api.ledgersByFirm.set('sim-retrofit-99', gone)
    answer['GET /truth'] = { status: 404, body: { error: 'no simulated firm' } }
    expect((await call('GET', '/firms/sim-retrofit-99/simulation/devices', 'engineer')).status).toBe(404)
  })
})

describe('a case', () => {
  test('of a few minutes unpacks to a folder that the case runner plays with the expected result', async () => {
    const folder = newFolder()
    const journal = await openCaseJournal(folder)
    const running = await startIngest(folder)
    const send = (minute: number, cls: string, payload: unknown) =>
      journal.append(at(minute), `v1/case/${LATHE}/${cls}`, payload)
    const count = (seq: number, minute: number, kwh: number) => ({
      ts: at(minute) - 100,
      seq,
      boot: 'a1',
      v: { kwh, good: seq },
    })
    await journal.control(at(0), 'plant.put', casePlant())
    await send(1, 'count', count(1, 1, 10)) // before the window
    await send(5, 'count', count(1, 1, 10)) // a repeat of what came before it: new, to the folder
    await send(6, 'count', count(2, 6, 11))
    await send(6, 'count', count(2, 6, 11))
    await send(7, 'telemetry', { ts: at(7), seq: 1, boot: 'a1', v: { power_kw: 912 } })
    await send(8, 'state', {
      boot: 'a1',
      items: [
        { ts: at(8), seq: 1, state: 'RUN' },
        { ts: at(8) + 1, seq: 2, state: 'NAP' },
      ],
    })
    await send(9, 'event', Buffer.from('{"ts":'))
    await send(12, 'count', count(3, 12, 12)) // after the window
    await caughtUp(running, journal)
    const routes = createRoutes(running.intake, running.historian, {
      metrics: () => '',
      contentType: '',
    } as never).answers!
    const ask = async <T>(route: string, query: Record<string, string>): Promise<T> =>
      ((await routes[route]!(undefined, new URLSearchParams(query))) as { body: T }).body
    const ingest: IngestPort = {
      entry: (firm, offset) => ask('GET /entry', { firm, offset: String(offset) }),
      messages: (firm, machine, before, limit) =>
        ask('GET /messages', { firm, machine, before: String(before), limit: String(limit) }),
      account: () => Promise.reject(new Error('not asked')),
      openDays: () => Promise.reject(new Error('not asked')),
      minutes: () => Promise.reject(new Error('not asked')),
      effect: () => Promise.reject(new Error('not asked')),
      dayPanes: () => Promise.reject(new Error('not asked')),
      sources: () => Promise.reject(new Error('not asked')),
      recompute: () => Promise.reject(new Error('not asked')),
      panes: () => Promise.reject(new Error('not asked')),
      health: () => Promise.reject(new Error('not asked')),
    }
    const ledger = new FakeLedger('case')
    ledger.current = { version: 1, since: NOW, plant: casePlant() }
    const kept = openLedgerReader(running.intake.firms.get('case')!.ledger.file)
    await until(() => kept.quarantine({ limit: 10 }).length === 3, 'the ledger to be written')
    ledger.quarantine = (filter) => kept.quarantine(filter)
    const fixture = new Fixture({
      ingest,
      broker: {
        ...api.ports.broker,
        status: () => Promise.resolve({ journal: journal.writer.status() } as never),
      },
    })
    fixture.ledgersByFirm.set('case', ledger)
    await fixture.start()
    const cookie = fixture.person('engineer', ['case'])
    const get = (from: number, to: number) =>
      fetch(`${fixture.url}/api/v1/firms/case/simulation/case?from=${from}&to=${to}`, { headers: { cookie } })

    const file = await get(at(5), at(10))
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/gzip'])
    const name = /filename="?([\w.-]+)\.tar\.gz/.exec(file.headers.get('content-disposition') ?? '')![1]!
    fs.writeFileSync(path.join(folder, 'case.tar.gz'), Buffer.from(await file.arrayBuffer()))
    execFileSync('tar', ['-xzf', 'case.tar.gz'], { cwd: folder })
    const played = await playCase(path.join(folder, name))
    expect(played.expected.counts).toEqual({ decoded: 7, stored: 3, duplicate: 1, quarantined: 3 })
    expect(played.expected.messages).toEqual([
      'stored',
      'stored',
      'duplicate',
      'quarantined',
      'quarantined',
      'quarantined',
    ])
    expect(played.found).toMatchObject(played.expected)
    expect(played.lost).toBe(0)

    expect((await get(at(20), at(25))).status).toBe(404)
    expect((await get(at(5), at(21))).status).toBe(400)
    await fixture.stop()
    kept.close()
    await running.stop()
    await journal.close()
    fs.rmSync(folder, { recursive: true, force: true })
  })
})
