/**
 * The door to the local network: HTTPS on each of this host's addresses, on the port that the page has on loopback. Nothing is served
 * there in plain text, not even the CA certificate: whoever could change it on its way could have a phone trust a CA of his own, for
 * every site. It is fetched from the page by somebody who is signed in. Looks every 10 s for addresses that came or went.
 */
import type { Server } from 'node:https'
import { SECOND, type Instant } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { listen } from '#runtime/process.ts'
import { showAddress } from '#runtime/settings.ts'
import { keepCertificate, type Kept, type WhyRenewed } from './kept.ts'
import type { HostNames } from './network.ts'

const LOOK_EVERY = 10 * SECOND

export type Lan = Pick<Kept, 'fingerprint' | 'until' | 'ca'> & { readonly url: string }

export type DoorOptions = {
  /** DIR/tls */
  readonly folder: string
  readonly port: number
  readonly host: () => HostNames
  /** A server, not yet listening, that serves the page with this certificate. */
  readonly serve: (pair: { readonly cert: string; readonly key: string }) => Server
  readonly log: Log
  readonly now: () => Instant
}

const WORDS: Record<WhyRenewed, string> = {
  first: 'this is the first',
  unusable: 'the one in tls/ cannot be used',
  dates: 'the one in tls/ expires soon or is not valid yet',
  name: 'this host has another name',
  address: 'this host has another address',
}

export class LanDoor {
  readonly #options: DoorOptions
  readonly #servers = new Map<string, Server>()
  #kept: Kept | null = null
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | null = null

  constructor(options: DoorOptions) {
    this.#options = options
  }

  /** Throws when an address of now cannot be used; later ones are tried again. */
  async open(): Promise<void> {
    await this.look()
    this.#timer = setInterval(() => {
      this.look().catch((error: unknown) =>
        this.#options.log.error({ err: error }, 'the page cannot be served to the network'),
      )
    }, LOOK_EVERY)
  }

  /** How phones find the page; null while this host is on no network. */
  view(): Lan | null {
    const [address] = this.#servers.keys()
    if (!this.#kept || address === undefined) return null
    const { fingerprint, until, ca } = this.#kept
    const url = `https://${showAddress({ host: address, port: this.#options.port })}`
    return { url, fingerprint, until, ca }
  }

  /** Holds certificate and listeners against the addresses of this moment. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null))
    return this.#looking
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking?.catch((error: unknown) =>
      this.#options.log.warn({ err: error }, 'the last look for addresses failed'),
    )
    for (const address of this.#servers.keys()) this.#shut(address)
  }

  async #look(): Promise<void> {
    const { host, folder, now, log, port, serve } = this.#options
    const names = host()
    for (const address of this.#servers.keys()) if (!names.addresses.includes(address)) this.#shut(address)
    if (names.addresses.length === 0) return
    const { kept, renewed } = await keepCertificate(folder, names, now())
    if (renewed) {
      const why = `a new CA for the local network was made (${WORDS[renewed]}): phones need its certificate`
      log[renewed === 'first' ? 'info' : 'warn']({ fingerprint: kept.fingerprint }, why)
      for (const server of this.#servers.values()) server.setSecureContext(pairOf(kept))
    }
    this.#kept = kept
    for (const address of names.addresses) {
      if (this.#servers.has(address)) continue
      const server = serve(pairOf(kept))
      await listen(server, { host: address, port }, '--http')
      this.#servers.set(address, server)
    }
  }

  #shut(address: string): void {
    const server = this.#servers.get(address)
    this.#servers.delete(address)
    server?.close()
    server?.closeAllConnections()
  }
}

const pairOf = ({ certificate, key }: Kept) => ({ cert: certificate, key, minVersion: 'TLSv1.2' as const })
