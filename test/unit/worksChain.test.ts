/** Days of a works one after another, live: whatever is cut, killed or lived again is the same. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE, SECOND } from '#domain/time.ts'
import { openMornings, type Mornings } from '#store/truth/mornings.ts'
import type { Fault } from '../../simulators/faults/catalogue.ts'
import type { SimItem } from '../../simulators/item.ts'
import { startOf } from '../../simulators/works/calendar.ts'
import { Chain } from '../../simulators/works/chain.ts'
import { Works } from '../../simulators/works/works.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const plant = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const MONDAY = '2026-03-02'
const nine = startOf(MONDAY) + HOUR
const baseline = { name: 'baseline', from: null } as const
const LATHE = 'main/machining/l1/lathe-07'

let folder = ''
let open: Mornings[] = []
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-chain-'))
})
afterEach(() => {
  for (const mornings of open) mornings.close()
  open = []
  fs.rmSync(folder, { recursive: true, force: true })
})

const mornings = (name: string): Mornings => {
  const opened = openMornings(path.join(folder, name))
  open.push(opened)
  return opened
}
const born = (name: string, seed = 5): Chain => Chain.bear(mornings(name), seed, baseline, MONDAY)
const living = (chain: Chain, at: number, memory = new Map<string, string>()): Works =>
  new Works(plant, chain, { rate: 1, signals: false }, memory, at)

/** All items of a stretch as text, told in steps. */
function told(works: Works, to: number, step: number): string[] {
  const out: string[] = []
  while (works.at < to) {
    const said = works.advance(Math.min(to, works.at + step))
    for (const [machine, items] of said) for (const item of items) out.push(textOf(machine, item))
  }
  return out.toSorted()
}
const textOf = (machine: string, item: SimItem): string => `${item.ts} ${machine} ${JSON.stringify(item)}`

const fault = (
  id: string,
  name: string,
  size: number,
  from: number | null = null,
  to: number | null = null,
) =>
  ({
    id,
    name,
    machines: ['demo-a/main/machining'],
    from,
    to,
    probability: 1,
    params: { size },
    seed: 1,
  }) as Fault

const energy = (one: Works, from: number, to: number): number =>
  one.truth(LATHE, from, to)!.find(({ name }) => name === 'energy')!.value!

describe('a works that lives', () => {
  test('says the same however its time is cut, over the end of a day as well', { timeout: 30_000 }, () => {
    const to = startOf(MONDAY) + DAY + 20 * MINUTE
    const from = startOf(MONDAY) + DAY - 40 * MINUTE
    const whole = told(living(born('a.db'), from), to, HOUR)
    const parts = told(living(born('b.db'), from), to, 7 * SECOND)
    expect(parts).toEqual(whole)
    expect(whole.length).toBeGreaterThan(5000)
  })

  test('after a kill it goes on where it was, from what the file holds', () => {
    const chain = born('a.db')
    const works = living(chain, nine)
    const memory = new Map<string, string>()
    const before = told(works, nine + 10 * MINUTE, MINUTE)
    for (const [key, text] of works.memory(false)) memory.set(key, text)
    // killed; another process opens the same file, a minute later
    const again = living(new Chain(mornings('a.db')), nine + 11 * MINUTE, memory)
    expect(again.at).toBe(nine + 10 * MINUTE)
    const after = told(again, nine + 20 * MINUTE, MINUTE)
    const never = told(living(born('b.db'), nine), nine + 20 * MINUTE, MINUTE)
    // what says where it stands is said at the restart too
    expect([...before, ...after].filter((text) => never.includes(text)).toSorted()).toEqual(never)
  })

  test('when it comes to life every machine says its state, and every meter its register', () => {
    const said = living(born('a.db'), nine + 17 * SECOND).advance(nine + 18 * SECOND)
    for (const machine of plant.machines) {
      const items = said.get(machine.path) ?? []
      const classes = items.filter(({ ts }) => ts === nine + 17 * SECOND).map((item) => item.class)
      expect(classes.toSorted()).toEqual(machine.meter ? ['count'] : ['count', 'state'])
    }
  })

  test('where an interval ends the registers are read once more, and only there', () => {
    const to = nine + 5 * MINUTE
    const options = { rate: 1, signals: false, ends: to }
    const works = new Works(plant, born('a.db'), options, new Map(), nine)
    const items = [...works.advance(nine + 2 * MINUTE).values(), ...works.advance(to).values()].flat()
    expect(items.filter(({ ts }) => ts === to).map((item) => item.class)).toEqual(
      plant.machines.map(() => 'count'),
    )
    const endless = living(born('b.db'), nine).advance(to)
    expect([...endless.values()].flat().some(({ ts }) => ts === to)).toBe(false)
  })

  test('a process fault changes nothing before it is switched on, and ends when it is switched off', () => {
    const healthy = living(born('a.db'), nine)
    const works = living(born('b.db'), nine)
    const first = told(works, nine + 30 * MINUTE, 10 * MINUTE)
    expect(first).toEqual(told(healthy, nine + 30 * MINUTE, 10 * MINUTE))
    works.strike([fault('f1', 'worn_tool', 0.5, nine - HOUR)])
    expect(works.chain.faults.every(({ from }) => from === nine + 30 * MINUTE)).toBe(true)
    expect(works.chain.faults.map(({ machine }) => machine)).toContain('lathe-07')
    expect(works.chain.faults.some(({ machine }) => machine.startsWith('grinder'))).toBe(false)
    told(works, nine + 90 * MINUTE, 10 * MINUTE)
    told(healthy, nine + 90 * MINUTE, 10 * MINUTE)
    expect(energy(works, nine, nine + 30 * MINUTE)).toBe(energy(healthy, nine, nine + 30 * MINUTE))
    const struck = works.truth('plant', nine + 30 * MINUTE, nine + 90 * MINUTE)!
    const well = healthy.truth('plant', nine + 30 * MINUTE, nine + 90 * MINUTE)!
    expect(struck.find(({ name }) => name === 'energy')!.value).toBeGreaterThan(
      well.find(({ name }) => name === 'energy')!.value!,
    )
    works.strike([])
    expect(works.chain.faults.every(({ to }) => to === nine + 90 * MINUTE)).toBe(true)
  })

  test('a fault in another size goes on in it from now, and is there after a restart', () => {
    const works = living(born('a.db'), nine)
    works.strike([fault('f1', 'worn_tool', 0.5)])
    told(works, nine + HOUR, 10 * MINUTE)
    const memory = works.memory(true)
    const again = living(new Chain(mornings('a.db')), nine + HOUR, new Map(memory))
    again.strike([fault('f1', 'worn_tool', 0.5)])
    expect(again.chain.faults.every(({ from, size }) => from === nine && size === 0.5)).toBe(true)
    again.strike([fault('f1', 'worn_tool', 0.2)])
    const lathe = again.chain.faults.filter(({ machine }) => machine === 'lathe-07')
    expect(lathe.map(({ from, to, size }) => [from, to, size])).toEqual([
      [nine, nine + HOUR, 0.5],
      [nine + HOUR, Number.MAX_SAFE_INTEGER, 0.2],
    ])
  })

  test('the truth of a day is the same when it is lived again, and there is none of what was not lived', () => {
    const works = living(born('a.db'), nine)
    works.advance(nine + 3 * DAY)
    const window = [startOf(MONDAY), startOf(MONDAY) + 2 * DAY] as const
    const rows = works.truth('plant', ...window)!
    const again = living(new Chain(mornings('a.db')), nine + 3 * DAY)
    expect(again.truth('plant', ...window)).toEqual(rows)
    expect(rows.find(({ name }) => name === 'u')!.value).toBeGreaterThan(8000)
    expect(again.truth('plant', window[0] - DAY, window[1])).toBeNull()
    expect(again.truth('plant', nine + 3 * DAY, nine + 3 * DAY + 1)).toBeNull()
    expect(again.truth('main/utility/meters/gas', ...window)!.map(({ name }) => name)).toEqual(['gas'])
  })
})

test('time that is never told has no truth, also for the next process', () => {
  const works = living(born('a.db'), nine)
  works.advance(nine + HOUR)
  works.skip(nine + 3 * HOUR)
  works.advance(nine + 4 * HOUR)
  const again = living(new Chain(mornings('a.db')), nine + 4 * HOUR, new Map(works.memory(true)))
  for (const one of [works, again]) {
    const known = (from: number, to: number) => one.truth('plant', nine + from, nine + to) !== null
    expect([known(0, HOUR), known(3 * HOUR, 4 * HOUR)]).toEqual([true, true])
    expect([known(0, HOUR + 1), known(2 * HOUR, 2 * HOUR + 1), known(0, 4 * HOUR)]).toEqual(
      Array.from({ length: 3 }, () => false),
    )
  }
})

test('where the clock is set back over a restart nothing is told twice, and a fault keeps its onset', () => {
  const works = living(born('a.db'), nine)
  works.strike([fault('f1', 'worn_tool', 0.5)])
  const before = told(works, nine + HOUR, 10 * MINUTE)
  const again = living(new Chain(mornings('a.db')), nine + 30 * MINUTE, new Map(works.memory(true)))
  again.strike([fault('f1', 'worn_tool', 0.5)])
  expect(again.chain.faults.every(({ from }) => from === nine)).toBe(true)
  for (let now = nine + 30 * MINUTE; now <= nine + HOUR; now += MINUTE)
    expect(again.advance(now).size).toBe(0)
  const after = told(again, nine + 2 * HOUR, 10 * MINUTE)
  expect(after.filter((text) => before.includes(text))).toEqual([])
  expect(after.length).toBeGreaterThan(100)
})

const saving = (works: Works, from: number, to: number) =>
  works.truth('plant', from, to)!.filter(({ name }) => name.startsWith('saving.'))

describe('the planted saving', () => {
  test('of a works with measures: rows of its day, the same to the next process', () => {
    const scenario = { name: 'retrofit', from: null } as const
    const works = living(Chain.bear(mornings('a.db'), 5, scenario, MONDAY), nine)
    works.advance(startOf(MONDAY) + DAY)
    const window = [startOf(MONDAY), startOf(MONDAY) + DAY] as const
    const rows = saving(works, ...window)
    const [planted, ...parts] = rows
    expect(planted).toMatchObject({ name: 'saving.planted', scope: 'plant', unit: 'fen', reason: null })
    expect(planted!.value).toBeGreaterThan(0)
    expect(parts).toHaveLength(15)
    expect(parts.reduce((sum, { value }) => sum + value!, 0)).toBe(planted!.value)
    const again = living(new Chain(mornings('a.db')), startOf(MONDAY) + DAY, new Map(works.memory(true)))
    expect(saving(again, ...window)).toEqual(rows)
    expect(works.truth(LATHE, ...window)!.some(({ name }) => name.startsWith('saving.'))).toBe(false)
  })

  test('a works without measures has no twin', () => {
    const works = living(born('a.db'), nine)
    works.advance(nine + HOUR)
    const rows = saving(works, nine, nine + HOUR)
    expect(rows).toHaveLength(16)
    expect(rows.every(({ value, reason }) => value === null && reason === 'NO_TWIN')).toBe(true)
  })
})

test('a works is born once, and what is asked of an unborn one is an error', () => {
  expect(() => new Chain(mornings('a.db'))).toThrow('not born')
  const chain = born('b.db', 9)
  expect([chain.seed, chain.scenario, chain.date, chain.first]).toEqual([9, baseline, MONDAY, MONDAY])
  expect(() => Chain.bear(mornings('b.db'), 1, baseline, MONDAY)).toThrow(/UNIQUE|constraint/)
})
