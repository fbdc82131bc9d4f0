/**
 * The broker process: the journal's owner, where devices connect. `--conformance` is the profile for protocol suites (conformance.ts).
 */
import path from 'node:path'
import { openCredentials } from '#store/credentials/credentials.ts'
import { oldestCursor } from '#store/journal/cursors.ts'
import { startTicks } from '#store/journal/ticks.ts'
import { openJournal } from '#store/journal/writer.ts'
import { openSessions } from '#store/sessions/sessions.ts'
import { closeLocal, serveLocal, serveProbes, socketPath } from '#runtime/local.ts'
import { createMetrics } from '#runtime/metrics.ts'
import { listen, OperatorError, runProcess, type Context } from '#runtime/process.ts'
import { showAddress } from '#runtime/settings.ts'
import { Broker } from './broker.ts'
import { registerFigures } from './figures.ts'
import { readLimits } from './limits.ts'
import { closeListener, mqttServer, tlsOptions, warnIfOpen, webSocketServer } from './listeners.ts'
import { localRoutes } from './localRoutes.ts'

const CONFORMANCE = '--conformance'

async function start(
  { options, log, lifecycle }: Context,
  conformance: boolean,
): Promise<Record<string, string>> {
  const limits = readLimits(process.env)
  const secure = tlsOptions(options)
  const dir = path.resolve(options.data)
  const journal = await lifecycle.start(
    'journal',
    () =>
      openJournal({
        dir: path.join(dir, 'journal'),
        log,
        oldestCursor: () => oldestCursor(path.join(dir, 'cursors')),
        ...(options.heads ? { heads: options.heads } : {}),
      }),
    (part) => part.close(),
  )
  await lifecycle.start(
    'ticks',
    () => startTicks(journal, { log }),
    (stop) => stop(),
  )
  const credentials = await lifecycle.start(
    'credentials',
    () => opened(path.join(dir, 'credentials.db'), openCredentials),
    (part) => part.close(),
  )
  const sessions = await lifecycle.start(
    'sessions',
    () => opened(path.join(dir, 'sessions.db'), (file) => openSessions(file, limits.brokerMaxQueued)),
    (part) => part.destroy(),
  )
  const broker = await lifecycle.start(
    'broker',
    async () => {
      const part = new Broker({ journal, credentials, sessions, limits, log, conformance })
      await part.start()
      return part
    },
    (part) => part.stop(),
  )
  const registry = createMetrics('broker')
  registerFigures(registry, broker, journal, sessions)
  let isReady = false
  const routes = localRoutes({
    broker,
    journal,
    credentials,
    metrics: () => registry.metrics(),
    isReady: () => isReady && !lifecycle.stopping,
  })
  await lifecycle.start('local socket', () => serveLocal(socketPath(dir, 'broker'), routes, log), closeLocal)
  if (limits.brokerProbes) {
    const { host, port } = limits.brokerProbes
    await lifecycle.start('probes', () => serveProbes(host, port, routes, log), closeLocal)
  }
  warnIfOpen(log, options.mqtt.host, secure !== null, '--mqtt')
  warnIfOpen(log, options.mqttWs.host, secure !== null, '--mqtt-ws')
  const mqtt = await lifecycle.start(
    'mqtt',
    async () => {
      const server = mqttServer(broker, limits, secure)
      return { server, address: await listen(server, options.mqtt, '--mqtt') }
    },
    ({ server }) => closeListener(server),
  )
  const mqttWs = await lifecycle.start(
    'mqtt over websocket',
    async () => {
      const server = webSocketServer(broker, limits, secure)
      return { server, address: await listen(server, options.mqttWs, '--mqtt-ws') }
    },
    ({ server }) => closeListener(server),
  )
  isReady = true
  return { mqtt: showAddress(mqtt.address), mqttWs: showAddress(mqttWs.address) }
}

/** Opens a database. Throws OperatorError when another process has it. */
function opened<T>(file: string, open: (file: string) => T): T {
  try {
    return open(file)
  } catch (error) {
    const { message } = error as Error
    if (/locked|busy/i.test(message))
      throw new OperatorError(
        `${file} is in use by another process: stop it or choose another folder with --data`,
      )
    throw error
  }
}

process.umask(0o077) // credentials and messages are for the operator's account alone
const argv = process.argv.slice(2)
const conformance = argv.includes(CONFORMANCE)
const flags = argv.filter((flag) => flag !== CONFORMANCE)
// Such suites speak TCP; a fixed WebSocket port would only collide with an installation on the same machine.
const anyPort =
  conformance && !flags.some((flag) => flag.startsWith('--mqtt-ws')) ? ['--mqtt-ws', '127.0.0.1:0'] : []
await runProcess('broker', (context) => start(context, conformance), [...flags, ...anyPort])
