/**
 * The true answer for a scope and a window, as rows. It is the works' own arithmetic over what physically happened: nothing here
 * knows how the product computes a figure. Integers throughout; parts that are rounded sum to their rounded total.
 */
import { HOUR, MINUTE } from '#domain/time.ts'
import { type Span, overlap, shiftsOf } from './calendar.ts'
import type { TruthRow } from './catalogue.ts'
import { METERS } from './data/energy.ts'
import { energyAt, flowedAt, kvarhOf } from './energy.ts'
import { machineRows, total } from './machineTruth.ts'
import { moneyRows, type Row, daysIn, row } from './moneyTruth.ts'
import type { DayTruth } from './truthDay.ts'

/** Meters of the whole works that measure no electricity, named by what flows. */
const FLOW_METERS: readonly string[] = ['gas', 'water', 'nitrogen']

function plantRows(days: readonly DayTruth[], window: Span): Row[] {
  const parts = daysIn(days, window)
  const flow = (of: (day: DayTruth) => DayTruth['gas'], per: number) =>
    total(parts, (day, at) => flowedAt(of(day), at, per) * 1000)
  let peak = 0
  for (const { day, from, to } of parts)
    for (let at = Math.ceil(from / (15 * MINUTE)) * 15 * MINUTE; at + 15 * MINUTE <= to; at += 15 * MINUTE)
      peak = Math.max(peak, (energyAt(day, 'm00', at + 15 * MINUTE) - energyAt(day, 'm00', at)) * 4)
  return [
    row(
      'energy',
      'Wh',
      total(parts, (day, at) => energyAt(day, 'm00', at)),
    ),
    row('peak.quarter', 'W', Math.round(peak)),
    row(
      'air',
      'dm3',
      flow((day) => day.air, MINUTE),
    ),
    row(
      'gas',
      'dm3',
      flow((day) => day.gas, HOUR),
    ),
    row(
      'water',
      'dm3',
      flow((day) => day.water, HOUR),
    ),
    row(
      'nitrogen',
      'dm3',
      flow((day) => day.nitrogen, HOUR),
    ),
    row(
      'person',
      'seconds',
      Math.round(
        parts.reduce(
          (sum, { day, from, to }) =>
            sum +
            shiftsOf(day.date).reduce(
              (s, shift) =>
                s +
                (day.workers.filter((w) => w.from === shift.from).length *
                  shift.paid.reduce((p, span) => p + overlap(span, from, to), 0)) /
                  1000,
              0,
            ),
          0,
        ),
      ),
    ),
  ]
}

/**
 * Truth of `plant`, a machine (`lathe-07`) or a meter (`m05`, `gas`, `water`, `nitrogen`) in a window of the given days. Whatever part of the window no day
 * covers is left out. A machine's cost is what is traced to it; pools, demand and overhead are the plant's.
 */
export function truthOf(days: readonly DayTruth[], scope: string, window: Span): TruthRow[] {
  const rows =
    scope === 'plant'
      ? [...plantRows(days, window), ...moneyRows(days, null, window)]
      : METERS.some(({ id }) => id === scope)
        ? meterRows(days, scope, window)
        : FLOW_METERS.includes(scope)
          ? plantRows(days, window).filter(({ name }) => name === scope)
          : [...machineRows(days, scope, window), ...moneyRows(days, scope, window)]
  return rows.map((one) => ({
    name: one.name,
    scope,
    from: window.from,
    to: window.to,
    value: one.value,
    unit: one.unit,
    reason: one.reason ?? null,
  }))
}

function meterRows(days: readonly DayTruth[], id: string, window: Span): Row[] {
  const parts = daysIn(days, window)
  return [
    row(
      'energy',
      'Wh',
      total(parts, (day, at) => energyAt(day, id, at)),
    ),
    row(
      'reactive',
      'varh',
      total(parts, (day, at) => kvarhOf(energyAt(day, id, at))),
    ),
  ]
}
