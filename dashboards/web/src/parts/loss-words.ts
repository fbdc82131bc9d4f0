/** The cause of a loss in words: `故障，主轴过载` · `报废` · `换型`. */
import type { DayFigures } from '#contract/figures.ts'
import { seat } from '../session.ts'
import { useStopReasons } from '../show/stop-reasons.ts'
import { useWords } from '../words/words.ts'

type Loss = DayFigures['losses'][number]

/** Call inside setup. */
export function useLossWords(): { readonly causeOf: (loss: Loss) => string } {
  const { t, lang, known } = useWords()
  const { reasonWord } = useStopReasons(seat.plant.value!.firm)
  return {
    causeOf: ({ kind, state, reason, product }) => {
      const what = kind === 'stop' && state ? known(`state.${state}`, state) : t(`loss.${kind}`)
      const more = reason ? reasonWord(reason) : (product?.toUpperCase() ?? null)
      return more ? `${what}${lang() === 'zh' ? '，' : ', '}${more}` : what
    },
  }
}
