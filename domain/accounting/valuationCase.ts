/**
 * A case: everything that the elements need to value a window, and the posts that they make. A post is an exact amount at a place; what
 * is no machine's has none. A hole is something that has no price or standard: what it concerns stays unknown, and is named.
 */
import { roleOf } from './measureRole.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import { momentOf, type Calendar } from './calendar.ts'
import { passedOf, accrued, newMonth, type MonthState } from './monthAccount.ts'
import { addPanes, type Pane } from './pane.ts'
import type { Hole, PriceBook } from './records.ts'
import type { Nano } from './rounding.ts'
import { shared, type Span } from './span.ts'
import { plannerOf, type DayPlan, type Planner, type PlantMachine } from './valuationPlan.ts'

/** Measured: counted or metered. Standard: a dated standard or plan stands for it. Estimated: derived from other figures. */
export const PROVENANCES = ['measured', 'standard', 'estimated'] as const
export type Provenance = (typeof PROVENANCES)[number]

/** Where an amount belongs. Null: the plant's, outside of shifts, of no order, of no product. */
export type Place = {
  readonly machine: string | null
  readonly shift: number | null
  readonly order: string | null
  readonly product: string | null
}

export type Post = Place & {
  /** When it holds: a quarter-hour, or the begin of a stretch over which it accrued. */
  readonly at: Instant
  readonly nano: Nano
  readonly provenance: Provenance
  /** A part of the element that other lists show elsewhere: catalogue.ts. */
  readonly stream?: string
}

export type PlacedHole = Hole & Pick<Place, 'machine'>
export type Outcome = { readonly posts: readonly Post[]; readonly holes: readonly PlacedHole[] }

export type Case = {
  readonly span: Span
  /** Quarters, in the order of their keys. */
  readonly panes: readonly Pane[]
  readonly books: PriceBook
  readonly calendar: Calendar
  readonly machines: ReadonlyMap<string, PlantMachine>
  readonly days: readonly DayPlan[]
  readonly monthBefore: (month: string) => MonthState
  /** The plant's meters have not told of the window yet, and will. */
  readonly awaited: boolean
  /** What elements made once for this case, by name. */
  readonly made: Map<string, unknown>
}

export type CaseInput = {
  readonly span: Span
  /** Panes that begin in the span, minutes or quarters. */
  readonly panes: readonly Pane[]
  readonly books: PriceBook
  readonly calendar: Calendar
  readonly machines: readonly PlantMachine[]
  /** What is known of the span's months before it; a month that is not there begins with the span. */
  readonly months?: readonly MonthState[]
  /** Of a window that goes on: what no meter of the plant has told yet is not missing. */
  readonly awaited?: boolean
  /** Plans of the same calendar, books and machines, where many spans are valued. */
  readonly planner?: Planner
}

export function caseOf({
  span,
  panes,
  books,
  calendar,
  machines,
  months = [],
  awaited = false,
  planner = plannerOf(calendar, books, machines),
}: CaseInput): Case {
  return {
    span,
    // minutes are valued as the quarters they sum to: the same amounts whichever are held
    panes: addPanes(panes),
    books,
    calendar,
    machines: new Map(machines.map((machine) => [machine.path, machine])),
    days: planner.plansIn(span),
    monthBefore: (month) => months.find((one) => one.month === month) ?? newMonth(month),
    awaited,
    made: new Map(),
  }
}

/** A machine of the plant file as valuation sees it. */
export const plantMachineOf = (
  machine: Pick<Machine, 'path' | 'kind' | 'meter' | 'ratedKw' | 'measures'>,
): PlantMachine => ({
  path: machine.path,
  kind: machine.kind,
  meter: machine.meter === true,
  ratedKw: machine.ratedKw,
  registers: new Map(
    machine.measures.flatMap((measure) => {
      const found = roleOf(measure)
      return found.role === null
        ? []
        : [[found.role, { name: measure.name, perStep: found.perStep }] as const]
    }),
  ),
})

/** Makes a part of a case once. */
export function once<T>({ made }: Case, name: string, make: () => T): T {
  if (!made.has(name)) made.set(name, make())
  return made.get(name) as T
}

export const NOWHERE: Place = { machine: null, shift: null, order: null, product: null }

export const placeOf = ({ machine, shift, order, product }: Pane): Place => ({
  machine,
  shift,
  order,
  product,
})

/** Growth of a register of a pane in counted units; null where the machine has no such register. */
export function grownIn({ machines }: Case, pane: Pane, role: string): number | null {
  const register = machines.get(pane.machine)?.registers.get(role)
  return register ? (pane.registers[register.name] ?? 0) * register.perStep : null
}

/**
 * Posts of an amount of a day that accrues evenly over spans, as far as the window holds them: cut at shift boundaries, each part
 * A(t1) − A(t0).
 */
export function accrue(
  { span, calendar }: Case,
  { shifts }: DayPlan,
  amount: Nano,
  spans: readonly Span[],
  place: Omit<Post, 'at' | 'nano' | 'shift'>,
): Post[] {
  const whole = BigInt(passedOf(spans, Infinity))
  if (whole === 0n || amount === 0n) return []
  const until = (at: Instant) => accrued(amount, BigInt(passedOf(spans, at)), whole)
  const edges = [span.from, span.to, ...shifts.flatMap(({ from, to }) => [from, to])]
  const cuts = [...new Set(edges)].filter((at) => at >= span.from && at <= span.to).toSorted((a, b) => a - b)
  return cuts.slice(1).flatMap((to, i) => {
    const from = cuts[i]!
    if (!spans.some((one) => shared(one, from, to) > 0)) return []
    const { shift } = momentOf(calendar, from)
    return [{ ...place, shift, at: from, nano: until(to) - until(from) }]
  })
}
