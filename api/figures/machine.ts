/** A machine's day or shift: KPIs of the catalogue, times of the OEE bar, pieces, energy by tariff period, losses, cost. */
import type { z } from 'zod'
import type { MachineFigures } from '#contract/figures.ts'
import { contractAtOf } from '#domain/accounting/elements/energy.ts'
import { chargeByPeriod } from '#domain/accounting/electricity/charge.ts'
import { roleOf } from '#domain/accounting/measureRole.ts'
import type { Pane } from '#domain/accounting/pane.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { fenOfParts } from '#domain/accounting/rounding.ts'
import { partOf, performanceOf } from '#domain/kpi/account.ts'
import { KPIS, warningsOf, type Figure } from '#domain/kpi/oee.ts'
import { reliabilityOf } from '#domain/kpi/reliability.ts'
import { addTotals, type Totals } from '#domain/kpi/totals.ts'
import type { Segment } from '#domain/telemetry/states.ts'
import type { Machine } from '#domain/plant/plant.ts'
import { insideOf } from './cost.ts'
import { basisOf, isRevised, windowOf, type Days } from './days.ts'
import { lossesView } from './losses.ts'
import { elementsView, figureView } from './view.ts'

type View = z.infer<typeof MachineFigures>

/** Totals of a machine in a shift (undefined: all of the window), with failures counted from its states. */
export function totalsOfMachine(
  days: Pick<Days, 'account'>,
  path: string,
  shift: number | null | undefined,
  segments: readonly Segment[],
): Totals {
  const own = partOf(days.account, insideOf(shift, { axis: 'machine', key: path }))
  return addTotals([performanceOf(own), reliabilityOf(segments)])
}

export function kpisView(totals: Totals): View['kpis'] {
  return KPIS.map(({ name, title, unit, clause, version, of }) => {
    const { value, reason }: Figure = of(totals)
    return { name, title, unit, clause, version, value, reason }
  })
}

export type MachineAsked = {
  readonly machine: Machine
  readonly shift: number | null | undefined
  /** States of the window, or of the shift in it. */
  readonly segments: readonly Segment[]
  /** Quarters of the window. */
  readonly panes: readonly Pane[]
  readonly books: PriceBook
  readonly oeeBefore: number | null
}

export function machineView(days: Days, asked: MachineAsked): View {
  const { machine, shift, segments, panes, books, oeeBefore } = asked
  const scope = { axis: 'machine', key: machine.path } as const
  const account = partOf(days.account, insideOf(shift, scope))
  const figure = figureView(account, scope, isRevised(days))
  const totals = totalsOfMachine(days, machine.path, shift, segments)
  const { pbt, apt, aust, adet, adot, unknown, standard, standardGood, good, scrap, rework } = totals
  return {
    firm: days.firm,
    machine: machine.path,
    window: windowOf(days),
    shift: shift ?? null,
    figure,
    kpis: kpisView(totals),
    oeeBefore,
    times: {
      pbt,
      apt,
      aust,
      adet,
      adot,
      unknown,
      standard: Math.round(standard / 1000),
      standardGood: Math.round(standardGood / 1000),
    },
    pieces: { good, scrap, rework },
    warnings: warningsOf(totals),
    energy: energyOf(
      machine,
      panes.filter((pane) => shift === undefined || pane.shift === shift),
      books,
    ),
    losses: lossesView(account).losses,
    elements: elementsView(account, figure),
    basis: basisOf(days),
  }
}

/** Energy by period of the tariff, from differences of the machine's register alone. */
function energyOf(machine: Machine, panes: readonly Pane[], books: PriceBook): View['energy'] {
  const registers = machine.measures.flatMap((measure) => {
    const found = roleOf(measure)
    return found.role === 'energy' ? [{ name: measure.name, per: found.perStep }] : []
  })
  const used = panes.flatMap((pane) => {
    const wh = registers.reduce((sum, { name, per }) => sum + (pane.registers[name] ?? 0) * per, 0)
    const stands = (pane.states['RUN'] ?? 0) + (pane.states['UNKNOWN'] ?? 0) === 0
    return wh === 0 ? [] : [{ start: pane.start, wh, idleWh: stands ? wh : 0 }]
  })
  const charged = chargeByPeriod(contractAtOf(books), used)
  const shown = fenOfParts(
    charged.map(({ period, price, nano }) => ({ id: `${period} ${price}`, nano: nano ?? 0n })),
  )
  return {
    wh: used.reduce((sum, { wh }) => sum + wh, 0),
    cost: charged.some(({ nano }) => nano === null) ? null : shown.total,
    periods: charged.map(({ period, price, wh, nano }, i) => ({
      period,
      price,
      wh,
      cost: nano === null ? null : shown.parts[i]!,
    })),
    idleWh: used.reduce((sum, { idleWh }) => sum + idleWh, 0),
  }
}
