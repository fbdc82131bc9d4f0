/** What the simulators say of themselves on their local socket: /health, /ready, /metrics, /status. */
import type { Health } from '#contract/local.ts'
import type { LocalRoutes } from '#runtime/local.ts'
import { createMetrics, Gauge } from '#runtime/metrics.ts'
import type { Device, DeviceCounts } from './device.ts'
import type { Engine } from './engine.ts'
import type { Outbox } from './outbox.ts'

/** What runs; null until it is started. */
export type Simulators = {
  /** Devices of the plant files. */
  readonly wanted: number
  readonly faulty: readonly string[]
  readonly counts: DeviceCounts
  readonly devices: Device[]
  engine: Engine | null
  outbox: Outbox | null
}

/** GET /status */
export type SimulatorStatus = {
  /** Of this start; part of every message. */
  readonly boot: string
  readonly machines: number
  readonly devices: number
  readonly connected: number
  readonly sent: number
  readonly acknowledged: number
  readonly refused: number
  readonly waiting: number
  readonly waitingEvidence: number
  readonly dropped: number
}

const FIGURES = {
  connected: 'devices with an open connection',
  devices: 'devices of the plant files',
  sent: 'messages handed to a connection, repeats included',
  acknowledged: 'messages whose publish callback said so',
  refused: 'connections refused for their credential',
  waiting: 'messages in the outbox',
  dropped: 'signals dropped because the outbox was full',
} as const satisfies Partial<Record<keyof SimulatorStatus, string>>

export function statusOf({ wanted, counts, devices, engine, outbox }: Simulators): SimulatorStatus {
  const waiting = outbox?.waiting ?? { signals: 0, evidence: 0 }
  return {
    boot: engine?.boot ?? '',
    machines: engine?.machines ?? 0,
    devices: wanted,
    connected: devices.reduce((n, device) => n + (device.connected ? 1 : 0), 0),
    ...counts,
    waiting: waiting.signals + waiting.evidence,
    waitingEvidence: waiting.evidence,
    dropped: outbox?.dropped ?? 0,
  }
}

function healthOf(simulators: Simulators): Health {
  const { wanted, faulty, engine } = simulators
  const offline = wanted - statusOf(simulators).connected
  const checks = {
    plants:
      faulty.length === 0 ? { ok: true } : { ok: false, why: `${faulty.length} plant file(s) have faults` },
    plant: engine?.state ?? { ok: false, why: 'not yet started' },
    devices: offline === 0 ? { ok: true } : { ok: false, why: `${offline} of ${wanted} not connected` },
  }
  return { process: 'simulators', ok: Object.values(checks).every(({ ok }) => ok), checks }
}

/** `/ready` is 200 once every device is connected. */
export function localRoutes(simulators: Simulators): LocalRoutes {
  const registry = createMetrics('simulators')
  for (const [name, help] of Object.entries(FIGURES) as [keyof typeof FIGURES, string][])
    registry.registerMetric(
      new Gauge({
        name: `baiyuan_simulators_${name}`,
        help,
        registers: [],
        collect() {
          this.set(statusOf(simulators)[name])
        },
      }),
    )
  return {
    answers: {
      'GET /health': () => ({ body: healthOf(simulators) }),
      'GET /ready': () => {
        const ready = simulators.engine !== null && statusOf(simulators).connected === simulators.wanted
        return { status: ready ? 200 : 503, body: { ready } }
      },
      'GET /metrics': async () => ({ text: await registry.metrics(), type: registry.contentType }),
      'GET /status': () => ({ body: statusOf(simulators) }),
    },
  }
}
