/**
 * Stands between a socket and the broker library: every byte the library reads has been checked (packets.ts), no client is read
 * faster than its share of messages, and there are no more connections than configured. It takes the place of the socket's `read`,
 * so that nothing is copied.
 */
import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import { CONNACK_OF } from './connectPacket.ts'
import { PacketGuard } from './packets.ts'
import type { PacketFault } from './wire.ts'
import type { Closes } from './closes.ts'
import type { Limits } from './limits.ts'

/** A socket that the library has taken over: it hangs its client on it. */
type Taken = Duplex & { client?: Client & { readonly connackSent?: boolean } }

export class Guard {
  readonly #limits: Limits
  readonly #closes: Closes
  readonly #perAddress = new Map<string, number>()
  readonly #sockets = new Set<Duplex>()
  #stopped = false
  #isDiscarding = false

  constructor(limits: Limits, closes: Closes) {
    this.#limits = limits
    this.#closes = closes
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** No further byte is read from anyone; what was read is answered. */
  stopReading(): void {
    this.#stopped = true
  }

  /**
   * Says goodbye to everyone: our end of the stream after the last acknowledgement, what still comes thrown away unread. Closing at
   * once instead would reset the connection, and acknowledgements on their way would be lost. Resolves when all have gone, or later.
   */
  async farewell(withinMs: number): Promise<void> {
    this.#stopped = true
    this.#isDiscarding = true
    for (const socket of this.#sockets) {
      socket.removeAllListeners('readable')
      socket.resume()
      socket.end()
    }
    const end = performance.now() + withinMs
    while (this.#sockets.size > 0 && performance.now() < end) await new Promise((done) => setTimeout(done, 5))
  }

  /** Counts the connection in. False: it was over a limit and is closed. */
  admit(socket: Duplex, address: string): boolean {
    const here = this.#perAddress.get(address) ?? 0
    const over = this.#stopped
      ? 'stopping'
      : this.#sockets.size >= this.#limits.brokerMaxConnections
        ? 'too_many_connections'
        : here >= this.#limits.brokerMaxPerAddress
          ? 'too_many_from_address'
          : null
    if (over) {
      if (over !== 'stopping') this.#closes.note(over, address)
      socket.destroy()
      return false
    }
    this.#sockets.add(socket)
    this.#perAddress.set(address, here + 1)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left > 0) this.#perAddress.set(address, left)
      else this.#perAddress.delete(address)
    })
    return true
  }

  /** From here on, `read` gives checked bytes only. Call before the library takes the socket over. */
  watch(socket: Taken, address: string): void {
    const limits = this.#limits
    const packets = new PacketGuard(limits.brokerMaxConnectBytes, limits.brokerMaxTopicBytes)
    const pace = new Pace(limits.brokerMessagesPerSecond)
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null
    const client = () => socket.client?.id || address
    let raised = false
    socket.read = (size?: number): Buffer | null => {
      if (size === 0 || this.#isDiscarding) return read(size)
      if (this.#stopped || packets.fault) return null
      const wait = pace.wait(performance.now())
      if (wait > 0) {
        pace.later(wait, () => socket.emit('readable'))
        return null
      }
      const chunk = read(size)
      if (chunk === null) return null
      if (!raised && socket.client?.connackSent) {
        packets.maxPacket = limits.brokerMaxPacketBytes
        raised = true
      }
      const passed = packets.admit(chunk)
      if (packets.fault) this.#refuse(socket, packets.fault, client())
      else if (packets.messages > 0 && pace.take(packets.messages, performance.now()))
        this.#closes.note('slowed', client(), { perSecond: limits.brokerMessagesPerSecond })
      packets.messages = 0
      return passed
    }
    socket.once('close', () => pace.end())
  }

  #refuse(socket: Taken, fault: PacketFault, client: string): void {
    this.#closes.note(fault, client, fault === 'protocol_level' ? { speaks: 'MQTT 3.1.1 only' } : {})
    const code = CONNACK_OF[fault]
    if (code === undefined) socket.destroy()
    else socket.end(Buffer.from([0x20, 2, 0, code]), () => socket.destroy())
  }
}

/** A token bucket of messages with room for one burst of a second. Over it, the client is read later: TCP tells it to slow down. */
class Pace {
  readonly #perMs: number
  readonly #room: number
  #tokens: number
  #at = 0
  #timer: NodeJS.Timeout | undefined

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1000
    this.#room = perSecond
    this.#tokens = perSecond
  }

  /** Takes messages already read; true when that is more than there was. */
  take(messages: number, now: number): boolean {
    this.#tokens = Math.min(this.#room, this.#tokens + (now - this.#at) * this.#perMs) - messages
    this.#at = now
    return this.#tokens < 0
  }

  /** Milliseconds until the next read. */
  wait(now: number): number {
    if (this.#tokens >= 0) return 0
    return Math.max(0, Math.ceil(-this.#tokens / this.#perMs - (now - this.#at)))
  }

  later(wait: number, run: () => void): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      run()
    }, wait)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
