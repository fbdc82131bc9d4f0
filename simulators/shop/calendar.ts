/**
 * What the clock on the wall asks of a machine: work, a break, or nothing. Asia/Shanghai, every day alike.
 * Valid: shift 17:00 to 25:00 with a break at 20:30; 00:30 then belongs to the shift that began the day before.
 */
import type { Shift } from '#domain/plant/plant.ts'
import { DAY, MINUTE, SHANGHAI_OFFSET, type Instant } from '#domain/time.ts'

export type Duty = {
  /** Index of the running shift; null between shifts. */
  readonly shift: number | null
  readonly pause: boolean
  /** When this answer may change next. */
  readonly until: Instant
}

/** The duty at an instant. */
export function dutyAt(shifts: readonly Shift[], now: Instant): Duty {
  const midnight = Math.floor((now + SHANGHAI_OFFSET) / DAY) * DAY - SHANGHAI_OFFSET
  let shift: number | null = null
  let pause = false
  let until = midnight + DAY
  const edge = (at: Instant) => {
    if (at > now && at < until) until = at
  }
  for (const start of [midnight - DAY, midnight])
    shifts.forEach((candidate, index) => {
      const from = start + candidate.start * MINUTE
      const to = start + candidate.end * MINUTE
      edge(from)
      edge(to)
      if (now < from || now >= to) return
      shift = index
      for (const rest of candidate.breaks ?? []) {
        edge(start + rest.start * MINUTE)
        edge(start + rest.end * MINUTE)
        if (now >= start + rest.start * MINUTE && now < start + rest.end * MINUTE) pause = true
      }
    })
  return { shift, pause, until }
}
