/** Simulated plants: what lives in the simulators, starting and stopping, faults, truth beside computed, and a case to keep. */
import type { z } from 'zod'
import type { RunView, SimulationHistory } from '#contract/rest.ts'
import type { HistoryProgress, SimulationRun } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import { LocalError } from '#runtime/local.ts'
import { firmsInScope, inScope } from '../auth/scope.ts'
import type { Ports } from '../ports.ts'
import { exportCase } from '../simulation/case.ts'
import { devicesOf } from '../simulation/devices.ts'
import { faultRequest, faultView, kindView, strikesFirm } from '../simulation/faults.ts'
import { startRun } from '../simulation/runs.ts'
import { scenarioViews } from '../simulation/scenarios.ts'
import { compareTruth } from '../simulation/truth.ts'
import { refuse, type Refused } from './problem.ts'
import { serve } from './serve.ts'
import { windowFault } from './window.ts'

const TRUTH_DAYS = 2
const CASE_MS = 15 * MINUTE
const FAULT_ID = /^[\w.-]{1,100}$/

const historyView = (history: HistoryProgress) => ({ ...history, days: { ...history.days } })
const runView = (run: SimulationRun): z.infer<typeof RunView> => ({
  ...run,
  history: run.history && historyView(run.history),
})

const noHistory = (reason: z.infer<typeof SimulationHistory>['reason']) => ({
  body: { history: null, reason },
})

export const simulation = (ports: Ports) => {
  const devices = devicesOf(ports)
  return serve<
    | 'simulation'
    | 'simulationStart'
    | 'simulationStop'
    | 'faultStart'
    | 'faultStop'
    | 'simulationHistory'
    | 'simulationTruth'
    | 'simulationDevices'
    | 'simulationCase'
  >(ports, {
    simulation: async ({ who }) => {
      const firms = firmsInScope(who, ports.ledgers.firms())
      const plants = firms.flatMap((firm) => {
        const plant = ports.ledgers.of(firm)?.plant()?.plant
        return plant?.simulated ? [{ firm, title: plant.title }] : []
      })
      const simulated = new Set(plants.map(({ firm }) => firm))
      const asked = await Promise.all([ports.simulators.runs(), ports.simulators.faults()]).catch(
        (error: unknown) => whyDown(ports, error),
      )
      const [runs, faults] = typeof asked === 'string' ? [[], { kinds: [], running: [] }] : asked
      return {
        body: {
          at: ports.now(),
          simulators: { ok: typeof asked !== 'string', reason: typeof asked === 'string' ? asked : null },
          runs: runs.filter(({ firm }) => inScope(who, firm)).map(runView),
          scenarios: scenarioViews,
          kinds: faults.kinds.map(kindView),
          faults: [...simulated].flatMap((firm) =>
            faults.running.filter((fault) => strikesFirm(fault, firm)).map((fault) => faultView(fault, firm)),
          ),
          plants,
        },
      }
    },

    simulationStart: ({ who, body }) =>
      asking(ports, async () => {
        const run = await startRun(ports, who, body)
        if ('refused' in run) return run
        ports.log.info(
          { by: who.name, firm: run.firm, scenario: run.scenario, seed: run.seed },
          'a simulation was started',
        )
        return { body: runView(run) }
      }),

    simulationStop: ({ who, at }) =>
      asking(ports, async () => {
        const run = await ports.simulators.stop(at['firm']!)
        ports.log.info({ by: who.name, firm: run.firm }, 'a simulation was stopped')
        return { body: runView(run) }
      }),

    faultStart: ({ who, at, body }) =>
      ofSimulated(ports, at['firm']!, async (plant) => {
        const unknown = body.machines?.find(
          (path) => !plant.machines.some((machine) => `${machine.path}/`.startsWith(`${path}/`)),
        )
        if (unknown !== undefined)
          return {
            ...refuse(400, 'unknown-machine'),
            errors: [{ path: 'machines', message: `there is no machine ${unknown}` }],
          }
        if (body.id !== undefined) {
          const refused = await notOurs(ports, plant.firm, body.id)
          if (refused) return refused
        }
        const fault = await ports.simulators.inject(faultRequest(plant.firm, body))
        const { id, name, machines, from, to, params } = fault
        ports.log.warn(
          { by: who.name, firm: plant.firm, id, fault: name, machines, from, to, params },
          'a fault was injected',
        )
        return { body: faultView(fault, plant.firm) }
      }),

    faultStop: ({ who, at }) =>
      ofSimulated(ports, at['firm']!, async ({ firm }) => {
        const id = at['id']!
        const refused = await notOurs(ports, firm, id)
        if (refused) return refused
        await ports.simulators.stopFault(id)
        ports.log.warn({ by: who.name, firm, id }, 'a fault was stopped')
        return { body: null }
      }),

    simulationHistory: async ({ at }) => {
      const plant = ports.ledgers.of(at['firm']!)?.plant()?.plant
      if (!plant?.simulated) return noHistory('not_simulated')
      const runs = await ports.simulators.runs().catch((error: unknown) => whyDown(ports, error))
      if (typeof runs === 'string') return noHistory('simulators_down')
      const history = runs.find(({ firm }) => firm === plant.firm)?.history
      return history ? { body: { history: historyView(history), reason: null } } : noHistory('none')
    },

    simulationTruth: ({ at, query }) =>
      ofSimulated(ports, at['firm']!, async (plant) => {
        const end = Math.floor(ports.now() / HOUR) * HOUR
        const window = { from: query.from ?? end - HOUR, to: query.to ?? end }
        const half = (query.from === undefined) !== (query.to === undefined)
        const fault = half ? 'a window has both ends, or none' : windowFault(window, TRUTH_DAYS)
        if (fault) return refuse(400, 'bad-window', fault)
        return { body: await compareTruth(ports, plant.firm, plant, window) }
      }),

    simulationDevices: ({ at }) =>
      ofSimulated(ports, at['firm']!, async ({ firm }) => ({ body: await devices(firm) })),

    simulationCase: ({ at, query }) =>
      ofSimulated(ports, at['firm']!, async (plant) => {
        const fault =
          windowFault(query, 1) ?? (query.to - query.from > CASE_MS ? 'a case is at most 15 minutes' : null)
        if (fault) return refuse(400, 'bad-window', fault)
        return exportCase(ports, plant, query).catch((error: unknown) => {
          ports.log.warn({ err: error }, 'messages could not be read')
          return refuse(503, 'ingest-down', 'the pipeline does not answer: try again')
        })
      }),
  })
}

/** Only a simulated plant has faults to inject and a truth to know. */
function ofSimulated<A>(
  ports: Ports,
  firm: string,
  then: (plant: Plant) => Promise<A | Refused>,
): Promise<A | Refused> {
  const plant = ports.ledgers.of(firm)?.plant()?.plant
  if (!plant?.simulated)
    return Promise.resolve(refuse(409, 'not-simulated', 'the plant in force is not a simulated one'))
  return asking(ports, () => then(plant))
}

/** Null, or why this fault cannot be touched from a firm: it is not there, or strikes others as well. */
async function notOurs(ports: Ports, firm: string, id: string): Promise<Refused | null> {
  if (!FAULT_ID.test(id)) return refuse(404)
  const { running } = await ports.simulators.faults()
  const fault = running.find((one) => one.id === id)
  if (!fault || !strikesFirm(fault, firm)) return refuse(404)
  return faultView(fault, firm).shared
    ? refuse(409, 'fault-shared', 'it strikes other firms too: end it with npm run fault')
    : null
}

/** What the simulators refuse is told as a problem; when they do not answer, that is one too. */
async function asking<A>(ports: Ports, ask: () => Promise<A | Refused>): Promise<A | Refused> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof LocalError) || error.status >= 500)
      return refuse(503, 'simulators-down', whyDown(ports, error))
    if (error.status === 404) return refuse(404)
    if (error.status === 409) return refuse(409, 'not-lived', error.message)
    const errors = error.message
      .split('; ')
      .slice(0, 20)
      .map((message) => ({ path: '', message: message.slice(0, 200) }))
    return { ...refuse(400, 'simulators-refused'), errors }
  }
}

function whyDown(ports: Ports, error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'no simulators run in this installation'
  ports.log.warn({ err: error }, 'the simulators could not be asked')
  return 'the simulators do not answer'
}
