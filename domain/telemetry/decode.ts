/**
 * Bytes of a device message -> its items. The hot path: the shapes of contract/envelope.ts checked by hand, without a schema library.
 * A test holds the two to each other. Never throws, whatever the bytes.
 *
 * A message that is broken as a whole counts as one item. In a batch, each item is judged for itself: one broken item does not take
 * the good ones with it.
 */
import { MACHINE_STATES, type MachineState } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import { eventFault, isWord } from './events.ts'
import type { Fault, FaultReason, Item, TelemetryClass } from './item.ts'

export const MAX_ITEMS = 1000
export const MAX_BYTES = 64 * 1024
export const MAX_DEPTH = 8
export const MIN_TS = 946_684_800_000
export const MAX_TS = 4_102_444_800_000

export type Decoded =
  | {
      readonly ok: true
      readonly boot: string | null
      /** The device's clock when it sent; by default the newest ts of its items. */
      readonly at: Instant
      readonly items: readonly Item[]
      /** Null: every item is good. Otherwise one place per item. */
      readonly faults: readonly (Fault | null)[] | null
    }
  | { readonly ok: false; readonly fault: Fault }

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const states: ReadonlySet<unknown> = new Set<MachineState>(MACHINE_STATES)

const fault = (reason: FaultReason, detail: string): Fault => ({ reason, detail })
const broken = (reason: FaultReason, detail: string): Decoded => ({ ok: false, fault: fault(reason, detail) })

/** The items of a message of a class, each with its fault or none. */
export function decode(bytes: Uint8Array, cls: TelemetryClass): Decoded {
  if (bytes.length > MAX_BYTES) return broken('bad_json', `${bytes.length} bytes, at most ${MAX_BYTES}`)
  let raw: unknown
  try {
    const text = utf8.decode(bytes)
    if (tooDeep(text)) return broken('bad_json', `nested deeper than ${MAX_DEPTH}`)
    raw = JSON.parse(text)
  } catch (error) {
    return broken('bad_json', error instanceof SyntaxError ? 'no JSON' : 'no UTF-8')
  }
  return decodeBody(raw, cls)
}

/** The same for a body that is already an object: what a person or an import enters. */
export function decodeBody(raw: unknown, cls: TelemetryClass): Decoded {
  if (!isObject(raw)) return broken('bad_shape', 'no object')
  const { boot, at, items } = raw
  const ownFault =
    boot !== undefined && !isBoot(boot) ? fault('bad_shape', 'boot is no text of 1 to 64') : atFault(at)
  const batch = Array.isArray(items)
  if (!batch || raw['ts'] !== undefined) {
    const single = itemFault(raw, cls)
    if (ownFault === null && single === null) {
      const item = raw as unknown as Item
      return {
        ok: true,
        boot: (boot as string | undefined) ?? null,
        at: (at as number | undefined) ?? item.ts,
        items: [item],
        faults: null,
      }
    }
    if (!batch) return { ok: false, fault: ownFault ?? single! }
  }
  if (ownFault !== null) return { ok: false, fault: ownFault }
  return decodeBatch(
    items as readonly unknown[],
    cls,
    (boot as string | undefined) ?? null,
    at as number | undefined,
  )
}

function decodeBatch(
  items: readonly unknown[],
  cls: TelemetryClass,
  boot: string | null,
  at: number | undefined,
): Decoded {
  if (items.length === 0) return broken('bad_shape', 'no items')
  if (items.length > MAX_ITEMS) return broken('bad_shape', `${items.length} items, at most ${MAX_ITEMS}`)
  let faults: (Fault | null)[] | null = null
  let newest = 0
  for (let i = 0; i < items.length; i++) {
    const raw = items[i]
    const found = isObject(raw) ? itemFault(raw, cls) : fault('bad_shape', 'no object')
    if (found !== null) {
      faults ??= items.map(() => null)
      faults[i] = found
    } else if ((raw as Item).ts > newest) newest = (raw as Item).ts
  }
  return { ok: true, boot, at: at ?? newest, items: items as readonly Item[], faults }
}

function itemFault(raw: Readonly<Record<string, unknown>>, cls: TelemetryClass): Fault | null {
  const { ts, seq } = raw
  if (!Number.isSafeInteger(ts)) return fault('bad_shape', 'ts is no whole number of milliseconds')
  if ((ts as number) < MIN_TS || (ts as number) > MAX_TS)
    return fault('ts_impossible', `ts ${ts as number} is not in 2000 … 2100`)
  if (seq !== undefined && (!Number.isSafeInteger(seq) || (seq as number) < 0))
    return fault('bad_shape', 'seq is no whole number from 0')
  if (cls === 'telemetry') return valuesFault(raw['v'], true) ?? qualitiesFault(raw['q'])
  if (cls === 'count') return valuesFault(raw['v'], false)
  return cls === 'state' ? stateFault(raw) : eventFault(raw)
}

function valuesFault(v: unknown, nullable: boolean): Fault | null {
  if (!isObject(v)) return fault('bad_shape', 'v is no object')
  for (const name in v) {
    if (!isName(name)) return fault('bad_shape', `no measure name: ${name.slice(0, 64)}`)
    const value = v[name]
    if (typeof value === 'number' ? !Number.isFinite(value) : !(nullable && value === null))
      return fault('bad_value', `${name} is no number`)
  }
  return null
}

function qualitiesFault(q: unknown): Fault | null {
  if (q === undefined) return null
  if (!isObject(q)) return fault('bad_shape', 'q is no object')
  for (const name in q) {
    if (!isName(name)) return fault('bad_shape', `no measure name: ${name.slice(0, 64)}`)
    if (!isQuality(q[name])) return fault('bad_shape', `q.${name} is no quality`)
  }
  return null
}

const STATE_WORDS = ['reason', 'order', 'product', 'operation'] as const

function stateFault(raw: Readonly<Record<string, unknown>>): Fault | null {
  if (!states.has(raw['state']))
    return fault('bad_shape', 'state is none of RUN, SETUP, IDLE, STOP, FAULT, OFF')
  for (const field of STATE_WORDS)
    if (raw[field] !== undefined && !isWord(raw[field]))
      return fault('bad_shape', `${field} is no text of 1 to 128`)
  return raw['until'] === undefined ? null : untilFault(raw['ts'] as number, raw['until'])
}

function untilFault(ts: Instant, until: unknown): Fault | null {
  if (!Number.isSafeInteger(until)) return fault('bad_shape', 'until is no whole number of milliseconds')
  if ((until as number) < MIN_TS || (until as number) > MAX_TS)
    return fault('ts_impossible', `until ${until as number} is not in 2000 … 2100`)
  return (until as number) < ts ? fault('bad_value', 'until is before ts') : null
}

function atFault(at: unknown): Fault | null {
  if (at === undefined) return null
  if (!Number.isSafeInteger(at)) return fault('bad_shape', 'at is no whole number of milliseconds')
  return (at as number) < MIN_TS || (at as number) > MAX_TS
    ? fault('ts_impossible', `at ${at as number} is not in 2000 … 2100`)
    : null
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isBoot = (value: unknown): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= 64

/** `[a-z0-9_-]{1,64}`; never `__proto__`, which the schema library drops without a word. */
function isName(name: string): boolean {
  if (name.length === 0 || name.length > 64 || name === '__proto__') return false
  for (let i = 0; i < name.length; i++) if (!isNameCode(name.charCodeAt(i))) return false
  return true
}

const isNameCode = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 95 || c === 45

const SEVERITIES = ['good', 'uncertain', 'bad'] as const

/** `good`, `bad:sensor_open`: a severity, and after a colon 1 to 48 of `[a-z0-9_]`. */
function isQuality(value: unknown): boolean {
  if (typeof value !== 'string') return false
  const severity = SEVERITIES.find((word) => value.startsWith(word))
  if (severity === undefined) return false
  if (value.length === severity.length) return true
  const reason = value.length - severity.length - 1
  if (value[severity.length] !== ':' || reason < 1 || reason > 48) return false
  for (let i = severity.length + 1; i < value.length; i++) {
    const c = value.charCodeAt(i)
    if (!isNameCode(c) || c === 45) return false
  }
  return true
}

/** Is JSON text nested deeper than allowed? Brackets inside strings do not count. */
function tooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 0x5c) i++
      else if (c === 0x22) inString = false
    } else if (c === 0x22) inString = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) return true
    } else if (c === 0x7d || c === 0x5d) depth--
  }
  return false
}
