/** Instants and durations. All instants are milliseconds since 1970 UTC; no code in domain/ reads a clock. */
export type Instant = number
export type Millis = number

export const SECOND: Millis = 1000
export const MINUTE: Millis = 60 * SECOND
export const HOUR: Millis = 60 * MINUTE
export const DAY: Millis = 24 * HOUR

/** Asia/Shanghai has had no daylight saving since 1991: a fixed offset is exact for every date this product handles. */
export const SHANGHAI_OFFSET: Millis = 8 * HOUR

/** Number of the minute that holds an instant. */
export const minuteOf = (at: Instant): number => Math.floor(at / MINUTE)

/** `2026-11-24` in Asia/Shanghai. */
export const dayOf = (at: Instant): string => new Date(at + SHANGHAI_OFFSET).toISOString().slice(0, 10)

/** The date some days after another one, or before it: `2026-03-01` and −1 are `2026-02-28`. */
export const dateAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
