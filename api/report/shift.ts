/**
 * The report of one shift, made when it is asked for: of a settled shift always the same, from the ledger; of one that runs, as of now.
 * It says nothing that the cost page or a machine's page would say otherwise: the same account, the same rounding.
 */
import type { z } from 'zod'
import type { ShiftReport } from '#contract/report.ts'
import { addLosses } from '#domain/accounting/loss.ts'
import { fenOfParts, toFen } from '#domain/accounting/rounding.ts'
import type { Book } from '#domain/accounting/records.ts'
import { U_DEFINITIONS } from '#domain/accounting/u.ts'
import { partOf, performanceOf, type AccountPart } from '#domain/kpi/account.ts'
import { KPIS } from '#domain/kpi/oee.ts'
import { addTotals, makesPieces } from '#domain/kpi/totals.ts'
import type { Machine, Plant } from '#domain/plant/plant.ts'
import { stopReasonsOf } from '#domain/plant/stopReasons.ts'
import type { Instant } from '#domain/time.ts'
import type { SettledShift } from '#store/ledger/ledger.ts'
import { insideOf, titleOf } from '../figures/cost.ts'
import type { Days } from '../figures/days.ts'
import { lossesView } from '../figures/losses.ts'
import { targetsOf } from '../figures/targets.ts'
import { figureView, linesView } from '../figures/view.ts'
import { energyOfShift } from './energy.ts'
import { settlementOf, type ShiftSpan } from './shifts.ts'

type View = z.infer<typeof ShiftReport>

const STOPS = 6
const kpiOf = (name: string) => KPIS.find((kpi) => kpi.name === name)!.of
const [availability, effectiveness, quality, oee] = [
  kpiOf('availability'),
  kpiOf('effectiveness'),
  kpiOf('quality_ratio'),
  kpiOf('oee'),
]

export type ReportAsked = {
  readonly span: ShiftSpan
  /** Settlements of this shift, the oldest first. */
  readonly trail: readonly SettledShift[]
  readonly at: Instant
}

/** `days` is the one production day of the shift. */
export function shiftReport(days: Days, { span, trail, at }: ReportAsked): View {
  const { plant, book, firm } = days
  const { day, head, asOf } = days.days[0]!
  const { shift, name, from, to, netMs } = span
  const account = partOf(days.account, insideOf(shift, 'plant'))
  const settlements = trail.map(settlementOf)
  const settled = settlements.at(-1) ?? null
  const figure = figureView(account, 'plant', (settled?.revision ?? 0) > 0)
  const targets = targetsOf(book, shift)
  const totals = addTotals(account.totals.map((cell) => cell.totals))
  return {
    firm,
    title: plant.title,
    simulated: plant.simulated,
    at,
    day,
    shift,
    name,
    from,
    to,
    asOf: Math.min(asOf, to),
    netMs,
    settled,
    trail: settlements,
    account: head && { revision: head.revision, hash: head.hash },
    figure,
    target: targets.u,
    lines: linesView(account, figure, targets.lines),
    products: productsOf(account, plant, book),
    inspected: totals.inspected,
    passed: totals.passed,
    parts: { good: totals.good, scrap: totals.scrap, rework: totals.rework },
    kinds: kindsOf(account, plant, book),
    energy: energyOfShift(days, account, from, to),
    ...stopsOf(account, plant),
    otherLosses: otherLosses(account),
    lossTotal: lossesView(account).lossTotal,
    scrap: scrapOf(account, plant),
    unknownMs: totals.unknown,
    by: figure.by,
    holes: figure.holes,
    definition: `u_wip/${U_DEFINITIONS.u_wip}`,
    records: days.days[0]!.version,
  }
}

/** Products that were finished or worked on, the most valuable first. */
function productsOf({ values }: AccountPart, plant: Plant, book: Book): View['products'] {
  const rows = [...Map.groupBy(values, ({ product }) => product)].flatMap(([product, cells]) => {
    if (product === null) return []
    const finished = cells.reduce((sum, cell) => sum + cell.finished, 0n)
    const price = BigInt(book.find('product', product)?.price ?? 0)
    return [
      {
        product,
        title: titleOf(plant, 'product', product),
        good: price > 0n && finished % price === 0n ? Number(finished / price) : null,
        finished,
        value: cells.reduce((sum, { added, scrapped }) => sum + added - scrapped, 0n),
      },
    ]
  })
  const finished = fenOfParts(rows.map((row) => ({ id: row.product, nano: row.finished })))
  const value = fenOfParts(rows.map((row) => ({ id: row.product, nano: row.value })))
  return rows
    .map((row, i) => ({ ...row, finished: finished.parts[i]!, value: value.parts[i]! }))
    .toSorted((a, b) => b.value - a.value)
}

/** What machines of a kind have in common in their names: `车床 07` is a `车床`. */
const kindTitle = ({ title }: Machine, count: number) =>
  count === 1 ? title : { zh: title.zh.replace(/[\s#-]*\d+$/, ''), en: title.en.replace(/[\s#-]*\d+$/, '') }

/** A, E and Q of the machines of a kind together: sums first, then the ratio. */
function kindsOf({ totals }: AccountPart, plant: Plant, book: Book): View['kinds'] {
  const byMachine = Map.groupBy(totals, ({ machine }) => machine)
  const machines = plant.machines.filter(
    (machine) => machine.meter !== true && makesPieces(book, machine.kind),
  )
  return [...Map.groupBy(machines, ({ kind }) => kind)].map(([kind, own]) => {
    const sum = performanceOf({ totals: own.flatMap(({ path }) => byMachine.get(path) ?? []) })
    const { value, reason } = oee(sum)
    return {
      kind,
      title: kindTitle(own[0]!, own.length),
      machines: own.length,
      pbt: sum.pbt,
      availability: availability(sum).value,
      effectiveness: effectiveness(sum).value,
      quality: quality(sum).value,
      oee: value,
      reason,
    }
  })
}

function stopsOf({ losses }: AccountPart, plant: Plant): Pick<View, 'stops' | 'stopTotal'> {
  const stops = losses.filter(({ kind }) => kind === 'stop')
  const reasons = new Map(stopReasonsOf(plant).map(({ code, title }) => [code, { ...title }]))
  const shown = lossesView({ losses: stops })
  return {
    stops: shown.losses.slice(0, STOPS).map((loss) => ({
      ...loss,
      machineTitle: titleOf(plant, 'machine', loss.machine),
      reasonTitle: loss.reason === null ? null : (reasons.get(loss.reason) ?? null),
    })),
    stopTotal: shown.lossTotal,
  }
}

function otherLosses({ losses }: AccountPart): View['otherLosses'] {
  const sums = [...Map.groupBy(losses, ({ kind }) => kind)].map(([kind, own]) => ({
    kind,
    cost: toFen(own.reduce((sum, { nano }) => sum + nano, 0n)),
  }))
  return sums.filter(({ kind, cost }) => kind !== 'stop' && cost > 0).toSorted((a, b) => b.cost - a.cost)
}

/** Scrapped parts by machine, the dearest first. */
function scrapOf({ losses }: AccountPart, plant: Plant): View['scrap'] {
  return addLosses(losses.filter(({ kind }) => kind === 'scrap'))
    .filter(({ milli }) => milli > 0)
    .map(({ machine, milli, nano }) => ({
      machine,
      title: titleOf(plant, 'machine', machine),
      milli,
      cost: toFen(nano),
    }))
}
