/**
 * The simulated plants: every firm whose plant file says `simulated: true`, each machine or gateway an MQTT client with its own
 * credential and outbox. Talks to the broker as any device does; DIR/simulators/ and DIR/truth/ are
 * all it writes.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { Plant } from '#domain/plant/plant.ts'
import { readPlantFolder } from '#contract/plantFolder.ts'
import { guarded } from '#runtime/lifecycle.ts'
import { closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import type { Log } from '#runtime/log.ts'
import type { Options } from '#runtime/options.ts'
import { OperatorError, runProcess, type Context } from '#runtime/process.ts'
import { Truths } from '#store/truth/truths.ts'
import { brokerAddress } from './brokerAddress.ts'
import { CredentialFile, type DeviceName } from './credentials.ts'
import { Device, type DeviceCounts } from './device.ts'
import { Engine } from './engine.ts'
import { Switchboard } from './faults/switchboard.ts'
import { openOutbox } from './outbox.ts'
import { readSimSettings } from './settings.ts'
import { localRoutes, type Simulators } from './status.ts'

const TURN_MS = 500
const MAX_BROKER_WAIT_MS = 2000

async function start({ options, log, lifecycle }: Context): Promise<Record<string, string>> {
  const settings = readSimSettings(process.env)
  const broker = brokerAddress(options)
  const folder = path.join(options.data, 'simulators')
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { plants, faulty } = simulatedPlants(options, log)
  const wanted = plants.flatMap(devicesOf)
  const counts: DeviceCounts = { sent: 0, acknowledged: 0, refused: 0 }
  const simulators: Simulators = {
    wanted: wanted.length,
    faulty,
    counts,
    devices: [],
    engine: null,
    outbox: null,
    faults: null,
    truths: null,
    truthFault: null,
    firms: plants.map(({ firm }) => firm),
  }

  // first the socket: it keeps a second simulator away from the same folder
  const socket = socketPath(options.data, 'simulators')
  await lifecycle.start('local socket', () => serveLocal(socket, localRoutes(simulators), log), closeLocal)
  const outbox = await lifecycle.start(
    'outbox',
    () =>
      openOutbox(path.join(folder, 'outbox.db'), (aside, why) =>
        log.error({ aside, why }, 'the outbox is damaged: set aside, devices begin anew'),
      ),
    (opened) => opened.close(),
  )
  simulators.outbox = outbox
  const gone = outbox.keepOnly(new Set(wanted.map((device) => device.path)))
  if (gone > 0)
    log.warn({ messages: gone }, 'messages of devices that no plant file names any more are removed')
  const truths = await lifecycle.start(
    'truth',
    () => new Truths(path.join(options.data, 'truth')),
    (opened) => opened.close(),
  )
  simulators.truths = truths
  outbox.tellAfter(truths.last(simulators.firms))
  const machines = plants.flatMap(({ firm, machines: all }) =>
    all.map((machine) => `${firm}/${machine.path}`),
  )
  const faults = new Switchboard(outbox, machines, settings.simSeed)
  simulators.faults = faults
  const engine = await lifecycle.start(
    'plant',
    () => new Engine(plants, settings, { outbox, log, faults }, Date.now()),
    (running) => {
      running.save()
      keepTruth(simulators, log)
    },
  )
  simulators.engine = engine

  const secrets = new CredentialFile(
    path.join(folder, 'credentials.json'),
    socketPath(options.data, 'broker'),
  )
  const stopping = new AbortController()
  const connect = guarded(log, 'connect', async () => {
    await provideAll(secrets, wanted, stopping.signal, log)
    for (const { path: name } of stopping.signal.aborted ? [] : wanted) {
      const device = new Device(name, { broker, secret: secrets.secretOf(name)!, outbox, counts, log })
      simulators.devices.push(device)
      device.start()
    }
  })
  await lifecycle.start('devices', connect, async () => {
    stopping.abort()
    await Promise.all(simulators.devices.map((device) => device.stop()))
  })
  const turn = guarded(log, 'turn', () => {
    engine.turn(Date.now())
    keepTruth(simulators, log)
    for (const device of simulators.devices) {
      const line = engine.device(device.path)
      if (line) device.follow(line)
      device.turn()
    }
  })
  await lifecycle.start('turns', () => setInterval(turn, TURN_MS), clearInterval)
  return {}
}

/** What the outbox noted for the truth goes into its files; what a full disk refuses stays noted and is tried again each turn. */
function keepTruth(simulators: Simulators, log: Log): void {
  const { outbox, truths } = simulators
  if (!outbox || !truths) return
  try {
    const list = outbox.truths()
    truths.apply(list)
    const newest = list.at(-1)
    if (newest) outbox.forgetTruths(newest.id)
    if (simulators.truthFault !== null) log.info('the truth is written again')
    simulators.truthFault = null
  } catch (error) {
    if (simulators.truthFault === null) log.error({ err: error }, 'the truth cannot be written')
    simulators.truthFault = (error as Error).message
  }
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

const devicesOf = (plant: Plant): DeviceName[] =>
  plant.credentials.map(({ name, machines }) => ({
    path: `${plant.firm}/${name}`,
    machines: machines.map((machine) => `${plant.firm}/${machine}`),
  }))

/** Until the broker answers; the plant runs meanwhile, its outbox fills. */
async function provideAll(
  secrets: CredentialFile,
  wanted: readonly DeviceName[],
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  for (let wait = 100; !signal.aborted; wait = Math.min(MAX_BROKER_WAIT_MS, wait * 2)) {
    try {
      return await secrets.provide(wanted)
    } catch (error) {
      log.debug({ err: error }, 'the broker gives no credentials yet')
    }
    await new Promise((done) => setTimeout(done, wait))
  }
}

await runProcess('simulators', start)
