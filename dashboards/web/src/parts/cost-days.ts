/** Production days as dates: which one runs, and the day of the week in words. */
import { computed, type ComputedRef } from 'vue'
import { MINUTE, SHANGHAI_OFFSET } from '#domain/time.ts'
import { feed } from '../live/feed.ts'
import { seat } from '../session.ts'
import { useWords } from '../words/words.ts'

/** Call inside setup. */
export function useDays(): {
  readonly today: ComputedRef<string>
  readonly weekday: (day: string) => string
} {
  const { t, lang } = useWords()
  const start = Math.min(...(seat.plant.value?.shifts ?? []).map((shift) => shift.start), 24 * 60) % (24 * 60)
  return {
    today: computed(() =>
      new Date(feed.clock.value + SHANGHAI_OFFSET - start * MINUTE).toISOString().slice(0, 10),
    ),
    weekday: (day) => {
      const names = t('costPage.weekdays').split(lang() === 'zh' ? '' : ' ')
      return t('costPage.weekday', { d: names[new Date(`${day}T00:00:00Z`).getUTCDay()]! })
    },
  }
}
