/**
 * The last look at what leaves a machine: which items arrive behind newer ones, which holes the product must find, and so what each fault
 * will be named by. Every note is one fact about one item. Pure.
 */
import type { DeviceClass } from '#contract/topics.ts'
import type { FaultName } from './catalogue.ts'
import type { Mark, Parcel, Passed, StreamState } from './stream.ts'

export type Note = {
  readonly class: DeviceClass
  readonly boot: string
  readonly seq: number
  readonly what: FaultName
  /** Of the product: `gap`, `duplicate`, `out_of_order`, `reset`, `rollover`, `swap`, `quarantine:<reason>`. */
  readonly counters: readonly string[]
  /** How many: samples, pieces, items. */
  readonly n: number
}

export function depart(
  leaving: readonly Parcel[],
  stream: StreamState,
): { readonly parcels: Parcel[]; readonly notes: Note[] } {
  const notes: Note[] = []
  const parcels: Parcel[] = []
  for (const parcel of leaving) {
    const passed = passedOf(stream, parcel)
    if (parcel.lost !== null) {
      notes.push(noteOf(parcel, { what: parcel.lost, counters: [], n: 1 }))
      passed.missing.push({ seq: parcel.seq, what: parcel.lost })
      continue
    }
    parcels.push(parcel)
    const told = new Set<string>()
    const tell = (mark: Mark) => {
      const counters = mark.counters.filter((counter) => counter === 'duplicate' || !told.has(counter))
      for (const counter of counters) told.add(counter)
      notes.push(noteOf(parcel, { ...mark, counters }))
    }
    for (const mark of parcel.marks) tell(mark)
    if (parcel.broken) passed.missing.push({ seq: parcel.seq, what: parcel.marks[0]!.what })
    else if (!parcel.copy) {
      if (parcel.seq < passed.newest)
        tell({ what: 'reorder', counters: parcel.refused ? [] : ['out_of_order'], n: 1 })
      pass(passed, parcel, notes)
    }
  }
  return { parcels, notes }
}

const noteOf = ({ class: cls, boot, seq }: Parcel, { what, counters, n }: Mark): Note => ({
  class: cls,
  boot,
  seq,
  what,
  counters,
  n,
})

const passedOf = (stream: StreamState, { class: cls, boot }: Parcel): Passed =>
  (stream.passed[`${cls} ${boot}`] ??= { first: Infinity, newest: -1, missing: [] })

/** A hole is seen once something newer than it has come, and only behind the first item that ever came. */
function pass(passed: Passed, parcel: Parcel, notes: Note[]): void {
  passed.first = Math.min(passed.first, parcel.seq)
  passed.newest = Math.max(passed.newest, parcel.seq)
  if (passed.missing.length === 0) return
  passed.missing = passed.missing.filter(({ seq, what }) => {
    if (seq < passed.first || seq > passed.newest) return true
    notes.push({ class: parcel.class, boot: parcel.boot, seq, what, counters: ['gap'], n: 1 })
    return false
  })
}

/** Forgets boots that nothing is held back of: they are over. */
export function endBoots(stream: StreamState): void {
  const held = new Set(stream.held.map(({ parcel }) => `${parcel.class} ${parcel.boot}`))
  for (const key of Object.keys(stream.passed)) if (!held.has(key)) delete stream.passed[key]
}
