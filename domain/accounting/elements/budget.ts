/** Amounts of a year or month from the books: an equal part for each of their days, inside a day by hours. */
import { accrued, passedOf } from '../monthAccount.ts'
import { apportion } from '../rounding.ts'
import type { Book, BudgetSpread } from '../records.ts'
import type { Span } from '../span.ts'
import { NOWHERE, accrue, type Case, type Post } from '../valuationCase.ts'
import type { DayPlan } from '../valuationPlan.ts'
import type { ElementId } from './element.ts'

/** Do the books tell an amount of an element? */
export const isBudgeted = (book: Book, element: ElementId): boolean =>
  book.all('budget').some(([, budget]) => budget.element === element)

/** Posts of all budgets of an element. A day's part is A(i + 1) − A(i) of n days, so the days of a year sum to its amount. */
export function budgeted(work: Case, element: ElementId): Post[] {
  return work.days.flatMap((day) =>
    day.book.all('budget').flatMap(([, budget]) => {
      if (budget.element !== element) return []
      const place = day.place(budget.per, budget.days)
      if (!place) return []
      const amount = BigInt(budget.amount) * 1000n
      const [index, of] = [BigInt(place.index), BigInt(place.of)]
      const ofDay = accrued(amount, index + 1n, of) - accrued(amount, index, of)
      const hours = hoursOf(day, budget.spread)
      const parts = apportion(ofDay, hours)
      return (parts ?? []).flatMap((part, i) =>
        accrue(work, day, part, hours[i]!.spans, { ...NOWHERE, provenance: 'standard' }),
      )
    }),
  )
}

type Hours = { readonly id: string; readonly spans: readonly Span[]; readonly weight: bigint }

/**
 * Over which hours of a day an amount lies: those of its shifts. The books say that it is spent, whoever works: without a weight in any
 * shift, as where no crew is on record, the shifts weigh by their length, and a day without hours takes it as a whole.
 */
function hoursOf({ shifts, span }: DayPlan, { over, by }: BudgetSpread): readonly Hours[] {
  const hours = shifts
    .map((shift) => ({ shift, spans: over === 'paid' ? shift.paid : shift.worked }))
    .map(({ shift, spans }) => ({ shift, spans, length: passedOf(spans, Infinity) }))
    .filter(({ length }) => length > 0)
  const weighed = (weightOf: (one: (typeof hours)[number]) => number): Hours[] =>
    hours.map((one) => ({ id: String(one.shift.shift), spans: one.spans, weight: BigInt(weightOf(one)) }))
  const planned = weighed(({ shift, length }) =>
    by === 'person_hours' ? length * shift.people : (by[shift.shift] ?? 0),
  )
  if (planned.some(({ weight }) => weight > 0n)) return planned
  return hours.length > 0 ? weighed(({ length }) => length) : [{ id: '', spans: [span], weight: 1n }]
}
