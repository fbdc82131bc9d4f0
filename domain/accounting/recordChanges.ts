/**
 * What accepting records would change. A record that says what already holds at its instant, in value and in where it comes from,
 * changes nothing and is not kept a second time.
 */
import type { Instant } from '#domain/time.ts'
import type { DatedRecord, RecordKind } from './records.ts'

/** Kinds that say when shifts and machines work: panes are made by them. All others only value what the panes hold. */
const SHAPING: ReadonlySet<RecordKind> = new Set<RecordKind>(['calendar', 'machine_plan'])

/** Earliest instant from which panes may come out differently; null: they stay as they are. */
export function shapedFrom(records: readonly DatedRecord[]): Instant | null {
  const instants = records.filter(({ kind }) => SHAPING.has(kind)).map(({ from }) => from)
  return instants.length > 0 ? Math.min(...instants) : null
}

const nameOf = ({ kind, key }: DatedRecord): string => `${kind}/${key}`

/** The record of its kind and key that holds at an instant among records in the order of their acceptance; null: none. */
export function inForceAt(records: readonly DatedRecord[], from: Instant): DatedRecord | null {
  let found: DatedRecord | null = null
  for (const record of records)
    if (record.from <= from && (found === null || record.from >= found.from)) found = record
  return found
}

export type RecordChange = {
  readonly record: DatedRecord
  /** What holds at its instant without it; null: nothing. */
  readonly before: DatedRecord | null
  readonly changes: 'new' | 'changed' | 'equal'
}

/** Each record against what is known and what those before it bring, the earliest first. */
export function changesOf(known: readonly DatedRecord[], put: readonly DatedRecord[]): RecordChange[] {
  const byName = new Map<string, DatedRecord[]>()
  for (const record of known) listOf(byName, nameOf(record)).push(record)
  return put
    .toSorted((a, b) => a.from - b.from)
    .map((record) => {
      const own = listOf(byName, nameOf(record))
      const before = inForceAt(own, record.from)
      const equal = before !== null && sameContent(before, record)
      if (!equal) own.push(record)
      return { record, before, changes: equal ? 'equal' : before === null ? 'new' : 'changed' }
    })
}

function listOf(lists: Map<string, DatedRecord[]>, name: string): DatedRecord[] {
  let list = lists.get(name)
  if (!list) lists.set(name, (list = []))
  return list
}

const sameContent = (a: DatedRecord, b: DatedRecord): boolean =>
  a.source === b.source &&
  a.illustrative === b.illustrative &&
  (a.provisional ?? false) === (b.provisional ?? false) &&
  same(a.value, b.value)

/** Equal JSON, whatever the order of its fields. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const own = Object.keys(a)
  return (
    own.length === Object.keys(b).length &&
    own.every((key) => Object.hasOwn(b, key) && same((a as Values)[key], (b as Values)[key]))
  )
}

type Values = Readonly<Record<string, unknown>>
