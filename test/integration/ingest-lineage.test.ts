/** From panes back to the messages they rest on, and from the messages to the panes again: hot, sealed, and where evidence is gone. */
import fs from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { PaneSources, RawEntry, RecomputedPanes } from '#contract/local.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { DAY, HOUR, MINUTE, SECOND, type Instant } from '#domain/time.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { sealedFiles } from '#store/journal/folders.ts'
import { recomputeDay } from '../../ingest/recompute.ts'
import { createRoutes } from '../../ingest/routes.ts'
import { ingestMetrics } from '../../ingest/metrics.ts'
import { itemsBetween } from '../../simulators/works/items.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import {
  caughtUp,
  FIRM,
  newFolder,
  openCaseJournal,
  startIngest,
  type Journal,
  type Running,
} from '../pipelineCase.ts'
import { demoDays, demoPlant, nameOf, numbered, type Told } from './panesDay.ts'

/** Hours of the day that are told: the end of the day shift, and until it is settled; the night shift goes on. */
const [BEGIN, END] = [7, 10.5]

type Kept = {
  readonly machine: string
  readonly class: string
  readonly boot: string
  readonly seq: number
  readonly ts: Instant
}

let plant: Plant
let day: DayTruth
let dir: string
let journal: Journal
let running: Running
let mono = 0
/** Offset of the message that brought an item first. */
const brought: (Kept & { readonly offset: number })[] = []

const pathOf = (name: string) => plant.machines.find((machine) => nameOf(machine.path) === name)!.path
const send = async (at: Instant, told: readonly Told[], isFirst = true) => {
  const { machine, class: cls } = told[0]!
  const items = told.map(({ payload }) => payload)
  const payload = told.length === 1 ? { at, ...told[0]!.payload } : { at, boot: 'a1', items }
  const offset = await journal.append(at, `v1/${FIRM}/${machine}/${cls}`, payload)
  if (isFirst)
    for (const { ts, payload: one } of told)
      brought.push({ machine, class: cls, boot: 'a1', seq: one['seq'] as number, ts, offset })
}

beforeAll(async () => {
  plant = demoPlant(['lathe-01', 'test-01', 'm00'])
  ;[day] = demoDays(1) as [DayTruth]
  dir = newFolder()
  journal = await openCaseJournal(dir)
  await journal.control(day.from + BEGIN * HOUR - MINUTE, 'plant.put', plant)
  const told = numbered(itemsBetween(day, plant.machines, day.from + BEGIN * HOUR, day.from + END * HOUR))
  const waiting: Promise<unknown>[] = []
  let tick = day.from + BEGIN * HOUR
  const batches = new Map<string, Told[]>()
  for (const [i, one] of told.entries()) {
    for (; tick <= one.ts; tick += 15 * SECOND) waiting.push(journal.tick(tick, (mono += 15 * SECOND)))
    // the meter sends batches of five, the lathe some messages twice, the other machine each by itself
    const key = `${one.machine} ${one.class}`
    const batch = [...(batches.get(key) ?? []), one]
    batches.set(key, batch)
    if (nameOf(one.machine) === 'm00' && batch.length < 5) continue
    batches.delete(key)
    waiting.push(send(one.ts + 40, batch))
    if (nameOf(one.machine) === 'lathe-01' && i % 7 === 0) waiting.push(send(one.ts + 45, batch, false))
    if (waiting.length > 200) await Promise.all(waiting.splice(0))
  }
  await Promise.all(waiting)
  for (const batch of batches.values()) await send(tick, batch)
  const enter = async (
    kind: 'fact.put' | 'correct.reading',
    body: { readonly machine: string },
    ts: Instant,
  ) => {
    await journal.control(tick, kind, body)
    const { offset } = journal.writer.status().firms.find(({ firm }) => firm === FIRM)!
    const cls = kind === 'fact.put' ? 'event' : 'count'
    brought.push({ machine: body.machine, class: cls, boot: 'manual', seq: offset, ts, offset })
  }
  // entered by hand: what nothing had told, a reading between two others, and a state that was another
  const entered = day.from + 9.5 * HOUR + MINUTE
  const lathe = pathOf('lathe-01')
  const item = { ts: entered, type: 'tool_change', tool_type: 'insert', tool: 'i-1' }
  await enter('fact.put', { machine: lathe, class: 'event', item } as { machine: string }, entered)
  const meter = pathOf('m00')
  const before = told.findLast(({ machine, ts }) => machine === meter && ts < entered)!
  const { kwh: value } = before.payload['v'] as { kwh: number }
  const reading = { machine: meter, measure: 'kwh', ts: before.ts + 10 * SECOND, value }
  await enter('correct.reading', reading, reading.ts)
  const stretch = { from: entered, to: entered + 5 * MINUTE }
  await journal.control(tick, 'correct.state', { machine: lathe, ...stretch, state: 'STOP' })
  await journal.tick(tick, mono)
  running = await startIngest(dir)
  await caughtUp(running, journal)
}, 60_000)

afterAll(async () => {
  await running.stop()
  await journal.close()
})

const ask = async <T>(
  route: 'sources' | 'recompute-panes' | 'entry',
  query: Record<string, unknown>,
): Promise<T> => {
  const routes = createRoutes(running.intake, running.historian, ingestMetrics(running.intake))
  const asked = new URLSearchParams({ firm: FIRM, ...query } as Record<string, string>)
  const { body } = (await routes.answers![`GET /${route}`]!(null, asked)) as { body: T }
  return body
}

const WINDOW = () => ({ from: day.from + BEGIN * HOUR, to: day.from + END * HOUR })

const listed = (list: readonly { readonly offset: number; readonly seq: number | null }[]) =>
  list.map(({ offset, seq }) => `${offset} ${seq}`).toSorted((a, b) => (a < b ? -1 : 1))

/** Every source of every pane against what was sent. */
async function checkSources(name: string, length: number, { from, to } = WINDOW()): Promise<number> {
  const machine = pathOf(name)
  const { panes } = await ask<PaneSources>('sources', { machine, from, to, length, limit: 200 })
  for (const { sources } of panes)
    for (const { machine: of, class: cls, boot, from: first, to: last, ...found } of sources) {
      const own = brought.filter(
        (one) =>
          one.machine === of &&
          one.class === cls &&
          (boot === null
            ? one.ts >= first && one.ts <= last
            : one.boot === boot && one.seq >= first && one.seq <= last),
      )
      const inOrder = own.toSorted((a, b) => (boot === null ? a.ts - b.ts : a.seq - b.seq))
      expect(listed(found.page)).toEqual(listed(own))
      expect([found.first?.offset, found.last?.offset]).toEqual([inOrder[0]!.offset, inOrder.at(-1)!.offset])
      expect([found.items, found.messages]).toEqual([
        own.length,
        new Set(own.map(({ offset }) => offset)).size,
      ])
    }
  return panes.flatMap(({ sources }) => sources).length
}

const recomputed = (name: string, length = QUARTER, { from, to } = WINDOW()) =>
  ask<RecomputedPanes>('recompute-panes', { machine: pathOf(name), from, to, length })

async function checkAll(): Promise<void> {
  for (const name of ['lathe-01', 'test-01', 'm00']) {
    expect(await checkSources(name, QUARTER)).toBeGreaterThan(10)
    const result = await recomputed(name)
    expect([result.differences, result.missing]).toEqual([[], []])
    expect([result.equal, result.settled, result.hash]).toEqual([true, true, result.storedHash])
    expect(result.panes.length).toBeGreaterThan(10)
  }
  for (const name of ['lathe-01', 'm00']) {
    const { panes } = await ask<PaneSources>('sources', { machine: pathOf(name), ...WINDOW() })
    expect(panes.some(({ sources }) => sources.some(({ boot }) => boot === 'manual'))).toBe(true)
  }
  const hour = { from: day.from + 9.5 * HOUR, to: day.from + 9.75 * HOUR }
  expect(await checkSources('lathe-01', MINUTE, hour)).toBeGreaterThan(10)
  const minutes = await recomputed('lathe-01', MINUTE, hour)
  expect([minutes.equal, minutes.differences, minutes.panes.length]).toEqual([true, [], 15])
}

test('each source leads to exactly the messages that were sent, and they make the same panes', checkAll)

test('a message shows the chain at it', async () => {
  const { offset } = brought.at(-1)!
  const entry = await ask<RawEntry>('entry', { offset })
  expect([entry.offset, entry.topic]).toEqual([offset, `control/${FIRM}/correct.reading`])
  expect(entry.chain).toMatchObject({ state: 'intact', why: null })
  expect(entry.chain!.hash).toMatch(/^[0-9a-f]{64}$/)
})

test('once the day is sealed, and the index of messages has forgotten it, all of it is found as before', async () => {
  const later = day.from + 12 * DAY
  await journal.tick(later, (mono += 5 * SECOND))
  await vi.waitFor(() => expect(journal.writer.figures().sealedDays).toBeGreaterThan(0), { timeout: 20_000 })
  await caughtUp(running, journal)
  expect(running.intake.reader.sealedTo(FIRM)).toBeGreaterThanOrEqual(brought.at(-1)!.offset)
  const ledger = new DatabaseSync(ledgerFile(dir, FIRM))
  ledger.exec('DELETE FROM message_block')
  ledger.close()
  await checkAll()
})

test('a row that was altered in the ledger differs from what the messages say, number by number', async () => {
  const ledger = new DatabaseSync(ledgerFile(dir, FIRM))
  const window = { from: day.from + 10 * HOUR, to: day.from + 10.25 * HOUR }
  ledger.exec('PRAGMA busy_timeout = 5000')
  const altered = ledger
    .prepare('UPDATE state_run SET state = ? WHERE machine = ? AND ts >= ? AND ts < ?')
    .run('FAULT', pathOf('lathe-01'), window.from, window.to)
  ledger.close()
  expect(altered.changes).toBeGreaterThan(0)
  const { equal, differences } = await recomputed('lathe-01', MINUTE, window)
  expect(equal).toBe(false)
  expect(differences.map(({ what }) => what)).toContain('states.FAULT')
  expect(differences.every(({ recomputed: is, stored: was }) => is !== was)).toBe(true)
})

test('where the journal has lost a day, what is missing is said', async () => {
  for (const { file } of sealedFiles(path.join(dir, 'journal'))) fs.rmSync(file)
  const reader = running.intake.reader
  reader.close()
  const { equal, missing } = await recomputed('m00')
  expect(equal).toBe(false)
  expect(missing[0]).toMatchObject({
    machine: pathOf('m00'),
    class: 'count',
    boot: 'a1',
    reason: 'not_in_journal',
  })
  // the answer lists the first of them; a day made again counts them all
  const told = brought.filter(({ machine }) => machine === pathOf('m00')).length
  const { missing: all } = await recomputeDay(
    running.intake,
    running.intake.firms.get(FIRM)!,
    day.date,
    pathOf('m00'),
  )
  expect([missing.length, all]).toEqual([200, told])
})

test('windows that cannot be asked for are refused by name', async () => {
  const machine = pathOf('m00')
  const { from } = WINDOW()
  const refused = await Promise.all(
    [
      { machine, from, to: from },
      { machine, from, to: from + 3 * DAY },
      { machine, from, to: from + HOUR, length: 7 },
      { machine: 'none', from, to: from + HOUR },
    ].map((query) => ask<{ error: string }>('recompute-panes', query)),
  )
  expect(refused.map(({ error }) => error)).toEqual([
    'bad_window',
    'window_too_long',
    'bad_window',
    'no such firm or machine',
  ])
})
