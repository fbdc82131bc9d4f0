/** A client that says exactly what it is told, byte by byte if need be, and shows what came back. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { generate, parser, type IConnectPacket, type Packet } from 'mqtt-packet'
import type { DeviceSecret } from '#contract/local.ts'

export class RawMqtt {
  readonly socket: net.Socket
  readonly got: Packet[] = []
  closed = false
  #wake: () => void = () => undefined

  constructor(socket: net.Socket) {
    this.socket = socket
    const packets = parser({ protocolVersion: 4 })
    packets.on('packet', (packet) => {
      this.got.push(packet)
      this.#wake()
    })
    socket.on('data', (bytes) => packets.parse(bytes))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  static async open(port: number, secure?: tls.ConnectionOptions): Promise<RawMqtt> {
    const socket = secure
      ? tls.connect({ port, host: '127.0.0.1', ...secure })
      : net.connect(port, '127.0.0.1')
    const client = new RawMqtt(socket)
    await once(socket, secure ? 'secureConnect' : 'connect')
    return client
  }

  /** Connected, or closed: the CONNACK's return code, null when there was none. */
  async connect(secret: Partial<DeviceSecret>, more: Partial<IConnectPacket> = {}): Promise<number | null> {
    this.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 30,
      clientId: secret.clientId ?? '',
      ...(secret.username === undefined ? {} : { username: secret.username }),
      ...(secret.password === undefined ? {} : { password: Buffer.from(secret.password) }),
      ...more,
    })
    const answer = await this.next('connack')
    return answer?.cmd === 'connack' ? (answer.returnCode ?? null) : null
  }

  send(packet: Packet | Uint8Array): void {
    this.socket.write(packet instanceof Uint8Array ? packet : generate(packet))
  }

  publish(topic: string, payload: string | Buffer, messageId: number, more: object = {}): void {
    this.send({ cmd: 'publish', topic, payload, messageId, qos: 1, dup: false, retain: false, ...more })
  }

  /** The next packet of a kind, taken out; null when the connection closed first. Throws after `withinMs`. */
  async next(cmd: Packet['cmd'], withinMs = 10_000): Promise<Packet | null> {
    await this.#until(() => this.closed || this.got.some((packet) => packet.cmd === cmd), withinMs, cmd)
    const at = this.got.findIndex((packet) => packet.cmd === cmd)
    return at < 0 ? null : this.got.splice(at, 1)[0]!
  }

  /** Milliseconds until the other side has closed. Throws after `withinMs`. */
  async end(withinMs = 10_000): Promise<number> {
    const from = performance.now()
    await this.#until(() => this.closed, withinMs, 'the end')
    return performance.now() - from
  }

  count(cmd: Packet['cmd']): number {
    return this.got.filter((packet) => packet.cmd === cmd).length
  }

  /** As many packets of a kind have come, or the connection is closed. */
  async has(cmd: Packet['cmd'], count: number, withinMs = 15_000): Promise<void> {
    await this.#until(() => this.closed || this.count(cmd) >= count, withinMs, `${count} ${cmd}`)
  }

  destroy(): void {
    this.socket.destroy()
  }

  async #until(holds: () => boolean, withinMs: number, what: string): Promise<void> {
    const end = performance.now() + withinMs
    while (!holds()) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`no ${what} within ${withinMs} ms`)
      await new Promise<void>((done) => {
        const timer = setTimeout(done, left)
        this.#wake = () => {
          clearTimeout(timer)
          done()
        }
      })
    }
  }
}
