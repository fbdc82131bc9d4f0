/**
 * `influx1://user:password@host:8086[/prefix]`: InfluxDB 1.x by the package influx. One database per firm (`<prefix>_<firm>`, made
 * when it is missing), the measure as measurement, the machine as tag, one float field `value`. Reading is InfluxQL; every name in a
 * query is a checked id and escaped all the same, every number is checked to be one.
 */
import { escape, InfluxDB } from 'influx'
import type { Instant, Millis } from '#domain/time.ts'
import type { OpenOptions, ReaderOptions } from './adapter.ts'
import { BucketGrid, checkRange } from './buckets.ts'
import { checkSeries, HistorianQueryError } from './historian.ts'
import type { Bucket, HistorianReader, Point, Reading, Series } from './historian.ts'
import { ANSWER_MS, LineStore, sentOf, within, type LineServer, type Sent } from './lineStore.ts'

const DEFAULT_PORT = 8086
const DEFAULT_PREFIX = 'baiyuan'

/** Null, or what is wrong with the address. */
export function fault(url: URL): string | null {
  if (url.hostname === '') return 'names no host'
  if (url.search || url.hash) return 'ends with something that is no prefix'
  return /^\/?$|^\/[A-Za-z0-9_-]{1,64}\/?$/.test(url.pathname)
    ? null
    : 'has a prefix that is no word of a-z, 0-9, _ and -'
}

const prefixOf = (url: URL): string => url.pathname.replaceAll('/', '') || DEFAULT_PREFIX
const hostOf = (url: URL): string => `${url.hostname}:${url.port || DEFAULT_PORT}`

function connect(url: URL, answerMs: Millis): InfluxDB {
  // The pool's own pause after a failure would refuse a write without asking; when to come again is said by whoever writes.
  const always = { getDelay: () => 0, next: () => always, reset: () => always }
  return new InfluxDB({
    host: url.hostname,
    port: Number(url.port || DEFAULT_PORT),
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
    // Only clears up behind an answer that within() has given up.
    pool: { maxRetries: 0, requestTimeout: answerMs * 2, backoff: always },
  })
}

/** Opens for writing. */
export function open(url: URL, { dir, log, answerMs = ANSWER_MS }: OpenOptions): LineStore {
  return new LineStore(serverOf(url, answerMs), dir, log)
}

function serverOf(url: URL, answerMs: Millis): LineServer {
  const influx = connect(url, answerMs)
  const databaseOf = (firm: string) => `${prefixOf(url)}_${firm}`

  const sendTo = async (
    database: string,
    readings: readonly Reading[],
    mayCreate: boolean,
  ): Promise<Sent> => {
    try {
      await influx.writePoints(
        readings.map(({ series, ts, value }) => ({
          measurement: series.measure,
          tags: { machine: series.machine },
          fields: { value },
          timestamp: ts,
        })),
        { database, precision: 'ms' },
      )
      return { kind: 'ok' }
    } catch (error) {
      if (statusOf(error) !== 404 || !mayCreate) return failureOf(error)
    }
    try {
      await influx.createDatabase(database)
    } catch (error) {
      const { message } = error as Error
      const denied = statusOf(error) !== null || /authori[sz]|privilege/.test(message)
      return denied
        ? { kind: 'denied', why: `database ${database} cannot be made: ${message}` }
        : failureOf(error)
    }
    return sendTo(database, readings, false)
  }

  return {
    name: 'influx1',
    id: `influx1 ${hostOf(url)}/${prefixOf(url)}`,
    send: (firm, readings) => within(answerMs, sendTo(databaseOf(firm), readings, true)),
    async holds({ series, ts }) {
      const text = select(series, '"value"', ts, ts + 1, 'LIMIT 1')
      try {
        return (await query(influx, databaseOf(series.firm), text, answerMs)).length === 1
      } catch (error) {
        if (/ 40[13] |not authorized/.test((error as Error).message)) return true // may write and not look: its word is taken
        throw error
      }
    },
    async probe() {
      const [host] = await influx.ping(answerMs)
      return host?.online ? { ok: true } : { ok: false, why: `influx1 at ${hostOf(url)} does not answer` }
    },
  }
}

function statusOf(error: unknown): number | null {
  return (error as { res?: { statusCode?: number } }).res?.statusCode ?? null
}

function failureOf(error: unknown): Sent {
  const status = statusOf(error)
  const why = (error as Error).message.slice(0, 500)
  if (status === null) return { kind: 'unavailable', why }
  const { headers } = (error as { res: { headers: Record<string, string | undefined> } }).res
  return sentOf(status, why, headers['retry-after'])
}

/** Opens for reading; the server is the only source, no minutes are open elsewhere. */
export function openReader(url: URL, { answerMs = ANSWER_MS }: ReaderOptions): HistorianReader {
  const influx = connect(url, answerMs)
  const ask = (series: Series, text: string) =>
    query(influx, `${prefixOf(url)}_${series.firm}`, text, answerMs)
  return {
    async raw(series, from, to, limit): Promise<Point[]> {
      checkSeries(series)
      checkRange(from, to, limit)
      if (to <= from || limit < 1) return []
      const rows = await ask(series, select(series, '"value"', from, to, `ORDER BY time DESC LIMIT ${limit}`))
      return rows.map(([ts, value]) => ({ ts: ts!, value: value! })).toReversed()
    },
    async buckets(series, from, to, stepMs): Promise<Bucket[]> {
      checkSeries(series)
      const grid = new BucketGrid(from, to, stepMs)
      if (grid.empty) return []
      const rows = await ask(
        series,
        select(
          series,
          SUMMARY,
          grid.from,
          grid.to,
          `GROUP BY time(${stepMs}ms) fill(none) tz('Asia/Shanghai')`,
        ),
      )
      for (const [ts, n, mean, min, max, first, last] of rows as number[][])
        if (n)
          grid.addSummary(ts!, ts!, { n, sum: mean! * n, min: min!, max: max!, first: first!, last: last! })
      return grid.buckets()
    },
    close: () => Promise.resolve(),
  }
}

const SUMMARY = ['count', 'mean', 'min', 'max', 'first', 'last'].map((name) => `${name}("value")`).join(', ')

/** `from`, `to` and everything in `tail` are checked numbers or words of ours. */
function select(series: Series, fields: string, from: Instant, to: Instant, tail: string): string {
  const { measure, machine } = series
  return `SELECT ${fields} FROM ${escape.quoted(measure)} WHERE "machine" = ${escape.stringLit(machine)} AND time >= ${from}ms AND time < ${to}ms ${tail}`
}

type Answer = { results?: { series?: { values: (number | null)[][] }[]; error?: string }[] }

/** Rows of the one series asked for; none when server or database do not know it. Throws HistorianQueryError `unavailable`. */
async function query(
  influx: InfluxDB,
  database: string,
  text: string,
  ms: Millis,
): Promise<(number | null)[][]> {
  let answer: Answer
  const late = AbortSignal.timeout(ms)
  try {
    answer = (await influx.queryRaw(text, { database, precision: 'ms', signal: late })) as Answer
  } catch (error) {
    throw new HistorianQueryError(
      'unavailable',
      `influx1 cannot be read: ${(error as Error).message.slice(0, 300)}`,
    )
  }
  const result = answer.results?.[0]
  if (result?.error && !/database not found/.test(result.error))
    throw new HistorianQueryError('unavailable', `influx1 cannot be read: ${result.error.slice(0, 300)}`)
  return result?.series?.[0]?.values ?? []
}
