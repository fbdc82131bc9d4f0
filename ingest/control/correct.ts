/**
 * `correct.*`: what a person says in place of what was heard. It is applied to the facts from which panes are made, never to panes: the
 * days it concerns are made again and settle as a new revision. The messages stay, and old and new stand side by side in the ledger.
 */
import { Withdrawal } from '#contract/correct.ts'
import type { ControlEntry } from '#contract/control.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine } from '#domain/plant/plant.ts'
import type { Instant } from '#domain/time.ts'
import type { JournalEntry } from '#store/journal/journal.ts'
import type { CorrectionBody, CorrectionRow } from '#store/ledger/changes.ts'
import type { Firm } from '../firm.ts'
import { refused, type Deed, type Outcome, type Refused } from './deed.ts'

/** A stretch of a machine whose panes change (openDays.ts), or of which only the causes do: those are in accounts alone. */
export type Touch = {
  readonly machine: string
  readonly span: Span
  readonly own: Span
  readonly causesAlone?: true
}

/** What a correction would do, old and new side by side. */
export type Effect = {
  readonly old: unknown
  readonly new: unknown
  readonly touches: readonly Touch[]
}
export type Draft = Effect & {
  readonly ok: true
  readonly from: Instant
  readonly to: Instant | null
  readonly body: CorrectionBody
}

/** A shape of the contract. */
type Shape<A> = {
  safeParse(
    body: unknown,
  ): { readonly success: true; readonly data: A } | { readonly success: false; readonly error: Faults }
}
type Faults = {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}

/** One kind of correction. Nothing is changed before its row is made. */
export type Kind<A, K extends CorrectionBody['kind']> = {
  readonly kind: K
  readonly schema: Shape<A>
  /** What it comes to, or why it is refused. */
  readonly draft: (firm: Firm, machine: Machine, asked: A, entry: JournalEntry) => Draft | Refused
  /** What it would be to take it back. */
  readonly undone: (firm: Firm, machine: Machine, row: CorrectionRow) => Effect | Refused
  /** What else follows from its row, beside its place in firm.corrections. */
  readonly follow?: (firm: Firm, row: CorrectionRow) => void
}

export const isRefused = (made: Effect | Refused): made is Refused => 'ok' in made && !made.ok

/** The deed of a kind of correction. */
export const correct =
  <A extends { readonly machine: string }, K extends CorrectionBody['kind']>(kind: Kind<A, K>): Deed =>
  (firm, entry, control) => {
    if (control.reason === undefined) return refused('bad_body', 'a reason is needed')
    const withdrawal = Withdrawal.safeParse(control.body)
    if (withdrawal.success) return takeBack(firm, entry, control, kind, withdrawal.data.withdraws)
    const asked = kind.schema.safeParse(control.body)
    if (!asked.success) return refused('bad_body', faultOf(asked.error))
    const machine = machineOf(firm, asked.data.machine)
    if (!machine) return refused('not_found', `the plant has no machine ${asked.data.machine}`)
    const draft = kind.draft(firm, machine, asked.data, entry)
    if (!draft.ok) return draft
    const { from, to, body } = draft
    return accept(firm, entry, control, kind, draft, {
      machine: machine.path,
      from,
      to,
      body,
      withdraws: null,
    })
  }

function takeBack<A, K extends CorrectionBody['kind']>(
  firm: Firm,
  entry: JournalEntry,
  control: ControlEntry,
  kind: Kind<A, K>,
  id: number,
): Outcome {
  const fresh = firm.fresh('corrections', null)
  const stored = firm.ledger.corrections.correction(id)
  const row = fresh.find((one) => one.id === id) ?? stored
  if (!row || row.body.kind !== kind.kind) return refused('not_found', `no ${kind.kind} correction ${id}`)
  const isGone = (stored?.withdrawnBy ?? null) !== null || fresh.some(({ withdraws }) => withdraws === id)
  if (row.withdraws !== null || isGone) return refused('not_open', `correction ${id} does not stand any more`)
  const machine = machineOf(firm, row.machine)
  if (!machine) return refused('not_found', `the plant has no machine ${row.machine}`)
  const effect = kind.undone(firm, machine, row)
  if (isRefused(effect)) return effect
  const { from, to, body } = row
  return accept(firm, entry, control, kind, effect, { machine: row.machine, from, to, body, withdraws: id })
}

function accept<A, K extends CorrectionBody['kind']>(
  firm: Firm,
  entry: JournalEntry,
  control: ControlEntry,
  { follow }: Kind<A, K>,
  { old, new: now, touches }: Effect,
  said: Pick<CorrectionRow, 'machine' | 'from' | 'to' | 'body' | 'withdraws'>,
): Outcome {
  const id = firm.corrections.next
  const { receivedAt: at, offset } = entry
  const { by, reason } = control
  const row: CorrectionRow = {
    id,
    control: control.id,
    ...said,
    old,
    new: now,
    reason: reason!,
    by,
    at,
    offset,
  }
  firm.corrections.add(row)
  firm.pending.corrections.push(row)
  follow?.(firm, row)
  for (const { machine, span, own, causesAlone } of touches)
    if (causesAlone) firm.days.onTouch(machine, span.from)
    else firm.days.touch(machine, span, own, firm.clock.mono, 'correction')
  const { machine, from, to, body, withdraws } = row
  const made = { id, kind: body.kind, machine, from, to, by, reason, withdraws, old, new: now }
  firm.event('correction.made', at, offset, made)
  return { ok: true, result: { id, days: revisedDays(firm, touches) } }
}

/** Settled production days whose panes or accounts are made again. */
const revisedDays = ({ days }: Firm, touches: readonly Touch[]): string[] =>
  [...new Set(touches.flatMap(({ span }) => days.settledIn({ from: span.from, to: span.to + 1 })))].toSorted()

export const machineOf = ({ plant }: Firm, path: string): Machine | null =>
  plant?.machines.get(path)?.machine ?? null

function faultOf({ issues: [issue] }: Faults): string {
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}`
}

/** Why nothing can be corrected at an instant; null: it can. */
export function instantFault(firm: Firm, at: Instant, entry: JournalEntry): Refused | null {
  if (at > entry.receivedAt) return refused('in_future', 'that has not happened yet')
  return firm.days.isKnown(at) ? null : refused('no_data', 'nothing was heard on that production day')
}
