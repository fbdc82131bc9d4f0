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
import { guarded } from '#runtime/lifecycle.ts'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import type { Log } from '#runtime/log.ts'
import type { Options } from '#runtime/options.ts'
import { OperatorError, runProcess, type Context } from '#runtime/process.ts'
import { brokerAddress } from './brokerAddress.ts'
import { CredentialFile } from './credentials.ts'
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
    run.begin()
    return run
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
  }
  const standing = await lifecycle.start(
    'plants',
    () => opened(spec, { folder }),
    (run) => run.close(),
  )
  simulators.standing = standing
  const connect = guarded(log, 'connect', () => standing.connect())
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
