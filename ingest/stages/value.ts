/**
 * Money, once a commit is stored: days that have settled in it, records that have come and a month that is over make accounts due, which
 * are made beside the pipeline. An account made again with the same content under the same revision tells nobody anything. Open days are valued when somebody
 * asks (accounts/dayBook.ts).
 */
import type { Accountant } from '../accounts/accountant.ts'
import type { Firm } from '../firm.ts'

export function value(firm: Firm, accountant: Accountant): void {
  accountant.stored(firm)
  const month = firm.plant && firm.almanac.at(firm.at).day.slice(0, 7)
  if (month !== firm.month) firm.unvalued = true
  firm.month = month
  if (!firm.unvalued || firm.records.length === 0) return
  firm.unvalued = false
  accountant.look(firm)
}
