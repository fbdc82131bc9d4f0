/** The steps of a figure's origin: what is opened at each step is the one asked for, or the largest. */
import type { Trace, TraceQuery } from '#contract/trace.ts'
import { TRUE_UP } from '#domain/accounting/bills.ts'
import { contractOf } from '#domain/accounting/elements/energy.ts'
import { periodAt } from '#domain/accounting/electricity/period.ts'
import { shownAt } from '#domain/accounting/elements/catalogue.ts'
import { monthOf, spanOfMonth } from '#domain/accounting/monthAccount.ts'
import { QUARTER, processedOf, type Pane } from '#domain/accounting/pane.ts'
import { fenOfParts, type Nano } from '#domain/accounting/rounding.ts'
import { PROVENANCES, type Provenance } from '#domain/accounting/valuationCase.ts'
import type { PlantMachine } from '#domain/accounting/valuationPlan.ts'
import { U_DEFINITIONS } from '#domain/accounting/u.ts'
import { partOf, type Account, type AccountPart, type AccountInput } from '#domain/kpi/account.ts'
import { postsOf, VALUE, type Amount, type OriginPost } from '#domain/kpi/origin.ts'
import { insideOf, scopeOf, shiftOf } from './cost.ts'
import type { DayPanes } from './dayPanes.ts'
import { isRevised, type Days } from './days.ts'
import { elementsView, figureView, linesView, type Figure } from './view.ts'

/** No machine's, in a query. */
export const NO_MACHINE = 'none'

const sumOf = (posts: readonly { readonly nano: Nano }[]): Nano =>
  posts.reduce((sum, { nano }) => sum + nano, 0n)

export function traceOf(days: Days, day: DayPanes, input: AccountInput, query: TraceQuery): Trace {
  const scope = scopeOf(query.scope)
  const shift = shiftOf(query.shift)
  const inside = insideOf(shift, scope)
  const account = partOf(day.account.account, inside)
  const figure = figureView(account, scope, isRevised(days))
  const elements = elementsOf(account, figure)
  const amount = query.amount ?? dearest(elements)
  const posts = [...postsOf(input, amount), ...billPosts(day.account.account, amount)].filter(inside)
  const panes = input.panes.filter(inside)
  const sources = sourcesOf(input, amount, posts, panes)
  const opened = query.machine === NO_MACHINE ? null : (query.machine ?? null)
  const machine = query.machine === undefined ? (sources[0]?.machine ?? null) : opened
  const rows = panesOf(input, amount, machine, posts, panes)
  const { from, to, asOf, head, version } = day.account
  return {
    firm: days.firm,
    day: day.account.day,
    window: { from, to, asOf, open: head === null },
    shift: shift ?? null,
    formula: {
      definition: `u_wip/${U_DEFINITIONS.u_wip}`,
      cost: figure.cost,
      value: figure.value,
      u: figure.u,
      status: figure.status,
      flags: figure.flags,
      records: version,
      revision: head?.revision ?? null,
      reason: head?.reason ?? null,
      hash: head?.hash ?? null,
    },
    elements,
    lines: linesView(account, figure, new Map()).map(({ line, u2 }) => ({ line, u2 })),
    value: {
      fen: figure.value,
      nano: String(account.values.reduce((sum, { added, scrapped }) => sum + added - scrapped, 0n)),
    },
    amount,
    sources,
    machine,
    panes: rows,
    at: query.at ?? rows.findLast(({ nano }) => nano !== '0')?.start ?? rows.at(-1)?.start ?? null,
  }
}

/** What the month's bill added to its last day stands beside what panes bring about. */
function billPosts({ cells, span }: Account, amount: Amount): OriginPost[] {
  const { to } = spanOfMonth(monthOf(span.from))
  return cells.flatMap(({ element, ...cell }) =>
    element === amount && cell.stream === TRUE_UP ? [{ ...cell, at: to - QUARTER }] : [],
  )
}

function elementsOf(account: AccountPart, figure: Figure): Trace['elements'] {
  return elementsView(account, figure).map(({ element, title, driver, known, u2, reason }) => {
    const cells = account.cells.filter((cell) => cell.element === element)
    const by = (one: Provenance) => String(sumOf(cells.filter(({ provenance }) => provenance === one)))
    return {
      amount: element,
      title,
      driver,
      cost: known,
      nano: String(sumOf(cells)),
      u2,
      by: Object.fromEntries(PROVENANCES.map((one) => [one, by(one)])) as Record<Provenance, string>,
      lines: Object.fromEntries(
        [...Map.groupBy(cells, (cell) => shownAt(element, cell.stream).line)].map(([line, own]) => [
          line,
          String(sumOf(own)),
        ]),
      ),
      reason,
    }
  })
}

const dearest = (elements: Trace['elements']): Amount =>
  elements.reduce((a, b) => (b.cost > a.cost ? b : a)).amount

/** Role of the register that an amount is counted by, and what it counts. */
const CARRIERS: Readonly<Partial<Record<Amount, readonly [role: string, unit: string]>>> = {
  electricity: ['energy', 'Wh'],
  demand: ['energy', 'Wh'],
  power_factor: ['reactive', 'varh'],
  gas: ['gas', 'dm3'],
  media: ['air', 'dm3'],
}
/** Amounts that pieces bring about. */
const BY_PIECES: ReadonlySet<Amount> = new Set(['material', 'tooling', 'outsourcing', 'quality', VALUE])

type Counted = NonNullable<Trace['sources'][number]['quantity']>

const values = (amounts: Readonly<Record<string, number>>): number =>
  Object.values(amounts).reduce((sum, one) => sum + one, 0)

/** What of panes of one machine stands behind an amount; null: nothing that is counted. */
function quantityOf(
  machine: PlantMachine | undefined,
  amount: Amount,
  panes: readonly Pane[],
): Counted | null {
  if (!machine || panes.length === 0) return null
  const total = (of: (pane: Pane) => number) => panes.reduce((sum, pane) => sum + of(pane), 0)
  const [role, unit] = CARRIERS[amount] ?? []
  const register = role === undefined ? undefined : machine.registers.get(role)
  if (register && unit !== undefined)
    return {
      of: register.name,
      amount: total(({ registers }) => (registers[register.name] ?? 0) * register.perStep),
      unit,
    }
  if (amount === 'scrap')
    return {
      of: 'scrap',
      amount: total(({ scrap, rework }) => values(scrap) + values(rework)),
      unit: 'milli',
    }
  if (BY_PIECES.has(amount)) {
    const pieces = total((pane) => values(amount === VALUE ? pane.good : processedOf(pane)))
    return { of: amount === VALUE ? 'good' : 'processed', amount: pieces, unit: 'milli' }
  }
  if (amount === 'labour' || amount === 'machine_hour' || amount === 'maintenance' || amount === 'media')
    return {
      of: 'run',
      amount: total(({ states }) => (states['RUN'] ?? 0) + (states['SETUP'] ?? 0)),
      unit: 'ms',
    }
  return null
}

/** Machines of an amount, the dearest first; they sum to it. */
function sourcesOf(
  input: AccountInput,
  amount: Amount,
  posts: readonly OriginPost[],
  panes: readonly Pane[],
): Trace['sources'] {
  const byMachine = Map.groupBy(posts, ({ machine }) => machine)
  const panesBy = Map.groupBy(panes, ({ machine }) => machine)
  const machines = new Map(input.machines.map((machine) => [machine.path, machine]))
  const titles = new Map(input.plant.map(({ path, title }) => [path, title]))
  const parts = [...byMachine].map(([machine, own]) => ({
    machine,
    own,
    id: machine ?? '',
    nano: sumOf(own),
  }))
  const shown = fenOfParts(parts)
  return parts
    .map(({ machine, own, nano }, i) => {
      const told = machine === null ? [] : (panesBy.get(machine) ?? [])
      return {
        machine,
        title: machine === null ? null : (titles.get(machine) ?? null),
        cost: shown.parts[i]!,
        nano: String(nano),
        quantity: machine === null ? null : quantityOf(machines.get(machine), amount, told),
        quality: qualityOf(own, told),
      }
    })
    .toSorted((a, b) => Math.abs(b.cost) - Math.abs(a.cost))
}

function qualityOf(
  posts: readonly OriginPost[],
  panes: readonly Pane[],
): Trace['sources'][number]['quality'] {
  if (posts.some(({ provenance }) => provenance === 'estimated')) return 'estimated'
  if (posts.every(({ provenance }) => provenance === 'standard')) return 'standard'
  return panes.some(({ uncertain }) => uncertain > 0) ? 'uncertain' : 'good'
}

const keyOf = (start: number, { shift, order, product }: Pick<Pane, 'shift' | 'order' | 'product'>): string =>
  JSON.stringify([start, shift, order, product])

/** Quarter-hours of a machine, or of what is no machine's, by order and product; they sum to the source. */
function panesOf(
  input: AccountInput,
  amount: Amount,
  machine: string | null,
  posts: readonly OriginPost[],
  panes: readonly Pane[],
): Trace['panes'] {
  const ofMachine = panes.filter((pane) => pane.machine === machine)
  const told = Map.groupBy(ofMachine, (pane) => keyOf(pane.start, pane))
  const toldAt = Map.groupBy(ofMachine, ({ start }) => start)
  const rows = new Map<string, { place: OriginPost; nano: Nano }>()
  for (const post of posts) {
    if (post.machine !== machine) continue
    const key = keyOf(Math.floor(post.at / QUARTER) * QUARTER, post)
    rows.set(key, { place: post, nano: (rows.get(key)?.nano ?? 0n) + post.nano })
  }
  const own = input.machines.find(({ path }) => path === machine)
  const rowsAt = Map.groupBy(rows.values(), ({ place }) => Math.floor(place.at / QUARTER) * QUARTER)
  return [...rows]
    .map(([key, { place, nano }]) => {
      const start = Math.floor(place.at / QUARTER) * QUARTER
      // what is paid by the hour names no order: alone in its quarter-hour it rests on all that was done then
      const behind = told.get(key) ?? (rowsAt.get(start)!.length === 1 ? (toldAt.get(start) ?? []) : [])
      const { shift, order, product } = place
      return {
        start,
        end: Math.min(start + QUARTER, input.span.to),
        shift,
        order,
        product,
        nano: String(nano),
        price: amount === 'electricity' ? priceAt(input, start) : null,
        quantity: quantityOf(own, amount, behind),
        uncertain: behind.some(({ uncertain }) => uncertain > 0),
      }
    })
    .toSorted((a, b) => a.start - b.start)
}

function priceAt({ books }: AccountInput, at: number): number | null {
  const found = contractOf(books.at(at))
  if (!('contract' in found)) return null
  const { period } = periodAt(found.contract, at)
  return period === null ? null : (found.contract.prices[period] ?? null)
}

/** The amount of a machine in a span, with panes in the place of its own. */
export function amountOf(
  input: AccountInput,
  amount: Amount,
  machine: string,
  span: { readonly from: number; readonly to: number },
  panes: readonly Pane[],
): Nano {
  const others = input.panes.filter((pane) => pane.machine !== machine)
  const posts = postsOf({ ...input, span, panes: [...others, ...panes] }, amount)
  return sumOf(posts.filter((post) => post.machine === machine))
}
