/** What a product's file gives to the registry in open.ts. */
import type { Log } from '#runtime/log.ts'
import type { Historian, HistorianReader, OpenMinutes } from './historian.ts'

export type OpenOptions = {
  /** DIR/historian: files of the embedded store, cursors of the others. */
  readonly dir: string
  readonly log: Log
  /** sqlite: days for which single readings are kept; default 7. */
  readonly rawDays?: number
  /** influx: how long an answer is waited for, ms; default 10 s. */
  readonly answerMs?: number
}

export type ReaderOptions = {
  readonly dir: string
  readonly openMinutes: OpenMinutes
  readonly log?: Log
  readonly answerMs?: number
}

export type Adapter = {
  /** Null, or what is wrong with the address. */
  readonly fault: (url: URL) => string | null
  readonly open: (url: URL, options: OpenOptions) => Historian
  readonly openReader: (url: URL, options: ReaderOptions) => HistorianReader
}
