/** Shift reports: the list of shifts, one of them, and the same as a printed page. */
import type { ShiftReport } from '#contract/report.ts'
import { DAY, dateAfter } from '#domain/time.ts'
import { accountsOf, dayNow } from '../figures/accounts.ts'
import { daysOf, isRefused } from '../figures/days.ts'
import type { Ports } from '../ports.ts'
import { shiftPdf } from '../report/pdf.ts'
import { shiftReport } from '../report/shift.ts'
import { shiftRows, shiftsOfDay } from '../report/shifts.ts'
import { refuse, type Refused } from './problem.ts'
import { serve } from './serve.ts'

/** Days listed where nobody says which. */
const LISTED = 7
const MOST_LISTED = 62

export const report = (ports: Ports) =>
  serve<'shifts' | 'shiftReport' | 'shiftReportPdf'>(ports, {
    shifts: async ({ at, query }) => {
      const firm = at['firm']!
      const to = query.to ?? query.from ?? dayNow(ports, firm) ?? undefined
      const from = query.from ?? (to && dateAfter(to, 1 - LISTED))
      if (from && to && Date.parse(to) - Date.parse(from) > MOST_LISTED * DAY)
        return refuse(400, 'bad-window', `at most ${MOST_LISTED} days at once`)
      const days = await daysOf(ports, accountsOf(ports), firm, { from, to })
      if (isRefused(days)) return days
      const ledger = ports.ledgers.of(firm)!
      return { body: shiftRows(days, ledger.settled(from!, to!), ports.now()) }
    },

    shiftReport: async ({ at, query }) => {
      const found = await reportOf(ports, at['firm']!, query)
      return isRefused(found) ? found : { body: found }
    },

    shiftReportPdf: async ({ at, query }) => {
      const found = await reportOf(ports, at['firm']!, query)
      if (isRefused(found)) return found
      const revision = found.settled ? `r${found.settled.revision}` : 'open'
      return {
        file: await shiftPdf(found, query.lang),
        name: `${found.firm}-${found.day}-shift-${found.shift + 1}-${revision}.pdf`,
      }
    },
  })

async function reportOf(
  ports: Ports,
  firm: string,
  { day, shift }: { readonly day: string; readonly shift: string },
): Promise<ShiftReport | Refused> {
  const days = await daysOf(ports, accountsOf(ports), firm, { from: day, to: day })
  if (isRefused(days)) return days
  const now = ports.now()
  const span = shiftsOfDay(days, day).find((one) => one.shift === Number(shift))
  if (!span) return refuse(404, 'no-shift', 'the production day has no such shift')
  if (span.from > now) return refuse(404, 'no-data', 'the shift has not begun yet')
  const settled = ports.ledgers.of(firm)!.settled(day, day)
  return shiftReport(days, { span, trail: settled.filter((one) => one.shift === span.shift), at: now })
}
