/**
 * Figures as they are shown: fen rounded once, parts that sum to the total shown, u with its status, shares of what is measured, standard
 * and estimated, and everything that is missing by name.
 */
import type { z } from 'zod'
import type { ElementView, FigureView, HoleView, LineView, Provenances } from '#contract/figures.ts'
import { ELEMENTS, LINES, shownAt, type Line } from '#domain/accounting/elements/catalogue.ts'
import type { ElementId } from '#domain/accounting/elements/element.ts'
import { fenOfParts, toFen, type Nano } from '#domain/accounting/rounding.ts'
import { shownU, shownUs, type CostPerOutput } from '#domain/accounting/u.ts'
import {
  figureOf,
  nanoBy,
  reasonOf,
  type Cell,
  type Scope,
  type Valuation,
} from '#domain/accounting/valuation.ts'
import { PROVENANCES, type Provenance } from '#domain/accounting/valuationCase.ts'
import type { AccountPart } from '#domain/kpi/account.ts'
import { addTotals, type Totals } from '#domain/kpi/totals.ts'

export type Figure = z.infer<typeof FigureView>
type Hole = z.infer<typeof HoleView>

/** Cost whose bill is not known yet: what accrues of the month's basic charge and its power factor. */
const OF_THE_MONTH: ReadonlySet<ElementId> = new Set(['demand', 'power_factor'])

const sumOf = (cells: readonly Cell[], of: (cell: Cell) => boolean = () => true): Nano =>
  cells.reduce((sum, cell) => (of(cell) ? sum + cell.nano : sum), 0n)

const provenancesOf = (cells: readonly Cell[]) =>
  Object.fromEntries(nanoBy(cells, ({ provenance }) => provenance))

function shownBy(by: Partial<Record<Provenance, Nano>>): z.infer<typeof Provenances> {
  const shown = fenOfParts(PROVENANCES.map((id) => ({ id, nano: by[id] ?? 0n })))
  return Object.fromEntries(PROVENANCES.map((id, i) => [id, shown.parts[i]!])) as Record<Provenance, number>
}

const provisionalOf = (account: AccountPart, cells: readonly Cell[]): number =>
  account.provisional ? toFen(sumOf(cells, ({ element }) => OF_THE_MONTH.has(element))) : 0

/** Time with evidence over all time; null: there is none. */
export const coverageOf = ({ covered, calendar }: Totals): number | null =>
  calendar > 0 ? covered / calendar : null

const ratio = ({ u, status }: CostPerOutput) => ({ u, u2: u === null ? null : shownU(u), status })

/** `account` is of the scope's places already, but for its holes, which go by machine. */
export function figureView(account: AccountPart, scope: Scope = 'plant', revised = false): Figure {
  const figure = figureOf(account, scope, { revised })
  const { uWip, uRaw } = figure
  return {
    cost: toFen(figure.cost),
    value: toFen(figure.value),
    finished: toFen(figure.finished),
    ...ratio(uWip),
    costNoOutput: toFen(uWip.costNoOutput),
    raw: ratio(uRaw),
    flags: [...figure.flags],
    by: shownBy(figure.by),
    coverage: coverageOf(addTotals(account.totals.map(({ totals }) => totals))),
    provisional: provisionalOf(account, account.cells),
    holes: figure.holes.map(holeView),
  }
}

const holeView = ({ element, machine, reason, of }: Valuation['holes'][number]): Hole => ({
  element,
  machine,
  reason,
  of,
})

/** u of parts that sum to the u shown of the whole; null where that has none. */
function usOf(
  parts: readonly { readonly id: string; readonly fen: number }[],
  figure: Figure,
): (number | null)[] {
  if (figure.u2 === null || figure.value <= 0) return parts.map(() => null)
  return shownUs(parts, figure.value, figure.u2)
}

/** The wall's lines; they sum to the figure. `targets`: hundredths by line. */
export function linesView(
  account: AccountPart,
  figure: Figure,
  targets: ReadonlyMap<Line, number>,
): z.infer<typeof LineView>[] {
  const byLine = Map.groupBy(account.cells, ({ element, stream }) => shownAt(element, stream).line)
  const cellsOf = (line: Line) => byLine.get(line) ?? []
  const shown = fenOfParts(LINES.map((line) => ({ id: line, nano: sumOf(cellsOf(line)) })))
  const us = usOf(
    LINES.map((line, i) => ({ id: line, fen: shown.parts[i]! })),
    figure,
  )
  return LINES.map((line, i) => ({
    line,
    cost: shown.parts[i]!,
    u2: us[i]!,
    target: targets.get(line) ?? null,
    by: shownBy(provenancesOf(cellsOf(line))),
    provisional: provisionalOf(account, cellsOf(line)),
    holes: figure.holes.filter(
      ({ element }) => element !== 'value' && shownAt(element as ElementId, null).line === line,
    ),
  }))
}

/** The fifteen elements; what they know sums to the figure's cost. */
export function elementsView(account: AccountPart, figure: Figure): z.infer<typeof ElementView>[] {
  const byElement = Map.groupBy(account.cells, ({ element }) => element)
  const cellsOf = (id: ElementId) => byElement.get(id) ?? []
  const shown = fenOfParts(ELEMENTS.map(({ id }) => ({ id, nano: sumOf(cellsOf(id)) })))
  const us = usOf(
    ELEMENTS.map(({ id }, i) => ({ id, fen: shown.parts[i]! })),
    figure,
  )
  return ELEMENTS.map(({ id, title, behaviour, driver, allocation }, i) => {
    const hole = figure.holes.find(({ element }) => element === id)
    return {
      element: id,
      title,
      behaviour,
      driver,
      allocation,
      cost: hole ? null : shown.parts[i]!,
      known: shown.parts[i]!,
      u2: us[i]!,
      by: shownBy(provenancesOf(cellsOf(id))),
      reason: hole ? reasonOf(hole) : null,
    }
  })
}
