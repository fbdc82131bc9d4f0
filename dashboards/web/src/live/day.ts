/**
 * Figures of the production day that runs: streamed about once a second, and asked for where the stream has nothing: at the first paint,
 * and when it falls silent. What they are compared with, the day before and the month, is asked for seldom.
 */
import { computed, onUnmounted, shallowRef, watch } from 'vue'
import type { DayFigures } from '#contract/figures.ts'
import { MINUTE, SECOND, dateAfter } from '#domain/time.ts'
import { type Failure, rest } from '../server/rest.ts'
import { may } from '../session.ts'
import { lowCoverage, type Stretch } from '../show/day.ts'
import { feed } from './feed.ts'

const LOOK_EVERY = 5 * SECOND
/** A stream that is silent for this long is helped by asking. */
const SILENT = 10 * SECOND
const SELDOM = 5 * MINUTE

export function useDay(firm: string) {
  const asked = shallowRef<DayFigures | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const day = computed<DayFigures | null>(() => {
    const [told, own] = [feed.day.value, asked.value]
    return told?.firm === firm && (!own || told.at >= own.at) ? told : own
  })
  /** How long ago the newest figures were made; by the clock that goes on without a server. */
  const ageMs = computed(() => (day.value ? Math.max(0, feed.clock.value - day.value.at) : 0))
  let asking = false
  let over = false

  async function ask(): Promise<void> {
    if (asking || over || !may('read.figures')) return
    asking = true
    const answer = await rest.day(firm)
    asking = false
    if (over) return
    failure.value = answer.ok ? null : answer.failure
    if (answer.ok) asked.value = answer.value
  }
  void ask()
  const timer = setInterval(() => {
    if (!feed.frozen.value && (day.value === null || ageMs.value > SILENT)) void ask()
  }, LOOK_EVERY)
  const unwatch = watch(feed.day, (told) => {
    if (told?.firm === firm) failure.value = null
  })
  onUnmounted(() => {
    over = true
    clearInterval(timer)
    unwatch()
  })
  return { day, ageMs, failure, reload: () => void ask() } as const
}
export type Day = ReturnType<typeof useDay>

/** The production day before, u of the month up to now, and quarter-hours of which too little was heard. */
export function useAround(firm: string, { day }: Pick<Day, 'day'>) {
  const before = shallowRef<DayFigures | null>(null)
  const month = shallowRef<number | null>(null)
  const low = shallowRef<readonly Stretch[]>([])
  const date = computed(() => day.value?.window.firstDay ?? null)
  let over = false

  async function load(): Promise<void> {
    const today = date.value
    if (today === null || over || feed.frozen.value) return
    const { from, asOf } = day.value!.window
    const wanted = dateAfter(today, -1)
    const [past, health, sums] = await Promise.all([
      before.value?.window.firstDay === wanted ? null : rest.day(firm, wanted),
      may('read.dataHealth') ? rest.health(firm) : null,
      rest.cost(firm, { from: `${today.slice(0, 8)}01`, to: today }),
    ])
    if (over) return
    if (past) before.value = past.ok ? past.value : null
    if (health?.ok) low.value = lowCoverage(health.value.coverage, from, asOf)
    // A month of a single day is that day.
    month.value = sums.ok && sums.value.window.firstDay !== today ? sums.value.figure.u2 : null
  }
  watch(date, () => void load(), { immediate: true })
  const timer = setInterval(() => void load(), SELDOM)
  onUnmounted(() => {
    over = true
    clearInterval(timer)
  })
  return { before, month, low } as const
}
