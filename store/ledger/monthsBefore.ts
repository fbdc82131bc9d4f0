/** What a production day begins with. */
import type { MonthState } from '#domain/accounting/monthAccount.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import type { Valued } from './ledger.ts'

/**
 * Months as the last valued day before left them: none before the first. That day may lie in the month before: a production day ends in
 * the morning, and the night of a month's first date belongs to the last date before it.
 */
export function monthsBefore(
  source: Pick<Valued, 'accountBefore' | 'account'>,
  day: string,
): readonly MonthState[] {
  const head = source.accountBefore(day)
  return head ? decodeAccount(source.account(head.day, head.revision)!.text, 0).months : []
}
