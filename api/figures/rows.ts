/**
 * Figures as rows for scripts: one line for each name, scope and window, in the shape and under the names in which the simulators tell
 * what was true. Values are whole numbers of their unit, KPIs ratios; null has its reason.
 */
import type { FigureRow } from '#contract/figures.ts'
import { LINES, shownAt } from '#domain/accounting/elements/catalogue.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import { fenOfParts, toFen } from '#domain/accounting/rounding.ts'
import { shownU } from '#domain/accounting/u.ts'
import { figureOf, reasonOf, type Scope, type Valuation } from '#domain/accounting/valuation.ts'
import { performanceOf, type AccountPart } from '#domain/kpi/account.ts'
import { KPIS } from '#domain/kpi/oee.ts'
import { addTotals, type Totals } from '#domain/kpi/totals.ts'
import { SECOND, type Instant } from '#domain/time.ts'

type Row = Omit<FigureRow, 'scope' | 'from' | 'to'>

/** Energy by the plant's main meter; `reason`: why it is not known. */
export type Metered = { readonly wh: number; readonly reason: string | null }

/** Lines under the names of the truth. */
const LINE_NAMES: Readonly<Partial<Record<(typeof LINES)[number], string>>> = { machine_hour: 'depreciation' }

/**
 * Everything that is known of an account of one scope; its places are that scope's alone. `metered`: by the plant's main meter; left
 * out: by the machines' own.
 */
export function rowsOf(
  account: AccountPart,
  scope: Scope,
  name: string,
  window: { readonly from: Instant; readonly to: Instant },
  extra: Partial<Totals> = {},
  metered?: Metered,
): FigureRow[] {
  const totals = addTotals(account.totals.map((cell) => cell.totals))
  const performance = addTotals([performanceOf(account), extra])
  return [
    ...moneyRows(account, scope),
    ...timeRows(totals),
    energyRow(totals, metered),
    ...kpiRows(performance),
  ].map((row) => ({
    name: row.name,
    scope: name,
    ...window,
    value: row.value,
    unit: row.unit,
    reason: row.reason,
  }))
}

const row = (name: string, unit: string, value: number | null, reason: string | null = null): Row => ({
  name,
  unit,
  value,
  reason,
})

function moneyRows(account: AccountPart, scope: Scope): Row[] {
  const figure = figureOf(account, scope)
  const elements = fenOfParts(figure.elements.map(({ element, known }) => ({ id: element, nano: known })))
  const byLine = Map.groupBy(account.cells, ({ element, stream }) => shownAt(element, stream).line)
  const lines = fenOfParts(
    LINES.map((line) => ({
      id: line,
      nano: (byLine.get(line) ?? []).reduce((sum, { nano }) => sum + nano, 0n),
    })),
  )
  /** What is known of an amount is not its amount. */
  const money = (name: string, fen: number, hole: Valuation['holes'][number] | undefined): Row =>
    row(name, 'fen', hole ? null : fen, hole ? reasonOf(hole) : null)
  const ofCost = figure.holes.flatMap((hole) => {
    const { element } = hole
    return element === 'value' ? [] : [{ element, line: shownAt(element, null).line, hole }]
  })
  const unvalued = figure.holes.find(({ element }) => element === 'value')
  const sum = (of: (value: AccountPart['values'][number]) => bigint) =>
    toFen(account.values.reduce((total, value) => total + of(value), 0n))
  const values = {
    'value.added': sum(({ added }) => added),
    'value.scrapped': sum(({ scrapped }) => scrapped),
    value: toFen(figure.value),
    'value.finished': toFen(figure.finished),
  }
  const { u, status } = figure.uWip
  const { u: raw, status: rawStatus } = figure.uRaw
  return [
    ...ELEMENT_IDS.map((id, i) =>
      money(`cost.${id}`, elements.parts[i]!, ofCost.find(({ element }) => element === id)?.hole),
    ),
    money('cost.total', toFen(figure.cost), ofCost[0]?.hole),
    ...LINES.map((line, i) =>
      money(
        `line.${LINE_NAMES[line] ?? line}`,
        lines.parts[i]!,
        ofCost.find((one) => one.line === line)?.hole,
      ),
    ),
    ...Object.entries(values).map(([name, fen]) => money(name, fen, unvalued)),
    row('u', 'fen_per_100_yuan', u === null ? null : shownU(u), u === null ? status : null),
    row('u.raw', 'fen_per_100_yuan', raw === null ? null : shownU(raw), raw === null ? rawStatus : null),
  ]
}

const energyRow = ({ energyWh }: Totals, { wh, reason }: Metered = { wh: energyWh, reason: null }): Row =>
  row('energy', 'Wh', reason === null ? wh : null, reason)

/** Pieces are counted in thousandths. */
const MILLI = 1000

const timeRows = (totals: Totals): Row[] => [
  row('pieces.good', 'pieces', totals.good / MILLI),
  row('pieces.scrap', 'pieces', totals.scrap / MILLI),
  row('pieces.rework', 'pieces', totals.rework / MILLI),
  ...(['pbt', 'apt', 'aust', 'adet', 'adot', 'unknown'] as const).map((name) =>
    row(`time.${name}`, 'seconds', Math.round(totals[name] / SECOND)),
  ),
]

const kpiRows = (totals: Totals): Row[] =>
  KPIS.map(({ name, unit, of }) => {
    const { value, reason } = of(totals)
    return row(name, unit, value, reason)
  })
