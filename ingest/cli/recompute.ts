/**
 * `npm run recompute -- --firm F --from 2026-11-01 --to 2026-11-23`: production days made again from the raw messages of the journal and valued
 * again, while live data go on. One line of progress a day on stderr; at the end one line of JSON: what changed, and why.
 */
import { parseArgs } from 'node:util'
import type { DayRecomputed, DayRevalued } from '#contract/local.ts'
import { DAY } from '#domain/time.ts'
import { callLocal, LocalError, socketPath } from '#runtime/local.ts'

const USAGE =
  'usage: npm run recompute -- --firm FIRM --from YYYY-MM-DD --to YYYY-MM-DD [--machine PATH] [--data DIR]'
/** A day of many messages takes minutes. */
const PATIENCE_MS = 30 * 60_000
/** A commit of the ledger comes within five seconds: what was made is stored before it is valued. */
const STORED_MS = 6000

class UsageError extends Error {}

const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10)

function dayOf(text: string | undefined, name: string): string {
  const at = Date.parse(`${text ?? ''}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(text ?? '') || Number.isNaN(at)) throw new UsageError(`--${name} is no day`)
  return text!
}

async function run(): Promise<object> {
  const { values } = parseArgs({
    options: {
      firm: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      machine: { type: 'string' },
      data: { type: 'string' },
    },
  })
  const { firm } = values
  if (firm === undefined) throw new UsageError('--firm is needed')
  const [from, to] = [dayOf(values.from, 'from'), dayOf(values.to, 'to')]
  if (from > to) throw new UsageError('--from must not be after --to')
  const socket = socketPath(values.data ?? process.env['BAIYUAN_DATA'] ?? 'data', 'ingest')
  const ask = <T>(route: string, day: string) =>
    callLocal<T>(socket, 'POST', route, { firm, day, machine: values.machine ?? null }, PATIENCE_MS)
  const days: string[] = []
  for (let day = from; day <= to; day = dayAfter(day)) days.push(day)
  const begun = performance.now()
  const made: DayRecomputed[] = []
  for (const day of days) {
    const found = await ask<DayRecomputed>('/recompute', day)
    made.push(found)
    const { messages, machines, revised, missing } = found
    process.stderr.write(
      `${day}  ${made.length}/${days.length}  ${messages} messages, ${machines.length} machines came out otherwise, ${revised.length} shifts revised, ${missing} rows without a message\n`,
    )
  }
  const seconds = (performance.now() - begun) / 1000
  if (made.some(({ revised }) => revised.length > 0)) await new Promise((done) => setTimeout(done, STORED_MS))
  const accounts: DayRevalued[] = []
  for (const day of days) accounts.push(await ask<DayRevalued>('/revalue', day))
  const messages = made.reduce((sum, day) => sum + day.messages, 0)
  return {
    firm,
    from,
    to,
    days: days.length,
    messages,
    perSecond: Math.round(messages / Math.max(seconds, 0.001)),
    changed: made
      .filter(({ machines }) => machines.length > 0)
      .map(({ day, machines, revised, open }) => ({ day, machines, revised, open })),
    revalued: accounts.flatMap(({ day, account }) =>
      account ? [{ day, ...account, reason: 'recompute' }] : [],
    ),
    missing: made.reduce((sum, day) => sum + day.missing, 0),
  }
}

try {
  process.stdout.write(`${JSON.stringify(await run())}\n`)
} catch (error) {
  const { code } = error as NodeJS.ErrnoException
  const away = code === 'ENOENT' || code === 'ECONNREFUSED'
  const expected =
    away || error instanceof UsageError || error instanceof LocalError || code?.startsWith('ERR_PARSE_ARGS')
  const message = away ? 'the installation does not run: start it first' : (error as Error).message
  process.stderr.write(expected ? `${message}\n${USAGE}\n` : `${String((error as Error).stack)}\n`)
  process.exitCode = 1
}
