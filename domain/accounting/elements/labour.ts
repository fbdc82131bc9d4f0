/** 7 Labour by roster: pay of each crew and shift over paid hours, to the machines that it tends; without what scrap and rework took. */
import { HOUR } from '#domain/time.ts'
import { apportion, evenDiv } from '../rounding.ts'
import { NOWHERE, accrue, type Case, type Post } from '../valuationCase.ts'
import type { DayPlan, ShiftPlan } from '../valuationPlan.ts'
import { budgeted } from './budget.ts'
import { givenUp } from './loss.ts'
import type { RecordValues } from '../records.ts'
import type { Element } from './element.ts'

/** Pay of the crews, before scrap and rework took any. */
export const crewPosts = (work: Case): Post[] =>
  work.days.flatMap((day) =>
    day.shifts.flatMap((shift) =>
      day.book.all('crew').flatMap(([, crew]) => payPosts(work, day, shift, crew)),
    ),
  )

function payPosts(work: Case, day: DayPlan, shift: ShiftPlan, crew: RecordValues['crew']): Post[] {
  const paidMs = shift.paid.reduce((sum, { from, to }) => sum + to - from, 0)
  const person =
    evenDiv(BigInt(paidMs) * BigInt(crew.wage) * 1000n, BigInt(HOUR)) +
    BigInt(crew.allowance[shift.shift] ?? 0) * 1000n
  const pay = BigInt(crew.people[shift.shift] ?? 0) * person
  const kinds = crew.tends.map(({ kind, sharePpm }) => ({ id: kind, weight: BigInt(sharePpm) }))
  const post = (machine: string | null, nano: bigint) =>
    accrue(work, day, nano, shift.paid, { ...NOWHERE, machine, provenance: 'standard' })
  const shares = apportion(pay, kinds)
  if (!shares) return post(null, pay)
  return kinds.flatMap(({ id }, i) => {
    const machines = day.manned(id, shift.shift)
    const parts = apportion(
      shares[i]!,
      machines.map((path) => ({ id: path, weight: 1n })),
    )
    return parts ? parts.flatMap((part, k) => post(machines[k]!, part)) : post(null, shares[i]!)
  })
}

export const labour: Element = {
  id: 'labour',
  title: { zh: '直接人工', en: 'Direct labour' },
  driver: 'paid hours of the roster × loaded wage',
  behaviour: 'step',
  allocation: 'crew over the machines that it tends',
  of: (work) => ({
    posts: [...crewPosts(work), ...budgeted(work, 'labour'), ...givenUp(work, 'labour')],
    holes: [],
  }),
}
