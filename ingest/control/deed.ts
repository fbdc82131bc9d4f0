/** A deed: one kind of control entry, and what it came to. */
import type { ControlEntry, Refusal } from '#contract/control.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from '../firm.ts'
import type { Stages } from '../walks.ts'

/** What a deed came to. A refusal changes nothing. */
export type Outcome = { readonly ok: true; readonly result: Readonly<Record<string, unknown>> } | Refused
export type Refused = { readonly ok: false; readonly refusal: Refusal; readonly detail: string }

export type Deed = (firm: Firm, entry: JournalEntry, control: ControlEntry, stages: Stages) => Outcome

export const refused = (refusal: Refusal, detail: string): Refused => ({ ok: false, refusal, detail })
