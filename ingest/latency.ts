/**
 * How long messages take to get here, and how wrong device clocks are, over the last hour: one histogram per firm and minute, on steps
 * of an eighth of a doubling. Not stored; after a restart it fills again.
 */
import { HOUR, MINUTE, minuteOf, type Instant, type Millis } from '#domain/time.ts'

const STEPS = 8
const BINS = 24 * STEPS
const MINUTES = HOUR / MINUTE

type Minute = { no: number; readonly bins: Uint32Array; maxSkew: number; skewed: string | null }
type Percentiles = { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null }

const binOf = (ms: Millis): number => (ms <= 1 ? 0 : Math.min(BINS - 1, Math.ceil(Math.log2(ms) * STEPS)))
const topOf = (bin: number): Millis => Math.round(2 ** (bin / STEPS))

export class Latency {
  readonly #firms = new Map<string, Minute[]>()

  /** Notes a message: received − at. A device clock ahead of ours counts as 0 ms of latency and as skew. */
  note(firm: string, machine: string, receivedAt: Instant, skew: Millis): void {
    const minute = this.#minute(firm, minuteOf(receivedAt))
    minute.bins[binOf(skew)]! += 1
    if (Math.abs(skew) > Math.abs(minute.maxSkew)) {
      minute.maxSkew = skew
      minute.skewed = machine
    }
  }

  #minute(firm: string, no: number): Minute {
    let ring = this.#firms.get(firm)
    if (!ring) {
      ring = Array.from({ length: MINUTES }, () => ({
        no: -1,
        bins: new Uint32Array(BINS),
        maxSkew: 0,
        skewed: null,
      }))
      this.#firms.set(firm, ring)
    }
    const minute = ring[no % MINUTES]!
    if (minute.no !== no) {
      minute.no = no
      minute.bins.fill(0)
      minute.maxSkew = 0
      minute.skewed = null
    }
    return minute
  }

  /** Percentiles in ms, null without a message, and the largest skew, of the hour before `now`. */
  lastHour(
    firm: string,
    now: Instant,
  ): { latency: Percentiles; skew: { maxMs: number; machine: string | null } } {
    const newest = minuteOf(now)
    const minutes = (this.#firms.get(firm) ?? []).filter((m) => m.no > newest - MINUTES && m.no <= newest)
    const sums = Array.from({ length: BINS }, (_, bin) => minutes.reduce((sum, m) => sum + m.bins[bin]!, 0))
    const total = sums.reduce((sum, n) => sum + n, 0)
    const at = (share: number): number | null => {
      let left = Math.ceil(total * share)
      const bin = sums.findIndex((n) => (left -= n) <= 0)
      return total === 0 ? null : topOf(bin)
    }
    const worst = minutes.reduce(
      (a, b) => (Math.abs(b.maxSkew) > Math.abs(a?.maxSkew ?? 0) ? b : a),
      minutes[0],
    )
    return {
      latency: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
      skew: { maxMs: worst?.maxSkew ?? 0, machine: worst?.skewed ?? null },
    }
  }
}
