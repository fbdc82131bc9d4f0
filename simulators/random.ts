/**
 * Chance that can be repeated: a 32-bit generator whose whole state is one number, so that it is stored with what it drives.
 * Every function takes the holder of that state and moves it on by a fixed number of draws.
 */

/** Holder of a generator's state. */
export type Chance = { rng: number }

/** A seed for one thing of a seeded whole: `seedOf(7, 'demo-a/main/machining/l1/lathe-07')` (FNV-1a). */
export function seedOf(seed: number, name: string): number {
  let hash = (2_166_136_261 ^ seed) >>> 0
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16_777_619) >>> 0
  return hash
}

/** Uniform in [0, 1): mulberry32. */
export function draw(chance: Chance): number {
  chance.rng = (chance.rng + 0x6d2b79f5) >>> 0
  let t = chance.rng
  t = Math.imul(t ^ (t >>> 15), t | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
}

export const between = (chance: Chance, low: number, high: number): number =>
  low + (high - low) * draw(chance)

export const whole = (chance: Chance, low: number, high: number): number =>
  Math.floor(between(chance, low, high + 1))

export const oneOf = <T>(chance: Chance, list: readonly T[]): T =>
  list[Math.min(list.length - 1, Math.floor(draw(chance) * list.length))]!

/** Standard normal (Box-Muller; two draws). */
export function normal(chance: Chance): number {
  const u = 1 - draw(chance)
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * draw(chance))
}

/** Waiting time with the given mean. */
export const exponential = (chance: Chance, mean: number): number => -mean * Math.log(1 - draw(chance))

/** Around `median`, never negative; `sd` is the relative spread. */
export const spread = (chance: Chance, median: number, sd: number): number =>
  median * Math.exp(sd * normal(chance))
