/**
 * Which deeds ingest carries out: one line per kind. Every other kind of the contract is answered `kind_unsupported` until a file
 * puts it here.
 */
import type { ControlKind } from '#contract/control.ts'
import { closeMonth } from './closeMonth.ts'
import { correct } from './correct.ts'
import { count } from './correctCount.ts'
import { reading } from './correctReading.ts'
import { reject } from './correctReject.ts'
import { state } from './correctState.ts'
import type { Deed } from './deed.ts'
import { putFact } from './putFact.ts'
import { putPlant } from './putPlant.ts'
import { putRecords } from './putRecords.ts'
import { discard } from './discard.ts'
import { release } from './release.ts'

export const DEEDS: Readonly<Partial<Record<ControlKind, Deed>>> = {
  'plant.put': putPlant,
  'quarantine.release': release,
  'quarantine.discard': discard,
  'fact.put': putFact,
  'correct.state': correct(state),
  'correct.count': correct(count),
  'correct.reading': correct(reading),
  'correct.reject': correct(reject),
  'record.put': putRecords,
  'close.month': closeMonth,
}
