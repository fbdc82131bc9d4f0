/**
 * The history on the console of an installation: a bar that moves on a terminal, a line every tenth elsewhere, and one at the end.
 *
 *   demo-a: history (simulated) [##########--------------------]  33 %  181 of 549 days, 3 min left
 */
import type { HistoryProgress, SimulationRun } from '#contract/local.ts'
import type { Millis } from '#domain/time.ts'
import { callLocal } from '#runtime/local.ts'

const BAR = 30
const ASK_EVERY_MS: Millis = 1000

/** Whole percent of the days that are done; 100 only when all is done. */
export const percentOf = ({ days, state }: HistoryProgress): number =>
  state === 'done' ? 100 : Math.min(99, Math.floor((100 * days.done) / Math.max(1, days.total)))

/** `45 s`, `3 min`: rounded up, so that it never says none. */
export const spanOf = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.ceil(seconds))} s` : `${Math.ceil(seconds / 60)} min`

/** Where it stood, by its own seconds. */
type Seen = { readonly days: number; readonly seconds: number }

/** Seconds left at the pace since `first`; null: no day has passed since. */
export function secondsLeft(first: Seen, { days, seconds }: HistoryProgress): number | null {
  const passed = days.done - first.days
  return passed <= 0 ? null : ((days.total - days.done) * (seconds - first.seconds)) / passed
}

const what = ({ state }: HistoryProgress): string =>
  state === 'preparing' ? 'its past is made' : state === 'waiting' ? 'live data come first' : ''

function counted(progress: HistoryProgress, left: number | null): string {
  const { done, total } = progress.days
  const parts = [`${done} of ${total} days`, what(progress), left === null ? '' : `${spanOf(left)} left`]
  return parts.filter((part) => part !== '').join(', ')
}

export function barOf(firm: string, progress: HistoryProgress, left: number | null): string {
  const percent = percentOf(progress)
  const full = Math.floor((BAR * percent) / 100)
  const bar = '#'.repeat(full) + '-'.repeat(BAR - full)
  return `${firm}: history (simulated) [${bar}] ${String(percent).padStart(3)} %  ${counted(progress, left)}`
}

export const lineOf = (firm: string, progress: HistoryProgress, left: number | null): string =>
  `${firm}: history (simulated) ${percentOf(progress)} %, ${counted(progress, left)}`

export const endOf = (firm: string, { days, items, seconds }: HistoryProgress): string =>
  `${firm}: history (simulated) is there: ${days.total} days, ${items.toLocaleString('en')} items, in ${spanOf(seconds)}`

export type Screen = {
  /** A line that stays. */
  readonly say: (line: string) => void
  /** The line that changes; null on what is no terminal. */
  readonly show: ((line: string) => void) | null
}

type Followed = { first: Seen | null; tenth: number }

/**
 * Shows the history of every plant of `socket`, the simulators', until all is there. One that is there already is not spoken of. Returns a
 * function that ends it.
 */
export function followHistory(
  socket: string,
  { say, show }: Screen,
  everyMs: Millis = ASK_EVERY_MS,
): () => void {
  const followed = new Map<string, Followed>()
  let ended = false
  let timer: NodeJS.Timeout | undefined

  const follow = (firm: string, progress: HistoryProgress): string | null => {
    const isDone = progress.state === 'done'
    if (isDone && !followed.has(firm)) return null
    const known = followed.get(firm) ?? { first: null, tenth: Math.floor(percentOf(progress) / 10) }
    followed.set(firm, known)
    if (isDone) {
      followed.delete(firm)
      say(endOf(firm, progress))
      return null
    }
    const isTold = progress.state !== 'preparing'
    if (isTold) known.first ??= { days: progress.days.done, seconds: progress.seconds }
    const left = known.first && secondsLeft(known.first, progress)
    const tenth = Math.floor(percentOf(progress) / 10)
    if (!show && isTold && tenth > known.tenth) say(lineOf(firm, progress, left))
    known.tenth = isTold ? tenth : 0
    return barOf(firm, progress, left)
  }

  const look = async (): Promise<void> => {
    let goesOn = true
    try {
      const runs = await callLocal<SimulationRun[]>(socket, 'GET', '/runs')
      const bars = runs.flatMap(({ firm, history }) =>
        history && !ended ? (follow(firm, history) ?? []) : [],
      )
      if (bars.length > 0) show?.(bars.join('   '))
      goesOn = runs.length === 0 || bars.length > 0
    } catch {
      // the simulators are being started again: asked anew
    }
    if (!ended && goesOn) timer = setTimeout(() => void look(), everyMs)
  }
  void look()
  return () => {
    ended = true
    clearTimeout(timer)
  }
}
