/** A raw message as a person reads it: values in words for a row, and the offending part found for a detail. */

/** `{"ts":…,"v":{"power_kw":6.31,"vib":1.1}}` -> `power_kw 6.31, vib 1.1`; what cannot be read is shown as it came. */
export function gist(payload: string): string {
  const message = parsed(payload)
  if (!message) return payload
  const item = Array.isArray(message['items']) ? message['items'].at(-1) : message
  if (!isRecord(item)) return payload
  const { ts: _ts, seq: _seq, boot: _boot, at: _at, v, q, ...rest } = item
  const parts = [...pairs(rest), ...pairs(v), ...pairs(q)]
  return parts.length ? parts.join(', ') : payload
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function pairs(value: unknown): string[] {
  if (!isRecord(value)) return []
  return Object.entries(value).map(
    ([key, one]) => `${key} ${typeof one === 'string' ? one : JSON.stringify(one)}`,
  )
}

function parsed(payload: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(payload)
    return isRecord(value) ? value : null
  } catch {
    return null // shown as it came: a message that cannot be parsed is a case of its own
  }
}

export type Part = { readonly text: string; readonly marked: boolean }
type Span = readonly [number, number]

/** The payload in parts, with what is wrong marked where it can be found: by the words of `detail`, else by the reason. */
export function marked(payload: string, reason: string, detail: string): readonly Part[] {
  const span = reason === 'bad_json' ? brokenAt(payload) : (named(payload, reason) ?? worded(payload, detail))
  return cut(payload, span ? [span] : [])
}

/** Both messages of a conflict in parts: what differs is marked in each. */
export function differing(stands: string, other: string): readonly [readonly Part[], readonly Part[]] {
  let start = 0
  while (start < stands.length && start < other.length && stands[start] === other[start]) start++
  let end = 0
  const most = Math.min(stands.length, other.length) - start
  while (end < most && stands.at(-1 - end) === other.at(-1 - end)) end++
  // A number is marked whole, not from its first different digit on.
  while (start > 0 && /[\w.+-]/.test(stands[start - 1]!)) start--
  while (end > 0 && /[\w.]/.test(stands.at(-end)!)) end--
  return [cut(stands, [[start, stands.length - end]]), cut(other, [[start, other.length - end]])]
}

function named(payload: string, reason: string): Span | null {
  if (reason === 'ts_in_future' || reason === 'ts_impossible') return found(payload, /"ts"\s*:\s*-?[\d.eE+]+/)
  if (reason === 'unknown_event') return found(payload, /"type"\s*:\s*"[^"]*"/)
  return null
}

function worded(payload: string, detail: string): Span | null {
  for (const word of detail.match(/[\w.-]{3,}/g) ?? []) {
    const name = word.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`)
    const span = found(payload, new RegExp(String.raw`"${name}"\s*:\s*("[^"]*"|[^,}\]]+)`))
    if (span) return span
  }
  return null
}

function brokenAt(payload: string): Span | null {
  try {
    JSON.parse(payload)
    return null
  } catch (error) {
    const at = Number(/position (\d+)/.exec(String(error))?.[1] ?? payload.length)
    return [Math.min(Math.max(0, at - 1), Math.max(0, payload.length - 1)), Math.min(payload.length, at + 1)]
  }
}

function found(payload: string, pattern: RegExp): Span | null {
  const match = pattern.exec(payload)
  return match ? [match.index, match.index + match[0].length] : null
}

function cut(text: string, spans: readonly Span[]): Part[] {
  const parts: Part[] = []
  let at = 0
  for (const [from, to] of spans) {
    if (from > at) parts.push({ text: text.slice(at, from), marked: false })
    if (to > from) parts.push({ text: text.slice(from, to), marked: true })
    at = Math.max(at, to)
  }
  if (at < text.length) parts.push({ text: text.slice(at), marked: false })
  return parts
}
