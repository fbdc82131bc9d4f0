/** Does a request come from our own page? For cookies on state-changing requests, and for the socket. */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * `own`, `absent` (a program), or `foreign` (another site, `null`, an odd port). A browser leaves the origin out when it reads from its
 * own site, and then says so by a header that no script can set.
 */
export function originOf(headers: IncomingHttpHeaders): 'own' | 'foreign' | 'absent' {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (origin === undefined) {
    if (site === 'same-origin') return 'own'
    return site === undefined || site === 'none' ? 'absent' : 'foreign'
  }
  const match = /^https?:\/\/([^/?#]+)$/.exec(origin)
  return match && host !== undefined && match[1] === host ? 'own' : 'foreign'
}
