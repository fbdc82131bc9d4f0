/**
 * How fast history may come: live data stand in the same queue, so that only so much of it is put there as ingest takes at once. It is
 * asked how far it is behind, several times a second: what was let in must be through before there is more, and more than was through at
 * the next look is too much.
 */
import type { IngestStatus } from '#contract/local.ts'
import type { Millis } from '#domain/time.ts'

/** How far ingest is behind, in commits of the journal (about 20 ms each); null: it does not answer. */
export type Behind = { readonly pipeline: number; readonly historian: number } | null

export type Allowance = {
  /** Items until the next look. */
  readonly now: number
  /** Items that a look allows while ingest keeps up. */
  readonly most: number
}

/** How often ingest is asked. */
export const LOOK_EVERY: Millis = 200
/** Commits behind up to which ingest keeps up: what was let in is through. */
const NEAR = 3
/** Commits behind from which on it was too much: some 200 ms. */
const TOO_FAR = 10
/** The historian takes little of it, but reads it: about a second. */
const HISTORIAN_TOO_FAR = 50
const LEAST = 200
const MOST = 3000
/** While nobody knows how far ingest is. */
const BLIND = 200
const FIRST = 500
const MORE = 1.25
const LESS = 0.6

export const firstAllowance: Allowance = { now: 0, most: FIRST }

/** What may be sent until the next look. */
export function allowance({ most }: Allowance, behind: Behind): Allowance {
  if (behind === null) return { now: BLIND, most: FIRST }
  const { pipeline, historian } = behind
  if (pipeline > TOO_FAR || historian > HISTORIAN_TOO_FAR)
    return { now: 0, most: Math.max(LEAST, Math.round(most * LESS)) }
  if (pipeline > NEAR) return { now: 0, most }
  return { now: most, most: Math.min(MOST, Math.round(most * MORE)) }
}

/** Without leave for so long it says that it waits. */
const WAITING_AFTER: Millis = 2000

export class Pace {
  readonly #ask: () => Promise<IngestStatus>
  #allowance = firstAllowance
  #left = 0
  #waiters: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #leaveAt = performance.now()
  #stopped = false

  /** `ask`: ingest's status; a rejection counts as no answer. */
  constructor(ask: () => Promise<IngestStatus>) {
    this.#ask = ask
  }

  start(): void {
    void this.#look()
  }

  async #look(): Promise<void> {
    const begun = performance.now()
    let behind: Behind = null
    try {
      const { lag, historian } = await this.#ask()
      // one that is away catches up by itself when it comes back
      behind = { pipeline: lag, historian: historian.ok ? historian.lag : 0 }
    } catch {
      // nobody there, or too busy to answer: see `allowance`
    }
    if (this.#stopped) return
    this.#allowance = allowance(this.#allowance, behind)
    this.#left = this.#allowance.now
    if (this.#left > 0) this.#leaveAt = performance.now()
    this.#serve()
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, LOOK_EVERY - (performance.now() - begun)))
  }

  #serve(): void {
    while (this.#left > 0 && this.#waiters.length > 0) this.#waiters.shift()!()
  }

  /** Resolves when `items` may be sent, in order of asking; rejects after `stop`. */
  async leave(items: number): Promise<void> {
    while (this.#left <= 0 && !this.#stopped)
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve)
      })
    if (this.#stopped) throw new Error('stopped')
    this.#left -= items
  }

  /** Nothing may be sent for some time: live data come first. */
  get waiting(): boolean {
    return performance.now() - this.#leaveAt > WAITING_AFTER
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    for (const wake of this.#waiters.splice(0)) wake()
  }
}
