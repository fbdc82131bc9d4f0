/** The hours of a machine's day: when it is scheduled, when planned maintenance takes it out, when it works. */
import { HOUR } from '#domain/time.ts'
import { midnightOf, without, yearOfDate, type ShiftSpan, type Span } from './calendar.ts'
import { hashOf } from './chance.ts'
import { KINDS, type MachineId } from './data/machines.ts'
import type { Parameters } from './data/retrofit.ts'

/** Planned maintenance comes in blocks of so many hours at the start of the afternoon. */
const PM_BLOCK_H = 2

export type MachineHours = {
  /** Inside a shift, without breaks. */
  readonly scheduled: readonly Span[]
  readonly pm: Span | null
  /** Scheduled without planned maintenance: planned busy time. */
  readonly planned: readonly Span[]
  /** Shifts with their breaks, without planned maintenance: a repair goes on through a break. */
  readonly present: readonly Span[]
}

function pmOf(seed: number, machine: MachineId, date: string): Span | null {
  const { open, factor } = yearOfDate(date)
  const blocks = KINDS[machine.kind].pmH / PM_BLOCK_H
  if (blocks === 0) return null
  const index = [...factor.keys()].indexOf(date)
  const phase = (hashOf(seed, `pm/${machine.name}`) % 1000) / 1000
  const due = Math.floor(((index + 1) * blocks) / open + phase) > Math.floor((index * blocks) / open + phase)
  if (!due) return null
  const from = midnightOf(date) + (machine.kind === 'HT' ? 9.5 : 13) * HOUR
  return { from, to: from + PM_BLOCK_H * HOUR }
}

/** Hours of a machine on an open day; the furnace and the oven have windows of their own, compressors none but the shifts. */
export function hoursOfMachine(
  seed: number,
  machine: MachineId,
  date: string,
  shifts: readonly ShiftSpan[],
  p: Parameters,
): MachineHours {
  const midnight = midnightOf(date)
  const own = (from: number, to: number): readonly Span[] => [
    { from: midnight + from * HOUR, to: midnight + to * HOUR },
  ]
  const { kind, index } = machine
  const mine = shifts.filter(({ name }) => index < KINDS[kind][name])
  const scheduled =
    kind === 'FU'
      ? own(p.furnaceWindow[0], p.furnaceWindow[1])
      : kind === 'HT'
        ? own(9.5, 17 + 1 / 6)
        : mine.flatMap(({ net }) => net)
  const pm = pmOf(seed, machine, date)
  const cut = (spans: readonly Span[]) => spans.flatMap(({ from, to }) => without(from, to, pm ? [pm] : []))
  const present = kind === 'FU' || kind === 'HT' ? scheduled : mine
  return { scheduled, pm, planned: cut(scheduled), present: cut(present) }
}
