/**
 * What a month's close waits for. It freezes accounts, and those are made beside the pipeline, sooner or later: so that the journal alone
 * decides, live as in a replay, everything that was journalled before a close is valued before the close is taken. Mostly it is already.
 */
import { controlTopic } from '#contract/topics.ts'
import type { JournalEntry } from '#store/journal/journal.ts'

const isClose = ({ topic, firm }: JournalEntry): boolean => topic === controlTopic(firm, 'close.month')

/** The first entries, whole commits: those before the first close, or the commit that holds it, and firms that close a month with it. */
export function upToClose(entries: readonly JournalEntry[]): {
  readonly entries: readonly JournalEntry[]
  readonly closing: ReadonlySet<string>
} {
  const close = entries.find(isClose)
  if (!close) return { entries, closing: new Set() }
  const before = entries.filter(({ commit }) => commit < close.commit)
  if (before.length > 0) return { entries: before, closing: new Set() }
  const own = entries.filter(({ commit }) => commit === close.commit)
  return { entries: own, closing: new Set(own.filter(isClose).map(({ firm }) => firm)) }
}
