/**
 * What the simulators say of themselves on their local socket: /health, /ready, /metrics, /status; which faults are in force and how they
 * are switched: /faults; and what was really sent: /truth.
 */
import type {
  FaultList,
  FaultRequest,
  Health,
  RunRequest,
  SimulationRun,
  TruthAnswer,
} from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { LocalAnswer, LocalRoutes } from '#runtime/local.ts'
import { createMetrics, Gauge } from '#runtime/metrics.ts'
import { faultList } from './faults/catalogue.ts'
import type { Run } from './run.ts'
import { runProblems } from './runRequest.ts'
import { truthRows } from './truthRows.ts'

export type Simulators = {
  /** Of the plant files. */
  readonly plants: readonly Plant[]
  /** Plant files with faults. */
  readonly faulty: readonly string[]
  /** The plants of the plant files; null until it is begun. */
  standing: Run | null
  /** Oldest first; ended ones stay until the process stops. */
  readonly started: Run[]
  start(request: RunRequest): Promise<Run>
}

const runsOf = ({ standing, started }: Simulators): Run[] =>
  standing ? [standing, ...started] : [...started]

/** The newest run of a firm. */
const runOf = (simulators: Simulators, firm: string | undefined): Run | undefined =>
  runsOf(simulators).findLast((run) => firm !== undefined && run.firms.includes(firm))

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

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** Of all runs that have not ended. */
export function statusOf(simulators: Simulators): SimulatorStatus {
  const runs = runsOf(simulators).filter((run) => run.ended === undefined || run.spec.standing)
  const waiting = runs.map((run) => run.outbox.waiting)
  const counts = runs.flatMap((run) => run.firms.map((firm) => run.counts(firm)))
  return {
    boot: simulators.standing?.engine?.boot ?? '',
    machines: sum(runs.map((run) => run.engine?.machines ?? 0)),
    devices: sum(runs.map((run) => run.wanted.length)),
    connected: sum(runs.map((run) => run.devices.filter((device) => device.connected).length)),
    sent: sum(counts.map(({ sent }) => sent)),
    acknowledged: sum(counts.map(({ acknowledged }) => acknowledged)),
    refused: sum(counts.map(({ refused }) => refused)),
    waiting: sum(waiting.map(({ signals, evidence }) => signals + evidence)),
    waitingEvidence: sum(waiting.map(({ evidence }) => evidence)),
    dropped: sum(runs.map((run) => run.outbox.dropped)),
    faults: sum(runs.map((run) => run.faults.list.length)),
    held: sum(runs.map((run) => run.engine?.held ?? 0)),
  }
}

function healthOf(simulators: Simulators): Health {
  const { faulty, standing } = simulators
  const wanted = standing?.wanted.length ?? 0
  const offline = wanted - (standing?.devices.filter((device) => device.connected).length ?? 0)
  const unwritten = runsOf(simulators).find((run) => run.truthFault !== null)
  const checks = {
    plants:
      faulty.length === 0 ? { ok: true } : { ok: false, why: `${faulty.length} plant file(s) have faults` },
    plant: standing?.engine?.state ?? { ok: false, why: 'not yet started' },
    truth: unwritten ? { ok: false, why: unwritten.truthFault! } : { ok: true },
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
        const run = simulators.standing
        const ready =
          run?.engine !== null && run?.devices.filter((one) => one.connected).length === run?.wanted.length
        return { status: ready ? 200 : 503, body: { ready } }
      },
      'GET /metrics': async () => ({ text: await registry.metrics(), type: registry.contentType }),
      'GET /status': () => ({ body: statusOf(simulators) }),
      'GET /faults': () => ({ body: listFaults(simulators) }),
      'POST /faults': (body) => startFault(simulators, body),
      'POST /faults/stop': (body) => stopFault(simulators, body),
      'GET /truth': (_, query) => showTruth(simulators, query),
      'GET /runs': () => ({ body: listRuns(simulators) }),
      'POST /runs': (body) => startRun(simulators, body),
      'POST /runs/check': (body) => checkRun(simulators, body),
      'POST /runs/stop': (body) => stopRun(simulators, body),
      'GET /runs/truth': (_, query) => showRows(simulators, query),
    },
  }
}

const NOT_YET: LocalAnswer = { status: 503, body: { error: 'not yet started' } }

const answered = (problems: readonly string[]): LocalAnswer => ({
  status: 400,
  body: { error: problems.join('; '), problems },
})

function listFaults(simulators: Simulators): FaultList {
  const running = runsOf(simulators).flatMap((run) => (run.ended === undefined ? run.faults.list : []))
  return { kinds: faultList(), running }
}

const isObject = (body: unknown): body is object => typeof body === 'object' && body !== null

/** Where a fault is switched: by its id, else by the firm of its machines; without machines, on the plants of the plant files. */
function faultRun(simulators: Simulators, { id, machines }: Partial<FaultRequest>): Run | undefined {
  const known = runsOf(simulators).find((run) => run.faults.list.some((fault) => fault.id === id))
  if (known) return known
  const first = Array.isArray(machines) ? machines[0] : undefined
  const firm = typeof first === 'string' ? first.split('/')[0] : undefined
  return runOf(simulators, firm) ?? simulators.standing ?? undefined
}

function startFault(simulators: Simulators, body: unknown): LocalAnswer {
  if (!isObject(body)) return answered(['no object'])
  const run = faultRun(simulators, body)
  if (!run) return NOT_YET
  if (run.ended !== undefined) return answered([`the run of ${run.firms.join(', ')} has ended`])
  const answer = run.faults.start(body as FaultRequest)
  return answer.ok ? { body: answer.fault } : answered(answer.problems)
}

function stopFault(simulators: Simulators, body: unknown): LocalAnswer {
  const id = isObject(body) ? (body as { id?: unknown }).id : undefined
  if (typeof id === 'string' && runsOf(simulators).some((run) => run.faults.stop(id))) return { body: {} }
  return { status: 404, body: { error: `no fault ${String(id)} is in force` } }
}

/** Runs beside the standing one: each lives a whole plant. */
const MAX_RUNS = 4

const listRuns = (simulators: Simulators): SimulationRun[] =>
  runsOf(simulators).flatMap((run) => run.firms.map((firm) => run.status(firm)))

/** Everything that speaks against a run now. */
function problemsOf(simulators: Simulators, body: unknown): string[] {
  const problems = runProblems(body, Date.now())
  const { firm } = (body ?? {}) as RunRequest
  const going = simulators.started.filter((run) => run.ended === undefined)
  if (going.length >= MAX_RUNS) problems.push(`${MAX_RUNS} runs go on: stop one first`)
  if (runOf(simulators, firm)) problems.push(`${firm} has been run since the simulators began`)
  return problems
}

function checkRun(simulators: Simulators, body: unknown): LocalAnswer {
  const problems = problemsOf(simulators, body)
  return problems.length > 0 ? answered(problems) : { body: {} }
}

async function startRun(simulators: Simulators, body: unknown): Promise<LocalAnswer> {
  const problems = problemsOf(simulators, body)
  if (problems.length > 0) return answered(problems)
  const run = await simulators.start(body as RunRequest)
  return { body: run.status((body as RunRequest).firm) }
}

async function stopRun(simulators: Simulators, body: unknown): Promise<LocalAnswer> {
  const firm = isObject(body) ? String((body as { firm?: unknown }).firm) : ''
  const run = simulators.started.find(({ firms }) => firms.includes(firm))
  if (!run) return { status: 404, body: { error: `no run of ${firm} was started` } }
  await run.stop('stopped')
  return { body: run.status(firm) }
}

function showRows(simulators: Simulators, query: URLSearchParams): LocalAnswer {
  const firm = query.get('firm') ?? ''
  const run = runOf(simulators, firm)
  const living = run?.living(firm)
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))]
  if (!living) return { status: 404, body: { error: `no simulated firm ${firm}` } }
  if (!(from < to)) return answered(['from and to are no window'])
  const rows = truthRows(living.plant, living.life, query.get('scope') ?? 'machines', from, to)
  if (rows === undefined) return { status: 404, body: { error: 'no such scope' } }
  if (rows === null)
    return {
      status: 409,
      body: { error: `${firm} has not lived all of this window, or left part of it untold` },
    }
  return { body: rows }
}

const MOST_NOTES = 5000

function showTruth(simulators: Simulators, query: URLSearchParams): LocalAnswer {
  const firms = runsOf(simulators).flatMap((run) => run.firms)
  if (!simulators.standing) return NOT_YET
  const machine = query.get('machine')
  const [firm, ...path] = machine?.split('/') ?? []
  const wanted = firm === undefined ? firms : firms.filter((known) => known === firm)
  if (wanted.length === 0) return { status: 404, body: { error: `no simulated firm ${String(firm)}` } }
  const own = path.length > 0 ? path.join('/') : undefined
  const limit = Math.min(MOST_NOTES, Math.max(0, Math.floor(Number(query.get('notes') ?? 0)) || 0))
  const answer: TruthAnswer = {
    firms: wanted.map((name) => {
      const truth = runOf(simulators, name)!.truths.of(name)
      const notes = limit > 0 ? truth.notes(limit, own) : []
      return { firm: name, streams: truth.streams(own), named: truth.named(own), notes }
    }),
  }
  return { body: answer }
}
