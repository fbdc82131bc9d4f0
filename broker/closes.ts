/** Why connections were closed, refused or slowed: each reason is counted, and logged once per client and reason. */
import type { PacketFault } from './wire.ts'
import type { Log } from '#runtime/log.ts'

export type CloseReason =
  | PacketFault
  | 'too_many_connections'
  | 'too_many_from_address'
  | 'connect_timeout'
  | 'keepalive_timeout'
  | 'keepalive_shortened'
  | 'slowed'
  | 'slow_reader'
  | 'tls_failed'
  | 'bad_credentials'
  | 'too_many_attempts'
  | 'client_id_of_another'
  | 'account_removed'
  | 'rights_changed'
  | 'secret_rotated'
  | 'handler_failed'
  | 'journal_closed'
  | 'protocol_error'
  | 'connection_lost'

/** What the broker library says when it closes a connection by itself. */
const LIBRARY_REASONS: readonly (readonly [text: string, reason: CloseReason])[] = [
  ['connect did not arrive in time', 'connect_timeout'],
  ['keep alive timeout', 'keepalive_timeout'],
  ['drain timeout', 'slow_reader'],
  ['ECONNRESET', 'connection_lost'],
  ['EPIPE', 'connection_lost'],
  ['Premature close', 'connection_lost'],
  ['connection closed', 'connection_lost'],
]

/** All others are warnings. */
const LEVELS: Partial<Record<CloseReason, 'debug' | 'info'>> = {
  connection_lost: 'debug', // a device that goes is presence's matter
  keepalive_shortened: 'info', // the device works on
}

const MAX_REMEMBERED = 10_000

export class Closes {
  readonly counts: Record<string, number> = {}
  readonly #log: Log
  readonly #told = new Set<string>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Counts, and logs when this client (account, or address while unknown) has not been logged for it yet. */
  note(reason: CloseReason, client: string, detail?: object): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    const key = `${reason} ${client}`
    if (this.#told.has(key)) return
    if (this.#told.size >= MAX_REMEMBERED) this.#told.clear() // bounded; the price is a line told twice
    this.#told.add(key)
    this.#log[LEVELS[reason] ?? 'warn'](
      { reason, client: client.slice(0, 256), ...detail },
      'connection closed, refused or limited',
    )
  }

  /** Counts what the broker library closed. */
  noteError(error: Error & { code?: string }, client: string): void {
    const text = error.code ?? error.message
    const known = LIBRARY_REASONS.find(([part]) => text.includes(part) || error.message.includes(part))
    this.note(known?.[1] ?? 'protocol_error', client, known ? {} : { why: error.message })
  }
}
