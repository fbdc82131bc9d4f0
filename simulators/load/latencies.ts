/** Latencies in a fixed histogram: 1 % wide steps from 10 µs to about 5 min, so that adding one costs nothing. */
const LOWEST = 0.01
const STEP = Math.log(1.01)
const STEPS = 1750

export class Latencies {
  readonly #counts = new Uint32Array(STEPS)
  count = 0
  max = 0

  add(ms: number): void {
    const step = ms <= LOWEST ? 0 : Math.min(STEPS - 1, Math.ceil(Math.log(ms / LOWEST) / STEP))
    this.#counts[step]!++
    this.count++
    if (ms > this.max) this.max = ms
  }

  /** Upper edge of the step that holds the share `p` (0..1), ms, two decimals; NaN when empty. */
  percentile(p: number): number {
    if (this.count === 0) return Number.NaN
    let left = Math.ceil(this.count * p)
    for (let step = 0; step < STEPS; step++) {
      left -= this.#counts[step]!
      if (left <= 0) return Math.round(LOWEST * Math.exp(step * STEP) * 100) / 100
    }
    return this.max
  }
}
