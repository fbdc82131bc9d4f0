/**
 * `npm run figures -- --firm F --by day --from 2026-11-01 --to 2026-11-24`: figures as JSON lines, one for each name, scope and window, of the
 * shape in which simulated plants tell what was true. Asks the api while one runs; else it reads what is settled.
 */
import { parseArgs } from 'node:util'
import { FiguresQuery, type FigureRow } from '#contract/figures.ts'
import { SHANGHAI_OFFSET } from '#domain/time.ts'
import { callLocal, LocalError, socketPath } from '#runtime/local.ts'
import { createLog } from '#runtime/log.ts'
import { ledgerFile, listFirms } from '#store/ledger/file.ts'
import { openLedgerReader } from '#store/ledger/reader.ts'
import { Accounts } from '../figures/accounts.ts'
import { isRefused } from '../figures/days.ts'
import { figureRows } from '../figures/windows.ts'
import { Ledgers } from '../ledgers.ts'
import { isArgsError, runs, UsageError } from './ask.ts'

const USAGE = `usage: npm run figures -- --firm FIRM --by minute|shift|day|month --from TIME --to TIME [--name NAME …] [--scope SCOPE] [--data DIR]
  TIME   2026-11-24, 2026-11-24T08:00 (Asia/Shanghai) or ms since 1970
  SCOPE  plant (default), machines, a machine's path, or line:…, product:…, order:…; with * all of them`

/** A time as people write it, in Asia/Shanghai. Throws a UsageError. */
export function timeOf(text: string | undefined, name: string): number {
  if (text === undefined) throw new UsageError(`--${name} is needed`)
  if (/^\d{10,15}$/.test(text)) return Number(text)
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(text)
    ? Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`) - SHANGHAI_OFFSET
    : Number.NaN
  if (Number.isNaN(at)) throw new UsageError(`--${name} is no time: ${text}`)
  return at
}

async function rowsOf(): Promise<readonly FigureRow[]> {
  const { values } = parseArgs({
    options: {
      firm: { type: 'string' },
      by: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      name: { type: 'string', multiple: true },
      scope: { type: 'string' },
      data: { type: 'string' },
    },
  })
  if (values.firm === undefined) throw new UsageError('--firm is needed')
  const query = {
    by: values.by ?? 'day',
    from: String(timeOf(values.from, 'from')),
    to: String(timeOf(values.to, 'to')),
    ...(values.name && { name: values.name.join(',') }),
    ...(values.scope !== undefined && { scope: values.scope }),
  }
  const parsed = FiguresQuery.safeParse(query)
  if (!parsed.success)
    throw new UsageError(
      parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '),
    )
  const data = values.data ?? process.env['BAIYUAN_DATA'] ?? 'data'
  const socket = socketPath(data, 'api')
  if (await runs(socket)) {
    const search = new URLSearchParams({ firm: values.firm, ...query }).toString()
    return callLocal<FigureRow[]>(socket, 'GET', `/figures?${search}`, undefined, 120_000)
  }
  return settledRows(data, values.firm, parsed.data)
}

const away = () => Promise.reject(new LocalError(503, 'the installation does not run'))

/** Nobody runs: the ledger alone tells. */
async function settledRows(data: string, firm: string, query: Parameters<typeof figureRows>[3]) {
  if (!listFirms(data).includes(firm)) throw new UsageError(`there is no firm ${firm} in ${data}`)
  const log = createLog('figures')
  const ledgers = new Ledgers(
    { firms: () => listFirms(data), open: (name) => openLedgerReader(ledgerFile(data, name)) },
    () => undefined,
  )
  const ports = {
    ledgers,
    log,
    now: () => Date.now(),
    // what is open is nobody's to tell
    ingest: { openDays: () => Promise.resolve([]), account: away, minutes: away },
  }
  try {
    const rows = await figureRows(ports, new Accounts(ports), firm, query)
    if (isRefused(rows)) throw new UsageError(rows.detail ?? `refused: ${rows.refused}`)
    return rows
  } finally {
    ledgers.close()
  }
}

try {
  for (const row of await rowsOf()) process.stdout.write(`${JSON.stringify(row)}\n`)
} catch (error) {
  const expected = error instanceof UsageError || error instanceof LocalError || isArgsError(error)
  process.stderr.write(
    expected ? `${(error as Error).message}\n${USAGE}\n` : `${String((error as Error).stack)}\n`,
  )
  process.exitCode = 1
}
