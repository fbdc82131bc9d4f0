/** The floor of a day: its machines with their working hours, and how a machine spends them. */
import type { Instant, Millis } from '#domain/time.ts'
import type { Span } from './calendar.ts'
import { streamOf, type Stream } from './chance.ts'
import { TOOLS, type MachineId } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import type { ProcessFault } from './processFaults.ts'
import { OPERATIONS, productCode } from './routing.ts'
import type { MachineState, WorksState } from './state.ts'
import type { Made, Maintenance, Receipt, WorksEvent, WorksSegment } from './truthDay.ts'

/** What a machine of the floor did; segments of work only, gaps are filled in later. */
export type FloorMachine = {
  readonly machine: MachineId
  readonly state: MachineState
  /** Stretches in which it works, and in which it may be repaired. */
  readonly work: readonly Span[]
  readonly repair: readonly Span[]
  readonly segments: WorksSegment[]
  readonly made: Made[]
  readonly maintenance: Maintenance[]
  readonly changes: { readonly at: Instant; readonly due: number }[][]
  readonly cycles: Stream
  readonly results: Stream
  readonly luck: Stream
  readonly details: Stream
  next: Instant
  pending: 'cycle' | 'setup' | 'failure' | 'repair' | 'look' | null
  /** When the running cycle began. */
  cycleFrom: Instant
  failedAt: Instant
  waitingSince: Instant
}

export type Floor = {
  readonly state: WorksState
  readonly p: Parameters
  readonly faults: readonly ProcessFault[]
  readonly machines: readonly FloorMachine[]
  readonly receipts: Receipt[]
  readonly events: WorksEvent[]
  readonly to: Instant
  /** Where a lot goes on the day after: outside work takes two open days and comes back in the morning. */
  readonly backFromOutside: (at: Instant) => Instant
  /** 08:30 of the next open day. */
  readonly nextMorning: Instant
}

export const NEVER: Instant = Number.MAX_SAFE_INTEGER

export function floorMachine(
  state: WorksState,
  machine: MachineId,
  work: readonly Span[],
  repair: readonly Span[],
): FloorMachine {
  const stream = (purpose: string) => streamOf(state.seed, `${purpose}/${machine.name}/${state.date}`)
  return {
    machine,
    state: state.machines[machine.name]!,
    work,
    repair,
    segments: [],
    made: [],
    maintenance: [],
    changes: TOOLS.filter(({ kind }) => kind === machine.kind).map(() => []),
    cycles: stream('cycle'),
    results: stream('result'),
    luck: stream('luck'),
    details: stream('details'),
    next: work[0]?.from ?? NEVER,
    pending: 'look',
    // a cycle or repair that was held over the night counts from the morning
    cycleFrom: work[0]?.from ?? 0,
    failedAt: repair[0]?.from ?? 0,
    waitingSince: 0,
  }
}

/** Spends working time from `at` on, and notes it. Returns when it ends, or NEVER and what is left when the day does first. */
export function spend(
  m: FloorMachine,
  at: Instant,
  ms: Millis,
  state: WorksSegment['state'],
  reason: string | null,
): { readonly end: Instant; readonly left: Millis } {
  let left = ms
  const job = m.state.job
  const op = job ? OPERATIONS[job.op]! : null
  for (const span of state === 'FAULT' ? m.repair : m.work) {
    if (span.to <= at) continue
    const from = Math.max(at, span.from)
    const to = Math.min(span.to, from + left)
    if (to > from) {
      const last = m.segments.at(-1)
      const order = job?.lot.order ?? null
      if (last && last.to === from && last.state === state && last.order === order && last.reason === reason)
        m.segments[m.segments.length - 1] = { ...last, to }
      else
        m.segments.push({
          from,
          to,
          state,
          reason,
          order,
          product: op ? productCode(op.product) : null,
          operation: op?.code ?? null,
        })
    }
    left -= to - from
    if (left <= 0) return { end: to, left: 0 }
  }
  return { end: NEVER, left }
}

/** The first working instant from `at` on. */
export function workingFrom(m: FloorMachine, at: Instant): Instant {
  for (const { from, to } of m.work) if (to > at) return Math.max(at, from)
  return NEVER
}
