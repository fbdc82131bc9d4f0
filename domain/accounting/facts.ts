/**
 * What was heard of one machine, as accounting takes it: accepted items of the evidence classes. The set decides: neither the order
 * of the lists nor a repetition changes a figure.
 *
 * For panes of [from, to) the facts reach further back, because an instant is told by what came before it:
 *   samples     the newest before `from` and the oldest after `to`, of every register
 *   states      from that newest to that oldest sample of the registers that grow with the machine's cycles (measureRole.ts): what they
 *               counted in between was made while the machine ran. The newest before them, and any earlier one that lasted longer
 *   orders      the newest order_start before `from`, however old, and what came after it; where there is none the newest order_end
 *   swaps       those between the samples
 *   the others  LOOK_BACK before `from`
 *   corrections those that say something of the time of the states, or of an instant in [from, to)
 */
import type { Item } from '#domain/telemetry/item.ts'
import type { Sample, Swap } from '#domain/telemetry/counter.ts'
import type { Override, StateRun } from '#domain/telemetry/states.ts'
import { DAY, HOUR, type Instant, type Millis } from '#domain/time.ts'
import type { Piece } from './measureRole.ts'

/** How long before an instant an event can still have a say in it. A stint or a work order never ended is ended by it. */
export const LOOK_BACK = { stint: 16 * HOUR, retest: DAY, maintenance: 31 * DAY } as const satisfies Record<
  string,
  Millis
>

/** A state, and what the machine said was on it. */
export type StateHeard = StateRun & {
  readonly order?: string | null
  readonly product?: string | null
  readonly operation?: string | null
}

/** An accepted event; `boot` null where the device sends none. `machine`: whose topic it came by, if not the machine's own. */
export type EventHeard = { readonly boot: string | null; readonly item: Item; readonly machine?: string }

/** Pieces that a person added to, or took from what was counted at an instant, whatever counts there. */
export type CountCorrection = {
  readonly ts: Instant
  readonly piece: Piece
  /** Signed. */
  readonly milli: number
  /** Left out: what ran at that instant. */
  readonly order?: string | null
  readonly product?: string | null
  readonly operation?: string | null
}

/** What people said in place of what was heard. A missing reading that they entered is a sample with boot `manual`. */
export type Corrections = {
  /** Those that say a state: panes know no reasons. */
  readonly overrides: readonly Override[]
  /** All of them: why machines stood is in accounts. */
  readonly causes: readonly Override[]
  readonly counts: readonly CountCorrection[]
}

export type Facts = {
  /** By name of the count measure. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>
  /** None of a meter. */
  readonly states: readonly StateHeard[]
  /** The machine's own events. */
  readonly events: readonly EventHeard[]
  /** sign_on and sign_off of all people who were ever signed on here, whatever machine's topic they came by. */
  readonly signs: readonly EventHeard[]
  readonly corrections?: Corrections
}

/** Fields in one order, so that equal content is equal text. */
const contentOf = (item: Item): string =>
  JSON.stringify(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))

const rankOf = ({ item }: EventHeard): number =>
  item.type === 'order_end' || item.type === 'sign_off' ? 0 : 1

/**
 * Events by ts, each once. At one instant the sequence of the device decides; where there is none, what ends goes before what
 * begins.
 */
export function inOrder(events: readonly EventHeard[]): EventHeard[] {
  return events.toSorted(byEvent).filter((one, i, all) => i === 0 || byEvent(all[i - 1]!, one) !== 0)
}

function byEvent(a: EventHeard, b: EventHeard): number {
  const [x, y] = [a.item, b.item]
  return (
    x.ts - y.ts ||
    words(a.boot ?? '', b.boot ?? '') ||
    (x.seq ?? 0) - (y.seq ?? 0) ||
    rankOf(a) - rankOf(b) ||
    // rarely reached: the text costs more than all the rest
    words(contentOf(x), contentOf(y))
  )
}

const words = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Swaps of a measure's meter, in steps. */
export const swapsOf = (events: readonly EventHeard[], measure: string, scale: number): Swap[] =>
  events
    .filter(({ item }) => item.type === 'meter_swap' && item['measure'] === measure)
    .map(({ item }) => ({
      ts: item.ts,
      oldLast: Math.round((item['old_last'] as number) * scale),
      newFirst: Math.round((item['new_first'] as number) * scale),
    }))

/** States by ts, in an order that does not depend on arrival. Of two at one instant the one with the later name holds. */
export const statesInOrder = (states: readonly StateHeard[]): StateHeard[] =>
  states.toSorted(
    (a, b) =>
      a.ts - b.ts || a.lastTs - b.lastTs || (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0),
  )

const textOf = ({ state, reason, order, product, operation }: StateHeard): string =>
  JSON.stringify([state, reason, order ?? null, product ?? null, operation ?? null])
