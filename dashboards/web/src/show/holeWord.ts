/** Why a figure is unknown, in words: a hole of the valuation, or the reason of a KPI or of u. */
import { machineByPath } from '../session.ts'
import type { Words } from '../words/words.ts'

export function holeWord({ t, known, title }: Words, reason: string, of: string): string {
  const machine = machineByPath.value.get(of)
  const name = machine ? title(machine.title) : of
  return known(`hole.${reason}`, '')
    ? t(`hole.${reason}`, { of: name })
    : t('hole.other', { of: name, reason })
}

/** `no_record: product/tee-dn25`, NOT_COUNTED, NO_OUTPUT. */
export function noFigureWord(words: Words, text: string): string {
  const colon = text.indexOf(': ')
  if (colon >= 0) return holeWord(words, text.slice(0, colon), text.slice(colon + 2))
  return words.known(`kpiReason.${text}`, words.known(`valueStatus.${text}`, text))
}
