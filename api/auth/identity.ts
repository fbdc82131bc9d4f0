/**
 * Who is asking: a signed-in person by cookie, or a program by `Authorization: Bearer`. REST, the socket's handshake and /metrics all
 * ask here. Valid: `Cookie: baiyuan=bys_…`, `Authorization: Bearer byt_…`. Anything else is nobody.
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { HOUR, MINUTE, type Instant } from '#domain/time.ts'
import { ROLES, type Role } from '#contract/control.ts'
import type { PeopleStore } from '#store/people/people.ts'
import { looksLikeSecret, makeSecret, secretHash } from './secrets.ts'

export type Principal = {
  /** `li`, or `token:<name>`: what a journal entry names as its author. */
  readonly name: string
  readonly role: Role
  /** Null: every firm. */
  readonly firms: readonly string[] | null
  readonly expiresAt: Instant | null
  readonly by: 'session' | 'token'
  /** Hash of the secret, hex: finds open sockets of a session and asks again whether it still stands. */
  readonly proof: string
}

/** Sliding: a session ends 12 h after it was last used. */
export const SESSION_MS = 12 * HOUR
/** Written back at most this often, so that reading costs no write. */
const EXTEND_AFTER = 5 * MINUTE
const TOUCH_AFTER = MINUTE

/** Did this arrive by TLS? Its socket says so; no header can. The page may be served both ways, each with a cookie of its own. */
export const isSecure = ({ socket }: { readonly socket: Socket }): boolean =>
  (socket as Partial<TLSSocket>).encrypted === true

export const cookieName = (secure: boolean): string => (secure ? '__Host-baiyuan' : 'baiyuan')

/** The principal of a request's headers, or null. A wrong Bearer token is nobody, whatever the cookie says. */
export function identify(
  people: PeopleStore,
  headers: { readonly cookie?: string | undefined; readonly authorization?: string | undefined },
  secure: boolean,
  now: Instant,
): Principal | null {
  if (headers.authorization !== undefined) {
    const [scheme, secret, more] = headers.authorization.slice(0, 200).split(' ')
    if (scheme?.toLowerCase() !== 'bearer' || !secret || more !== undefined) return null
    return identifySecret(people, secret, now)
  }
  const secret = readCookie(headers.cookie ?? '', cookieName(secure))
  return secret?.startsWith('bys_') ? identifySecret(people, secret, now) : null
}

/** The principal of a session or API token. */
export function identifySecret(people: PeopleStore, secret: string, now: Instant): Principal | null {
  if (!looksLikeSecret(secret)) return null
  const hash = secretHash(secret)
  return secret.startsWith('byt_') ? ofToken(people, hash, now) : ofSession(people, hash, now, true)
}

/** Does what was proven once still hold, unchanged? Does not count as use. */
export function identifyAgain(people: PeopleStore, known: Principal, now: Instant): Principal | null {
  const hash = Buffer.from(known.proof, 'hex')
  const found = known.by === 'token' ? ofToken(people, hash, now) : ofSession(people, hash, now, false)
  const same = found?.role === known.role && String(found.firms) === String(known.firms)
  return found && same ? found : null
}

/** Opens a session; the secret goes into the cookie and nowhere else. */
export function openSession(people: PeopleStore, name: string, now: Instant): string {
  const secret = makeSecret('bys')
  people.addSession(secretHash(secret), name, now, now + SESSION_MS)
  return secret
}

function ofSession(people: PeopleStore, hash: Uint8Array, now: Instant, counts: boolean): Principal | null {
  const found = people.session(hash, now)
  if (!found || !isRole(found.person.role)) return null
  let { expiresAt } = found
  if (counts && now + SESSION_MS - expiresAt > EXTEND_AFTER) {
    expiresAt = now + SESSION_MS
    people.extendSession(hash, now, expiresAt)
  }
  const { name, role, firms } = found.person
  return { name, role, firms, expiresAt, by: 'session', proof: Buffer.from(hash).toString('hex') }
}

function ofToken(people: PeopleStore, hash: Uint8Array, now: Instant): Principal | null {
  const found = people.token(hash)
  if (!found || !isRole(found.role)) return null
  if (now - (found.lastUsedAt ?? 0) > TOUCH_AFTER) people.touchToken(found.id, now)
  return {
    name: `token:${found.name}`,
    role: found.role,
    firms: found.firms,
    expiresAt: null,
    by: 'token',
    proof: Buffer.from(hash).toString('hex'),
  }
}

export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)

function readCookie(header: string, name: string): string | null {
  for (const part of header.slice(0, 4096).split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}
