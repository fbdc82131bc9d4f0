/**
 * Which seqs of one stream (machine, class, boot) were ever received, as ranges: a stream without loss is one pair of numbers however
 * long it lives. The holes between ranges are the gaps; a late item fills its hole.
 */

/** How a seq met the stream. */
export const NEXT = 0
/** Beyond the newest plus one: a gap opens before it. */
export const AHEAD = 1
/** Older than the newest, but new. */
export const BEHIND = 2
export const AGAIN = 3
export type Meeting = typeof NEXT | typeof AHEAD | typeof BEHIND | typeof AGAIN

/**
 * A stream keeps at most this many ranges. Beyond it the oldest hole closes for good: it stays counted, and what might still arrive in
 * it counts as a duplicate. A device that skips seqs on purpose costs no more memory than this.
 */
export const MAX_RANGES = 4096

/**
 * A jump over more seqs than this within a boot is taken for a new start (a device that went mad, or a counter set anew): one gap of
 * one item, since nobody knows how many there were. It also keeps every sum an exact integer.
 */
export const MAX_JUMP = 10_000_000

export type Seen = {
  /** from, to, from, to …: closed ranges, ascending, never touching. */
  readonly ranges: number[]
  /** Items missing in holes that were closed for good. */
  lost: number
  /** Items missing in all: open holes and lost ones. */
  missing: number
}

export const newSeen = (): Seen => ({ ranges: [], lost: 0, missing: 0 })

export const openHoles = (seen: Seen): number => Math.max(0, seen.ranges.length / 2 - 1)

/** Items missing between two received seqs. */
function missingBetween(from: number, to: number): number {
  const width = to - from - 1
  return width > MAX_JUMP ? 1 : width
}

/** Adds a seq and says how it met the stream. */
export function addSeq(seen: Seen, seq: number): Meeting {
  const { ranges } = seen
  const n = ranges.length
  if (n === 0) {
    ranges.push(seq, seq)
    return NEXT
  }
  const newest = ranges[n - 1]!
  if (seq === newest + 1) {
    ranges[n - 1] = seq
    return NEXT
  }
  if (seq > newest) {
    ranges.push(seq, seq)
    seen.missing += missingBetween(newest, seq)
    closeOldest(seen)
    return AHEAD
  }
  return insert(seen, seq)
}

function insert(seen: Seen, seq: number): Meeting {
  const { ranges } = seen
  // The first range whose end is not below seq; there is one, because seq is not above the newest.
  let low = 0
  let high = ranges.length / 2 - 1
  while (low < high) {
    const mid = (low + high) >> 1
    if (ranges[2 * mid + 1]! < seq) low = mid + 1
    else high = mid
  }
  const at = 2 * low
  if (ranges[at]! <= seq) return AGAIN
  seen.missing += missingBetween(seq, ranges[at]!)
  if (low > 0)
    seen.missing += missingBetween(ranges[at - 1]!, seq) - missingBetween(ranges[at - 1]!, ranges[at]!)
  const touchesNext = seq + 1 === ranges[at]
  const touchesPrevious = low > 0 && seq - 1 === ranges[at - 1]
  if (touchesNext && touchesPrevious) ranges.splice(at - 1, 2)
  else if (touchesNext) ranges[at] = seq
  else if (touchesPrevious) ranges[at - 1] = seq
  else ranges.splice(at, 0, seq, seq)
  closeOldest(seen)
  return BEHIND
}

function closeOldest(seen: Seen): void {
  const { ranges } = seen
  if (ranges.length <= 2 * MAX_RANGES) return
  seen.lost += missingBetween(ranges[1]!, ranges[2]!)
  ranges.splice(1, 2)
}

/** A form to store: the ranges and what was lost. */
export const seenToText = (seen: Seen): string => JSON.stringify([seen.lost, ...seen.ranges])

export function seenFromText(text: string): Seen {
  const [lost = 0, ...ranges] = JSON.parse(text) as number[]
  let missing = lost
  for (let i = 2; i < ranges.length; i += 2) missing += missingBetween(ranges[i - 1]!, ranges[i]!)
  return { ranges, lost, missing }
}
