/**
 * `influx2://token@host:8086/org`: InfluxDB 2.x and compatibles (VictoriaMetrics) by @influxdata/influxdb-client; influx3.ts is the
 * same way of writing. One bucket per firm (`baiyuan_<firm>`), the measure as measurement, the machine as tag, one float field
 * `value`. Written only: reading comes with a later version, until then a read is answered `not_supported`.
 */
import { HttpError, InfluxDB, Point, setLogger } from '@influxdata/influxdb-client'
import type { Millis } from '#domain/time.ts'
import type { Adapter } from './adapter.ts'
import { HistorianQueryError } from './historian.ts'
import type { HistorianReader, Reading } from './historian.ts'
import { ANSWER_MS, LineStore, MAX_LINES, sentOf, within, type LineServer, type Sent } from './lineStore.ts'

// Every failure comes back through writeFailed and is told there; the client would print it as well.
setLogger({ error: () => undefined, warn: () => undefined })

export type V2Product = {
  readonly name: 'influx2' | 'influx3'
  readonly port: number
  readonly needsOrg: boolean
}

/** For every product that takes /api/v2/write. */
export function v2Adapter(product: V2Product): Adapter {
  return {
    fault: (url) => faultOf(url, product),
    open: (url, { dir, log, answerMs = ANSWER_MS }) =>
      new LineStore(serverOf(product, url, answerMs), dir, log),
    openReader: () => writtenOnly(product.name),
  }
}

export const { fault, open, openReader } = v2Adapter({ name: 'influx2', port: 8086, needsOrg: true })

function faultOf(url: URL, { needsOrg }: V2Product): string | null {
  if (url.hostname === '') return 'names no host'
  if (url.username === '') return 'has no token'
  if (url.password || url.search || url.hash) return 'holds more than a token, a host and an organisation'
  const org = orgOf(url)
  if (needsOrg && org === '') return 'names no organisation'
  return needsOrg || org === '' ? null : 'names an organisation, which it does not have'
}

const orgOf = (url: URL): string => decodeURIComponent(url.pathname.slice(1))

function serverOf(product: V2Product, url: URL, answerMs: Millis): LineServer {
  const host = `${url.hostname}:${url.port || product.port}`
  const influx = new InfluxDB({
    url: `http://${host}`,
    token: decodeURIComponent(url.username),
    timeout: answerMs * 2, // only clears up behind an answer that within() has given up
  })
  const send = async (firm: string, readings: readonly Reading[]): Promise<Sent> => {
    let failure: Error | null = null
    // One writer per batch, one flush: a batch that the client sends by itself would fail unseen.
    const writer = influx.getWriteApi(orgOf(url), `baiyuan_${firm}`, 'ms', {
      maxRetries: 0,
      flushInterval: 0,
      batchSize: MAX_LINES + 1,
      maxBatchBytes: Infinity,
      writeFailed(error) {
        failure = error
        return Promise.resolve() // told below; nothing is kept for a retry
      },
    })
    try {
      writer.writePoints(readings.map(pointOf))
      await writer.flush()
    } catch (error) {
      failure ??= error as Error
    }
    writer.dispose()
    return failure === null ? { kind: 'ok' } : failureOf(failure)
  }
  return {
    name: product.name,
    id: `${product.name} ${host}/${orgOf(url)}`,
    send: (firm, readings) => within(answerMs, send(firm, readings)),
    async probe() {
      try {
        const { status } = await fetch(`http://${host}/health`, { signal: AbortSignal.timeout(answerMs) })
        return status < 500
          ? { ok: true }
          : { ok: false, why: `${product.name} at ${host} answers ${status}` }
      } catch (error) {
        return { ok: false, why: `${product.name} at ${host} does not answer: ${(error as Error).message}` }
      }
    },
  }
}

const pointOf = ({ series, ts, value }: Reading): Point =>
  new Point(series.measure).tag('machine', series.machine).floatField('value', value).timestamp(ts)

function failureOf(error: Error): Sent {
  const why = error.message.slice(0, 500)
  if (!(error instanceof HttpError)) return { kind: 'unavailable', why }
  const header = error.headers?.['retry-after']
  return sentOf(error.statusCode, why, header)
}

function writtenOnly(product: string): HistorianReader {
  const say = () =>
    Promise.reject(
      new HistorianQueryError(
        'not_supported',
        `${product} is written only: trends are read with sqlite: or influx1://`,
      ),
    )
  return { raw: say, buckets: say, close: () => Promise.resolve() }
}
