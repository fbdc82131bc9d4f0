/**
 * Fields of each event type, checked by hand: equal to contract/events.ts, which is the contract (a test holds them to each other).
 * A trailing `?` marks a field that may be left out.
 */
import type { Fault } from './item.ts'

type Kind =
  'word' | 'qty' | 'pieces' | 'number' | 'positive' | 'yuan' | 'words' | 'someWords' | readonly string[]

const work = { order: 'word', product: 'word', operation: 'word' } as const

export const EVENT_FIELDS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  order_start: { ...work, planned_qty: 'qty' },
  order_end: { ...work, 'planned_qty?': 'qty', 'good_qty?': 'pieces' },
  sign_on: { worker: 'word', machines: 'someWords' },
  sign_off: { worker: 'word', 'machines?': 'words' },
  material_issue: { order: 'word', material: 'word', qty: 'qty', unit: 'word', 'lot?': 'word' },
  material_return: { order: 'word', material: 'word', qty: 'qty', unit: 'word', 'lot?': 'word' },
  receipt: { ...work, qty: 'qty' },
  reject: { ...work, qty: 'qty', reason: 'word', 'serial?': 'word' },
  rework: { ...work, qty: 'qty', reason: 'word', 'serial?': 'word' },
  test_result: {
    serial: 'word',
    order: 'word',
    product: 'word',
    result: ['pass', 'fail'],
    pressure_mpa: 'number',
    hold_s: 'positive',
    leak_ml_min: 'positive',
  },
  packed: { order: 'word', product: 'word', qty: 'qty' },
  tool_change: { tool_type: 'word', tool: 'word' },
  heat: { heat: 'word', charge_kg: 'qty', tapped_kg: 'qty' },
  maintenance: {
    work_order: 'word',
    kind: ['corrective', 'preventive'],
    phase: ['start', 'end'],
    'parts_yuan?': 'yuan',
  },
  meter_swap: { measure: 'word', old_last: 'number', new_first: 'number' },
}

export const isWord = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 128

const isNumber = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max

const areWords = (value: unknown, least: number): boolean =>
  Array.isArray(value) && value.length >= least && value.length <= 64 && value.every(isWord)

const KINDS: Readonly<Record<Exclude<Kind, readonly string[]>, (value: unknown) => boolean>> = {
  word: isWord,
  qty: (value) => isNumber(value, 0, 1e12),
  pieces: (value) => Number.isInteger(value) && isNumber(value, 0, 1e12),
  number: (value) => isNumber(value, -Infinity, Infinity),
  positive: (value) => isNumber(value, 0, Infinity),
  yuan: (value) => isNumber(value, 0, 1e9),
  words: (value) => areWords(value, 0),
  someWords: (value) => areWords(value, 1),
}

const fits = (value: unknown, kind: Kind): boolean =>
  typeof kind === 'string' ? KINDS[kind](value) : typeof value === 'string' && kind.includes(value)

/** The fault of an event's own fields, or null. */
export function eventFault(raw: Readonly<Record<string, unknown>>): Fault | null {
  const { type } = raw
  if (typeof type !== 'string') return { reason: 'bad_shape', detail: 'type is missing or no text' }
  if (!Object.hasOwn(EVENT_FIELDS, type))
    return { reason: 'unknown_event', detail: `no event type ${type.slice(0, 64)}` }
  for (const [key, kind] of Object.entries(EVENT_FIELDS[type]!)) {
    const optional = key.endsWith('?')
    const field = optional ? key.slice(0, -1) : key
    const value = raw[field]
    if (value === undefined && optional) continue
    if (!fits(value, kind))
      return {
        reason: 'bad_shape',
        detail: `${type}: ${field} is ${value === undefined ? 'missing' : 'wrong'}`,
      }
  }
  return null
}

/** The type of an event and the fields that its shape knows; whatever else was sent with it is left out. */
export function eventFields(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = { type: item['type'] }
  for (const key of Object.keys(EVENT_FIELDS[item['type'] as string] ?? {})) {
    const field = key.replace('?', '')
    if (item[field] !== undefined) fields[field] = item[field]
  }
  return fields
}
