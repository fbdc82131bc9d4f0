/**
 * Starting a simulated plant: a firm of its own, never a real one; the plant in force of a simulated firm, copied and journalled as
 * what this person did; then the simulators are told to live it.
 */
import type { z } from 'zod'
import type { RunStart } from '#contract/rest.ts'
import type { SimulationRun } from '#contract/local.ts'
import { isLevel } from '#contract/topics.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import type { Plant } from '#domain/plant/plant.ts'
import type { Principal } from '../auth/identity.ts'
import { perform } from '../deed.ts'
import { refuse, type Refused } from '../http/problem.ts'
import type { Ports } from '../ports.ts'
import { inScope } from '../auth/scope.ts'
import { recordsOfRun } from '../seedRecords.ts'
import { scenarioViews } from './scenarios.ts'

export const MAX_RUNS = 4
/** A new firm's ledger is made when its first entry goes through the pipeline. */
const IN_FORCE_WITHIN_MS = 10_000
const LOOK_EVERY_MS = 50

type Start = z.infer<typeof RunStart>

/** The run, or why there is none. Throws what the simulators' socket throws. */
export async function startRun(ports: Ports, who: Principal, start: Start): Promise<SimulationRun | Refused> {
  const fault = intervalFault(start)
  if (fault) return { ...refuse(400, 'bad-interval'), errors: [fault] }
  const source = inScope(who, start.plant) ? ports.ledgers.of(start.plant)?.plant()?.plant : undefined
  if (!source)
    return {
      ...refuse(400, 'no-plant'),
      errors: [{ path: 'plant', message: 'there is no such firm with a plant in force' }],
    }
  if (!source.simulated)
    return {
      ...refuse(400, 'not-simulated'),
      errors: [{ path: 'plant', message: 'the plant of this firm is real: only a simulated one is copied' }],
    }
  const runs = await ports.simulators.runs()
  if (runs.filter(({ state, standing }) => !standing && state !== 'ended').length >= MAX_RUNS)
    return refuse(409, 'too-many-runs', `${MAX_RUNS} runs are not ended: stop one first`)
  const firm = freeFirm(start, new Set([...ports.ledgers.firms(), ...runs.map((run) => run.firm)]))
  if (firm === null) return refuse(409, 'too-many-runs', 'this scenario and seed was started too often')
  const plant = copyOf(source, firm, start)
  const { scenario, seed, from, to, speed, signals } = start
  const request = {
    firm,
    plant,
    scenario,
    seed,
    ...(from === undefined || to === undefined ? {} : { from, to }),
    ...(speed === undefined ? {} : { speed }),
    ...(signals === undefined ? {} : { signals }),
  }
  await ports.simulators.check(request)
  const put = await perform(
    ports,
    who,
    firm,
    {
      kind: 'plant.put',
      version: 1,
      body: plant,
      reason: `simulation ${start.scenario}, seed ${start.seed}, plant of ${start.plant}`,
    },
    'simulate',
  )
  if (put.status === 'forbidden') return refuse(403)
  if (put.status === 'unavailable')
    return refuse(503, 'journal-down', 'the journal does not answer: try again')
  if (put.status === 'refused') return refuse(409, put.why, put.detail)
  if (!(await inForce(ports, firm)))
    return refuse(503, 'ingest-down', 'the plant is journalled, and the pipeline has not taken it: try again')
  const records = recordsOfRun(ports, start.plant, scenario === 'retrofit', from ?? ports.now())
  if (records.length > 0) {
    const refusal = await putRecords(ports, who, firm, records)
    if (refusal) return refusal
  }
  return ports.simulators.start(request)
}

function intervalFault({ from, to }: Start): { path: string; message: string } | null {
  if ((from === undefined) !== (to === undefined))
    return { path: from === undefined ? 'from' : 'to', message: 'an interval has both ends, or none' }
  if (from !== undefined && to !== undefined && from >= to)
    return { path: 'to', message: 'must be after from' }
  return null
}

/** `sim-retrofit-7`, or with -2, -3 … when that exists. */
function freeFirm({ scenario, seed }: Start, taken: ReadonlySet<string>): string | null {
  const name = `sim-${scenario}-${seed}`
  for (let n = 1; n < 1000; n++) {
    const firm = n === 1 ? name : `${name}-${n}`
    if (isLevel(firm) && !taken.has(firm)) return firm
  }
  return null
}

function copyOf(source: Plant, firm: string, { scenario, seed }: Start): Plant {
  const words = scenarioViews.find(({ name }) => name === scenario)!.title
  const again = /-(\d+)$/.exec(firm.slice(`sim-${scenario}-${seed}`.length))?.[1]
  const number = again === undefined ? `${seed}` : `${seed} (${again})`
  return {
    ...source,
    firm,
    simulated: true,
    title: { zh: `仿真 ${words.zh} ${number}`, en: `Simulation ${words.en} ${number}` },
  }
}

/** They hold before the run tells anything. Null: they do. */
async function putRecords(
  ports: Ports,
  who: Principal,
  firm: string,
  records: readonly DatedRecord[],
): Promise<Refused | null> {
  const deed = { kind: 'record.put', version: 1, body: { records }, reason: 'records of the plant' } as const
  const put = await perform(ports, who, firm, deed, 'simulate')
  if (put.status === 'forbidden') return refuse(403)
  if (put.status === 'unavailable')
    return refuse(503, 'journal-down', 'the journal does not answer: try again')
  if (put.status === 'refused') return refuse(409, put.why, put.detail)
  if (put.status === 'accepted') return null
  if (await within(() => ports.ledgers.of(firm)?.answerTo(put.id) != null)) return null
  return refuse(
    503,
    'ingest-down',
    'the records are journalled, and the pipeline has not taken them: try again',
  )
}

const inForce = (ports: Ports, firm: string): Promise<boolean> =>
  within(() => ports.ledgers.of(firm)?.plant() != null)

async function within(isSo: () => boolean): Promise<boolean> {
  const end = performance.now() + IN_FORCE_WITHIN_MS
  while (!isSo()) {
    if (performance.now() > end) return false
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
  return true
}
