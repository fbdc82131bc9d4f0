/**
 * Panes of one machine while they are being summed. Who sums goes through time: the hours and the pane of the instant before are
 * looked at first, and none is looked up by a text.
 */
import type { Instant } from '#domain/time.ts'
import type { AlikeHours } from './calendar.ts'
import { closePanes, openPane, type OpenPane, type Pane, type PaneLength } from './pane.ts'
import { lastAt } from './span.ts'

export class PaneSums {
  readonly #machine: string
  readonly #length: PaneLength
  readonly #hours: readonly AlikeHours[]
  /** Place of the hours asked for last. */
  #now = 0
  readonly #byStart = new Map<Instant, OpenPane[]>()
  #last: OpenPane | null = null

  /** `hours` begin at or before every instant asked for. */
  constructor(machine: string, length: PaneLength, hours: readonly AlikeHours[]) {
    this.#machine = machine
    this.#length = length
    this.#hours = hours
  }

  /** The hours that hold an instant. */
  hours(at: Instant): AlikeHours {
    const known = this.#hours[this.#now]!
    if (at < known.ts || at >= (this.#hours[this.#now + 1]?.ts ?? Infinity))
      this.#now = lastAt(this.#hours, at)
    return this.#hours[this.#now]!
  }

  /** The pane that holds an instant. */
  pane(at: Instant, order: string | null, product: string | null): OpenPane {
    const start = Math.floor(at / this.#length) * this.#length
    const { shift } = this.hours(at)
    const last = this.#last
    if (last !== null && isOf(last, start, shift, order, product)) return last
    let panes = this.#byStart.get(start)
    if (!panes) this.#byStart.set(start, (panes = []))
    let pane = panes.find((one) => isOf(one, start, shift, order, product))
    if (!pane)
      panes.push((pane = openPane({ machine: this.#machine, start, shift, order, product }, this.#length)))
    return (this.#last = pane)
  }

  close(): Pane[] {
    return closePanes([...this.#byStart.values()].flat())
  }
}

const isOf = (
  pane: OpenPane,
  start: Instant,
  shift: number | null,
  order: string | null,
  product: string | null,
): boolean => pane.start === start && pane.shift === shift && pane.order === order && pane.product === product
