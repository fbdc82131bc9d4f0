/**
 * The mirror: what ingest derived, for any MQTT tool. Retained `v1/{firm}/{machine}/status` on change, at most one per 10 s and topic.
 * Nothing depends on it and it is never an input: while the broker is away nothing is kept for it but which machines changed.
 */
import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import type { PeerCertificate } from 'node:tls'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import type { DeviceSecret } from '#contract/local.ts'
import { SECOND, type Millis } from '#domain/time.ts'
import { callLocal } from '#runtime/local.ts'
import type { Log } from '#runtime/log.ts'
import type { Options } from '#runtime/options.ts'
import type { MachineMemory } from './machine.ts'

const EVERY: Millis = 10 * SECOND
/** Topics are looked through this often for one that is due. */
const LOOK: Millis = SECOND
const FIRST_WAIT: Millis = SECOND
const LAST_WAIT: Millis = 30 * SECOND

export type MirrorOptions = {
  /** The broker's local socket. */
  readonly socket: string
  readonly options: Pick<Options, 'mqtt' | 'tlsCert'>
  readonly log: Log
}

export const statusTopic = (machine: MachineMemory): string => `v1/${machine.firm}/${machine.path}/status`

export function statusOf(machine: MachineMemory): string {
  const { state, since, reason, order, product, receivedAt } = machine.now
  const values = Object.fromEntries([...machine.values].map(([name, held]) => [name, held.value]))
  return JSON.stringify({ state, since, reason, order, product, receivedAt, values })
}

export class Mirror {
  readonly #given: MirrorOptions
  /** Changed since it was last published. */
  readonly #changed = new Set<MachineMemory>()
  readonly #sentAt = new Map<MachineMemory, number>()
  #client: MqttClient | null = null
  #timer: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #wait = FIRST_WAIT
  #stopped = false
  /** Status messages that the broker has acknowledged. */
  published = 0

  constructor(given: MirrorOptions) {
    this.#given = given
  }

  start(): void {
    this.#look = setInterval(() => this.#publishDue(), LOOK)
    this.#look.unref()
    void this.#connect()
  }

  changed(machine: MachineMemory): void {
    this.#changed.add(machine)
  }

  async #connect(): Promise<void> {
    try {
      const request = { name: 'ingest', firms: ['*'], mirror: true }
      const secret = await callLocal<DeviceSecret>(this.#given.socket, 'POST', '/services', request)
      if (!this.#stopped) this.#open(secret)
    } catch (error) {
      this.#again((error as Error).message)
    }
  }

  #open(secret: DeviceSecret): void {
    const client = mqtt.connect({
      ...brokerAddress(this.#given.options),
      ...secret,
      reconnectPeriod: 0,
      queueQoSZero: false,
    })
    this.#client = client
    let why = 'connection closed'
    client.on('connect', () => {
      this.#wait = FIRST_WAIT
    })
    client.on('error', (error) => {
      why = error.message
    })
    client.on('close', () => {
      if (this.#client !== client) return
      this.#client = null
      client.end(true)
      this.#again(why)
    })
  }

  /** Comes back later, each time with a fresh secret, with jitter and less and less often. */
  #again(why: string): void {
    if (this.#stopped) return
    this.#given.log.debug({ why }, 'the mirror waits for the broker')
    this.#timer = setTimeout(() => void this.#connect(), this.#wait * (0.5 + Math.random()))
    this.#timer.unref()
    this.#wait = Math.min(this.#wait * 2, LAST_WAIT)
  }

  #publishDue(): void {
    const client = this.#client
    if (!client?.connected) return
    const now = performance.now()
    for (const machine of this.#changed) {
      if (now - (this.#sentAt.get(machine) ?? -EVERY) < EVERY) continue
      this.#changed.delete(machine)
      this.#sentAt.set(machine, now)
      client.publish(statusTopic(machine), statusOf(machine), { qos: 1, retain: true }, (error) => {
        if (error) this.#changed.add(machine)
        else this.published++
      })
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    const client = this.#client
    this.#client = null
    await client?.endAsync(true)
  }
}

type Address = IClientOptions & {
  readonly checkServerIdentity?: (host: string, peer: PeerCertificate) => Error | undefined
}

/** The broker of this installation; over TLS it must show the installation's own certificate, whatever name that is made for. */
function brokerAddress({ mqtt: { host: bound, port }, tlsCert }: MirrorOptions['options']): Address {
  const host = bound === '0.0.0.0' || bound === '::' ? '127.0.0.1' : bound
  if (!tlsCert) return { protocol: 'mqtt', host, port }
  const pem = fs.readFileSync(tlsCert)
  const own = new X509Certificate(pem).fingerprint256
  return {
    protocol: 'mqtts',
    host,
    port,
    ca: pem,
    checkServerIdentity: (_name, peer) =>
      peer.fingerprint256 === own ? undefined : new Error('not the certificate of this installation'),
  }
}
