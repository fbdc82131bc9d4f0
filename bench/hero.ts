/**
 * From publish to a changed figure on the page: probe machines count a kilowatt-hour now and then, while others make the load; a count is in
 * the figure of the day when a frame of the page's socket tells the day up to its instant or later.
 */
import { randomUUID } from 'node:crypto'
import { io } from 'socket.io-client'
import mqtt from 'mqtt'
import type { DayFigures } from '#contract/figures.ts'
import { deviceTopic } from '#contract/topics.ts'
import { Latencies } from '../simulators/load/latencies.ts'
import { machineOf } from '../test/e2e/works.ts'
import { FIRM, row, runLoad, startPlant, whole, type BenchPlant } from './plant.ts'

/** As many machines as the demo plant has. */
const DEVICES = 43
const PROBES = 5
const PROBE_EVERY_MS = 700

/** A firm without records has no figures: one target is enough. */
async function putTarget({ installation }: BenchPlant): Promise<void> {
  const value = { value: 90, unit: 'yuan per 100 yuan' }
  const record = {
    kind: 'target',
    key: 'u',
    from: Date.UTC(2026, 0),
    value,
    source: 'bench',
    illustrative: true,
  }
  const entry = {
    id: randomUUID(),
    by: 'bench',
    role: 'manager',
    at: Date.now(),
    kind: 'record.put',
    version: 1,
    body: { records: [record] },
  }
  await installation.local('broker', 'POST', '/control', { firm: FIRM, entry })
}

export async function measureHero(seconds: number): Promise<void> {
  process.stdout.write(
    `Publish to figure: a count published by a device -> the figure of the day at a page's socket, ${DEVICES + PROBES} machines, ${seconds} s each\n\n`,
  )
  row('load messages/s', 'reached', 'samples', 'p50 ms', 'p99 ms', 'max ms')
  row('---:', '---:', '---:', '---:', '---:', '---:')
  const plant = await startPlant(DEVICES + PROBES)
  const { installation, accounts, port } = plant
  try {
    await putTarget(plant)
    const { token } = installation.tool<{ token: string }>(
      'api/cli/token.ts',
      'add',
      '--role',
      'viewer',
      '--firm',
      FIRM,
    )
    const page = io(installation.run().http, {
      extraHeaders: { authorization: `Bearer ${token}` },
      transports: ['websocket'],
    })
    await new Promise<void>((done) => page.once('connect', done))
    let waiting: { readonly ts: number; readonly at: number }[] = []
    let latencies = new Latencies()
    page.on('day', ({ window }: DayFigures) => {
      const now = performance.now()
      waiting = waiting.filter(({ ts, at }) => {
        if (ts > window.asOf) return true
        latencies.add(now - at)
        return false
      })
    })
    await page.emitWithAck('join', { firm: FIRM, cursor: 0 })
    const probes = await Promise.all(
      accounts.slice(DEVICES).map(async ({ clientId, username, password }, index) => ({
        machine: machineOf(DEVICES + index),
        seq: 0,
        client: await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
          clientId,
          ...(username ? { username } : {}),
          ...(password ? { password } : {}),
        }),
      })),
    )
    for (const rate of [500, 2000]) {
      latencies = new Latencies()
      const load = runLoad({
        port,
        accounts: accounts.slice(0, DEVICES),
        inFlight: 8,
        seconds: seconds + 2,
        rate,
      })
      await new Promise((done) => setTimeout(done, 2000))
      const timers = probes.map((probe, index) =>
        setInterval(
          () => {
            probe.seq++
            const ts = Date.now()
            waiting.push({ ts, at: performance.now() })
            const item = { ts, seq: probe.seq, boot: `probe-${rate}`, v: { kwh: probe.seq, good: 0 } }
            probe.client.publish(deviceTopic(FIRM, probe.machine, 'count'), JSON.stringify(item), { qos: 1 })
          },
          PROBE_EVERY_MS + 37 * index,
        ),
      )
      const { perSecond } = await load
      for (const timer of timers) clearInterval(timer)
      row(
        whole(rate),
        whole(perSecond),
        latencies.count,
        latencies.percentile(0.5),
        latencies.percentile(0.99),
        Math.round(latencies.max),
      )
    }
    for (const { client } of probes) await client.endAsync(true)
    page.close()
  } finally {
    await installation.stop()
    installation.remove()
  }
  process.stdout.write('\n')
}
