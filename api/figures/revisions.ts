/** The revisions of a production day that is settled whole, each with the figure that it had. */
import type { z } from 'zod'
import type { DayRevision } from '#contract/figures.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import type { LedgerReader } from '../ledgers.ts'
import { figureView } from './view.ts'

/** The newest ones: a day that is corrected again and again is not read whole. */
const MOST = 20

export function revisionsOf(ledger: LedgerReader, day: string): z.infer<typeof DayRevision>[] {
  return ledger
    .accountRevisions(day)
    .slice(-MOST)
    .flatMap(({ revision, reason, at, hash, basis }) => {
      const row = ledger.account(day, revision)
      if (!row) return []
      const account = decodeAccount(row.text, Number(basis.split('-')[1]))
      return [{ revision, reason, at, hash, figure: figureView(account, 'plant', revision > 0) }]
    })
}
