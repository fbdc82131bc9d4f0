/** The words of the drawer come with it: most pages are read without, and the first paint should not wait for them. */
import { enTrace } from './en-trace.ts'
import { i18n } from './words.ts'
import { zhTrace } from './zh-trace.ts'

export function learnTraceWords(): void {
  i18n.global.mergeLocaleMessage('zh', zhTrace)
  i18n.global.mergeLocaleMessage('en', enTrace)
}
