/**
 * Times between failures and to restoration, from a machine's states in a window. A failure begins with FAULT and ends with the
 * next state that is known and no FAULT. Operating time is production and set-up, without delays (ISO 22400-2, TBF).
 *
 * Only what begins and ends inside the window makes a mean; the rest is censored and told apart. No failure is no figure, never an
 * infinite one.
 */
import type { Segment } from '#domain/telemetry/states.ts'
import type { Millis } from '#domain/time.ts'

export type Reliability = {
  readonly tbf: Millis
  readonly tbfCount: number
  readonly ttr: Millis
  readonly ttrCount: number
  /** Operating time before the first and after the last failure of the window. */
  readonly censored: Millis
}

/** `segments` are in order of time (telemetry/states.ts). A silence neither begins nor ends a failure. */
export function reliabilityOf(segments: readonly Segment[]): Reliability {
  let [tbf, tbfCount, ttr, ttrCount, operating] = [0, 0, 0, 0, 0]
  let failures = 0
  let censored = 0
  /** When the failure began: −Infinity where it may have begun before the window; null when there is none. */
  let failedAt: number | null = null
  segments.forEach(({ from, to, state }, i) => {
    if (state === 'UNKNOWN') return
    if (state !== 'FAULT') {
      if (failedAt !== null && Number.isFinite(failedAt)) {
        ttr += from - failedAt
        ttrCount++
      }
      failedAt = null
      if (state === 'RUN' || state === 'SETUP') operating += to - from
      return
    }
    if (failedAt !== null) return
    failedAt = i === 0 ? -Infinity : from
    if (i > 0 && failures > 0) {
      tbf += operating
      tbfCount++
    } else censored += operating
    operating = 0
    failures++
  })
  return { tbf, tbfCount, ttr, ttrCount, censored: censored + operating }
}
