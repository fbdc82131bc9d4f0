/**
 * Starts an installation: broker, ingest, api and (unless told otherwise) the simulated plants, each a process of its own.
 * Ready when all are; stops them in reverse. Handles: runtime/options.ts.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { checkPlants } from '#contract/checkPlants.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { options } from '#runtime/options.ts'
import { ensureDataFolder, EXIT_CONFIG, OperatorError } from '#runtime/process.ts'
import { envName, flagName, readSettings, SettingsError, showAddress } from '#runtime/settings.ts'
import { Supervisor } from '#runtime/supervise.ts'
import { buildPage } from './dashboards/build.ts'

const root = import.meta.dirname
const say = (line: string) => process.stdout.write(`${line}\n`)

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) return help()
  const settings = readSettings(options, { argv, env: process.env, file: readFile() })
  const data = path.resolve(settings.data)
  const plants = path.resolve(settings.plants)
  ensureDataFolder(data)
  refuseSecondStart(data)
  if (!settings.empty) refuseFaultyPlants(plants)
  if (await buildPage()) say('page built')

  let stopping: Promise<void> | null = null
  const runFile = path.join(data, 'run.json')
  const supervisor = new Supervisor({ say, giveUp: () => void stop(EXIT_CONFIG) })
  function stop(code: number): Promise<void> {
    stopping ??= (async () => {
      fs.rmSync(runFile, { force: true })
      say('stopping ...')
      await supervisor.stop()
      say('stopped; nothing acknowledged was lost')
      process.exit(code)
    })()
    return stopping
  }
  onSignals(() => void stop(0))
  // Under the supervisor the console belongs to people: warnings and errors only, unless BAIYUAN_LOG says otherwise.
  process.env['BAIYUAN_LOG'] ??= 'warn'

  const common = {
    data,
    plants,
    store: settings.store,
    empty: String(settings.empty),
    tlsCert: settings.tlsCert,
    tlsKey: settings.tlsKey,
    tlsClientCa: settings.tlsClientCa,
  }
  const child = (name: string, extra: Record<string, string> = {}) =>
    supervisor.start({ name, file: path.join(root, name, 'main.ts'), settings: { ...common, ...extra } })
  try {
    const broker = await child('broker', {
      mqtt: showAddress(settings.mqtt),
      mqttWs: showAddress(settings.mqttWs),
      heads: settings.heads,
    })
    const mqtt = String(broker['mqtt'])
    await child('ingest', { mqtt })
    const { http } = await child('api', { http: showAddress(settings.http) })
    if (!settings.noSimulator && !settings.empty) await child('simulators', { mqtt })
    const signIn = await callLocal<{ path: string } | null>(socketPath(data, 'api'), 'GET', '/sign-in')
    const run = {
      pid: process.pid,
      http,
      mqtt,
      mqttWs: broker['mqttWs'],
      ...(signIn ? { signIn: `${String(http)}${signIn.path}` } : {}),
    }
    fs.writeFileSync(runFile, `${JSON.stringify(run)}\n`, { mode: 0o600 })
    say(`page    ${String(http)}`)
    say(`mqtt    ${mqtt}   websocket ${String(broker['mqttWs'])}`)
    say(`data    ${data}`)
    if (run.signIn) say(`\nFirst sign-in, once, within 15 minutes:\n  ${run.signIn}\n`)
  } catch (error) {
    if (stopping) return stopping
    process.stderr.write(`${(error as Error).message}\n`)
    await stop(1)
  }
}

function readFile(): Record<string, unknown> {
  if (!fs.existsSync('baiyuan.yaml')) return {}
  const value: unknown = parse(fs.readFileSync('baiyuan.yaml', 'utf8'))
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new OperatorError('baiyuan.yaml holds no settings (key: value)')
  return value as Record<string, unknown>
}

function refuseSecondStart(data: string): void {
  const file = path.join(data, 'run.json')
  if (!fs.existsSync(file)) return
  const { pid } = JSON.parse(fs.readFileSync(file, 'utf8')) as { pid: number }
  try {
    process.kill(pid, 0)
  } catch {
    return fs.rmSync(file) // its owner was killed and could not remove it
  }
  throw new OperatorError(
    `${data} is in use by process ${pid}: stop it, or choose another folder with --data`,
  )
}

function refuseFaultyPlants(plants: string): void {
  const { lines, faults } = checkPlants(plants)
  if (faults > 0) throw new OperatorError(`the plant files have ${faults} fault(s):\n${lines.join('\n')}`)
}

/** SIGINT and SIGTERM stop; a second one more than 300 ms later ends at once (a terminal and npm may both pass on the first). */
function onSignals(stop: () => void): void {
  let first = 0
  const onSignal = () => {
    if (first === 0) {
      first = performance.now()
      stop()
    } else if (performance.now() - first > 300) process.exit(1)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
}

function help(): void {
  say('npm start -- [option ...]     each also as an environment variable and in baiyuan.yaml\n')
  for (const [key, { help: words, fallback }] of Object.entries(options)) {
    const shown = typeof fallback === 'object' ? showAddress(fallback) : String(fallback)
    say(
      `  ${flagName(key).padEnd(18)} ${words}${shown && shown !== 'false' ? ` [${shown}]` : ''}\n${' '.repeat(21)}${envName(key)}`,
    )
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const mend = error instanceof OperatorError || error instanceof SettingsError
  process.stderr.write(`${String(mend ? error.message : (error as Error).stack)}\n`)
  process.exit(mend ? EXIT_CONFIG : 1)
})
