/**
 * Who may open a live connection. Before anything is sent: our own page (its origin is ours), or a program with a Bearer token and no
 * origin. A missing, null or foreign origin without a token is answered 403, on polling as on WebSocket.
 */
import type { IncomingMessage } from 'node:http'
import { identify, identifySecret, isSecure, type Principal } from '../auth/identity.ts'
import { originOf } from '../http/origin.ts'
import type { Ports } from '../ports.ts'

export type Handshake = {
  readonly headers: IncomingMessage['headers']
  /** It came by TLS. */
  readonly secure: boolean
  readonly auth?: Readonly<Record<string, unknown>>
}

/** First gate, on the bare request: may this connection exist at all? */
export function mayConnect(ports: Ports, request: IncomingMessage): boolean {
  const origin = originOf(request.headers)
  if (origin === 'foreign') return false
  const { authorization, cookie } = request.headers
  if (origin === 'absent' && authorization === undefined) return false
  // Without either, the token must come with the CONNECT packet: the second gate waits 5 s for it.
  if (authorization === undefined && cookie === undefined) return true
  return identify(ports.people, request.headers, isSecure(request), ports.now()) !== null
}

/** Second gate: the principal by cookie, Bearer header or `auth.token`; null refuses the connection. */
export function principalOf(ports: Ports, { headers, secure, auth }: Handshake): Principal | null {
  const token = auth?.['token']
  if (headers.authorization === undefined && typeof token === 'string')
    return identifySecret(ports.people, token.slice(0, 200), ports.now())
  return token === undefined ? identify(ports.people, headers, secure, ports.now()) : null
}
