/**
 * What the panes cost: the demo plant's history through the pipeline into a ledger on disk, with the stage and without, in one run.
 * With it, the time runs until every day but the last is settled.
 */
import path from 'node:path'
import { readPlantFolder } from '#contract/plantFolder.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, SECOND } from '#domain/time.ts'
import { openMemory } from '#store/historian/memory.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Intake } from '../ingest/intake.ts'
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

async function run(sent: readonly Sent[], isDone: (intake: Intake) => boolean, bare: boolean) {
  const reader = listReader(sent)
  const dir = newFolder()
  const stages = bare ? { aggregate: () => undefined, settle: () => undefined } : {}
  const intake = new Intake({ dir, reader, historian: openMemory(), log: silent, stages })
  const began = performance.now()
  await intake.start()
  intake.wake()
  await until(() => intake.cursor >= reader.head() && isDone(intake), 'the history', 600_000)
  const seconds = (performance.now() - began) / 1000
  await intake.stop()
  return { seconds, file: intake.firms.get(FIRM)!.ledger.file }
}

export async function measurePanes(days: number): Promise<void> {
  const { sent, items } = history(demoPlant(), days)
  process.stdout.write(`Panes: ${days} days of the demo plant's history, ${whole(items)} items\n\n`)
  row('pipeline', 'items/s', 'seconds', 'shifts settled')
  row('---', '---:', '---:', '---:')
  const bare = await run(sent, () => true, true)
  row('without panes', whole(items / bare.seconds), bare.seconds.toFixed(1), '-')
  const full = await run(sent, (intake) => intake.firms.get(FIRM)!.days.list().length === 0, false)
  const ledger = openLedgerReader(full.file)
  const shifts = ledger.settled('2026-01-01', '2027-01-01').length
  ledger.close()
  row('with panes', whole(items / full.seconds), full.seconds.toFixed(1), shifts)
  process.stdout.write(`\n${(bare.seconds / full.seconds).toFixed(2)} of the pipeline without\n\n`)
}
