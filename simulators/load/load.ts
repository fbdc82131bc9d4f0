/**
 * Load: devices as raw TCP sockets with pre-encoded PUBLISH packets (QoS 1), so that making it costs little beside what it measures.
 * Sequence numbers, times and values differ in every message; their width does not, so a packet is patched in place.
 */
import net from 'node:net'
import { generate } from 'mqtt-packet'
import { Latencies } from './latencies.ts'

export type Account = {
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** Of its telemetry: `v1/{firm}/{site}/{area}/{line}/{machine}/telemetry`. */
  readonly topic: string
}

export type Job = {
  readonly host: string
  readonly port: number
  /** One connection each. */
  readonly accounts: readonly Account[]
  /** Unanswered messages of one connection. */
  readonly inFlight: number
  readonly seconds: number
  /** Messages/s over all devices; 0: as fast as PUBACKs come. */
  readonly rate: number
  /** Of a payload: LOAD_BYTES, and up to 63 more. */
  readonly bytes: number
}

/** Payloads: four measures, a whole envelope. */
export const LOAD_BYTES = 148

export type Result = {
  /** Messages, and those of them that were acknowledged 10 s after the end at the latest. */
  readonly sent: number
  readonly acknowledged: number
  readonly seconds: number
  /** Acknowledged inside `seconds`. */
  readonly perSecond: number
  /** From write to PUBACK. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Connections that closed on their own. */
  readonly closed: number
}

/**
 * Connects every account, sends for `seconds`, waits for the answers. Rejects when not all are connected in 20 s or one is refused; both
 * name the broker's reason.
 */
export const runLoad = (job: Job): Promise<Result> => new Load(job).run()

/** Fixed width: ten digits from the first message on. */
const FIRST_SEQ = 1_000_000_000
const PUBACK = 0x40
const CONNACK = 0x20
const CONNECT_MS = 20_000
const DRAIN_MS = 10_000

class Device {
  readonly #socket: net.Socket
  readonly #packet: Buffer
  readonly #at: { id: number; ts: number; seq: number; values: number[] }
  readonly #sentAt = new Map<number, number>()
  readonly #load: Load
  #seq = FIRST_SEQ
  #id = 0
  #lastTs = 0
  #rest: Buffer | null = null

  constructor(load: Load, account: Account) {
    this.#load = load
    const { packet, at } = template(account.topic, load.job.bytes)
    this.#packet = packet
    this.#at = at
    this.#socket = net.connect(load.job.port, load.job.host)
    this.#socket.setNoDelay(true)
    const { clientId, username, password } = account
    this.#socket.write(
      generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId,
        keepalive: 60,
        ...(username ? { username, password: Buffer.from(password ?? '') } : {}),
      }),
    )
    this.#socket.on('data', (bytes) => this.#onData(bytes))
    // a refused or torn connection closes: that is counted
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => load.onClosed())
  }

  get waiting(): number {
    return this.#sentAt.size
  }

  send(): void {
    this.#id = (this.#id % 65_535) + 1
    this.#lastTs = Math.max(this.#lastTs + 1, Date.now())
    const { id, ts, seq, values } = this.#at
    const packet = Buffer.from(this.#packet)
    packet.writeUInt16BE(this.#id, id)
    packet.write(String(this.#lastTs), ts, 13, 'latin1')
    packet.write(String(this.#seq++), seq, 10, 'latin1')
    for (const at of values) packet[at] = 48 + ((this.#seq * 7 + at * 13) % 10)
    this.#sentAt.set(this.#id, performance.now())
    this.#load.sent++
    this.#socket.write(packet)
  }

  end(): void {
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    const now = performance.now()
    let at = 0
    while (at + 4 <= bytes.length) {
      const type = bytes[at]! & 0xf0
      const length = 2 + bytes[at + 1]!
      if (at + length > bytes.length) break
      if (type === PUBACK) {
        const id = bytes.readUInt16BE(at + 2)
        const sent = this.#sentAt.get(id)
        if (sent !== undefined) {
          this.#sentAt.delete(id)
          this.#load.onAcknowledged(this, now - sent)
        }
      } else if (type === CONNACK) this.#load.onAnswered(bytes[at + 3]!)
      at += length
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : null
  }
}

class Load {
  readonly job: Job
  sent = 0
  acknowledged = 0
  closed = 0
  readonly latencies = new Latencies()
  #ready = 0
  #refused: number | null = null
  #running = false
  #ended = false
  #devices: Device[] = []
  #started = 0

  constructor(job: Job) {
    this.job = job
  }

  async run(): Promise<Result> {
    for (const account of this.job.accounts) {
      this.#devices.push(new Device(this, account))
      if (this.#devices.length % 20 === 0) await new Promise((done) => setTimeout(done, 5))
    }
    const connected = performance.now() + CONNECT_MS
    while (this.#ready < this.#devices.length) {
      const why =
        this.#refused !== null
          ? `the broker refuses a load device (CONNACK ${this.#refused})`
          : this.closed > 0 || performance.now() > connected
            ? `${this.#ready} of ${this.#devices.length} load devices are connected`
            : null
      if (why !== null) {
        this.#end()
        throw new Error(why)
      }
      await new Promise((done) => setTimeout(done, 20))
    }
    this.#running = true
    this.#started = performance.now()
    if (this.job.rate > 0) this.#pace()
    else for (const device of this.#devices) for (let i = 0; i < this.job.inFlight; i++) device.send()
    await new Promise((done) => setTimeout(done, this.job.seconds * 1000))
    this.#running = false
    const seconds = (performance.now() - this.#started) / 1000
    const acknowledged = this.acknowledged
    const drained = performance.now() + DRAIN_MS
    while (this.#devices.some((device) => device.waiting > 0) && performance.now() < drained)
      await new Promise((done) => setTimeout(done, 20))
    const result: Result = {
      sent: this.sent,
      acknowledged: this.acknowledged,
      seconds,
      perSecond: Math.round(acknowledged / seconds),
      p50Ms: this.latencies.percentile(0.5),
      p99Ms: this.latencies.percentile(0.99),
      maxMs: this.latencies.max,
      closed: this.closed,
    }
    this.#end()
    return result
  }

  #end(): void {
    this.#ended = true
    for (const device of this.#devices) device.end()
  }

  /** A CONNACK's code. */
  onAnswered(code: number): void {
    if (code === 0) this.#ready++
    else this.#refused ??= code
  }

  onClosed(): void {
    if (!this.#ended) this.closed++
  }

  onAcknowledged(device: Device, ms: number): void {
    this.acknowledged++
    this.latencies.add(ms)
    if (this.#running && this.job.rate === 0) device.send()
  }

  /** An even pace over all devices in turn, caught up every 5 ms; a device with `inFlight` unanswered messages is passed over. */
  #pace(): void {
    let next = 0
    const timer = setInterval(() => {
      if (!this.#running) return clearInterval(timer)
      const due = ((performance.now() - this.#started) / 1000) * this.job.rate
      for (let tries = this.#devices.length; this.sent < due && tries > 0; tries--) {
        const device = this.#devices[next++ % this.#devices.length]!
        if (device.waiting >= this.job.inFlight) continue
        device.send()
        tries = this.#devices.length
      }
    }, 5)
  }
}

/** A PUBLISH packet whose payload has exactly `bytes` bytes, and where its changing parts stand. */
function template(
  topic: string,
  bytes: number,
): { packet: Buffer; at: { id: number; ts: number; seq: number; values: number[] } } {
  const body = (boot: string) =>
    `{"ts":1700000000000,"seq":${FIRST_SEQ},"boot":"${boot}","v":{"power_kw":12.310,"load_pct":52.10,"vib_mm_s":1.120,"coolant_c":27.40}}`
  const fill = bytes - body('').length
  if (fill < 1 || fill > 64) throw new Error(`payloads of ${bytes} bytes do not fit the template`)
  // A boot of its own for every run: its sequence numbers start anew.
  const payload = body(Date.now().toString(36).padEnd(fill, '0').slice(0, fill))
  const packet = generate({ cmd: 'publish', topic, payload, qos: 1, messageId: 1, dup: false, retain: false })
  const start = packet.length - payload.length
  const value = (name: string) => start + payload.indexOf(name) + name.length
  return {
    packet,
    at: {
      id: start - 2,
      ts: start + payload.indexOf('1700000000000'),
      seq: start + payload.indexOf(String(FIRST_SEQ)),
      values: [
        value('"power_kw":12.') + 1,
        value('"load_pct":52.'),
        value('"vib_mm_s":1.') + 1,
        value('"coolant_c":27.'),
      ],
    },
  }
}
