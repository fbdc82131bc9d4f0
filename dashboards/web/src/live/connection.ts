/**
 * What the page may claim about its connection. Pure: frames and socket events in, one named state out.
 * The age counts from the last frame of a living pipeline, not from an open socket: a silent socket is no connection.
 */
import type { Instant, Millis } from '#domain/time.ts'

/** Times named `…Mono` are the page's monotonic clock, so that a corrected wall clock cannot make old values new. */
export type Link = {
  readonly socket: 'opening' | 'open' | 'closed'
  readonly startedMono: Millis
  readonly frameMono: Millis | null
  /** Server time of the last frame. */
  readonly frameAt: Instant | null
  /** False: the server answers, the pipeline behind it does not. */
  readonly pipeline: boolean
}
export type LinkEvent =
  | { readonly kind: 'start' | 'opened' | 'closed'; readonly mono: Millis }
  | { readonly kind: 'frame'; readonly mono: Millis; readonly at: Instant }
  | { readonly kind: 'beat'; readonly mono: Millis; readonly at: Instant; readonly pipeline: boolean }

export const NO_LINK: Link = {
  socket: 'opening',
  startedMono: 0,
  frameMono: null,
  frameAt: null,
  pipeline: true,
}

export function linkStep(link: Link, event: LinkEvent): Link {
  switch (event.kind) {
    case 'start':
      return { ...NO_LINK, startedMono: event.mono }
    case 'opened':
      return { ...link, socket: 'open' }
    case 'closed':
      return { ...link, socket: 'closed' }
    case 'frame':
      return { ...link, frameMono: event.mono, frameAt: event.at }
    case 'beat':
  }
  return event.pipeline
    ? { ...link, pipeline: true, frameMono: event.mono, frameAt: event.at }
    : { ...link, pipeline: false }
}

export const LATE_AFTER: Millis = 5000
export const OFFLINE_AFTER: Millis = 60_000

export type Connection =
  | { readonly kind: 'opening' }
  | { readonly kind: 'live'; readonly ageMs: Millis }
  | { readonly kind: 'late'; readonly ageMs: Millis; readonly pipeline: boolean }
  | { readonly kind: 'reconnecting'; readonly ageMs: Millis; readonly frozenAt: Instant | null }
  | { readonly kind: 'offline'; readonly ageMs: Millis; readonly frozenAt: Instant | null }

export function connectionOf(link: Link, mono: Millis): Connection {
  const ageMs = mono - (link.frameMono ?? link.startedMono)
  if (ageMs > OFFLINE_AFTER) return { kind: 'offline', ageMs, frozenAt: link.frameAt }
  if (link.socket === 'closed') return { kind: 'reconnecting', ageMs, frozenAt: link.frameAt }
  if (link.frameMono === null) return { kind: 'opening' }
  if (link.socket === 'opening') return { kind: 'reconnecting', ageMs, frozenAt: link.frameAt }
  return ageMs > LATE_AFTER ? { kind: 'late', ageMs, pipeline: link.pipeline } : { kind: 'live', ageMs }
}

/** Values are drawn stale and must not age further by the page's own clock. */
export const isFrozen = (connection: Connection): boolean =>
  connection.kind === 'reconnecting' || connection.kind === 'offline'
