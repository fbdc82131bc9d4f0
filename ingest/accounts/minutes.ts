/** Minutes of the last 48 hours, each valued by itself: for scripts that look at a plant closely. Of the month only what accrues. */
import type { MinuteAccount } from '#contract/local.ts'
import { quarterAccountOf } from '#domain/kpi/account.ts'
import { encodeAccount } from '#domain/kpi/accountText.ts'
import type { Pane } from '#domain/accounting/pane.ts'
import type { Span } from '#domain/accounting/span.ts'
import { MINUTE } from '#domain/time.ts'
import type { Firm } from '../firm.ts'
import { panesNow, type NotShown } from '../panesNow.ts'
import { dayTermsOf, type DayTerms } from '#domain/kpi/dayTerms.ts'

const MOST = 120

/** Whole minutes of [from, to), or why there are none. `clock`: see panesNow. */
export function minuteAccounts(firm: Firm, { from, to }: Span, clock: number): MinuteAccount[] | NotShown {
  const isGrid = Number.isSafeInteger(from) && from % MINUTE === 0 && to % MINUTE === 0 && from < to
  if (!isGrid) return 'bad_window'
  if (to - from > MOST * MINUTE) return 'window_too_long'
  const byMinute = new Map<number, Pane[]>()
  for (const machine of firm.machines.values()) {
    if (machine.index === null) continue
    const found = panesNow(firm, machine, { from, to, length: MINUTE }, clock)
    if (typeof found === 'string') return found
    for (const pane of found.panes) {
      const own = byMinute.get(pane.start)
      if (own) own.push(pane)
      else byMinute.set(pane.start, [pane])
    }
  }
  const terms = new Map<string, DayTerms>()
  const minutes: MinuteAccount[] = []
  for (let at = from; at < to; at += MINUTE) {
    const day = firm.almanac.at(at)
    let own = terms.get(day.day)
    if (!own) terms.set(day.day, (own = dayTermsOf(day, firm.books)))
    const span = { from: at, to: at + MINUTE }
    const account = quarterAccountOf({ ...own, span, panes: byMinute.get(at) ?? [] })
    minutes.push({ ...span, version: account.version, text: encodeAccount(account) })
  }
  return minutes
}
