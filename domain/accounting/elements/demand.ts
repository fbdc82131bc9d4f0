/**
 * 3 Electricity, basic charge: contract demand or capacity accrues by calendar time; a quarter-hour that raises the month's peak above
 * what the contract tolerates posts the excess when it is raised.
 */
import { basicOfMonth } from '../electricity/charge.ts'
import type { TariffContract } from '../electricity/contract.ts'
import {
  accruedByMonth,
  monthOf,
  raisePeak,
  type MeterQuarter,
  type MonthEntry,
  type MonthState,
} from '../monthAccount.ts'
import type { Nano } from '../rounding.ts'
import { momentOf } from '../calendar.ts'
import { QUARTER } from '../pane.ts'
import { NOWHERE, grownIn, once, type Case, type Outcome, type Post } from '../valuationCase.ts'
import { contractOf } from './energy.ts'
import type { Element } from './element.ts'

/** Whole quarter-hours of the plant's own meter in the window, in order. */
export function meterQuarters(work: Case): readonly MeterQuarter[] {
  return once(work, 'meter_quarters', () => {
    const quarters = new Map<number, MeterQuarter>()
    for (const pane of work.panes) {
      const incoming = work.books.at(pane.start).find('metering', 'energy')?.incoming
      if (pane.machine !== incoming || pane.start + QUARTER > work.span.to) continue
      const { wh, varh } = quarters.get(pane.start) ?? { wh: 0, varh: 0 }
      quarters.set(pane.start, {
        start: pane.start,
        wh: wh + (grownIn(work, pane, 'energy') ?? 0),
        varh: varh + (grownIn(work, pane, 'reactive') ?? 0),
      })
    }
    return [...quarters.values()].toSorted((a, b) => a.start - b.start)
  })
}

/** Posts of an amount a month of the contract, accrued by calendar time and cut where a shift or a price changes. */
export function accruedPosts(work: Case, monthly: (contract: TariffContract) => Nano): Outcome {
  const { span, books, days, calendar } = work
  const edges = days.flatMap((day) => day.shifts.flatMap(({ from, to }) => [from, to]))
  const cuts = [span.from, span.to, ...books.changesIn(span.from, span.to), ...edges]
    .filter((at) => at >= span.from && at <= span.to)
    .toSorted((a, b) => a - b)
  const posts: Post[] = []
  for (let i = 1; i < cuts.length; i++) {
    const [from, to] = [cuts[i - 1]!, cuts[i]!]
    const found = contractOf(books.at(from))
    if ('hole' in found) return { posts: [], holes: [{ ...found.hole, machine: null }] }
    const nano = from === to ? 0n : accruedByMonth(monthly(found.contract), from, to)
    if (nano === 0n) continue
    posts.push({ ...NOWHERE, shift: momentOf(calendar, from).shift, at: from, nano, provenance: 'standard' })
  }
  return { posts, holes: [] }
}

type Month = { readonly state: MonthState; readonly entries: readonly MonthEntry[] }

function monthsOf(work: Case): readonly Month[] {
  return once(work, 'months', () =>
    [...Map.groupBy(meterQuarters(work), ({ start }) => monthOf(start))].map(([month, quarters]) => {
      const found = contractOf(work.books.at(quarters[0]!.start))
      const basic = 'contract' in found ? found.contract.basic : null
      return raisePeak(basic, work.monthBefore(month), quarters)
    }),
  )
}

/** What is known of the window's months after it: what a window that follows begins with. */
export const monthsAfter = (work: Case): MonthState[] => monthsOf(work).map(({ state }) => state)

/** Quarter-hours that raised the peak of their month, and what that costs. */
export const peakPosts = (work: Case): Post[] =>
  monthsOf(work)
    .flatMap(({ entries }) => entries)
    .map(({ at, nano }) => ({
      ...NOWHERE,
      shift: momentOf(work.calendar, at).shift,
      at,
      nano,
      provenance: 'measured',
      stream: 'peak_raised',
    }))

function demandPosts(work: Case): Outcome {
  const { posts, holes } = accruedPosts(work, ({ basic }) => (basic ? basicOfMonth(basic) : 0n))
  return { posts: [...posts, ...peakPosts(work)], holes }
}

export const demand: Element = {
  id: 'demand',
  title: { zh: '基本电费', en: 'Electricity, basic charge' },
  driver: 'contract by calendar hour; the highest quarter-hour of the month',
  behaviour: 'fixed',
  allocation: 'contribution at the peak; else kWh',
  of: demandPosts,
}
