/** A broker with its real stores in a temporary folder: in this process, or as a process of its own that can be killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import type net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import pino from 'pino'
import { Broker } from '../../broker/broker.ts'
import { addDevice, isRefused, putService } from '../../broker/devices.ts'
import { readLimits } from '../../broker/limits.ts'
import { mqttServer } from '../../broker/listeners.ts'
import type { DeviceSecret } from '#contract/local.ts'
import { openCredentials, type Credentials } from '#store/credentials/credentials.ts'
import type { JournalEntry, JournalWriter } from '#store/journal/journal.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { openJournal } from '#store/journal/writer.ts'
import { openSessions, type Sessions } from '#store/sessions/sessions.ts'
import { callLocal, socketPath } from '#runtime/local.ts'
import { RawMqtt } from './rawMqtt.ts'

const root = path.resolve(import.meta.dirname, '../..')

export const LATHE = 'demo-a/main/machining/l1/lathe-07'
export const MILL = 'demo-a/main/machining/l1/mill-02'

export const freshFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'broker-'))

/** Every entry of the journal in a data folder. */
export function readJournal(dir: string): JournalEntry[] {
  const reader = openJournalReader(path.join(dir, 'journal'))
  const entries: JournalEntry[] = []
  try {
    for (let after = 0; ;) {
      const part = reader.read(after)
      if (part.length === 0) return entries
      entries.push(...part)
      after = part.at(-1)!.commit
    }
  } finally {
    reader.close()
  }
}

export type LocalBroker = {
  readonly dir: string
  readonly port: number
  readonly broker: Broker
  readonly credentials: Credentials
  readonly sessions: Sessions
  readonly journal: JournalWriter
  /** Lines of the log, parsed. */
  readonly log: Record<string, unknown>[]
  device(path: string, machines?: readonly string[]): DeviceSecret
  service(name: string, firms: readonly string[], mirror?: boolean): DeviceSecret
  /** A connected client. */
  client(secret: DeviceSecret): Promise<RawMqtt>
  entries(): JournalEntry[]
  stop(): Promise<void>
}

/** A broker in this process. `env` sets limits, as BAIYUAN_BROKER_…. */
export async function openLocalBroker(
  env: Readonly<Record<string, string>> = {},
  parts: { readonly conformance?: boolean; readonly credentials?: (real: Credentials) => Credentials } = {},
): Promise<LocalBroker> {
  const dir = freshFolder()
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) })
  const limits = readLimits(env)
  const journal = await openJournal({ dir: path.join(dir, 'journal'), log })
  const real = openCredentials(path.join(dir, 'credentials.db'))
  const credentials = parts.credentials?.(real) ?? real
  const sessions = openSessions(path.join(dir, 'sessions.db'), limits.brokerMaxQueued)
  const { conformance = false } = parts
  const broker = new Broker({ journal, credentials, sessions, limits, log, conformance })
  await broker.start()
  const server = mqttServer(broker, limits, null)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const clients: RawMqtt[] = []
  return {
    dir,
    port,
    broker,
    credentials: real,
    sessions,
    journal,
    log: lines,
    device(devicePath, machines) {
      const secret = addDevice(real, { path: devicePath, ...(machines ? { machines } : {}) }, Date.now())
      if (isRefused(secret)) throw new Error(secret.error)
      return secret
    },
    service(name, firms, mirror = false) {
      const done = putService(real, { name, firms, mirror }, Date.now())
      if (isRefused(done)) throw new Error(done.error)
      return done.secret
    },
    async client(secret) {
      const client = await RawMqtt.open(port)
      clients.push(client)
      const code = await client.connect(secret)
      if (code !== 0) throw new Error(`refused with ${code}`)
      return client
    },
    entries: () => readJournal(dir),
    async stop() {
      server.close()
      await broker.stop()
      for (const client of clients) client.destroy()
      await sessions.destroy()
      real.close()
      await journal.close()
      fs.rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The broker as a process of its own, on free ports. */
export class BrokerProcess {
  readonly dir: string
  readonly child: ChildProcess
  port = 0
  wsPort = 0
  output = ''

  private constructor(dir: string, child: ChildProcess) {
    this.dir = dir
    this.child = child
    child.stderr!.on('data', (text: Buffer) => (this.output += text.toString()))
  }

  static async start(
    dir: string,
    env: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): Promise<BrokerProcess> {
    const ports = ['--mqtt', '127.0.0.1:0', '--mqtt-ws', '127.0.0.1:0']
    const child = spawn(
      process.execPath,
      [path.join(root, 'broker/main.ts'), '--data', dir, ...ports, ...args],
      {
        cwd: root,
        env: { ...process.env, BAIYUAN_LOG: 'info', ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    const broker = new BrokerProcess(dir, child)
    await broker.said(/"msg":"ready"/)
    const told = broker.lines().find(({ msg }) => msg === 'ready') as { mqtt: string; mqttWs: string }
    broker.port = Number(told.mqtt.split(':').at(-1))
    broker.wsPort = Number(told.mqttWs.split(':').at(-1))
    return broker
  }

  /** Lines of its log, parsed; throws when one is no JSON. */
  lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  async said(pattern: RegExp, withinMs = 20_000): Promise<void> {
    const end = performance.now() + withinMs
    while (!pattern.test(this.output)) {
      if (this.child.exitCode !== null || performance.now() > end)
        throw new Error(`the broker did not say ${pattern}:\n${this.output}`)
      await new Promise((done) => setTimeout(done, 10))
    }
  }

  local<T>(method: 'GET' | 'POST', route: string, body?: unknown): Promise<T> {
    return callLocal<T>(socketPath(this.dir, 'broker'), method, route, body)
  }

  device(devicePath: string): Promise<DeviceSecret> {
    return this.local('POST', '/devices', { path: devicePath })
  }

  /** Its exit code (null after a signal), once it has ended. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit')
    return this.child.exitCode
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal)
    return this.ended()
  }
}

/** Waits until something holds. */
export async function until(holds: () => unknown, withinMs = 15_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end)
      throw new Error(`not within ${withinMs} ms: ${holds.toString().slice(0, 200)}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}
