/** Plays a case folder (test/cases/<name>, or one exported from a simulation) through ingest and says what came of it. */
import fs from 'node:fs'
import path from 'node:path'
import { readPlantFile } from '#contract/plantFile.ts'
import { fromSteps } from '#domain/units.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Historian } from '#store/historian/historian.ts'
import { openMemory } from '#store/historian/memory.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { Firm } from '../ingest/firm.ts'
import { messages } from '../ingest/routes.ts'
import {
  FIRM,
  caughtUp,
  newFolder,
  openCaseJournal,
  readingsIn,
  startIngest,
  T0,
  type Running,
} from './pipelineCase.ts'

export const CASES = path.join(import.meta.dirname, 'cases')

type Line = {
  readonly received_at: number
  readonly topic: string
  readonly principal: string
  readonly payload?: unknown
  readonly payload_hex?: string
}
/** What is not named is not compared. */
type Expected = {
  readonly about: string
  readonly counts: Readonly<Record<string, number>>
  readonly messages?: readonly string[]
  readonly flags?: readonly (readonly string[])[]
  readonly gaps?: { readonly open: number; readonly items: number }
  readonly readings?: Readonly<Record<string, readonly (readonly [number, number])[]>>
  /** By how much each register grew, in its unit. */
  readonly growth?: Readonly<Record<string, number>>
  readonly latest?: Readonly<Record<string, number>>
  readonly state?: Readonly<Record<string, string>>
  /** Oldest first. */
  readonly quarantine: readonly {
    readonly reason: string
    readonly detail?: string
    readonly status?: string
  }[]
  /** Reasons of refused control entries. */
  readonly answers?: readonly string[]
}
type Refuses = {
  readonly refuses: readonly { readonly measure: string; readonly value: number; readonly why: string }[]
}

const read = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'))

function plantOf(folder: string): Plant {
  const own = path.join(folder, 'plant.yaml')
  const file = fs.existsSync(own) ? own : path.join(CASES, 'plant.yaml')
  const reading = readPlantFile(fs.readFileSync(file, 'utf8'), FIRM)
  if ('faults' in reading) throw new Error(`${file}: ${JSON.stringify(reading.faults)}`)
  return reading.plant
}

/** A store that keeps the good lines of a batch and refuses some for good. */
function refusing({ refuses }: Refuses): Historian {
  const store = openMemory()
  return {
    ...store,
    async write(readings, commit) {
      const rule = (r: (typeof readings)[number]) =>
        refuses.find((x) => x.measure === r.series.measure && x.value === r.value)
      await store.write(
        readings.filter((r) => !rule(r)),
        commit,
      )
      return {
        ok: true,
        refused: readings.flatMap((reading) => (rule(reading) ? [{ reading, why: rule(reading)!.why }] : [])),
      }
    },
  }
}

async function play(folder: string): Promise<{ running: Running; plant: Plant; dir: string }> {
  const plant = plantOf(folder)
  const dir = newFolder()
  const journal = await openCaseJournal(dir)
  const store = path.join(folder, 'store.json')
  const running = await startIngest(dir, {
    historian: fs.existsSync(store) ? refusing(read(store) as Refuses) : openMemory(),
  })
  const done = [journal.control(T0 - 86_400_000, 'plant.put', plant)] as Promise<unknown>[]
  for (const text of fs.readFileSync(path.join(folder, 'input.jsonl'), 'utf8').trim().split('\n')) {
    const line = JSON.parse(text) as Line
    const payload = line.payload_hex === undefined ? line.payload : Buffer.from(line.payload_hex, 'hex')
    done.push(journal.append(line.received_at, line.topic, payload, line.principal))
  }
  await Promise.all(done)
  await caughtUp(running, journal)
  await journal.close()
  return { running, plant, dir }
}

const messagesOf = (running: Running, firm: Firm) =>
  [...firm.machines.keys()]
    .flatMap((machine) => messages(running.intake, firm, new URLSearchParams({ machine, limit: '200' })))
    .toSorted((a, b) => a.offset - b.offset)

function growthOf(firm: Firm): Record<string, number> {
  const rows = [...firm.machines.values()].flatMap((machine) =>
    [...machine.registers].map(([measure, { total }]) => {
      const scale = machine.index!.measures.get(measure)!.scale
      return [`${machine.path}:${measure}`, fromSteps(total, scale)] as const
    }),
  )
  return Object.fromEntries(rows)
}

function latestOf(firm: Firm): Record<string, number | null> {
  const rows = [...firm.machines.values()].flatMap((machine) =>
    [...machine.values].map(([measure, { value }]) => [`${machine.path}:${measure}`, value] as const),
  )
  return Object.fromEntries(rows)
}

export type Played = {
  readonly about: string
  readonly expected: Omit<Expected, 'about'>
  /** The same keys and more. */
  readonly found: Readonly<Record<string, unknown>>
  /** Items that ended nowhere. */
  readonly lost: number
  readonly firstBroken: number | null
}

export async function playCase(folder: string): Promise<Played> {
  const { about, ...expected } = read(path.join(folder, 'expected.json')) as Expected
  const { running, plant } = await play(folder)
  const firm = running.intake.firms.get(FIRM)!
  const rows = messagesOf(running, firm)
  const { decoded, stored, duplicate, quarantined, gapsOpen: open, gapItems: items } = firm.tally
  await running.stop()
  const ledger = openLedgerReader(firm.ledger.file)
  const refusals = ledger.events(0, 1000).filter((event) => event.kind === 'control.refused')
  const found = {
    counts: { decoded, stored, duplicate, quarantined },
    messages: rows.map((row) => row.disposition),
    flags: rows.map((row) => row.flags),
    gaps: { open, items },
    readings: readingsIn(running.historian, plant),
    growth: growthOf(firm),
    latest: latestOf(firm),
    state: Object.fromEntries(
      [...firm.machines.values()].map((machine) => [machine.path, machine.now.state]),
    ),
    quarantine: ledger.quarantine({ limit: 1000 }).toReversed(),
    answers: refusals.map((event) => (JSON.parse(event.body) as { reason: string }).reason),
  }
  const firstBroken = ledger.firstBroken()
  ledger.close()
  return { about, expected, found, lost: decoded - stored - duplicate - quarantined, firstBroken }
}
