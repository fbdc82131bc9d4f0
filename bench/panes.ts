/**
 * What the panes cost: the demo plant's history through the pipeline into a ledger on disk, without the stage and with it, side by side.
 * The lines take turns, so that all of them meet the same machine; the first turn warms the engine and does not count. With panes, the
 * time runs until every day is settled.
 */
import fs from 'node:fs'
import path from 'node:path'
import { readPlantFolder } from '#contract/plantFolder.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, SECOND } from '#domain/time.ts'
import { openMemory } from '#store/historian/memory.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Intake } from '../ingest/intake.ts'
import type { StageSet } from '../ingest/pipeline.ts'
import { batchesOf, payloadOf, type Seqs } from '../simulators/history/batches.ts'
import { simulateDay, warmWorks } from '../simulators/works/day.ts'
import { historyItems } from '../simulators/works/items.ts'
import { parametersOn } from '../simulators/works/scenarios.ts'
import { deed, FIRM, listReader, newFolder, silent, until, type Sent } from '../test/pipelineCase.ts'
import { row, whole } from './plant.ts'

const BASELINE = { name: 'baseline', from: null } as const
/** At which the journal's clock lets items arrive. */
const PER_SECOND = 15_000

function demoPlant(): Plant {
  const { reading } = readPlantFolder(path.resolve(import.meta.dirname, '../plants')).find(
    ({ firm }) => firm === 'demo-a',
  )!
  if ('faults' in reading) throw new Error('the plant file is faulty')
  return { ...reading.plant, firm: FIRM }
}

/** The messages of a history of so many days, with the journal's ticks between them and after them. */
function history(plant: Plant, days: number): { readonly sent: Sent[]; readonly items: number } {
  let works = warmWorks(7, '2026-03-09', BASELINE)
  let at = Date.UTC(2026, 10, 24)
  let tick = at
  let items = 0
  let seqs: Seqs = {}
  const sent = [deed(at, 'plant.put', plant)]
  const pass = (ms: number) => {
    for (at += ms; tick <= at; tick += 5 * SECOND)
      sent.push({ at: tick, topic: `tick/${FIRM}`, payload: { wall: tick, mono: tick } })
  }
  for (let i = 0; i < days; i++) {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(BASELINE, works.date) })
    const told = batchesOf(historyItems(truth, plant.machines), seqs)
    seqs = told.seqs
    items += told.items
    for (const batch of told.batches) {
      pass(Math.ceil((batch.count / PER_SECOND) * SECOND))
      const topic = `v1/${FIRM}/${batch.machine}/${batch.class}`
      sent.push({ at, topic, payload: Buffer.from(payloadOf(batch, at)) })
    }
    works = next
  }
  pass(DAY / 12)
  return { sent, items }
}

/** A pipeline that is measured. */
type Line = {
  readonly name: string
  readonly stages: Partial<StageSet>
  /** Everything is through; is the work that it makes done as well? */
  readonly isDone: (intake: Intake) => boolean
}

/** The first is what the others are held against. */
const LINES: readonly Line[] = [
  {
    name: 'without panes',
    stages: { aggregate: () => undefined, settle: () => undefined },
    isDone: () => true,
  },
  {
    name: 'with panes',
    stages: {},
    isDone: (intake) => intake.firms.get(FIRM)!.days.list().length === 0,
  },
]

type Run = { readonly seconds: number; readonly cpu: number; readonly shifts: number }

async function run(sent: readonly Sent[], { stages, isDone }: Line): Promise<Run> {
  const reader = listReader(sent)
  const dir = newFolder()
  const intake = new Intake({ dir, reader, historian: openMemory(), log: silent, stages })
  const [began, used] = [performance.now(), process.cpuUsage()]
  await intake.start()
  intake.wake()
  await until(() => intake.cursor >= reader.head() && isDone(intake), 'the history', 600_000)
  const seconds = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(used)
  await intake.stop()
  const ledger = openLedgerReader(intake.firms.get(FIRM)!.ledger.file)
  const shifts = ledger.settled('2026-01-01', '2027-01-01').length
  ledger.close()
  fs.rmSync(dir, { recursive: true })
  return { seconds, cpu: (user + system) / 1e6, shifts }
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!

export async function measurePanes(days: number, turns: number): Promise<void> {
  const { sent, items } = history(demoPlant(), days)
  process.stdout.write(
    `Panes: ${days} days of the demo plant's history, ${whole(items)} items, medians of ${turns} turns\n\n`,
  )
  const runs = LINES.map((): Run[] => [])
  for (let turn = 0; turn <= turns; turn++)
    for (const [i, line] of LINES.entries()) {
      const one = await run(sent, line)
      if (turn > 0) runs[i]!.push(one)
    }
  const seconds = runs.map((own) => median(own.map((one) => one.seconds)))
  const cpu = runs.map((own) => median(own.map((one) => one.cpu)))
  row(
    'pipeline',
    'items/s',
    'of the first',
    'seconds, each turn',
    'CPU s',
    'CPU: of the first',
    'shifts settled',
  )
  row('---', '---:', '---:', '---', '---:', '---:', '---:')
  for (const [i, { name }] of LINES.entries())
    row(
      name,
      whole(items / seconds[i]!),
      (seconds[0]! / seconds[i]!).toFixed(2),
      runs[i]!.map((one) => one.seconds.toFixed(1)).join(', '),
      cpu[i]!.toFixed(1),
      (cpu[0]! / cpu[i]!).toFixed(2),
      runs[i]!.at(-1)!.shifts,
    )
  process.stdout.write('\n')
}
