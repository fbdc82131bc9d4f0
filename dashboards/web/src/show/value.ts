/** Whether a value may be shown as current: fresh, stale, or null with its reason. */
import type { Instant, Millis } from '#domain/time.ts'
import type { LatestValue } from '#contract/live.ts'
import type { MachineView } from '../server/shapes.ts'

export type Reading =
  | { readonly kind: 'fresh'; readonly value: number; readonly ts: Instant; readonly doubt: string | null }
  | { readonly kind: 'stale'; readonly value: number; readonly ts: Instant; readonly ageMs: Millis }
  | { readonly kind: 'null'; readonly reason: string; readonly ts: Instant | null }

/** `bad:sensor_open` -> `sensor_open`; `good` -> null. */
export function doubtOf(quality: string): string | null {
  if (quality === 'good') return null
  const colon = quality.indexOf(':')
  return colon < 0 ? quality : quality.slice(colon + 1)
}

/** How the newest value of a measure stands at `asOf`. */
export function readingOf(latest: LatestValue | undefined, staleMs: Millis, asOf: Instant): Reading {
  if (!latest) return { kind: 'null', reason: 'waiting', ts: null }
  if (latest.value === null || latest.quality.startsWith('bad'))
    return { kind: 'null', reason: doubtOf(latest.quality) ?? 'waiting', ts: latest.ts }
  const ageMs = asOf - latest.ts
  if (ageMs > staleMs) return { kind: 'stale', value: latest.value, ts: latest.ts, ageMs }
  return { kind: 'fresh', value: latest.value, ts: latest.ts, doubt: doubtOf(latest.quality) }
}

/** The active power of a machine, if it is measured: `power_kw`, else its first signal in kW. */
export const powerMeasure = (machine: MachineView): MachineView['measures'][number] | undefined =>
  machine.measures.find((measure) => measure.name === 'power_kw') ??
  machine.measures.find((measure) => measure.class === 'telemetry' && measure.unit === 'kW')

export type PowerSum = {
  /** kW; null when no machine has a fresh value. */
  readonly kw: number | null
  readonly covered: number
  /** Machines that measure power at all. */
  readonly due: number
}

/** Sum of the fresh powers, and how many machines it covers: a machine that is silent is missing, not 0. */
export function sumPower(
  machines: readonly MachineView[],
  latest: (path: string) => Readonly<Record<string, LatestValue>> | undefined,
  asOf: Instant,
): PowerSum {
  let kw = 0
  let covered = 0
  let due = 0
  for (const machine of machines) {
    const measure = powerMeasure(machine)
    if (!measure) continue
    due++
    const reading = readingOf(latest(machine.path)?.[measure.name], measure.staleMs, asOf)
    if (reading.kind !== 'fresh') continue
    kw += reading.value
    covered++
  }
  return { kw: covered ? kw : null, covered, due }
}
