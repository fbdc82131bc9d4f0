/** What the simulated devices still have to tell survives a kill, is bounded, and only an acknowledgement takes it away. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { Engine } from '../../simulators/engine.ts'
import { Switchboard } from '../../simulators/faults/switchboard.ts'
import { openOutbox, Outbox, type Entry, type Waiting } from '../../simulators/outbox.ts'
import { readSimSettings } from '../../simulators/settings.ts'
import { Shop } from '../../simulators/shop/shop.ts'

const log = pino({ level: 'silent' })
const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const whole = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const listed = whole.machines.filter(({ meter }) => !meter)
const speaking = (name: string) => listed.some((machine) => machine.path === name)
/** The machines of the demo plant, each with its own orders. */
const plant: Plant = {
  ...whole,
  machines: listed,
  credentials: whole.credentials.filter((one) => one.machines.some(speaking)),
}
const settings = readSimSettings({})
const nine = Date.parse('2026-11-24T09:00:00+08:00')

let folder: string
let open: Outbox[] = []
const outbox = (maxSignals?: number) => {
  const opened = new Outbox(path.join(folder, 'outbox.db'), maxSignals)
  open.push(opened)
  return opened
}
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-outbox-'))
})
afterEach(() => {
  for (const opened of open) opened.close()
  open = []
  fs.rmSync(folder, { recursive: true })
})

const entry = (seq: number, qos: 0 | 1, device = 'f/d'): Entry => ({
  device,
  firm: 'f',
  machine: 's/a/l/m',
  class: qos === 0 ? 'telemetry' : 'count',
  boot: 'b',
  seq,
  qos,
  item: `{"ts":1,"seq":${seq}}`,
})
const seqs = (waiting: readonly Waiting[]) => waiting.map(({ seq }) => seq)
const NONE = new Map<string, string>()

test('a full outbox drops its oldest signals, counted, and never evidence', () => {
  const box = outbox(3)
  box.write([entry(1, 0), entry(2, 1), entry(3, 0), entry(4, 0), entry(5, 0), entry(6, 1), entry(7, 0)], NONE)
  expect(seqs(box.next('f/d', 0, 10))).toEqual([2, 4, 5, 6, 7])
  expect(box.dropped).toBe(2)
  expect(box.waiting).toEqual({ signals: 3, evidence: 2 })
})

test('an item leaves by its acknowledgement only, and what is left is there after a restart', () => {
  const box = outbox()
  box.write([entry(1, 1), entry(2, 0), entry(3, 1)], new Map([['f/s/a/l/m', '{"x":1}']]))
  box.acknowledge(box.next('f/d', 0, 1)[0]!)
  expect(box.waiting).toEqual({ signals: 1, evidence: 1 })
  const afterKill = outbox() // opened beside it: what is on the disk
  expect(seqs(afterKill.next('f/d', 0, 10))).toEqual([1, 2, 3])
  box.write([], NONE)
  expect(seqs(afterKill.next('f/d', 0, 10))).toEqual([2, 3])
  const again = outbox()
  expect(again.waiting).toEqual({ signals: 1, evidence: 1 })
  expect([...again.sims()]).toEqual([['f/s/a/l/m', '{"x":1}']])
})

test('a signal acknowledged after it was dropped is not counted twice', () => {
  const box = outbox(1)
  box.write([entry(1, 0)], NONE)
  const [flying] = box.next('f/d', 0, 1)
  box.write([entry(2, 0)], NONE)
  box.acknowledge(flying!)
  box.write([], NONE)
  expect(box.waiting).toEqual({ signals: 1, evidence: 0 })
})

test('F7 a damaged file is set aside and said, and the devices begin anew', () => {
  const damaged = path.join(folder, 'damaged.db')
  fs.writeFileSync(damaged, 'no database at all '.repeat(1000))
  const told: string[] = []
  const box = openOutbox(damaged, (aside, why) => told.push(path.basename(aside), why))
  open.push(box)
  expect(told).toEqual(['damaged.db.damaged', 'file is not a database'])
  box.write([entry(1, 1)], NONE)
  expect(box.waiting).toEqual({ signals: 0, evidence: 1 })
  expect(fs.statSync(damaged).mode & 0o777).toBe(0o600)
})

test('messages of a device that no plant file names are removed, counted and noted as lost; a spared firm keeps its own', () => {
  const box = outbox()
  const away = { ...entry(7, 1, 'g/x'), firm: 'g' }
  box.write([entry(1, 1), entry(2, 1, 'f/gone'), entry(3, 0, 'f/gone'), away], NONE)
  box.forgetTruths(box.truths().at(-1)?.id ?? 0)
  expect(box.keepOnly(new Set(['f/d']), new Set(['g']))).toBe(2)
  expect(box.waiting).toEqual({ signals: 0, evidence: 2 })
  box.tellAfter(10)
  box.write([], NONE)
  const afterKill = outbox()
  expect(seqs(afterKill.next('f/gone', 0, 10))).toEqual([])
  expect(seqs(afterKill.next('g/x', 0, 10))).toEqual([7])
  const [told, ...more] = afterKill.truths()
  expect([told!.id, told!.firm, more]).toEqual([11, 'f', []])
  expect(told!.changes.streams).toMatchObject({
    's/a/l/m count b': { lost: [2, 2] },
    's/a/l/m telemetry b': { lost: [3, 3] },
  })
  expect(afterKill.keepOnly(new Set(['f/d']))).toBe(1)
})

test('a number given for the truth is never given again, though it was taken over and forgotten', () => {
  const box = outbox()
  box.told.item(entry(1, 1), 'made')
  box.write([], NONE)
  box.forgetTruths(1)
  const again = outbox()
  again.told.item(entry(2, 1), 'made')
  again.write([], NONE)
  expect(again.truths().map(({ id }) => id)).toEqual([2])
})

const shop = (box: Outbox, now: number) => [{ plant, life: new Shop(plant, settings, box.sims(), now) }]

test(
  'a kill between two turns: registers go on and never back, the boot is new, what was told stands',
  { timeout: 60_000 },
  () => {
    const box = outbox()
    const first = new Engine(shop(box, nine), { outbox: box, log }, nine)
    for (let now = nine; now < nine + 10 * MINUTE; now += 30 * SECOND) first.turn(now)
    // killed here: nothing is saved beyond the turns
    const second = new Engine(shop(box, nine + HOUR), { outbox: box, log }, nine + HOUR)
    for (let now = nine + HOUR; now < nine + HOUR + 3 * MINUTE; now += 30 * SECOND) second.turn(now)
    expect(second.boot).not.toBe(first.boot)
    for (const { machines, name } of plant.credentials) {
      const told = box.next(`demo-a/${name}`, 0, 100_000)
      for (const machine of machines) {
        const counts = told.filter((one) => one.machine === machine && one.class === 'count')
        const values = counts.map(({ item }) => (JSON.parse(item) as { v: Record<string, number> }).v)
        expect(new Set(counts.map(({ boot }) => boot))).toEqual(new Set([first.boot, second.boot]))
        values.slice(1).forEach((value, i) => {
          for (const [measure, now] of Object.entries(value))
            expect(now).toBeGreaterThanOrEqual(values[i]![measure]!)
        })
        for (const boot of [first.boot, second.boot])
          for (const cls of ['telemetry', 'count', 'state', 'event']) {
            const own = told.filter(
              (one) => one.machine === machine && one.class === cls && one.boot === boot,
            )
            expect(seqs(own)).toEqual(own.map((_, i) => i + 1))
          }
      }
    }
  },
)

/** What lathe 07 tells in the first seconds of a new folder. */
const firstWords = (name: string) => {
  const box = new Outbox(path.join(folder, name))
  open.push(box)
  const engine = new Engine(shop(box, nine), { outbox: box, log }, nine)
  engine.turn(nine + 5 * SECOND)
  return box.next('demo-a/main/machining/l1/lathe-07', 0, 1000).map(({ item }) => item)
}

test('the same seed tells the same from the start; another start has another boot', () => {
  expect(firstWords('one.db')).toEqual(firstWords('two.db'))
})

test('with too much evidence untold the plant stands still and goes on afterwards', () => {
  const box = outbox()
  const engine = new Engine(shop(box, nine), { outbox: box, log, maxEvidence: 100 }, nine)
  for (let now = nine; now < nine + 20 * MINUTE; now += 10 * SECOND) engine.turn(now)
  const { evidence } = box.waiting
  expect(evidence).toBeGreaterThanOrEqual(100)
  expect(evidence).toBeLessThan(250)
  expect(engine.state).toEqual({ ok: false, why: 'the plant stands still: 100 messages wait for the broker' })
  for (const { name } of plant.credentials)
    for (const waiting of box.next(`demo-a/${name}`, 0, 10_000)) box.acknowledge(waiting)
  // it stood for longer than it makes up for: what passed is left out, as after a pause
  engine.turn(nine + 20 * MINUTE)
  expect(engine.at).toBe(nine + 20 * MINUTE)
  engine.turn(nine + 20 * MINUTE + 5 * SECOND)
  expect(engine.state).toEqual({ ok: true })
  expect(box.waiting.evidence).toBeGreaterThan(0)
})

test('a disk that refuses loses nothing: the turn is kept and stored later, once', () => {
  const box = outbox()
  const engine = new Engine(shop(box, nine), { outbox: box, log }, nine)
  const write = box.write.bind(box)
  let full = true
  box.write = (entries, sims) => {
    if (full) throw new Error('database or disk is full')
    write(entries, sims)
  }
  expect(engine.turn(nine + SECOND)).toBe(false)
  expect(engine.state).toEqual({ ok: false, why: 'the outbox cannot be written: database or disk is full' })
  engine.turn(nine + 2 * SECOND)
  full = false
  expect(engine.turn(nine + 3 * SECOND)).toBe(true)
  engine.turn(nine + 4 * SECOND)
  expect(engine.state).toEqual({ ok: true })
  const told = box
    .next('demo-a/main/machining/l1/lathe-07', 0, 1000)
    .filter((one) => one.class === 'telemetry')
  expect(seqs(told)).toEqual([1, 2, 3, 4])
})

test('after a suspended laptop the plant goes on from now, and says how long it told nothing', () => {
  const box = outbox()
  const lines: string[] = []
  const said = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
  const engine = new Engine(shop(box, nine), { outbox: box, log: said }, nine)
  engine.turn(nine + SECOND)
  const before = box.waiting.signals
  engine.turn(nine + 3 * HOUR)
  engine.turn(nine + 3 * HOUR + SECOND)
  expect(box.waiting.signals - before).toBeLessThan(150)
  const passed = { firm: 'demo-a', from: nine + SECOND, to: nine + 3 * HOUR, seconds: 3 * 3600 - 1 }
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([passed])
  engine.turn(nine + 2 * HOUR) // a clock set back
  expect(engine.state.ok).toBe(true)
})

test('long turns that end at the edges of faults tell what short ones tell', { timeout: 60_000 }, () => {
  const to = nine + 40 * MINUTE
  const paths = plant.machines.map((machine) => `demo-a/${machine.path}`)
  const lives = (name: string, endOf: (engine: Engine) => number) => {
    const box = new Outbox(path.join(folder, name), Infinity)
    open.push(box)
    const faults = new Switchboard(box, paths, 3)
    faults.start({ fault: 'reboot', from: nine + 2 * MINUTE, params: { down_s: 5, every_s: 700 } })
    faults.start({
      fault: 'plug_pulled',
      from: nine + 7 * MINUTE,
      params: { lasts_s: 60, outbox: 'kept' },
      machines: [paths[0]!],
    })
    const engine = new Engine(shop(box, nine), { outbox: box, log, faults, longestTurnMs: Infinity }, nine)
    while (engine.at < to) engine.turn(Math.min(to, endOf(engine)))
    return plant.credentials
      .flatMap((one) => box.next(`demo-a/${one.name}`, 0, 1_000_000))
      .map(({ machine, class: cls, boot, item }) => `${machine} ${cls} ${boot} ${item}`)
      .toSorted()
  }
  const short = lives('short.db', ({ at }) => at + SECOND)
  const long = lives('long.db', (engine) =>
    Math.min(engine.at + 5 * MINUTE, engine.nextEdge(engine.at) ?? Infinity),
  )
  expect(long).toEqual(short)
  expect(new Set(short.map((text) => text.split(' ')[2])).size).toBeGreaterThan(4)
})

test('settings are checked', () => {
  expect(
    readSimSettings({ BAIYUAN_SIM_SEED: '42', BAIYUAN_SIM_RATE: '0.5', BAIYUAN_SIM_SPEED: '10' }),
  ).toEqual({
    simSeed: 42,
    simRate: 0.5,
    simSpeed: 10,
    simHistory: 'months',
  })
  expect(() => readSimSettings({ BAIYUAN_SIM_RATE: 'fast', BAIYUAN_SIM_SEED: '-1' })).toThrow(
    /BAIYUAN_SIM_SEED: "-1" is no whole number.*\n.*BAIYUAN_SIM_RATE: "fast" is no number from 0.01 to 20/,
  )
})
