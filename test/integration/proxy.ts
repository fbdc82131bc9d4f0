/** A TCP proxy that is a bad network: it passes, delays, cuts after a number of bytes, swallows, half-closes, or drips byte by byte. */
import { once } from 'node:events'
import net from 'node:net'

export type Mode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Both ends are reset after so many bytes from the client. */
  | { readonly kind: 'cut'; readonly after: number }
  /** Nothing passes either way, and nobody is told. */
  | { readonly kind: 'blackHole' }
  /** The client's end of stream is passed on, what comes back is not. */
  | { readonly kind: 'halfClose' }
  | { readonly kind: 'drip' }

export class Proxy {
  mode: Mode = { kind: 'pass' }
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()
  #passed = 0

  private constructor(target: () => number) {
    this.#server = net.createServer({ allowHalfOpen: true }, (client) => {
      const upstream = net.connect({ port: target(), host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      this.#passed = 0
      this.#join(client, upstream, true)
      this.#join(upstream, client, false)
    })
  }

  /** `target` is asked at each connection, so that a broker may come back on another port. */
  static async open(target: () => number): Promise<Proxy> {
    const proxy = new Proxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  #join(from: net.Socket, to: net.Socket, isUp: boolean): void {
    this.#sockets.add(from)
    from.on('data', (bytes) => this.#pass(bytes, from, to, isUp))
    from.on('end', () => this.mode.kind !== 'blackHole' && to.end())
    from.on('error', () => undefined) // its close follows
    from.on('close', () => {
      this.#sockets.delete(from)
      if (this.mode.kind !== 'blackHole') to.destroy()
    })
  }

  #pass(bytes: Buffer, from: net.Socket, to: net.Socket, isUp: boolean): void {
    const { mode } = this
    if (mode.kind === 'blackHole' || (mode.kind === 'halfClose' && !isUp)) return
    if (mode.kind === 'delay') return void setTimeout(() => to.write(bytes), mode.ms)
    if (mode.kind === 'drip') return bytes.forEach((byte) => to.write(Uint8Array.of(byte)))
    if (mode.kind === 'cut' && isUp) {
      const left = mode.after - this.#passed
      this.#passed += bytes.length
      if (bytes.length >= left) return void to.write(bytes.subarray(0, left), () => this.reset(from, to))
    }
    to.write(bytes)
  }

  reset(...sockets: net.Socket[]): void {
    for (const socket of sockets.length > 0 ? sockets : this.#sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.reset()
    this.#server.close()
  }
}
