/** Every route of the table with every role: whose data, which fields, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROLES, type Role } from '#contract/control.ts'
import { ROUTES, type RouteShape } from '#contract/routes.ts'
import { may } from '../../api/auth/may.ts'
import { accountRow, Fixture, MACHINE, NOW, plantOf } from './apiFixture.ts'

const api = new Fixture()
let cookies: Record<Role, string>

beforeAll(async () => {
  await api.start()
  cookies = api.everyRole()
})
afterAll(() => api.stop())

const OWN: Record<string, string> = {
  firm: 'demo-a',
  month: '2026-03',
  machine: MACHINE.replaceAll('/', '.'),
  measure: 'power_kw',
  id: '41',
  name: 'nobody',
  day: '2026-11-24',
}
const fill = (shape: RouteShape, parts: Record<string, string> = {}) =>
  `/api/v1${shape.path.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent({ ...OWN, ...parts }[part]!))}`
const window = `?from=${NOW - 60_000}&to=${NOW}`
/** The day that the ledgers of the fixture have an account of. */
const DAY = accountRow(plantOf('demo-a')).day
const QUERY: Record<string, string> = {
  history: window,
  states: window,
  stops: window,
  corrections: window,
  figures: `${window}&by=day`,
  traceMessages: `?machine=${encodeURIComponent(MACHINE)}&from=${NOW}`,
  traceRecompute: `?machine=${encodeURIComponent(MACHINE)}&amount=gas&day=${DAY}`,
  reconciliation: `?month=${DAY.slice(0, 7)}`,
  shiftReport: '?day=2026-11-24&shift=0',
  shiftReportPdf: '?day=2026-11-24&shift=0',
  simulationCase: `?from=${NOW - 60_000}&to=${NOW + 1}`,
}
const entered = {
  rows: [{ kind: 'product', cells: { key: 'q41f', from: '2026-01-01', price: '430', source: 'list' } }],
}
const BODY: Record<string, unknown> = {
  recordsCheck: entered,
  recordsPut: entered,
  quarantineDecide: { ids: [41], action: 'release', reason: 'range corrected' },
  factPut: { machine: MACHINE, class: 'count', item: { ts: NOW, v: { good: 3 } } },
  correct: { reason: 'looked', what: { kind: 'state', from: NOW - 60_000, to: NOW, cause: 'material' } },
  faultStart: { fault: 'duplicate', machines: [MACHINE] },
}
const routes = (Object.entries(ROUTES) as [string, RouteShape][]).map(([name, shape]) => ({ name, shape }))
const firmRoutes = routes.filter(({ shape }) => shape.path.includes('{firm}'))
const closed = routes.filter(({ shape }) => shape.needs !== 'anyone')

/** Everything but what differs in any two requests. */
const seen = ({ status, body, headers }: { status: number; body: unknown; headers: Headers }) => ({
  status,
  body,
  type: headers.get('content-type'),
})

/** Paths of everything that holds a value; empty lists and objects hold none. */
function keysOf(value: unknown, at = ''): string[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object') return [at]
  const below = Array.isArray(value)
    ? value.flatMap((item) => keysOf(item, at))
    : Object.entries(value).flatMap(([key, held]) => keysOf(held, at === '' ? key : `${at}.${key}`))
  return [...new Set(below)].toSorted()
}

describe('T5 whose data', () => {
  test.each(closed)('T5 $name needs a sign-in', async ({ shape }) => {
    const answer = await api.call(shape.method, fill(shape))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  test.each(firmRoutes.flatMap((route) => ROLES.map((role) => ({ ...route, role }))))(
    'T5 $name as $role: own firm answers, another, a missing and a malformed one alike',
    async ({ name, shape, role }) => {
      const ask = (firm: string) =>
        api.call(shape.method, fill(shape, { firm }) + (QUERY[name] ?? ''), {
          cookie: cookies[role],
          ...(BODY[name] ? { body: BODY[name] } : {}),
        })
      const own = await ask('demo-a')
      expect([200, 204, 403]).toContain(own.status)
      expect(own.text).not.toContain('demo-b')
      const missing = seen(await ask('demo-missing'))
      expect(missing.status).toBe(404)
      for (const firm of [
        'demo-b',
        'DEMO-B',
        '..',
        '../demo-b',
        'demo-b\u0000',
        '%',
        'x'.repeat(65),
        '__proto__',
      ])
        expect(seen(await ask(firm))).toEqual(missing)
    },
  )

  test.each(routes.filter(({ shape }) => /\{(machine|id|measure)\}/.test(shape.path)))(
    'T5 $name: an unknown and a malformed id answer alike',
    async ({ name, shape }) => {
      const part = /\{(measure|machine|id)\}[^{]*$/.exec(shape.path)![1]!
      const ask = (value: string) =>
        api.call(shape.method, fill(shape, { [part]: value }) + (QUERY[name] ?? ''), {
          cookie: shape.needs === 'people' ? cookies.administrator : cookies.engineer,
          ...(BODY[name] ? { body: BODY[name] } : {}),
        })
      const unknown = seen(await ask(part === 'machine' ? 'main.machining.l1.lathe-99' : '999999'))
      expect(unknown.status).toBe(404)
      for (const odd of ['..', "41' OR 1=1", 'constructor', '-1', '1e3', 'a.b.c.d.e', '9'.repeat(40)])
        expect(seen(await ask(odd))).toEqual(unknown)
    },
  )

  test.each(ROLES)('T5 %s sees only the firms of the own scope in lists', async (role) => {
    const { body } = await api.call('GET', '/api/v1/firms', { cookie: cookies[role] })
    expect(body.map(({ firm }: { firm: string }) => firm)).toEqual(['demo-a'])
  })

  test('T5 a deed for another firm reaches no journal', () => {
    expect(api.deeds.map(({ firm }) => firm).filter((firm) => firm !== 'demo-a')).toEqual([])
    expect(api.deeds.length).toBeGreaterThan(0)
  })

  const refused = closed
    .flatMap((route) => ROLES.map((role) => ({ ...route, role })))
    .filter(
      ({ shape: { needs }, role }) =>
        needs !== 'self' && needs !== 'handler' && !may({ role }, needs as 'people'),
    )
  test.each(refused)('$role asking $name is refused', async ({ name, shape, role }) => {
    const answer = await api.call(shape.method, fill(shape) + (QUERY[name] ?? ''), {
      cookie: cookies[role],
      ...(BODY[name] ? { body: BODY[name] } : {}),
    })
    expect(answer.status).toBe(403)
  })

  test('only an engineer releases from quarantine', async () => {
    for (const role of ROLES) {
      const answer = await api.call('POST', '/api/v1/firms/demo-a/quarantine/decide', {
        cookie: cookies[role],
        body: BODY['quarantineDecide'],
      })
      expect(answer.status).toBe(role === 'engineer' ? 200 : 403)
    }
  })
})

describe('T6 which fields', () => {
  const GOLDEN: Record<string, readonly string[]> = {
    '/firms': ['firm', 'machines', 'meters', 'simulated', 'title.en', 'title.zh'],
    '/firms/demo-a/plant': [
      'firm',
      'groups.id',
      'groups.title.en',
      'groups.title.zh',
      'machines.group',
      'machines.id',
      'machines.kind',
      'machines.label.en',
      'machines.label.zh',
      'machines.meter',
      'machines.path',
      'machines.stateStaleMs',
      'machines.title.en',
      'machines.title.zh',
      'simulated',
      'title.en',
      'title.zh',
      'version',
    ],
    '/firms/demo-a/machines': ['machine', 'receivedAt', 'since', 'state'],
    [`/firms/demo-a/machines/${OWN['machine']}`]: [
      'live.machine',
      'live.receivedAt',
      'live.since',
      'live.state',
      'machine.group',
      'machine.id',
      'machine.kind',
      'machine.label.en',
      'machine.label.zh',
      'machine.meter',
      'machine.path',
      'machine.stateStaleMs',
      'machine.title.en',
      'machine.title.zh',
    ],
    [`/firms/demo-a/machines/${OWN['machine']}/states${window}`]: [
      'segments.from',
      'segments.state',
      'segments.to',
    ],
    '/firms/demo-a/events': ['at', 'cursor', 'kind', 'offset'],
  }

  test.each(Object.entries(GOLDEN))(
    'T6 the bureau reviewer reads of %s exactly the listed keys',
    async (route, keys) => {
      api.ledgersByFirm.get('demo-a')!.add('machine.event', { order: 'secret', qty: 3 })
      const { status, body } = await api.call('GET', `/api/v1${route}`, { cookie: cookies.reviewer })
      expect(status).toBe(200)
      expect(keysOf(body)).toEqual(keys)
    },
  )

  test('T6 nothing the reviewer can read holds a process value, an order, a reason or a raw message', async () => {
    for (const { name, shape } of routes.filter(({ shape: { method } }) => method === 'get')) {
      const { text } = await api.call('GET', fill(shape) + (QUERY[name] ?? ''), { cookie: cookies.reviewer })
      expect(text).not.toMatch(/12\.31|order-demo|product-demo|reason-demo|raw-demo|power_kw|la-10/)
    }
  })

  const VIEWER_MACHINE = ['value', 'ts', 'quality'].map((key) => `live.values.power_kw.${key}`)
  test.each(ROLES.filter((role) => role !== 'reviewer'))(
    'T6 %s reads values of the own firm',
    async (role) => {
      const { body } = await api.call('GET', `/api/v1/firms/demo-a/machines/${OWN['machine']}`, {
        cookie: cookies[role],
      })
      expect(keysOf(body)).toEqual(
        expect.arrayContaining([...VIEWER_MACHINE, 'live.order', 'machine.measures.unit']),
      )
    },
  )

  test('T6 an answer holds no key that its shape does not have', async () => {
    const ledger = api.ledgersByFirm.get('demo-a')!
    const { current } = ledger
    ledger.current = { ...current!, plant: { ...current!.plant, recipe: 'secret' } as never }
    const { body, text } = await api.call('GET', '/api/v1/firms/demo-a/plant', { cookie: cookies.engineer })
    ledger.current = current
    expect(body.machines).toHaveLength(1)
    expect(text).not.toMatch(/secret|credentials|gw-demo-a/)
  })
})

describe('T8 T23 what is let in', () => {
  const person = { name: 'operator-9', role: 'operator', firms: ['demo-a'] }
  const SCRIPTS = [
    '<img src=x onerror=alert(1)>',
    '{{7*7}}',
    'li\u202egro',
    '</script><script>',
    'a\nb',
    'a\u0000b',
  ]

  test.each(SCRIPTS)('T8 the name %j is refused', async (name) => {
    for (const [route, body] of [
      ['/people', { ...person, name }],
      ['/tokens', { name, role: 'viewer', firm: 'demo-a' }],
    ] as const) {
      const answer = await api.call('POST', `/api/v1${route}`, { cookie: cookies.administrator, body })
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
    }
  })

  test('T8 every answer forbids inline scripts, sniffing and frames', async () => {
    for (const route of ['/', '/api/docs/', '/api/v1/session', '/api/v1/openapi.json', '/none', '/health']) {
      const { headers } = await api.call('GET', route)
      const csp = headers.get('content-security-policy') ?? ''
      expect(csp).toContain("script-src 'self';")
      expect(csp).toContain("script-src-attr 'none'")
      expect(csp).toContain("frame-ancestors 'none'")
      expect(csp).not.toMatch(/script-src[^;]*unsafe/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  test('T8 a reason with markup travels as text', async () => {
    const reason = '<script>alert(1)</script>'
    await api.call('POST', '/api/v1/firms/demo-a/quarantine/decide', {
      cookie: cookies.engineer,
      body: { ids: [41], action: 'discard', reason },
    })
    expect(api.deeds.at(-1)!.entry.reason).toBe(reason)
  })

  const everyBody = routes.filter(({ shape }) => shape.body)
  const VALID: Record<string, unknown> = {
    ...BODY,
    signIn: { name: 'viewer-1', password: 'something' },
    setup: { token: 'x'.repeat(30), name: 'administrator-9', password: 'long enough 1' },
    personAdd: person,
    personChange: { role: 'viewer' },
    tokenAdd: { name: 'token', role: 'viewer', firm: 'demo-a' },
    simulationStart: { scenario: 'baseline', seed: 1 },
    monthClose: { note: 'books are in' },
  }
  test.each(everyBody)('T23 $name takes no key that is not its own', async ({ name, shape }) => {
    const before = [JSON.stringify(api.people.people()), api.people.tokens().length, api.deeds.length]
    const cookie = ['factPut', 'recordsCheck', 'recordsPut', 'monthClose'].includes(name)
      ? cookies.manager
      : shape.needs === 'handler'
        ? cookies.engineer
        : cookies.administrator
    const parts = { name: 'viewer-1' }
    const valid = JSON.stringify(VALID[name])
    for (const extra of [
      '"admin":true',
      '"hash":"x"',
      '"firm2":"demo-b"',
      '"__proto__":{"role":"administrator"}',
      '"constructor":1',
    ]) {
      const body = `${valid.slice(0, -1)},${extra}}`
      const answer = await api.call(shape.method, fill(shape, parts), { cookie, body })
      expect(answer.status).toBe(400)
    }
    expect([JSON.stringify(api.people.people()), api.people.tokens().length, api.deeds.length]).toEqual(
      before,
    )
  })

  test('T23 a forbidden key deep inside a free body is refused too', async () => {
    const body = '{"machine":"m/a/b/c","class":"count","item":{"v":{"__proto__":{"x":1}}}}'
    const answer = await api.call('POST', '/api/v1/firms/demo-a/facts', { cookie: cookies.manager, body })
    expect(answer.status).toBe(400)
  })

  test('T10 sixty injected parameters change nothing and find nothing', async () => {
    const people = JSON.stringify(api.people.people())
    const deeds = api.deeds.length
    const heads = [
      "'",
      '"',
      '1;',
      "1' OR '1'='1",
      '1); DROP MEASUREMENT x;--',
      '*',
      '/.*/',
      '\\',
      '%00',
      '${7*7}',
    ]
    const tails = ['', ' --', ' #', '/*', '; DROP TABLE people', ' UNION SELECT hash FROM people']
    const payloads = heads.flatMap((head) => tails.map((tail) => head + tail))
    expect(payloads).toHaveLength(60)
    for (const payload of payloads) {
      const text = encodeURIComponent(payload)
      for (const route of [
        `/firms/demo-a/machines/${OWN['machine']}/history/${text}${window}`,
        `/firms/demo-a/machines/${OWN['machine']}/history/power_kw?from=${text}&to=${NOW}`,
        `/firms/demo-a/quarantine?reason=${text}`,
        `/firms/demo-a/events?after=${text}`,
      ]) {
        const { status, text: body } = await api.call('GET', `/api/v1${route}`, { cookie: cookies.engineer })
        expect([400, 404]).toContain(status)
        expect(body).not.toContain('SQL')
      }
    }
    expect(JSON.stringify(api.people.people())).toBe(people)
    expect(api.deeds).toHaveLength(deeds)
  })
})
