/**
 * Which order ran on a machine when. Order events decide; what the state messages say of an order counts until the first order
 * event of the machine, and so for ever where a machine sends none.
 */
import type { Instant, Millis } from '#domain/time.ts'
import type { EventHeard, StateHeard } from './facts.ts'
import { lastAt } from './span.ts'

export type Work = {
  readonly order: string
  readonly product: string | null
  readonly operation: string | null
}

/** What runs from `ts` on: a work, or nothing. */
type Change = { readonly ts: Instant; readonly work: Work | null }

export type WorkCourse = {
  readonly changes: readonly Change[]
  /** Order events, for whom an event of an order belongs to after it ended. */
  readonly told: readonly Change[]
}

/** `events` and `states` are in order. */
export function workCourse(
  events: readonly EventHeard[],
  states: readonly StateHeard[],
  staleMs: Millis,
): WorkCourse {
  const told: Change[] = []
  const byOrders: Change[] = []
  let running: Work | null = null
  for (const { item } of events) {
    if (item.type !== 'order_start' && item.type !== 'order_end') continue
    const work: Work = { order: item.order!, product: item.product!, operation: item.operation! }
    told.push({ ts: item.ts, work })
    if (item.type === 'order_start') running = work
    // the end of another order than the one that runs came late: that one has long given way
    else if (running?.order === work.order && running.operation === work.operation) running = null
    byOrders.push({ ts: item.ts, work: running })
  }
  const first = byOrders[0]?.ts ?? Infinity
  let heard = -Infinity
  const byStates = states.flatMap((run, i): Change[] => {
    const before = states[i - 1]
    // a repeat inside a run that was heard for longer does not shorten it (telemetry/states.ts)
    heard = before?.state === run.state && heard >= run.ts ? Math.max(heard, run.lastTs) : run.lastTs
    const next = states[i + 1]?.ts ?? Infinity
    const end = heard + staleMs
    const order = run.order ?? null
    const work =
      order === null ? null : { order, product: run.product ?? null, operation: run.operation ?? null }
    return end < next
      ? [
          { ts: run.ts, work },
          { ts: end, work: null },
        ]
      : [{ ts: run.ts, work }]
  })
  return { changes: [...byStates.filter(({ ts }) => ts < first), ...byOrders], told }
}

/** The work that runs at an instant. */
export const workAt = ({ changes }: WorkCourse, at: Instant): Work | null =>
  changes[lastAt(changes, at)]?.work ?? null

/** The work of an order that an event at `at` names: the one running, one that ended at that instant, or the last one told. */
export function workOfOrder({ changes, told }: WorkCourse, order: string, at: Instant): Work | null {
  const last = lastAt(changes, at)
  const near: (Work | null | undefined)[] = [changes[last]?.work]
  for (let i = last; i >= 0 && changes[i]!.ts === at; i--) near.push(changes[i - 1]?.work)
  near.push(told[lastAt(told, at)]?.work)
  return near.find((work) => work?.order === order) ?? null
}
