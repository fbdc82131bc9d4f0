/** A server that answers as told: for what a real one does too seldom. It keeps the lines of the requests it takes. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export type Answer = {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** ms before the answer; Infinity: never. */
  readonly after?: number
  /** Stops in the middle of the answer. */
  readonly cut?: boolean
}
export type FakeServer = {
  readonly port: number
  /** Bodies of /write and /api/v2/write requests, newest last. */
  readonly writes: string[]
  readonly lines: Set<string>
  /** How the next requests to write are answered, in turn; afterwards 204 and the lines are kept. */
  answer: ((lines: readonly string[]) => Answer | null)[]
  close(): Promise<void>
}

export async function fakeServer(): Promise<FakeServer> {
  const writes: string[] = []
  const lines = new Set<string>()
  const server = http.createServer((request, response) => {
    void reply(request, response)
  })
  const fake: FakeServer = {
    port: 0,
    writes,
    lines,
    answer: [],
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const reply = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const parts: Buffer[] = []
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
    const sent = Buffer.concat(parts)
    const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent).toString()
    if (!/\/write\?/.test(request.url ?? '')) {
      // A query: the reading looked up is there exactly when its line was kept.
      const ts =
        /time >= (\d+)ms/.exec(decodeURIComponent(request.url ?? '').replaceAll('+', ' '))?.[1] ?? 'none'
      const found = [...lines].some((line) => line.endsWith(` ${ts}`))
      const series = found ? [{ name: 'm', columns: ['time', 'value'], values: [[Number(ts), 1]] }] : []
      response.end(JSON.stringify({ results: [{ series }] }))
      return
    }
    writes.push(body)
    const asked = body.split('\n').filter((line) => line !== '')
    const answer = fake.answer.shift()?.(asked) ?? null
    if (answer === null) {
      for (const line of asked) lines.add(line)
      response.writeHead(204).end()
      return
    }
    if (answer.after === Infinity) return
    if (answer.after) await new Promise((done) => setTimeout(done, answer.after))
    response.writeHead(answer.status, answer.headers)
    if (answer.cut) {
      response.write('{"err')
      return
    }
    response.end(answer.body ?? '')
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(fake, { port: (server.address() as AddressInfo).port })
}
