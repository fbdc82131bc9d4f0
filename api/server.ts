/** The HTTP(S) server: time-outs against slow clients, small headers, TLS 1.2 and up when a certificate is configured. */
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { RequestListener } from 'node:http'
import { SECOND } from '#domain/time.ts'
import { OperatorError } from '#runtime/process.ts'

const MAX_CONNECTIONS = 2000
const LIMITS = {
  // Headers that dribble in are cut after 5 s; looked at twice a second.
  headersTimeout: 5 * SECOND,
  requestTimeout: 10 * SECOND,
  connectionsCheckingInterval: SECOND / 2,
  keepAliveTimeout: 5 * SECOND,
  maxHeaderSize: 16 * 1024,
}

export function createServer(
  listener: RequestListener,
  tls: { readonly cert: string; readonly key: string } | null,
): http.Server {
  return tls ? createTlsServer(listener, readPair(tls)) : limited(http.createServer(LIMITS, listener))
}

/** With the certificate and key themselves, not the files that hold them. */
export function createTlsServer(
  listener: RequestListener,
  pair: { readonly cert: string | Buffer; readonly key: string | Buffer },
): https.Server {
  return limited(
    https.createServer({ ...LIMITS, ...pair, minVersion: 'TLSv1.2', handshakeTimeout: 5 * SECOND }, listener),
  )
}

function limited<S extends http.Server>(server: S): S {
  server.maxConnections = MAX_CONNECTIONS
  server.maxHeadersCount = 100
  return server
}

const readPair = (tls: { readonly cert: string; readonly key: string }) => ({
  cert: read(tls.cert, '--tls-cert'),
  key: read(tls.key, '--tls-key'),
})

function read(file: string, option: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    throw new OperatorError(`${option} ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}
