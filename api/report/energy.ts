/** Electricity of a shift: what the main meter grew by period of the tariff, what accrues of the month, and the highest quarter-hour. */
import type { z } from 'zod'
import type { ShiftReport } from '#contract/report.ts'
import { shownAt } from '#domain/accounting/elements/catalogue.ts'
import { contractAtOf } from '#domain/accounting/elements/energy.ts'
import type { ElementId } from '#domain/accounting/elements/element.ts'
import { chargeByPeriod } from '#domain/accounting/electricity/charge.ts'
import { monthOf } from '#domain/accounting/monthAccount.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import { fenOfParts, toFen } from '#domain/accounting/rounding.ts'
import type { AccountPart } from '#domain/kpi/account.ts'
import { HOUR, type Instant } from '#domain/time.ts'
import type { Days } from '../figures/days.ts'

type View = z.infer<typeof ShiftReport>['energy']

/** `account` is of the shift's places. */
export function energyOfShift(
  { books, account: whole }: Days,
  account: AccountPart,
  from: Instant,
  to: Instant,
): View {
  const quarters = whole.quarters.filter(({ start }) => start >= from && start < to)
  const contractAt = contractAtOf(books)
  const charged = chargeByPeriod(contractAt, quarters)
  const used = charged.flatMap(({ period, price, wh, nano }) =>
    period === null || nano === null ? [] : [{ period, price, wh, nano }],
  )
  const shown = fenOfParts(used.map(({ period, price, nano }) => ({ id: `${period} ${price}`, nano })))
  const periods = used.map(({ period, price, wh }, i) => ({ period, wh, price, cost: shown.parts[i]! }))
  const basic = contractAt(from)?.basic
  const costOf = (element: ElementId): number =>
    toFen(account.cells.reduce((sum, cell) => (cell.element === element ? sum + cell.nano : sum), 0n))
  const line = toFen(
    account.cells.reduce(
      (sum, { element, stream, nano }) => (shownAt(element, stream).line === 'power' ? sum + nano : sum),
      0n,
    ),
  )
  const [demand, powerFactor] = [costOf('demand'), costOf('power_factor')]
  const wh = quarters.reduce((sum, quarter) => sum + quarter.wh, 0)
  const peak = quarters.reduce((most, quarter) => Math.max(most, quarter.wh), 0)
  const month = whole.months.find((one) => one.month === monthOf(from))
  return {
    wh,
    periods,
    unpriced: wh - periods.reduce((sum, one) => sum + one.wh, 0),
    demand,
    powerFactor,
    other: line - demand - powerFactor - periods.reduce((sum, { cost }) => sum + cost, 0),
    line,
    peakW: quarters.length > 0 ? Math.round((peak * HOUR) / QUARTER) : null,
    monthPeakW: month?.peakW ?? null,
    contractW: basic?.mode === 'contract_demand' ? basic.kw * 1000 : null,
  }
}
