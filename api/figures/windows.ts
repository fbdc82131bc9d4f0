/** Rows of figures by minute, shift, day or month of a window: every window's account is asked for as the pages ask for theirs. */
import type { z } from 'zod'
import type { FigureRow, FiguresQuery } from '#contract/figures.ts'
import { reliabilityOf } from '#domain/kpi/reliability.ts'
import { partOf, type Account } from '#domain/kpi/account.ts'
import { decodeAccount } from '#domain/kpi/accountText.ts'
import { QUARTER } from '#domain/accounting/pane.ts'
import type { PriceBook } from '#domain/accounting/records.ts'
import { METER_SILENT } from '#domain/accounting/elements/metered.ts'
import { keysOf, reasonOf, type Axis, type Scope } from '#domain/accounting/valuation.ts'
import { shiftsOf } from '#domain/accounting/almanac.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Plant } from '#domain/plant/plant.ts'
import { MINUTE } from '#domain/time.ts'
import { Turns } from '#runtime/turns.ts'
import type { Refused } from '../http/problem.ts'
import { refuse } from '../http/problem.ts'
import { together, type Accounts, type DayAccount, type Sources } from './accounts.ts'
import { bookshelf } from './almanac.ts'
import { insideOf } from './cost.ts'
import { daysOf, isRefused, type Days } from './days.ts'
import { rowsOf, type Metered } from './rows.ts'

type Query = Omit<z.infer<typeof FiguresQuery>, 'scope'> & {
  /** Of several scopes in one answer, each day is asked for once. */
  readonly scope: string | readonly string[]
}
type Window = Span & { readonly account: Account; readonly shift?: number | null }

/** What one answer holds at most. */
const MOST_ROWS = 50_000
/** Minutes asked for at once. */
const MOST_MINUTES = 120

export async function figureRows(
  ports: Sources,
  accounts: Accounts,
  firm: string,
  query: Query,
): Promise<readonly FigureRow[] | Refused> {
  const { from, to, by } = query
  if (from >= to) return refuse(400, 'bad-window', 'from must be before to')
  const names = query.name === undefined ? null : new Set(query.name.split(','))
  const ledger = ports.ledgers.of(firm)
  const plant = ledger?.plant()?.plant
  if (!ledger || !plant) return refuse(409, 'no-plant', 'no plant is in force yet')
  const plants = ledger.plants()
  const [unknown] = [query.scope].flat().flatMap((scope) => unknownOf(plants, scope) ?? [])
  if (unknown) return unknown
  const windows = await windowsOf(ports, accounts, firm, { from, to }, by)
  if ('refused' in windows) return windows
  const books = bookshelf(ledger)?.books
  const found: FigureRow[] = []
  const turns = new Turns()
  for (const window of windows)
    for (const [name, scope] of [query.scope].flat().flatMap((one) => scopesOf(plant, one, window.account))) {
      await turns.next()
      const inside = insideOf(window.shift, scope)
      const own = partOf(window.account, inside)
      const machine = scope !== 'plant' && scope.axis === 'machine' ? (scope.key as string) : null
      const failures = machine === null ? {} : reliabilityOf(ledger.states(machine, window.from, window.to))
      const span = { from: window.from, to: window.to }
      const metered = scope === 'plant' ? meteredIn(books, window) : undefined
      const rows = rowsOf(own, scope, name, span, failures, metered)
      found.push(...(names ? rows.filter((row) => names.has(row.name)) : rows))
      if (found.length > MOST_ROWS)
        return refuse(
          400,
          'too-many-rows',
          `more than ${MOST_ROWS} rows: ask for less time, or for fewer names`,
        )
    }
  return found
}

/** What the plant's main meter grew in a window, and why that is not all of it; undefined: the plant has none. */
function meteredIn(books: PriceBook | undefined, { from, to, account }: Window): Metered | undefined {
  const incoming = books?.at(from).find('metering', 'energy')?.incoming
  if (!incoming) return undefined
  const silent = account.holes.find(({ reason, of }) => reason === METER_SILENT && of === incoming)
  const inside = account.quarters.filter(({ start }) => start + QUARTER > from && start < to)
  return { wh: inside.reduce((sum, { wh }) => sum + wh, 0), reason: silent ? reasonOf(silent) : null }
}

/** A machine that is none, nor was one: a slip of the pen must not read as a machine that did nothing. */
function unknownOf(plants: readonly { readonly plant: Plant }[], scope: string): Refused | null {
  if (scope === 'plant' || scope === 'machines' || scope.includes(':')) return null
  const machine = plants.flatMap(({ plant }) => plant.machines).findLast(({ path }) => path === scope)
  if (!machine) return refuse(404, 'no-such-machine', `${scope} is no machine of this plant`)
  return machine.meter
    ? refuse(400, 'no-figures', `${scope} is a meter: it has readings, which GET …/history tells`)
    : null
}

/** A scope by its name, or all of an axis. */
function scopesOf({ machines }: Plant, text: string, account: Account): (readonly [string, Scope])[] {
  if (text === 'plant') return [['plant', 'plant']]
  if (text === 'machines')
    return machines
      .filter(({ meter }) => meter !== true)
      .map(({ path }) => [path, { axis: 'machine', key: path }] as const)
  const colon = text.indexOf(':')
  if (colon < 0) return [[text, { axis: 'machine', key: text }]]
  const axis = text.slice(0, colon) as Axis
  const key = text.slice(colon + 1)
  if (key !== '*') return [[text, { axis, key: axis === 'shift' ? Number(key) : key }]]
  return keysOf(account, axis).map((one) => [`${axis}:${one ?? ''}`, { axis, key: one }] as const)
}

async function windowsOf(
  ports: Sources,
  accounts: Accounts,
  firm: string,
  span: Span,
  by: Query['by'],
): Promise<readonly Window[] | Refused> {
  if (by === 'minute') return minutesOf(ports, firm, span)
  const ledger = ports.ledgers.of(firm)
  const shelf = ledger && bookshelf(ledger)
  if (!shelf) return refuse(409, 'no-plant', 'no plant is in force yet')
  const days = await daysOf(ports, accounts, firm, {
    from: shelf.almanac.at(span.from).day,
    to: shelf.almanac.at(span.to - 1).day,
  })
  if (isRefused(days)) return days
  if (days.missing.length > 0)
    return refuse(409, 'not-valued', `the accounts of these days are under way: ${days.missing.join(', ')}`)
  if (by === 'month') return monthsOf(days)
  return days.days.flatMap((one) => (by === 'day' ? [windowOf([one], one.account)] : shiftWindows(days, one)))
}

/** What was summed: whole days as far as they are known. */
const windowOf = (days: readonly DayAccount[], account: Account): Window => ({
  from: days[0]!.from,
  to: days.at(-1)!.asOf,
  account,
})

/** Shifts of a day that have begun, as far as they are known. */
const shiftWindows = ({ almanac }: Days, { day, asOf, account }: DayAccount): Window[] =>
  shiftsOf(almanac.day(day))
    .filter(({ from }) => from < asOf)
    .map(({ shift, from, to }) => ({ shift, from, to: Math.min(to, asOf), account }))

/** Production days by the month of their date. */
async function monthsOf({ days }: Days): Promise<Window[]> {
  const months: Window[] = []
  for (const own of Map.groupBy(days, ({ day }) => day.slice(0, 7)).values())
    months.push(windowOf(own, (await together(own))!))
  return months
}

/** Of the last 48 hours, whole minutes. */
async function minutesOf(
  ports: Sources,
  firm: string,
  { from, to }: Span,
): Promise<readonly Window[] | Refused> {
  const first = Math.ceil(from / MINUTE) * MINUTE
  const count = Math.floor((to - first) / MINUTE)
  if (count > MOST_MINUTES) return refuse(400, 'bad-window', `at most ${MOST_MINUTES} minutes at once`)
  try {
    const minutes = await ports.ingest.minutes(firm, { from: first, to: first + count * MINUTE })
    return minutes.map(({ from: begin, to: end, version, text }) => ({
      from: begin,
      to: end,
      account: decodeAccount(text, version),
    }))
  } catch (error) {
    ports.log.warn({ err: error, firm }, 'minutes could not be valued')
    return refuse(409, 'minutes-are-gone', 'minutes are told of the last 48 hours, while the pipeline runs')
  }
}
