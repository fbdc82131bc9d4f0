/** Where devices connect: MQTT over TCP and over WebSocket, both with TLS when a certificate is configured. */
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Log } from '#runtime/log.ts'
import type { Options } from '#runtime/options.ts'
import { OperatorError } from '#runtime/process.ts'
import type { Broker } from './broker.ts'
import type { Limits } from './limits.ts'

const KEEPALIVE_MS = 30_000

/** TLS settings, or null for plain listeners. Throws OperatorError when a file cannot be used. */
export function tlsOptions(
  options: Pick<Options, 'tlsCert' | 'tlsKey' | 'tlsClientCa'>,
): tls.TlsOptions | null {
  const { tlsCert, tlsKey, tlsClientCa } = options
  if (!tlsCert && !tlsKey && !tlsClientCa) return null
  if (!tlsCert || !tlsKey) throw new OperatorError('TLS needs both --tls-cert and --tls-key')
  const settings: tls.TlsOptions = {
    cert: readPem(tlsCert, '--tls-cert'),
    key: readPem(tlsKey, '--tls-key'),
    minVersion: 'TLSv1.2',
    ...(tlsClientCa
      ? { ca: readPem(tlsClientCa, '--tls-client-ca'), requestCert: true, rejectUnauthorized: false }
      : {}),
  }
  try {
    tls.createSecureContext(settings)
  } catch (error) {
    throw new OperatorError(`the certificate cannot be used: ${(error as Error).message}`)
  }
  return settings
}

function readPem(file: string, option: string): Buffer {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    throw new OperatorError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}): check ${option}`,
    )
  }
}

/** Anything but loopback without TLS: the operator configured it, and is told what it means. */
export function warnIfOpen(log: Log, host: string, secure: boolean, option: string): void {
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (!isLoopback && !secure)
    log.warn(
      { host, option },
      'passwords and readings cross this network in plain text: configure --tls-cert',
    )
}

/** CN of a client certificate signed by the configured authority. */
function certificateName(socket: unknown): string | null {
  if (!(socket instanceof tls.TLSSocket) || !socket.authorized) return null
  const name = socket.getPeerCertificate().subject?.CN
  return typeof name === 'string' && name !== '' ? name : null
}

const addressOf = (socket: net.Socket): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '')

/** MQTT over TCP or TLS. */
export function mqttServer(broker: Broker, limits: Limits, secure: tls.TlsOptions | null): net.Server {
  const take = (socket: net.Socket) => {
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEPALIVE_MS)
    broker.take(socket, { address: addressOf(socket), certificate: certificateName(socket) })
  }
  if (!secure) return net.createServer(take)
  const server = tls.createServer({ ...secure, handshakeTimeout: limits.brokerConnectSeconds * 1000 }, take)
  server.on('tlsClientError', (error, socket) =>
    broker.closes.note('tls_failed', addressOf(socket), { why: error.message }),
  )
  return server
}

const mqttOnly: http.RequestListener = (_request, response) =>
  response.writeHead(426, { 'content-type': 'text/plain' }).end('MQTT over WebSocket only\n')

/** MQTT over WebSocket (subprotocol `mqtt`), any path. */
export function webSocketServer(broker: Broker, limits: Limits, secure: tls.TlsOptions | null): http.Server {
  const wait = limits.brokerConnectSeconds * 1000
  const times = { headersTimeout: wait, requestTimeout: wait, connectionsCheckingInterval: 1000 }
  const server = secure
    ? https.createServer({ ...secure, ...times, handshakeTimeout: wait }, mqttOnly)
    : http.createServer(times, mqttOnly)
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.brokerMaxPacketBytes + 5,
    handleProtocols: (offered) =>
      offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') ? 'mqttv3.1' : false,
  })
  server.on('upgrade', (request, socket: Duplex, head) => {
    socket.on('error', () => socket.destroy())
    const address = addressOf(request.socket)
    sockets.handleUpgrade(request, socket, head, (ws) => {
      broker.take(createWebSocketStream(ws), { address, certificate: certificateName(request.socket) })
    })
  })
  server.on('tlsClientError', (error: Error, socket: tls.TLSSocket) =>
    broker.closes.note('tls_failed', addressOf(socket), { why: error.message }),
  )
  return server
}

/** No new connection; those there are stay until the broker closes them. */
export function closeListener(server: net.Server): void {
  server.close()
  if (server instanceof http.Server) server.closeIdleConnections()
}
