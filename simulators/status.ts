/**
 * What the simulators say of themselves on their local socket: /health, /ready, /metrics, /status; which faults are in force and how they
 * are switched: /faults; and what was really sent: /truth.
 */
import type { FaultList, FaultRequest, Health, TruthAnswer } from '#contract/local.ts'
import type { Truths } from '#store/truth/truths.ts'
import type { LocalAnswer, LocalRoutes } from '#runtime/local.ts'
import { createMetrics, Gauge } from '#runtime/metrics.ts'
import type { Device, DeviceCounts } from './device.ts'
import type { Engine } from './engine.ts'
import type { Switchboard } from './faults/switchboard.ts'
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
  faults: Switchboard | null
  truths: Truths | null
  /** Why the truth cannot be written; null: it can. */
  truthFault: string | null
  readonly firms: readonly string[]
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
  /** Faults in force or waiting for their time, and items that they hold back. */
  readonly faults: number
  readonly held: number
}

const FIGURES = {
  connected: 'devices with an open connection',
  devices: 'devices of the plant files',
  sent: 'messages handed to a connection, repeats included',
  acknowledged: 'messages whose publish callback said so',
  refused: 'connections refused for their credential',
  waiting: 'messages in the outbox',
  dropped: 'signals dropped because the outbox was full',
  faults: 'faults in force or waiting for their time',
  held: 'items held back by faults',
} as const satisfies Partial<Record<keyof SimulatorStatus, string>>

export function statusOf({ wanted, counts, devices, engine, outbox, faults }: Simulators): SimulatorStatus {
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
    faults: faults?.list.length ?? 0,
    held: engine?.held ?? 0,
  }
}

function healthOf(simulators: Simulators): Health {
  const { wanted, faulty, engine } = simulators
  const offline = wanted - statusOf(simulators).connected
  const checks = {
    plants:
      faulty.length === 0 ? { ok: true } : { ok: false, why: `${faulty.length} plant file(s) have faults` },
    plant: engine?.state ?? { ok: false, why: 'not yet started' },
    truth: simulators.truthFault === null ? { ok: true } : { ok: false, why: simulators.truthFault },
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
      'GET /faults': () => ({ body: listFaults(simulators) }),
      'POST /faults': (body) => startFault(simulators, body),
      'POST /faults/stop': (body) => stopFault(simulators, body),
      'GET /truth': (_, query) => showTruth(simulators, query),
    },
  }
}

const NOT_YET: LocalAnswer = { status: 503, body: { error: 'not yet started' } }

function listFaults({ faults }: Simulators): FaultList {
  return { kinds: faults?.kinds ?? [], running: faults?.list ?? [] }
}

const isObject = (body: unknown): body is object => typeof body === 'object' && body !== null

function startFault({ faults }: Simulators, body: unknown): LocalAnswer {
  if (!faults) return NOT_YET
  if (!isObject(body)) return { status: 400, body: { error: 'no object', problems: ['no object'] } }
  const answer = faults.start(body as FaultRequest)
  if (answer.ok) return { body: answer.fault }
  return { status: 400, body: { error: answer.problems.join('; '), problems: answer.problems } }
}

function stopFault({ faults }: Simulators, body: unknown): LocalAnswer {
  if (!faults) return NOT_YET
  const id = isObject(body) ? (body as { id?: unknown }).id : undefined
  if (typeof id === 'string' && faults.stop(id)) return { body: {} }
  return { status: 404, body: { error: `no fault ${String(id)} is in force` } }
}

const MOST_NOTES = 5000

function showTruth({ truths, firms }: Simulators, query: URLSearchParams): LocalAnswer {
  if (!truths) return NOT_YET
  const machine = query.get('machine')
  const [firm, ...path] = machine?.split('/') ?? []
  const wanted = firm === undefined ? firms : firms.filter((known) => known === firm)
  if (wanted.length === 0) return { status: 404, body: { error: `no simulated firm ${String(firm)}` } }
  const own = path.length > 0 ? path.join('/') : undefined
  const limit = Math.min(MOST_NOTES, Math.max(0, Math.floor(Number(query.get('notes') ?? 0)) || 0))
  const answer: TruthAnswer = {
    firms: wanted.map((name) => {
      const truth = truths.of(name)
      const notes = limit > 0 ? truth.notes(limit, own) : []
      return { firm: name, streams: truth.streams(own), named: truth.named(own), notes }
    }),
  }
  return { body: answer }
}
