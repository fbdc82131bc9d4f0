/** True states, pieces, energy, drivers and OEE times of one machine in a window. */
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { HOUR, type Instant } from '#domain/time.ts'
import { apportion } from './apportion.ts'
import { type Span, overlap, shiftsOf } from './calendar.ts'
import { CREWS } from './data/crews.ts'
import { METERS } from './data/energy.ts'
import { KINDS, TOOLS } from './data/machines.ts'
import { energyAt, flowedAt } from './energy.ts'
import { type Row, daysIn, row } from './moneyTruth.ts'
import { mannedOf } from './people.ts'
import { oeeIn } from './oee.ts'
import { runHours } from './registers.ts'
import type { DayTruth, MachineDay } from './truthDay.ts'

/** Telescoping whole numbers of something cumulative over the days of a window. */
export function total(
  parts: readonly { day: DayTruth; from: Instant; to: Instant }[],
  at: (day: DayTruth, t: Instant) => number,
): number {
  return parts.reduce(
    (sum, { day, from, to }) => sum + Math.round(at(day, to)) - Math.round(at(day, from)),
    0,
  )
}

const meterOf = (name: string) =>
  METERS.find(
    ({ of }) =>
      'kind' in of &&
      name.startsWith(`${KINDS[of.kind].name}-`) &&
      placeOf(name) >= of.first &&
      placeOf(name) <= of.last,
  )

const placeOf = (name: string): number => Number(name.slice(-2)) - 1

/** Its share of the group meter by rated power x run hours; the whole meter when it stands alone; null when nothing ran. */
function splitEnergy(
  parts: readonly { day: DayTruth; from: Instant; to: Instant }[],
  name: string,
): number | null {
  const meter = meterOf(name)
  if (!meter || !('kind' in meter.of)) return null
  const { first, last } = meter.of
  const energy = total(parts, (day, at) => energyAt(day, meter.id, at))
  if (first === last) return energy
  const ran = (machine: string) =>
    parts.reduce(
      (sum, { day, from, to }) =>
        sum + runHours(day.machines[machine]!, to) - runHours(day.machines[machine]!, from),
      0,
    )
  const names = Array.from(
    { length: last - first + 1 },
    (_, i) => `${name.slice(0, -2)}${String(first + i + 1).padStart(2, '0')}`,
  )
  const hours = names.map(ran)
  const all = hours.reduce((a, b) => a + b, 0)
  return all === 0
    ? null
    : apportion(
        hours.map((h) => (energy * h) / all),
        energy,
      )[names.indexOf(name)]!
}

export function machineRows(days: readonly DayTruth[], name: string, window: Span): Row[] {
  const parts = daysIn(days, window)
  const machines = parts.map(({ day, from, to }) => ({ machine: day.machines[name]!, from, to }))
  const ms = (state: string) =>
    machines.reduce(
      (sum, { machine, from, to }) =>
        sum + machine.segments.reduce((s, g) => s + (g.state === state ? overlap(g, from, to) : 0), 0),
      0,
    )
  const seconds = apportion(MACHINE_STATES.map((state) => ms(state) / 1000))
  const made = machines.flatMap(({ machine, from, to }) =>
    machine.made.filter((m) => m.at >= from && m.at < to),
  )
  const kind = KINDS[machines[0]?.machine.machine.kind ?? 'LA']
  const split = splitEnergy(parts, name)
  const isMade = made.reduce(
    (s, m) => ({ good: s.good + m.good, scrap: s.scrap + m.scrap, rework: s.rework + m.rework }),
    { good: 0, scrap: 0, rework: 0 },
  )
  const tools = TOOLS.filter((tool) => KINDS[tool.kind].name === kind.name)
  return [
    ...MACHINE_STATES.map((state, i) => row(`seconds.${state}`, 'seconds', seconds[i]!)),
    row('pieces.good', 'pieces', isMade.good),
    row('pieces.scrap', 'pieces', isMade.scrap),
    row('pieces.rework', 'pieces', isMade.rework),
    row(
      'energy',
      'Wh',
      total(parts, (day, at) => energyAt(day, name, at)),
    ),
    row('energy.split', 'Wh', split, split === null ? 'NO_ACTIVITY' : null),
    row(
      'air',
      'dm3',
      total(parts, (day, at) => runHours(day.machines[name]!, at) * kind.air * 1000),
    ),
    ...(name === 'paint-01'
      ? [
          row(
            'gas',
            'dm3',
            total(parts, (day, at) => flowedAt(day.paintGas, at, HOUR) * 1000),
          ),
        ]
      : []),
    ...tools.map(({ type }) => row(`uses.${type}`, 'uses', made.length)),
    row(
      'person',
      'seconds',
      Math.round(
        personSeconds(
          machines,
          parts.map(({ day }) => day),
        ),
      ),
    ),
    ...oeeIn(machines),
  ]
}

/** Paid person-time of a machine: the crew's people in the shift over the machines that they tend. */
function personSeconds(
  machines: readonly { machine: MachineDay; from: Instant; to: Instant }[],
  days: readonly DayTruth[],
): number {
  return machines.reduce((sum, { machine, from, to }, i) => {
    const day = days[i]!
    const { kind, name } = machine.machine
    for (const shift of day.open ? shiftsOf(day.date) : []) {
      const manned = mannedOf(kind, shift.name)
      if (!manned.includes(name)) continue
      const paid = shift.paid.reduce((s, span) => s + overlap(span, from, to), 0) / 1000
      for (const { role, tends } of CREWS) {
        const share = tends.find(([one]) => one === kind)?.[1] ?? 0
        const people = day.workers.filter((w) => w.role === role && w.from === shift.from).length
        sum += (people * share * paid) / manned.length
      }
    }
    return sum
  }, 0)
}
