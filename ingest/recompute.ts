/**
 * A production day made again from the raw messages of the journal, machine by machine, beside everything that goes on: what comes out
 * otherwise is a further revision of its settled shifts, and the old one stays. On unchanged data nothing changes.
 */
import type { DayRecomputed } from '#contract/local.ts'
import { QUARTER, type Pane } from '#domain/accounting/pane.ts'
import type { Firm } from './firm.ts'
import type { Intake } from './intake.ts'
import { recomputePanes } from './lineage/recompute.ts'
import { replacePanes } from './settle.ts'

/** Panes of every machine of a day, or of one. Shifts that are open are told and left: they settle from the same messages. */
export async function recomputeDay(
  intake: Intake,
  firm: Firm,
  date: string,
  machine: string | null = null,
): Promise<DayRecomputed> {
  const day = firm.almanac.day(date)
  const open = day.parts.flatMap(({ shift }) => (firm.days.isOpen(date, shift) ? [shift] : []))
  const made = new Map<string, readonly Pane[]>()
  const machines: DayRecomputed['machines'][number][] = []
  let [messages, missing] = [0, 0]
  const paths = day.plant.machines.map(({ path }) => path)
  for (const path of machine === null ? paths : paths.filter((one) => one === machine)) {
    const found = await recomputePanes(intake.reader, firm, firm.machine(path), {
      from: day.from,
      to: day.to,
      length: QUARTER,
    })
    messages += found.messages
    missing += found.missing.length
    if (found.equal) continue
    machines.push({ machine: path, differences: found.differences.length, missing: found.missing.length })
    // what the journal no longer holds cannot be made again: it stays as it is
    if (found.missing.length === 0) made.set(path, found.panes)
  }
  const revised = made.size > 0 ? replacePanes(firm, day, made, 'recompute') : []
  return { day: date, messages, missing, machines, open, revised }
}
