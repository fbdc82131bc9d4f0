/** Every fault by name: what leaves a device differs from what happened exactly as the fault says, and its notes say the same. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import {
  CATALOGUE,
  FAULT_NAMES,
  faultList,
  type Fault,
  type FaultName,
} from '../../simulators/faults/catalogue.ts'
import { passOn, type Outcome } from '../../simulators/faults/chain.ts'
import type { Note } from '../../simulators/faults/departure.ts'
import { edgeAfter, newDevice, powerAt } from '../../simulators/faults/power.ts'
import { mindOf, newStream, type Parcel } from '../../simulators/faults/stream.ts'
import type { SimItem } from '../../simulators/item.ts'
import { casePlant, MACHINE } from '../casePlant.ts'

const machine = casePlant().machines[0]!
const T0 = Date.UTC(2026, 10, 24)

const fault = (name: FaultName, over: Partial<Fault> = {}): Fault => ({
  id: 'f1',
  name,
  machines: ['*'],
  from: null,
  to: null,
  probability: CATALOGUE[name].chance.fallback,
  seed: 7,
  ...over,
  params: {
    ...Object.fromEntries(
      Object.entries(CATALOGUE[name].params).map(([key, { fallback }]) => [key, fallback]),
    ),
    ...over.params,
  },
})

/** A minute of a machine: power each second, registers each 10 s, its state once. Everything is exactly known. */
function truth(seconds: number): SimItem[] {
  const items: SimItem[] = []
  for (let s = 1; s <= seconds; s++) {
    const ts = T0 + s * SECOND
    const v = { power_kw: 10 + (s % 7), temp_c: 40 }
    items.push({ class: 'telemetry', ts, qos: 0, body: { v } })
    if (s % 10 === 0)
      items.push({ class: 'count', ts, qos: 1, body: { v: { kwh: 100 + s / 10, good: 9000 + s } } })
    if (s % 60 === 1) items.push({ class: 'state', ts, qos: 1, body: { state: 'RUN' } })
  }
  return items
}

type Ran = {
  readonly parcels: Parcel[]
  readonly notes: Note[]
  readonly lost: Parcel[]
  readonly sealed: Parcel[]
}

/** Sends `seconds` of the machine through faults, a turn each `turn` seconds, and goes on until nothing is held back. */
function through(faults: readonly Fault[], seconds = 600, turn = 5): Ran {
  const all = truth(seconds)
  const stream = newStream()
  const seqs = new Map<string, number>()
  const out: Ran = { parcels: [], notes: [], lost: [], sealed: [] }
  for (let from = 0; from < seconds || stream.held.length > 0; from += turn) {
    const [a, now] = [T0 + from * SECOND, T0 + (from + turn) * SECOND]
    const outcome: Outcome = passOn(
      all.filter(({ ts }) => ts > a && ts <= now),
      {
        machine,
        subject: `case/${MACHINE}`,
        stream,
        faults: from < seconds ? faults : [],
        seal: (cls) => {
          seqs.set(cls, (seqs.get(cls) ?? 0) + 1)
          return { boot: 'b', seq: seqs.get(cls)! }
        },
        from: a,
        now,
      },
    )
    for (const key of ['parcels', 'notes', 'lost', 'sealed'] as const)
      out[key].push(...(outcome[key] as never[]))
  }
  return out
}

const plain = through([])
const keyOf = ({ class: cls, seq }: { class: string; seq: number }) => `${cls} ${seq}`
const named = (ran: Ran, counter: string) => ran.notes.filter(({ counters }) => counters.includes(counter))
const valueOf = ({ body }: Parcel, name: string) => (body['v'] as Record<string, number>)[name]
const shown = (ran: Ran, measure: string) =>
  ran.parcels.filter((p) => p.class === 'count').map((p) => valueOf(p, measure)!)
const signalsOf = ({ parcels }: Ran) => parcels.filter((p) => p.class === 'telemetry')
/** Keys of what the product would take as received. */
const received = ({ parcels }: Ran) =>
  parcels.filter(({ broken, copy }) => !broken && !copy).map((parcel) => keyOf(parcel))

test('without a fault everything leaves as it was, once, in order', () => {
  expect(plain.parcels).toHaveLength(truth(600).length)
  expect(plain.parcels.map(({ body }) => body)).toEqual(truth(600).map(({ body }) => body))
  expect([plain.notes, plain.lost]).toEqual([[], []])
})

test('the catalogue is complete: words in both languages, defaults inside their ranges', () => {
  expect(FAULT_NAMES.filter((name) => CATALOGUE[name].kind !== 'process')).toHaveLength(22)
  expect(FAULT_NAMES).toHaveLength(43)
  for (const { title, does, chance, params } of faultList()) {
    for (const words of [title, does]) expect(Math.min(words.zh.length, words.en.length)).toBeGreaterThan(1)
    expect(chance.fallback).toBeGreaterThan(0)
    for (const { fallback, range, choices } of Object.values(params)) {
      const [low, high] = range ?? [-Infinity, Infinity]
      const fits = range
        ? Number(fallback) >= low && Number(fallback) <= high
        : (choices ?? [fallback]).includes(fallback as never)
      expect(fits).toBe(true)
    }
  }
})

test.each(FAULT_NAMES)(
  '%s: the same seed gives the same bytes, however the time is cut into turns',
  (name) => {
    const wild = fault(name, { probability: 0.3 })
    const [once, again, coarse] = [through([wild]), through([wild]), through([wild], 600, 30)]
    expect(JSON.stringify(again)).toBe(JSON.stringify(once))
    expect(JSON.stringify(coarse.parcels)).toBe(JSON.stringify(once.parcels))
  },
)

const rngOf = (id: string, subject: string) => mindOf({}, fault('loss', { id }), subject).rng

test('the chance of a fault knows its machine and no firm', () => {
  expect(rngOf('demo-b.f1', 'demo-b/s/a/l/m')).toBe(rngOf('demo-a.f1', 'demo-a/s/a/l/m'))
  expect(rngOf('f1', 'demo-b/s/a/l/m')).toBe(rngOf('demo-a.f1', 'demo-a/s/a/l/m'))
  const others = [rngOf('f1', 'f/s/a/l/m'), rngOf('f2', 'f/s/a/l/m'), rngOf('f1', 'f/s/a/l/n')]
  expect(new Set(others).size).toBe(3)
})

test('outside its schedule a fault does nothing', () => {
  const window = { from: T0 + 5 * MINUTE, to: T0 + 6 * MINUTE, probability: 1 }
  const ran = through([fault('flatline', { ...window, params: { value: 1 } })])
  const flat = ran.parcels.filter((p) => p.class === 'telemetry' && valueOf(p, 'power_kw') === 1)
  expect(flat.map(({ ts }) => (ts - T0) / SECOND)).toEqual(Array.from({ length: 60 }, (_, i) => 300 + i))
})

test('dropout: runs of items are missing, each is noted as lost and as a gap', () => {
  const ran = through([fault('dropout', { params: { burst: 4 } })])
  expect(ran.lost.length).toBeGreaterThan(20)
  expect(new Set(received(ran)).size).toBe(plain.parcels.length - ran.lost.length)
  const kept = new Set(received(ran))
  expect(ran.lost.every((parcel) => !kept.has(keyOf(parcel)))).toBe(true)
  expect(ran.notes.filter(({ what, counters }) => what === 'dropout' && counters.length === 0)).toHaveLength(
    ran.lost.length,
  )
  // a hole is seen by something newer: those at the very end and the very beginning are not
  const seqs = Map.groupBy(ran.parcels, (p) => p.class)
  const visible = ran.lost.filter(({ class: cls, seq }) => {
    const own = seqs.get(cls)!.map((p) => p.seq)
    return seq > Math.min(...own) && seq < Math.max(...own)
  })
  expect(named(ran, 'gap')).toHaveLength(visible.length)
})

test('loss: only signals are missing, evidence is whole', () => {
  const ran = through([fault('loss', { probability: 0.1 })])
  expect(ran.lost.length).toBeGreaterThan(20)
  expect(ran.lost.every((p) => p.class === 'telemetry')).toBe(true)
  expect(ran.parcels.filter((p) => p.qos === 1)).toHaveLength(plain.parcels.filter((p) => p.qos === 1).length)
})

test('duplicate: the same items again, the same content', () => {
  const ran = through([fault('duplicate', { probability: 0.1, params: { copies: 2, delay_s: 30 } })])
  const copies = ran.parcels.filter(({ copy }) => copy)
  expect(named(ran, 'duplicate')).toHaveLength(copies.length)
  expect(ran.parcels.length - copies.length).toBe(plain.parcels.length)
  expect(copies.length).toBeGreaterThan(50)
  const originals = new Map(ran.parcels.filter((p) => !p.copy).map((p) => [keyOf(p), JSON.stringify(p.body)]))
  for (const copy of copies) expect(originals.get(keyOf(copy))).toBe(JSON.stringify(copy.body))
})

test('reorder: nothing is lost, exactly the noted ones arrive behind newer ones, none later than it may', () => {
  const ran = through([fault('reorder', { probability: 0.1, params: { max_s: 20 } })])
  expect(new Set(received(ran))).toEqual(new Set(received(plain)))
  const newest = new Map<string, number>()
  const behind = ran.parcels.filter(({ class: cls, seq }) => {
    const late = seq < (newest.get(cls) ?? 0)
    newest.set(cls, Math.max(seq, newest.get(cls) ?? 0))
    return late
  })
  expect(behind.length).toBeGreaterThan(20)
  expect(named(ran, 'out_of_order').map(keyOf)).toEqual(behind.map(keyOf))
})

test('clock_skew: ts and the time of sending are off by the same, nothing else changes', () => {
  const ran = through([fault('clock_skew', { params: { skew_s: 90 } })])
  expect(ran.parcels.map(({ ts, skew }) => [ts - skew, skew])).toEqual(
    plain.parcels.map(({ ts }) => [ts, 90_000]),
  )
  expect(ran.parcels.map(({ body }) => body)).toEqual(plain.parcels.map(({ body }) => body))
})

test('clock_jump: the clock is wrong for its time and right again', () => {
  const ran = through([fault('clock_jump', { params: { step_s: -3600, lasts_s: 120, every_s: 300 } })])
  const wrong = ran.parcels.filter(({ skew }) => skew !== 0)
  expect(new Set(wrong.map(({ skew }) => skew))).toEqual(new Set([-3_600_000]))
  const seconds = new Set(wrong.map(({ ts, skew }) => (ts - skew - T0) / SECOND))
  expect([Math.min(...seconds), Math.max(...seconds), seconds.size]).toEqual([1, 420, 240])
})

test('poison: the product gets bytes that are no envelope, and a hole', () => {
  const ran = through([fault('poison', { probability: 0.05 })])
  const broken = ran.parcels.filter(({ raw }) => raw !== null)
  expect(broken.length).toBeGreaterThan(15)
  for (const { raw } of broken) {
    const text = Buffer.from(raw!, 'base64')
    const parsed = (() => {
      try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text)) as unknown
      } catch {
        return null
      }
    })()
    expect(parsed === null || Array.isArray(parsed)).toBe(true)
  }
  const quarantined = [...named(ran, 'quarantine:bad_json'), ...named(ran, 'quarantine:bad_shape')]
  expect(new Set(quarantined.map(keyOf))).toEqual(new Set(broken.map(keyOf)))
})

test('wrong_type: one value is of another type, in every class', () => {
  const ran = through([fault('wrong_type', { probability: 0.2 })])
  const broken = ran.parcels.filter((p) => p.broken)
  for (const { class: cls, body } of broken) {
    const wrong =
      cls === 'state'
        ? typeof body['state'] === 'number'
        : Object.values(body['v'] as object).some((v) => typeof v === 'string')
    expect(wrong).toBe(true)
  }
  expect(named(ran, 'quarantine:bad_value').length + named(ran, 'quarantine:bad_shape').length).toBe(
    broken.length,
  )
})

test('stuck: a signal keeps its value for the time, then follows again', () => {
  const ran = through([fault('stuck', { params: { measure: 'power_kw', lasts_s: 60 } })])
  const values = ran.parcels.filter((p) => p.class === 'telemetry').map((p) => valueOf(p, 'power_kw'))
  expect(new Set(values.slice(0, 60))).toEqual(new Set([11]))
  expect(values.slice(60)).toEqual(
    plain.parcels
      .filter((p) => p.class === 'telemetry')
      .map((p) => valueOf(p, 'power_kw'))
      .slice(60),
  )
})

test('flatline: a constant; registers are not touched', () => {
  const ran = through([fault('flatline', { params: { measure: 'power_kw', value: 0 } })])
  for (const p of signalsOf(ran)) expect(p.body['v']).toEqual({ power_kw: 0, temp_c: 40 })
  expect(shown(ran, 'kwh')).toEqual(shown(plain, 'kwh'))
})

test('drift: grows with time, by its share of the range an hour', () => {
  const ran = through([fault('drift', { params: { measure: 'power_kw', per_h: 1 } })])
  for (const p of signalsOf(ran)) {
    const s = (p.ts - T0) / SECOND
    expect(valueOf(p, 'power_kw')).toBeCloseTo(10 + (s % 7) + (60 * (s - 1) * SECOND) / HOUR, 1)
  }
})

test('spike: single samples, and those out of range are the ones that the product puts aside', () => {
  const ran = through([fault('spike', { probability: 0.1, params: { measure: 'power_kw', size: 0.75 } })])
  const spiked = ran.parcels.filter((p) => p.marks.length > 0)
  expect(spiked.length).toBeGreaterThan(30)
  for (const p of spiked) expect(valueOf(p, 'power_kw')).toBe(10 + (((p.ts - T0) / SECOND) % 7) + 45)
  const outside = spiked.filter((p) => valueOf(p, 'power_kw')! > 60)
  expect(outside.length).toBeGreaterThan(5)
  expect(named(ran, 'quarantine:out_of_range').map(keyOf)).toEqual(outside.map(keyOf))
})

test('reversed_ct: power is negative; the energy register stands still, or runs backwards', () => {
  const still = through([fault('reversed_ct', { from: T0 + 100 * SECOND })])
  const last = plain.parcels.length
  expect(still.parcels).toHaveLength(last)
  expect(shown(still, 'kwh').slice(9)).toEqual(Array.from({ length: 51 }, () => 110))
  expect(shown(still, 'good')).toEqual(shown(plain, 'good'))
  for (const p of signalsOf(still).slice(99))
    expect(valueOf(p, 'power_kw')).toBe(-(10 + (((p.ts - T0) / SECOND) % 7)))
  const back = through([fault('reversed_ct', { from: T0 + 100 * SECOND, params: { backwards: true } })])
  expect(shown(back, 'kwh').slice(9)).toEqual(Array.from({ length: 51 }, (_, i) => 110 - i))
  expect(named(back, 'reset')).toHaveLength(50)
})

test('double_count and missed_count: the register is off by exactly what the notes say, and stays so', () => {
  for (const [name, sign] of [
    ['double_count', 1],
    ['missed_count', -1],
  ] as const) {
    const ran = through([fault(name, { probability: 0.2, to: T0 + 5 * MINUTE })])
    const n = ran.notes.filter(({ what }) => what === name).reduce((sum, note) => sum + note.n, 0)
    expect(n).toBeGreaterThan(20)
    expect(shown(ran, 'good').at(-1)).toBe(shown(plain, 'good').at(-1)! + sign * n)
    expect(shown(ran, 'kwh')).toEqual(shown(plain, 'kwh'))
  }
})

test('reset: registers begin at 0 and go on from there', () => {
  const ran = through([fault('reset', { from: T0 + 100 * SECOND })])
  expect(shown(ran, 'good').slice(8, 12)).toEqual([9090, 0, 10, 20])
  // 9090 of 10000 to 0 is what a rollover looks like; the energy register knows no end
  expect(named(ran, 'rollover')).toHaveLength(1)
  expect(named(ran, 'reset')).toHaveLength(1)
  const alone = through([
    fault('reset', { from: T0 + 100 * SECOND, params: { measure: 'kwh', every_s: 200 } }),
  ])
  expect(named(alone, 'reset')).toHaveLength(3)
})

test('rollover: a declared end is reached by a nearly full meter that is announced; an unknown one looks like a reset', () => {
  const known = through([
    fault('rollover', { from: T0 + 100 * SECOND, params: { measure: 'good', after: 15 } }),
  ])
  expect(shown(known, 'good').slice(8, 13)).toEqual([9090, 9984, 9994, 4, 14])
  expect(named(known, 'rollover')).toHaveLength(1)
  expect(named(known, 'swap').map(({ class: cls }) => cls)).toEqual(['event', 'count'])
  expect(known.parcels.find((p) => p.class === 'event')!.body).toEqual({
    type: 'meter_swap',
    measure: 'good',
    old_last: 9100,
    new_first: 9984,
  })
  const unknown = through([
    fault('rollover', { from: T0 + 100 * SECOND, params: { measure: 'kwh', after: 1.5 } }),
  ])
  expect(shown(unknown, 'kwh').slice(8, 13)).toEqual([109, 110, 111, 0.49, 1.49])
  expect(named(unknown, 'reset')).toHaveLength(1)
})

test('meter_swap: the event closes the old meter and opens the new one, growth is whole; unannounced it is a reset', () => {
  const ran = through([
    fault('meter_swap', { from: T0 + 100 * SECOND, params: { measure: 'kwh', new_first: 5 } }),
  ])
  const place = ran.parcels.findIndex((p) => p.class === 'event')
  expect(ran.parcels[place]!.body).toEqual({
    type: 'meter_swap',
    measure: 'kwh',
    old_last: 110,
    new_first: 5,
  })
  expect(ran.parcels[place + 1]!.class).toBe('count')
  expect(shown(ran, 'kwh').slice(8, 11)).toEqual([109, 5, 6])
  const silent = through([
    fault('meter_swap', { from: T0 + 100 * SECOND, params: { measure: 'kwh', announced: false } }),
  ])
  expect(silent.parcels.some((p) => p.class === 'event')).toBe(false)
  expect(named(silent, 'reset')).toHaveLength(1)
})

test('flapping_state: RUN and IDLE follow each other, and what the machine says itself stands', () => {
  const ran = through([fault('flapping_state', { params: { every_s: 10 } })])
  const states = ran.parcels.filter((p) => p.class === 'state')
  const extra = states.filter((p) => p.marks.length > 0)
  expect(extra.map(({ ts }) => (ts - T0) / SECOND)).toEqual(
    Array.from({ length: 60 }, (_, i) => (i + 1) * 10),
  )
  expect(extra.map(({ body }) => body['state'])).toEqual(extra.map((_, i) => (i % 2 ? 'RUN' : 'IDLE')))
  expect(states.length - extra.length).toBe(plain.parcels.filter((p) => p.class === 'state').length)
  for (const { body } of states) expect(MACHINE_STATES).toContain(body['state'])
  expect(states.map(({ seq }) => seq)).toEqual(states.map((_, i) => i + 1))
})

/** Forty seconds of a device, second by second. */
const run = (name: FaultName, params: Fault['params']) => {
  const state = newDevice()
  const one = fault(name, { from: T0 + 10 * SECOND, params })
  return Array.from({ length: 40 }, (_, s) => {
    const change = powerAt(state, [one], 'case/d', T0 + s * SECOND)
    return { s, ...change, power: state.power, link: state.link }
  })
}

test('reboot, plug_pulled, gateway_outage: power and link for the time they say', () => {
  const seconds = (rows: ReturnType<typeof run>, key: 'power' | 'link') =>
    rows.filter((row) => !row[key]).map(({ s }) => s)
  const reboot = run('reboot', { down_s: 3 })
  expect(seconds(reboot, 'power')).toEqual([10, 11, 12])
  expect(reboot.filter(({ boots }) => boots).map(({ s }) => s)).toEqual([13])
  expect(reboot.some(({ loses }) => loses)).toBe(false)
  const pulled = run('plug_pulled', { lasts_s: 5, every_s: 15 })
  expect(pulled.filter(({ loses }) => loses).map(({ s }) => s)).toEqual([10, 25])
  expect(run('plug_pulled', { lasts_s: 5, outbox: 'kept' }).some(({ loses }) => loses)).toBe(false)
  const outage = run('gateway_outage', { lasts_s: 20, batch_items: 50 })
  expect(seconds(outage, 'power')).toEqual([])
  expect(seconds(outage, 'link')).toEqual(Array.from({ length: 20 }, (_, i) => 10 + i))
  expect(outage.filter(({ replay }) => replay === 50).map(({ s }) => s)).toEqual([30])
  expect(outage.some(({ boots }) => boots)).toBe(false)
})

const someOutage = fc
  .record({
    name: fc.constantFrom<FaultName>('reboot', 'plug_pulled', 'gateway_outage'),
    lasts: fc.integer({ min: 5, max: 40 }),
    every: fc.constantFrom(0, 3, 30, 60),
    from: fc.option(fc.integer({ min: 0, max: 200 })),
    length: fc.option(fc.integer({ min: 1, max: 200 })),
    probability: fc.constantFrom(0.5, 1),
  })
  .map(({ name, lasts, every, from, length, probability }) => {
    const begin = from === null ? null : T0 + from * SECOND
    return fault(name, {
      from: begin,
      to: length === null ? null : (begin ?? T0) + length * SECOND,
      probability,
      params: { [name === 'reboot' ? 'down_s' : 'lasts_s']: lasts, every_s: every },
    })
  })

type Step = { readonly at: number; readonly holds: string; readonly happened: string | null }

/** Ten minutes of a device: how each second was, and what happened when; looked at whenever `next` says. */
function minutesOf(
  faults: readonly Fault[],
  next: (state: ReturnType<typeof newDevice>, at: number) => number,
): Step[] {
  const state = newDevice()
  const end = T0 + 10 * MINUTE
  const steps: Step[] = []
  for (let at = T0; at < end;) {
    const { began, boots, replay } = powerAt(state, faults, 'case/d', at)
    const to = Math.min(end, next(state, at))
    const holds = JSON.stringify([state.power, state.link])
    const happens = began.length > 0 || boots || replay !== null
    for (let second = at; second < to; second += SECOND)
      steps.push({
        at: second,
        holds,
        happened: happens && second === at ? JSON.stringify({ began, boots, replay }) : null,
      })
    at = to
  }
  return steps
}

test('from edge to edge a device is as it is second by second', () => {
  fc.assert(
    fc.property(fc.array(someOutage, { minLength: 1, maxLength: 4 }), (made) => {
      const faults = made.map((one, i) => ({ ...one, id: `f${i}` }))
      const slow = minutesOf(faults, (_, at) => at + SECOND)
      const fast = minutesOf(faults, (state, at) => edgeAfter(state, faults, at) ?? Infinity)
      expect(fast).toEqual(slow)
    }),
  )
})

test('all at once: everything that was sealed is sent, lost or both noted, and nothing else', () => {
  const ran = through(FAULT_NAMES.map((name, i) => fault(name, { id: `f${i}`, probability: 0.05 })))
  const sent = new Set(ran.parcels.map(keyOf))
  const lost = new Set(ran.lost.map(keyOf))
  expect(new Set([...sent, ...lost])).toEqual(new Set(ran.sealed.map(keyOf)))
  expect([...lost].filter((key) => sent.has(key))).toEqual([])
  expect(ran.parcels.length).toBe(sent.size + ran.parcels.filter(({ copy }) => copy).length)
})
