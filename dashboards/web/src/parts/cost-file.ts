/** The table by line and element as a CSV file, as it is looked at. */
import type { CostView } from '../server/shapes.ts'
import type { ShownCost } from '../show/cost.ts'
import { costRows } from '../show/costFile.ts'
import { csvText } from '../show/csv.ts'
import { useWords } from '../words/words.ts'
import { saveFile } from './save-file.ts'

/** Call inside setup. */
export function useCostFile(): (view: CostView, shown: ShownCost) => void {
  const words = useWords()
  return (view, shown) => {
    const { firstDay, lastDay } = view.window
    const days = firstDay === lastDay ? firstDay : `${firstDay}_${lastDay}`
    const text = csvText(costRows(view, shown, words))
    saveFile(`${view.firm}-cost-${days}.csv`, new Blob([text], { type: 'text/csv;charset=utf-8' }))
  }
}
