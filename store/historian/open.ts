/**
 * Opens the historian that `--store` names. Adding a product is one file and one line in PRODUCTS.
 * Valid:   sqlite:   memory:   influx1://writer:secret@10.0.0.5:8086/plant   influx2://token@host:8086/org   influx3://token@host:8181
 * Invalid: influx:10.0.0.5 , sqlite:/tmp/x , influx2://host:8086/org (no token)
 */
import type { Log } from '#runtime/log.ts'
import { OperatorError } from '#runtime/process.ts'
import type { Historian, HistorianReader, OpenMinutes } from './historian.ts'
import { influx1Fault, openInflux1, openInflux1Reader } from './influx1.ts'
import { influx2Fault, openInflux2, openV2Reader } from './influx2.ts'
import { influx3Fault, openInflux3 } from './influx3.ts'
import { openMemory, openMemoryReader } from './memory.ts'
import { SqliteHistorian } from './sqlite.ts'
import { SqliteReader } from './sqliteReader.ts'

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

type Product = {
  readonly example: string
  /** Null, or what is wrong with the address. */
  readonly fault: (url: URL) => string | null
  readonly open: (url: URL, options: OpenOptions) => Promise<Historian> | Historian
  readonly reader: (url: URL, options: ReaderOptions) => HistorianReader
}

const bare = (url: URL): string | null => (url.href === url.protocol ? null : 'nothing follows the colon')

const PRODUCTS: Readonly<Record<string, Product>> = {
  'sqlite:': {
    example: 'sqlite:',
    fault: bare,
    open: (_url, options) => new SqliteHistorian(options),
    reader: (_url, { dir, openMinutes, log }) => new SqliteReader(dir, openMinutes, log ?? null),
  },
  'memory:': {
    example: 'memory:',
    fault: bare,
    open: () => openMemory(),
    reader: (_url, { openMinutes }) => openMemoryReader(openMinutes),
  },
  'influx1:': {
    example: 'influx1://user:password@host:8086',
    fault: influx1Fault,
    open: (url, { dir, log, answerMs }) => openInflux1(url, dir, log, answerMs),
    reader: (url, { answerMs }) => openInflux1Reader(url, answerMs),
  },
  'influx2:': {
    example: 'influx2://token@host:8086/org',
    fault: influx2Fault,
    open: (url, { dir, log, answerMs }) => openInflux2(url, dir, log, answerMs),
    reader: () => openV2Reader('influx2'),
  },
  'influx3:': {
    example: 'influx3://token@host:8181',
    fault: influx3Fault,
    open: (url, { dir, log, answerMs }) => openInflux3(url, dir, log, answerMs),
    reader: () => openV2Reader('influx3'),
  },
}

/** Opens for writing. Throws OperatorError for a faulty address; a store that is down is no reason not to start. */
export async function openHistorian(store: string, options: OpenOptions): Promise<Historian> {
  const [product, url] = productOf(store)
  return product.open(url, options)
}

/** Opens for reading. Throws OperatorError for a faulty address. */
export function openHistorianReader(store: string, options: ReaderOptions): Promise<HistorianReader> {
  return Promise.resolve().then(() => {
    const [product, url] = productOf(store)
    return product.reader(url, options)
  })
}

function productOf(store: string): [Product, URL] {
  const examples = Object.values(PRODUCTS).map(({ example }) => example)
  const url = URL.canParse(store) ? new URL(store) : null
  const product = url ? PRODUCTS[url.protocol] : undefined
  if (!url || !product)
    throw new OperatorError(`--store names no historian that we know: write one of ${examples.join('  ')}`)
  const fault = product.fault(url)
  if (fault) throw new OperatorError(`--store ${url.protocol} ${fault}: write ${product.example}`)
  return [product, url]
}
