/**
 * Panes as of now, for who looks: made from what was heard up to this moment, and never stored. Quarters that are not in the ledger yet,
 * and minutes, which need not be stored at all while what they are made of is.
 */
import { panesOf } from '#domain/accounting/machinePanes.ts'
import { QUARTER, type Pane, type PaneLength } from '#domain/accounting/pane.ts'
import type { PanesNow } from '#contract/local.ts'
import { DAY, HOUR, MINUTE, SECOND, type Instant, type Millis } from '#domain/time.ts'
import { factsOf } from './facts.ts'
import type { Firm } from './firm.ts'
import type { MachineMemory } from './machine.ts'

/** accounting: minutes reach back this far from a machine's own time; older ones are quarters. */
export const MINUTES_KEPT: Millis = 48 * HOUR
const LONGEST: Millis = 2 * DAY
/** A machine's panes are made again for the same question at most this often. */
const AGAIN: Millis = SECOND

export type PanesAsked = { readonly from: Instant; readonly to: Instant; readonly length: PaneLength }
export type NotShown = 'bad_window' | 'window_too_long' | 'minutes_are_gone'

const shown = new WeakMap<
  MachineMemory,
  { readonly asked: string; readonly at: number; readonly now: PanesNow }
>()

/**
 * Panes of a machine that begin in [from, to), up to where its own time ends, or why there are none. `clock`: monotonic ms of the
 * process, which only says how long an answer may be given again.
 */
export function panesNow(
  firm: Firm,
  machine: MachineMemory,
  { from, to, length }: PanesAsked,
  clock: number,
): PanesNow | NotShown {
  const isGrid = length === MINUTE || length === QUARTER
  if (!isGrid || !Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) return 'bad_window'
  if (to - from > LONGEST) return 'window_too_long'
  const asOf = machine.now.evidenceTs
  if (length === MINUTE && from < asOf - MINUTES_KEPT) return 'minutes_are_gone'
  const asked = `${from} ${to} ${length}`
  const known = shown.get(machine)
  if (known?.asked === asked && clock - known.at < AGAIN) return known.now
  const now = { asOf, panes: make(firm, machine, from, Math.min(to, asOf), length) }
  shown.set(machine, { asked, at: clock, now })
  return now
}

function make(firm: Firm, { path }: MachineMemory, from: Instant, to: Instant, length: PaneLength): Pane[] {
  const panes: Pane[] = []
  const begin = Math.floor(from / length) * length
  for (let day = firm.almanac.at(begin); day.from < to; day = firm.almanac.dayAfter(day)) {
    const span = { from: Math.max(begin, day.from), to: Math.min(to, day.to) }
    const terms = firm.almanac.termsOf(day, path)
    if (terms && span.from < span.to)
      panes.push(...panesOf(terms, factsOf(firm, terms.machine, span), span, length))
  }
  return panes.filter(({ start }) => start >= from)
}
