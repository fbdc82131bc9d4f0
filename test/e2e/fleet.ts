/**
 * Devices with an outbox, as real ones have: a message stays in it until its PUBACK, is sent again after a reconnect with the same
 * boot and seq, and only then counts as acknowledged.
 */
import mqtt, { type MqttClient } from 'mqtt'
import type { DeviceSecret } from '#contract/local.ts'
import { deviceTopic } from '#contract/topics.ts'

export type Sent = {
  readonly machine: string
  readonly boot: string
  readonly seq: number
  readonly ts: number
  readonly power: number
}

export class FleetDevice {
  readonly acknowledged: Sent[] = []
  readonly #machine: string
  readonly #topic: string
  readonly #client: MqttClient
  readonly #outbox: Sent[] = []
  readonly #boot: string
  #sending = false
  #seq = 0
  #lastTs = 0
  #ended = false

  constructor(address: string, secret: DeviceSecret, firm: string, machine: string, boot: string) {
    this.#machine = machine
    this.#boot = boot
    this.#topic = deviceTopic(firm, machine, 'telemetry')
    this.#client = mqtt.connect(`mqtt://${address}`, {
      clientId: secret.clientId,
      username: secret.username,
      password: secret.password,
      clean: true,
      reconnectPeriod: 200 + Math.random() * 300,
      connectTimeout: 5000,
      reconnectOnConnackError: true,
      queueQoSZero: false,
      resubscribe: false,
    })
    this.#client.on('connect', () => {
      this.#sending = false
      this.#pump()
    })
    // A refused or broken connection is what these tests are about; mqtt.js reports it here and tries again.
    this.#client.on('error', () => undefined)
  }

  /** A new message with the next seq. */
  measure(now: number): void {
    const ts = Math.max(this.#lastTs + 1, now)
    this.#lastTs = ts
    this.#outbox.push({
      machine: this.#machine,
      boot: this.#boot,
      seq: ++this.#seq,
      ts,
      power: (this.#seq % 9000) / 100,
    })
    this.#pump()
  }

  get waiting(): number {
    return this.#outbox.length
  }

  /** One at a time, oldest first: order survives every reconnect. */
  #pump(): void {
    const next = this.#outbox[0]
    if (this.#sending || !next || !this.#client.connected || this.#ended) return
    this.#sending = true
    const payload = JSON.stringify({
      ts: next.ts,
      seq: next.seq,
      boot: next.boot,
      at: Date.now(),
      v: { power_kw: next.power },
    })
    this.#client.publish(this.#topic, payload, { qos: 1 }, (error) => {
      this.#sending = false
      if (!error) {
        this.#outbox.shift()
        this.acknowledged.push(next)
      }
      this.#pump()
    })
  }

  async end(): Promise<void> {
    this.#ended = true
    await this.#client.endAsync(true)
  }
}
