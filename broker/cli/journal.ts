/**
 * `npm run journal -- verify | show | tail`: reads the journal of an installation, whether its service runs or not. Changes nothing.
 *   verify                 walks every chain; one line per firm; exit code 1 when something is wrong
 *   show [N] [--to M]      entry N of a firm, or N to M, as lines of JSON
 *   tail [--from N]        the newest entries, or all from offset N on, and then each new one; --no-follow ends with the newest
 */
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { JournalEntry, JournalReader } from '#store/journal/journal.ts'
import { openJournalReader } from '#store/journal/reader.ts'
import { verifyJournal } from '#store/journal/verify.ts'

type Common = { readonly data: string; readonly firm?: string }
type Range = Common & { readonly from?: number; readonly to?: number }
type Follow = Common & { readonly from?: number; readonly follow: boolean }

const POLL_MS = 50
/** What `tail` shows of the past when it is not told where to begin. */
const NEWEST = 10

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0) // whoever read the lines has seen enough
})

const program = new Command('journal').description(
  'Reads the journal: what was received, before it was acknowledged',
)
withCommon(program.command('verify'))
  .description('walk the evidence chain of every firm; exit code 1 names the first bad entry')
  .action(verify)
withCommon(program.command('show'))
  .description('print entries as lines of JSON')
  .argument('[offset]', 'one entry', wholeNumber)
  .option('--from <offset>', 'first entry', wholeNumber)
  .option('--to <offset>', 'last entry', wholeNumber)
  .action(show)
withCommon(program.command('tail'))
  .description('print the newest entries, then each new one')
  .option('--from <offset>', 'begin with this offset of each firm', wholeNumber)
  .option('--no-follow', 'end with the newest entry')
  .action(tail)
await program.parseAsync(process.argv)

function withCommon(command: Command): Command {
  return command
    .option('--data <dir>', 'data folder of the installation', process.env['BAIYUAN_DATA'] ?? 'data')
    .option('--firm <firm>', 'only this firm')
}

function verify({ data, firm }: Common): void {
  const { firms, damage } = verifyJournal(journalOf(data))
  let isGood = damage.length === 0
  for (const one of firms.filter((verdict) => firm === undefined || verdict.firm === firm)) {
    const lost = one.lost > 0 ? ` lost=${one.lost}` : ''
    const counts = `offset=${one.offset} entries=${one.entries} evidence=${one.evidence}${lost}`
    const end = one.fault === null ? `head=${one.hash}` : `BAD: ${one.fault}`
    process.stdout.write(`${one.firm} ${one.fault === null ? 'ok' : 'bad'} ${counts} ${end}\n`)
    if (one.fault !== null) isGood = false
  }
  for (const { file, commit, why } of damage)
    process.stdout.write(`damaged ${path.basename(file)}${commit > 0 ? ` commit=${commit}` : ''}: ${why}\n`)
  if (!isGood) process.exitCode = 1
}

function show(offset: number | undefined, { data, firm, from, to }: Range): void {
  const reader = open(data, firm)
  let shown = 0
  for (const entry of chosen(reader, offset ?? from ?? 1, to ?? offset ?? Infinity)) {
    print(entry)
    shown++
  }
  reader.close()
  if (shown === 0) program.error('journal: no such entry')
}

/** Entries of every firm whose offsets lie in [first, last]. */
function* chosen(reader: JournalReader, first: number, last: number): Generator<JournalEntry> {
  if (first === last) {
    for (const { firm } of reader.heads()) {
      const entry = reader.find(firm, first)
      if (entry) yield entry
    }
    return
  }
  for (const entry of entriesFrom(reader, beginAt(reader, first)))
    if (entry.offset >= first && entry.offset <= last) yield entry
}

async function tail({ data, firm, from, follow }: Follow): Promise<void> {
  const reader = open(data, firm)
  let cursor = from === undefined ? reader.head() : beginAt(reader, from)
  if (from === undefined) for (const entry of newest(reader)) print(entry)
  for (;;) {
    for (const entry of entriesFrom(reader, cursor)) {
      if (entry.offset >= (from ?? 0)) print(entry)
      cursor = entry.commit
    }
    if (!follow) break
    await pause(POLL_MS)
  }
  reader.close()
}

/** The commit after which to read so that no firm's entry `offset` is missed. */
function beginAt(reader: JournalReader, offset: number): number {
  if (offset <= 1) return 0
  const commits = reader
    .heads()
    .filter((head) => head.offset >= offset)
    .map((head) => reader.find(head.firm, offset)?.commit ?? 1)
  return commits.length > 0 ? Math.min(...commits) - 1 : reader.head()
}

function* entriesFrom(reader: JournalReader, after: number): Generator<JournalEntry> {
  for (let cursor = after; ;) {
    const entries = reader.read(cursor)
    if (entries.length === 0) return
    yield* entries
    cursor = entries.at(-1)!.commit
  }
}

function newest(reader: JournalReader): JournalEntry[] {
  const found = reader.heads().flatMap(({ firm, offset }) => {
    const from = Math.max(1, offset - NEWEST + 1)
    return Array.from({ length: offset - from + 1 }, (_, i) => reader.find(firm, from + i))
  })
  return found
    .filter((entry) => entry !== null)
    .toSorted((a, b) => a.commit - b.commit || a.offset - b.offset)
    .slice(-NEWEST)
}

/** JSON escapes control characters; what is not UTF-8 is shown as base64. */
function print(entry: JournalEntry): void {
  const text = entry.payload.toString('utf8')
  const payload = Buffer.from(text).equals(entry.payload)
    ? { payload: text }
    : { payload_base64: entry.payload.toString('base64') }
  const { firm, offset, commit, receivedAt, principal, topic } = entry
  const at = new Date(receivedAt).toISOString()
  process.stdout.write(
    `${escaped(JSON.stringify({ firm, offset, commit, received_at: receivedAt, at, principal, topic, ...payload }))}\n`,
  )
}

/** JSON leaves C1 controls, line separators and direction marks as they are; a terminal would obey them. */
function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function open(data: string, firm: string | undefined): JournalReader {
  return openJournalReader(journalOf(data), {
    ...(firm === undefined ? {} : { firm }),
    onDamage: ({ file, commit, why }) =>
      process.stderr.write(`journal: ${path.basename(file)}, commit ${commit} cannot be read: ${why}\n`),
  })
}

function journalOf(data: string): string {
  const dir = path.join(data, 'journal')
  if (!fs.existsSync(dir))
    program.error(`journal: there is none in ${data}: name the data folder with --data`)
  return dir
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('a whole number is needed')
  return Number(text)
}
