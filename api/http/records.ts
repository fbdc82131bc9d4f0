/** Dated records: what holds and held, a dry run of what somebody enters or sends as a file, and putting it. */
import type { z } from 'zod'
import type { RecordsEntry, RecordsFileQuery } from '#contract/rest.ts'
import type { DatedRecord } from '#domain/accounting/records.ts'
import { perform } from '../deed.ts'
import type { Ports } from '../ports.ts'
import { faultsOf, readFile, rowsOfEntry, rowsOfTables, viewOf } from '../records/check.ts'
import type { RowsRead } from '../records/rows.ts'
import { FILE_FAULTS } from '../records/table.ts'
import { template } from '../records/template.ts'
import { badKey, deedAnswer, idempotencyKey } from './deeds.ts'
import { refuse, type Refused } from './problem.ts'
import { serve } from './serve.ts'

export const records = (ports: Ports) =>
  serve<'records' | 'recordsTemplate' | 'recordsCheck' | 'recordsPut'>(ports, {
    records: ({ at, query: { kind, key } }) => {
      const all = ports.ledgers.of(at['firm']!)!.records()
      const now = ports.now()
      const newest = new Map<string, number>()
      for (const [i, record] of all.entries()) {
        const name = `${record.kind}/${record.key}`
        const known = newest.get(name)
        if (record.from <= now && (known === undefined || record.from >= all[known]!.from))
          newest.set(name, i)
      }
      const current = new Set(newest.values())
      const shown = all.flatMap(({ provisional = false, value, ...record }, i) =>
        (kind === undefined || record.kind === kind) && (key === undefined || record.key === key)
          ? [{ ...record, value: { ...value }, provisional, current: current.has(i) }]
          : [],
      )
      return { body: { version: all.length, records: shown } }
    },

    recordsTemplate: async () => ({ file: await template(), name: 'baiyuan-records.xlsx' }),

    recordsCheck: async ({ at, query, body, file }) => {
      const ledger = ports.ledgers.of(at['firm']!)!
      const known = ledger.records()
      const read = await rowsOf(query, body, file, known)
      if ('refused' in read) return read
      const view = viewOf(read, known, ledger.plant()?.plant ?? null, ports.now())
      if (view.effectReason !== 'not_valued') return { body: view }
      return {
        body: {
          ...view,
          ...(await effectOf(
            ports,
            at['firm']!,
            read.placed.map(({ record }) => record),
          )),
        },
      }
    },

    recordsPut: async ({ who, at, query, body, file, request }) => {
      const id = idempotencyKey(request)
      if (id === false) return badKey()
      const known = ports.ledgers.of(at['firm']!)!.records()
      const read = await rowsOf(query, body, file, known)
      if ('refused' in read) return read
      const faults = faultsOf(read, known)
      if (faults.length > 0)
        return {
          ...refuse(422, 'faulty-rows', `${faults.length} faults: nothing was put`),
          errors: faults.slice(0, 20).map(({ sheet, row, column, code, detail }) => ({
            path: [sheet, row, column].filter((part) => part !== null).join(' '),
            message: detail === null ? code : `${code}: ${detail}`,
          })),
        }
      const basis = body?.basis ?? query.basis
      const put = {
        records: read.placed.map(({ record }) => record),
        ...(basis === undefined ? {} : { basis }),
      }
      const deed = { kind: 'record.put', version: 1, body: put, reason: body?.reason, id } as const
      return deedAnswer(await perform(ports, who, at['firm']!, deed))
    },
  })

/** What the records would change; while the pipeline does not answer it is not known. */
async function effectOf(ports: Ports, firm: string, placed: readonly DatedRecord[]) {
  try {
    return { effect: await ports.ingest.effect(firm, placed), effectReason: null }
  } catch (error) {
    ports.log.warn({ err: error, firm }, 'what records would change could not be told')
    return { effect: null, effectReason: 'not_valued' as const }
  }
}

async function rowsOf(
  { kind }: z.infer<typeof RecordsFileQuery>,
  entry: z.infer<typeof RecordsEntry> | undefined,
  file: Buffer | null,
  known: readonly DatedRecord[],
): Promise<RowsRead | Refused> {
  if (file === null) return rowsOfEntry(entry ?? {}, known)
  const read = await readFile(file)
  if ('tables' in read) return rowsOfTables(read, kind, known)
  const why = FILE_FAULTS[read.fault]
  return refuse(422, read.fault.replaceAll('_', '-'), read.detail ? `${why}: ${read.detail}` : why)
}
