/** The whole plant as it may be shown now: each machine's state, the counts, the abnormal ones, the power. Meters have no states. */
import { computed } from 'vue'
import { feed } from '../live/feed.ts'
import type { MachineView } from '../server/shapes.ts'
import { seat } from '../session.ts'
import { countStates, isAbnormal, type Shown, shownState, STATE_ORDER } from './state.ts'
import { sumPower } from './value.ts'

const latest = (path: string) => feed.machines.get(path)?.values

export function usePlantNow() {
  const all = computed<readonly MachineView[]>(() => seat.plant.value?.machines ?? [])
  const machines = computed(() => all.value.filter(({ meter }) => !meter))
  const meters = computed(() => all.value.filter(({ meter }) => meter))
  const shown = computed<ReadonlyMap<string, Shown>>(
    () =>
      new Map(
        machines.value.map((machine) => [
          machine.path,
          shownState(feed.machines.get(machine.path), machine.stateStaleMs, feed.asOf.value),
        ]),
      ),
  )
  const counts = computed(() => countStates([...shown.value.values()].map(({ state }) => state)))
  /** Worst first, then the longest. */
  const abnormal = computed(() =>
    machines.value
      .map((machine) => ({ machine, ...shown.value.get(machine.path)! }))
      .filter(({ state }) => isAbnormal(state))
      .toSorted(
        (a, b) =>
          STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) || (a.since ?? 0) - (b.since ?? 0),
      ),
  )
  const power = computed(() => sumPower(machines.value, latest, feed.asOf.value))
  const powerOf = (group: string) =>
    sumPower(
      machines.value.filter((machine) => machine.group === group),
      latest,
      feed.asOf.value,
    )
  return { machines, meters, shown, counts, abnormal, power, powerOf } as const
}
export type PlantNow = ReturnType<typeof usePlantNow>
export type AbnormalMachine = PlantNow['abnormal']['value'][number]
