/**
 * A day of history as messages: batches of one machine and class under one boot, numbered on from day to day. The same items and numbers
 * give the same batches, byte for byte but for the time of sending, so that what is told again is a duplicate and never new. Pure.
 */
import { MAX_ITEMS } from '#contract/envelope.ts'
import type { DeviceClass } from '#contract/topics.ts'
import type { WorksItem } from '../works/items.ts'

/** Of every item of history. */
export const HISTORY_BOOT = 'h1'
/** Contract: at most 64 kB, with room for the envelope. */
const MAX_BYTES = 60_000

export type Batch = {
  /** Path in the plant file. */
  readonly machine: string
  readonly class: DeviceClass
  readonly count: number
  /** JSON of its items, without the brackets. */
  readonly items: string
}

/** Newest seq of each `path class`. */
export type Seqs = Readonly<Record<string, number>>

export type ToldDay = {
  readonly batches: readonly Batch[]
  readonly items: number
  readonly seqs: Seqs
}

/** `items` are in order of time. */
export function batchesOf(items: readonly WorksItem[], before: Seqs): ToldDay {
  const seqs: Record<string, number> = { ...before }
  const groups = Map.groupBy(items, (item) => `${item.machine} ${item.class}`)
  const batches: Batch[] = []
  for (const [key, own] of groups) {
    const { machine, class: cls } = own[0]!
    let part: string[] = []
    let bytes = 0
    const close = (): void => {
      batches.push({ machine, class: cls, count: part.length, items: part.join(',') })
      part = []
      bytes = 0
    }
    for (const { ts, body } of own) {
      const seq = (seqs[key] ?? 0) + 1
      seqs[key] = seq
      const text = JSON.stringify({ ts, seq, ...body })
      const size = Buffer.byteLength(text) + 1
      if (part.length >= MAX_ITEMS || (part.length > 0 && bytes + size > MAX_BYTES)) close()
      part.push(text)
      bytes += size
    }
    close()
  }
  return { batches, items: items.length, seqs }
}

/** The message of a batch that is sent at `at`. */
export const payloadOf = ({ items }: Batch, at: number): string =>
  `{"boot":"${HISTORY_BOOT}","at":${at},"items":[${items}]}`
