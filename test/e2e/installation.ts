/** A whole installation in a temporary folder, started as a person starts it: `main.ts` on free ports. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { callLocal, socketPath } from '#runtime/local.ts'
import type { DeviceSecret } from '#contract/local.ts'

const root = path.resolve(import.meta.dirname, '../..')

export type Run = { pid: number; http: string; mqtt: string; mqttWs: string; signIn?: string }

export class Installation {
  readonly data: string
  readonly plants: string
  #process: ChildProcess | null = null
  output = ''

  /** `plants` is copied, so that a test may change its files. */
  constructor(plants = path.join(root, 'plants')) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'by-'))
    this.data = path.join(folder, 'data')
    this.plants = path.join(folder, 'plants')
    fs.cpSync(plants, this.plants, { recursive: true })
  }

  /** Starts and resolves when everything answers. */
  async start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    const ports = this.#lastPorts ?? [
      '--http',
      '127.0.0.1:0',
      '--mqtt',
      '127.0.0.1:0',
      '--mqtt-ws',
      '127.0.0.1:0',
    ]
    const child = spawn(
      process.execPath,
      [path.join(root, 'main.ts'), '--data', this.data, '--plants', this.plants, ...ports, ...args],
      { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.#process = child
    child.stdout.on('data', (text: Buffer) => (this.output += text.toString()))
    child.stderr.on('data', (text: Buffer) => (this.output += text.toString()))
    let ended = false
    child.on('exit', () => (ended = true))
    await until(() => {
      if (ended) throw new Error(`the installation ended:\n${this.output}`)
      return this.#ranBy(child.pid)
    }, 60_000)
    const run = this.run()
    const host = new URL(run.http).host
    this.#lastPorts = ['--http', host, '--mqtt', run.mqtt, '--mqtt-ws', run.mqttWs]
    return run
  }
  #lastPorts: string[] | null = null

  /** A notice of an earlier start, or a torn one, is not this start's. */
  #ranBy(pid: number | undefined): boolean {
    const file = path.join(this.data, 'run.json')
    return fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes(`"pid":${pid},`)
  }

  run(): Run {
    return JSON.parse(fs.readFileSync(path.join(this.data, 'run.json'), 'utf8')) as Run
  }

  get exitCode(): number | null {
    return this.#process?.exitCode ?? null
  }

  /** Sends a signal to the supervisor; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
    child.kill(signal)
    return ended
  }

  /** Pid of one of its processes. */
  pid(name: string): number {
    const found = spawnSync('pgrep', ['-f', `${name}/main.ts --data=${this.data}`], { encoding: 'utf8' })
    const pid = Number(found.stdout.trim().split('\n')[0])
    if (!pid) throw new Error(`${name} does not run`)
    return pid
  }

  kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    process.kill(this.pid(name), signal)
  }

  /** A command line tool of the project, on this installation: one parsed JSON line. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  tool<T>(script: string, ...args: string[]): T {
    const done = spawnSync(process.execPath, [path.join(root, script), ...args, '--data', this.data], {
      encoding: 'utf8',
      cwd: root,
    })
    if (done.status !== 0) throw new Error(`${script} ${args.join(' ')}: ${done.stderr}${done.stdout}`)
    return JSON.parse(done.stdout) as T
  }

  local<T>(name: string, method: 'GET' | 'POST', route: string, body?: unknown): Promise<T> {
    return callLocal<T>(socketPath(this.data, name), method, route, body)
  }

  /** A credential for a machine (`firm/site/area/line/machine`) or gateway with a list of machines. */
  device(devicePath: string, machines: readonly string[] = [devicePath]): Promise<DeviceSecret> {
    return this.local('broker', 'POST', '/devices', { path: devicePath, machines })
  }

  /** REST with a token; resolves with the parsed body. Throws on any status but 2xx. */
  async get<T>(route: string, token: string): Promise<T> {
    const answer = await fetch(`${this.run().http}/api/v1${route}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  remove(): void {
    fs.rmSync(path.dirname(this.data), { recursive: true, force: true })
  }
}

/** Waits until a condition holds; throws what the condition last said when it does not in time. */
export async function until(condition: () => unknown, withinMs = 20_000, everyMs = 50): Promise<void> {
  const end = performance.now() + withinMs
  for (;;) {
    if (await condition()) return
    if (performance.now() > end)
      throw new Error(`not true within ${withinMs} ms: ${condition.toString().slice(0, 200)}`)
    await new Promise((done) => setTimeout(done, everyMs))
  }
}
