/** The rules of telemetry: the hand-written checks agree with the contract's shapes, and identity means content. */
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { FLAGS, QUARANTINE_REASONS, type QuarantineReason } from '#contract/dispositions.ts'
import {
  CountMessage,
  EventMessage,
  MAX_DEPTH,
  MAX_ITEMS,
  MAX_PAYLOAD,
  MAX_TS,
  MIN_TS,
  StateMessage,
  TelemetryMessage,
} from '#contract/envelope.ts'
import { EVENT_SHAPES } from '#contract/events.ts'
import { DEVICE_CLASSES, type DeviceClass } from '#contract/topics.ts'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { checkItem, indexPlant } from '#domain/telemetry/check.ts'
import * as limits from '#domain/telemetry/decode.ts'
import { decode, decodeBody } from '#domain/telemetry/decode.ts'
import { EVENT_FIELDS } from '#domain/telemetry/events.ts'
import { contentHash } from '#domain/telemetry/identity.ts'
import {
  FLAG_NAMES,
  flagNames,
  type FaultReason,
  type Item,
  type TelemetryClass,
} from '#domain/telemetry/item.ts'
import { timeFlags } from '#domain/telemetry/quality.ts'
import { foldRuns, segmentsOf, type StateRun } from '#domain/telemetry/states.ts'
import { casePlant, MACHINE } from '../casePlant.ts'

const SHAPES = {
  telemetry: TelemetryMessage,
  count: CountMessage,
  state: StateMessage,
  event: EventMessage,
} as const
const T = Date.UTC(2026, 10, 24)
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

test('the domain repeats the contract word for word', () => {
  expectTypeOf<TelemetryClass>().toEqualTypeOf<DeviceClass>()
  expectTypeOf<FaultReason>().toEqualTypeOf<QuarantineReason>()
  expect(FLAG_NAMES).toEqual(FLAGS)
  expect(Object.keys(EVENT_FIELDS)).toEqual(Object.keys(EVENT_SHAPES))
  expect([limits.MAX_ITEMS, limits.MAX_BYTES, limits.MAX_DEPTH]).toEqual([MAX_ITEMS, MAX_PAYLOAD, MAX_DEPTH])
  expect([limits.MIN_TS, limits.MAX_TS]).toEqual([MIN_TS, MAX_TS])
  expect(flagNames(0b10000101)).toEqual(['late', 'skew', 'gap_before'])
  expect(QUARANTINE_REASONS).toHaveLength(14)
})

// ---- agreement: what zod takes, the hot path takes, and nothing else

/** Mostly good, so that whole messages pass often enough to mean something. */
const mostlyOf = <G, B>(good: fc.Arbitrary<G>, any: fc.Arbitrary<B>) =>
  fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: any })

const word = fc.constantFrom('WO-1', 'q41f', '', 'x'.repeat(128), 'x'.repeat(129), '换刀', 7, null)
const amount = fc.constantFrom(0, 3, -1, 1e12, 1e13, 0.5, '3', null)
const texts = fc.constantFrom(
  [],
  ['m1'],
  ['m1', ''],
  'm1',
  Array.from({ length: 65 }, () => 'm'),
)
const ts = fc.constantFrom(T, T + 1, MIN_TS, MAX_TS, MIN_TS - 1, MAX_TS + 1, 1.5, '2026', null)
const seq = fc.constantFrom(0, 5, 2 ** 53 - 1, 2 ** 53, -1, 1.5, '1', null)
const dirtyMeasures = fc.dictionary(
  fc.constantFrom('power_kw', 'temp_c', 'A', '', 'a b', 'x'.repeat(65), 'constructor', 'k-1'),
  fc.constantFrom(1, -0.5, null, '1', true, {}, 12.31),
  { maxKeys: 3 },
)
const measures = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.dictionary(fc.constantFrom('power_kw', 'k-1'), fc.constantFrom(1, -0.5), { maxKeys: 2 }),
  },
  { weight: 1, arbitrary: dirtyMeasures },
)
const dirtyQualities = fc.dictionary(
  fc.constantFrom('power_kw', 'temp_c', 'A'),
  fc.constantFrom(
    'good',
    'bad:sensor_open',
    'uncertain',
    'bad:',
    'bad:A',
    'bad:a-b',
    'ugly',
    'good:x',
    'goodx',
    3,
    `bad:${'a'.repeat(48)}`,
    `bad:${'a'.repeat(49)}`,
  ),
  { maxKeys: 2 },
)
const qualities = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom({}, { temp_c: 'bad:sensor_open' }) },
  { weight: 1, arbitrary: dirtyQualities },
)
const eventFieldValue = fc.oneof(
  word,
  amount,
  texts,
  fc.constantFrom('pass', 'fail', 'corrective', 'start', 'm'),
)
const eventBody = fc.constantFrom(...Object.keys(EVENT_FIELDS), 'party', 'constructor', 7).chain((type) => {
  const fields = Object.keys(EVENT_FIELDS[type as string] ?? {}).map((key) => key.replace('?', ''))
  return fc.record(
    { type: fc.constant(type), ...Object.fromEntries(fields.map((field) => [field, eventFieldValue])) },
    { requiredKeys: ['type'] },
  )
})
const goodEvent = fc.constantFrom(...Object.keys(EVENT_FIELDS)).map((type) => ({ type, ...goodFields(type) }))
const stateBody = fc.record(
  {
    state: mostlyOf(fc.constantFrom(...MACHINE_STATES), fc.constantFrom('run', 'UNKNOWN', null)),
    reason: word,
    order: word,
    product: word,
    operation: word,
    until: mostlyOf(
      fc.constantFrom(T, T + 60_000, MAX_TS),
      fc.constantFrom(T - 1, MAX_TS + 1, 2 ** 53, T + 0.5, String(T), null),
    ),
  },
  { requiredKeys: ['state'] },
)
const BODIES = {
  telemetry: fc.record(
    {
      v: mostlyOf(measures, fc.constantFrom(null, [], 3)),
      q: mostlyOf(qualities, fc.constantFrom(null, [])),
    },
    { requiredKeys: ['v'] },
  ),
  count: fc.record({ v: mostlyOf(measures, fc.constantFrom('x', null)) }),
  state: stateBody,
  event: fc.oneof(eventBody, goodEvent),
} as const

function goodFields(type: string): Record<string, unknown> {
  const values: Record<string, unknown> = {
    word: 'w',
    qty: 3,
    number: -2,
    positive: 1,
    yuan: 5,
    pieces: 7,
    words: [],
    someWords: ['m'],
  }
  return Object.fromEntries(
    Object.entries(EVENT_FIELDS[type]!).map(([key, kind]) => [
      key.replace('?', ''),
      typeof kind === 'string' ? values[kind] : kind[0],
    ]),
  )
}

const mostly = <G, B>(good: G, any: fc.Arbitrary<B>) => mostlyOf(fc.constant(good), any)
const keyed = (body: fc.Arbitrary<unknown>) =>
  fc
    .tuple(fc.record({ ts: mostly(T, ts), seq: mostly(5, seq) }, { requiredKeys: ['ts'] }), body)
    .map(([key, fields]) => ({ ...key, ...(fields as object) }))
const own = fc.record(
  {
    boot: mostly('a1', fc.constantFrom('', 'b'.repeat(64), 'b'.repeat(65), 3, null)),
    at: mostly(T, ts),
    extra: fc.constant({ a: [1] }),
  },
  { requiredKeys: [] },
)
const message = (cls: DeviceClass) => {
  const item = keyed(BODIES[cls])
  const items = fc.record({
    items: fc.oneof(fc.array(item, { maxLength: 3 }), fc.constantFrom('x', null, [3])),
  })
  return fc
    .tuple(
      own,
      fc.oneof(
        item,
        items,
        fc.tuple(item, items).map(([a, b]) => ({ ...a, ...b })),
      ),
    )
    .map(([a, b]) => ({ ...a, ...b }))
}

describe.each(DEVICE_CLASSES)('%s', (cls) => {
  test('the hot path takes exactly what the contract takes', () => {
    let good = 0
    fc.assert(
      fc.property(message(cls), (raw) => {
        const decoded = decode(bytes(raw), cls)
        const takes = decoded.ok && (decoded.faults ?? []).every((fault) => fault === null)
        if (takes) good++
        expect(takes).toBe(SHAPES[cls].safeParse(JSON.parse(JSON.stringify(raw))).success)
      }),
      { numRuns: 3000 },
    )
    expect(good).toBeGreaterThan(50)
  })

  test('decode never throws, whatever the bytes', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      message(cls).chain((raw) => fc.nat(400).map((cut) => bytes(raw).subarray(0, cut))),
    )
    fc.assert(
      fc.property(anyBytes, (raw) => {
        const decoded = decode(raw, cls)
        const good = decoded.ok ? decoded.items.filter((_, i) => !decoded.faults?.[i]) : []
        expect(good.every((item) => contentHash(cls, item) > 0)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

test.each([
  [0, true],
  [47, true],
  [1e12, true],
  [undefined, true],
  [46.5, false],
  [-1, false],
  [1e12 + 1, false],
  ['47', false],
  [null, false],
])('good pieces of an order, %s: hot path and contract agree', (good_qty, isTaken) => {
  const body = { ts: T, seq: 5, type: 'order_end', order: 'H-1', product: 'v', operation: 'fu', good_qty }
  const decoded = decode(bytes(body), 'event')
  expect(decoded.ok && (decoded.faults ?? []).every((fault) => fault === null)).toBe(isTaken)
  expect(SHAPES.event.safeParse(JSON.parse(JSON.stringify(body))).success).toBe(isTaken)
  const kept = decoded.ok && decoded.faults?.[0] == null ? decoded.items[0]!['good_qty'] : null
  expect(kept).toBe(isTaken ? good_qty : null)
})

const refusalOf = (raw: Uint8Array) => {
  const decoded = decode(raw, 'telemetry')
  return decoded.ok ? 'taken' : decoded.fault.reason
}

test('T12 too deep, too long, too many: refused before anything is built from it', () => {
  expect(refusalOf(Buffer.from('['.repeat(60_000)))).toBe('bad_json')
  expect(refusalOf(Buffer.from(`{"x":${'['.repeat(8)}1${']'.repeat(8)}}`))).toBe('bad_json')
  expect(refusalOf(Buffer.from(`{"ts":${T},"v":{},"x":"${'[{'.repeat(50)}\\"["}`))).toBe('taken')
  expect(refusalOf(Buffer.alloc(MAX_PAYLOAD + 1, 0x20))).toBe('bad_json')
  const item = { ts: T, v: {} }
  expect(refusalOf(bytes({ items: Array.from({ length: 1001 }, () => item) }))).toBe('bad_shape')
  expect(refusalOf(bytes({ items: Array.from({ length: 1000 }, () => item) }))).toBe('taken')
  expect(refusalOf(Buffer.from(`{"ts":${T},"v":{"__proto__":{"x":1}}}`))).toBe('bad_shape')
})

test('a broken item does not take the good ones of its batch with it', () => {
  const decoded = decodeBody(
    {
      boot: 'a',
      items: [
        { ts: T, v: { kwh: 1 } },
        { ts: T, v: { kwh: null } },
        { ts: 5, v: {} },
      ],
    },
    'count',
  )
  expect(decoded.ok && decoded.faults?.map((fault) => fault?.reason ?? null)).toEqual([
    null,
    'bad_value',
    'ts_impossible',
  ])
})

// ---- identity

const values = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  { minKeys: 1 },
)

test('content is independent of the order of measures, of at, and of coming alone or in a batch', () => {
  fc.assert(
    fc.property(values, fc.nat(1e6), (v, offset) => {
      const item = { ts: T + offset, seq: 1, v }
      const turned = {
        v: Object.fromEntries(Object.entries(v).toReversed()),
        seq: 1,
        ts: T + offset,
        at: T,
        boot: 'x',
      }
      expect(contentHash('count', turned as Item)).toBe(contentHash('count', item))
    }),
  )
})

test('another value, name, time, quality or word is another content', () => {
  const items: [TelemetryClass, Item][] = [
    ['telemetry', { ts: T, v: { a: 1 } }],
    ['telemetry', { ts: T + 1, v: { a: 1 } }],
    ['telemetry', { ts: T, v: { b: 1 } }],
    ['telemetry', { ts: T, v: { a: 1.0000000000000002 } }],
    ['telemetry', { ts: T, v: { a: 1, b: 0 } }],
    ['telemetry', { ts: T, v: { a: null } }],
    ['telemetry', { ts: T, v: { a: 1 }, q: { a: 'good' } }],
    ['telemetry', { ts: T, v: { a: 1 }, q: { a: 'bad' } }],
    ['state', { ts: T, state: 'RUN' }],
    ['state', { ts: T, state: 'RUN', reason: 'x' }],
    ['state', { ts: T, state: 'RUN', order: 'x' }],
    ['state', { ts: T, state: 'RUN', until: T }],
    ['state', { ts: T, state: 'RUN', until: T + 60_000 }],
    ['event', { ts: T, type: 'sign_on', worker: 'w', machines: ['a', 'b'] }],
    ['event', { ts: T, type: 'sign_on', worker: 'w', machines: ['b', 'a'] }],
  ]
  expect(new Set(items.map(([cls, item]) => contentHash(cls, item))).size).toBe(items.length)
  expect(contentHash('count', { ts: T, v: { a: -0 } })).toBe(contentHash('count', { ts: T, v: { a: 0 } }))
})

test('until is a time not before ts; each fault has its own name', () => {
  const refusal = (until: unknown) => {
    const decoded = decodeBody({ ts: T, state: 'RUN', until }, 'state')
    return decoded.ok ? 'taken' : `${decoded.fault.reason}: ${decoded.fault.detail}`
  }
  expect([T, T + 1, MAX_TS].map(refusal)).toEqual(['taken', 'taken', 'taken'])
  expect(refusal(T - 1)).toBe('bad_value: until is before ts')
  expect(refusal(T + 0.5)).toBe('bad_shape: until is no whole number of milliseconds')
  expect(refusal('later')).toBe('bad_shape: until is no whole number of milliseconds')
  expect(refusal(MAX_TS + 1)).toBe(`ts_impossible: until ${MAX_TS + 1} is not in 2000 … 2100`)
})

// ---- against the plant

test('every fault against the plant has its name and says what is wrong', () => {
  const machine = indexPlant(casePlant()).machines.get(MACHINE)!
  const fault = (cls: TelemetryClass, item: Item) => checkItem(item, cls, machine, T)
  expect(
    fault('telemetry', { ts: T, v: { power_kw: 12, temp_c: null }, q: { temp_c: 'bad:open' } }),
  ).toBeNull()
  expect(fault('telemetry', { ts: T, v: { power_kw: 912 } })).toEqual({
    reason: 'out_of_range',
    detail: 'power_kw 912 above 60',
  })
  expect(fault('telemetry', { ts: T, v: { power_kw: -1 } })?.detail).toBe('power_kw -1 below 0')
  expect(fault('telemetry', { ts: T, v: { torque: 1 } })?.reason).toBe('unknown_measure')
  expect(fault('telemetry', { ts: T, v: { kwh: 1 } })?.reason).toBe('wrong_class')
  expect(fault('count', { ts: T, v: { power_kw: 1 } })?.reason).toBe('wrong_class')
  expect(fault('telemetry', { ts: T, v: { temp_c: null } })?.reason).toBe('bad_value')
  expect(fault('count', { ts: T, v: { kwh: 1.001 } })?.reason).toBe('bad_value')
  expect(fault('count', { ts: T, v: { kwh: 183402.61 } })).toBeNull()
  expect(fault('state', { ts: T + 300_001, state: 'RUN' })?.reason).toBe('ts_in_future')
  expect(fault('state', { ts: T + 300_000, state: 'RUN' })).toBeNull()
  expect(fault('state', { ts: T, state: 'RUN', until: T + 300_001 })).toEqual({
    reason: 'ts_in_future',
    detail: 'until is 300 s after it was received',
  })
  expect(fault('state', { ts: T - 1, state: 'RUN', until: T + 300_000 })).toBeNull()
  expect(fault('state', { ts: T, state: 'RUN', reason: 'half \ud800' })?.reason).toBe('bad_value')
  const swap = { ts: T, type: 'meter_swap', measure: 'kwh', old_last: 5, new_first: 0 }
  expect(fault('event', swap)).toBeNull()
  expect(fault('event', { ...swap, measure: 'power_kw' })?.reason).toBe('wrong_class')
  expect(fault('event', { ...swap, new_first: 0.001 })?.reason).toBe('bad_value')
})

test('a wrong clock is skew, a replayed day is late, and a batch of a minute is neither', () => {
  expect(flagNames(timeFlags(T, T - 40, T - 60_000))).toEqual([])
  expect(flagNames(timeFlags(T, T - 2001, T - 2001))).toEqual(['skew'])
  expect(flagNames(timeFlags(T, T + 2001, T))).toEqual(['skew'])
  expect(flagNames(timeFlags(T, T - 40, T - 86_400_000))).toEqual(['late'])
})

// ---- states

const run = (at: number, state: StateRun['state'], reason: string | null = null): StateRun => ({
  ts: at,
  lastTs: at,
  state,
  reason,
})

test('a silence longer than the timeout is UNKNOWN from the timeout on, never the last state carried on', () => {
  const runs = [run(0, 'RUN'), run(60, 'RUN'), run(100, 'IDLE'), run(400, 'RUN')]
  expect(segmentsOf(runs, 120, 0, 500)).toEqual([
    { from: 0, to: 100, state: 'RUN', reason: null },
    { from: 100, to: 220, state: 'IDLE', reason: null },
    { from: 220, to: 400, state: 'UNKNOWN', reason: null },
    { from: 400, to: 500, state: 'RUN', reason: null },
  ])
  expect(segmentsOf(runs, 120, 50, 70)).toEqual([{ from: 50, to: 70, state: 'RUN', reason: null }])
})

test('a later run of another state cuts what was recorded as repeated; one of the same state does not', () => {
  const until = (from: number, to: number, state: StateRun['state']): StateRun => ({
    ...run(from, state),
    lastTs: to,
  })
  expect(segmentsOf([until(0, 1000, 'RUN'), run(300, 'IDLE')], 100, 0, 2000)).toEqual([
    { from: 0, to: 300, state: 'RUN', reason: null },
    { from: 300, to: 400, state: 'IDLE', reason: null },
    { from: 400, to: 2000, state: 'UNKNOWN', reason: null },
  ])
  expect(segmentsOf([until(0, 1000, 'RUN'), run(300, 'RUN')], 100, 0, 2000)).toEqual([
    { from: 0, to: 1100, state: 'RUN', reason: null },
    { from: 1100, to: 2000, state: 'UNKNOWN', reason: null },
  ])
})

test('a state recorded with until is the same state sent again and again', () => {
  const STEP = 60
  const spells = fc.array(
    fc.record({
      state: fc.constantFrom('RUN' as const, 'IDLE' as const, 'FAULT' as const),
      reason: fc.constantFrom(null, 'jam'),
      length: fc.integer({ min: 1, max: 500 }),
      silence: fc.constantFrom(0, 0, 0, 50, 400),
      folded: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(spells, fc.integer({ min: 0, max: 3000 }), (list, from) => {
      const repeated: StateRun[] = []
      const recorded: StateRun[] = []
      let at = 0
      for (const { state, reason, length, silence, folded } of list) {
        const spell: StateRun[] = []
        for (let heard = at; heard < at + length; heard += STEP)
          spell.push({ ts: heard, lastTs: heard, state, reason })
        repeated.push(...spell)
        recorded.push(...(folded ? [{ ...spell[0]!, lastTs: spell.at(-1)!.ts }] : spell))
        at += length + silence
      }
      const seen = (runs: readonly StateRun[]) => segmentsOf(runs, 120, from, 8000)
      expect(seen(recorded)).toEqual(seen(repeated))
      expect(seen(foldRuns(recorded, 120))).toEqual(seen(repeated))
    }),
  )
})

test('folding repeats changes no segment', () => {
  const state = fc.constantFrom('RUN' as const, 'IDLE' as const)
  const points = fc.uniqueArray(fc.tuple(fc.nat(2000), state, fc.constantFrom(0, 0, 30, 300)), {
    selector: ([at]) => at,
    maxLength: 40,
  })
  fc.assert(
    fc.property(points, (rows) => {
      const sorted = rows.toSorted((a, b) => a[0] - b[0])
      const runs = sorted.map(([at, its, more]) => ({ ...run(at, its), lastTs: at + more }))
      expect(segmentsOf(foldRuns(runs, 100), 100, 0, 2500)).toEqual(segmentsOf(runs, 100, 0, 2500))
    }),
  )
})
