/** The table of cost by line and element as rows of a file, in yuan, as it is looked at. */
import type { CostView } from '../server/shapes.ts'
import { elementsOf, type ShownCost } from './cost.ts'
import type { CsvCell } from './csv.ts'

const yuan = (fen: number | null): number | null => (fen === null ? null : fen / 100)

const COLUMNS = [
  'line',
  'costYuan',
  'perHundred',
  'targetWord',
  'measured',
  'standard',
  'estimate',
  'provisional',
] as const

type Words = {
  readonly t: (key: string) => string
  readonly title: (title: { zh: string; en: string }) => string
}

const rowOf = (
  name: string,
  cost: number | null,
  { u2, target }: { readonly u2: number | null; readonly target: number | null },
  { measured, standard, estimated }: CostView['figure']['by'],
  provisional: number | null,
): CsvCell[] => [name, ...[cost, u2, target, measured, standard, estimated, provisional].map(yuan)]

export const costRows = (view: CostView, shown: ShownCost, { t, title }: Words): CsvCell[][] => [
  COLUMNS.map((column) => t(`costPage.${column}`)),
  ...shown.lines.flatMap((line) => [
    rowOf(t(`line.${line.line}`), line.cost, line, line.by, line.provisional),
    ...elementsOf(view, line.line).elements.map(({ title: named, known, u2, by }) =>
      rowOf(`  ${title(named)}`, known, { u2, target: null }, by, null),
    ),
  ]),
  rowOf(t('costPage.total'), shown.cost, shown, view.figure.by, view.figure.provisional),
]
