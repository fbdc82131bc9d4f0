/** The two languages. The message compiler interprets (JIT) and never evaluates code: the page's policy forbids it. */
import { type Composer, createI18n, useI18n } from 'vue-i18n'
import type { Failure } from '../server/rest.ts'
import type { Lang } from '../show/format.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

export const i18n = createI18n({
  legacy: false,
  locale: 'zh',
  fallbackLocale: 'zh',
  messages: { zh, en },
  missingWarn: false,
  fallbackWarn: false,
})

/** Words that one page alone needs come with it. */
export function addWords(words: Readonly<Record<Lang, object>>): void {
  for (const [lang, own] of Object.entries(words)) i18n.global.mergeLocaleMessage(lang, own)
}

export const isLang = (text: unknown): text is Lang => text === 'zh' || text === 'en'

export function setLang(lang: Lang): void {
  i18n.global.locale.value = lang
  document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en'
}

export type Words = {
  readonly t: Composer['t']
  readonly lang: () => Lang
  /** A title of the plant in the page's language. */
  readonly title: (title: { zh: string; en: string }) => string
  /** The words of a key, or the fallback where it has none. */
  readonly known: (key: string, fallback: string) => string
  /** A device's or our reason in words; an unlisted one as it was sent. */
  readonly cause: (reason: string) => string
  /** One sentence for a failed request. */
  readonly problem: (failure: Failure) => string
}

/** Words in the language of the page; call inside setup. */
export function useWords(): Words {
  const words = useI18n()
  const t = words.t.bind(words) as Composer['t']
  const te = (key: string): boolean => words.te(key, 'zh')
  const lang = (): Lang => words.locale.value as Lang
  return {
    t,
    lang,
    title: (title) => title[lang()] || title.zh,
    known: (key, fallback) => (te(key) ? t(key) : fallback),
    cause: (reason) => (te(`cause.${reason}`) ? t(`cause.${reason}`) : reason),
    problem: (failure) => {
      const type = failure.type.replaceAll('-', '_')
      for (const key of [`problem.${type}`, `refusal.${type}`, `problem.http_${failure.status}`])
        if (te(key)) return t(key)
      return failure.detail ?? t('problem.other', { status: failure.status })
    },
  }
}
