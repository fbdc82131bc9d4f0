/**
 * The figures of the day that runs, to the pages that look: asked for once for each firm that somebody looks at, and only then. A page that
 * is too slow misses a frame, and the next one is whole.
 */
import type { DayFigures } from '#contract/figures.ts'
import { MINUTE, SECOND, type Millis } from '#domain/time.ts'
import { may } from '../auth/may.ts'
import { accountsOf } from '../figures/accounts.ts'
import { dayView } from '../figures/day.ts'
import { daysOf, isRefused } from '../figures/days.ts'
import type { Ports } from '../ports.ts'
import type { Viewer } from './viewer.ts'

export const DAY_EVERY: Millis = 700
/** A frame this old is not shown as the newest to a page that has just come. */
const FRESH: Millis = 3 * SECOND
/** A firm whose day cannot be told is asked again after this long. */
const AGAIN: Millis = MINUTE / 6

export class DayFeed {
  readonly #ports: Ports
  readonly #viewers: ReadonlySet<Viewer>
  readonly #last = new Map<string, DayFigures>()
  readonly #asking = new Set<string>()
  /** Firms that had no answer, and until when they are left alone. */
  readonly #quiet = new Map<string, number>()

  constructor(ports: Ports, viewers: ReadonlySet<Viewer>) {
    this.#ports = ports
    this.#viewers = viewers
  }

  /** A page has joined a firm: it gets what is known at once. */
  joined(viewer: Viewer): void {
    const known = viewer.firm === null ? undefined : this.#last.get(viewer.firm)
    if (known && this.#ports.now() - known.at < FRESH) this.#tell(viewer, known)
    else if (viewer.firm !== null) this.#quiet.delete(viewer.firm)
  }

  /** Called every DAY_EVERY. */
  async turn(): Promise<void> {
    const looked = new Set(
      [...this.#viewers].flatMap(({ firm, who }) => (firm && mayRead(who) ? [firm] : [])),
    )
    for (const firm of this.#last.keys()) if (!looked.has(firm)) this.#last.delete(firm)
    await Promise.all([...looked].map((firm) => this.#ask(firm)))
  }

  async #ask(firm: string): Promise<void> {
    if (this.#asking.has(firm) || (this.#quiet.get(firm) ?? 0) > this.#ports.now()) return
    this.#asking.add(firm)
    try {
      const days = await daysOf(this.#ports, accountsOf(this.#ports), firm, {})
      if (isRefused(days)) return void this.#quiet.set(firm, this.#ports.now() + AGAIN)
      const frame = dayView(days, this.#ports.now())
      this.#last.set(firm, frame)
      for (const viewer of this.#viewers) if (viewer.firm === firm) this.#tell(viewer, frame)
    } finally {
      this.#asking.delete(firm)
    }
  }

  #tell(viewer: Viewer, frame: DayFigures): void {
    if (viewer.slowSince === null && mayRead(viewer.who)) viewer.socket.volatile.emit('day', frame)
  }
}

const mayRead = (who: Viewer['who']): boolean => may(who, 'read.figures')
