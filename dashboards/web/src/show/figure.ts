/** How a figure may be shown: its value or why there is none, how sure it is, and where it stands to its target. */
import type { DayFigures } from '#contract/figures.ts'
import type { Instant } from '#domain/time.ts'
import { ENOUGH } from './day.ts'
import { formatNumber, NOTHING } from './format.ts'

type Figure = DayFigures['figure']
type Line = DayFigures['lines'][number]

/** Older figures are shown as old; figures of the last minute are no longer the present. */
export const OLD_AFTER = 15_000
export const GONE_AFTER = 60_000

export type HeroState =
  | { readonly kind: 'value'; readonly text: string; readonly sure: boolean }
  | { readonly kind: 'none'; readonly reason: Figure['status'] }
  | { readonly kind: 'gone'; readonly at: Instant }

/** `91.37`; of little evidence `91.4`; `—` has its reason. */
export function heroOf({ u2, status, coverage }: Figure, at: Instant, ageMs: number): HeroState {
  if (ageMs > GONE_AFTER) return { kind: 'gone', at }
  if (u2 === null) return { kind: 'none', reason: status }
  const sure = coverage !== null && coverage >= ENOUGH
  return { kind: 'value', text: formatU(u2, sure ? 2 : 1), sure }
}

/** Hundredths of a yuan as `91.37`. */
export const formatU = (u2: number | null, digits = 2): string =>
  u2 === null ? NOTHING : formatNumber(u2 / 100, digits)

/** A change in hundredths as `+0.54` or `−2.49`; nothing has no sign. */
export const formatChange = (u2: number): string => `${u2 > 0 ? '+' : ''}${formatU(u2)}`

export const differenceOf = (u2: number | null, target: number | null): number | null =>
  u2 === null || target === null ? null : u2 - target

export type LineBar = {
  readonly line: Line
  /** Against its target; null where one of them is not known. */
  readonly diff: number | null
  /** Share of the longest bar, −1 to 1; null: no bar. */
  readonly length: number | null
}
export type LineBars = {
  /** What the bars show: the difference to the target, or, where no line has one, the share of the cost. */
  readonly of: 'target' | 'share'
  readonly rows: readonly LineBar[]
}

/** Differences below half a yuan do not fill the column. */
const LEAST_SCALE = 50

/** The lines in their fixed order with a bar each, all on one scale. */
export function lineBars(lines: readonly Line[]): LineBars {
  if (lines.some(({ target }) => target !== null)) {
    const diffs = lines.map(({ u2, target }) => differenceOf(u2, target))
    const most = Math.max(LEAST_SCALE, ...diffs.map((diff) => Math.abs(diff ?? 0)))
    const rows = lines.map((line, i) => ({
      line,
      diff: diffs[i]!,
      length: diffs[i] === null ? null : diffs[i]! / most,
    }))
    return { of: 'target', rows }
  }
  const most = Math.max(1, ...lines.map(({ cost }) => Math.abs(cost)))
  return { of: 'share', rows: lines.map((line) => ({ line, diff: null, length: line.cost / most })) }
}

/** The lines that are furthest from their targets; without targets the dearest. */
export const furthest = ({ of, rows }: LineBars, count: number): readonly LineBar[] =>
  rows
    .toSorted((a, b) =>
      of === 'share' ? b.line.cost - a.line.cost : Math.abs(b.diff ?? 0) - Math.abs(a.diff ?? 0),
    )
    .slice(0, count)

export type Mark = { readonly key: string; readonly u2: number }
export type PlacedMark = Mark & {
  /** Per cent of the scale; cheaper is further right, as the way to the target goes. */
  readonly at: number
  /** Per cent at which its words stand: they do not touch each other. */
  readonly label: number
}

/** Narrower than four yuan a scale says nothing about a day. */
const LEAST_SPAN = 400

/** Marks on one scale; words that would touch are moved apart, the marks themselves stay where they are. */
export function scaleMarks(marks: readonly Mark[], gap: number): readonly PlacedMark[] {
  if (marks.length < 2) return []
  const values = marks.map(({ u2 }) => u2)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const span = Math.max(LEAST_SPAN, (high - low) * 1.5)
  const top = (low + high + span) / 2
  const placed = marks
    .map((mark) => ({ ...mark, at: ((top - mark.u2) / span) * 100 }))
    .toSorted((a, b) => a.at - b.at)
  const labels = placed.map(({ at }) => at)
  for (let round = 0; round < 20; round++)
    for (let i = 1; i < labels.length; i++) {
      const lack = gap - (labels[i]! - labels[i - 1]!)
      if (lack <= 0) continue
      labels[i - 1]! -= lack / 2
      labels[i]! += lack / 2
    }
  const room = (at: number): number => Math.min(100 - gap / 2, Math.max(gap / 2, at))
  return placed.map((mark, i) => ({ ...mark, label: room(labels[i]!) }))
}
