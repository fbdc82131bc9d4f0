/**
 * What the truth has to note since the last turn: what was made, really sent, acknowledged and lost, what faults did, and how a reader must
 * judge the times of what was sent. The limits are the contract's, stated here anew: the truth takes nothing from the product.
 */
import type { Instant } from '#domain/time.ts'
import { newChanges, noteItem, type NoteChange, type TruthChanges } from '#store/truth/changes.ts'

type Item = {
  readonly firm: string
  readonly machine: string
  readonly class: string
  readonly boot: string
  readonly seq: number
}

const SKEWED_MS = 2000
const LATE_MS = 120_000
const FUTURE_MS = 300_000

/** What a reader must say of an item sent now by a device whose clock shows `at`. */
export function timesOf(ts: Instant, at: Instant, now: Instant): string[] {
  if (ts > now + FUTURE_MS) return ['quarantine:ts_in_future']
  const counters: string[] = []
  if (Math.abs(now - at) > SKEWED_MS) counters.push('skew')
  if (at - ts > LATE_MS) counters.push('late')
  return counters
}

export class Told {
  #firms = new Map<string, TruthChanges>()

  item(item: Item, what: 'made' | 'sent' | 'acknowledged' | 'lost'): void {
    noteItem(this.#of(item.firm), item, what)
  }

  note(firm: string, note: NoteChange): void {
    this.#of(firm).notes.push(note)
  }

  /** By firm. */
  get changes(): ReadonlyMap<string, TruthChanges> {
    return this.#firms
  }

  clear(): void {
    this.#firms = new Map()
  }

  #of(firm: string): TruthChanges {
    let changes = this.#firms.get(firm)
    if (!changes) this.#firms.set(firm, (changes = newChanges(Date.now())))
    return changes
  }
}
