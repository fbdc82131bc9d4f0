/** The dearest losses of an account, and what all of them cost. */
import type { z } from 'zod'
import type { LossView } from '#contract/figures.ts'
import { addLosses } from '#domain/accounting/loss.ts'
import { toFen } from '#domain/accounting/rounding.ts'
import type { Account } from '#domain/kpi/account.ts'

const SHOWN = 10

type Shown = { readonly losses: z.infer<typeof LossView>[]; readonly lossTotal: number }

export function lossesView({ losses }: Pick<Account, 'losses'>): Shown {
  const total = losses.reduce((sum, { nano }) => sum + nano, 0n)
  return {
    losses: addLosses(losses)
      .filter(({ nano }) => nano > 0n)
      .slice(0, SHOWN)
      .map(({ kind, machine, state, reason, order, product, operation, from, to, ms, milli, nano }) => ({
        kind,
        machine,
        state,
        reason,
        order,
        product,
        operation,
        from,
        to,
        ms,
        milli,
        cost: toFen(nano),
      })),
    lossTotal: toFen(total),
  }
}
