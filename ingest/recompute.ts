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

/**
 * Panes of every machine of a day, or of one. Shifts that are open, or that settled anew while this went on, are told and left: what was
 * read of them before is older than what they settle from.
 */
export async function recomputeDay(
  intake: Intake,
  firm: Firm,
  date: string,
  machine: string | null = null,
): Promise<DayRecomputed> {
  const day = firm.almanac.day(date)
  /** Of its settled shifts; open ones settle by themselves. */
  const revisions = () =>
    new Map(
      day.parts
        .filter(({ shift }) => !firm.days.isOpen(date, shift))
        .map(({ shift }) => [shift, firm.settledOf(date, shift)?.revision]),
    )
  const before = revisions()
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
  const after = revisions()
  const stands = (shift: number | null) =>
    before.get(shift) !== undefined && before.get(shift) === after.get(shift)
  const shifts = day.parts.map(({ shift }) => shift)
  const open = shifts.filter((shift) => !stands(shift))
  const revised = made.size > 0 ? replacePanes(firm, day, shifts.filter(stands), made, 'recompute') : []
  return { day: date, messages, missing, machines, open, revised }
}
