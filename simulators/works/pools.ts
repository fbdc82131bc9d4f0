/** Compressed air as a pool: its cost in a shift or day, divided over the machines that used it. */
import { MINUTE } from '#domain/time.ts'
import type { Span } from './calendar.ts'
import { apportion } from './apportion.ts'
import { KINDS, MACHINES } from './data/machines.ts'
import { flowedAt } from './energy.ts'
import { daysIn, streamsIn } from './moneyTruth.ts'
import { runHours } from './registers.ts'
import type { DayTruth } from './truthDay.ts'

export type AirPool = {
  /** Fen of the pool: energy with its power factor, and consumables. */
  readonly fen: number
  /** Fen by machine, by Nm3 of run hours at nominal flow; they sum to the pool. Empty: no driver, the pool stays unallocated. */
  readonly shares: Readonly<Record<string, number>>
  /** dm3 delivered, and used by machines; the rest leaked. */
  readonly delivered: number
  readonly used: number
}

/** The pool of a window that is a whole shift or day: what it settles to. */
export function airPoolOf(days: readonly DayTruth[], window: Span): AirPool {
  const streams = streamsIn(days, null, window)
  const fen = Math.round((streams.air_power + streams.air_consumables) / 10_000)
  const parts = daysIn(days, window)
  const names = MACHINES.filter(({ kind }) => KINDS[kind].air > 0)
  const drivers = names.map(({ name, kind }) =>
    parts.reduce((sum, { day, from, to }) => {
      const machine = day.machines[name]!
      return sum + (runHours(machine, to) - runHours(machine, from)) * KINDS[kind].air * 1000
    }, 0),
  )
  const used = drivers.reduce((sum, dm3) => sum + dm3, 0)
  const delivered = parts.reduce(
    (sum, { day, from, to }) =>
      sum + (flowedAt(day.air, to, MINUTE) - flowedAt(day.air, from, MINUTE)) * 1000,
    0,
  )
  const split =
    used === 0
      ? []
      : apportion(
          drivers.map((dm3) => (fen * dm3) / used),
          fen,
        )
  return {
    fen,
    shares: Object.fromEntries(split.map((share, i) => [names[i]!.name, share])),
    delivered: Math.round(delivered),
    used: Math.round(used),
  }
}
