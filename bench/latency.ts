/** From publish to the page's socket: a probe machine sends a value twice a second while others make the load. */
import { io } from 'socket.io-client'
import mqtt from 'mqtt'
import { machineOf } from '../test/e2e/works.ts'
import { deviceTopic } from '#contract/topics.ts'
import { Latencies } from '../simulators/load/latencies.ts'
import { FIRM, row, runLoad, startPlant, whole } from './plant.ts'

const DEVICES = 500
/** Several probes, so that a run has enough samples although one machine's deltas are limited to 5 a second. */
const PROBES = 20
const PROBE_EVERY_MS = 500

export async function measureLatency(seconds: number): Promise<void> {
  process.stdout.write(
    `Publish to page: value published by a device -> delta at a page's socket, ${seconds} s each\n\n`,
  )
  row('load messages/s', 'reached', 'samples', 'p50 ms', 'p99 ms', 'max ms')
  row('---:', '---:', '---:', '---:', '---:', '---:')
  const { installation, accounts, port } = await startPlant(DEVICES + PROBES)
  try {
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
    const published = new Map<string, { value: number; at: number }>()
    let latencies = new Latencies()
    page.on(
      'delta',
      ({ machines }: { machines: { machine: string; values: Record<string, { value: number }> }[] }) => {
        const now = performance.now()
        for (const { machine, values } of machines) {
          const probe = published.get(machine)
          if (!probe || values['coolant_c']?.value !== probe.value) continue
          latencies.add(now - probe.at)
          published.delete(machine)
        }
      },
    )
    await page.emitWithAck('join', { firm: FIRM, cursor: 0 })
    const probes = await Promise.all(
      Array.from({ length: PROBES }, async (_, index) => {
        const number = DEVICES + index
        const { clientId, username, password } = accounts[number]!
        const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
          clientId,
          ...(username ? { username } : {}),
          ...(password ? { password } : {}),
        })
        return { client, machine: machineOf(number), seq: 0 }
      }),
    )
    for (const rate of [500, 2000, 5000]) {
      latencies = new Latencies()
      const load = runLoad({
        port,
        accounts: accounts.slice(0, DEVICES),
        inFlight: 8,
        seconds: seconds + 1,
        rate,
      })
      await new Promise((done) => setTimeout(done, 1500))
      const timers = probes.map((probe, index) =>
        setInterval(() => {
          probe.seq++
          const value = (probe.seq % 9000) / 100
          const ts = Date.now()
          published.set(probe.machine, { value, at: performance.now() })
          probe.client.publish(
            deviceTopic(FIRM, probe.machine, 'telemetry'),
            JSON.stringify({ ts, seq: probe.seq, boot: 'probe', v: { coolant_c: value } }),
            { qos: 1 },
          )
        }, PROBE_EVERY_MS + index),
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
