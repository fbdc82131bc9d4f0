/** F2 for panes: ingest killed in the middle of a shift and while it settles, as its own process on the real journal. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Counts } from '#contract/live.ts'
import { HOUR, MINUTE, SECOND } from '#domain/time.ts'
import type { Failpoint } from '#runtime/failpoints.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { itemsBetween } from '../../simulators/works/items.ts'
import type { DayTruth } from '../../simulators/works/truthDay.ts'
import {
  deed,
  FIRM,
  ingestAll,
  listReader,
  newFolder,
  openCaseJournal,
  type Journal,
  type Sent,
} from '../pipelineCase.ts'
import { demoDays, demoPlant, messageAt, numbered, outcomeOf, withTicks } from './panesDay.ts'

const MAIN = path.join(import.meta.dirname, '../../ingest/main.ts')
/** One in the middle of the shift, one as it settles, one after. */
const KILLS: readonly Failpoint[] = ['ingest.beforeCursor', 'ingest.afterCursor', 'ingest.beforeCursor']

function start(dir: string, failpoint?: Failpoint): ChildProcess {
  const args = [MAIN, '--data', dir, '--mqtt', '127.0.0.1:0', '--store', 'sqlite:']
  const env = {
    ...process.env,
    BAIYUAN_LOG: 'error',
    ...(failpoint ? { BAIYUAN_FAILPOINT: `${failpoint}:1` } : {}),
  }
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
}

async function append(journal: Journal, sent: readonly Sent[]): Promise<void> {
  for (let i = 0; i < sent.length; i += 100)
    await Promise.all(
      sent
        .slice(i, i + 100)
        .map(({ at, topic, payload, principal }) => journal.append(at, topic, payload, principal)),
    )
}

async function through(dir: string, entries: number): Promise<void> {
  for (const end = performance.now() + 40_000; performance.now() < end;) {
    const counts = await callLocal<Counts>(socketPath(dir, 'ingest'), 'GET', `/counts?firm=${FIRM}`).catch(
      () => null, // it is starting
    )
    if (counts && counts.entries.done >= entries) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('ingest did not get through')
}

test(
  'F2 killed three times around a settlement: the same panes and settlements as without',
  { timeout: 120_000 },
  async () => {
    const plant = demoPlant(['lathe-01', 'm00'])
    const [day] = demoDays(1) as [DayTruth]
    const items = itemsBetween(day, plant.machines, day.from, day.from + 10 * HOUR)
    const sent = [
      deed(day.from - MINUTE, 'plant.put', plant, '5c1f1f0e-5d0c-4b5e-8a3f-2f4f6f0c0d0e'),
      ...withTicks(
        numbered(items).map((one) => messageAt(one.ts + 40, one)),
        day.from - MINUTE,
        day.from + 10 * HOUR,
        15 * SECOND,
      ),
    ]
    const whole = newFolder()
    await ingestAll(whole, { reader: listReader(sent) })
    const expected = outcomeOf(whole)
    expect(expected.settled.map(({ shift, revision }) => [shift, revision])).toEqual([[0, 0]])

    const dir = newFolder()
    const journal = await openCaseJournal(dir)
    const settledAt = expected.settled[0]!.offset
    const cuts = [0, Math.floor(settledAt / 2), settledAt, settledAt + 100, sent.length]
    for (const [kill, failpoint] of KILLS.entries()) {
      const child = start(dir, failpoint) // its work comes while it runs
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(30_000) })
      await append(journal, sent.slice(cuts[kill], cuts[kill + 1]))
      expect(await gone).toEqual([null, 'SIGKILL'])
    }
    await append(journal, sent.slice(cuts.at(-2)))
    const child = start(dir)
    await through(dir, sent.length)
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await gone).toEqual([0, null])
    await journal.close()

    const outcome = outcomeOf(dir)
    expect(outcome.settled).toEqual(expected.settled)
    for (const { path: machine } of plant.machines)
      expect(outcome.panes(machine, day.from, day.to)).toEqual(expected.panes(machine, day.from, day.to))
  },
)
