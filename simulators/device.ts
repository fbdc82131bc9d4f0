/**
 * One device at the edge: its own MQTT connection, fed from its part of the outbox in order. Only the publish callback is truth.
 * Each connection is a new client without memory of its own, so that what was in flight is told again from the outbox, with a
 * fresh `at`; the broker's side drops the repeats.
 */
import type { PeerCertificate } from 'node:tls'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { deviceTopic, type DeviceClass } from '#contract/topics.ts'
import type { DeviceSecret } from '#contract/local.ts'
import type { Log } from '#runtime/log.ts'
import { messagesOf, payloadOf, type Message } from './messages.ts'
import type { Outbox } from './outbox.ts'

/** Where the broker is. */
export type BrokerAddress = Pick<IClientOptions, 'protocol' | 'host' | 'port' | 'ca'> & {
  readonly checkServerIdentity?: (host: string, peer: PeerCertificate) => Error | undefined
}

export type DeviceCounts = { sent: number; acknowledged: number; refused: number }

const IN_FLIGHT = 20
/** After an outage a device catches up at most this fast. */
const PER_TURN = 100
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5000
/** A refused secret is a person's doing: asking often would look like guessing. */
const REFUSED_WAIT_MS = 60_000

export class Device {
  readonly path: string
  readonly #broker: BrokerAddress
  readonly #secret: DeviceSecret
  readonly #outbox: Outbox
  readonly #counts: DeviceCounts
  readonly #log: Log
  readonly #batch: number
  readonly #flying = new Set<number>()
  #client: MqttClient | null = null
  #connected = false
  #refused = false
  #stopped = false
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  /** Newest id handed to the present connection. */
  #cursor = 0
  #left = 0
  #more = true
  #pumping = false
  /** A fault has taken its power or its connection. */
  #cut = false
  /** What waited when an outage ended goes in batches: up to this id, of so many items. */
  #replay: { readonly to: number; readonly items: number } | null = null

  constructor(
    path: string,
    parts: {
      readonly broker: BrokerAddress
      readonly secret: DeviceSecret
      readonly outbox: Outbox
      readonly counts: DeviceCounts
      readonly log: Log
      /** Items of a message (default 1): above, it gathers what it tells and is not held to the pace of a live device. */
      readonly batch?: number
    },
  ) {
    this.path = path
    this.#broker = parts.broker
    this.#secret = parts.secret
    this.#outbox = parts.outbox
    this.#counts = parts.counts
    this.#log = parts.log
    this.#batch = parts.batch ?? 1
  }

  get connected(): boolean {
    return this.#connected
  }

  start(): void {
    const { clientId, username, password } = this.#secret
    const client = mqtt.connect({
      ...this.#broker,
      clientId,
      ...(username === '' ? {} : { username, password }),
      protocolVersion: 4,
      clean: true, // it subscribes to nothing, so there is no session to keep
      keepalive: 30,
      connectTimeout: 10_000,
      queueQoSZero: false,
      reconnectPeriod: 0, // see #again: with full jitter
      rejectUnauthorized: true,
    })
    this.#client = client
    client.on('connect', () => {
      this.#connected = true
      this.#failures = 0
      if (this.#refused) this.#log.info({ device: this.path }, 'accepted again')
      this.#refused = false
      this.#cursor = 0
      this.#more = true
      this.pump()
    })
    client.on('error', (error) => this.#onError(error))
    client.on('close', () => {
      if (this.#client === client) this.#onClose(client)
    })
  }

  #onError(error: Error & { code?: unknown }): void {
    const denied = error.code === 4 || error.code === 5
    if (!denied) return this.#log.debug({ err: error, device: this.path }, 'connection failed')
    this.#counts.refused++
    if (!this.#refused)
      this.#log.warn(
        { device: this.path, why: error.message },
        'refused: its credential was changed by somebody; remove it from simulators/credentials.json and restart to take it back',
      )
    this.#refused = true
  }

  #onClose(client: MqttClient): void {
    this.#connected = false
    this.#client = null
    this.#flying.clear()
    client.end(true)
    if (this.#stopped || this.#cut || this.#timer) return
    // full jitter, so that many devices do not come back in one moment
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++)
    const wait = this.#refused ? REFUSED_WAIT_MS : Math.random() * longest
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.start()
    }, wait)
  }

  /** Does what the faults of its device ask. `line.replay` is taken. */
  follow(line: { readonly state: { readonly link: boolean }; replay: number | null }): void {
    if (!line.state.link) return this.cut()
    if (!this.#cut) return
    this.restore(line.replay)
    line.replay = null
  }

  /** Without power or line: the connection is torn, without a goodbye, until `restore`. */
  cut(): void {
    if (this.#cut) return
    this.#cut = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    const client = this.#client
    this.#client = null
    this.#connected = false
    this.#flying.clear()
    client?.stream.destroy()
    client?.end(true)
  }

  /** Back again. `items`: what waits now is replayed in batches of so many; null: singly. */
  restore(items: number | null): void {
    if (!this.#cut) return
    this.#cut = false
    this.#replay = items === null ? null : { to: this.#outbox.newest, items }
    this.#failures = 0
    if (!this.#stopped) this.start()
  }

  /** A turn of the plant is stored: tell what is new. */
  turn(): void {
    this.#left = this.#batch > 1 ? Infinity : PER_TURN
    this.#more = true
    this.pump()
  }

  /** Sends what waits, in order, as far as the windows allow. */
  pump(): void {
    // a QoS 0 callback may come while its publish still runs
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#sendSome());
    } finally {
      this.#pumping = false
    }
  }

  /** Whether there may be more to send now. */
  #sendSome(): boolean {
    const client = this.#client
    const room = Math.min(IN_FLIGHT - this.#flying.size, this.#left)
    if (!client || !this.#connected || !this.#more || this.#stopped || room <= 0) return false
    const replay = this.#replay ?? (this.#batch > 1 ? { to: Infinity, items: this.#batch } : null)
    // a batch takes what belongs together out of its order, so it goes alone
    if (replay && this.#flying.size > 0) return false
    const limit = replay ? replay.items * 4 : room
    const waiting = this.#outbox.next(this.path, this.#cursor, limit)
    const part = replay ? waiting.filter(({ id }) => id <= replay.to) : waiting
    if (this.#replay && part.length < limit) this.#replay = null
    else this.#more = part.length === limit
    for (const message of messagesOf(part, replay?.items ?? 1)) this.#send(client, message)
    return true
  }

  #send(client: MqttClient, { entries, qos }: Message): void {
    const first = entries[0]!
    const now = Date.now()
    const at = now + (first.skew ?? 0)
    for (const entry of entries) {
      this.#cursor = Math.max(this.#cursor, entry.id)
      this.#flying.add(entry.id)
      this.#outbox.sent(entry, at, now)
    }
    this.#left--
    this.#counts.sent++
    const topic = deviceTopic(first.firm, first.machine, first.class as DeviceClass)
    client.publish(topic, payloadOf(entries, at), { qos }, (error) => {
      // an old connection may still acknowledge; what it did not, the next one sends again
      if (client === this.#client) for (const { id } of entries) this.#flying.delete(id)
      if (error) return
      this.#counts.acknowledged++
      for (const entry of entries) this.#outbox.acknowledge(entry)
      if (client === this.#client) this.pump()
    })
  }

  /** Sends nothing new, waits up to `graceMs` for what is in flight, then leaves. What stays in the outbox is sent next time. */
  async stop(graceMs = 1500): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const until = performance.now() + graceMs
    while (this.#connected && this.#flying.size > 0 && performance.now() < until)
      await new Promise((done) => setTimeout(done, 20))
    await new Promise<void>((done) =>
      this.#client ? this.#client.end(!this.#connected, {}, () => done()) : done(),
    )
  }
}
