/**
 * HTTP over a local socket: how the processes of one installation and its command-line tools talk.
 * The socket is 0600 in a 0700 folder: who can open it is the operator.
 */
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import readline from 'node:readline'
import type { Log } from './log.ts'

export type LocalAnswer =
  { readonly status?: number; readonly body: unknown } | { readonly text: string; readonly type: string }
/** Writes one NDJSON line; false: the reader is slow, wait for `drain`. */
export type LocalLine = (line: unknown) => boolean
/** `drained` calls back once when a slow reader can take more. */
export type LocalStream = (
  write: LocalLine,
  query: URLSearchParams,
  signal: AbortSignal,
  drained: (listener: () => void) => void,
) => void
export type LocalRoutes = {
  readonly answers?: Readonly<
    Record<string, (body: unknown, query: URLSearchParams) => Promise<LocalAnswer> | LocalAnswer>
  >
  readonly streams?: Readonly<Record<string, LocalStream>>
}

const MAX_BODY = 8 * 1024 * 1024
/** sun_path holds 108 bytes on Linux, 104 on macOS. */
const MAX_SOCKET_PATH = 103

export const socketPath = (dir: string, process: string): string => path.join(dir, 'admin', `${process}.sock`)

/** Serves routes keyed `GET /health`. A socket file left by a dead process is taken over; a living one is a clear error. */
export async function serveLocal(file: string, routes: LocalRoutes, log: Log): Promise<http.Server> {
  if (Buffer.byteLength(file) > MAX_SOCKET_PATH)
    throw new Error(
      `the data folder's path is too long for a local socket (${file}): choose a shorter --data`,
    )
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  if (fs.existsSync(file)) {
    if (await answers(file))
      throw new Error(`another process already serves ${file}: stop it or choose another --data`)
    fs.rmSync(file)
  }
  const server = http.createServer((request, response) => {
    void handle(request, response, routes, log)
  })
  server.keepAliveTimeout = 30_000
  const mask = process.umask(0o177)
  server.listen(file)
  process.umask(mask)
  await once(server, 'listening')
  return server
}

/** Also on TCP (loopback unless configured), for probes of a container: the same /health, /ready and /metrics only. */
export async function serveProbes(
  host: string,
  port: number,
  routes: LocalRoutes,
  log: Log,
): Promise<http.Server> {
  const open = ['GET /health', 'GET /ready', 'GET /metrics']
  const probes = Object.fromEntries(
    Object.entries(routes.answers ?? {}).filter(([route]) => open.includes(route)),
  )
  const server = http.createServer((request, response) => {
    void handle(request, response, { answers: probes }, log)
  })
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

export async function closeLocal(server: http.Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
}

async function handle(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  routes: LocalRoutes,
  log: Log,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://local')
  const key = `${request.method} ${url.pathname}`
  try {
    const stream = routes.streams?.[key]
    if (stream) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      response.flushHeaders()
      const ended = new AbortController()
      response.on('close', () => ended.abort())
      const write = (line: unknown) => response.write(`${JSON.stringify(line)}\n`)
      stream(write, url.searchParams, ended.signal, (listener) => response.once('drain', listener))
      return
    }
    const answer = routes.answers?.[key]
    if (!answer) return send(response, { status: 404, body: { error: `no such route: ${key}` } })
    send(response, await answer(await readBody(request), url.searchParams))
  } catch (error) {
    log.error({ err: error, route: key }, 'local request failed')
    if (!response.headersSent) send(response, { status: 500, body: { error: (error as Error).message } })
    else response.destroy()
  }
}

function send(response: http.ServerResponse, answer: LocalAnswer): void {
  if ('text' in answer) response.writeHead(200, { 'content-type': answer.type }).end(answer.text)
  else
    response
      .writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer.body))
}

async function readBody(request: http.IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > MAX_BODY) throw new Error('body too large')
    parts.push(part)
  }
  return size === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'))
}

/** The other side answered, but not with success. */
export class LocalError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })

/** One request. Throws LocalError for an answer >= 400, and the socket's own error (ENOENT, ECONNREFUSED) when nobody is there. */
export async function callLocal<T>(
  file: string,
  method: 'GET' | 'POST',
  route: string,
  body?: unknown,
  timeoutMs = 10_000,
): Promise<T> {
  const request = http.request({ socketPath: file, method, path: route, agent, timeout: timeoutMs })
  request.on('timeout', () => request.destroy(new Error(`${route}: no answer in ${timeoutMs} ms`)))
  if (body !== undefined) request.setHeader('content-type', 'application/json')
  request.end(body === undefined ? undefined : JSON.stringify(body))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part)
  const text = Buffer.concat(parts).toString('utf8')
  const isJson = (response.headers['content-type'] ?? '').startsWith('application/json')
  const value: unknown = isJson && text ? JSON.parse(text) : text
  const status = response.statusCode ?? 0
  if (status >= 400) {
    const why = isJson ? (value as { error?: string }).error : text
    throw new LocalError(status, why ?? `${route}: ${status}`)
  }
  return value as T
}

/**
 * Follows an NDJSON stream and comes back by itself: 100 ms after a break, later up to 2 s. `onLine` gets each line, `onState` whether
 * it is connected. Returns a function that ends it.
 */
// T is what the other side promises in contract/: the caller names it once, here.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function followLocal<T>(
  file: string,
  route: string,
  onLine: (line: T) => void,
  onState: (connected: boolean) => void = () => undefined,
): () => void {
  let ended = false
  let request: http.ClientRequest | null = null
  let timer: NodeJS.Timeout | undefined
  let wait = 100
  const again = () => {
    if (ended || timer) return
    onState(false)
    timer = setTimeout(connect, wait)
    wait = Math.min(wait * 2, 2000)
  }
  const connect = () => {
    timer = undefined
    request = http.get({ socketPath: file, path: route, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume()
        return again()
      }
      wait = 100
      onState(true)
      const lines = readline.createInterface({ input: response, crlfDelay: Infinity })
      lines.on('line', (line) => onLine(JSON.parse(line) as T))
      lines.on('error', again)
      response.on('error', again)
      response.on('close', again)
    })
    request.on('error', again)
  }
  connect()
  return () => {
    ended = true
    clearTimeout(timer)
    request?.destroy()
  }
}

async function answers(file: string): Promise<boolean> {
  try {
    await callLocal(file, 'GET', '/health', undefined, 1000)
    return true
  } catch (error) {
    return error instanceof LocalError
  }
}
