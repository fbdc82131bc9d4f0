/** Which accounts are connected, and since when the present state holds. */
import type { Credentials } from '#store/credentials/credentials.ts'

export type Presence = { readonly connected: boolean; readonly since: number }

export class PresenceList {
  readonly #accounts = new Map<string, Presence>()

  came(username: string, at: number): void {
    this.#accounts.set(username, { connected: true, since: at })
  }

  went(username: string, at: number): void {
    this.#accounts.set(username, { connected: false, since: at })
  }

  forget(username: string): void {
    this.#accounts.delete(username)
  }

  /** Every account; one that never came counts from when its credential was made. */
  of(credentials: Credentials): Record<string, Presence> {
    const all = credentials.list().map(({ username, created }) => {
      return [username, this.#accounts.get(username) ?? { connected: false, since: created }] as const
    })
    return Object.fromEntries(all)
  }
}
