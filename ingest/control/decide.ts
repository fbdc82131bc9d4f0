/**
 * A control entry -> its effect, and an answer in the ledger under its id: accepted with a result, or refused with a named reason. The
 * same id again has no second effect and no second answer.
 */
import { ControlEntry } from '#contract/control.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { Firm } from '../firm.ts'
import type { Stages } from '../walks.ts'
import { refused, type Outcome } from './deed.ts'
import { DEEDS } from './kinds.ts'

export function decide(firm: Firm, entry: JournalEntry, stages: Stages): void {
  const read = readControl(entry)
  if (!read.ok) return answer(firm, entry, read.control, refused('bad_body', read.detail))
  const { control } = read
  if (firm.answered(control.id)) return
  const deed = DEEDS[control.kind]
  const outcome = deed
    ? deed(firm, entry, control, stages)
    : refused('kind_unsupported', `${control.kind} is not carried out yet`)
  answer(firm, entry, control, outcome)
}

/** Who asked for what, as far as it can be read. */
type Asked = Pick<ControlEntry, 'id' | 'kind' | 'by'>
type Read =
  | { readonly ok: true; readonly control: ControlEntry }
  | { readonly ok: false; readonly control: Partial<Asked>; readonly detail: string }

function readControl(entry: JournalEntry): Read {
  let raw: unknown
  try {
    raw = JSON.parse(entry.payload.toString('utf8'))
  } catch {
    return { ok: false, control: {}, detail: 'no JSON' }
  }
  const parsed = ControlEntry.safeParse(raw)
  if (parsed.success) return { ok: true, control: parsed.data }
  const [issue] = parsed.error.issues
  const id = ControlEntry.shape.id.safeParse((raw as Partial<Asked> | null)?.id)
  const detail = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`
  return { ok: false, control: id.success ? { id: id.data } : {}, detail }
}

function answer(firm: Firm, entry: JournalEntry, asked: Partial<Asked>, outcome: Outcome): void {
  if (asked.id !== undefined && firm.answered(asked.id)) return
  const { id = null, kind = null, by = null } = asked
  const who = { id, kind, by }
  if (outcome.ok)
    firm.event('control.accepted', entry.receivedAt, entry.offset, { ...who, result: outcome.result }, id)
  else {
    const { refusal, detail } = outcome
    firm.event('control.refused', entry.receivedAt, entry.offset, { ...who, reason: refusal, detail }, id)
  }
}
