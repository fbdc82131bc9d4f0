/** The PDF of a shift report, saved under the name that the server gives it. */
import { shallowRef, type ShallowRef } from 'vue'
import { type Failure, rest } from '../server/rest.ts'
import { useWords } from '../words/words.ts'
import { saveFile } from './save-file.ts'

/** Call inside setup. */
export function useReportFile(firm: string): {
  readonly failure: ShallowRef<Failure | null>
  /** Which one is being made, as `day shift`. */
  readonly busy: ShallowRef<string | null>
  readonly savePdf: (day: string, shift: number) => Promise<void>
} {
  const { lang } = useWords()
  const failure = shallowRef<Failure | null>(null)
  const busy = shallowRef<string | null>(null)
  async function savePdf(day: string, shift: number): Promise<void> {
    busy.value = `${day} ${shift}`
    const answer = await rest.shiftPdf(firm, day, shift, lang())
    busy.value = null
    failure.value = answer.ok ? null : answer.failure
    if (!answer.ok) return
    saveFile(answer.value.name, answer.value.blob)
  }
  return { failure, busy, savePdf }
}
