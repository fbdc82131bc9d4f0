/** The truth of a shop: sums, windows, meters, and no hole after a kill. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pino from 'pino'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { TruthRow } from '#contract/local.ts'
import { MACHINE_STATES, type Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { openMoments, type Moments } from '#store/truth/moments.ts'
import { Engine } from '../../simulators/engine.ts'
import type { SimItem } from '../../simulators/item.ts'
import { Outbox } from '../../simulators/outbox.ts'
import { readSimSettings } from '../../simulators/settings.ts'
import { Shop } from '../../simulators/shop/shop.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const demo = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const KEPT = ['lathe-01', 'centre-01', 'paint-01', 'test-01', 'compressor-01', 'm00', 'gas', 'water']
const machines = demo.machines
  .filter(({ path: one }) => KEPT.includes(one.slice(one.lastIndexOf('/') + 1)))
  .map((machine) => (machine.path.endsWith('/m00') ? { ...machine, ratedKw: 8 } : machine))
const plant: Plant = {
  ...demo,
  simulation: 'shop',
  machines,
  credentials: machines.map(({ path: one }) => ({ name: one, machines: [one] })),
}
const pathOf = (name: string) => machines.find((one) => one.path.endsWith(`/${name}`))!.path
const settings = readSimSettings({ BAIYUAN_SIM_SEED: '7', BAIYUAN_SIM_SPEED: '6', BAIYUAN_SIM_RATE: '0.2' })
const at = (clock: string) => Date.parse(`2026-11-24T${clock}+08:00`)
const T0 = at('09:07:00')

let folder: string
let closing: (() => void)[]
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-shop-'))
  closing = []
})
afterEach(() => {
  for (const close of closing) close()
  fs.rmSync(folder, { recursive: true })
})

const moments = (): Moments => {
  const opened = openMoments(path.join(folder, 'demo-a.shop.db'))
  closing.push(() => opened.close())
  return opened
}
const born = (kept: Moments | null = moments()) => new Shop(plant, settings, new Map(), T0, kept)

/** Lives on in turns and gathers what is said. */
function lived(shop: Shop, to: number, turn = 7 * MINUTE): Map<string, SimItem[]> {
  const said = new Map<string, SimItem[]>()
  for (let now = shop.at + turn; shop.at < to; now += turn)
    for (const [one, items] of shop.advance(Math.min(now, to)))
      said.set(one, [...(said.get(one) ?? []), ...items])
  return said
}
const valueOf = (rows: readonly TruthRow[] | null, name: string) =>
  rows?.find((row) => row.name === name)?.value ?? null
const registers = (items: readonly SimItem[], name: string) =>
  items.flatMap(({ ts, class: cls, body }) =>
    cls === 'count' ? [{ ts, value: (body['v'] as Record<string, number>)[name]! }] : [],
  )
const shopPaths = machines.filter(({ meter }) => !meter).map(({ path: one }) => one)

test('states sum to the window, parts to the plant, the main meter to both', () => {
  const shop = born()
  lived(shop, at('13:30:00'))
  const [from, to] = [at('09:40:11'), at('13:04:47')]
  const rows = shopPaths.map((one) => shop.truth(one, from, to)!)
  for (const own of rows) {
    const seconds = MACHINE_STATES.map((state) => valueOf(own, `seconds.${state}`)!)
    expect(seconds.every((n) => Number.isInteger(n) && n >= 0)).toBe(true)
    expect(seconds.reduce((a, b) => a + b, 0)).toBe((to - from) / SECOND)
  }
  const sum = (name: string) => rows.reduce((n, own) => n + (valueOf(own, name) ?? 0), 0)
  const whole = shop.truth('plant', from, to)!
  expect(valueOf(whole, 'pieces.good')).toBe(sum('pieces.good'))
  expect(sum('pieces.good')).toBeGreaterThan(100)
  // a base of 8 kW: half of it while the shift works, a fifth in its breaks of 10 and 60 minutes
  const pause = 70 * MINUTE
  const base = (8000 * (0.5 * (to - from - pause) + 0.2 * pause)) / HOUR
  expect(valueOf(whole, 'energy')! - sum('energy')).toBeCloseTo(base, -1)
  expect(valueOf(shop.truth(pathOf('m00'), from, to), 'energy')).toBe(valueOf(whole, 'energy'))
  expect(whole.every(({ scope, reason }) => scope === 'plant' && reason === null)).toBe(true)
  expect(shop.truth(pathOf('m00'), from, to)!.map(({ name }) => name)).toEqual(['energy', 'reactive'])
  expect(valueOf(shop.truth(pathOf('gas'), from, to), 'gas')).toBe(
    valueOf(shop.truth(pathOf('paint-01'), from, to), 'gas'),
  )
  expect(shop.truth(pathOf('water'), from, to)).toEqual([])
  expect(shop.truth('main/no/l1/such', from, to)).toBeNull()
})

test('windows on whatever instants add up exactly, and no answer depends on when it is asked', () => {
  const shop = born()
  lived(shop, at('11:30:00'))
  const cuts = fc.array(fc.integer({ min: T0, max: at('11:30:00') }), { minLength: 3, maxLength: 5 })
  fc.assert(
    fc.property(cuts, fc.constantFrom(...shopPaths.slice(0, 3), 'plant'), (list, scope) => {
      const sorted = [...new Set(list)].toSorted((a, b) => a - b)
      const parts = sorted.slice(1).map((to, i) => shop.truth(scope, sorted[i]!, to)!)
      const whole = shop.truth(scope, sorted[0]!, sorted.at(-1)!)!
      for (const name of ['energy', 'pieces.good', 'pieces.scrap'])
        expect(parts.reduce((n, rows) => n + (valueOf(rows, name) ?? 0), 0)).toBe(valueOf(whole, name) ?? 0)
    }),
    { numRuns: 15 },
  )
  const early = shop.truth('plant', at('10:01:00'), at('11:02:03'))
  lived(shop, at('12:30:00'))
  expect(shop.truth('plant', at('10:01:00'), at('11:02:03'))).toEqual(early)
})

test('what the truth says is what machines and meters tell', () => {
  const shop = born()
  const said = lived(shop, at('11:10:00'))
  const grown = (name: string, register: string) => {
    const told = registers(said.get(pathOf(name))!, register)
    const [first, last] = [told[0]!, told.at(-1)!]
    return { from: first.ts, to: last.ts, value: last.value - first.value }
  }
  for (const [name, register, row, per, digits] of [
    ['lathe-01', 'good', 'pieces.good', 1, 6],
    ['lathe-01', 'kwh', 'energy', 1000, -1.5],
    ['m00', 'kwh', 'energy', 1000, -1.5],
    ['m00', 'kvarh', 'reactive', 1000, -1.5],
    ['paint-01', 'gas_nm3', 'gas', 1000, -2.5],
    ['gas', 'gas_nm3', 'gas', 1000, -1],
    ['compressor-01', 'air_nm3', 'air', 1000, -2.5],
  ] as const) {
    const { from, to, value } = grown(name, register)
    expect(value).toBeGreaterThan(0)
    const truth = valueOf(shop.truth(pathOf(name), from, to), row)!
    expect(Math.abs(truth - value * per), `${name} ${register}`).toBeLessThanOrEqual(10 ** -digits)
  }
  expect(said.get(pathOf('water')) ?? []).toEqual([])
  // the time in RUN is the time between the states that were told
  const states = said.get(pathOf('lathe-01'))!.filter(({ class: cls }) => cls === 'state')
  let ms = 0
  states.forEach(({ ts, body }, i) => {
    if (body['state'] === 'RUN') ms += (states[i + 1]?.ts ?? at('11:10:00')) - ts
  })
  const seconds = valueOf(shop.truth(pathOf('lathe-01'), T0, at('11:10:00')), 'seconds.RUN')!
  expect(Math.abs(seconds - ms / SECOND)).toBeLessThanOrEqual(1)
  const power = said
    .get(pathOf('m00'))!
    .flatMap(({ class: cls, body }) => (cls === 'telemetry' ? [body] : []))
  expect(Object.keys(power[0]!['v'] as object)).toEqual(['power_kw', 'kvar', 'pf', 'voltage_v', 'current_a'])
})

test('nothing is known of a time that was not lived, and other settings are another life', () => {
  const shop = born()
  lived(shop, at('10:10:00'))
  expect(shop.truth('plant', T0 - 1, at('10:00:00'))).toBeNull()
  expect(shop.truth('plant', T0, at('10:10:00') + 1)).toBeNull()
  shop.skip(at('10:30:00'))
  lived(shop, at('10:40:00'))
  expect(shop.truth('plant', T0, at('10:10:00'))).not.toBeNull()
  expect(shop.truth('plant', at('10:09:00'), at('10:31:00'))).toBeNull()
  expect(shop.truth('plant', at('10:15:00'), at('10:20:00'))).toBeNull()
  expect(shop.truth('plant', at('10:30:00'), at('10:40:00'))).not.toBeNull()
  const other = new Shop(plant, { ...settings, simSpeed: 1 }, shop.memory(true), at('10:41:00'), moments())
  lived(other, at('10:50:00'))
  expect(other.truth('plant', T0, at('10:10:00'))).toBeNull()
  expect(other.truth('plant', at('10:41:00'), at('10:50:00'))).not.toBeNull()
  expect(born(null).truth('plant', T0, T0)).toBeNull()
})

test('a kill between any two turns leaves no hole in what was lived, and its truth is as if it had never been', () => {
  const log = pino({ level: 'silent' })
  const start = (now: number) => {
    const outbox = new Outbox(path.join(folder, 'outbox.db'))
    closing.push(() => outbox.close())
    const shop = new Shop(plant, settings, outbox.sims(), now, moments())
    const engine = new Engine([{ plant, life: shop }], { outbox, log, longestTurnMs: 40 * SECOND }, now)
    return { shop, engine }
  }
  const undisturbed = new Shop(plant, settings, new Map(), T0, openMoments(path.join(folder, 'other.db')))
  const end = at('10:20:00')
  lived(undisturbed, end)
  let { shop, engine } = start(T0)
  let kills = 0
  for (let now = T0; now < end;) {
    now = Math.min(end, now + 13 * SECOND)
    engine.turn(now)
    // beside the one that was killed, on what it had stored; what it had noted of a turn that was not stored is gone
    if (now % 7 === 3 || kills < 30) {
      shop.advance(Math.min(end, now + 9 * SECOND))
      kills++
      ;({ shop, engine } = start(now + 5 * SECOND))
    }
  }
  engine.turn(end)
  expect(kills).toBeGreaterThan(20)
  for (const scope of [...shopPaths, 'plant'])
    expect(shop.truth(scope, T0, end)).toEqual(undisturbed.truth(scope, T0, end))
})

test('another firm with the same plant and seed lives the same life', () => {
  const own = lived(new Shop(plant, settings, new Map(), T0), at('10:00:00'))
  const other = lived(new Shop({ ...plant, firm: 'demo-b' }, settings, new Map(), T0), at('10:00:00'))
  expect(other).toEqual(own)
})

const saidBy = (said: Map<string, SimItem[]>) =>
  [...said].flatMap(([one, own]) => own.map((item) => ({ one, ...item })))

test('without signals it lives the same life and tells the evidence of it', () => {
  const loud = lived(born(), at('11:00:00'))
  const kept = openMoments(path.join(folder, 'quiet.db'))
  closing.push(() => kept.close())
  const shop = new Shop(plant, settings, new Map(), T0, kept, false)
  const quiet = lived(shop, at('11:00:00'))
  expect(saidBy(quiet)).toEqual(saidBy(loud).filter((item) => item.class !== 'telemetry'))
  expect(saidBy(loud).length).toBeGreaterThan(2 * saidBy(quiet).length)
})

test('where the clock is set back over a restart nothing is told twice', () => {
  const shop = born()
  const before = lived(shop, at('10:00:00'))
  const again = new Shop(plant, settings, shop.memory(true), at('09:30:00'), moments())
  expect(again.advance(at('09:59:00')).size).toBe(0)
  const after = lived(again, at('10:30:00'))
  for (const [one, items] of after) {
    const newest = Math.max(...before.get(one)!.map(({ ts }) => ts))
    expect(Math.min(...items.map(({ ts }) => ts))).toBeGreaterThan(newest)
  }
  expect(after.size).toBeGreaterThan(5)
})

test('a day of truth is kept in little, for forty days', () => {
  const kept = moments()
  const shop = born(kept)
  lived(shop, T0 + 26 * HOUR, 15 * MINUTE)
  const first = kept.stretchAt(T0)!
  expect(kept.before(first, T0 + 25 * HOUR)!.at).toBe(at('10:00:00') + 24 * HOUR)
  const state = kept.before(first, T0)!.state
  kept.put({ at: T0 + 43 * 24 * HOUR, state })
  expect(kept.before(first, T0 + 20 * HOUR)).toBeNull()
  expect(shop.truth('plant', T0, T0 + HOUR)).toBeNull()
  const db = new DatabaseSync(path.join(folder, 'demo-a.shop.db'), { readOnly: true })
  closing.push(() => db.close())
  const { n, bytes } = db.prepare('SELECT count(*) AS n, max(length(state)) AS bytes FROM moment').get()!
  // of the 26 hours none is left, but the moment put
  expect(n).toBe(1)
  expect(bytes).toBeLessThan(1500)
  expect(fs.statSync(path.join(folder, 'demo-a.shop.db')).mode & 0o777).toBe(0o600)
})
