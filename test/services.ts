/**
 * Real programs for tests: InfluxDB 1.x, VictoriaMetrics, mosquitto, Chromium. A program is looked for by its environment variable, in
 * PATH, in `.cache/services/`, and is else fetched there from Debian's archive (`apt-get download` and `dpkg -x` need no root;
 * Chromium is installed, which does). Where none of that works the suite is skipped and says why in its name; with CI set it fails.
 *
 * Use: const suite = suiteOf(influxd.find(), 'influx1'); describe.skipIf(suite.skip)(`${suite.title}`, () => { … influxd.start() … })
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { aptGet, findProgram, inPath, run, type Found } from './programs.ts'

export type RunningService = {
  readonly url: string
  readonly port: number
  /** Its data; give it to `start` again, with the port, to go on after a stop. */
  readonly dir: string
  /** SIGTERM, after 5 s SIGKILL. Data made here is removed unless it is to be kept. */
  stop(options?: { readonly keep?: boolean }): Promise<void>
  /** SIGSTOP: it hangs, its port stays open. */
  pause(): void
  resume(): void
}
export type StartOptions = {
  readonly dir?: string
  readonly port?: number
  /** mosquitto: more lines for its configuration. */
  readonly config?: readonly string[]
}

export type Service = {
  /** Starts it on a free port of 127.0.0.1 and waits until it answers. */
  (options?: StartOptions): Promise<RunningService | { readonly missing: string }>
  /** Looks for the program once and, if need be, fetches it. */
  find(): Found
  /** As the call, but throws when the program is missing: for suites that are skipped then. */
  start(options?: StartOptions): Promise<RunningService>
}

/** How a suite that needs a program is called, and whether it is skipped. With CI set a missing program throws instead. */
export function suiteOf(found: Found, name: string): { readonly title: string; readonly skip: boolean } {
  if ('path' in found) return { title: name, skip: false }
  if (process.env['CI']) throw new Error(`${name}: ${found.missing}`)
  return { title: `${name} (skipped: ${found.missing})`, skip: true }
}

/** InfluxDB 1.x, with everything under `dir`; index tsi1. */
export const influxd: Service = program('influxd', ['influxdb'], {
  ready: '/ping',
  async args(dir, port) {
    const config = path.join(dir, 'influxd.conf')
    fs.writeFileSync(
      config,
      `reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
dir = "${dir}/meta"
[data]
dir = "${dir}/data"
wal-dir = "${dir}/wal"
index-version = "tsi1"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
`,
    )
    return ['-config', config]
  },
})

/** VictoriaMetrics; a sample written twice counts once, as in InfluxDB. */
export const victoriaMetrics: Service = program('victoria-metrics', ['victoria-metrics'], {
  ready: '/health',
  args: (dir, port) =>
    Promise.resolve([
      `-storageDataPath=${dir}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-dedup.minScrapeInterval=1ms',
      '-retentionPeriod=100y',
      '-memory.allowedBytes=64MB',
    ]),
})

const MOSQUITTO_PACKAGES = ['mosquitto', 'mosquitto-clients', 'libmosquitto1', 'libcjson1']
const MOSQUITTO_LIBRARIES = ['libdlt2', 'libwrap0', 'libnsl2', 'libtirpc3']

/** A broker made by others; `url` is mqtt://. Anyone may do anything unless `config` says otherwise. */
export const mosquitto: Service = program('mosquitto', [...MOSQUITTO_PACKAGES, ...MOSQUITTO_LIBRARIES], {
  ready: 'mqtt',
  args(dir, port, config) {
    const file = path.join(dir, 'mosquitto.conf')
    const lines = config.length > 0 ? config : ['allow_anonymous true']
    fs.writeFileSync(file, [`listener ${port} 127.0.0.1`, 'user root', ...lines, ''].join('\n'))
    return Promise.resolve(['-c', file])
  },
})

/** The clients that come with it: a foreign publisher and subscriber. */
export const findMosquittoClient = (name: 'mosquitto_pub' | 'mosquitto_sub'): Found =>
  findProgram(name, [...MOSQUITTO_PACKAGES, ...MOSQUITTO_LIBRARIES])

/** Chromium with a Chinese font. */
export function findChromium(): Found {
  const named = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const look = (): Found | null => {
    const found = process.env['CHROMIUM'] ?? named.flatMap((name) => inPath(name) ?? [])[0]
    return found && fs.existsSync(found) ? { path: found, env: {} } : null
  }
  if (!look() || !hasChineseFont()) {
    const why = aptGet(() => run('apt-get', ['install', '-y', 'chromium', 'fonts-noto-cjk']), 'installing it')
    if (why) return look() ?? { missing: `chromium: not in PATH, CHROMIUM not set, ${why}` }
  }
  return look() ?? { missing: 'chromium: not in PATH although it was installed' }
}

function hasChineseFont(): boolean {
  const list = inPath('fc-list')
  return list !== null && run(list, [':lang=zh', 'family']).trim() !== ''
}

type Way = {
  /** Path that answers below 300 once it serves; `mqtt`: the port accepts. */
  readonly ready: string
  readonly args: (dir: string, port: number, config: readonly string[]) => Promise<string[]>
}

function program(name: string, packages: readonly string[], way: Way): Service {
  let known: Found | null = null
  const findOnce = () => (known ??= findProgram(name, packages))
  const call = async (options: StartOptions = {}) => {
    const found = findOnce()
    return 'missing' in found ? found : await startProgram(name, found, way, options)
  }
  return Object.assign(call, {
    find: findOnce,
    async start(options: StartOptions = {}) {
      const service = await call(options)
      if ('missing' in service) throw new Error(service.missing)
      return service
    },
  })
}

async function startProgram(
  name: string,
  found: Extract<Found, { path: string }>,
  { ready, args }: Way,
  { dir, port, config = [] }: StartOptions,
): Promise<RunningService> {
  const data = dir ?? fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`))
  for (let tries = 0; ; tries++) {
    const at = port ?? (await freePort())
    const child = spawn(found.path, await args(data, at, config), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...found.env },
    })
    const said = tail(child)
    if (await answers(child, ready, at)) return running(child, ready, at, data, dir === undefined)
    await end(child)
    // Another process may have taken the free port first.
    if (port !== undefined || tries === 2) throw new Error(`${name} does not answer: ${said()}`)
  }
}

function running(
  child: ChildProcess,
  ready: string,
  port: number,
  dir: string,
  own: boolean,
): RunningService {
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  return {
    url: ready === 'mqtt' ? `mqtt://127.0.0.1:${port}` : `http://127.0.0.1:${port}`,
    port,
    dir,
    async stop({ keep = false } = {}) {
      process.removeListener('exit', onExit)
      child.kill('SIGCONT')
      await end(child)
      if (own && !keep) fs.rmSync(dir, { recursive: true, force: true })
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

async function answers(child: ChildProcess, ready: string, port: number): Promise<boolean> {
  for (let left = 600; left > 0 && child.exitCode === null && child.signalCode === null; left--) {
    if (await (ready === 'mqtt' ? accepts(port) : serves(`http://127.0.0.1:${port}${ready}`))) return true
    await sleep(50)
  }
  return false
}

const serves = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false, // not yet
  )

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  const [event] = await Promise.race([
    once(socket, 'connect').then(() => ['connect']),
    once(socket, 'close').then(() => ['close']),
  ]).catch(() => ['error']) // refused: not yet
  socket.destroy()
  return event === 'connect'
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await closed
  clearTimeout(timer)
}

/** The last that a program said, for the error of a failed start. */
function tail(child: ChildProcess): () => string {
  let said = ''
  child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)))
  child.on('error', (error) => (said += error.message))
  return () => said
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
