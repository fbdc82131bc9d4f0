/** The balance of accounts of one firm: decoded = stored + duplicate + quarantined, and what else is counted beside it. */
import type { Flag } from '#contract/dispositions.ts'
import type { Counts } from '#contract/live.ts'
import { FLAG_NAMES } from '#domain/telemetry/item.ts'

/** Stored in the ledger in the same transaction as what it counts. */
export type Tally = {
  decoded: number
  stored: number
  duplicate: number
  quarantined: number
  /** By FLAG_NAMES. */
  flags: number[]
  gapsOpen: number
  gapItems: number
  /** Stored items of which the historian was given nothing, because it keeps no readings as old. */
  aged: number
}

export const newTally = (): Tally => ({
  decoded: 0,
  stored: 0,
  duplicate: 0,
  quarantined: 0,
  flags: FLAG_NAMES.map(() => 0),
  gapsOpen: 0,
  gapItems: 0,
  aged: 0,
})

/** As stored. Marks that came after it was stored begin at 0. */
export function readTally(text: string): Tally {
  const stored = JSON.parse(text) as Partial<Tally>
  return { ...newTally(), ...stored, flags: FLAG_NAMES.map((_, i) => stored.flags?.[i] ?? 0) }
}

export function countFlags(tally: Tally, mask: number): void {
  for (let bit = 0; mask !== 0; bit++, mask >>= 1) if (mask & 1) tally.flags[bit]! += 1
}

/** Items decoded that ended nowhere: 0, or something is wrong with ingest itself. */
export const unaccounted = ({ decoded, stored, duplicate, quarantined }: Tally): number =>
  decoded - stored - duplicate - quarantined

/**
 * In the contract's form. `received` is the firm's newest offset as the journal tells it, `done` the newest one that the ledger counts.
 * An entry goes through the pipeline whole, so no item is in flight between two of them: what does not add up is unaccounted.
 */
export function showCounts(
  tally: Tally,
  received: number,
  done: number,
  quarantine: Readonly<Record<string, number>>,
): Counts {
  const { decoded, stored, duplicate, quarantined } = tally
  const flags = Object.fromEntries(FLAG_NAMES.map((name, i) => [name, tally.flags[i]!])) as Record<
    Flag,
    number
  >
  return {
    entries: { received, done, inFlight: received - done },
    items: { decoded, stored, duplicate, quarantined, inFlight: 0 },
    unaccounted: unaccounted(tally),
    flags,
    gaps: { open: tally.gapsOpen, items: tally.gapItems },
    quarantine,
  }
}
