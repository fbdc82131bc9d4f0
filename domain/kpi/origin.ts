/**
 * Where an amount comes from: the posts of an element, or of output value, quarter-hour by quarter-hour, as accounts are made of them. They
 * sum to the cells of the account exactly, whatever part of it is looked at.
 */
import { monthsAfter as monthsOf } from '#domain/accounting/elements/demand.ts'
import { ELEMENTS } from '#domain/accounting/elements/catalogue.ts'
import type { ElementId } from '#domain/accounting/elements/element.ts'
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import type { Nano } from '#domain/accounting/rounding.ts'
import { valueOf } from '#domain/accounting/value.ts'
import { caseOf, type Place, type Provenance } from '#domain/accounting/valuationCase.ts'
import type { Instant } from '#domain/time.ts'
import { peaksOf, quartersOf, type AccountInput } from './account.ts'
import { monthsAfter } from './accountSum.ts'

export const VALUE = 'value'
/** An element, or output value. */
export type Amount = ElementId | typeof VALUE

export type OriginPost = Place & {
  /** Begin of the quarter-hour, or of the part of it that the span holds. */
  readonly at: Instant
  readonly nano: Nano
  readonly provenance: Provenance
  readonly stream: string | null
}

/** Posts of [from, to) of a production day; of value what is added less what is scrapped. */
export function postsOf(input: AccountInput, amount: Amount): OriginPost[] {
  const element = ELEMENTS.find(({ id }) => id === amount)
  const byStart = Map.groupBy(input.panes, ({ start }) => start)
  let months: readonly MonthState[] = peaksOf(input.months ?? [])
  return quartersOf(input.span).flatMap((span) => {
    const panes = [...byStart].flatMap(([start, own]) => (start >= span.from && start < span.to ? own : []))
    const work = caseOf({ ...input, span, panes, months: peaksOf(months) })
    // only the basic charge and what is taken of it go by the peak
    if (amount === 'demand' || amount === 'power_factor') months = monthsAfter(months, monthsOf(work))
    const posts = element
      ? element.of(work).posts
      : valueOf(work).posts.map((post) => ({ ...post, nano: post.added - post.scrapped }))
    return posts.map(({ machine, shift, order, product, nano, provenance, ...rest }) => ({
      machine,
      shift,
      order,
      product,
      at: span.from,
      nano,
      provenance,
      stream: ('stream' in rest ? rest.stream : null) ?? null,
    }))
  })
}
