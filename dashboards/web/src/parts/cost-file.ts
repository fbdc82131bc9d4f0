/** The table by line and element as a CSV file, as it is looked at. */
import type { CostView } from '../server/shapes.ts'
import { csvOf, elementsOf, type ShownCost } from '../show/cost.ts'
import { useWords } from '../words/words.ts'

const yuan = (fen: number | null): number | null => (fen === null ? null : fen / 100)

/** Call inside setup. */
export function useCostFile(): (view: CostView, shown: ShownCost) => void {
  const { t, title } = useWords()
  return (view, shown) => {
    const head = [
      t('costPage.line'),
      t('costPage.costYuan'),
      t('costPage.perHundred'),
      t('costPage.targetWord'),
      t('costPage.measured'),
      t('costPage.standard'),
      t('costPage.estimate'),
      t('costPage.provisional'),
    ]
    const rows = shown.lines.flatMap((line) => [
      [
        t(`line.${line.line}`),
        yuan(line.cost),
        yuan(line.u2),
        yuan(line.target),
        yuan(line.by.measured),
        yuan(line.by.standard),
        yuan(line.by.estimated),
        yuan(line.provisional),
      ],
      ...elementsOf(view, line.line).elements.map((element) => [
        `  ${title(element.title)}`,
        yuan(element.known),
        yuan(element.u2),
        null,
        yuan(element.by.measured),
        yuan(element.by.standard),
        yuan(element.by.estimated),
        null,
      ]),
    ])
    const { by, provisional } = view.figure
    const total = [
      t('costPage.total'),
      yuan(shown.cost),
      yuan(shown.u2),
      yuan(shown.target),
      yuan(by.measured),
      yuan(by.standard),
      yuan(by.estimated),
      yuan(provisional),
    ]
    const { firstDay, lastDay } = view.window
    const days = firstDay === lastDay ? firstDay : `${firstDay}_${lastDay}`
    save(csvOf([head, ...rows, total]), `${view.firm}-cost-${days}.csv`)
  }
}

function save(text: string, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
