/** How far the simulated past of the shown firm is brought in, asked now and then while there is something to bring in. */
import { onUnmounted, shallowRef, watch } from 'vue'
import { SECOND } from '#domain/time.ts'
import { rest } from '../server/rest.ts'
import type { SimulationHistory } from '../server/shapes.ts'
import { seat } from '../session.ts'

const EVERY = 10 * SECOND
/** Nothing comes in: it may begin. */
const SELDOM = 60 * SECOND

export type History = NonNullable<SimulationHistory['history']>

export function useSimulationHistory() {
  const history = shallowRef<History | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking = 0

  async function ask(): Promise<void> {
    clearTimeout(timer)
    const plant = seat.plant.value
    const mine = ++asking
    if (!plant?.simulated) {
      history.value = null
      return
    }
    const answer = document.visibilityState === 'visible' ? await rest.simulationHistory(plant.firm) : null
    if (mine !== asking) return
    if (answer?.ok) history.value = answer.value.history
    const busy = history.value !== null && history.value.state !== 'done'
    timer = setTimeout(() => void ask(), busy ? EVERY : SELDOM)
  }
  watch(
    () => seat.plant.value?.firm,
    () => void ask(),
    { immediate: true },
  )
  onUnmounted(() => {
    asking++
    clearTimeout(timer)
  })
  return history
}
