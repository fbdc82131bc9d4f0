/** Axes of trends: round numbers from the data, and times that are whole in Shanghai. */
import { DAY, HOUR, type Instant, MINUTE, SECOND, SHANGHAI_OFFSET } from '#domain/time.ts'

export type Axis = { readonly from: number; readonly to: number; readonly ticks: readonly number[] }

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const lead = rough / power
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 2.5 ? 2.5 : lead <= 5 ? 5 : 10) * power
}

/**
 * A value axis that holds the data (and a limit) in about `parts` steps. It begins at 0 unless the data fills less than half
 * of such an axis; a truncated axis is said so by its reader (`from` is not 0).
 */
export function valueAxis(
  min: number | null,
  max: number | null,
  limit: number | null = null,
  parts = 2,
): Axis {
  const values = [min, max, limit].filter((value) => value !== null && Number.isFinite(value)) as number[]
  let low = values.length ? Math.min(...values) : 0
  let high = values.length ? Math.max(...values) : 1
  if (low >= 0 && low < high / 2) low = 0
  if (high <= 0 && high > low / 2) high = 0
  if (high - low < 1e-9) {
    const room = Math.abs(high) * 0.1 || 1
    low = low === 0 ? 0 : low - room
    high += room
  }
  const step = roundStep((high - low) / parts)
  const from = Math.floor(low / step + 1e-9) * step
  const to = Math.ceil(high / step - 1e-9) * step
  const ticks: number[] = []
  for (let i = 0; from + i * step <= to + step / 2; i++) ticks.push(Number((from + i * step).toPrecision(12)))
  return { from, to, ticks }
}

const TIME_STEPS = [
  ...[10, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 60].map((n) => n * DAY),
]

/** Whole Shanghai times inside a window, at most `most` of them. */
export function timeTicks(from: Instant, to: Instant, most: number): readonly Instant[] {
  const step = TIME_STEPS.find((size) => (to - from) / size <= Math.max(1, most)) ?? 60 * DAY
  const ticks: Instant[] = []
  const first = Math.ceil((from + SHANGHAI_OFFSET) / step) * step - SHANGHAI_OFFSET
  for (let at = first; at <= to; at += step) ticks.push(at)
  return ticks
}
