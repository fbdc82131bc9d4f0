/**
 * Runs ingest on entries of a real journal, in a folder of its own: what the case folders under test/cases and the tests of ingest
 * share. Time in a case is the `received_at` that its input states; the journal's clock is set to it entry by entry.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createHash, randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import pino from 'pino'
import type { ControlKind } from '#contract/control.ts'
import { controlTopic, tickTopic } from '#contract/topics.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { openMemory } from '#store/historian/memory.ts'
import type { Historian } from '#store/historian/historian.ts'
import type { JournalWriter } from '#store/journal/journal.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { openJournal } from '#store/journal/writer.ts'
import { Intake } from '../ingest/intake.ts'

export const silent = pino({ level: 'silent' })
export const FIRM = 'case'
/** 2026-11-24 08:00 in Shanghai. */
export const T0 = Date.UTC(2026, 10, 24)

export type Journal = {
  readonly dir: string
  readonly writer: JournalWriter
  append(receivedAt: number, topic: string, payload: unknown, principal?: string): Promise<number>
  control(receivedAt: number, kind: ControlKind, body: unknown, id?: string): Promise<string>
  tick(receivedAt: number, mono: number): Promise<number>
  close(): Promise<void>
}

export const newFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'baiyuan-ingest-'))

/** A journal whose clock is told by each append. */
export async function openCaseJournal(dir: string): Promise<Journal> {
  let now = T0
  const writer = await openJournal({ dir: path.join(dir, 'journal'), log: silent, clock: () => now })
  const append: Journal['append'] = async (receivedAt, topic, payload, principal = 'device-1') => {
    now = receivedAt
    const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload))
    const place = await writer.append({ topic, principal, payload: bytes })
    return place.offset
  }
  return {
    dir,
    writer,
    append,
    async control(receivedAt, kind, body, id = randomUUID()) {
      const entry = {
        id,
        by: 'engineer-1',
        role: 'engineer',
        at: receivedAt,
        reason: 'checked',
        kind,
        version: 1,
        body,
      }
      await append(receivedAt, controlTopic(FIRM, kind), entry, 'engineer-1')
      return id
    },
    tick: (receivedAt, mono) => append(receivedAt, tickTopic(FIRM), { wall: receivedAt, mono }, 'journal'),
    close: () => writer.close(),
  }
}

export type Running = { readonly intake: Intake; readonly historian: Historian; stop(): Promise<void> }

/** Starts ingest on a folder, reading the journal of that or another one. The historian stays open for questions. */
export async function startIngest(
  dir: string,
  historian: Historian = openMemory(),
  journalDir = dir,
): Promise<Running> {
  const reader = openJournalReader(path.join(journalDir, 'journal'))
  const intake = new Intake({ dir, reader, historian, log: silent })
  await intake.start()
  return {
    intake,
    historian,
    async stop() {
      await intake.stop()
      reader.close()
    },
  }
}

/** Waits for a condition that other work brings about. */
export async function until(condition: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Waits until everything that the journal holds is through the pipeline and in the historian. */
export async function caughtUp(running: Running, journal?: Journal): Promise<void> {
  const { intake } = running
  const commit = () => Math.max(journal?.writer.status().commit ?? 0, intake.reader.head())
  intake.wake()
  await until(() => intake.cursor >= commit() && intake.feed.lag === 0, 'ingest to catch up')
}

/** Takes everything that the journal holds and stops. */
export async function ingestAll(
  journal: Journal,
  historian: Historian = openMemory(),
  dir = journal.dir,
): Promise<Running> {
  const running = await startIngest(dir, historian, journal.dir)
  await caughtUp(running, journal)
  await running.stop()
  return running
}

/** Tables whose rows are the same whatever the order of arrival was. */
const SETTLED = ['state_run', 'stream', 'hash_block', 'plant']

/** A hash over the rows of a firm's ledger: all of it, or only what does not depend on the order of arrival. */
export function ledgerHash(dir: string, tables: readonly string[] | 'all' = 'all', firm = FIRM): string {
  const db = new DatabaseSync(path.join(dir, 'ledger', `${firm}.db`), { readOnly: true })
  const names =
    tables === 'all'
      ? db
          .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
          .all()
          .map((row) => row['name'] as string)
      : tables
  const hash = createHash('sha256')
  for (const name of names) {
    const rows = db.prepare(`SELECT * FROM ${name}`).all()
    for (const row of rows)
      hash.update(
        `${name} ${JSON.stringify(row, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))}\n`,
      )
  }
  db.close()
  return hash.digest('hex')
}
export { SETTLED }

/** Every reading of every measure of a plant's machines, by series. */
export function readingsIn(historian: Historian, plant: Plant): Record<string, [number, number][]> {
  const out: Record<string, [number, number][]> = {}
  for (const machine of plant.machines)
    for (const measure of ['state', ...machine.measures.map((m) => m.name)]) {
      const points = historian.openReadings(
        { firm: plant.firm, machine: machine.path, measure },
        0,
        Number.MAX_SAFE_INTEGER,
      )
      if (points.length > 0) out[`${machine.path}:${measure}`] = points.map(({ ts, value }) => [ts, value])
    }
  return out
}
