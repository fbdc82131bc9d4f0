/**
 * Who a connection is: the account of its user name, proven by its secret or its client certificate, and held to its own client id.
 * Answers are the same, and take the same time, for an unknown account and a wrong secret.
 */
import { isSecretOf, type Account, type Credentials } from '#store/credentials/credentials.ts'

export type Identity =
  | { readonly account: Account }
  | { readonly refused: 'bad_credentials' | 'too_many_attempts' | 'client_id_of_another' | 'account_removed' }

/** CONNACK return codes [MQTT-3.2.2-5]: 2 identifier rejected, 5 not authorized. */
export const connackOf = (refused: Extract<Identity, { refused: string }>['refused']): 2 | 5 =>
  refused === 'client_id_of_another' ? 2 : 5

export type Hello = {
  readonly clientId: string
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly address: string
  /** CN of a client certificate that the configured authority signed. */
  readonly certificate: string | null
}

/** Whose connection this is, or why it is refused. `now` is monotonic, in ms. */
export function identify(hello: Hello, credentials: Credentials, attempts: Attempts, now: number): Identity {
  const username = hello.certificate ?? hello.username ?? ''
  if (attempts.isBarred(hello.address, username, now)) return { refused: 'too_many_attempts' }
  const account = credentials.find(username)
  const proven =
    hello.certificate === null
      ? isSecretOf(account, hello.password ?? '')
      : account !== undefined && !account.removed && (hello.username ?? username) === username
  if (!proven || !account) {
    attempts.failed(hello.address, username, now)
    return { refused: 'bad_credentials' }
  }
  attempts.succeeded(hello.address, username)
  return account.clientId === hello.clientId ? { account } : { refused: 'client_id_of_another' }
}

const MAX_WRONG = 20
const WINDOW_MS = 60_000
const MAX_KEPT = 10_000

type Tries = { wrong: number; since: number }

/**
 * Wrong tries, per account from one address and per address. After 20 within a minute both are refused until the minute is over. An
 * account that has signed in from an address is barred there by its own failures only: one misconfigured device behind a shared
 * address does not lock out its neighbours, and a stranger elsewhere locks out nobody.
 */
export class Attempts {
  readonly #tries = new Map<string, Tries>()
  readonly #known = new Set<string>()

  /** Addresses and pairs remembered: at most 10,000. */
  get size(): number {
    return this.#tries.size
  }

  isBarred(address: string, username: string, now: number): boolean {
    const pair = `${address} ${username}`
    return this.#isOver(pair, now) || (!this.#known.has(pair) && this.#isOver(address, now))
  }

  failed(address: string, username: string, now: number): void {
    this.#count(`${address} ${username}`, now)
    this.#count(address, now)
  }

  succeeded(address: string, username: string): void {
    const pair = `${address} ${username}`
    this.#tries.delete(pair)
    if (this.#known.size >= MAX_KEPT) this.#known.clear()
    this.#known.add(pair)
  }

  #isOver(key: string, now: number): boolean {
    const tries = this.#tries.get(key)
    if (!tries) return false
    if (now - tries.since > WINDOW_MS) this.#tries.delete(key)
    return tries.wrong >= MAX_WRONG && now - tries.since <= WINDOW_MS
  }

  #count(key: string, now: number): void {
    const tries = this.#tries.get(key)
    if (tries && now - tries.since <= WINDOW_MS) {
      // A bar lasts a whole minute from the try that brought it.
      if (++tries.wrong === MAX_WRONG) tries.since = now
      return
    }
    if (this.#tries.size >= MAX_KEPT) this.#forgetOld(now)
    this.#tries.set(key, { wrong: 1, since: now })
  }

  #forgetOld(now: number): void {
    for (const [key, { since }] of this.#tries) if (now - since > WINDOW_MS) this.#tries.delete(key)
    if (this.#tries.size >= MAX_KEPT) this.#tries.clear()
  }
}
