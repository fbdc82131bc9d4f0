/**
 * What a message's times say about its quality. Timestamps are flagged, never shifted.
 * A gateway that replays a day has a small skew (its clock is right) and a large lateness.
 */
import { DAY, MINUTE, SECOND, type Instant, type Millis } from '#domain/time.ts'
import { LATE, SKEW } from './item.ts'

/** A device clock further from ours than this is flagged. */
export const SKEW_LIMIT: Millis = 2 * SECOND
/** Sent later than this after it happened: late. A batch of a minute and a slow line are not. */
export const LATE_LIMIT: Millis = 2 * MINUTE

/**
 * Received later than this after it happened, an item is history: it is stored like any other, and tells nothing of the present. A
 * gateway that was cut off for a night still speaks of the present; an import of past months does not.
 */
export const HISTORY_AGE: Millis = DAY

/** By journal time, so that live and replay agree. */
export const isHistory = (receivedAt: Instant, ts: Instant): boolean => receivedAt - ts > HISTORY_AGE

/** How far the device's clock stood behind (+) or before (−) ours, plus the way here: received − at. */
export const skewOf = (receivedAt: Instant, at: Instant): Millis => receivedAt - at
/** How long the device held it: at − ts. */
export const latenessOf = (at: Instant, ts: Instant): Millis => at - ts

/** Flags of one item as a mask. */
export function timeFlags(receivedAt: Instant, at: Instant, ts: Instant): number {
  const skew = Math.abs(skewOf(receivedAt, at)) > SKEW_LIMIT ? SKEW : 0
  return latenessOf(at, ts) > LATE_LIMIT ? skew | LATE : skew
}
