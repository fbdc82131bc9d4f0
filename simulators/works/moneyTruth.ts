/** True cost, value and cost per 100 yuan of a window, and what the works' own measures saved in it. */
import type { Instant } from '#domain/time.ts'
import { apportion, fenOf, uOf } from './apportion.ts'
import type { Span } from './calendar.ts'
import {
  ELEMENTS,
  LINES,
  STREAMS,
  type Stream,
  type TruthRow,
  type Unit,
  elementOf,
  lineOf,
} from './catalogue.ts'
import { amountIn, ledgerOf } from './ledger.ts'
import type { DayTruth } from './truthDay.ts'

/** Parts of the window in each day that it touches. */
export function daysIn(
  days: readonly DayTruth[],
  window: Span,
): { day: DayTruth; from: Instant; to: Instant }[] {
  return days.flatMap((day) => {
    const from = Math.max(day.from, window.from)
    const to = Math.min(day.to, window.to)
    return from < to ? [{ day, from, to }] : []
  })
}

/** Micro-yuan by stream, of one owner or of all. */
export function streamsIn(
  days: readonly DayTruth[],
  owner: string | null,
  window: Span,
): Record<Stream, number> {
  const sums = Object.fromEntries(STREAMS.map((stream) => [stream, 0])) as Record<Stream, number>
  for (const { day, from, to } of daysIn(days, window)) {
    const ledger = ledgerOf(day)
    for (const stream of STREAMS)
      for (const one of owner === null ? ledger.owners : [owner])
        sums[stream] += amountIn(ledger, stream, one, from, to)
  }
  return sums
}

export type Worths = {
  readonly added: number
  readonly scrapped: number
  readonly finished: number
  readonly pieces: number
}

/** Micro-yuan of output value, of one owner or of all. */
export function worthIn(days: readonly DayTruth[], owner: string | null, window: Span): Worths {
  const sums = { added: 0, scrapped: 0, finished: 0, pieces: 0 }
  for (const { day, from, to } of daysIn(days, window)) {
    const ledger = ledgerOf(day)
    for (const one of owner === null ? ledger.owners : [owner]) {
      sums.added += amountIn(ledger, 'value_added', one, from, to)
      sums.scrapped += amountIn(ledger, 'value_scrapped', one, from, to)
      sums.finished += amountIn(ledger, 'value_finished', one, from, to)
      sums.pieces += amountIn(ledger, 'finished', one, from, to)
    }
  }
  return sums
}

export type Row = Omit<TruthRow, 'scope' | 'from' | 'to' | 'reason'> & { readonly reason?: string | null }

export const row = (name: string, unit: Unit, value: number | null, reason: string | null = null): Row => ({
  name,
  unit,
  value,
  reason,
})

export function moneyRows(days: readonly DayTruth[], owner: string | null, window: Span): Row[] {
  const streams = streamsIn(days, owner, window)
  const total = STREAMS.reduce((sum, stream) => sum + streams[stream], 0)
  const totalFen = fenOf(total)
  const by = <T extends string>(names: readonly T[], nameOf: (stream: Stream) => T) =>
    apportion(
      names.map(
        (name) =>
          STREAMS.reduce((sum, stream) => sum + (nameOf(stream) === name ? streams[stream] : 0), 0) / 10_000,
      ),
      totalFen,
    )
  const elements = by(ELEMENTS, elementOf)
  const lines = by(LINES, lineOf)
  const { added, scrapped, finished, pieces } = worthIn(days, owner, window)
  const value = fenOf(added) - fenOf(scrapped)
  const u = uOf(totalFen, value)
  return [
    ...ELEMENTS.map((element, i) => row(`cost.${element}`, 'fen', elements[i]!)),
    row('cost.total', 'fen', totalFen),
    ...LINES.map((line, i) => row(`line.${line}`, 'fen', lines[i]!)),
    row('value.added', 'fen', fenOf(added)),
    row('value.scrapped', 'fen', fenOf(scrapped)),
    row('value', 'fen', value),
    row('value.finished', 'fen', fenOf(finished)),
    row('pieces.finished', 'pieces', pieces),
    row('u', 'fen_per_100_yuan', u.value, u.reason),
  ]
}

/**
 * What the works' own measures saved in a window, and in which elements: the twin (the same days without the measures) shows what 100
 * yuan of output would have cost, and the difference is taken over the output that there was. Null without a twin or output.
 */
export function plantedSaving(
  days: readonly DayTruth[],
  twin: readonly DayTruth[] | null,
  window: Span,
): TruthRow[] {
  const names = ['saving.planted', ...ELEMENTS.map((element) => `saving.${element}`)]
  const { from, to } = window
  const rowOf = (name: string, value: number | null, reason: string | null): TruthRow => ({
    name,
    scope: 'plant',
    from,
    to,
    value,
    unit: 'fen',
    reason,
  })
  const none = (reason: string) => names.map((name) => rowOf(name, null, reason))
  if (!twin) return none('NO_TWIN')
  const value = outputOf(days, window)
  const other = outputOf(twin, window)
  if (value <= 0 || other <= 0) return none('NO_OUTPUT')
  const [own, without] = [streamsIn(days, null, window), streamsIn(twin, null, window)]
  const parts = ELEMENTS.map((element) =>
    STREAMS.reduce(
      (sum, stream) =>
        elementOf(stream) === element
          ? sum + ((without[stream] / other) * value - own[stream]) / 10_000
          : sum,
      0,
    ),
  )
  const total = Math.round(parts.reduce((sum, part) => sum + part, 0))
  return [total, ...apportion(parts, total)].map((fen, i) => rowOf(names[i]!, fen, null))
}

function outputOf(days: readonly DayTruth[], window: Span): number {
  const { added, scrapped } = worthIn(days, null, window)
  return added - scrapped
}
