/** 8 Machine-hour: depreciation, lease, insurance and space of each kind by its planned machine-hours; without what scrap and rework took. */
import { accrued } from '../monthAccount.ts'
import { apportion } from '../rounding.ts'
import { NOWHERE, accrue, type Case, type Post } from '../valuationCase.ts'
import { budgeted } from './budget.ts'
import { givenUp } from './loss.ts'
import type { Element } from './element.ts'

/**
 * A year's amount gives each open day the same; inside the day each machine by its planned hours. Before scrap and rework took any.
 */
export function hourPosts(work: Case): Post[] {
  return work.days.flatMap((day) => {
    const place = day.place('year', 'open')
    if (!place) return []
    const [index, of] = [BigInt(place.index), BigInt(place.of)]
    return day.book.all('machine_cost').flatMap(([kind, { yearly }]) => {
      const amount = BigInt(yearly) * 1000n
      const ofDay = accrued(amount, index + 1n, of) - accrued(amount, index, of)
      const hours = [...work.machines.values()]
        .filter((machine) => machine.kind === kind)
        .map((machine) => {
          const spans = day.scheduled(machine)
          const weight = BigInt(spans.reduce((sum, { from, to }) => sum + to - from, 0))
          return { id: machine.path, spans, weight }
        })
      const parts = apportion(ofDay, hours)
      const post = { ...NOWHERE, provenance: 'standard' as const }
      const worked = day.shifts.flatMap((shift) => shift.worked)
      // machines that are never planned still cost: over the day's worked hours
      if (!parts) return accrue(work, day, ofDay, worked.length > 0 ? worked : [day.span], post)
      return parts.flatMap((part, i) =>
        accrue(work, day, part, hours[i]!.spans, { ...post, machine: hours[i]!.id }),
      )
    })
  })
}

export const machineHour: Element = {
  id: 'machine_hour',
  title: { zh: '折旧机时', en: 'Machine-hour' },
  driver: 'planned machine-hours',
  behaviour: 'fixed',
  allocation: 'own machine',
  of: (work) => ({
    posts: [...hourPosts(work), ...budgeted(work, 'machine_hour'), ...givenUp(work, 'machine')],
    holes: [],
  }),
}
