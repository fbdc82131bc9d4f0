/**
 * Every item ends here, counted once: stored (readings to the historian, state, latest values, events to the ledger), a duplicate, or
 * quarantined with its reason.
 */
import { eventFields } from '#domain/telemetry/events.ts'
import { contentHash } from '#domain/telemetry/identity.ts'
import type { Fault, Item } from '#domain/telemetry/item.ts'
import { isHistory } from '#domain/telemetry/quality.ts'
import type { QuarantineRow } from '#store/ledger/changes.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from '../firm.ts'
import type { HistorianFeed } from '../historianFeed.ts'
import { countFlags } from '../counts.ts'
import { holdEvent, holdState, holdValues } from '../now.ts'
import { readingsOf } from '../readings.ts'
import type { Message } from '../message.ts'
import { newWork, setItems, type Work } from '../work.ts'

export function persist(work: Work, feed: HistorianFeed): void {
  const { firm, machine } = work
  const { tally } = firm
  const { offset } = work.entry
  for (let i = 0; i < work.count; i++) {
    const fault = work.faults[i]!
    if (fault !== null) {
      tally.quarantined++
      putAside(work, i, fault)
    } else if (work.duplicate[i] === 1) {
      tally.duplicate++
      if (work.withheld[i] === 1) firm.pending.withheld.push(offset, work.first + i)
    } else {
      store(work, work.items[i]!, i, feed)
      tally.stored++
      countFlags(tally, work.flags[i]!)
    }
  }
  firm.touch(machine)
}

/** What a stored item leaves behind; also for an item released later. */
export function store(work: Work, item: Item, i: number, feed: HistorianFeed): void {
  const { machine, firm, cls, entry } = work
  if (cls !== 'event') give(work, item, i, feed)
  if (cls === 'telemetry' || cls === 'count') holdValues(machine, item, cls, work.doubts.get(item))
  else if (cls === 'state') holdState(firm, machine, item, work.at, entry.receivedAt, work.correct)
  else happened(work, item)
}

/** The historian's part of an item; nothing of one that is older than what it keeps. */
function give(work: Work, item: Item, i: number, feed: HistorianFeed): void {
  const { machine, firm, cls, entry } = work
  if (feed.isAged(item.ts, entry.receivedAt)) firm.tally.aged++
  else if (feed.inline)
    readingsOf(cls, item, (measure) => machine.series(measure), entry.offset, work.first + i, feed.fresh)
}

/**
 * An event is kept as a row of the machine's past, and told to people unless it is history: their bus is chained by hash, read by every
 * page from its cursor on and meant for what happens now, not the archive of what an import brings.
 */
function happened(work: Work, item: Item): void {
  const { machine, firm, entry } = work
  const { ts, seq = null } = item
  const { type, ...fields } = eventFields(item)
  holdEvent(machine, item, entry.receivedAt)
  firm.pending.machineEvents.push({
    machine: machine.path,
    ts,
    boot: work.boot ?? '',
    seq: seq ?? -contentHash('event', item),
    type: type as string,
    fields: JSON.stringify(fields),
    offset: entry.offset,
    corrects: work.correct,
  })
  if (isHistory(entry.receivedAt, ts)) return
  const body = { machine: machine.path, ts, seq, type, ...fields }
  firm.event('machine.event', entry.receivedAt, entry.offset, body)
}

/** They passed every check, so beyond the rows kept nothing else says that the historian must not see them again. */
const WITHHELD: ReadonlySet<string> = new Set(['conflict', 'store_refused'])

function putAside(work: Work, i: number, fault: Fault): void {
  const { firm, machine, entry } = work
  // What broke the shape may have broken these too: only what is of the right kind is shown.
  const raw = (work.items[i] ?? {}) as { readonly seq?: unknown; readonly ts?: unknown }
  const seq = Number.isSafeInteger(raw.seq) ? (raw.seq as number) : null
  const conflict = fault.reason === 'conflict'
  if (WITHHELD.has(fault.reason)) firm.pending.withheld.push(entry.offset, work.first + i)
  const stands =
    conflict && seq !== null && firm.quarantine.keeps('conflict', entry.principal)
      ? findStanding(work, seq)
      : null
  const row = firm.quarantine.put(fault, {
    account: entry.principal,
    machine: machine.path,
    class: work.cls,
    boot: work.boot,
    seq,
    ts: Number.isSafeInteger(raw.ts) ? (raw.ts as number) : null,
    receivedAt: entry.receivedAt,
    offset: entry.offset,
    item: work.first + i,
    stands,
  })
  if (row !== null) open(firm, row)
}

/** A stored item of which the historian refused a reading for good: it is put aside after all, and the balance moves with it. */
export function storeRefused(
  firm: Firm,
  entry: JournalEntry,
  message: Message,
  place: number,
  why: string,
): void {
  const item = message.decoded.ok ? message.decoded.items[place] : undefined
  if (!item || isAside(firm, entry.offset, place)) return
  firm.tally.stored--
  firm.tally.quarantined++
  const work = newWork(firm, entry, message.cls, firm.machine(message.machine))
  work.boot = message.decoded.ok ? message.decoded.boot : null
  work.first = place
  setItems(work, [item], 1)
  putAside(work, 0, { reason: 'store_refused', detail: why })
}

/** Put aside before and not released since: the historian may refuse the same reading again after a kill. */
function isAside(firm: Firm, offset: number, item: number): boolean {
  const row = firm.rowOf(offset, item)
  if (row !== null) return row.status !== 'released'
  return firm.withheldIn(offset, offset).has(`${offset}:${item}`)
}

/** The items of an entry that a stage failed on, from place `from` on: counted and put aside, so that nothing is lost with it. */
export function putFailed(
  firm: Firm,
  entry: JournalEntry,
  message: Message | null,
  from: number,
  to: number,
  detail: string,
): void {
  const { principal: account, receivedAt, offset } = entry
  for (let item = from; item < to; item++) {
    firm.tally.quarantined++
    firm.pending.withheld.push(offset, item)
    const raw = message?.decoded.ok ? message.decoded.items[item] : undefined
    const row = firm.quarantine.put(
      { reason: 'handler_failed', detail },
      {
        account,
        machine: message?.machine ?? null,
        class: message?.cls ?? null,
        boot: message?.decoded.ok ? message.decoded.boot : null,
        seq: Number.isSafeInteger(raw?.seq) ? raw!.seq! : null,
        ts: Number.isSafeInteger(raw?.ts) ? raw!.ts : null,
        receivedAt,
        offset,
        item,
        stands: null,
      },
    )
    if (row !== null) open(firm, row)
  }
}

/** A journalled topic that is none of ours: kept and counted as one item, of no machine. */
export function strange(firm: Firm, entry: JournalEntry): void {
  firm.tally.decoded++
  firm.tally.quarantined++
  const { principal: account, receivedAt, offset } = entry
  const nowhere = { machine: null, class: null, boot: null, seq: null, ts: null, stands: null }
  const row = firm.quarantine.put(
    { reason: 'unknown_topic', detail: `no class that is known: ${entry.topic.slice(0, 200)}` },
    { ...nowhere, account, receivedAt, offset, item: 0 },
  )
  if (row !== null) open(firm, row)
}

function open(firm: Firm, row: QuarantineRow): void {
  const { id, reason, detail, machine, item, receivedAt, offset } = row
  firm.pending.quarantine.push(row)
  firm.event('quarantine.opened', receivedAt, offset, { id, reason, detail, machine, item })
}

/** How many indexed messages are looked through for the message that a conflict ran into. */
const LOOK_BACK = 4096

/** Journal offset of the message that holds a seq, or null when it is too long ago. */
function findStanding(work: Work, seq: number): number | null {
  let left = LOOK_BACK
  for (const message of work.machine.messages.before(work.entry.offset, work.firm.ledger)) {
    if (left-- === 0) return null
    if (message.class !== work.cls || message.boot !== work.boot || message.seq === null) continue
    if (message.disposition !== 'duplicate' && message.seq <= seq && seq < message.seq + message.items)
      return message.offset
  }
  return null
}
