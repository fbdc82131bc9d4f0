/**
 * Which items a sealed block holds: seq intervals per (machine, class, boot), as panes name their sources, and from when to when they
 * happened. A payload may be any bytes: what cannot be read has no interval, and is found by its offset alone.
 */
import { MANUAL } from '#domain/accounting/register.ts'
import type { Instant } from '#domain/time.ts'
import { CLASSES, classCode } from './frame.ts'
import type { JournalEntry } from './journal.ts'

export type Interval = {
  readonly machine: string
  readonly class: string
  /** '' where the device names none, `manual` for what a person entered. */
  readonly boot: string
  /** Seqs; of an item without one its ts. */
  readonly first: number
  readonly last: number
  readonly firstTs: Instant
  readonly lastTs: Instant
}

type Stream = Pick<Interval, 'machine' | 'class' | 'boot'>
type Held = { readonly boot: string; readonly seq: number; readonly ts: Instant }

/** One interval per (machine, class, boot), from the lowest to the highest seq and ts among these entries. */
export function intervalsOf(entries: readonly JournalEntry[]): Interval[] {
  const found = new Map<string, { -readonly [K in keyof Interval]: Interval[K] }>()
  const add = ({ machine, class: cls, boot }: Stream, { seq, ts }: Held): void => {
    const key = `${machine}\n${cls}\n${boot}`
    const one = found.get(key)
    if (!one) found.set(key, { machine, class: cls, boot, first: seq, last: seq, firstTs: ts, lastTs: ts })
    else {
      one.first = Math.min(one.first, seq)
      one.last = Math.max(one.last, seq)
      one.firstTs = Math.min(one.firstTs, ts)
      one.lastTs = Math.max(one.lastTs, ts)
    }
  }
  for (const { topic, payload, offset } of entries) {
    const machine = machineOf(topic)
    if (machine !== null) {
      const cls = CLASSES[classCode(topic)]!
      for (const item of itemsOf(payload)) add({ machine, class: cls, boot: item.boot }, item)
    } else if (isEntered(topic)) {
      const entered = enteredIn(payload, offset)
      if (entered) add(entered, entered)
    }
  }
  return [...found.values()]
}

/** `site/area/line/machine` of a device topic. */
function machineOf(topic: string): string | null {
  if (!topic.startsWith('v1/')) return null
  const parts = topic.split('/')
  return parts.length === 7 ? parts.slice(2, 6).join('/') : null
}

/** Deeds that carry an item: a fact, and what a register showed. */
const ENTERED = ['fact.put', 'correct.reading'] as const

const isEntered = (topic: string): boolean =>
  topic.startsWith('control/') && ENTERED.some((kind) => topic.endsWith(`/${kind}`))

/** Topics under which items of a machine's class come: its own, and those of what people enter. */
export const topicsOf = (firm: string, machine: string, cls: string): readonly string[] => [
  `v1/${firm}/${machine}/${cls}`,
  ...ENTERED.map((kind) => `control/${firm}/${kind}`),
]

/** What a person entered carries one item; its seq is its offset unless it brings one. A reading is its own item. */
function enteredIn(payload: Buffer, offset: number): (Stream & Held) | null {
  const entry = parse(payload)
  const body = isRecord(entry) ? entry['body'] : null
  if (!isRecord(body)) return null
  const { machine, class: cls = 'count', item = body } = body
  const held = placeOf(item, offset)
  if (typeof machine !== 'string' || typeof cls !== 'string' || !held) return null
  return { machine, class: cls, boot: MANUAL, ...held }
}

function itemsOf(payload: Buffer): Held[] {
  const body = parse(payload)
  if (!isRecord(body)) return []
  const boot = typeof body['boot'] === 'string' ? body['boot'] : ''
  const items: unknown[] = Array.isArray(body['items']) ? body['items'] : [body]
  return items.flatMap((item) => {
    const held = placeOf(item)
    return held ? [{ boot, ...held }] : []
  })
}

/** What is no item, because it has no ts or a seq that is no number of a sequence, has no place. */
function placeOf(item: unknown, number?: number): { readonly seq: number; readonly ts: Instant } | null {
  if (!isRecord(item)) return null
  const { ts, seq = number ?? ts } = item
  const isPlace = Number.isSafeInteger(ts) && Number.isSafeInteger(seq) && (seq as number) >= 0
  return isPlace ? { seq: seq as number, ts: ts as number } : null
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return null // not JSON: the pipeline says so, here it only has no interval
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
