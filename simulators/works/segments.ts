/** Fills a machine's day: what is no work is a break, a wait for an order, planned maintenance, or off. */
import type { Instant } from '#domain/time.ts'
import type { Span } from './calendar.ts'
import type { MachineHours } from './hours.ts'
import type { WorksSegment } from './truthDay.ts'

const NO_WORK = { order: null, product: null, operation: null } as const

/**
 * Segments from `from` to `to` without hole or overlap. `work` is sorted and does not overlap. In a break, or while it waits inside
 * the shift, a machine is IDLE and keeps its order if it has one on it.
 */
export function fillDay(
  from: Instant,
  to: Instant,
  work: readonly WorksSegment[],
  hours: MachineHours | null,
): WorksSegment[] {
  const out: WorksSegment[] = []
  const put = (segment: WorksSegment) => {
    if (segment.to <= segment.from) return
    const last = out.at(-1)
    if (
      last &&
      last.state === segment.state &&
      last.reason === segment.reason &&
      last.order === segment.order &&
      last.operation === segment.operation
    )
      out[out.length - 1] = { ...last, to: segment.to }
    else out.push(segment)
  }
  const gap = (start: Instant, end: Instant, before: WorksSegment | null, after: WorksSegment | null) => {
    if (end <= start) return
    if (!hours) return put({ from: start, to: end, state: 'OFF', reason: null, ...NO_WORK })
    const held = before && after && before.order === after.order ? before : null
    const carried = held ? { order: held.order, product: held.product, operation: held.operation } : NO_WORK
    const cuts = new Set<Instant>([start, end])
    const spans: readonly Span[] = [...hours.present, ...hours.planned, ...(hours.pm ? [hours.pm] : [])]
    for (const span of spans)
      for (const edge of [span.from, span.to]) if (edge > start && edge < end) cuts.add(edge)
    const edges = [...cuts].toSorted((a, b) => a - b)
    for (let i = 1; i < edges.length; i++) {
      const piece = { from: edges[i - 1]!, to: edges[i]! }
      const isIn = (list: readonly Span[]) => list.some((s) => piece.from >= s.from && piece.from < s.to)
      if (hours.pm && isIn([hours.pm]))
        put({ ...piece, state: 'STOP', reason: 'planned_maintenance', ...NO_WORK })
      else if (isIn(hours.planned))
        put({ ...piece, state: 'IDLE', reason: held ? null : 'no_order', ...carried })
      else if (isIn(hours.present)) put({ ...piece, state: 'IDLE', reason: 'break', ...carried })
      else put({ ...piece, state: 'OFF', reason: null, ...NO_WORK })
    }
  }
  let now = from
  let before: WorksSegment | null = null
  for (const segment of work) {
    const start = Math.max(now, segment.from)
    const end = Math.min(to, segment.to)
    gap(now, Math.min(start, to), before, segment)
    put({ ...segment, from: start, to: end })
    now = Math.max(now, end)
    before = segment
  }
  gap(now, to, before, null)
  return out
}
