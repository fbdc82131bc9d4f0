/** The small rules of the api: bodies, windows, origins, floods, counters, coverage, descriptions. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asyncApi } from '#contract/asyncapi.ts'
import { openApi } from '#contract/openapi.ts'
import { ROUTES } from '#contract/routes.ts'
import { DAY } from '#domain/time.ts'
import { formFault, MAX_BODY_DEPTH } from '../../api/http/body.ts'
import { originOf } from '../../api/http/origin.ts'
import { stepOf, windowFault } from '../../api/http/window.ts'
import { floodGuard } from '../../api/live/flood.ts'
import { mergeMetrics, metricsInScope } from '../../api/metrics.ts'

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

test('T12 depth is judged on the bytes exactly as on the parsed value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 14 }), (text) => {
      const tooDeep = depthOf(JSON.parse(text)) > MAX_BODY_DEPTH
      expect(formFault(Buffer.from(text)) === 'too-deep').toBe(tooDeep)
    }),
  )
})

/** An object of n keys. */
const keys = (n: number) =>
  Buffer.from(JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 1]))))

test('T12 keys are counted, brackets inside strings are not', () => {
  expect(formFault(keys(2000))).toBeNull()
  expect(formFault(keys(2001))).toBe('too-many-keys')
  expect(formFault(Buffer.from(JSON.stringify({ a: '[[[[[[[[[[[[\\"{{{{{{{{{{{' })))).toBeNull()
})

test.each([
  [{ from: 0, to: 10 }, 'from 2000'],
  [{ from: 1_795_500_420_000, to: 1_795_500_420_000 }, 'before'],
  [{ from: 1_795_500_420_000, to: 1_795_500_420_000 + 401 * DAY }, 'longer than 400 days'],
])('T24 the window %j is refused: %s', (window, why) => {
  expect(windowFault(window, 400)).toContain(why)
})

test('T24 a step gives at most 600 buckets by itself and at most 5,000 when asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 * DAY }), fc.integer({ min: 1, max: 86_400 }), (span, step) => {
      const from = 1_795_500_420_000
      expect(span / stepOf({ from, to: from + span })!).toBeLessThanOrEqual(600)
      const asked = stepOf({ from, to: from + span, step })
      expect(asked).toBe(span / (step * 1000) > 5000 ? null : step * 1000)
    }),
  )
})

test.each([
  [{ host: 'h:1', origin: 'http://h:1' }, 'own'],
  [{ host: 'h:1', origin: 'http://h:2' }, 'foreign'],
  [{ host: 'h:1', origin: 'http://evil.example' }, 'foreign'],
  [{ host: 'h:1', origin: 'null' }, 'foreign'],
  [{ host: 'h:1', origin: '' }, 'foreign'],
  [{ host: 'h:1', origin: 'http://h:1/evil' }, 'foreign'],
  [{ host: 'h:1', origin: 'http://evil@h:1' }, 'foreign'],
  [{ host: 'h:1' }, 'absent'],
  [{ host: 'h:1', 'sec-fetch-site': 'same-origin' }, 'own'],
  [{ host: 'h:1', 'sec-fetch-site': 'cross-site' }, 'foreign'],
])('T19 the origin of %j is %s', (headers, expected) => {
  expect(originOf(headers)).toBe(expected)
})

test('T19 a flood is told from a busy page', () => {
  const busy = floodGuard(0)
  for (let ms = 0; ms < 60_000; ms += 200) expect(busy({ type: 'message', data: '2["join"]' }, ms)).toBeNull()
  const flood = floodGuard(0)
  const reasons = Array.from({ length: 60 }, () => flood({ type: 'pong' }, 1))
  expect(reasons.at(-1)).toBe('flood')
  expect(floodGuard(0)({ type: 'message', data: Buffer.from('x') }, 1)).toBe('binary')
  expect(floodGuard(0)({ type: 'message', data: '39999999999[]' }, 1)).toBe('unasked')
  expect(floodGuard(0)({ type: 'message', data: '51-["join"]' }, 1)).toBe('unasked')
})

test('counters of several processes are one valid text, cut to the firms in scope', () => {
  const one =
    '# HELP a things\n# TYPE a counter\na{process="x",firm="demo-a"} 1\na{process="x",firm="demo-b"} 2\n'
  const two =
    '# HELP a things\n# TYPE a counter\na{process="y"} 3\n# HELP d x\n# TYPE d gauge\nd{account="gw"} 1\n'
  const merged = mergeMetrics([one, two])
  expect(merged.match(/# TYPE a counter/g)).toHaveLength(1)
  expect(merged.indexOf('process="y"} 3')).toBeLessThan(merged.indexOf('# HELP d'))
  expect(metricsInScope(merged, { role: 'administrator', firms: null })).toBe(merged)
  const cut = metricsInScope(merged, { role: 'viewer', firms: ['demo-a'] })
  expect(cut).toContain('firm="demo-a"')
  expect(cut).toContain('process="y"} 3')
  expect(cut).not.toMatch(/demo-b|gw/)
})

test('T5 figures of the whole installation are for those who may see every firm', () => {
  const text = [
    '# HELP baiyuan_broker_denied_total x',
    '# TYPE baiyuan_broker_denied_total counter',
    'baiyuan_broker_denied_total{process="broker"} 7',
    '# TYPE baiyuan_journal_entries_total counter',
    'baiyuan_journal_entries_total 9',
    '# TYPE baiyuan_broker_closed_total counter',
    'baiyuan_broker_closed_total{reason="slowed",process="broker"} 3',
    '# TYPE baiyuan_items gauge',
    'baiyuan_items{firm="demo-a",end="stored"} 5',
    'baiyuan_items{firm="demo-b",end="stored"} 6',
    '# TYPE process_cpu_seconds_total counter',
    'process_cpu_seconds_total{process="broker"} 1',
    '',
  ].join('\n')
  expect(metricsInScope(text, { role: 'administrator', firms: null })).toBe(text)
  expect(metricsInScope(text, { role: 'viewer', firms: ['demo-a'] }).split('\n')).toEqual([
    '# TYPE baiyuan_items gauge',
    'baiyuan_items{firm="demo-a",end="stored"} 5',
    '# TYPE process_cpu_seconds_total counter',
    'process_cpu_seconds_total{process="broker"} 1',
    '',
  ])
})

test('OpenAPI describes every route of the table, with its errors', () => {
  const document = openApi()
  expect(document.openapi).toBe('3.1.0')
  for (const [name, route] of Object.entries(ROUTES)) {
    const operation = (document.paths as any)[route.path][route.method]
    expect(operation.operationId).toBe(name)
    expect(Object.keys(operation.responses).includes('401')).toBe(route.needs !== 'anyone')
  }
  expect(JSON.stringify(document)).not.toContain('undefined')
})

test('AsyncAPI describes the device classes and the socket, and every reference has its target', () => {
  const document = asyncApi()
  expect(Object.keys(document.channels)).toEqual(['telemetry', 'count', 'state', 'event', 'live'])
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/((?:channels|servers)[^"]*)"/g)]
  expect(refs.length).toBeGreaterThan(10)
  for (const [, target] of refs) {
    const found = target!.split('/').reduce<any>((at, key) => at?.[key], document)
    expect(found).toBeTypeOf('object')
  }
})
