/** What a stop is explained with: asked once for each firm, and again when its plant changes. */
import { type ShallowRef, shallowRef, watch } from 'vue'
import { feed } from '../live/feed.ts'
import { rest } from '../server/rest.ts'
import type { StopReason } from '../server/shapes.ts'
import { useWords } from '../words/words.ts'

/** Call inside setup. A code that the plant does not list is what a device sent. */
export function useStopReasons(firm: string): {
  readonly reasons: ShallowRef<readonly StopReason[]>
  readonly reasonWord: (code: string) => string
} {
  const { title, cause } = useWords()
  const reasons = shallowRef<readonly StopReason[]>([])
  async function load(): Promise<void> {
    const answer = await rest.stopReasons(firm)
    if (answer.ok) reasons.value = answer.value
  }
  void load()
  watch(feed.events, (events) => {
    if (events.at(-1)?.kind === 'plant.changed') void load()
  })
  const reasonWord = (code: string): string => {
    const listed = reasons.value.find((reason) => reason.code === code)
    return listed ? title(listed.title) : cause(code)
  }
  return { reasons, reasonWord }
}
