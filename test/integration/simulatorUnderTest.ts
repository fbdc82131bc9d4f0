/** The simulators' process as the supervisor starts it, and a broker of the test's own that can hold its acknowledgements back. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import type http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Aedes } from 'aedes'
import pino from 'pino'
import type { DeviceRow, DeviceSecret } from '#contract/local.ts'
import { callLocal, closeLocal, serveLocal, socketPath } from '#runtime/local.ts'
import type { SimulatorStatus } from '../../simulators/status.ts'

const root = path.resolve(import.meta.dirname, '../..')

export const temporaryFolder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'by-sim-'))

/** An entry point of the project as a process. */
export class Process {
  readonly #child: ChildProcess
  output = ''

  constructor(entry: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [path.join(root, entry), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.on('data', (text: Buffer) => (this.output += text.toString()))
  }

  /** Resolves with the exit code; null after a signal. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const exit = once(this.#child, 'exit') as Promise<[number | null]>
    if (signal) this.#child.kill(signal)
    return (await exit)[0]
  }
}

export const simulatorStatus = (data: string): Promise<SimulatorStatus> =>
  callLocal<SimulatorStatus>(socketPath(data, 'simulators'), 'GET', '/status')

/** The condition's value once it is there. Errors on the way (a socket not yet served) count as "not yet". */
export async function eventually<T>(what: string, condition: () => Promise<T | null> | T | null): Promise<T> {
  const end = performance.now() + 45_000
  let last: unknown = null
  while (performance.now() < end) {
    try {
      const value = await condition()
      if (value !== null) return value
    } catch (error) {
      last = error
    }
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`not in time: ${what} (${String(last)})`)
}

export type Heard = {
  readonly account: string
  readonly topic: string
  readonly qos: number
  readonly body: {
    readonly boot: string
    readonly seq: number
    readonly ts: number
    readonly at: number
  } & Record<string, unknown>
  /** False: received, but never acknowledged. */
  readonly acknowledged: boolean
}

/** A bare broker with the local routes that give credentials. */
export class TestBroker {
  readonly heard: Heard[] = []
  readonly secrets = new Map<string, DeviceRow & { password: string }>()
  readonly calls: string[] = []
  /** Evidence is received but never acknowledged: the broker may die at any moment. */
  holding = false
  readonly #aedes: Aedes
  readonly #server: net.Server
  readonly #local: http.Server

  private constructor(aedes: Aedes, server: net.Server, local: http.Server) {
    this.#aedes = aedes
    this.#server = server
    this.#local = local
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`
  }

  static async start(data: string, port = 0): Promise<TestBroker> {
    const aedes = await Aedes.createBroker()
    const server = net.createServer(aedes.handle)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const routes = { answers: {} as Record<string, (body: unknown) => { status?: number; body: unknown }> }
    const local = await serveLocal(socketPath(data, 'broker'), routes, pino({ level: 'silent' }))
    const broker = new TestBroker(aedes, server, local)
    routes.answers['GET /devices'] = () => ({ body: [...broker.secrets.values()] })
    routes.answers['POST /devices'] = (body) => {
      const { path: name, machines } = body as { path: string; machines: string[] }
      broker.calls.push(`add ${name}`)
      return broker.secrets.has(name)
        ? { status: 409, body: { error: 'exists' } }
        : { body: broker.issue(name, machines) }
    }
    routes.answers['POST /devices/rotate'] = (body) => {
      const { path: name } = body as { path: string }
      broker.calls.push(`rotate ${name}`)
      return { body: broker.issue(name, broker.secrets.get(name)!.machines) }
    }
    aedes.authenticate = (client, username, password, done) => {
      const row = [...broker.secrets.values()].find(({ clientId }) => clientId === username)
      done(null, row !== undefined && client.id === row.clientId && password?.toString() === row.password)
    }
    aedes.authorizePublish = (client, packet, done) => {
      const acknowledged = !(broker.holding && packet.qos === 1)
      const body = JSON.parse(packet.payload.toString()) as Heard['body']
      broker.heard.push({ account: client!.id, topic: packet.topic, qos: packet.qos, body, acknowledged })
      if (acknowledged) done(null)
    }
    return broker
  }

  /** A new secret, as the broker or a person gives it. */
  issue(name: string, machines: readonly string[]): DeviceSecret {
    const clientId = name.replaceAll('/', '.')
    const password = `pw-${Math.random().toString(36).slice(2)}`
    this.secrets.set(name, { path: name, clientId, machines, password })
    return { clientId, username: clientId, password }
  }

  /** Closes every connection, as a rotated secret does. */
  closeConnections(): void {
    for (const client of Object.values(
      (this.#aedes as unknown as { clients: Record<string, { close(): void }> }).clients,
    ))
      client.close()
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => this.#aedes.close(() => done()))
    this.#server.close()
    await closeLocal(this.#local)
  }
}
