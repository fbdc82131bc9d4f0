/** The electricity bill: energy by period, contract demand, power factor; the compressors' part goes to the air pool. */
import { HOUR, type Instant, MINUTE } from '#domain/time.ts'
import { type Book, micro } from './book.ts'
import { addDays, midnightOf, monthOf } from './calendar.ts'
import { DEMAND, LOSS, POWER_FACTOR } from './data/energy.ts'
import { whAt } from './energy.ts'
import { type TariffSpan, tariffSpans } from './tariff.ts'
import type { DayTruth, PowerPiece } from './truthDay.ts'

/** Micro-yuan of energy since the day began. */
function energyCost(pieces: readonly PowerPiece[], tariff: readonly TariffSpan[], at: Instant): number {
  let sum = 0
  for (const { from, to, price } of tariff) {
    if (from >= at) break
    sum += price * (whAt(pieces, Math.min(to, at)) - whAt(pieces, from))
  }
  return sum
}

function monthDays(date: string): number {
  const first = `${date.slice(0, 7)}-01`
  let days = 28
  while (monthOf(addDays(first, days)) === monthOf(date)) days++
  return days
}

/**
 * Energy by period; the compressors' goes to the air pool, with the power factor on it. Losses and what is no machine's are the
 * plant's. The contract demand accrues by calendar hour; a peak beyond its tolerance is paid when it is raised.
 */
export function postElectricity(day: DayTruth, { live, post }: Book): void {
  const p = day.parameters
  const tariff = tariffSpans(p.tariff, day.from, day.to)
  const costs: ((at: Instant) => number)[] = []
  for (const { machine, power } of Object.values(day.machines)) {
    const cost = (at: Instant) => energyCost(power, tariff, at)
    if (machine.kind === 'CP') {
      live('air_power', machine.name, (at) => cost(at) * (1 + POWER_FACTOR.adjustment))
      // losses of the compressors' lines stay with the unmetered rest
      live('electricity', 'plant', (at) => cost(at) * LOSS)
      costs.push((at) => cost(at) * LOSS)
      continue
    }
    live('electricity', machine.name, cost)
    live('electricity', 'plant', (at) => cost(at) * LOSS)
    costs.push((at) => cost(at) * (1 + LOSS))
  }
  for (const pieces of Object.values(day.loads)) {
    const cost = (at: Instant) => energyCost(pieces, tariff, at) * (1 + LOSS)
    live('electricity', 'plant', cost)
    costs.push(cost)
  }
  const perMs = (date: string) => micro(p.contractKw * DEMAND.price) / monthDays(date) / (24 * HOUR)
  const midnight = midnightOf(addDays(day.date, 1))
  const demand = (at: Instant) =>
    (Math.min(at, midnight) - day.from) * perMs(day.date) +
    Math.max(0, at - midnight) * perMs(addDays(day.date, 1))
  live('demand', 'plant', demand)
  const excess = (watts: number) =>
    Math.max(0, watts / 1000 - p.contractKw * DEMAND.tolerance) * micro(DEMAND.price) * DEMAND.excessFactor
  const raised = excess(day.peak.after) - excess(day.peak.before)
  if (raised > 0) post('demand', 'plant', day.to - MINUTE, raised)
  live('power_factor', 'plant', (at) => {
    const bill = costs.reduce((sum, cost) => sum + cost(at), demand(at))
    return (bill + (at > day.to - MINUTE ? Math.max(0, raised) : 0)) * POWER_FACTOR.adjustment
  })
}
