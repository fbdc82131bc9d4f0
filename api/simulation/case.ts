/**
 * A case to keep: the plant and the messages of a few minutes as a folder of test/cases, in a .tar.gz. Expected is what the pipeline
 * made of them, as far as it follows from the folder alone: a repeat of something older than the window comes in as new.
 */
import { gzipSync } from 'node:zlib'
import { plantText } from '#contract/plantText.ts'
import type { MessageRow } from '#contract/live.ts'
import { MAX_PAYLOAD } from '#contract/envelope.ts'
import { deviceTopic } from '#contract/topics.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { decode } from '#domain/telemetry/decode.ts'
import { SECOND, type Instant } from '#domain/time.ts'
import type { FileAnswer } from '../http/serve.ts'
import { refuse, type Refused } from '../http/problem.ts'
import type { Ports } from '../ports.ts'
import { tarOf } from './tar.ts'

/** Firm of every case. */
const FIRM = 'case'
export const MAX_MESSAGES = 5000
/** Each message of a page is one read of the journal, in the process that has the pipeline to run: short pages, one at a time. */
const PAGE = 50
/** A payload in a list that is this long may be cut (ingest/shown.ts). */
const SHOWN = 2000
/** The case runner lists at most so many messages of a machine. */
const LISTED = 200

type Found = MessageRow & { readonly machine: string; readonly principal: string }
type Range = { readonly first: number; readonly last: number }

/** Throws what ingest's or the broker's socket throws. */
export async function exportCase(
  ports: Ports,
  plant: Plant,
  window: { readonly from: Instant; readonly to: Instant },
): Promise<FileAnswer | Refused> {
  const range = await offsetsIn(ports, plant.firm, window)
  const found = range && (await messagesIn(ports, plant, range))
  if (found === 'too-many')
    return refuse(400, 'too-many-messages', `more than ${MAX_MESSAGES} messages: choose a shorter time`)
  if (!found || found.length === 0) return refuse(404, 'no-messages', 'no message of this time is kept')
  const whole = found.filter(({ payload }) => !payload.includes('\uFFFD'))
  const left = found.length - whole.length
  const about = `Simulated data of ${plant.firm}, ${new Date(window.from).toISOString()} to ${new Date(window.to).toISOString()}, as the pipeline took them${left > 0 ? `; ${left} messages that are no text are left out` : ''}.`
  const name = `${plant.firm}-${new Date(window.from).toISOString().slice(0, 16).replaceAll(/\D/g, '')}`
  const tar = tarOf(
    [
      { name: `${name}/plant.yaml`, text: plantText(plant, FIRM) },
      {
        name: `${name}/input.jsonl`,
        text: whole.map((message) => `${JSON.stringify(lineOf(message))}\n`).join(''),
      },
      {
        name: `${name}/expected.json`,
        text: `${JSON.stringify({ about, ...expectedOf(ports, plant, whole) }, null, 2)}\n`,
      },
    ],
    Math.floor(window.to / SECOND),
  )
  return { file: gzipSync(tar), name: `${name}.tar.gz` }
}

/** Journal offsets of what was received in a window; null: none. What aged out counts as older. */
async function offsetsIn(
  ports: Ports,
  firm: string,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): Promise<Range | null> {
  const { journal } = await ports.broker.status(firm)
  const head = journal.firms.find((one) => one.firm === firm)?.offset ?? 0
  const firstFrom = async (at: Instant): Promise<number> => {
    let low = 1
    let high = head + 1
    while (low < high) {
      const middle = (low + high) >> 1
      const entry = await ports.ingest.entry(firm, middle)
      if (entry !== null && entry.receivedAt >= at) high = middle
      else low = middle + 1
    }
    return low
  }
  const first = await firstFrom(from)
  const last = (await firstFrom(to)) - 1
  return first > last ? null : { first, last }
}

/** Messages of the plant's machines, oldest first. */
async function messagesIn(ports: Ports, plant: Plant, range: Range): Promise<readonly Found[] | 'too-many'> {
  const found: Found[] = []
  for (const { path } of plant.machines)
    if (found.length <= MAX_MESSAGES) await takeMachine(ports, plant, path, range, found)
  return found.length > MAX_MESSAGES ? 'too-many' : found.toSorted((a, b) => a.offset - b.offset)
}

async function takeMachine(
  ports: Ports,
  { firm, credentials }: Plant,
  machine: string,
  { first, last }: Range,
  found: Found[],
): Promise<void> {
  const principal = credentials.find(({ machines }) => machines.includes(machine))?.name ?? machine
  let before = last + 1
  while (before > first && found.length <= MAX_MESSAGES) {
    const rows = await ports.ingest.messages(firm, machine, before, PAGE)
    for (const row of rows.filter(({ offset }) => offset >= first)) {
      // a list cuts what is long
      const whole = row.payload.length < SHOWN ? row : await ports.ingest.entry(firm, row.offset)
      if (whole) found.push({ ...row, payload: whole.payload, machine, principal })
    }
    before = rows.length < PAGE ? first : rows.at(-1)!.offset
  }
}

function lineOf({ receivedAt, machine, class: cls, principal, payload }: Found) {
  const head = { received_at: receivedAt, topic: deviceTopic(FIRM, machine, cls), principal }
  try {
    return { ...head, payload: JSON.parse(payload) as unknown }
  } catch {
    return { ...head, payload_hex: Buffer.from(payload).toString('hex') }
  }
}

function expectedOf(ports: Ports, plant: Plant, messages: readonly Found[]) {
  const aside = asideIn(ports, plant.firm, messages)
  const seen = new Set<string>()
  const counts = { decoded: 0, stored: 0, duplicate: 0, quarantined: 0 }
  const dispositions: MessageRow['disposition'][] = []
  const reasons: { reason: string }[] = []
  for (const message of messages) {
    const ends = keysOf(message).map((key, item) => {
      const reason = aside.get(`${message.offset} ${item}`)
      // against something older than the folder there is no conflict
      if (reason !== undefined && (reason !== 'conflict' || seen.has(key))) {
        reasons.push({ reason })
        return 'quarantined'
      }
      if (seen.has(key)) return 'duplicate'
      seen.add(key)
      return 'stored'
    })
    for (const end of ends) counts[end]++
    counts.decoded += ends.length
    dispositions.push((['quarantined', 'stored'] as const).find((end) => ends.includes(end)) ?? 'duplicate')
  }
  const most = Math.max(
    ...[...Map.groupBy(messages, ({ machine }) => machine).values()].map(({ length }) => length),
  )
  return { counts, ...(most <= LISTED ? { messages: dispositions } : {}), quarantine: reasons }
}

/** Identity of each item of a message: (machine, class, boot, seq), without a seq its time and content. */
function keysOf({ machine, class: cls, payload }: Found): string[] {
  const decoded = decode(Buffer.from(payload.slice(0, MAX_PAYLOAD)), cls)
  if (!decoded.ok) return [`${machine} ${cls} ${payload}`]
  return decoded.items.map((item) =>
    item?.seq === undefined
      ? `${machine} ${cls} ${JSON.stringify(item)}`
      : `${machine} ${cls} ${decoded.boot ?? ''} ${item.seq}`,
  )
}

/** Reasons of items put aside, by `offset item`: what a person released since is as it was when it came. */
function asideIn(ports: Ports, firm: string, messages: readonly Found[]): ReadonlyMap<string, string> {
  const first = messages[0]!.offset
  const found = new Map<string, string>()
  for (let before: number | null = null; ;) {
    const rows: ReturnType<NonNullable<ReturnType<typeof ports.ledgers.of>>['quarantine']> =
      ports.ledgers.of(firm)?.quarantine({ limit: PAGE, ...(before === null ? {} : { before }) }) ?? []
    for (const { offset, item, reason } of rows)
      if (reason !== 'store_refused') found.set(`${offset} ${item}`, reason)
    if (rows.length < PAGE || rows.at(-1)!.offset < first) return found
    before = rows.at(-1)!.id
  }
}
