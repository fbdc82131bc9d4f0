/**
 * Opens the historian that `--store` names. Adding a product is one file and one line in PRODUCTS.
 * Valid:   sqlite:   memory:   influx1://writer:secret@10.0.0.5:8086/plant   influx2://token@host:8086/org   influx3://token@host:8181
 * Invalid: influx:10.0.0.5 , sqlite:/tmp/x , influx2://host:8086/org (no token)
 */
import { OperatorError } from '#runtime/process.ts'
import type { Adapter, OpenOptions, ReaderOptions } from './adapter.ts'
import type { Historian, HistorianReader } from './historian.ts'
import { openMemory, openMemoryReader } from './memory.ts'
import { SqliteHistorian } from './sqlite.ts'
import { SqliteReader } from './sqliteReader.ts'

const bare = (url: URL): string | null => (url.href === url.protocol ? null : 'nothing follows the colon')

const sqlite: Adapter = {
  fault: bare,
  open: (_url, options) => new SqliteHistorian(options),
  openReader: (_url, { dir, openMinutes, log }) => new SqliteReader(dir, openMinutes, log ?? null),
}
const memory: Adapter = {
  fault: bare,
  open: () => openMemory(),
  openReader: (_url, { openMinutes }) => openMemoryReader(openMinutes),
}

/** A client library is loaded only where its product is used. */
const PRODUCTS: Readonly<
  Record<string, { readonly example: string; readonly load: () => Promise<Adapter> }>
> = {
  'sqlite:': { example: 'sqlite:', load: () => Promise.resolve(sqlite) },
  'memory:': { example: 'memory:', load: () => Promise.resolve(memory) },
  'influx1:': { example: 'influx1://user:password@host:8086', load: () => import('./influx1.ts') },
  'influx2:': { example: 'influx2://token@host:8086/org', load: () => import('./influx2.ts') },
  'influx3:': { example: 'influx3://token@host:8181', load: () => import('./influx3.ts') },
}

/** Opens for writing. Throws OperatorError for a faulty address; a store that is down is no reason not to start. */
export async function openHistorian(store: string, options: OpenOptions): Promise<Historian> {
  const [adapter, url] = await adapterOf(store)
  return adapter.open(url, options)
}

/** Opens for reading. Throws OperatorError for a faulty address. */
export async function openHistorianReader(store: string, options: ReaderOptions): Promise<HistorianReader> {
  const [adapter, url] = await adapterOf(store)
  return adapter.openReader(url, options)
}

async function adapterOf(store: string): Promise<[Adapter, URL]> {
  const examples = Object.values(PRODUCTS).map(({ example }) => example)
  const url = URL.canParse(store) ? new URL(store) : null
  const product = url ? PRODUCTS[url.protocol] : undefined
  if (!url || !product)
    throw new OperatorError(`--store names no historian that we know: write one of ${examples.join('  ')}`)
  const adapter = await product.load()
  const fault = adapter.fault(url)
  if (fault) throw new OperatorError(`--store ${url.protocol} ${fault}: write ${product.example}`)
  return [adapter, url]
}
