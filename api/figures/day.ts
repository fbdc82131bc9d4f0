/** A production day as the wall shows it: hero, lines, curve, tariff, machines, losses. */
import type { z } from 'zod'
import type { DayFigures } from '#contract/figures.ts'
import { shiftsOf } from '#domain/accounting/almanac.ts'
import { contractAtOf } from '#domain/accounting/elements/energy.ts'
import { quarterForecast } from '#domain/accounting/electricity/charge.ts'
import { periodAt } from '#domain/accounting/electricity/period.ts'
import type { Period } from '#domain/accounting/electricity/contract.ts'
import { monthOf } from '#domain/accounting/monthAccount.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import { shownU, uOf } from '#domain/accounting/u.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import type { Place } from '#domain/accounting/valuationCase.ts'
import { performanceOf, type Account, type QuarterSum } from '#domain/kpi/account.ts'
import { KPIS } from '#domain/kpi/oee.ts'
import type { Instant } from '#domain/time.ts'
import { basisOf, isRevised, windowOf, type Days } from './days.ts'
import { lossesView } from './losses.ts'
import { targetsOf } from './targets.ts'
import { figureView, linesView } from './view.ts'

const OEE = KPIS.find(({ name }) => name === 'oee')!

type View = z.infer<typeof DayFigures>

export function dayView(days: Days, at: Instant): View {
  const { account, plant, book, books, firm } = days
  const window = windowOf(days)
  const figure = figureView(account, 'plant', isRevised(days))
  const targets = targetsOf(book)
  return {
    firm,
    at,
    window,
    figure,
    target: targets.u,
    lines: linesView(account, figure, targets.lines),
    quarters: account.quarters.map(({ start, cost, value }) => [start, toFen(cost), toFen(value)]),
    tariff: tariffOf(books, window.from, window.to),
    shifts: shiftsOfLast(days),
    machines: machinesOf(account, plant),
    ...lossesView(account),
    demand: demandOf(account, books, window.asOf),
    basis: basisOf(days),
  }
}

/** Stretches of one period in a row; none without a contract. */
function tariffOf(books: PriceBook, from: Instant, to: Instant): View['tariff'] {
  const contractAt = contractAtOf(books)
  const stretches: { from: Instant; to: Instant; period: Period }[] = []
  for (let at = from; at < to; at += QUARTER) {
    const contract = contractAt(at)
    const period = contract && periodAt(contract, at).period
    const last = stretches.at(-1)
    if (period === null) continue
    if (last?.period === period && last.to === at) last.to = Math.min(to, at + QUARTER)
    else stretches.push({ from: at, to: Math.min(to, at + QUARTER), period })
  }
  return stretches
}

/** Shifts of the last day of the window, by the clock. */
const shiftsOfLast = ({ days, almanac }: Days): View['shifts'] =>
  shiftsOf(almanac.day(days.at(-1)!.day)).map(({ breaks, ...shift }) => ({
    ...shift,
    breaks: breaks.map(({ from, to }) => [from, to] as [number, number]),
  }))

const byMachine = <T extends Place>(list: readonly T[]): Map<string | null, T[]> =>
  Map.groupBy(list, ({ machine }) => machine)

function machinesOf({ cells, values, totals, holes }: Account, plant: Days['plant']): View['machines'] {
  const [cost, value, times] = [byMachine(cells), byMachine(values), byMachine(totals)]
  const unknown = new Set(holes.map(({ machine }) => machine))
  return plant.machines
    .filter(({ meter }) => meter !== true)
    .map(({ path }) => {
      const spent = (cost.get(path) ?? []).reduce((sum, { nano }) => sum + nano, 0n)
      const made = (value.get(path) ?? []).reduce((sum, { added, scrapped }) => sum + added - scrapped, 0n)
      const { u, status } = uOf(spent, made, { known: !unknown.has(path) })
      const oee = OEE.of(performanceOf({ totals: times.get(path) ?? [] }))
      return {
        machine: path,
        cost: toFen(spent),
        value: toFen(made),
        u2: u === null ? null : shownU(u),
        status,
        oee: oee.value,
        oeeReason: oee.reason,
      }
    })
}

/** The main meter's demand: null where the plant has none, or buys none by its peak. */
function demandOf(account: Account, books: PriceBook, asOf: Instant): View['demand'] {
  const basic = contractAtOf(books)(asOf - 1)?.basic
  const month = account.months.find((one) => one.month === monthOf(asOf - 1))
  if (!basic || !month) return null
  const running = runningQuarter(account.quarters, asOf)
  const forecast = running && quarterForecast(basic, month.peakW, running)
  return {
    peakW: month.peakW,
    forecastW: forecast?.watts ?? null,
    contractW: basic.mode === 'contract_demand' ? basic.kw * 1000 : null,
  }
}

function runningQuarter(quarters: readonly QuarterSum[], asOf: Instant) {
  const last = quarters.at(-1)
  if (!last || last.start + QUARTER <= asOf) return null
  return { wh: last.wh, passedMs: asOf - last.start, lengthMs: QUARTER }
}
