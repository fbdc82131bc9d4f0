/**
 * The content of an item as one 32-bit number: tells a duplicate (same key, same content) from a conflict (same key, other content).
 * It does not depend on the order of measures, on `at`, or on whether the item came alone or in a batch. One chance in four thousand
 * million that a conflict passes for a duplicate is accepted: the first one stands in either case.
 */
import { EVENT_FIELDS } from './events.ts'
import type { Item, TelemetryClass } from './item.ts'

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

/** Names seen before, with their hashes. Bounded: a flood of names only costs the time to hash them. */
const known = new Map<string, number>()
const KNOWN_LIMIT = 20_000

function mix(h: number, k: number): number {
  let x = Math.imul(k, 0xcc9e2d51)
  x = (x << 15) | (x >>> 17)
  let y = h ^ Math.imul(x, 0x1b873593)
  y = (y << 13) | (y >>> 19)
  return (Math.imul(y, 5) + 0xe6546b64) | 0
}

function finish(h: number): number {
  let x = h ^ (h >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ (x >>> 16)
}

function hashText(text: string): number {
  let h = text.length
  for (let i = 0; i < text.length; i++) h = mix(h, text.charCodeAt(i))
  return finish(h)
}

function hashName(name: string): number {
  let h = known.get(name)
  if (h === undefined) {
    h = hashText(name)
    if (known.size >= KNOWN_LIMIT) known.clear()
    known.set(name, h)
  }
  return h
}

function hashNumber(seed: number, value: number): number {
  float[0] = value + 0 // −0 is 0
  return finish(mix(mix(seed, words[0]!), words[1]!))
}

function hashValue(seed: number, value: unknown): number {
  if (typeof value === 'number') return hashNumber(seed, value)
  if (typeof value === 'string') return finish(mix(mix(seed, 0x5bd1e995), hashText(value)))
  if (value === null) return finish(mix(seed, 0x27d4eb2f))
  let h = seed
  for (const part of value as readonly string[]) h = mix(h, hashText(part))
  return finish(h)
}

const STATE_FIELDS = ['state', 'reason', 'order', 'product', 'operation', 'until'] as const
/** Mixed into the names of qualities, so that `v.x` and `q.x` differ. */
const QUALITY = 0x165667b1

/** The number, 1 … 2^32 − 1. The item has passed the checks of its class. */
export function contentHash(cls: TelemetryClass, item: Item): number {
  let sum = hashNumber(0x9747b28c, item.ts)
  if (cls === 'telemetry' || cls === 'count') {
    const { v, q } = item
    for (const name in v) sum = (sum + hashValue(hashName(name), v[name])) | 0
    if (cls === 'telemetry' && q !== undefined)
      for (const name in q) sum = (sum + hashValue(hashName(name) ^ QUALITY, q[name])) | 0
  } else {
    const fields = cls === 'state' ? STATE_FIELDS : eventFields(item.type!)
    for (const field of fields) {
      const value = item[field]
      if (value !== undefined) sum = (sum + hashValue(hashName(field), value)) | 0
    }
  }
  return finish(sum) >>> 0 || 1 // 0 marks an empty place in a block
}

const fieldsOf = new Map(
  Object.entries(EVENT_FIELDS).map(([type, fields]) => [
    type,
    ['type', ...Object.keys(fields).map((key) => key.replace('?', ''))],
  ]),
)
const eventFields = (type: string): readonly string[] => fieldsOf.get(type) ?? ['type']
