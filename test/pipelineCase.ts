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
import { controlTopic, firmOf, tickTopic } from '#contract/topics.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { openMemory } from '#store/historian/memory.ts'
import type { Historian } from '#store/historian/historian.ts'
import type { JournalEntry, JournalReader, JournalWriter } from '#store/journal/journal.ts'
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

export type StartOptions = {
  readonly historian?: Historian
  /** By default the journal of the same folder. */
  readonly reader?: JournalReader
  readonly maxFresh?: number
}

/** Starts ingest on a folder. The historian stays open for questions after the stop. */
export async function startIngest(dir: string, options: StartOptions = {}): Promise<Running> {
  const {
    historian = openMemory(),
    reader = openJournalReader(path.join(dir, 'journal')),
    maxFresh,
  } = options
  const intake = new Intake({
    dir,
    reader,
    historian,
    log: silent,
    ...(maxFresh === undefined ? {} : { maxFresh }),
  })
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

/** A message for `listReader`; its place in the journal is its place in the list. */
export type Sent = {
  readonly at: number
  readonly topic: string
  readonly payload: unknown
  readonly principal?: string
}

/** A journal that exists only as a list: ten entries to a commit. `more` adds to it. */
export function listReader(sent: readonly Sent[]): JournalReader & { more(sent: readonly Sent[]): void } {
  const entries: JournalEntry[] = []
  const more = (list: readonly Sent[]) => {
    const commits = entries.at(-1)?.commit ?? 0
    for (const [i, { at, topic, payload, principal = 'device-1' }] of list.entries()) {
      const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload))
      const offset = entries.length + 1
      const commit = commits + Math.floor(i / 10) + 1
      entries.push({ firm: firmOf(topic), offset, commit, receivedAt: at, principal, topic, payload: bytes })
    }
  }
  more(sent)
  return {
    more,
    read(after, maxBytes = Infinity) {
      const from = entries.findIndex((entry) => entry.commit > after)
      if (from < 0) return []
      let bytes = 0
      let to = from
      while (to < entries.length && (bytes < maxBytes || entries[to]!.commit === entries[to - 1]!.commit))
        bytes += entries[to++]!.payload.length
      return entries.slice(from, to)
    },
    head: () => entries.at(-1)?.commit ?? 0,
    heads: () => [{ firm: FIRM, offset: entries.length, hash: '' }],
    find: (_firm, offset) => entries[offset - 1] ?? null,
    findAll: (_firm, offsets) => entries.filter(({ offset }) => offsets.includes(offset)),
    sealedWith: () => [],
    sealedTo: () => 0,
    chainAt: (_firm, offset) => ({ state: 'not_kept', hash: null, from: offset, to: offset, why: null }),
    damage: () => [],
    close: () => undefined,
  }
}

/** A control entry as the api journals it. */
export function deed(at: number, kind: ControlKind, body: unknown, id: string = randomUUID()): Sent {
  const payload = { id, by: 'engineer-1', role: 'engineer', at, reason: 'checked', kind, version: 1, body }
  return { at, topic: controlTopic(FIRM, kind), payload, principal: 'engineer-1' }
}

export const tickAt = (at: number, mono: number): Sent => ({
  at,
  topic: tickTopic(FIRM),
  payload: { wall: at, mono },
})

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

/** Takes everything that a journal holds, and stops. */
export async function ingestAll(dir: string, options: StartOptions = {}): Promise<Running> {
  const running = await startIngest(dir, options)
  await caughtUp(running)
  await running.stop()
  return running
}

/** A hash over every row of tables of a firm's ledger; by default of all of them. */
export function ledgerHash(dir: string, tables?: readonly string[]): string {
  const db = new DatabaseSync(path.join(dir, 'ledger', `${FIRM}.db`), { readOnly: true })
  const all = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all()
  const hash = createHash('sha256')
  for (const name of tables ?? all.map((row) => row['name'] as string))
    for (const row of db.prepare(`SELECT * FROM ${name}`).all())
      hash.update(`${name} ${JSON.stringify(row, hexBytes)}\n`)
  db.close()
  return hash.digest('hex')
}

const hexBytes = (_key: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value

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
