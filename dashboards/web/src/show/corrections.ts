/** Old and new of a correction in words, side by side. */
import { formatClock, formatMinute, formatNumber } from './format.ts'
import type { Correction } from '../server/shapes.ts'
import type { Words } from '../words/words.ts'

type Side = Correction['old']

/** One line for each segment, group of pieces or reading. */
export function sideLines(side: Side, { t }: Pick<Words, 't'>, reason: (code: string) => string): string[] {
  if (Array.isArray(side))
    return side.map(({ piece, start, milli }) => {
      const total = Object.values(milli).reduce((a, b) => a + b, 0)
      return `${formatMinute(start)} ${t(`fix.${piece}`)} ${formatNumber(total / 1000, total % 1000 === 0 ? 0 : 3)}`
    })
  if ('readings' in side)
    return side.readings.map(({ ts, value }) => `${formatClock(ts)} ${side.measure} ${String(value)}`)
  const lines = side.segments.map(({ from, state, reason: code }) =>
    [formatMinute(from), t(`state.${state}`), ...(code === null ? [] : [reason(code)])].join(' '),
  )
  return side.more > 0 ? [...lines, `… ${side.more}`] : lines
}
