/** The bad day: every transport fault, in force together, and nobody unreadable all day. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { expect, test } from 'vitest'
import { readPlantFile } from '#contract/plantFile.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { badDay } from '../../simulators/faults/badDay.ts'
import { faultList, inForce, strikes } from '../../simulators/faults/catalogue.ts'
import { newDevice, powerAt } from '../../simulators/faults/power.ts'
import { Switchboard } from '../../simulators/faults/switchboard.ts'
import { Run, type RunSpec } from '../../simulators/run.ts'
import { readSimSettings } from '../../simulators/settings.ts'

const file = path.resolve(import.meta.dirname, '../../plants/demo-a/plant.yaml')
const plant = (readPlantFile(fs.readFileSync(file, 'utf8'), 'demo-a') as { plant: Plant }).plant
const machines = plant.machines.map((machine) => `demo-a/${machine.path}`)
const from = Date.parse('2026-11-24T08:00:00+08:00')
const transport = faultList()
  .filter(({ kind }) => kind === 'transport')
  .map(({ name }) => name)

const board = (to: number | null) => {
  const kept = new Switchboard({ faults: () => [], saveFaults: () => undefined }, machines, 7)
  return { kept, answers: badDay(plant, from, to).map((request) => kept.start(request)) }
}

test.each([null, from + HOUR, from + 30_000])(
  'every transport fault is in it, and the switchboard of the demo plant takes it (to %s)',
  (to) => {
    const { kept, answers } = board(to)
    expect(answers.filter(({ ok }) => !ok)).toEqual([])
    expect(kept.list.map(({ name }) => name).toSorted()).toEqual(transport.toSorted())
    expect(transport).toHaveLength(11)
    expect(kept.list.every((fault) => fault.from! >= from && fault.to === to)).toBe(true)
    expect(kept.list.every(({ probability }) => probability > 0 && probability < 1)).toBe(true)
  },
)

test('ten minutes on, all of them are in force together, and some machine has most of them at once', () => {
  const { kept } = board(from + 8 * HOUR)
  const now = kept.list.filter((fault) => inForce(fault, from + 10 * MINUTE))
  expect(now).toHaveLength(11)
  const most = machines.map((machine) => now.filter((fault) => strikes(fault, machine)).length)
  expect(Math.max(...most)).toBeGreaterThanOrEqual(8)
  expect(Math.min(...most)).toBeGreaterThanOrEqual(5)
})

test('every device has power and line most of the day, and the clock of none is off all day', () => {
  const { kept } = board(null)
  for (const { name, machines: own } of plant.credentials) {
    const faults = kept.onDevice(own.map((machine) => `demo-a/${machine}`))
    const state = newDevice()
    let online = 0
    for (let minute = 0; minute < 600; minute++) {
      powerAt(state, faults, name, from + minute * MINUTE)
      if (state.link) online++
    }
    expect(online, `${name}: minutes with power and line`).toBeGreaterThan(480)
  }
  const unreadable = kept.list.filter(({ name }) => ['poison', 'wrong_type', 'dropout'].includes(name))
  expect(unreadable.every(({ probability }) => probability <= 0.02)).toBe(true)
})

test('a plant of one device has all of them on it, one without devices none', () => {
  const one = { ...plant, credentials: [{ name: 'g', machines: [plant.machines[0]!.path] }] }
  expect(badDay(one, from, null)).toHaveLength(11)
  expect(badDay({ ...plant, credentials: [] }, from, null)).toEqual([])
})

test.each([null, { from, to: from + HOUR }])(
  'a run of the scenario has them in force (%o)',
  async (interval) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-bad-'))
    const spec: RunSpec = {
      plants: [plant],
      scenario: { name: 'bad-day', from: null },
      settings: readSimSettings({}),
      standing: false,
      interval,
      speed: interval ? 0 : 1,
      signals: true,
      batch: 1,
    }
    const run = new Run(spec, {
      folder,
      truth: path.join(folder, 'truth'),
      broker: { protocol: 'mqtt', host: '127.0.0.1', port: 9 },
      secrets: { provide: async () => undefined, secretOf: () => undefined, remove: async () => undefined },
      log: pino({ level: 'silent' }),
    })
    try {
      run.begin()
      expect(run.faults.list.map(({ name }) => name).toSorted()).toEqual(transport.toSorted())
      const ends = new Set(run.faults.list.map(({ to }) => to))
      expect([...ends]).toEqual([interval?.to ?? null])
    } finally {
      await run.disconnect()
      run.close()
      fs.rmSync(folder, { recursive: true })
    }
  },
)
