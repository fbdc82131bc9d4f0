/** Stops as an operator explains them: whole or a part of one, or together with a neighbour. */
import type { MachineState } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { Stop } from '../server/shapes.ts'

/** What is to be said of which stretch; the cause comes with the button that is tapped. */
export type Target = { readonly from: Instant; readonly to: Instant | null; readonly state?: MachineState }
export type Part = 'whole' | 'before' | 'after'

export const isUnexplained = ({ reason, open }: Stop): boolean => reason === null || open
export const keyOf = ({ machine, from }: Stop): string => `${machine} ${from}`

/** Up to an instant, or as long as it goes on: an open stop has no end that could be said. */
const endOf = ({ open, to }: Stop): Instant | null => (open ? null : to)

/** A stop, or its part before or after an instant inside. */
export function partOf(stop: Stop, part: Part, at: Instant): Target {
  if (part === 'before') return { from: stop.from, to: at }
  return { from: part === 'after' ? at : stop.from, to: endOf(stop) }
}

/** The stops of the same machine before and after one. */
export function neighboursOf(
  stops: readonly Stop[],
  stop: Stop,
): { before: Stop | null; after: Stop | null } {
  const own = stops.filter(({ machine }) => machine === stop.machine).toSorted((a, b) => a.from - b.from)
  const at = own.findIndex(({ from }) => from === stop.from)
  return { before: own[at - 1] ?? null, after: own[at + 1] ?? null }
}

/**
 * Two stops of a machine, the earlier one first, as one: the state of `kept` for both where they touch. Null where the later one
 * goes on and is another state: how long that lasts cannot be said yet.
 */
export function mergedOf(first: Stop, second: Stop, kept: Stop): Target | null {
  const touch = first.to === second.from
  if (second.open && !(touch && first.state === second.state)) return null
  const state = touch && first.state !== second.state ? { state: kept.state as MachineState } : {}
  return { from: first.from, to: endOf(second), ...state }
}
