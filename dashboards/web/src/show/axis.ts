/** Axes of trends: round numbers from the data, and times that are whole in Shanghai. */
import { DAY, HOUR, type Instant, MINUTE, SECOND, SHANGHAI_OFFSET } from '#domain/time.ts'

export type Axis = { readonly from: number; readonly to: number; readonly ticks: readonly number[] }

const LEADS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]

/** The smallest round step with which `parts` steps hold a range, from a multiple of it on. */
function roundStep(low: number, high: number, parts: number): number {
  const rough = (high - low) / parts
  const power = 10 ** Math.floor(Math.log10(rough))
  for (const factor of [power, power * 10])
    for (const lead of LEADS) {
      const step = lead * factor
      if (Math.floor(low / step + 1e-9) * step + parts * step >= high - step * 1e-9) return step
    }
  return power * 100
}

/** A multiple of a step as it is written: 3 × 0.1 is 0.3, so that an axis from there on holds 0.3. */
const decimal = (value: number): number => Number(value.toPrecision(12))

/**
 * A value axis that holds the data (and a limit) in `parts` steps or one more, whichever wastes less. It begins at 0 unless the data fills less than half
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
    // next to nothing is nothing: a tenth of it may be no number that can be counted in
    const room = Math.abs(high) < 1e-9 ? 1 : Math.abs(high) * 0.1
    low = low === 0 ? 0 : low - room
    high += room
  }
  const [few, many] = [roundStep(low, high, parts), roundStep(low, high, parts + 1)]
  const top = (step: number, count: number): number => Math.floor(low / step + 1e-9) * step + count * step
  const step = top(many, parts + 1) < top(few, parts) ? many : few
  const from = decimal(Math.floor(low / step + 1e-9) * step)
  const to = decimal(Math.ceil(high / step - 1e-9) * step)
  const ticks: number[] = []
  for (let i = 0; from + i * step <= to + step / 2; i++) ticks.push(decimal(from + i * step))
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
