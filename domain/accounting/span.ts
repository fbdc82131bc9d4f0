/** Stretches of time, from … up to but without to, and finding one's place in a list that is sorted by time. */
import type { Instant, Millis } from '#domain/time.ts'

export type Span = { readonly from: Instant; readonly to: Instant }

/** Milliseconds that [from, to) shares with a span. */
export const shared = (span: Span, from: Instant, to: Instant): Millis =>
  Math.max(0, Math.min(span.to, to) - Math.max(span.from, from))

/** Spans that touch or overlap as one, in order of time. */
export function unionOf(spans: readonly Span[]): Span[] {
  const out: Span[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = out.at(-1)
    if (last && from <= last.to) out[out.length - 1] = { from: last.from, to: Math.max(last.to, to) }
    else out.push({ from, to })
  }
  return out
}

/** Time as it is counted: milliseconds that have passed at an instant since some begin. Only differences mean something. */
export type Clock = (at: Instant) => Millis

/** The clock that goes on every day. */
export const WALL: Clock = (at) => at

/** The clock that goes in some spans only, which are in order and apart. */
export function clockOf(spans: readonly Span[]): Clock {
  const begins = spans.map(({ from }) => ({ ts: from }))
  const before: Millis[] = [0]
  for (const { from, to } of spans) before.push(before.at(-1)! + to - from)
  return (at) => {
    const i = lastAt(begins, at)
    return i < 0 ? 0 : before[i]! + Math.min(at, spans[i]!.to) - spans[i]!.from
  }
}

/** Index of the last entry at or before an instant; -1 before the first. Entries are sorted by ts. */
export function lastAt(entries: readonly { readonly ts: Instant }[], at: Instant): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (entries[middle]!.ts <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}
