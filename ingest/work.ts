/**
 * One device message on its way through the stages. A single Work is filled anew for each message, so that the hot path leaves
 * nothing behind: what a stage finds stands in the arrays, one place per item.
 */
import { MAX_ITEMS } from '#domain/telemetry/decode.ts'
import type { Fault, Item, TelemetryClass } from '#domain/telemetry/item.ts'
import type { Instant } from '#domain/time.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'

export type Work = {
  firm: Firm
  entry: JournalEntry
  cls: TelemetryClass
  machine: MachineMemory
  /** A body that needs no parsing: what a person entered (`fact.put`). Otherwise the entry's payload is decoded. */
  body: unknown
  /** A released conflict: it takes the place of what stands. */
  correct: boolean
  boot: string | null
  at: Instant
  items: readonly Item[]
  /** 1 for a message that could not be decoded at all. */
  count: number
  /** Place in its message of the first item here: not 0 only for an item released by itself. */
  first: number
  readonly faults: (Fault | null)[]
  /** 1: the same item was received before. */
  readonly duplicate: Uint8Array
  /** 1: a duplicate whose content is no longer known, so the historian must not see it again. */
  readonly withheld: Uint8Array
  readonly flags: Uint16Array
  /** Flags of doubt by measure, of the items that have any. */
  readonly doubts: Map<Item, Record<string, number>>
}

/** A Work for a message of a machine, cleared. */
export function newWork(firm: Firm, entry: JournalEntry, cls: TelemetryClass, machine: MachineMemory): Work {
  return {
    firm,
    entry,
    cls,
    machine,
    body: undefined,
    correct: false,
    boot: null,
    at: entry.receivedAt,
    items: [],
    count: 0,
    first: 0,
    faults: [],
    duplicate: new Uint8Array(MAX_ITEMS),
    withheld: new Uint8Array(MAX_ITEMS),
    flags: new Uint16Array(MAX_ITEMS),
    doubts: new Map(),
  }
}

/** Points an old Work at the next message. */
export function reuseWork(
  work: Work,
  firm: Firm,
  entry: JournalEntry,
  cls: TelemetryClass,
  machine: MachineMemory,
): Work {
  work.firm = firm
  work.entry = entry
  work.cls = cls
  work.machine = machine
  work.body = undefined
  work.correct = false
  work.first = 0
  return work
}

/** Takes the decoded items and clears one place for each. */
export function setItems(work: Work, items: readonly Item[], count: number): void {
  work.items = items
  work.count = count
  work.faults.length = count
  work.doubts.clear()
  for (let i = 0; i < count; i++) {
    work.faults[i] = null
    work.duplicate[i] = 0
    work.withheld[i] = 0
    work.flags[i] = 0
  }
}
