/**
 * The connection that tells history: one client that speaks for every machine of a firm. Only the acknowledgement of a message is truth;
 * what a broken connection left without one is sent again, with a fresh time of sending.
 */
import mqtt, { type MqttClient } from 'mqtt'
import type { DeviceSecret } from '#contract/local.ts'
import type { Log } from '#runtime/log.ts'
import type { BrokerAddress } from '../device.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5000
/** A refused secret is a person's doing: asking often would look like guessing. */
const REFUSED_WAIT_MS = 60_000

export class Gateway {
  readonly #broker: BrokerAddress
  readonly #secret: DeviceSecret
  readonly #log: Log
  /** Connected; null while it is not. */
  #client: MqttClient | null = null
  #trying: MqttClient | null = null
  #waiters: (() => void)[] = []
  /** Ends the wait of every message that the present connection has not acknowledged. */
  readonly #lost = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #refused = false
  #stopped = false

  constructor(broker: BrokerAddress, secret: DeviceSecret, log: Log) {
    this.#broker = broker
    this.#secret = secret
    this.#log = log
  }

  start(): void {
    const { clientId, username, password } = this.#secret
    const client = mqtt.connect({
      ...this.#broker,
      clientId,
      username,
      password,
      protocolVersion: 4,
      clean: true, // it subscribes to nothing, so there is no session to keep
      keepalive: 30,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      rejectUnauthorized: true,
    })
    this.#trying = client
    client.on('connect', () => {
      this.#client = client
      this.#failures = 0
      this.#refused = false
      this.#wake()
    })
    client.on('error', (error: Error & { code?: unknown }) => {
      const denied = error.code === 4 || error.code === 5
      if (denied && !this.#refused)
        this.#log.warn(
          { account: clientId, why: error.message },
          'history is refused: its credential changed',
        )
      this.#refused ||= denied
      this.#log.debug({ err: error }, 'history: connection failed')
    })
    client.on('close', () => {
      if (this.#trying === client) this.#onClose(client)
    })
  }

  #onClose(client: MqttClient): void {
    this.#client = null
    this.#trying = null
    client.end(true)
    for (const lose of this.#lost) lose()
    if (this.#stopped) return
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++)
    const wait = this.#refused ? REFUSED_WAIT_MS : Math.random() * longest
    this.#timer = setTimeout(() => this.start(), wait)
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Resolves when the broker has acknowledged it; `bodyAt` makes its bytes for a time of sending. Rejects after `stop`. */
  async publish(topic: string, bodyAt: (at: number) => string): Promise<void> {
    while (!this.#stopped) {
      const client = this.#client
      if (!client)
        await new Promise<void>((resolve) => {
          this.#waiters.push(resolve)
        })
      else if (await this.#publishOn(client, topic, bodyAt(Date.now()))) return
    }
    throw new Error('stopped')
  }

  /** Whether it was acknowledged before the connection broke. */
  #publishOn(client: MqttClient, topic: string, payload: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (acknowledged: boolean): void => {
        this.#lost.delete(lose)
        resolve(acknowledged)
      }
      const lose = (): void => end(false)
      this.#lost.add(lose)
      client.publish(topic, payload, { qos: 1 }, (error) => end(!error))
    })
  }

  /** Messages under way may be acknowledged or not: the next start sends those of the day again. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const client = this.#trying
    await new Promise<void>((done) => (client ? client.end(true, {}, () => done()) : done()))
    for (const lose of this.#lost) lose()
    this.#wake()
  }
}
