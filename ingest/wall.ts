/**
 * The wall around a journal entry: a stage that throws costs this entry and not ingest, which would otherwise meet the same entry again
 * after every restart. Its items are put aside as `handler_failed`, its deed is refused by that name; both are in the log and counted.
 * A disk that refuses is no fault of the entry: that is thrown on.
 */
import { ControlEntry } from '#contract/control.ts'
import { entryClass, parseDeviceTopic } from '#contract/topics.ts'
import type { Log } from '#runtime/log.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import { unaccounted } from './counts.ts'
import type { Firm } from './firm.ts'
import type { HistorianFeed } from './historianFeed.ts'
import { messageOf, parse, type Message } from './message.ts'
import type { Pipeline } from './pipeline.ts'
import { putFailed } from './stages/persist.ts'

/** Takes an entry through the pipeline. Returns whether it went through without a fault of ours. */
export function takeWalled(
  pipeline: Pipeline,
  firm: Firm,
  entry: JournalEntry,
  feed: HistorianFeed,
  log: Log,
): boolean {
  const decoded = firm.tally.decoded
  const off = unaccounted(firm.tally)
  const fresh = feed.fresh.length
  try {
    pipeline.take(firm, entry)
    return true
  } catch (error) {
    if (isOfDisk(error)) throw error
    const stage = pipeline.at
    const { offset } = entry
    log.error({ err: error, stage, firm: firm.name, offset }, 'a stage failed: the entry is put aside')
    const detail = `${stage}: ${(error as Error).message}`.slice(0, 500)
    const message = readAgain(entry, log)
    const count = message?.decoded.ok ? message.decoded.items.length : 1
    const isMessage = message !== null || parseDeviceTopic(entry.topic) !== null
    if (isMessage && firm.tally.decoded === decoded && !answeredFact(firm, entry)) firm.tally.decoded += count
    const left = unaccounted(firm.tally) - off
    feed.fresh = feed.fresh.filter((r, i) => i < fresh || r.offset !== offset || r.item < count - left)
    putFailed(firm, entry, message, count - left, count, detail)
    refuseDeed(firm, entry, detail)
    firm.offset = offset
    firm.at = entry.receivedAt
    return false
  }
}

/** node:sqlite's errors and those of system calls. */
const isOfDisk = (error: unknown): boolean => {
  const { errcode, syscall } = error as { errcode?: unknown; syscall?: unknown }
  return typeof errcode === 'number' || typeof syscall === 'string'
}

/** A fact whose deed was answered before: its items were counted then. */
function answeredFact(firm: Firm, entry: JournalEntry): boolean {
  const control = controlOf(entry)
  return control !== null && firm.answered(control.id)
}

function readAgain(entry: JournalEntry, log: Log): Message | null {
  try {
    return messageOf(entry)
  } catch (error) {
    log.error({ err: error, offset: entry.offset }, 'the entry cannot be decoded: it counts as one item')
    return null
  }
}

function controlOf(entry: JournalEntry): ControlEntry | null {
  if (entryClass(entry.topic) !== 'control') return null
  const parsed = ControlEntry.safeParse(parse(entry.payload))
  return parsed.success ? parsed.data : null
}

function refuseDeed(firm: Firm, entry: JournalEntry, detail: string): void {
  const control = controlOf(entry)
  if (control === null || firm.answered(control.id)) return
  const { id, kind, by } = control
  const body = { id, kind, by, reason: 'handler_failed', detail }
  firm.event('control.refused', entry.receivedAt, entry.offset, body, id)
}
