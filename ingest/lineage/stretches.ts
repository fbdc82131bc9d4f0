/**
 * The panes of a machine as people see them, stretch by stretch: those of shifts that are settled as they are stored, all others as they
 * come out of the ledger's facts now.
 */
import { panesOf, type MachineTerms } from '#domain/accounting/machinePanes.ts'
import { byKey, QUARTER, type Pane, type PaneLength } from '#domain/accounting/pane.ts'
import { decodePanes } from '#domain/accounting/paneText.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine } from '#domain/plant/plant.ts'
import { HOUR, MINUTE } from '#domain/time.ts'
import type { StoredPanes } from '#store/ledger/ledger.ts'
import type { ProductionDay } from '#domain/accounting/almanac.ts'
import { factsOf } from '../facts.ts'
import type { Firm } from '../firm.ts'
import type { MachineMemory } from '../machine.ts'

/** A stretch of at most an hour inside a production day. */
export type Stretch = Span & {
  readonly terms: MachineTerms & { readonly machine: Machine }
  readonly length: PaneLength
  /** Panes that begin in the stretch, in the order of their keys. */
  readonly shown: readonly Pane[]
  /** Some of them are stored as settled. */
  readonly settled: boolean
}

export type Asked = Span & { readonly length: PaneLength }
export type NotAsked = 'bad_window' | 'window_too_long'

const LONGEST = 48 * HOUR

/** The window on the grid of its panes, or what is wrong with it. */
export function windowOf({ from, to, length }: Asked): Asked | NotAsked {
  const isGrid = length === MINUTE || length === QUARTER
  if (!isGrid || !Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) return 'bad_window'
  if (to - from > LONGEST) return 'window_too_long'
  return { from: Math.floor(from / length) * length, to: Math.ceil(to / length) * length, length }
}

/** Stretches of a window, one at a time: between two of them the caller may let others work. `stored`: the firm's ledger. */
export function* stretchesOf(
  firm: Firm,
  { path, now }: MachineMemory,
  { from, to, length }: Asked,
  stored: StoredPanes,
): Generator<Stretch> {
  for (let day = firm.almanac.at(from); day.from < to; day = firm.almanac.dayAfter(day)) {
    const terms = firm.almanac.termsOf(day, path)
    if (!terms) continue
    const end = Math.min(to, day.to)
    for (let begin = Math.max(from, day.from); begin < end;) {
      const hour = { from: begin, to: Math.min(end, (Math.floor(begin / HOUR) + 1) * HOUR) }
      begin = hour.to
      const settled = length === QUARTER ? settledIn(firm, day, hour) : []
      const isWhole =
        settled.length > 0 && day.parts.every((part) => !touches(part, hour) || settled.includes(part.shift))
      // what is not settled ends where the machine's own time does
      const span = isWhole ? hour : { from: hour.from, to: Math.min(hour.to, now.evidenceTs) }
      if (span.from >= span.to) continue
      const kept = span.to === hour.to ? settled : []
      const made = isWhole ? [] : panesOf(terms, factsOf(firm, terms.machine, span), span, length)
      const shown = [
        ...made.filter(({ shift }) => !kept.includes(shift)),
        ...(kept.length > 0 ? storedIn(firm, day, path, span, kept, stored) : []),
      ].toSorted(byKey)
      yield { ...span, terms, length, shown, settled: kept.length > 0 }
    }
  }
}

type Part = ProductionDay['parts'][number]

const touches = ({ spans }: Part, { from, to }: Span): boolean =>
  spans.some((span) => span.from < to && from < span.to)

/** Shifts with a part in a span that are settled, and not open again. */
function settledIn(firm: Firm, day: ProductionDay, span: Span): (number | null)[] {
  const open = firm.days.at(day.from)
  const isOpen = (shift: number | null) =>
    open?.parts.some((one) => one.part.shift === shift && one.open) ?? false
  return day.parts
    .filter(
      (part) => touches(part, span) && !isOpen(part.shift) && firm.settledOf(day.day, part.shift) !== null,
    )
    .map(({ shift }) => shift)
}

/** The newest revision, that of this turn included. */
function storedIn(
  firm: Firm,
  { day }: ProductionDay,
  machine: string,
  { from, to }: Span,
  shifts: readonly (number | null)[],
  stored: StoredPanes,
): Pane[] {
  const begin = Math.floor(from / QUARTER) * QUARTER
  const rows = [...firm.pending.panes.values()].filter(
    (row) =>
      row.machine === machine && row.day === day && row.length === QUARTER && shifts.includes(row.shift),
  )
  const fresh = new Set(rows.map(({ shift }) => shift))
  return [
    ...stored.panes(machine, begin, to).filter(({ shift }) => shifts.includes(shift) && !fresh.has(shift)),
    ...rows.flatMap(({ panes, sources }) => decodePanes(panes, sources)),
  ].filter(({ start }) => start >= begin && start < to)
}
