/**
 * plants/<firm>/records.yaml: dated records as people write them. They seed an empty firm once. Reads no disk.
 * Valid:   `{ kind: product, from: 2026-01-01, source: price list, illustrative: true, values: { q41f: { price: 430 } } }`
 * Invalid: a price finer than a millionth of a yuan, a season whose windows leave a hole, a boundary off the quarter hour
 */
import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml'
import { z } from 'zod'
import type { DatedRecord, RecordKind } from '#domain/accounting/records.ts'
import { SHANGHAI_OFFSET } from '#domain/time.ts'
import { faultsOf, needed, showPath, type PlantFault, type PlantPath } from './plant.ts'
import { SHAPES, date, text } from './recordsFileShape.ts'

export type RecordsFault = { readonly path: string; readonly line: number; readonly message: string }
export type RecordsReading =
  { readonly records: readonly DatedRecord[] } | { readonly faults: readonly RecordsFault[] }

/** What every group of values of a file tells besides its dates. */
export const groupShape = {
  kind: z.enum(Object.keys(SHAPES) as RecordKind[], needed('must be a kind of record')),
  source: text,
  illustrative: z.boolean(needed('must be true or false')),
  values: z.record(z.string(), z.unknown()),
}

const RecordsFile = z.strictObject({
  firm: text,
  records: z.array(z.strictObject({ ...groupShape, from: date, provisional: z.boolean().optional() })),
})

/** A date's midnight in Asia/Shanghai. */
export const instantOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) - SHANGHAI_OFFSET

export type Located = { readonly faults: readonly RecordsFault[] }

/** The text of a file in its outer shape, with what puts lines to further faults; or everything that is wrong with it. Never throws. */
export function readGroups<T extends { readonly firm: string }>(
  content: string,
  firm: string,
  shape: z.ZodType<T>,
): { readonly data: T; readonly located: (faults: readonly PlantFault[]) => Located } | Located {
  const lines = new LineCounter()
  const doc = parseDocument(content, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  if (doc.errors.length > 0)
    return {
      faults: doc.errors.map((error) => ({
        path: '',
        line: lines.linePos(error.pos[0]).line,
        message: error.message,
      })),
    }
  const located = (faults: readonly PlantFault[]): Located => ({
    faults: faults
      .map(({ path, message }) => ({ path: showPath(path), line: lineOf(doc, lines, path), message }))
      .toSorted((a, b) => a.line - b.line),
  })
  const parsed = shape.safeParse(doc.toJS({ maxAliasCount: 100 }))
  if (!parsed.success) return located(parsed.error.issues.flatMap(faultsOf))
  if (parsed.data.firm !== firm)
    return located([{ path: ['firm'], message: `must be ${firm}, the name of its folder` }])
  return { data: parsed.data, located }
}

/** Groups of records as they stand in the file, their values not looked at. */
export const readRecordGroups = (content: string, firm: string) => readGroups(content, firm, RecordsFile)

/** A value of a kind, or its faults at a path of the file. */
export function valueOf(
  kind: RecordKind,
  value: unknown,
  at: PlantPath,
): { readonly value: unknown } | { readonly faults: readonly PlantFault[] } {
  const read = SHAPES[kind].safeParse(value)
  if (read.success) return { value: read.data }
  const faults = read.error.issues.flatMap(faultsOf)
  return { faults: faults.map((fault) => ({ ...fault, path: [...at, ...fault.path] })) }
}

/** The records of a file, in its order, or everything that is wrong with it. Never throws. */
export function readRecordsFile(content: string, firm: string): RecordsReading {
  const file = readRecordGroups(content, firm)
  if ('faults' in file) return file
  const faults: PlantFault[] = []
  const records = file.data.records.flatMap(({ values, from, provisional, ...rest }, i) =>
    Object.entries(values).flatMap(([key, value]): DatedRecord[] => {
      const read = valueOf(rest.kind, value, ['records', i, 'values', key])
      if ('faults' in read) {
        faults.push(...read.faults)
        return []
      }
      const head = { ...rest, key, from: instantOf(from), ...(provisional === true && { provisional }) }
      // kind and value come from one entry of SHAPES
      return [{ ...head, value: read.value } as DatedRecord]
    }),
  )
  return faults.length > 0 ? file.located(faults) : { records }
}

/** Line of the node nearest to a path. */
function lineOf(doc: Document, lines: LineCounter, path: PlantPath): number {
  let node: unknown = doc.contents
  let offset = 0
  for (const part of path) {
    let next: unknown
    if (isMap(node)) next = node.items.find(({ key }) => isScalar(key) && key.value === part)?.value
    else if (isSeq(node) && typeof part === 'number') next = node.items[part]
    if (!next) break
    node = next
    offset = (next as Node).range?.[0] ?? offset
  }
  return lines.linePos(offset).line
}
