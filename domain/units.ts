/**
 * Quantities as integers of a declared resolution.
 * `scale` is how many integer steps make one unit: resolution 0.01 kWh has scale 100, so 183402.61 kWh is 18340261.
 */

/** Steps per unit for a resolution such as 1, 0.1, 0.01 … 1e-6; null when it is no power of ten in that range. */
export function scaleOf(resolution: number): number | null {
  for (let scale = 1; scale <= 1_000_000; scale *= 10)
    if (Math.abs(resolution * scale - 1) < 1e-9) return scale
  return null
}

/**
 * The integer number of steps of a reading, or null when the value is not finite, finer than the resolution by more than
 * float noise, or beyond 2^53.
 */
export function toSteps(value: number, scale: number): number | null {
  const steps = Math.round(value * scale)
  if (!Number.isSafeInteger(steps)) return null
  return Math.abs(value * scale - steps) <= 1e-6 * Math.max(1, Math.abs(steps) * 1e-6) ? steps : null
}

/** The reading in its unit again. */
export const fromSteps = (steps: number, scale: number): number => steps / scale
