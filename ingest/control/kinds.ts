/**
 * Which deeds ingest carries out: one line per kind. Every other kind of the contract is answered `kind_unsupported` until its issue
 * puts it here.
 */
import type { ControlEntry, ControlKind, Refusal } from '#contract/control.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from '../firm.ts'
import type { Stages } from '../pipeline.ts'
import { putFact } from './putFact.ts'
import { putPlant } from './putPlant.ts'
import { discard } from './discard.ts'
import { release } from './release.ts'

/** What a deed came to. A refusal changes nothing. */
export type Outcome =
  | { readonly ok: true; readonly result: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly refusal: Refusal; readonly detail: string }

export type Deed = (firm: Firm, entry: JournalEntry, control: ControlEntry, stages: Stages) => Outcome

export const DEEDS: Readonly<Partial<Record<ControlKind, Deed>>> = {
  'plant.put': putPlant,
  'quarantine.release': release,
  'quarantine.discard': discard,
  'fact.put': putFact,
}

export const refused = (refusal: Refusal, detail: string): Outcome => ({ ok: false, refusal, detail })
