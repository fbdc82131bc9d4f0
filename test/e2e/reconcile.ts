/** Holds what devices believe acknowledged against journal, historian and counts, after everything has come to rest. */
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import type { Counts } from '#contract/live.ts'
import { openHistorianReader } from '#store/historian/open.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import type { Sent } from './fleet.ts'
import { until, type Installation } from './installation.ts'

const root = path.resolve(import.meta.dirname, '../..')

type Status = { readonly lag: number; readonly historian: { readonly lag: number; readonly ok: boolean } }

/** Waits until the pipeline and the historian have read all that the journal holds. */
export async function settled(installation: Installation): Promise<void> {
  let last: unknown = null
  const isSettled = async () => {
    try {
      const status = await installation.local<Status>('ingest', 'GET', '/status')
      last = status
      return status.lag === 0 && status.historian.ok && status.historian.lag === 0
    } catch (error) {
      last = error // it may be starting; if it never does, the timeout says why
      return false
    }
  }
  await until(isSettled, 60_000).catch((error: unknown) => {
    const told = last instanceof Error ? last.message : JSON.stringify(last)
    throw new Error(`ingest does not come to rest: ${told}`, { cause: error })
  })
}

/** What the journal itself says of a firm's device messages, counted here without the pipeline. */
export type Journalled = {
  readonly items: number
  /** Different (machine, class, boot, seq). */
  readonly distinct: number
}

function journalledOf(installation: Installation, firm: string): Journalled {
  const reader = openJournalReader(path.join(installation.data, 'journal'))
  const keys = new Set<string>()
  let items = 0
  for (let commit = 0; ;) {
    const entries = reader.read(commit)
    if (entries.length === 0) break
    for (const entry of entries) {
      commit = entry.commit
      if (entry.firm !== firm || !entry.topic.startsWith('v1/')) continue
      const { boot, ...body } = JSON.parse(entry.payload.toString()) as {
        boot?: string
        seq?: number
        items?: readonly { readonly seq?: number }[]
      }
      for (const { seq } of body.items ?? [body]) {
        items++
        keys.add(`${entry.topic} ${boot} ${seq ?? `none ${items}`}`)
      }
    }
  }
  reader.close()
  return { items, distinct: keys.size }
}

/** After `settled`: the counts are the journal's own, and every item has ended somewhere. */
export async function expectBalanced(
  installation: Installation,
  firm: string,
): Promise<{ counts: Counts; journalled: Journalled }> {
  const counts = await installation.local<Counts>('ingest', 'GET', `/counts?firm=${firm}`)
  const journalled = journalledOf(installation, firm)
  const { entries, items } = counts
  expect(entries).toEqual({ received: entries.done, done: entries.done, inFlight: 0 })
  expect({ decoded: items.decoded, inFlight: items.inFlight, unaccounted: counts.unaccounted }).toEqual({
    decoded: journalled.items,
    inFlight: 0,
    unaccounted: 0,
  })
  return { counts, journalled }
}

/** Every acknowledged message is in the journal; each distinct reading is in the historian exactly once, with its value. */
export async function expectNothingLost(
  installation: Installation,
  firm: string,
  sent: readonly Sent[],
): Promise<void> {
  const reader = openJournalReader(path.join(installation.data, 'journal'))
  const journalled = new Set<string>()
  for (let commit = 0; ;) {
    const entries = reader.read(commit)
    if (entries.length === 0) break
    for (const entry of entries) {
      commit = entry.commit
      if (!entry.topic.startsWith('v1/')) continue
      const body = JSON.parse(entry.payload.toString()) as { boot: string; seq: number }
      journalled.add(`${entry.topic.split('/').slice(2, 6).join('/')} ${body.boot} ${body.seq}`)
    }
  }
  reader.close()
  const lost = sent.filter(({ machine, boot, seq }) => !journalled.has(`${machine} ${boot} ${seq}`))
  expect(lost).toEqual([])

  const historian = await openHistorianReader('sqlite:', {
    dir: path.join(installation.data, 'historian'),
    openMinutes: async (series, from, to) => {
      const query = new URLSearchParams({ ...series, from: String(from), to: String(to) })
      const rows = await installation.local<[number, number][]>('ingest', 'GET', `/open?${query.toString()}`)
      return rows.map(([ts, value]) => ({ ts, value }))
    },
  })
  for (const [machine, list] of Map.groupBy(sent, (item) => item.machine)) {
    const from = Math.min(...list.map(({ ts }) => ts))
    const to = Math.max(...list.map(({ ts }) => ts)) + 1
    const raw = await historian.raw({ firm, machine, measure: 'power_kw' }, from, to, 1_000_000)
    const stored = new Map(raw.map(({ ts, value }) => [ts, value]))
    expect(stored.size, `${machine}: a reading stands twice`).toBe(raw.length)
    const missing = list.filter(({ ts, power }) => stored.get(ts) !== power)
    expect(missing, `${machine}: readings missing or changed`).toEqual([])
  }
  await historian.close()
}

/** `npm run journal -- verify` finds every chain whole. */
export function expectVerified(installation: Installation): void {
  const done = spawnSync(
    process.execPath,
    [path.join(root, 'broker/cli/journal.ts'), 'verify', '--data', installation.data],
    {
      encoding: 'utf8',
    },
  )
  expect(done.stderr).toBe('')
  expect({ status: done.status, said: done.stdout }).toMatchObject({ status: 0 })
}
