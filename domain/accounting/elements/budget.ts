/** Amounts of a year or month from the books: an equal part for each of their days, inside a day by hours. */
import { accrued } from '../monthAccount.ts'
import { apportion } from '../rounding.ts'
import type { Book } from '../records.ts'
import { NOWHERE, accrue, type Case, type Post } from '../valuationCase.ts'
import type { ElementId } from './element.ts'

/** Do the books tell an amount of an element? */
export const isBudgeted = (book: Book, element: ElementId): boolean =>
  book.all('budget').some(([, budget]) => budget.element === element)

/** Posts of all budgets of an element. A day's part is A(i + 1) − A(i) of n days, so the days of a year sum to its amount. */
export function budgeted(work: Case, element: ElementId): Post[] {
  return work.days.flatMap((day) =>
    day.book.all('budget').flatMap(([, budget]) => {
      if (budget.element !== element || !day.open) return []
      const place = day.place(budget.per, budget.days)
      if (!place) return []
      const amount = BigInt(budget.amount) * 1000n
      const [index, of] = [BigInt(place.index), BigInt(place.of)]
      const ofDay = accrued(amount, index + 1n, of) - accrued(amount, index, of)
      const { over, by } = budget.spread
      const hours = day.shifts.map((shift) => {
        const spans = over === 'paid' ? shift.paid : shift.worked
        const length = spans.reduce((sum, { from, to }) => sum + to - from, 0)
        const weight = by === 'person_hours' ? length * shift.people : (by[shift.shift] ?? 0)
        return { spans, id: String(shift.shift), weight: BigInt(weight) }
      })
      const parts = apportion(ofDay, hours)
      return (parts ?? []).flatMap((part, i) =>
        accrue(work, day, part, hours[i]!.spans, { ...NOWHERE, provenance: 'standard' }),
      )
    }),
  )
}
