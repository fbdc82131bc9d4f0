/** The last half hour of a machine's main signals: history once, then every new value as it comes. */
import { onUnmounted, reactive, shallowReactive, shallowRef, watch } from 'vue'
import { MINUTE, SECOND } from '#domain/time.ts'
import { type Failure, rest } from '../server/rest.ts'
import type { MachineView, MeasureView } from '../server/shapes.ts'
import { feed } from './feed.ts'
import { appended, gapLimit, type Point, pointsOf, type Series, seriesOf } from './series.ts'

export const TREND_SPAN = 30 * MINUTE
const STEP_S = 3
const MOST = 4

const rank = (measure: MeasureView): number =>
  measure.name === 'power_kw' ? 0 : measure.limit === null ? 2 : 1

/** Up to four signals: the power, then those with a limit, then the rest in the plant's order. */
export function mainSignals(machine: MachineView): readonly MeasureView[] {
  const signals = machine.measures.filter((measure) => measure.class === 'telemetry')
  const chosen = new Set(signals.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST))
  return signals.filter((measure) => chosen.has(measure))
}

export type Trend = {
  readonly measure: MeasureView
  readonly series: Series
  readonly from: number
  readonly to: number
}

export function useTrends(firm: string, machine: MachineView) {
  const measures = mainSignals(machine)
  const points = reactive(new Map<string, readonly Point[]>())
  const failure = shallowRef<Failure | null>(null)
  /** Measures whose history is here: before that a chart has nothing to say, not even that something is missing. */
  const loaded = shallowReactive(new Set<string>())
  const trends = shallowRef<readonly Trend[]>([])

  async function load(): Promise<void> {
    failure.value = null
    const to = feed.asOf.value
    await Promise.all(
      measures.map(async ({ name }) => {
        const answer = await rest.history(firm, machine.path, name, to - TREND_SPAN, to, STEP_S)
        if (!answer.ok) {
          failure.value = answer.failure
          return
        }
        const known = pointsOf(answer.value)
        const newer = (points.get(name) ?? []).filter((point) => point.ts > (known.at(-1)?.ts ?? 0))
        points.set(name, [...known, ...newer])
        loaded.add(name)
      }),
    )
    draw()
  }

  function take(): void {
    const values = feed.machines.get(machine.path)?.values
    if (!values) return
    for (const { name } of measures) {
      const latest = values[name]
      if (!latest) continue
      const value = latest.quality.startsWith('bad') ? null : latest.value
      points.set(name, appended(points.get(name) ?? [], latest.ts, value, feed.asOf.value - TREND_SPAN))
    }
  }

  function draw(): void {
    const to = feed.asOf.value
    const from = to - TREND_SPAN
    trends.value = measures.map((measure) => ({
      measure,
      series: seriesOf(points.get(measure.name) ?? [], gapLimit(measure.periodMs, STEP_S * SECOND), from, to),
      from,
      to,
    }))
  }

  const stops = [
    watch(() => feed.machines.get(machine.path), take),
    watch(() => Math.floor(feed.asOf.value / SECOND), draw, { immediate: true }),
    // What was missed while the connection was down is read from the history.
    watch(feed.frozen, (frozen) => !frozen && void load()),
  ]
  void load()
  onUnmounted(() => stops.forEach((stop) => stop()))
  return { trends, failure, loaded, reload: () => void load() }
}
