/**
 * How long it takes from a pane to its messages and back, while the journal holds 10,000 messages/s of others: a shift of the demo plant,
 * its last minutes among that traffic, as a day file and sealed.
 */
import fs from 'node:fs'
import path from 'node:path'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { MINUTE, dayOf, type Instant } from '#domain/time.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import type { Head } from '#store/journal/chain.ts'
import { hotFile, hotFolder } from '#store/journal/folders.ts'
import { encodeFrame, FrameReader } from '#store/journal/frame.ts'
import { tally } from '#store/journal/group.ts'
import { HotFile } from '#store/journal/hot.ts'
import type { JournalReader } from '#store/journal/journal.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { sealDay, unlinkDay } from '#store/journal/sealing.ts'
import { openMemory } from '#store/historian/memory.ts'
import { Intake } from '../ingest/intake.ts'
import { recomputePanes } from '../ingest/lineage/recompute.ts'
import { paneSources } from '../ingest/lineage/sources.ts'
import type { Asked } from '../ingest/lineage/stretches.ts'
import { simulateDay, warmWorks } from '../simulators/works/day.ts'
import { itemsBetween } from '../simulators/works/items.ts'
import { parametersOn } from '../simulators/works/scenarios.ts'
import { deed, FIRM, newFolder, silent, tickAt, until, type Sent } from '../test/pipelineCase.ts'
import { row, whole } from './plant.ts'

const BASELINE = { name: 'baseline', from: null } as const
const OTHERS_PER_SECOND = 10_000
/** As many commits a second does the journal make under that load. */
const COMMITS_PER_SECOND = 500
const SHIFT = 9 * 60 * MINUTE

function demoPlant(): Plant {
  const { reading } = readPlantFolder(path.resolve(import.meta.dirname, '../plants')).find(
    ({ firm }) => firm === 'demo-a',
  )!
  if ('faults' in reading) throw new Error('the plant file is faulty')
  // every sixth machine: what the others tell is traffic of others here
  return {
    ...reading.plant,
    firm: FIRM,
    machines: reading.plant.machines.filter((_, i) => i % 6 === 0),
    credentials: [],
  }
}

/** A shift of the plant as its devices tell it, signals too. */
function told(plant: Plant): { readonly sent: Sent[]; readonly from: Instant } {
  const works = warmWorks(7, '2026-03-10', BASELINE)
  const { truth } = simulateDay(works, { parameters: parametersOn(BASELINE, works.date) })
  const { from } = truth
  const seqs = new Map<string, number>()
  const next = (topic: string) => seqs.set(topic, (seqs.get(topic) ?? 0) + 1).get(topic)!
  const sent = itemsBetween(truth, plant.machines, from, from + SHIFT).map(
    ({ machine, class: cls, ts, body }): Sent => {
      const topic = `v1/${FIRM}/${machine}/${cls}`
      return { at: ts + 40, topic, payload: { ts, at: ts + 30, seq: next(topic), boot: 'a1', ...body } }
    },
  )
  for (let at = from; at < from + SHIFT; at += 5000) sent.push(tickAt(at, at))
  return { sent: [deed(from - MINUTE, 'plant.put', plant), ...sent.toSorted((a, b) => a.at - b.at)], from }
}

/** Writes a day file as the journal's thread does, without waiting for the disk. Returns the entries of others. */
function write(dir: string, sent: readonly Sent[], seconds: number): number {
  fs.mkdirSync(hotFolder(dir), { recursive: true })
  const day = dayOf(sent[0]!.at)
  const file = HotFile.open(hotFile(dir, day), day, () => ({ commit: 0, heads: new Map() }))
  file.db.exec('PRAGMA synchronous = OFF')
  const heads = new Map<string, Head>()
  const frames = new FrameReader()
  let number = 0
  const commit = (entries: readonly Sent[]) => {
    const block = Buffer.concat(
      entries.map(({ at, topic, payload, principal = 'device-1' }) => {
        const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))
        return encodeFrame({ topic, principal, payload: bytes, offset: 0, receivedAt: at })
      }),
    )
    const tallied = tally(block, heads, frames)
    file.append(++number, block, tallied)
    for (const [firm, head] of tallied.heads) heads.set(firm, head)
  }
  const begin = sent.at(-1)!.at - seconds * 1000
  let own = 0
  while (sent[own]!.at < begin) {
    let to = own + 1
    while (sent[to]!.at < begin && sent[to]!.at <= sent[own]!.at + 20) to++
    commit(sent.slice(own, to))
    own = to
  }
  let others = 0
  for (let at = begin; own < sent.length; at += 1000 / COMMITS_PER_SECOND) {
    const group: Sent[] = []
    for (let i = 0; i < OTHERS_PER_SECOND / COMMITS_PER_SECOND; i++, others++) {
      const payload = `{"ts":${Math.floor(at)},"seq":${others},"boot":"b7","v":{"power_kw":${(others % 997) / 10}}}`
      const topic = `v1/other-${others % 5}/main/l/l1/m-${others % 500}/${others % 10 === 0 ? 'count' : 'telemetry'}`
      group.push({ at: Math.floor(at), topic, payload: Buffer.from(payload) })
    }
    while (own < sent.length && sent[own]!.at <= at) group.push(sent[own++]!)
    commit(group)
  }
  file.close()
  return others
}

const median = (times: readonly number[]): string =>
  `${times.toSorted((a, b) => a - b)[times.length >> 1]!.toFixed(0)} (${Math.max(...times).toFixed(0)})`

export async function measureLineage(seconds: number): Promise<void> {
  const plant = demoPlant()
  const { sent, from } = told(plant)
  const dir = newFolder()
  const journal = path.join(dir, 'journal')
  const others = write(journal, sent, seconds)
  const intake = new Intake({
    dir,
    reader: openJournalReader(journal, { firm: FIRM }),
    historian: openMemory(),
    log: silent,
  })
  await intake.start()
  intake.wake()
  await until(() => (intake.firms.get(FIRM)?.offset ?? 0) === sent.length, 'the shift', 3_600_000)
  const firm = intake.firms.get(FIRM)!
  const end = from + SHIFT
  const machines = plant.machines.map(({ path: of }) => firm.machines.get(of)!)
  const offsets = sent.flatMap(({ topic }, i) => (topic.endsWith('/count') && i % 97 === 0 ? [i + 1] : []))

  const times = async (reader: JournalReader, asked: Asked, isRecomputed: boolean): Promise<string> => {
    const taken: number[] = []
    for (const machine of machines) {
      const began = performance.now()
      if (isRecomputed) {
        const { equal, differences } = await recomputePanes(reader, firm, machine, asked)
        if (!equal) throw new Error(`${machine.path} differs: ${JSON.stringify(differences.slice(0, 3))}`)
      } else await paneSources(reader, firm, machine, asked, { after: 0, limit: 0 })
      taken.push(performance.now() - began)
    }
    return median(taken)
  }
  const minute = { from: end - 2 * MINUTE, to: end - MINUTE, length: MINUTE }
  const quarter = { from: end - QUARTER, to: end, length: QUARTER }
  const hour = { from: end - 60 * MINUTE, to: end, length: QUARTER }
  const shift = { from, to: end, length: QUARTER }
  const questions: [string, (reader: JournalReader) => Promise<string>][] = [
    ['sources of a minute', (reader) => times(reader, minute, false)],
    ['sources of a quarter-hour', (reader) => times(reader, quarter, false)],
    ['sources of a shift', (reader) => times(reader, shift, false)],
    ['recompute a minute', (reader) => times(reader, minute, true)],
    ['recompute a quarter-hour', (reader) => times(reader, quarter, true)],
    ['recompute an hour', (reader) => times(reader, hour, true)],
    ['recompute a shift', (reader) => times(reader, shift, true)],
    [
      'one entry with its chain',
      (reader) => {
        const taken = offsets.slice(-100).map((offset) => {
          const began = performance.now()
          const { state } = reader.chainAt(FIRM, offset)!
          if (!reader.find(FIRM, offset) || state !== 'intact') throw new Error(`entry ${offset}: ${state}`)
          return performance.now() - began
        })
        return Promise.resolve(median(taken))
      },
    ],
  ]
  const answers = async () => {
    const reader = openJournalReader(journal)
    const found: string[] = []
    for (const [, ask] of questions) found.push(await ask(reader))
    reader.close()
    return found
  }
  const hot = await answers()
  const day = dayOf(sent[0]!.at)
  sealDay(journal, day)
  unlinkDay(journal, day)
  const sealed = await answers()
  await intake.stop()
  process.stdout.write(
    `Lineage: a shift of ${plant.machines.length} machines, ${whole(sent.length)} entries, and ${whole(others)} of others in its last ${seconds} s\n\n`,
  )
  row('one machine: median (longest), ms', 'day file', 'sealed')
  row('---', '---:', '---:')
  questions.forEach(([name], i) => row(name, hot[i]!, sealed[i]!))
  process.stdout.write('\n')
}
