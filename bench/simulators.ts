/** What one core of simulator makes: a day's life, items of the works alone, and with faults' chain and outbox as a live run does it. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { readPlantFolder } from '#contract/plantFolder.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, SECOND } from '#domain/time.ts'
import { openMornings } from '#store/truth/mornings.ts'
import { Engine } from '../simulators/engine.ts'
import { Outbox } from '../simulators/outbox.ts'
import { addDays, startOf } from '../simulators/works/calendar.ts'
import { Chain } from '../simulators/works/chain.ts'
import { Works } from '../simulators/works/works.ts'
import { row } from './plant.ts'

const FIRST = '2026-03-02'
const DAYS = 60
const TURN = 30 * SECOND

const demoPlant = (): Plant => {
  const [read] = readPlantFolder(path.resolve(import.meta.dirname, '../plants'))
  if (!read || !('plant' in read.reading)) throw new Error('no demo plant')
  return read.reading.plant
}

/** CPU seconds that the work took. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** `hours` of the demo plant, from 09:00 of a Monday. */
export function measureSimulators(hours: number): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-bench-'))
  const plant = demoPlant()
  const from = startOf(FIRST) + HOUR
  const to = from + hours * HOUR
  try {
    const mornings = openMornings(path.join(folder, 'works.db'))
    const chain = Chain.bear(mornings, 1, { name: 'baseline', from: null }, FIRST)
    const alone = new Works(plant, chain, { rate: 1, signals: true }, new Map(), from)
    let items = 0
    const made = cpuOf(() => {
      for (let at = from; at < to; at += TURN)
        for (const said of alone.advance(at + TURN).values()) items += said.length
    })
    const life = new Works(plant, chain, { rate: 1, signals: true }, new Map(), from)
    const outbox = new Outbox(path.join(folder, 'outbox.db'), Infinity)
    const engine = new Engine(
      [{ plant, life }],
      { outbox, log: pino({ level: 'silent' }), maxEvidence: Infinity },
      from,
    )
    const stored = cpuOf(() => {
      for (let at = from; at < to; at += TURN) engine.turn(at + TURN)
    })
    const lived = cpuOf(() => chain.reach(addDays(FIRST, DAYS)))
    process.stdout.write(
      `${plant.machines.length} machines and meters, ${hours} h: ${items.toLocaleString('en-US')} items (${Math.round((items * SECOND) / (to - from))} a second of plant time)\n\n`,
    )
    row('path', 'items/s of one core', 'times plant time')
    row('---', '---:', '---:')
    row('the works alone', Math.round(items / made), Math.round((to - from) / SECOND / made))
    row('with faults, seqs and outbox', Math.round(items / stored), Math.round((to - from) / SECOND / stored))
    process.stdout.write(
      `\nA production day lived and kept: ${((lived / DAYS) * SECOND).toFixed(1)} ms of one core\n`,
    )
    outbox.close()
    mornings.close()
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
