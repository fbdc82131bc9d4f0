/**
 * Simulated devices with faults at a real broker, journal and pipeline, all in this process. The plant's time runs as fast as the devices
 * can tell it: the last quarter hour up to now, so that what is sent is late and never skewed but by a fault.
 */
import path from 'node:path'
import type { Counts } from '#contract/live.ts'
import type { FaultRequest } from '#contract/local.ts'
import { controlTopic } from '#contract/topics.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { MINUTE, SECOND } from '#domain/time.ts'
import { Truths } from '#store/truth/truths.ts'
import { countsOf } from '../../ingest/dataHealth.ts'
import { Device } from '../../simulators/device.ts'
import { Engine } from '../../simulators/engine.ts'
import { Switchboard } from '../../simulators/faults/switchboard.ts'
import { Outbox } from '../../simulators/outbox.ts'
import { Shop } from '../../simulators/shop/shop.ts'
import { readSimSettings } from '../../simulators/settings.ts'
import { casePlant, MACHINE, OTHER } from '../casePlant.ts'
import { caughtUp, deed, FIRM, silent, startIngest, until, type Journal } from '../pipelineCase.ts'
import { openLocalBroker } from './brokerUnderTest.ts'

export { FIRM, MACHINE, OTHER }

/** Two lathes behind one gateway. */
export const plant: Plant = { ...casePlant(FIRM), credentials: [{ name: 'g1', machines: [MACHINE, OTHER] }] }

const MINUTES = 15
const TURN = 15 * SECOND

export type Told = {
  readonly counts: Counts
  /** What the notes of the faults say that the product must count. */
  readonly expected: Readonly<Record<string, number>>
  readonly truth: ReturnType<Truths['of']>
}

/** Runs the plant with faults and hands what came of it to `look`. A fault's `from` and `to` are minutes of the run. */
export async function runFaults(
  requests: readonly (FaultRequest & { readonly from: number; readonly to: number })[],
  look: (told: Told) => void,
  seed = 6,
): Promise<void> {
  const broker = await openLocalBroker()
  const end = Date.now()
  const start = end - MINUTES * MINUTE
  const settings = readSimSettings({
    BAIYUAN_SIM_SEED: String(seed),
    BAIYUAN_SIM_SPEED: '40',
    BAIYUAN_SIM_RATE: '2',
  })
  const outbox = new Outbox(path.join(broker.dir, 'outbox.db'))
  const truths = new Truths(path.join(broker.dir, 'truth'))
  const machines = plant.machines.map((machine) => `${FIRM}/${machine.path}`)
  const faults = new Switchboard(outbox, machines, seed)
  for (const { from, to, ...rest } of requests) {
    const answer = faults.start({ ...rest, from: start + from * MINUTE, to: start + to * MINUTE })
    if (!answer.ok) throw new Error(answer.problems.join('; '))
  }
  const put = deed(start, 'plant.put', plant)
  await broker.journal.append({
    topic: controlTopic(FIRM, 'plant.put'),
    principal: 'engineer-1',
    payload: Buffer.from(JSON.stringify(put.payload)),
  })
  const running = await startIngest(broker.dir)
  const life = new Shop(plant, settings, outbox.sims(), start)
  const engine = new Engine([{ plant, life }], { outbox, log: silent, faults }, start)
  const device = new Device(`${FIRM}/g1`, {
    broker: { protocol: 'mqtt', host: '127.0.0.1', port: broker.port },
    secret: broker.device(`${FIRM}/g1`, machines),
    outbox,
    counts: { sent: 0, acknowledged: 0, refused: 0 },
    log: silent,
  })
  const step = async (now: number) => {
    engine.turn(now)
    device.follow(engine.device(device.path)!)
    const waits = () => outbox.waiting.signals + outbox.waiting.evidence
    if (engine.device(device.path)!.state.link)
      await until(() => (device.turn(), waits() === 0), 'the device to tell what it has')
    truths.apply(outbox.truths())
  }
  try {
    device.start()
    for (let now = start + TURN; now <= end; now += TURN) await step(now)
    // what is held back comes, and what was acknowledged is noted
    for (let now = end; engine.held > 0; now += 10 * SECOND) await step(now)
    await step(end)
    await step(end)
    await caughtUp(running, { writer: broker.journal } as Journal)
    const firm = running.intake.firms.get(FIRM)!
    const truth = truths.of(FIRM)
    const expected: Record<string, number> = {}
    for (const { counter, items } of truth.named())
      if (counter !== '') expected[counter] = (expected[counter] ?? 0) + items
    look({ counts: countsOf(running.intake, firm), expected, truth })
  } finally {
    await device.stop()
    await running.stop()
    truths.close()
    outbox.close()
    await broker.stop()
  }
}

/** The product's counters under the names that the notes of the faults use. */
export function countersOf({ items, flags, gaps, quarantine }: Counts): Record<string, number> {
  const all: Record<string, number> = { ...flags, duplicate: items.duplicate, gap: gaps.items }
  delete all['gap_before']
  for (const [reason, n] of Object.entries(quarantine)) all[`quarantine:${reason}`] = n
  return Object.fromEntries(Object.entries(all).filter(([, n]) => n !== 0))
}
