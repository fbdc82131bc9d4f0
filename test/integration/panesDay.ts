/** A day of the demo plant as messages of its devices, and what a ledger has of it afterwards. */
import path from 'node:path'
import { readPlantFolder } from '#contract/plantFolder.ts'
import type { Pane } from '#domain/accounting/pane.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { SECOND, type Instant } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import type { SettledShift } from '#store/ledger/ledger.ts'
import { simulateDay, warmWorks } from '../../simulators/works/day.ts'
import type { WorksItem } from '../../simulators/works/items.ts'
import { parametersOn } from '../../simulators/works/scenarios.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import { FIRM, tickAt, type Sent } from '../pipelineCase.ts'

const BASELINE = { name: 'baseline', from: null } as const

export const nameOf = (machine: string): string => machine.slice(machine.lastIndexOf('/') + 1)

/** The demo plant with some of its machines (all: no list), registers only, under the firm of the cases. */
export function demoPlant(names?: readonly string[]): Plant {
  const found = readPlantFolder(path.resolve(import.meta.dirname, '../../plants')).find(
    ({ firm }) => firm === 'demo-a',
  )!
  if ('faults' in found.reading) throw new Error('the plant file is faulty')
  const { plant } = found.reading
  const machines = plant.machines
    .filter((machine) => names?.includes(nameOf(machine.path)) ?? true)
    .map((machine) => ({
      ...machine,
      measures: machine.measures.filter((measure) => measure.class === 'count'),
    }))
  return { ...plant, firm: FIRM, machines, credentials: [] }
}

export function demoDays(count: number, date = '2026-03-10', seed = 11): DayTruth[] {
  let works = warmWorks(seed, date, BASELINE)
  return Array.from({ length: count }, () => {
    const { truth, next } = simulateDay(works, { parameters: parametersOn(BASELINE, works.date) })
    works = next
    return truth
  })
}

export type Told = {
  readonly machine: string
  readonly class: string
  readonly ts: Instant
  readonly payload: Record<string, unknown>
}

/** Items as their devices number them: seq by machine and class, one boot. */
export function numbered(items: readonly WorksItem[]): Told[] {
  const seqs = new Map<string, number>()
  return items.map(({ machine, class: cls, ts, body }) => {
    const key = `${machine} ${cls}`
    const seq = (seqs.get(key) ?? 0) + 1
    seqs.set(key, seq)
    return { machine, class: cls, ts, payload: { ts, seq, boot: 'a1', ...body } }
  })
}

export const messageAt = (at: Instant, { machine, class: cls, payload }: Told): Sent => ({
  at,
  topic: `v1/${FIRM}/${machine}/${cls}`,
  payload: { at, ...payload },
})

/** Messages with the ticks of the journal's owner from `from` on to `to`: every 5 s, or as seldom as no timer minds. */
export function withTicks(sent: readonly Sent[], from: Instant, to: Instant, step = 5 * SECOND): Sent[] {
  const out: Sent[] = []
  let tick = from
  const tickUntil = (at: Instant) => {
    for (; tick <= at; tick += step) out.push(tickAt(tick, tick))
  }
  for (const one of sent) {
    tickUntil(one.at)
    out.push(one)
  }
  tickUntil(to)
  return out
}

/** Order of sending of a device that holds items back up to 20 minutes: any order inside the lateness. Deterministic. */
export function shuffled(told: readonly Told[]): Told[] {
  return told
    .map((one, i) => ({ one, at: one.ts + ((i * 7919) % 1200) * SECOND }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

export type Outcome = {
  readonly settled: readonly SettledShift[]
  /** Hash of each settled shift, by `day shift`, newest revision. */
  readonly hashes: Readonly<Record<string, string>>
  panes(machine: string, from: Instant, to: Instant): Pane[]
}

/** What the ledger of a folder has. */
export function outcomeOf(dir: string): Outcome {
  const reader = openLedgerReader(ledgerFile(dir, FIRM))
  const settled = reader.settled('2000-01-01', '2100-01-01')
  const panes = new Map<string, Pane[]>()
  const paths = reader.plant()!.plant.machines.map((machine) => machine.path)
  for (const machine of paths) panes.set(machine, reader.panes(machine, 0, Date.UTC(2100, 0)))
  reader.close()
  return {
    settled,
    hashes: Object.fromEntries(settled.map(({ day, shift, hash }) => [`${day} ${shift}`, hash])),
    panes: (machine, from, to) => panes.get(machine)!.filter(({ start }) => start >= from && start < to),
  }
}
