/** The simulated machines: repeatable, plausible, and never a register that goes back. */
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CountMessage, EventMessage, StateMessage, TelemetryMessage } from '#contract/envelope.ts'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { toSteps } from '#domain/units.ts'
import { dutyAt } from '../../simulators/shop/calendar.ts'
import { KINDS } from '../../simulators/shop/kinds.ts'
import { advance, createSim, modelsOf, resumeSim } from '../../simulators/shop/machine.ts'
import type { SimItem } from '../../simulators/item.ts'
import type { MachineModel } from '../../simulators/shop/sim.ts'
import { draw, exponential, normal, seedOf } from '../../simulators/random.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const reading = readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a')
const plant = (reading as { plant: Plant }).plant
const machines = plant.machines.filter(({ meter }) => !meter)
/** In Asia/Shanghai, on a working day. */
const at = (clock: string) => Date.parse(`2026-11-24T${clock}:00+08:00`)

const models = (changes: Partial<Pick<MachineModel, 'seed' | 'rate' | 'speed'>> = {}) =>
  modelsOf(machines, { shifts: plant.shifts, seed: 7, rate: 1, speed: 1, ...changes })
const modelOf = (name: string, changes: Partial<Pick<MachineModel, 'seed' | 'rate' | 'speed'>> = {}) =>
  models(changes).find(({ machine }) => machine.path.endsWith(`/${name}`))!

/** All items of a machine from `from` to `to`. */
function life(model: MachineModel, from: number, to: number): SimItem[] {
  const { sim, items } = createSim(model, from)
  return [...items, ...advance(model, sim, to)]
}

const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length

test('chance is repeatable and has the right moments', () => {
  const chance = { rng: seedOf(1, 'x') }
  const list = Array.from({ length: 20_000 }, () => draw(chance))
  const again = { rng: seedOf(1, 'x') }
  expect(list.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => draw(again)))
  expect(mean(list)).toBeCloseTo(0.5, 1)
  expect(Math.max(...list)).toBeLessThan(1)
  const normals = Array.from({ length: 20_000 }, () => normal(chance))
  expect(Math.abs(mean(normals))).toBeLessThan(0.03)
  expect(mean(normals.map((v) => v * v))).toBeCloseTo(1, 1)
  expect(mean(Array.from({ length: 20_000 }, () => exponential(chance, 40))) / 40).toBeCloseTo(1, 1)
})

test('the same seed gives the same items, another seed others', () => {
  const [from, to] = [at('09:00'), at('09:30')]
  const one = life(modelOf('lathe-07'), from, to)
  expect(life(modelOf('lathe-07'), from, to)).toEqual(one)
  expect(life(modelOf('lathe-07', { seed: 8 }), from, to)).not.toEqual(one)
  expect(life(modelOf('lathe-08'), from, to)).not.toEqual(one)
})

test('how the way is cut into turns changes nothing', { timeout: 60_000 }, () => {
  const [from, to] = [at('11:50'), at('12:20')]
  for (const name of ['lathe-07', 'test-01', 'compressor-01']) {
    const model = modelOf(name, { speed: 20 })
    const whole = createSim(model, from)
    const items = [...whole.items, ...advance(model, whole.sim, to)]
    fc.assert(
      fc.property(fc.array(fc.integer({ min: from, max: to }), { maxLength: 12 }), (cuts) => {
        const { sim, items: first } = createSim(model, from)
        const parts = [...cuts.toSorted((a, b) => a - b), to].flatMap((cut) => advance(model, sim, cut))
        expect([...first, ...parts]).toEqual(items)
        expect(sim.state).toBe(whole.sim.state)
      }),
      { numRuns: 8 },
    )
  }
})

/** What the contract or the plant file would refuse of an item. */
function wrongWith(model: MachineModel, { class: cls, ts, qos, body }: SimItem): string[] {
  const shapes = {
    telemetry: TelemetryMessage,
    count: CountMessage,
    state: StateMessage,
    event: EventMessage,
  }
  const message = shapes[cls].safeParse({ ts, seq: 1, boot: 'b', at: ts, ...body })
  const wrong = message.success ? [] : [`${JSON.stringify(body)}: ${message.error.message}`]
  if (qos !== (cls === 'telemetry' ? 0 : 1)) wrong.push(`${cls} with QoS ${qos}`)
  for (const [name, value] of Object.entries((body['v'] ?? {}) as Record<string, number>)) {
    const measure = model.machine.measures.find((candidate) => candidate.name === name)
    if (measure?.class !== cls) wrong.push(`${name} as ${cls}`)
    else if (toSteps(value, measure.scale) === null)
      wrong.push(`${name} ${value} is finer than its resolution`)
    else if (value < (measure.min ?? -Infinity) || value > (measure.max ?? Infinity))
      wrong.push(`${name} ${value} is out of range`)
  }
  return wrong
}

test('every item is one that the contract and the plant file accept', { timeout: 60_000 }, () => {
  const wrong: string[] = []
  const types = new Set<unknown>()
  for (const model of models({ speed: 30, rate: 0.1 })) {
    const items = life(model, at('16:00'), at('17:20'))
    for (const item of items) {
      wrong.push(...wrongWith(model, item))
      if (item.class === 'event') types.add(item.body['type'])
    }
    expect(items.map(({ ts }) => ts)).toEqual(items.map(({ ts }) => ts).toSorted((a, b) => a - b))
  }
  expect(wrong).toEqual([])
  expect([...types]).toEqual(
    expect.arrayContaining(['order_start', 'order_end', 'sign_on', 'sign_off', 'tool_change', 'test_result']),
  )
  expect([...types]).toEqual(expect.arrayContaining(['reject', 'heat', 'material_issue', 'maintenance']))
})

/** How often a measure was told. */
const timesTold = (items: readonly SimItem[], name: string) =>
  items.filter(({ body }) => (body['v'] as object | undefined) && Object.hasOwn(body['v'] as object, name))
    .length

test('signals come at their declared periods, times the rate', () => {
  const [from, to] = [at('09:00'), at('09:10')]
  const items = life(modelOf('lathe-07'), from, to).filter(({ class: cls }) => cls === 'telemetry')
  expect(timesTold(items, 'power_kw')).toBe(600)
  expect(timesTold(items, 'vib_mm_s')).toBe(60)
  expect(timesTold(items, 'coolant_c')).toBe(10)
  expect(timesTold(life(modelOf('lathe-07', { rate: 0.5 }), from, to), 'power_kw')).toBe(300)
  expect(timesTold(life(modelOf('lathe-07', { rate: 2 }), from, to), 'vib_mm_s')).toBe(120)
})

test('state is told on change and at least every 60 s', () => {
  const states = life(modelOf('lathe-07', { speed: 20 }), at('09:00'), at('10:30')).filter(
    ({ class: cls }) => cls === 'state',
  )
  const gaps = states.slice(1).map(({ ts }, i) => ts - states[i]!.ts)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(MINUTE)
  const seen = new Set(states.map(({ body }) => body['state']))
  expect([...seen]).toEqual(expect.arrayContaining(['RUN', 'IDLE', 'SETUP', 'STOP']))
})

test('the day is a day: how many machines do what, hour by hour', { timeout: 60_000 }, () => {
  const all = models({ rate: 0.02 }).map((model) => ({ model, ...createSim(model, at('08:30')) }))
  const count = (clock: number) => {
    for (const { model, sim } of all) advance(model, sim, clock)
    return Object.fromEntries(
      ['RUN', 'SETUP', 'IDLE', 'STOP', 'FAULT', 'OFF'].map((state) => [
        state,
        all.filter(({ sim }) => sim.state === state).length,
      ]),
    )
  }
  const morning = count(at('11:00'))
  expect(morning['OFF']).toBe(0)
  expect(morning['RUN']).toBeGreaterThanOrEqual(24)
  const lunch = count(at('12:30'))
  expect(lunch['IDLE']! + lunch['FAULT']!).toBeGreaterThanOrEqual(38) // furnace, oven, paint and compressors go on
  const afternoon = count(at('14:30'))
  expect(afternoon['RUN']).toBeGreaterThanOrEqual(24)
  const night = count(at('19:00'))
  // 8 lathes, 6 centres, 2 grinders and 2 compressors are manned; furnace, oven and paint hold their heat
  expect(night['OFF']).toBe(43 - 18 - 3)
  expect(night['RUN']).toBeGreaterThanOrEqual(9)
  const closed = count(at('19:00') + 9 * HOUR)
  expect(closed).toMatchObject({ RUN: 1, IDLE: 3, OFF: 39 })
  const next = count(at('11:00') + 24 * HOUR)
  expect(next['RUN']).toBeGreaterThanOrEqual(24)
})

test('power follows the state, and standby is small', { timeout: 60_000 }, () => {
  const model = modelOf('lathe-12')
  const { sim, items } = createSim(model, at('16:40'))
  const all = [...items, ...advance(model, sim, at('17:20'))]
  const off = all.find(({ body }) => body['state'] === 'OFF')!
  expect(new Date(off.ts).toISOString()).toBe(new Date(at('17:00')).toISOString())
  const powers = all.flatMap(({ ts, body }) => {
    const power = (body['v'] as { power_kw?: number } | undefined)?.power_kw
    return power === undefined ? [] : [{ ts, power }]
  })
  const after = powers.filter(({ ts }) => ts > off.ts).map(({ power }) => power)
  expect(Math.max(...after)).toBeLessThan(0.1)
  const before = powers.filter(({ ts }) => ts < off.ts).map(({ power }) => power)
  expect(Math.max(...before)).toBeGreaterThan(1)
})

test('registers only grow, over shifts, breaks and restarts', { timeout: 60_000 }, () => {
  for (const name of ['lathe-07', 'paint-01', 'compressor-01', 'furnace-01']) {
    const model = modelOf(name, { rate: 0.1, speed: 10 })
    let { sim } = createSim(model, at('08:00'))
    const told: Record<string, number>[] = []
    const check = (items: readonly SimItem[]) => {
      for (const { class: cls, body } of items)
        if (cls === 'count') told.push(body['v'] as Record<string, number>)
    }
    for (let now = at('08:00'); now < at('08:00') + 20 * HOUR; now += 2 * HOUR) {
      check(advance(model, sim, now + HOUR))
      sim = resumeSim(model, structuredClone(sim), now + 2 * HOUR)
    }
    expect(told.length).toBeGreaterThanOrEqual(60)
    for (const measure of Object.keys(told[0]!)) {
      const values = told.map((v) => v[measure]!)
      expect(values).toEqual(values.toSorted((a, b) => a - b))
      expect(values.at(-1)! - values[0]!).toBeGreaterThan(measure === 'scrap' ? -1 : 0)
    }
  }
})

test('energy is the integral of power', { timeout: 60_000 }, () => {
  const model = modelOf('lathe-03')
  const { sim } = createSim(model, at('09:00'))
  const before = sim.registers['kwh']!
  const powers = advance(model, sim, at('11:00')).flatMap(
    ({ body }) => (body['v'] as { power_kw?: number } | undefined)?.power_kw ?? [],
  )
  expect((sim.registers['kwh']! - before) / (mean(powers) * 2)).toBeCloseTo(1, 1)
})

test('a register that rolls over starts again at 0', () => {
  const base = modelOf('lathe-07')
  const measures = base.machine.measures.map((measure) =>
    measure.name === 'good' ? { ...measure, rollover: 1000 } : measure,
  )
  const model = { ...base, machine: { ...base.machine, measures }, speed: 50 }
  const { sim } = createSim(model, at('09:00'), { good: 995, scrap: 0, kwh: 0 })
  const goods = advance(model, sim, at('10:30')).flatMap(
    ({ body }) => (body['v'] as { good?: number } | undefined)?.good ?? [],
  )
  expect(Math.max(...goods)).toBe(999)
  expect(goods.at(-1)).toBeLessThan(900)
})

test('an order goes from start to end, and its parts are counted', () => {
  const model = modelOf('centre-02', { speed: 60, rate: 0.1 })
  const items = life(model, at('13:05'), at('14:55'))
  const events = items.filter(({ class: cls }) => cls === 'event')
  const starts = events.filter(({ body }) => body['type'] === 'order_start').map(({ body }) => body['order'])
  const ends = events.filter(({ body }) => body['type'] === 'order_end').map(({ body }) => body['order'])
  expect(ends.length).toBeGreaterThan(0)
  expect(starts.slice(0, ends.length)).toEqual(ends)
  expect(new Set(starts).size).toBe(starts.length)
})

test('a kind that nobody described is alive all the same', () => {
  const base = modelOf('lathe-01')
  const machine = {
    ...base.machine,
    path: 'main/new/l1/saw-01',
    kind: 'saw',
    ratedKw: 4,
    measures: [
      { ...base.machine.measures[0]!, name: 'power_kw', min: 0, max: 10 },
      { ...base.machine.measures[0]!, name: 'oil_c', min: 0, max: 100, limit: 80 },
    ],
  }
  const [model] = modelsOf([machine], { shifts: [], seed: 1, rate: 1, speed: 1 })
  const items = life(model!, at('03:00'), at('03:10'))
  const values = items.flatMap(
    ({ body }) => (body['v'] as { power_kw: number; oil_c: number } | undefined) ?? [],
  )
  expect(values.length).toBe(600)
  expect(values.every(({ power_kw: p, oil_c: c }) => p > 0 && p < 4 && c > 0 && c < 80)).toBe(true)
  expect(Object.keys(KINDS)).not.toContain('saw')
})

test('the calendar knows breaks, nights and the day they belong to', () => {
  const duty = (clock: string) => {
    const { shift, pause, until } = dutyAt(plant.shifts, at(clock))
    return [shift, pause, (until - at(clock)) / MINUTE]
  }
  expect(duty('07:00')).toEqual([null, false, 60])
  expect(duty('08:00')).toEqual([0, false, 120])
  expect(duty('10:05')).toEqual([0, true, 5])
  expect(duty('12:59')).toEqual([0, true, 1])
  expect(duty('17:00')).toEqual([1, false, 210])
  expect(duty('00:30')).toEqual([1, false, 30])
  expect(duty('01:00')).toEqual([null, false, 420])
  expect(dutyAt([], at('12:00')).shift).toBeNull()
})

test('a machine that was away goes on where it was: nothing happened meanwhile', () => {
  const model = modelOf('lathe-05')
  const { sim } = createSim(model, at('09:00'))
  advance(model, sim, at('09:30'))
  const back = resumeSim(model, JSON.parse(JSON.stringify(sim)) as typeof sim, at('09:50'))
  expect(back.registers).toEqual(sim.registers)
  expect(back.order).toEqual(sim.order)
  const first = advance(model, back, at('09:50') + 2 * SECOND)
  expect(first.some(({ class: cls, ts }) => cls === 'state' && ts === at('09:50'))).toBe(true)
  expect(first.every(({ ts }) => ts >= at('09:50'))).toBe(true)
})
