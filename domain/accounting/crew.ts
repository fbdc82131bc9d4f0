/**
 * Who tended a machine when. A person's time is divided evenly over the machines that he or she is signed on to, in whole
 * milliseconds: the shares of any stretch of time sum to that stretch, and the stretches to the whole.
 * Signing on adds machines; signing off takes the named ones away, or all. Who is never signed off a machine is off after 16 hours.
 */
import type { Instant, Millis } from '#domain/time.ts'
import { LOOK_BACK, type EventHeard } from './facts.ts'

/** One person at the same machines throughout. */
export type Stint = {
  readonly from: Instant
  readonly to: Instant
  /** Place of the machine among the `of` that are tended, by path. */
  readonly place: number
  readonly of: number
  /** The event with which it began, or the one before it in which a machine ran out. */
  readonly sign: EventHeard
}

/** The stints of a machine. `signs` are in order (facts.ts). */
export function stintsOf(signs: readonly EventHeard[], machine: string): Stint[] {
  const byWorker = Map.groupBy(signs, ({ item }) => item['worker'] as string)
  return [...byWorker.values()].flatMap((own) => stintsOfWorker(own, machine))
}

function stintsOfWorker(signs: readonly EventHeard[], machine: string): Stint[] {
  /** Until when the person is on, by machine. */
  const tended = new Map<string, Instant>()
  const stints: Stint[] = []
  signs.forEach((sign, i) => {
    const { item } = sign
    const machines = (item['machines'] ?? []) as readonly string[]
    if (item.type === 'sign_on') for (const path of machines) tended.set(path, item.ts + LOOK_BACK.stint)
    else for (const path of machines.length > 0 ? machines : tended.keys()) tended.delete(path)
    const next = signs[i + 1]?.item.ts ?? Infinity
    for (let from = item.ts; from < next && tended.size > 0;) {
      const to = Math.min(next, ...tended.values())
      const place = [...tended.keys()].toSorted().indexOf(machine)
      if (place >= 0 && to > from) stints.push({ from, to, place, of: tended.size, sign })
      for (const [path, until] of tended) if (until <= to) tended.delete(path)
      from = to
    }
  })
  return stints
}

/** The machine's share of a stint up to an instant: the shares of all machines tended sum to the time passed. */
function shareUntil({ from, to, place, of }: Stint, at: Instant): Millis {
  const passed = Math.min(Math.max(at, from), to) - from
  return Math.floor((passed * (place + 1)) / of) - Math.floor((passed * place) / of)
}

/** Person-milliseconds of the machine in [from, to). */
export const personsIn = (stints: readonly Stint[], from: Instant, to: Instant): Millis =>
  stints.reduce((sum, stint) => sum + shareUntil(stint, to) - shareUntil(stint, from), 0)
