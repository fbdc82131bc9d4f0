/**
 * Where a figure comes from, as the drawer shows it: its steps, the messages of the chosen pane, and a machine's times behind a ratio.
 * What was shown stays until the next answer is there. An answer that was overtaken by another question is not shown.
 */
import { computed, onUnmounted, shallowRef, watch } from 'vue'
import { QUARTER } from '#domain/accounting/pane.ts'
import { type Failure, rest } from '../server/rest.ts'
import type { MachineFigures, Trace, TraceAsked, TraceMessages } from '../server/shapes.ts'
import { firstAmount, parseToken, type Place } from '../show/trace.ts'

/** Messages of a quarter-hour, and its minutes with the messages of one of them; null: there are none, or none are kept. */
export type PaneMessages = {
  readonly machine: string
  readonly start: number
  readonly quarter: TraceMessages | null
  readonly minutes: TraceMessages | null
  readonly failure: Failure | null
}

const timesOf = ({ day, shift }: Place) => ({
  ...(day === undefined ? {} : { day }),
  ...(shift === undefined ? {} : { shift }),
})

export function useTrace(firm: () => string, place: () => Place) {
  const trace = shallowRef<Trace | null>(null)
  const figures = shallowRef<MachineFigures | null>(null)
  const messages = shallowRef<PaneMessages | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const busy = shallowRef(false)
  const token = computed(() => parseToken(place().token))
  /** The pane that is opened: the one of the address, else the newest with money. */
  const at = computed(() => place().at ?? trace.value?.at ?? null)
  let asking = 0
  let askingMessages = 0
  let over = false

  const asked = computed((): TraceAsked | null => {
    const { day, shift, scope, amount, machine } = place()
    if (!token.value) return null
    return { day, shift, scope, amount: amount ?? firstAmount(token.value), machine }
  })

  async function load(): Promise<void> {
    if (!asked.value || !token.value) return
    const turn = ++asking
    busy.value = true
    const { figure, machine } = token.value
    const [steps, times] = await Promise.all([
      rest.trace(firm(), asked.value),
      figure.of === 'ratio' && machine !== null ? rest.performance(firm(), machine, timesOf(place())) : null,
    ])
    if (turn !== asking || over) return
    busy.value = false
    const failed = [steps, times].find((one) => one && !one.ok)
    failure.value = failed && !failed.ok ? failed.failure : null
    if (failure.value || !steps.ok) return
    trace.value = steps.value
    figures.value = times?.ok ? times.value : null
  }

  async function loadMessages(): Promise<void> {
    const turn = ++askingMessages
    const machine = trace.value?.machine ?? null
    if (machine === null || at.value === null) {
      messages.value = null
      return
    }
    const start = Math.floor(at.value / QUARTER) * QUARTER
    const [quarter, minutes] = await Promise.all([
      rest.traceMessages(firm(), { machine, from: start, length: 'quarter' }),
      rest.traceMessages(firm(), { machine, from: at.value, length: 'minute' }),
    ])
    if (turn !== askingMessages || over) return
    messages.value = {
      machine,
      start,
      quarter: quarter.ok ? quarter.value : null,
      // older minutes are not kept: that is no failure
      minutes: minutes.ok ? minutes.value : null,
      failure: quarter.ok ? null : quarter.failure,
    }
  }

  watch(
    () => JSON.stringify([firm(), place().token, asked.value]),
    () => void load(),
    { immediate: true },
  )
  watch([() => trace.value?.machine, at, () => trace.value?.window.asOf], () => void loadMessages(), {
    immediate: true,
  })
  onUnmounted(() => (over = true))
  return {
    token,
    trace,
    figures,
    messages,
    failure,
    busy,
    at,
    reload: () => void load(),
    reloadMessages: () => void loadMessages(),
  } as const
}
