/** Does a request come from our own page? For cookies on state-changing requests, and for the socket. */
import type { IncomingHttpHeaders } from 'node:http'

/** `own` and `absent` (a program), or `foreign` (another site, `null`, an odd port). */
export function originOf(headers: IncomingHttpHeaders): 'own' | 'foreign' | 'absent' {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (origin === undefined)
    return site === undefined || site === 'same-origin' || site === 'none' ? 'absent' : 'foreign'
  const match = /^https?:\/\/([^/?#]+)$/.exec(origin)
  return match && host !== undefined && match[1] === host ? 'own' : 'foreign'
}
