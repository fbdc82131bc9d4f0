/**
 * A cumulative register as a total that only grows: the sum of differences between neighbouring samples, in integer steps of the
 * measure's resolution. The order of samples is (boot, seq); boots follow each other by their earliest ts. What is counted depends on
 * the set of samples, not on their arrival: a late sample changes the total by exactly what it reveals (accounting.md 3).
 *
 * The newest WINDOW samples are kept. A sample older than these but younger than the first one telescopes: it changes nothing.
 */
import type { Instant } from '#domain/time.ts'
import { RESET, ROLLOVER, SWAP } from './item.ts'

export const WINDOW = 64
const MAX_SWAPS = 8

export type Sample = {
  readonly boot: string
  /** Order inside the boot: the seq, or the ts where the device sends none. */
  readonly seq: number
  readonly ts: Instant
  readonly steps: number
}

/** A meter replaced: it ended at `oldLast`, the next one began at `newFirst`. */
export type Swap = { readonly ts: Instant; readonly oldLast: number; readonly newFirst: number }

export type Register = {
  /** Sum up to the first sample of the window. */
  base: number
  /** Sum over everything: the register's true growth since the first sample. */
  total: number
  first: Sample | null
  samples: Sample[]
  readonly swaps: Swap[]
}

export type Change = { readonly delta: number; readonly flags: number }

export const newRegister = (): Register => ({ base: 0, total: 0, first: null, samples: [], swaps: [] })

const NOTHING: Change = { delta: 0, flags: 0 }

/**
 * Adds a sample. `rollover` is the count at which the register starts again at 0, or null. `correct` replaces a sample of the same
 * key; without it the same key again changes nothing.
 */
export function addSample(
  register: Register,
  sample: Sample,
  rollover: number | null,
  correct = false,
): Change {
  const { samples } = register
  const last = samples.at(-1)
  if (last === undefined) {
    register.first = sample
    samples.push(sample)
    return NOTHING
  }
  if (last.boot === sample.boot && sample.seq > last.seq) {
    const change = between(last, sample, register.swaps, rollover)
    samples.push(sample)
    register.total += change.delta
    dropOldest(register, rollover)
    return change
  }
  return insertSample(register, sample, rollover, correct)
}

/** Notes that a meter was replaced. Returns how the total changes. */
export function addSwap(register: Register, swap: Swap, rollover: number | null): Change {
  const { swaps } = register
  if (swaps.some((known) => known.ts === swap.ts)) return NOTHING
  swaps.push(swap)
  swaps.sort((a, b) => a.ts - b.ts)
  if (swaps.length > MAX_SWAPS) swaps.shift()
  return { delta: recount(register, rollover), flags: SWAP }
}

function insertSample(register: Register, sample: Sample, rollover: number | null, correct: boolean): Change {
  const { samples } = register
  const behind = placeBehind(samples, sample)
  const next = samples[behind]
  if (behind > 0 && (next === undefined || !isSameKey(next, sample)))
    return insertBehind(register, sample, behind, rollover)
  const hasDropped = !isSameKey(register.first!, samples[0]!)
  if (hasDropped && isOlder(samples, sample)) return beforeWindow(register, sample, rollover)
  const same = samples.findIndex((s) => s.boot === sample.boot && s.seq === sample.seq)
  if (same >= 0) {
    if (!correct) return NOTHING
    samples[same] = sample
    if (same === 0 && !hasDropped) register.first = sample
    return { delta: recount(register, rollover), flags: 0 }
  }
  const window = arrange([...samples, sample])
  const place = window.indexOf(sample)
  if (place === 0 && hasDropped) return beforeWindow(register, sample, rollover)
  register.samples = window
  if (place === 0) register.first = sample
  const delta = recount(register, rollover)
  const flags = place === 0 ? 0 : between(window[place - 1]!, sample, register.swaps, rollover).flags
  dropOldest(register, rollover)
  return { delta, flags }
}

/** Place behind the sample of the same boot with the next lower seq; 0 where the boots would have to be arranged anew. */
function placeBehind(samples: readonly Sample[], { boot, seq, ts }: Sample): number {
  for (let i = samples.length - 1; i >= 0; i--) {
    const held = samples[i]!
    if (held.boot === boot && held.seq < seq) return held.ts <= ts ? i + 1 : 0
  }
  return 0
}

/** Only the growth between its two neighbours changes. */
function insertBehind(register: Register, sample: Sample, place: number, rollover: number | null): Change {
  const { samples, swaps } = register
  const previous = samples[place - 1]!
  const next = samples[place]
  const change = between(previous, sample, swaps, rollover)
  let { delta } = change
  if (next !== undefined)
    delta += between(sample, next, swaps, rollover).delta - between(previous, next, swaps, rollover).delta
  samples.splice(place, 0, sample)
  register.total += delta
  dropOldest(register, rollover)
  return { delta, flags: change.flags }
}

const isSameKey = (a: Sample, b: Sample): boolean => a.boot === b.boot && a.seq === b.seq

/** Surely before the whole window, found without arranging it: a register's past comes in by thousands. */
const isOlder = (samples: readonly Sample[], { boot, ts }: Sample): boolean =>
  samples.every((held) => held.boot !== boot && held.ts > ts)

/** Older than the whole window: only what lies before the very first sample adds to the total. */
function beforeWindow(register: Register, sample: Sample, rollover: number | null): Change {
  const { first } = register
  if (first === null || (first.boot === sample.boot ? first.seq <= sample.seq : isBefore(first, sample)))
    return NOTHING
  const change = between(sample, first, register.swaps, rollover)
  register.first = sample
  register.base += change.delta
  register.total += change.delta
  return change
}

/** Of two boots, by their earliest samples. */
const isBefore = (a: Sample, b: Sample): boolean => a.ts < b.ts || (a.ts === b.ts && a.boot < b.boot)

function dropOldest(register: Register, rollover: number | null): void {
  while (register.samples.length > WINDOW) {
    const gone = register.samples.shift()!
    register.base += between(gone, register.samples[0]!, register.swaps, rollover).delta
  }
}

function recount(register: Register, rollover: number | null): number {
  const { samples, swaps } = register
  let total = register.base
  for (let i = 1; i < samples.length; i++)
    total += between(samples[i - 1]!, samples[i]!, swaps, rollover).delta
  const delta = total - register.total
  register.total = total
  return delta
}

function arrange(samples: readonly Sample[]): Sample[] {
  const begin = new Map<string, Instant>()
  for (const { boot, ts } of samples) begin.set(boot, Math.min(ts, begin.get(boot) ?? Infinity))
  return samples.toSorted((a, b) => {
    if (a.boot === b.boot) return a.seq - b.seq
    return begin.get(a.boot)! - begin.get(b.boot)! || (a.boot < b.boot ? -1 : 1)
  })
}

/** Growth from one sample to the next, and which rule found it. */
function between(a: Sample, b: Sample, swaps: readonly Swap[], rollover: number | null): Change {
  let from = a.steps
  let delta = 0
  let flags = 0
  for (const swap of swaps) {
    if (swap.ts <= a.ts || swap.ts > b.ts) continue
    delta += step(from, swap.oldLast, rollover).delta
    from = swap.newFirst
    flags |= SWAP
  }
  const last = step(from, b.steps, rollover)
  return { delta: delta + last.delta, flags: flags | last.flags }
}

/** Growth from one count to the next of the same register. */
export function step(from: number, to: number, rollover: number | null): Change {
  if (to >= from) return { delta: to - from, flags: 0 }
  // A fall by more than half the range is a rollover; a smaller one can only be a register set back to 0.
  if (rollover !== null && from - to > rollover / 2) return { delta: rollover - from + to, flags: ROLLOVER }
  return { delta: to, flags: RESET }
}
