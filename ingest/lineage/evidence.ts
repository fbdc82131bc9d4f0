/**
 * Items of evidence as they stand in the journal, found without walking it: days that are sealed by their own index, younger ones by the
 * index of the machine's messages. What is found is decoded as the pipeline decodes it.
 */
import { ControlEntry } from '#contract/control.ts'
import type { DeviceClass } from '#contract/topics.ts'
import { MANUAL } from '#domain/accounting/register.ts'
import { MAX_AHEAD } from '#domain/telemetry/check.ts'
import { decodeBody } from '#domain/telemetry/decode.ts'
import type { Item } from '#domain/telemetry/item.ts'
import { LATE_LIMIT, SKEW_LIMIT } from '#domain/telemetry/quality.ts'
import type { ItemRange, JournalEntry, JournalReader } from '#store/journal/journal.ts'
import type { Firm } from '../firm.ts'
import { messageOf, parse, type Message } from '../message.ts'
import type { IndexedMessage } from '../messages.ts'

/** A range of items to look for. */
export type Wanted = ItemRange & {
  /**
   * For a range of time: which seqs a message that came late can hold of it. Without them every late message is looked into; null: none
   * is, because nothing late is known of that time.
   */
  readonly late?: { readonly from: number; readonly to: number } | null
}

/** An item that could be decoded, and its message. */
export type Found = {
  readonly entry: JournalEntry
  readonly machine: string
  readonly class: DeviceClass
  readonly boot: string | null
  /** Place in its message, and how many there are. */
  readonly place: number
  readonly items: number
  readonly item: Item
}

/** Under which an item stands in a stream: its seq, or its ts where it has none. */
export const numberOf = ({ seq, ts }: Item): number => seq ?? ts

/** A batch seldom holds seqs further from its first one than so many times its items. */
const SCATTER = 4

export class Evidence {
  readonly #firm: Firm
  readonly #reader: JournalReader
  /** Messages behind the sealed days, by machine, and up to which entry they are listed. */
  readonly #young = new Map<string, { upTo: number; readonly messages: IndexedMessage[] }>()

  constructor(firm: Firm, reader: JournalReader) {
    this.#firm = firm
    this.#reader = reader
  }

  /** Items of these ranges that are through the pipeline, by offset and place. */
  find(wanted: readonly Wanted[]): Found[] {
    const { name, offset: upTo } = this.#firm
    const sealed = this.#reader.sealedWith(name, wanted).filter(({ offset }) => offset <= upTo)
    const known = new Set(sealed.map(({ offset }) => offset))
    // what people enter has the number of its entry
    const entered = wanted.filter(({ boot }) => boot === MANUAL).flatMap(({ from, to }) => [from, to])
    const young = [...Map.groupBy(wanted, ({ machine }) => machine)].flatMap(([machine, own]) =>
      this.#youngOf(machine)
        .filter((message) => !known.has(message.offset) && own.some((range) => mayHold(message, range)))
        .map(({ offset }) => offset),
    )
    const offsets = [...entered.filter((offset) => !known.has(offset)), ...young]
    return [...sealed, ...this.#reader.findAll(name, offsets)]
      .toSorted((a, b) => a.offset - b.offset)
      .flatMap(foundIn)
      .filter((found) => wanted.some((range) => isIn(found, range)))
  }

  /** Items of single messages. */
  at(offsets: readonly number[]): Found[] {
    return this.#reader.findAll(this.#firm.name, offsets).flatMap(foundIn)
  }

  #youngOf(machine: string): readonly IndexedMessage[] {
    const { name, ledger, machines, offset } = this.#firm
    const begin = this.#reader.sealedTo(name)
    let young = this.#young.get(machine)
    if (!young) this.#young.set(machine, (young = { upTo: begin, messages: [] }))
    young.messages.push(...(machines.get(machine)?.messages.evidenceAfter(young.upTo, ledger) ?? []))
    young.upTo = offset
    return young.messages
  }
}

/** A reading that a person entered (`correct.reading`) is a sample of its register. */
function enteredReading({ topic, payload, offset }: JournalEntry): Message | null {
  if (!isEnteredReading(topic)) return null
  const control = ControlEntry.safeParse(parse(payload))
  const { machine, measure, ts, value } = (control.data?.body ?? {}) as Readonly<Record<string, unknown>>
  if (typeof machine !== 'string') return null
  const body = { ts, seq: offset, boot: MANUAL, v: { [String(measure)]: value } }
  return { machine, cls: 'count', decoded: decodeBody(body, 'count') }
}

export const isEnteredReading = (topic: string): boolean =>
  topic.startsWith('control/') && topic.endsWith('/correct.reading')

function foundIn(entry: JournalEntry): Found[] {
  const message = messageOf(entry) ?? enteredReading(entry)
  if (!message?.decoded.ok) return []
  const { cls, machine, decoded } = message
  const { boot, items, faults } = decoded
  return items.flatMap((item, place) =>
    faults?.[place] ? [] : [{ entry, machine, class: cls, boot, place, items: items.length, item }],
  )
}

export function isIn({ machine, class: cls, boot, item }: Found, range: ItemRange): boolean {
  if (machine !== range.machine || cls !== range.class) return false
  if (range.boot === null) return range.from <= item.ts && item.ts <= range.to
  const number = numberOf(item)
  return (boot ?? '') === range.boot && range.from <= number && number <= range.to
}

/** What the index says of a message is enough to pass over almost all that hold nothing of a range. */
function mayHold(message: IndexedMessage, range: Wanted): boolean {
  if (message.class !== range.class) return false
  if (range.boot === null) return mayHaveHappened(message, range)
  if ((message.boot ?? '') !== range.boot) return false
  return mayCarry(message, range)
}

function mayCarry(
  { seq, items, flags }: IndexedMessage,
  { from, to }: { from: number; to: number },
): boolean {
  if (seq === null) return true
  if (items === 1) return from <= seq && seq <= to
  if (flags.includes('gap_before') || flags.includes('out_of_order')) return true
  return from - SCATTER * items <= seq && seq <= to + SCATTER * items
}

/** A message that is neither late nor skewed was received soon after what it tells of. */
function mayHaveHappened(message: IndexedMessage, { from, to, late }: Wanted): boolean {
  const { receivedAt, flags, items } = message
  if (receivedAt < from - MAX_AHEAD) return false
  if (receivedAt - SKEW_LIMIT - LATE_LIMIT <= to) return true
  // of repeated or refused items nobody has judged the times
  const isTimely = message.disposition === 'stored' && !flags.includes('late') && !flags.includes('skew')
  if (isTimely || late === null) return false
  return late === undefined || mayCarry(message, { from: late.from - items, to: late.to + items })
}
