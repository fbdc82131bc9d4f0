/**
 * The one-time link that makes the first administrator. There is no default account: while nobody administers, a fresh random token
 * (15 minutes, single use, kept as a hash) is handed to whoever may open the local socket, and to nobody else.
 */
import { MINUTE, type Instant } from '#domain/time.ts'
import type { PeopleStore } from '#store/people/people.ts'
import { looksLikeSecret, makeSecret, secretHash } from './secrets.ts'

const SETUP_MS = 15 * MINUTE

export class SetupLink {
  readonly #people: PeopleStore
  #current: { readonly token: string; readonly expiresAt: Instant } | null = null

  constructor(people: PeopleStore) {
    this.#people = people
  }

  /** `/setup?token=…`, or null once there is an administrator. Asked again within its time, the same link. */
  path(now: Instant): string | null {
    if (this.#people.countOf('administrator') > 0) return null
    if (!this.#current || this.#current.expiresAt <= now) {
      const token = makeSecret('byl')
      this.#current = { token, expiresAt: now + SETUP_MS }
      this.#people.putSetup(secretHash(token), this.#current.expiresAt)
    }
    return `/setup?token=${this.#current.token}`
  }

  fits(token: string, now: Instant): boolean {
    return (
      looksLikeSecret(token) &&
      this.#people.countOf('administrator') === 0 &&
      this.#people.isSetup(secretHash(token), now)
    )
  }

  /** Creates the administrator and uses the link up. `passwordHash` comes from auth/passwords.ts. */
  redeem(token: string, name: string, passwordHash: string, now: Instant): 'created' | 'refused' | 'taken' {
    const draft = { name, role: 'administrator', firms: null, hash: passwordHash, disabled: false }
    const result = this.#people.redeemSetup(secretHash(token), draft, now)
    if (result === 'created') this.#current = null
    return result
  }
}
