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
import { refuseSecondStart, removeRun, writeRun, type Run } from '#runtime/runFile.ts'
import { envName, flagName, readSettings, SettingsError, showAddress } from '#runtime/settings.ts'
import { Supervisor } from '#runtime/supervise.ts'
import { buildPage } from './dashboards/build.ts'
import { followHistory } from './simulators/history/shown.ts'

const root = import.meta.dirname
/** How often run.json is held against whether there is an administrator by now. */
const SIGN_IN_EVERY_MS = 3000
/** Clears what stands on the line of a terminal. */
const CLEAR = process.stdout.isTTY ? '\r\x1b[K' : ''
const say = (line: string) => process.stdout.write(`${CLEAR}${line}\n`)
/** The line at the bottom of a terminal that is written again and again. */
const show = CLEAR
  ? (line: string) => process.stdout.write(`${CLEAR}${line.slice(0, process.stdout.columns - 1)}`)
  : null

async function main(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help')) return help()
  const settings = readSettings(options, { argv, env: process.env, file: readFile() })
  const data = path.resolve(settings.data)
  const plants = path.resolve(settings.plants)
  ensureDataFolder(data)
  await refuseSecondStart(data)
  if (!settings.empty) refuseFaultyPlants(plants)
  if (await buildPage()) say('page built')

  let stopping: Promise<void> | null = null
  let signInTimer: NodeJS.Timeout | undefined
  let endHistory: (() => void) | null = null
  const supervisor = new Supervisor({ say, giveUp: () => void stop(EXIT_CONFIG) })
  function stop(code: number): Promise<void> {
    stopping ??= (async () => {
      clearInterval(signInTimer)
      endHistory?.()
      removeRun(data)
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
    const { http, lanUrl, lanCa } = await child('api', {
      http: showAddress(settings.http),
      lan: String(settings.lan),
    })
    if (!settings.noSimulator && !settings.empty) await child('simulators', { mqtt })
    const addresses = { pid: process.pid, http: String(http), mqtt, mqttWs: String(broker['mqttWs']) }
    const signIn = await signInOf(data, addresses.http)
    writeRun(data, { ...addresses, ...(signIn ? { signIn } : {}) })
    if (signIn) signInTimer = followSignIn(data, addresses, signIn)
    say(`page    ${addresses.http}`)
    if (settings.lan) await sayLan(lanUrl, lanCa)
    say(`mqtt    ${mqtt}   websocket ${addresses.mqttWs}`)
    say(`data    ${data}`)
    if (signIn) say(`\nFirst sign-in, once, within 15 minutes:\n  ${signIn}\n`)
    if (!settings.noSimulator && !settings.empty)
      endHistory = followHistory(socketPath(data, 'simulators'), { say, show })
  } catch (error) {
    if (stopping) return stopping
    process.stderr.write(`${(error as Error).message}\n`)
    await stop(1)
  }
}

/** For a phone: the address, also as a QR code on a terminal. It holds nothing else: whoever scans it signs in as everywhere. */
async function sayLan(url: unknown, ca: unknown): Promise<void> {
  if (typeof url !== 'string') return void say('phones  no local network yet; it is looked for every 10 s')
  say(`phones  ${url}\n        CA certificate: SHA-256\n        ${String(ca)}`)
  if (!process.stdout.isTTY) return
  const { encodeQR } = await import('qr')
  say(encodeQR(url, 'term', { ecc: 'low' }))
}

/** The link that makes the first administrator, or null once there is one. */
async function signInOf(data: string, http: string): Promise<string | null> {
  const found = await callLocal<{ path: string } | null>(socketPath(data, 'api'), 'GET', '/sign-in')
  return found ? `${http}${found.path}` : null
}

/** run.json holds the link only while it is of use: it is looked at until there is an administrator. */
function followSignIn(data: string, addresses: Omit<Run, 'signIn'>, first: string): NodeJS.Timeout {
  let known = first
  const timer = setInterval(() => {
    signInOf(data, addresses.http).then(
      (signIn) => {
        if (signIn === known) return
        if (signIn === null) clearInterval(timer)
        else known = signIn
        writeRun(data, { ...addresses, ...(signIn ? { signIn } : {}) })
      },
      () => undefined, // the api is being started again: asked anew the next time
    )
  }, SIGN_IN_EVERY_MS)
  return timer
}

function readFile(): Record<string, unknown> {
  if (!fs.existsSync('baiyuan.yaml')) return {}
  const value: unknown = parse(fs.readFileSync('baiyuan.yaml', 'utf8'))
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new OperatorError('baiyuan.yaml holds no settings (key: value)')
  return value as Record<string, unknown>
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
