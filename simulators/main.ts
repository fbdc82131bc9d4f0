/**
 * The simulated plants: every firm whose plant file says `simulated: true`, each machine or gateway an MQTT client with its own
 * credential and outbox; and the runs that people start beside them. Talks to the broker as any device does; DIR/simulators/ and
 * DIR/truth/ are all it writes.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { RunRequest } from '#contract/local.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { isSimulationFirm } from '#contract/rights.ts'
import { guarded } from '#runtime/lifecycle.ts'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import type { Log } from '#runtime/log.ts'
import { options as handles, type Options } from '#runtime/options.ts'
import { OperatorError, runProcess, type Context } from '#runtime/process.ts'
import { brokerAddress } from './brokerAddress.ts'
import { CredentialFile } from './credentials.ts'
import { openPast, type Past, type PastParts } from './history/past.ts'
import { readOwnSimulations } from './ownSimulation.ts'
import { Run, type RunParts, type RunSpec } from './run.ts'
import { specOf } from './runRequest.ts'
import { readSimSettings } from './settings.ts'
import { localRoutes, type Simulators } from './status.ts'

async function start({ options, log, lifecycle }: Context): Promise<Record<string, string>> {
  const settings = readSimSettings(process.env)
  const broker = brokerAddress(options)
  const folder = path.join(options.data, 'simulators')
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { plants, faulty } = simulatedPlants(options, log)
  const simulators: Simulators = { plants, faulty, standing: null, started: [], start: startRun }

  // first the socket: it keeps a second simulator away from the same folder
  const socket = socketPath(options.data, 'simulators')
  await lifecycle.start('local socket', () => serveLocal(socket, localRoutes(simulators), log), closeLocal)
  const secrets = new CredentialFile(
    path.join(folder, 'credentials.json'),
    socketPath(options.data, 'broker'),
  )
  const parts = { truth: path.join(options.data, 'truth'), broker, secrets, log }
  const opened = async (spec: RunSpec, own: Omit<RunParts, 'truth' | 'broker' | 'secrets' | 'log'>) => {
    const run = new Run(spec, { ...parts, ...own })
    try {
      run.begin()
      return run
    } catch (error) {
      run.close()
      throw error
    }
  }
  const spec: RunSpec = {
    plants,
    scenario: { name: 'retrofit', from: null },
    settings,
    standing: true,
    interval: null,
    speed: 1,
    signals: true,
    batch: 1,
    spared: new Set(faulty.map((file) => path.basename(path.dirname(file)))),
    own: readOwnSimulations(
      options.plants,
      plants.map(({ firm }) => firm),
      log,
    ),
  }
  const ingest = socketPath(options.data, 'ingest')
  const pasts = pastsOf(spec, options, { ...parts, folder, ingest })
  const standing = await lifecycle.start(
    'plants',
    () => opened(spec, { folder, prepare: ({ firm }) => pasts.get(firm)?.prepare() ?? null }),
    (run) => run.close(),
  )
  standing.history = (firm) => pasts.get(firm)?.progress ?? null
  simulators.standing = standing
  await lifecycle.start(
    'history',
    () => [...pasts.values()],
    async (all) => {
      await Promise.all(all.map((past) => past.stop()))
    },
  )
  for (const past of pasts.values()) past.start()
  const connect = guarded(log, 'connect', async () => {
    await standing.connect()
    // of runs that an earlier start left behind
    for (const device of secrets.paths)
      if (isSimulationFirm(device.split('/')[0]!)) await secrets.remove(device)
  })
  await lifecycle.start('devices', connect, () => standing.disconnect())

  /** A run of its own beside the plants of the plant files. It is not taken up again after a restart. */
  const runs = path.join(folder, 'runs')
  fs.rmSync(runs, { recursive: true, force: true })
  async function startRun(request: RunRequest): Promise<Run> {
    const run = await opened(specOf(request, settings), { folder: path.join(runs, request.firm) })
    simulators.started.push(run)
    guarded(log, 'connect', () => run.connect())()
    return run
  }
  await lifecycle.start(
    'runs',
    () => simulators.started,
    async (started) => {
      await Promise.all(started.map((run) => run.disconnect()))
      for (const run of started) run.close()
    },
  )
  return {}
}

/**
 * The plants of the default folder have months behind them when they are first shown; those that a person brings, and those that live in a
 * scenario of their own, begin now.
 */
function pastsOf(
  { plants, own, settings: { simHistory, simSeed } }: RunSpec,
  options: Options,
  parts: PastParts,
): Map<string, Past> {
  const isDefault = path.resolve(options.plants) === path.resolve(handles.plants.fallback)
  if (!isDefault || simHistory === 'none') return new Map()
  const days = simHistory === 'months' ? null : simHistory.days
  const works = plants.filter(({ firm, simulation }) => simulation === 'works' && !own?.get(firm)?.scenario)
  const pasts = works.flatMap(
    (plant) => openPast(plant, parts, own?.get(plant.firm)?.seed ?? simSeed, days, Date.now()) ?? [],
  )
  return new Map(pasts.map((past) => [past.firm, past]))
}

/** Plants that are simulated; a file with faults is left out and said so, since the others can go on. */
function simulatedPlants(options: Options, log: Log): { plants: Plant[]; faulty: string[] } {
  if (options.empty || options.noSimulator) return { plants: [], faulty: [] }
  try {
    const read = readPlantFolder(options.plants)
    const faulty = read.filter(({ reading }) => 'faults' in reading).map(({ file }) => file)
    for (const file of faulty)
      log.error({ file }, 'the plant file has faults: npm run check:plants tells them')
    const plants = read.flatMap(({ reading }) => ('plant' in reading ? [reading.plant] : []))
    return { plants: plants.filter((plant) => plant.simulated), faulty }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OperatorError(
      `the plants folder ${options.plants} cannot be read (${code}): choose another with --plants`,
    )
  }
}

await runProcess('simulators', start)
