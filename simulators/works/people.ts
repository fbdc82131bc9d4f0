/** Who comes on a day: pseudonymous workers sign on at their machines when the shift begins and off when it ends. */
import type { ShiftSpan } from './calendar.ts'
import { CREWS, NIGHT_ALLOWANCE } from './data/crews.ts'
import { KINDS, MACHINES, type KindId } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'
import type { WorksEvent, Worker } from './truthDay.ts'

/** Machines of a kind that are manned in a shift. */
export const mannedOf = (kind: KindId, shift: 'day' | 'night'): string[] =>
  MACHINES.filter((m) => m.kind === kind && m.index < KINDS[kind][shift]).map(({ name }) => name)

export function workersOf(shifts: readonly ShiftSpan[], p: Parameters): Worker[] {
  return shifts.flatMap((shift) => {
    let number = shift.name === 'day' ? 100 : 200
    return CREWS.flatMap((crew) => {
      const people =
        crew.role === 'lathes'
          ? shift.name === 'day'
            ? p.lathesDay
            : p.lathesNight
          : shift.name === 'day'
            ? crew.day
            : crew.night
      const machines = crew.tends.flatMap(([kind]) => mannedOf(kind, shift.name))
      const spread = crew.role === 'setters' || crew.role === 'handling'
      return Array.from({ length: people }, (_, i) => ({
        worker: `w-${number++}`,
        role: crew.role,
        from: shift.from,
        to: shift.to,
        machines: spread
          ? machines.slice(0, 64)
          : machines.filter(
              (_name, m) => Math.floor((m * people) / machines.length) === i || machines.length < people,
            ),
        pay: Math.round((shift.paidHours * crew.wage + (shift.name === 'night' ? NIGHT_ALLOWANCE : 0)) * 1e6),
      }))
    })
  })
}

export function signEvents(workers: readonly Worker[]): WorksEvent[] {
  return workers.flatMap(({ worker, from, to, machines }) => {
    const machine = machines[0]
    if (machine === undefined) return []
    const named = [...machines]
    return [
      { at: from, machine, body: { type: 'sign_on', worker, machines: named } },
      { at: to, machine, body: { type: 'sign_off', worker, machines: named } },
    ]
  })
}
