/**
 * The MQTT broker: guard -> identify -> authorize -> journal -> acknowledge, on aedes. This file hangs our decisions on the library's
 * hooks; each decision has a file of its own.
 */
import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { Aedes, type Client } from 'aedes'
import type { Account, Credentials } from '#store/credentials/credentials.ts'
import type { JournalWriter } from '#store/journal/journal.ts'
import type { Sessions } from '#store/sessions/sessions.ts'
import { guarded } from '#runtime/lifecycle.ts'
import type { Log } from '#runtime/log.ts'
import { Attempts, connackOf, identify, type Hello, type Identity } from './authenticate.ts'
import { installationPolicy, type Policy } from './authorize.ts'
import { Closes, type CloseReason } from './closes.ts'
import { conformancePolicy, identifyAnyone } from './conformance.ts'
import { Denied } from './denied.ts'
import { Guard } from './guard.ts'
import { JournalBeforeAck, type Publish } from './journalBeforeAck.ts'
import type { Limits } from './limits.ts'
import { PresenceList } from './presence.ts'

export type BrokerParts = {
  readonly journal: Pick<JournalWriter, 'appendThen'>
  readonly credentials: Credentials
  readonly sessions: Sessions
  readonly limits: Limits
  readonly log: Log
  /** For protocol suites: anyone may do anything; guard, journal and sessions stay. */
  readonly conformance?: boolean
}

/** Where a connection comes from. */
export type Origin = { readonly address: string; readonly certificate: string | null }

/** What of the library's client its types leave out. */
type Session = Client & { id: string; will: object | null }
type Hooks = {
  clients: Record<string, Session>
  publish: (packet: Publish, client: unknown, done?: () => void) => void
}

/** Already counted by its own reason. */
class Refusal extends Error {
  readonly returnCode: number
  constructor(reason: string, returnCode: number) {
    super(reason)
    this.returnCode = returnCode
  }
}

const DRAIN_MS = 2000
const STOP_MS = 4000
const FAREWELL_MS = 1000

export class Broker {
  readonly closes: Closes
  readonly denied: Denied
  readonly presence = new PresenceList()
  readonly guard: Guard
  readonly journalBeforeAck: JournalBeforeAck
  readonly #parts: BrokerParts
  readonly #policy: Policy
  readonly #attempts = new Attempts()
  readonly #aedes: Aedes
  readonly #origins = new WeakMap<object, Origin>()
  readonly #accounts = new WeakMap<object, Account>()
  /** The keep-alive that a client asked for, when it got a shorter one. */
  readonly #shortened = new WeakMap<object, number>()

  constructor(parts: BrokerParts) {
    const { limits, log, conformance = false } = parts
    this.#parts = parts
    this.#policy = conformance ? conformancePolicy : installationPolicy
    this.closes = new Closes(log)
    this.denied = new Denied(log)
    this.guard = new Guard(limits, this.closes)
    this.journalBeforeAck = new JournalBeforeAck(parts.journal, this.#policy, conformance, this.denied)
    this.#aedes = new Aedes({
      id: randomUUID(), // another at each start: its counters must not meet those of packets queued before
      persistence: parts.sessions,
      connectTimeout: limits.brokerConnectSeconds * 1000,
      drainTimeout: DRAIN_MS,
      queueLimit: limits.brokerMaxPacketBytes, // bounded by the chunk read before CONNACK, not by the number of packets in it
      maxClientsIdLength: 23,
      preConnect: (client, packet, done) => {
        const { brokerKeepaliveSeconds: most } = limits
        // [MQTT-3.1.2-24] a server may close an idle connection whatever its keep-alive; a vanished device must be noticed.
        if (packet.keepalive === 0 || packet.keepalive! > most) {
          this.#shortened.set(client, packet.keepalive!)
          packet.keepalive = most
        }
        done(null, true)
      },
      authenticate: (client, username, password, done) => {
        const found = this.#walled('authenticate', () => this.#identify(client, username, password))
        if ('account' in found) {
          const asked = this.#shortened.get(client)
          if (asked !== undefined)
            this.closes.note('keepalive_shortened', found.account.username, {
              asked,
              seconds: limits.brokerKeepaliveSeconds,
            })
          return done(null, true)
        }
        this.closes.note(found.refused, this.#addressOf(client), { account: username, clientId: client.id })
        // The library cleans up after a refused client by its id, which may be another's.
        ;(client as Session).id = ''
        done(new Refusal(found.refused, found.code), false)
      },
      authorizePublish: (client, packet, done) => this.#publish(client, packet, done),
      authorizeSubscribe: (client, sub, done) => {
        const account = this.#accounts.get(client)
        done(null, account && this.#policy.mayHear(account, sub.topic) ? sub : null)
      },
      authorizeForward: (client, packet) => {
        const account = this.#accounts.get(client)
        return account && this.#policy.mayForward(account, packet.topic) ? packet : null
      },
    })
    this.#shortcut()
    this.#listen(log)
  }

  async start(): Promise<void> {
    await this.#aedes.listen()
  }

  /** Takes over a connection, unless there are too many. */
  take(socket: Duplex, origin: Origin): void {
    if (!this.guard.admit(socket, origin.address)) return
    this.#origins.set(socket, origin)
    this.guard.watch(socket, origin.address)
    this.#aedes.handle(socket)
  }

  /** Closes an account's connection and, with `forget`, ends its session too. */
  async disconnect(account: Account, reason: CloseReason, forget: boolean): Promise<void> {
    const client = this.#clients[account.clientId]
    if (client) {
      this.closes.note(reason, account.username)
      client.will = null
      await new Promise<void>((done) => client.close(done))
    }
    if (forget) await this.#parts.sessions.forget(account.clientId)
  }

  /**
   * Reads no more, waits until what was read is stored and acknowledged (4 s at most: a journal that cannot write must not keep the
   * process), then closes every connection. No will is published: the devices have not failed.
   */
  async stop(): Promise<void> {
    this.guard.stopReading()
    const end = performance.now() + STOP_MS
    while (this.journalBeforeAck.totals.inFlight > 0 && performance.now() < end) await turn(5)
    await turn(5)
    for (const client of Object.values(this.#clients)) client.will = null
    await this.guard.farewell(FAREWELL_MS)
    await Promise.race([new Promise<void>((done) => this.#aedes.close(done)), turn(DRAIN_MS)])
  }

  get #clients(): Record<string, Session> {
    return (this.#aedes as unknown as Hooks).clients
  }

  #addressOf(client: Client): string {
    return this.#origins.get(client.conn)?.address ?? ''
  }

  #identify(client: Client, username: string | undefined, password: Buffer | undefined): Identity {
    const origin = this.#origins.get(client.conn) ?? { address: '', certificate: null }
    const hello: Hello = { clientId: client.id, username, password, ...origin }
    if (this.#parts.conformance) return this.#remember(client, identifyAnyone(hello))
    const found = this.#remember(
      client,
      identify(hello, this.#parts.credentials, this.#attempts, performance.now()),
    )
    // A device that comes back over a new connection has not failed: the old one's will stays unsaid.
    const old = this.#clients[client.id]
    if ('account' in found && old) old.will = null
    return found
  }

  #remember(client: Client, found: Identity): Identity {
    if ('account' in found) this.#accounts.set(client, found.account)
    return found
  }

  /** A decision that throws is logged by name and refuses this one client; its neighbours go on. */
  #walled(
    handler: string,
    run: () => Identity,
  ): { account: Account } | { refused: CloseReason; code: number } {
    try {
      const found = run()
      return 'account' in found ? found : { refused: found.refused, code: connackOf(found.refused) }
    } catch (error) {
      this.#parts.log.error({ err: error, handler }, 'handler failed')
      return { refused: 'handler_failed', code: 3 }
    }
  }

  /** Also runs for wills: then the client may be gone, and the will carries its client id. */
  #publish(
    client: Client | null,
    packet: Publish & { clientId?: string },
    done: (error?: Error) => void,
  ): void {
    try {
      const account = client
        ? this.#accounts.get(client)
        : this.#parts.credentials.byClientId(packet.clientId ?? '')
      const principal = account?.username ?? packet.clientId ?? ''
      this.journalBeforeAck.take(account ?? null, principal, packet, Date.now(), done)
    } catch (error) {
      this.#parts.log.error({ err: error, handler: 'authorizePublish' }, 'handler failed')
      done(error as Error)
    }
  }

  /** What nobody may hear need not be routed: the library's routing of it would be most of its work. */
  #shortcut(): void {
    const hooks = this.#aedes as unknown as Hooks
    const route = hooks.publish.bind(this.#aedes)
    hooks.publish = (packet, client, done) => {
      if (!packet.unrouted) return route(packet, client, done)
      const next = typeof client === 'function' ? (client as () => void) : done
      next?.()
    }
  }

  #listen(log: Log): void {
    const { credentials } = this.#parts
    const seen = (name: string, mark: (username: string, at: number) => void) =>
      guarded(log, name, (client: Client) => {
        const account = this.#accounts.get(client)
        if (account && credentials.find(account.username) === account) mark(account.username, Date.now())
      })
    this.#aedes.on(
      'clientReady',
      seen('presence', (username, at) => this.presence.came(username, at)),
    )
    this.#aedes.on(
      'clientDisconnect',
      seen('presence', (username, at) => this.presence.went(username, at)),
    )
    const failed = guarded(log, 'closes', (client: Client, error: Error) => {
      if (error instanceof Refusal) return
      this.closes.noteError(error, this.#accounts.get(client)?.username ?? this.#addressOf(client))
    })
    this.#aedes.on('clientError', failed)
    this.#aedes.on('connectionError', failed)
    this.#aedes.on('error' as 'closed', (...[error]: unknown[]) =>
      log.error({ err: error }, 'broker library failed'),
    )
  }
}

const turn = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
