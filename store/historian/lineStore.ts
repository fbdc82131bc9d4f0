/**
 * What is the same for every store that takes lines over HTTP: batches, what each kind of refusal asks for, the cursor. An adapter
 * only sends one batch and says how it ended.
 *
 * A 400 is never sent again as it was: it is cut in halves until the bad lines stand alone; the good ones are written again, which
 * changes nothing. A 413 is halved. 401, 403 and a missing database need a person; everything else may pass by itself.
 */
import { SECOND, type Instant, type Millis } from '#domain/time.ts'
import type { Log } from '#runtime/log.ts'
import { openCursorFile, type CursorFile } from './cursorFile.ts'
import { sqliteFault } from './firmFile.ts'
import { readingFault, seriesFault } from './historian.ts'
import type { Historian, Point, Reading, Refused, Series, WriteResult } from './historian.ts'

export const MAX_LINES = 5000
/** How long an answer is waited for. */
export const ANSWER_MS: Millis = 10 * SECOND
const RETRY_MS: Millis = SECOND
const DENIED_RETRY_MS: Millis = 10 * SECOND

export type Sent =
  | { readonly kind: 'ok' }
  /** 400: one line or more are bad for good. */
  | { readonly kind: 'bad_lines'; readonly why: string }
  /** 413 */
  | { readonly kind: 'too_large'; readonly why: string }
  | { readonly kind: 'denied'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly why: string; readonly retryAfterMs?: number }

export type LineServer = {
  readonly name: string
  /** Names server and database without a secret: its cursor is kept under it. */
  readonly id: string
  /** Sends one firm's readings, at most MAX_LINES. Never throws. */
  send(firm: string, readings: readonly Reading[]): Promise<Sent>
  /** Is this reading there? Asked once after each (re)connection; a server that confirms and keeps nothing is found by it. */
  holds?(reading: Reading): Promise<boolean>
  probe(): Promise<{ readonly ok: boolean; readonly why?: string }>
}

type Failure = WriteResult & { readonly ok: false }
const DONE: WriteResult = { ok: true, refused: [] }

export class LineStore implements Historian {
  readonly name: string
  readonly keepsMs = null
  readonly #server: LineServer
  readonly #cursor: CursorFile
  readonly #log: Log
  /** Why it was not taken last time; null while it works. */
  #failure: Failure | null = null
  #proven = false

  constructor(server: LineServer, dir: string, log: Log) {
    this.name = server.name
    this.#server = server
    this.#cursor = openCursorFile(dir, server.id, log)
    this.#log = log
  }

  async write(readings: readonly Reading[], commit: number): Promise<WriteResult> {
    const refused: Refused[] = []
    const byFirm = new Map<string, Reading[]>()
    for (const reading of readings) {
      const why = seriesFault(reading.series) ?? readingFault(reading.ts, reading.value)
      if (why) refused.push({ reading, why })
      else listOf(byFirm, reading.series.firm).push(reading)
    }
    for (const [firm, list] of byFirm) {
      for (let i = 0; i < list.length; i += MAX_LINES) {
        const failure = await this.#send(firm, list.slice(i, i + MAX_LINES), refused)
        if (failure) return this.#failed(failure)
      }
    }
    const unproven = await this.#prove(readings, refused)
    if (unproven) return this.#failed(unproven)
    if (refused.length === 0) return this.#save(commit) ?? DONE
    this.#works() // the cursor waits until the caller has put the refused ones aside
    return { ok: true, refused }
  }

  tick(_now: Instant): Promise<WriteResult> {
    return Promise.resolve(DONE)
  }

  cursor(): Promise<number> {
    return Promise.resolve(this.#cursor.value)
  }

  flush(): Promise<WriteResult> {
    return Promise.resolve(DONE)
  }

  openReadings(_series: Series, _from: Instant, _to: Instant): Point[] {
    return []
  }

  async probe(): Promise<{ ok: boolean; why?: string }> {
    if (this.#failure?.kind === 'denied') return { ok: false, why: this.#failure.why }
    return this.#server.probe()
  }

  close(): Promise<void> {
    this.#cursor.close()
    return Promise.resolve()
  }

  /** Null, or why the batch has to come again. Lines that are bad for good are added to `refused`. */
  async #send(firm: string, readings: readonly Reading[], refused: Refused[]): Promise<Failure | null> {
    const sent = await this.#server.send(firm, readings)
    if (sent.kind === 'ok') return null
    if (sent.kind === 'unavailable')
      return { ok: false, kind: 'unavailable', why: sent.why, retryAfterMs: sent.retryAfterMs ?? RETRY_MS }
    if (sent.kind === 'denied')
      return { ok: false, kind: 'denied', why: sent.why, retryAfterMs: DENIED_RETRY_MS }
    if (readings.length === 1) {
      refused.push({ reading: readings[0]!, why: sent.why })
      return null
    }
    const half = readings.length >> 1
    return (
      (await this.#send(firm, readings.slice(0, half), refused)) ??
      (await this.#send(firm, readings.slice(half), refused))
    )
  }

  /** A proxy that answers everything with 204 would lose every reading: the first one after a connection is looked up. */
  async #prove(readings: readonly Reading[], refused: readonly Refused[]): Promise<Failure | null> {
    if (this.#proven || !this.#server.holds) return null
    const bad = new Set(refused.map(({ reading }) => reading))
    const witness = readings.findLast((reading) => !bad.has(reading))
    if (!witness) return null
    try {
      this.#proven = await this.#server.holds(witness)
    } catch (error) {
      return { ok: false, kind: 'unavailable', why: (error as Error).message, retryAfterMs: RETRY_MS }
    }
    if (this.#proven) return null
    const why = `${this.name} confirms a reading and does not have it: is something else answering at its address?`
    return { ok: false, kind: 'denied', why, retryAfterMs: DENIED_RETRY_MS }
  }

  #save(commit: number): Failure | null {
    try {
      this.#cursor.save(commit)
    } catch (error) {
      if (sqliteFault(error) === null) throw error
      const why = `the cursor cannot be written: ${(error as Error).message}`
      return this.#failed({ ok: false, kind: 'unavailable', why, retryAfterMs: RETRY_MS })
    }
    this.#works()
    return null
  }

  #works(): void {
    if (this.#failure) this.#log.info({ store: this.#server.id }, 'historian takes readings again')
    this.#failure = null
  }

  #failed(failure: Failure): Failure {
    if (this.#failure?.why !== failure.why)
      this.#log.warn(
        { store: this.#server.id, kind: failure.kind, why: failure.why },
        'historian takes no readings',
      )
    this.#failure = failure
    this.#proven = false
    return failure
  }
}

function listOf(map: Map<string, Reading[]>, key: string): Reading[] {
  const list = map.get(key) ?? []
  if (list.length === 0) map.set(key, list)
  return list
}

/** What a status asks for. `headers` as Node gives them. */
export function sentOf(status: number, why: string, retryAfter?: string | string[]): Sent {
  if (status === 400 || status === 422) return { kind: 'bad_lines', why }
  if (status === 413) return { kind: 'too_large', why }
  if (status === 401 || status === 403 || status === 404) return { kind: 'denied', why }
  const wait = retryAfterMs(retryAfter)
  return wait === null ? { kind: 'unavailable', why } : { kind: 'unavailable', why, retryAfterMs: wait }
}

/** Retry-After in seconds or as a date; null when there is none. RFC 9110 10.2.3 */
function retryAfterMs(header: string | string[] | undefined): number | null {
  const text = Array.isArray(header) ? header[0] : header
  if (text === undefined || text.trim() === '') return null
  const seconds = Number(text)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

/** The work's result, or after `ms` that it hangs: a client's own timeout does not cover an answer that stops half way. */
export async function within(ms: Millis, work: Promise<Sent>): Promise<Sent> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Sent>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'unavailable', why: `no answer in ${ms} ms` }), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
