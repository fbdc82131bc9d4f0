/** What a turn adds to the truth of a firm: plain JSON, kept with the outbox until it is in the truth's own file. */
import { add, type Ranges } from './ranges.ts'

/** Of one (machine, class, boot). */
export type StreamChange = {
  /** Got a seq. */
  made: Ranges
  /** Handed to a connection. */
  sent: Ranges
  acknowledged: Ranges
  /** Never left and never will. */
  lost: Ranges
  /** Times that an item was handed to a connection, repeats included. */
  sends: number
}

export type NoteChange = {
  readonly machine: string
  readonly class: string
  readonly boot: string
  readonly seq: number
  readonly what: string
  readonly counters: readonly string[]
  readonly n: number
}

export type TruthChanges = {
  readonly at: number
  /** By `machine class boot`. */
  readonly streams: Record<string, StreamChange>
  readonly notes: NoteChange[]
}

export const newChanges = (at: number): TruthChanges => ({ at, streams: {}, notes: [] })

export type Key = { readonly machine: string; readonly class: string; readonly boot: string }

export function changeOf(changes: TruthChanges, key: Key): StreamChange {
  return (changes.streams[`${key.machine} ${key.class} ${key.boot}`] ??= {
    made: [],
    sent: [],
    acknowledged: [],
    lost: [],
    sends: 0,
  })
}

/** Notes one item. */
export function noteItem(
  changes: TruthChanges,
  item: Key & { readonly seq: number },
  what: 'made' | 'sent' | 'acknowledged' | 'lost',
): void {
  const change = changeOf(changes, item)
  add(change[what], item.seq)
  if (what === 'sent') change.sends++
}
