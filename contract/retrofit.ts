/**
 * plants/<firm>/records-retrofit.yaml: what a retrofit changes in the records, in days from its begin, as dated records. An entry names
 * only what changes; the rest is as the records have it when it begins. `days` is a step on one day, or a ramp: each of its days
 * counts at its middle and gets a record of its own, numbers rounded to whole steps of their unit. Reads no disk.
 * Valid:   `{ kind: tool, days: [0, 45], source: plan, illustrative: true, values: { taps: { planned: 0.822 } } }`
 * Invalid: a ramp that ends before it begins, a ramp of what no record has, the same record in two entries
 */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { DatedRecord, RecordKind } from '#domain/accounting/records.ts'
import { DAY, type Instant } from '#domain/time.ts'
import type { PlantFault } from './plant.ts'
import {
  groupShape,
  instantOf,
  readGroups,
  readRecordGroups,
  valueOf,
  type RecordsReading,
} from './records.ts'
import { text } from './recordsFileShape.ts'

type Ramp = readonly [first: number, last: number]

const day = z.int().min(0).max(3660)

const RetrofitFile = z.strictObject({
  firm: text,
  changes: z.array(
    z.strictObject({
      ...groupShape,
      days: z
        .union(
          [day.transform((one): Ramp => [one, one]), z.tuple([day, day])],
          'must be a day or [first, last] in whole days of the retrofit',
        )
        .refine(([first, last]) => first <= last, 'must begin before it ends'),
    }),
  ),
})

/**
 * The records of a retrofit that begins at an instant: that of its first production day. `base`: the text of the firm's records.yaml.
 * In the order of the file, a ramp by its days; or everything that is wrong with it. Never throws.
 */
export function readRetrofitFile(
  content: string,
  firm: string,
  base: string,
  begin: Instant,
): RecordsReading {
  const file = readGroups(content, firm, RetrofitFile)
  if ('faults' in file) return file
  const before = readRecordGroups(base, firm)
  if ('faults' in before) return file.located([{ path: [], message: 'needs a records.yaml without faults' }])
  const inForce = (kind: RecordKind, key: string): unknown =>
    before.data.records
      .filter((group) => group.kind === kind && key in group.values && instantOf(group.from) <= begin)
      // of two of one date the later in the file
      .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
      .at(-1)?.values[key]
  const faults: PlantFault[] = []
  const changed = new Set<string>()
  const records = file.data.changes.flatMap(({ values, days, ...rest }, i) =>
    Object.entries(values).flatMap(([key, change]): DatedRecord[] => {
      const path = ['changes', i, 'values', key]
      const name = `${rest.kind}/${key}`
      if (changed.has(name)) faults.push({ path, message: 'is changed by another entry already' })
      changed.add(name)
      const old = inForce(rest.kind, key)
      if (old === undefined && days[0] < days[1]) {
        faults.push({ path, message: 'has no record that a ramp could begin with' })
        return []
      }
      const [from, to] = [old ?? change, merged(old, change)].map((value) => valueOf(rest.kind, value, path))
      if ('faults' in from! || 'faults' in to!) {
        faults.push(...('faults' in to! ? to.faults : 'faults' in from! ? from.faults : []))
        return []
      }
      return stepsOf(days, from!.value, to!.value).map(
        // kind and value come from one entry of SHAPES
        (step) => ({ ...rest, key, from: begin + step.day * DAY, value: step.value }) as DatedRecord,
      )
    }),
  )
  return faults.length > 0 ? file.located(faults) : { records }
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value with what changes in it; lists change as a whole. */
function merged(old: unknown, change: unknown): unknown {
  if (!isTable(old) || !isTable(change)) return change
  return {
    ...old,
    ...Object.fromEntries(Object.entries(change).map(([key, own]) => [key, merged(old[key], own)])),
  }
}

/** Days on which a value changes, and to what. */
function stepsOf([first, last]: Ramp, from: unknown, to: unknown): { day: number; value: unknown }[] {
  const days = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const steps = days.map((one) => ({
    day: one,
    value: one === last ? to : mixed(from, to, (one + 0.5 - first) / (last - first)),
  }))
  return steps.filter(({ value }, i) => i === 0 || !isDeepStrictEqual(value, steps[i - 1]!.value))
}

/** A value part of the way: numbers mix, wherever they stand; everything else waits for the end. */
function mixed(from: unknown, to: unknown, share: number): unknown {
  if (typeof from === 'number' && typeof to === 'number') return Math.round(from + (to - from) * share)
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length)
    return from.map((one, i) => mixed(one, to[i], share))
  if (isTable(from) && isTable(to))
    return Object.fromEntries(Object.entries(from).map(([key, own]) => [key, mixed(own, to[key], share)]))
  return from
}
