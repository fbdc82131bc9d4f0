/**
 * Power of the plant over the last hours, by group: the histories of all machines added per bucket. A machine that is
 * missing makes a hole, never a dip: below 90 % of the machines that measure power there is no sum.
 */
import { onUnmounted, shallowRef, watch } from 'vue'
import { HOUR, type Instant, type Millis, MINUTE, SECOND } from '#domain/time.ts'
import { type Failure, rest } from '../server/rest.ts'
import type { MachineView, PlantView } from '../server/shapes.ts'
import { powerMeasure } from '../show/value.ts'
import { feed } from './feed.ts'
import { type MachinePower, sumBuckets } from './power-sum.ts'
import { type Point, type Series, seriesOf } from './series.ts'

/** Windows to choose from: the shortest one that holds all data, so that a young plant is not an empty frame. */
export const WINDOWS = [
  { spanMs: 30 * MINUTE, stepMs: 15 * SECOND },
  { spanMs: HOUR, stepMs: 30 * SECOND },
  { spanMs: 2 * HOUR, stepMs: MINUTE },
  { spanMs: 4 * HOUR, stepMs: 2 * MINUTE },
] as const
const AT_ONCE = 4

export type PowerTrend = {
  readonly from: Instant
  readonly to: Instant
  readonly spanMs: Millis
  readonly total: Series
  readonly groups: ReadonlyMap<string, Series>
  /** Data begins here; before it nothing was due. */
  readonly firstAt: Instant | null
}

/** Loads the trend, then again each minute while the page is current. */
export function usePowerTrend(firm: string, plant: () => PlantView | null) {
  const trend = shallowRef<PowerTrend | null>(null)
  const failure = shallowRef<Failure | null>(null)
  let window: (typeof WINDOWS)[number] = WINDOWS[3]
  const life = { over: false }
  let running = false

  async function load(): Promise<void> {
    const view = plant()
    if (running || life.over || !view || feed.frozen.value) return
    running = true
    try {
      const first = await read(view)
      const best =
        first && WINDOWS.find(({ spanMs }) => first.firstAt !== null && first.to - first.firstAt <= spanMs)
      if (best && best !== window) {
        window = best
        await read(view)
      }
    } finally {
      running = false
    }
  }

  async function read(view: PlantView): Promise<PowerTrend | null> {
    const to = feed.asOf.value
    const { spanMs, stepMs } = window
    const from = to - spanMs
    // A meter measures what its machines take: with both, everything counts twice.
    const metered = view.machines.filter((machine) => !machine.meter && powerMeasure(machine))
    const histories = new Map<string, MachinePower>()
    const queue = [...metered]
    const work = async (): Promise<void> => {
      for (let machine = queue.shift(); machine && !life.over; machine = queue.shift()) {
        const measure = powerMeasure(machine)!
        const answer = await rest.history(firm, machine.path, measure.name, from, to, stepMs / SECOND)
        if (answer.ok) histories.set(machine.path, { history: answer.value, staleMs: measure.staleMs })
        else failure.value = answer.failure
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    if (life.over) return null
    if (metered.length && histories.size === 0) return null
    failure.value = null
    const sum = (machines: readonly MachineView[]): Point[] =>
      sumBuckets(
        machines.flatMap((machine) => histories.get(machine.path) ?? []),
        machines.length,
        from,
        to,
        stepMs,
      )
    const points = sum(metered)
    const groups = new Map(
      view.groups.map(({ id }) => {
        const own = sum(metered.filter((machine) => machine.group === id))
        return [id, seriesOf(own, 1.5 * stepMs, from, to)] as const
      }),
    )
    const firstAt = [...histories.values()]
      .flatMap(({ history }) => history.buckets.find((bucket) => bucket.mean !== null)?.ts ?? [])
      .reduce((least: number | null, ts) => (least === null || ts < least ? ts : least), null)
    const total = seriesOf(points, 1.5 * stepMs, from, to)
    trend.value = { from, to, spanMs, total, groups, firstAt }
    return trend.value
  }

  const timer = setInterval(() => void load(), MINUTE)
  // The first time, and at once when a lost connection is back.
  const unwatch = watch([() => feed.machines.size > 0, feed.frozen], ([any]) => any && void load(), {
    immediate: true,
  })
  onUnmounted(() => {
    life.over = true
    clearInterval(timer)
    unwatch()
  })
  return { trend, failure, reload: () => void load() }
}
