/**
 * Which items a sealed block holds: seq intervals per (machine, class, boot), as panes name their sources. A payload may be any bytes:
 * what cannot be read has no interval, and is found by its offset alone.
 */
import { CLASSES, classCode } from './frame.ts'
import type { JournalEntry } from './journal.ts'

export type Interval = {
  readonly machine: string
  readonly class: string
  readonly boot: string
  readonly first: number
  readonly last: number
}

/** One interval per (machine, class, boot), from the lowest to the highest seq among these entries. */
export function intervalsOf(entries: readonly JournalEntry[]): Interval[] {
  const found = new Map<
    string,
    { machine: string; class: string; boot: string; first: number; last: number }
  >()
  for (const { topic, payload } of entries) {
    const machine = machineOf(topic)
    if (machine === null) continue
    const cls = CLASSES[classCode(topic)]!
    for (const { boot, seq } of itemsOf(payload)) {
      const key = `${machine}\n${cls}\n${boot}`
      const one = found.get(key)
      if (!one) found.set(key, { machine, class: cls, boot, first: seq, last: seq })
      else {
        one.first = Math.min(one.first, seq)
        one.last = Math.max(one.last, seq)
      }
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

function itemsOf(payload: Buffer): { boot: string; seq: number }[] {
  const body = parse(payload)
  if (!isRecord(body)) return []
  const boot = typeof body['boot'] === 'string' ? body['boot'] : ''
  const items: unknown[] = Array.isArray(body['items']) ? body['items'] : [body]
  return items
    .map((item) => (isRecord(item) ? item['seq'] : undefined))
    .filter((seq): seq is number => Number.isSafeInteger(seq) && (seq as number) >= 0)
    .map((seq) => ({ boot, seq }))
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
