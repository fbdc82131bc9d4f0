/** Figures of one machine's production day or shift, asked for again while the page is current. */
import { onUnmounted, shallowRef, watch } from 'vue'
import { SECOND } from '#domain/time.ts'
import { type Failure, rest } from '../server/rest.ts'
import type { MachineFigures } from '../server/shapes.ts'
import { feed } from './feed.ts'

const EVERY = 20 * SECOND

/** `shift`: its index, or undefined for the whole day. */
export function usePerformance(firm: string, path: string, shift: () => string | undefined) {
  const figures = shallowRef<MachineFigures | null>(null)
  const failure = shallowRef<Failure | null>(null)
  let asked = 0
  let over = false

  async function load(): Promise<void> {
    if (over || feed.frozen.value) return
    const mine = ++asked
    const answer = await rest.performance(firm, path, { shift: shift() })
    if (over || mine !== asked) return
    failure.value = answer.ok ? null : answer.failure
    // What is shown must be of the shift that is chosen, or nothing.
    if (answer.ok) figures.value = answer.value
    else if (String(figures.value?.shift ?? '') !== (shift() ?? '')) figures.value = null
  }
  watch(shift, () => void load(), { immediate: true })
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') void load()
  }, EVERY)
  onUnmounted(() => {
    over = true
    clearInterval(timer)
  })
  return { figures, failure, reload: () => void load() } as const
}
