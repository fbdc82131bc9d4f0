/** F2: ingest killed at the worst moments, as its own process on the real journal and the sqlite historian. One effect per key. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Counts } from '#contract/live.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import type { Failpoint } from '#runtime/failpoints.ts'
import { openHistorianReader } from '#store/historian/open.ts'
import { ledgerFile } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { casePlant, MACHINE } from '../casePlant.ts'
import { FIRM, newFolder, openCaseJournal, T0, type Journal } from '../pipelineCase.ts'

const MAIN = path.join(import.meta.dirname, '../../ingest/main.ts')
const ITEMS = 300

function start(dir: string, failpoint?: string): ChildProcess {
  const args = [MAIN, '--data', dir, '--mqtt', '127.0.0.1:0', '--store', 'sqlite:']
  const env = { ...process.env, BAIYUAN_LOG: 'error', ...(failpoint ? { BAIYUAN_FAILPOINT: failpoint } : {}) }
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
}

const topic = (cls: string) => `v1/${FIRM}/${MACHINE}/${cls}`

/** Messages with a duplicate of every fifth, a conflict of every fiftieth, and events. */
async function fill(journal: Journal, from: number, to: number): Promise<void> {
  const sent: Promise<number>[] = []
  for (let i = from; i < to; i++) {
    const ts = T0 + i * 1000
    const message = (kw: number) => ({ ts, seq: i, boot: 'a1', at: ts, v: { power_kw: kw } })
    sent.push(journal.append(ts + 40, topic('telemetry'), message(i % 60)))
    if (i % 5 === 0) sent.push(journal.append(ts + 50, topic('telemetry'), message(i % 60)))
    if (i % 50 === 0) sent.push(journal.append(ts + 60, topic('telemetry'), message(59.5)))
    if (i % 20 === 0)
      sent.push(
        journal.append(ts + 70, topic('event'), {
          ts,
          seq: i,
          boot: 'a1',
          type: 'packed',
          order: 'WO-1',
          product: 'q41f',
          qty: 1,
        }),
      )
    if (i % 40 === 39) await Promise.all(sent.splice(0))
  }
  await Promise.all(sent)
}

/** Counts of the firm once everything is through; the process may still be starting. */
async function settledCounts(dir: string, entries: number): Promise<Counts> {
  const end = performance.now() + 40_000
  for (;;) {
    const counts = await callLocal<Counts>(socketPath(dir, 'ingest'), 'GET', `/counts?firm=${FIRM}`).catch(
      () => null,
    )
    if (counts && counts.entries.done >= entries) return counts
    if (performance.now() > end) throw new Error(`ingest did not get through: ${JSON.stringify(counts)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const KILLS: readonly Failpoint[] = [
  'ingest.beforeWrite',
  'ingest.afterWrite',
  'ingest.beforeCursor',
  'ingest.afterCursor',
]

test.for(KILLS)(
  'F2 killed at %s, twice, and started again: every item once',
  { timeout: 120_000 },
  async (failpoint) => {
    const dir = newFolder()
    const journal = await openCaseJournal(dir)
    await journal.control(T0, 'plant.put', casePlant())
    const part = ITEMS / 3
    for (let kill = 0; kill < 2; kill++) {
      // its work comes while it runs
      const child = start(dir, `${failpoint}:1`)
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(30_000) })
      await fill(journal, kill * part, (kill + 1) * part)
      expect(await gone).toEqual([null, 'SIGKILL'])
    }
    await fill(journal, 2 * part, ITEMS)
    const child = start(dir)
    const duplicates = ITEMS / 5
    const conflicts = ITEMS / 50
    const events = ITEMS / 20
    const { items, entries } = await settledCounts(dir, 1 + ITEMS + duplicates + conflicts + events)
    expect(entries.inFlight).toBe(0)
    expect(items).toEqual({
      decoded: ITEMS + duplicates + conflicts + events,
      stored: ITEMS + events,
      duplicate: duplicates,
      quarantined: conflicts,
      inFlight: 0,
    })
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await gone).toEqual([0, null])
    await journal.close()

    const ledger = openLedgerReader(ledgerFile(dir, FIRM))
    const rows = ledger.events(0, 10_000)
    expect(rows.filter((row) => row.kind === 'machine.event')).toHaveLength(events)
    expect(new Set(rows.map((row) => `${row.kind} ${row.offset} ${row.body}`)).size).toBe(rows.length)
    expect(ledger.quarantine({ limit: 1000 })).toHaveLength(conflicts)
    expect(ledger.firstBroken()).toBeNull()
    ledger.close()
    const historian = await openHistorianReader('sqlite:', {
      dir: path.join(dir, 'historian'),
      openMinutes: () => Promise.resolve([]),
    })
    const readings = await historian.raw(
      { firm: FIRM, machine: MACHINE, measure: 'power_kw' },
      T0,
      T0 + 3_600_000,
      10_000,
    )
    await historian.close()
    expect(readings).toEqual(Array.from({ length: ITEMS }, (_, i) => ({ ts: T0 + i * 1000, value: i % 60 })))
  },
)

test('F17 SIGTERM while it works: it ends with 0, and what it had done is stored', async () => {
  const dir = newFolder()
  const journal = await openCaseJournal(dir)
  await journal.control(T0, 'plant.put', casePlant())
  await fill(journal, 0, ITEMS)
  const child = start(dir)
  await settledCounts(dir, 1)
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  expect(await gone).toEqual([0, null])
  await journal.close()
  const ledger = openLedgerReader(ledgerFile(dir, FIRM))
  expect(ledger.plant()).toMatchObject({ version: 1 })
  expect(ledger.firstBroken()).toBeNull()
  ledger.close()
})
