/**
 * `record.put`: dated records, checked whole, hold from their instants on: all of them, or none. What already holds is not kept again.
 * Whoever looked at what they change may say against how many records it was: when others came meanwhile, it is refused.
 */
import { RecordPut } from '#contract/recordShape.ts'
import { changesOf } from '#domain/accounting/recordChanges.ts'
import { refused, type Deed } from './deed.ts'

export const putRecords: Deed = (firm, entry, control) => {
  const parsed = RecordPut.safeParse(control.body)
  if (!parsed.success) {
    const { issues } = parsed.error
    const [first] = issues
    return refused(
      'bad_body',
      `${issues.length} faults, the first: ${first?.path.join('.') ?? ''} ${first?.message ?? ''}`,
    )
  }
  const { records, basis } = parsed.data
  if (basis !== undefined && basis !== firm.records.length)
    return refused('older_version', `checked against ${basis} records, ${firm.records.length} are known`)
  const added = changesOf(firm.records, records)
    .filter(({ changes }) => changes !== 'equal')
    .map(({ record }) => record)
  if (added.length === 0) return { ok: true, result: { added: 0, ids: null, version: firm.records.length } }
  const { receivedAt: at, offset } = entry
  const first = firm.records.length + 1
  firm.putRecords(added, { at, offset, by: control.by })
  const version = firm.records.length
  firm.event('records.changed', at, offset, {
    from: Math.min(...added.map(({ from }) => from)),
    kinds: [...new Set(added.map(({ kind }) => kind))].toSorted(),
    count: added.length,
    version,
    by: control.by,
  })
  return { ok: true, result: { added: added.length, ids: [first, version], version } }
}
