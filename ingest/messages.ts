/**
 * The index of a machine's messages: where each stands in the journal and how it ended, newest 7 days. Kept in blocks of 64, the open
 * one with the machine's state; the payload itself stays in the journal.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import {
  DISPOSITIONS,
  QUARANTINE_REASONS,
  type Disposition,
  type QuarantineReason,
} from '#contract/dispositions.ts'
import { DEVICE_CLASSES, type DeviceClass } from '#contract/topics.ts'
import { flagNames, type FlagName } from '#domain/telemetry/item.ts'
import { DAY, type Instant, type Millis } from '#domain/time.ts'
import type { MessageBlock } from '#store/ledger/changes.ts'
import type { LedgerWriter } from '#store/ledger/writer.ts'

export const MESSAGES_KEPT: Millis = 7 * DAY
const BLOCK = 64
/** offset, received_at, seq of the first item (−1: none), and the small facts packed into one number. */
const WIDTH = 4
const MORE = 2 ** 40
const SIGNAL = DEVICE_CLASSES.indexOf('telemetry')

export type IndexedMessage = {
  readonly offset: number
  readonly receivedAt: Instant
  readonly class: DeviceClass
  readonly boot: string | null
  readonly seq: number | null
  readonly items: number
  readonly disposition: Disposition
  readonly reason: QuarantineReason | null
  readonly flags: readonly FlagName[]
}

/** A copy, since the bytes may lie anywhere in a shared pool (a Buffer's own slice would not copy). */
const floats = (bytes: Uint8Array): Float64Array => new Float64Array(Uint8Array.from(bytes).buffer)

/**
 * Small facts of a message: class 2 bits, disposition 2, reason 4 (0: none), flags 8, items 11, boot 13 (a block has at most 64), and the
 * flags that came later, which older rows have none of.
 */
const pack = (
  cls: number,
  disposition: number,
  reason: number,
  flags: number,
  items: number,
  boot: number,
): number =>
  cls +
  disposition * 4 +
  reason * 16 +
  (flags & 255) * 256 +
  items * 65_536 +
  boot * 2 ** 27 +
  (flags >> 8) * MORE

export class MessageIndex {
  readonly machine: string
  readonly closed: MessageBlock[] = []
  #records: Float64Array
  #count: number
  #boots: string[]

  constructor(machine: string, open: Uint8Array = new Uint8Array(0), boots = '[]') {
    this.machine = machine
    this.#records = new Float64Array(BLOCK * WIDTH)
    this.#records.set(floats(open))
    this.#count = open.length / (WIDTH * 8)
    this.#boots = JSON.parse(boots) as string[]
  }

  /** Notes a message. `reason` is null unless one of its items was put aside. */
  add(
    offset: number,
    receivedAt: Instant,
    cls: DeviceClass,
    boot: string | null,
    seq: number | undefined,
    items: number,
    disposition: Disposition,
    reason: QuarantineReason | null,
    flags: number,
  ): void {
    const at = this.#count * WIDTH
    const r = this.#records
    r[at] = offset
    r[at + 1] = receivedAt
    r[at + 2] = seq ?? -1
    r[at + 3] = pack(
      DEVICE_CLASSES.indexOf(cls),
      DISPOSITIONS.indexOf(disposition),
      reason === null ? 0 : QUARANTINE_REASONS.indexOf(reason) + 1,
      flags,
      items,
      this.#bootNumber(boot),
    )
    if (++this.#count === BLOCK) this.#close()
  }

  #bootNumber(boot: string | null): number {
    if (boot === null) return 0
    const known = this.#boots.lastIndexOf(boot)
    return known >= 0 ? known + 1 : this.#boots.push(boot)
  }

  #close(): void {
    const { open, boots } = this.stored()
    this.closed.push({
      machine: this.machine,
      firstOffset: this.#records[0]!,
      lastAt: this.#records[(BLOCK - 1) * WIDTH + 1]!,
      boots,
      records: zstdCompressSync(open),
    })
    this.#count = 0
    this.#boots = []
  }

  /** The open block as bytes, to be stored with the machine. */
  stored(): { readonly open: Uint8Array; readonly boots: string } {
    const open = new Uint8Array(this.#records.buffer, 0, this.#count * WIDTH * 8).slice()
    return { open, boots: JSON.stringify(this.#boots) }
  }

  /** Messages before an offset, newest first. Reads closed blocks from the ledger as far as needed. */
  *before(offset: number, ledger: LedgerWriter): Generator<IndexedMessage> {
    for (const [records, boots] of this.#blocks(offset, ledger))
      for (let at = records.length - WIDTH; at >= 0; at -= WIDTH)
        if (records[at]! < offset) yield message(records, at, boots)
  }

  /** Messages of evidence after an offset, oldest first. */
  evidenceAfter(offset: number, ledger: LedgerWriter): IndexedMessage[] {
    const found: IndexedMessage[] = []
    for (const [records, boots] of this.#blocks(Infinity, ledger)) {
      for (let at = records.length - WIDTH; at >= 0 && records[at]! > offset; at -= WIDTH)
        if ((records[at + 3]! & 3) !== SIGNAL) found.push(message(records, at, boots))
      if (records.length > 0 && records[0]! <= offset) break
    }
    return found.toReversed()
  }

  /** Records and boots by block, newest first, of those that begin before an offset. */
  *#blocks(offset: number, ledger: LedgerWriter): Generator<readonly [Float64Array, readonly string[]]> {
    const { open, boots } = this.stored()
    yield [floats(open), JSON.parse(boots) as string[]]
    let start = this.#count > 0 ? Math.min(offset, this.#records[0]!) : offset
    for (const block of this.closed.toReversed()) {
      yield unpacked(block)
      start = Math.min(start, block.firstOffset)
    }
    for (;;) {
      const [block] = ledger.messageBlocks(this.machine, Math.min(start, Number.MAX_SAFE_INTEGER), 1)
      if (!block) return
      yield unpacked(block)
      start = block.firstOffset
    }
  }
}

const unpacked = ({ records, boots }: MessageBlock): readonly [Float64Array, readonly string[]] => [
  floats(zstdDecompressSync(records)),
  JSON.parse(boots) as string[],
]

function message(records: Float64Array, at: number, boots: readonly string[]): IndexedMessage {
  const facts = records[at + 3]!
  const low = facts % 2 ** 27
  const reason = (low >> 4) & 15
  const boot = Math.floor(facts / 2 ** 27) % 2 ** 13
  return {
    offset: records[at]!,
    receivedAt: records[at + 1]!,
    seq: records[at + 2]! < 0 ? null : records[at + 2]!,
    class: DEVICE_CLASSES[low & 3]!,
    disposition: DISPOSITIONS[(low >> 2) & 3]!,
    reason: reason === 0 ? null : QUARANTINE_REASONS[reason - 1]!,
    flags: flagNames(((low >> 8) & 255) | (Math.floor(facts / MORE) << 8)),
    items: (low >> 16) & 2047,
    boot: boot === 0 ? null : boots[boot - 1]!,
  }
}
