/** Kill -9 of the processes at random moments under QoS 1 load; used with few kills in CI and many in the long run. */
import { expect } from 'vitest'
import { FleetDevice } from './fleet.ts'
import { Installation, until } from './installation.ts'
import { expectBalanced, expectNothingLost, expectVerified, settled } from './reconcile.ts'
import { machineOf, writeWorks } from './works.ts'

const FIRM = 'kill-works'
const DEVICES = 20
const EVERY_MS = 20

/** Runs the load, kills `kills` processes in the given order with random pauses, stops the load, and reconciles. */
export async function surviveKills(
  kills: readonly string[],
  random: () => number,
): Promise<{ acknowledged: number }> {
  const installation = new Installation(writeWorks(FIRM, DEVICES))
  const fleet: FleetDevice[] = []
  let timer: NodeJS.Timeout | undefined
  try {
    // The simulators run too; this plant is not theirs, so they only have to come back.
    const run = await installation.start()
    for (let number = 0; number < DEVICES; number++) {
      const secret = await installation.device(`${FIRM}/${machineOf(number)}`)
      fleet.push(new FleetDevice(run.mqtt, secret, FIRM, machineOf(number), 'k1'))
    }
    timer = setInterval(() => {
      const now = Date.now()
      for (const device of fleet) if (device.waiting < 500) device.measure(now)
    }, EVERY_MS)
    for (const name of kills) {
      await new Promise((done) => setTimeout(done, 300 + random() * 1200))
      const pid = installation.pid(name)
      process.kill(pid, 'SIGKILL')
      await until(() => installation.output.includes(`${name} runs again`), 60_000).catch((error: Error) => {
        throw new Error(`${name} did not come back (${error.message}):\n${installation.output}`)
      })
      installation.output = ''
      expect(installation.pid(name)).not.toBe(pid)
    }
    clearInterval(timer)
    await until(() => fleet.every((device) => device.waiting === 0), 60_000)
    await settled(installation)
    const sent = fleet.flatMap((device) => device.acknowledged)
    await expectNothingLost(installation, FIRM, sent)
    const { counts, journalled } = await expectBalanced(installation, FIRM)
    expect(counts.items).toMatchObject({
      stored: journalled.distinct,
      duplicate: journalled.items - journalled.distinct,
      quarantined: 0,
    })
    expectVerified(installation)
    return { acknowledged: sent.length }
  } finally {
    clearInterval(timer)
    for (const device of fleet) await device.end()
    await installation.stop()
    installation.remove()
  }
}

/** A seeded generator, so that a failing run can be repeated: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
