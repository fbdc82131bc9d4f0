/** Figures: the wall's day, the cost page, a machine, rows for scripts. */
import type { Refused } from './problem.ts'
import type { Ports } from '../ports.ts'
import { accountsOf } from '../figures/accounts.ts'
import { costView, shiftOf } from '../figures/cost.ts'
import { dayView } from '../figures/day.ts'
import { daysOf, isRefused, type Days } from '../figures/days.ts'
import { machineView, totalsOfMachine } from '../figures/machine.ts'
import { revisionsOf } from '../figures/revisions.ts'
import { figureRows } from '../figures/windows.ts'
import { shiftsOf } from '#domain/accounting/almanac.ts'
import { KPIS } from '#domain/kpi/oee.ts'
import { dateAfter } from '#domain/time.ts'
import { machineOf } from './machines.ts'
import { refuse } from './problem.ts'
import { serve } from './serve.ts'

const OEE = KPIS.find(({ name }) => name === 'oee')!

export const figures = (ports: Ports) => {
  const accounts = accountsOf(ports)
  return serve<'dayFigures' | 'cost' | 'dayRevisions' | 'figures' | 'machineFigures'>(ports, {
    dayFigures: async ({ at, query }) => {
      const days = await daysOf(ports, accounts, at['firm']!, { from: query.day })
      return isRefused(days) ? days : { body: dayView(days, ports.now()) }
    },

    cost: async ({ at, query }) => {
      const days = await daysOf(ports, accounts, at['firm']!, query)
      return isRefused(days) ? days : { body: await costView(days, query) }
    },

    dayRevisions: ({ at }) => {
      const day = at['day']!
      if (!/^\d{4}-\d\d-\d\d$/.test(day)) return refuse(404)
      return { body: revisionsOf(ports.ledgers.of(at['firm']!)!, day) }
    },

    figures: async ({ at, query }) => {
      const rows = await figureRows(ports, accounts, at['firm']!, query)
      return isRefused(rows) ? rows : { body: [...rows] }
    },

    machineFigures: async ({ at, query }) => {
      const firm = at['firm']!
      const machine = machineOf(ports, firm, at['machine']!)
      if (!machine || machine.meter === true) return refuse(404)
      const days = await daysOf(ports, accounts, firm, { from: query.day })
      if (isRefused(days)) return days
      const shift = shiftOf(query.shift)
      const { from, to } = spanOf(days, shift)
      const ledger = ports.ledgers.of(firm)!
      const panes = await panesOf(ports, firm, machine.path, days)
      if ('refused' in panes) return panes
      const before = await daysOf(ports, accounts, firm, { from: dateAfter(days.days[0]!.day, -1) })
      return {
        body: machineView(days, {
          machine,
          shift,
          segments: ledger.states(machine.path, from, to),
          panes,
          books: days.books,
          oeeBefore: isRefused(before)
            ? null
            : OEE.of(totalsOfMachine(before, machine.path, shift, [])).value,
        }),
      }
    },
  })
}

/** The window, or a shift of its last day, up to now. */
function spanOf({ days, almanac }: Days, shift: number | null | undefined) {
  const last = days.at(-1)!
  const own = shiftsOf(almanac.day(last.day)).find((one) => one.shift === shift)
  if (!own) return { from: days[0]!.from, to: last.asOf }
  return { from: own.from, to: Math.max(own.from, Math.min(last.asOf, own.to)) }
}

/** Quarters of a machine in the window: of settled days from the ledger, of an open one as of now. */
async function panesOf(ports: Ports, firm: string, machine: string, { days }: Days) {
  try {
    const parts = await Promise.all(
      days.map(async ({ head, from, to }) =>
        head
          ? ports.ledgers.of(firm)!.panes(machine, from, to)
          : (await ports.ingest.panes(firm, machine, { from, to })).panes,
      ),
    )
    return parts.flat()
  } catch (error) {
    ports.log.warn({ err: error, firm }, 'panes could not be read')
    return refuse(503, 'ingest-down', 'the pipeline does not answer: try again') satisfies Refused
  }
}
