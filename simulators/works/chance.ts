/**
 * Chance for the works: one short stream per (purpose, machine, day), all from one seed. A draw more in one stream moves no other,
 * so that a fault which begins at an instant leaves everything before it as it was, byte for byte.
 */

/** Holder of a stream's state. */
export type Stream = { s: number }

/** FNV-1a over the seed and a name: `hashOf(7, 'cycle/lathe-07/2026-03-02')`. */
export function hashOf(seed: number, name: string): number {
  let hash = (2_166_136_261 ^ seed) >>> 0
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619) >>> 0
  return scramble(hash)
}

/** A 32-bit mix whose neighbours have nothing in common. */
export function scramble(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export const streamOf = (seed: number, name: string): Stream => ({ s: hashOf(seed, name) })

/** Uniform in [0, 1): mulberry32. */
export function uniform(stream: Stream): number {
  stream.s = (stream.s + 0x6d2b79f5) >>> 0
  let t = stream.s
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

/** Standard normal (Box-Muller, two draws). */
export function gauss(stream: Stream): number {
  const u = 1 - uniform(stream)
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * uniform(stream))
}

/** Waiting time with mean 1. */
export const waiting = (stream: Stream): number => -Math.log(1 - uniform(stream))

/** Lognormal with mean 1 and the given spread of its logarithm. */
export const around1 = (stream: Stream, sigma: number): number =>
  Math.exp(sigma * gauss(stream) - (sigma * sigma) / 2)

/** Gamma with a whole shape and mean 1. */
export function gamma1(stream: Stream, shape: number): number {
  let sum = 0
  for (let i = 0; i < shape; i++) sum += waiting(stream)
  return sum / shape
}

/** How many of n succeed. */
export function binomial(stream: Stream, n: number, p: number): number {
  let hits = 0
  for (let i = 0; i < n; i++) if (uniform(stream) < p) hits++
  return hits
}

/** A whole number in [low, high]. */
export const wholeOf = (stream: Stream, low: number, high: number): number =>
  low + Math.floor(uniform(stream) * (high - low + 1))

/** Noise of a sensor at one instant: the same for the same key and tick, about normal, bounded by 3 (sum of uniforms). */
export function noiseAt(key: number, tick: number): number {
  const a = scramble(key ^ Math.imul(tick, 0x9e3779b1))
  const b = scramble(a + 0x6d2b79f5)
  const c = scramble(b + 0x6d2b79f5)
  return ((a + b + c) / 4_294_967_296 - 1.5) * 2
}
