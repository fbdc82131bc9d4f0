/** Months: open and closed ones, closing one, and a month against the firm's books. */
import { CloseMonth } from '#contract/control.ts'
import type { MonthView } from '#contract/months.ts'
import { Turns } from '#runtime/turns.ts'
import { perform } from '../deed.ts'
import { accountsOf } from '../figures/accounts.ts'
import { bookshelf } from '../figures/almanac.ts'
import { accountOfMonth, monthsOf, monthView, reconciliationView } from '../figures/months.ts'
import type { Ports } from '../ports.ts'
import { badKey, deedAnswer, idempotencyKey } from './deeds.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'

export const months = (ports: Ports) => {
  const accounts = accountsOf(ports)
  return serve<'months' | 'monthClose' | 'reconciliation'>(ports, {
    months: async ({ at }) => {
      const firm = at['firm']!
      const ledger = ports.ledgers.of(firm)!
      const now = ports.now()
      const body: MonthView[] = []
      const turns = new Turns()
      for (const month of monthsOf(ledger)) {
        await turns.next()
        body.push(monthView(month, await accountOfMonth(accounts, firm, ledger, month), now))
      }
      return { body }
    },

    monthClose: async ({ who, at, body, request }) => {
      const month = CloseMonth.shape.month.safeParse(at['month'])
      if (!month.success) return refuse(404)
      const id = idempotencyKey(request)
      if (id === false) return badKey()
      const deed = { kind: 'close.month', version: 1, body: { month: month.data, ...body }, id } as const
      return deedAnswer(await perform(ports, who, at['firm']!, deed))
    },

    reconciliation: async ({ at, query }) => {
      const firm = at['firm']!
      const ledger = ports.ledgers.of(firm)!
      const shelf = bookshelf(ledger)
      const month = monthsOf(ledger).find((one) => one.month === query.month)
      if (!shelf || !month) return refuse(404, 'no-data', 'no production day of this month has an account')
      const account = await accountOfMonth(accounts, firm, ledger, month)
      return { body: reconciliationView(firm, month, account, shelf.books, ports.now()) }
    },
  })
}
