/**
 * `correct.state`: a stretch of a machine gets a state and its cause, or the cause alone. Splitting a stop is one for each part of it,
 * merging stops one over all of them. A cause alone is in no pane: it opens no shift, and the
 * account of a settled day is made again.
 */
import { isDeepStrictEqual } from 'node:util'
import { CorrectState } from '#contract/correct.ts'
import type { Span } from '#domain/accounting/span.ts'
import type { Machine, MachineState } from '#domain/plant/plant.ts'
import { stopReasonsOf } from '#domain/plant/stopReasons.ts'
import { OPEN_FOR, openSince, shownStates, type Override, type Segment } from '#domain/telemetry/states.ts'
import { overrideOf } from '../corrections.ts'
import { bracket, heardStates } from '../facts.ts'
import type { Firm } from '../firm.ts'
import { instantFault, type Kind, type Touch } from './correct.ts'
import { refused } from './deed.ts'

/** Segments that are kept as old and new; a longer list is cut. */
const SIDE_BY_SIDE = 100

export const state: Kind<CorrectState, 'state'> = {
  kind: 'state',
  schema: CorrectState,

  draft: (firm, machine, asked, entry) => {
    const { from, to, state: wanted = null, cause = null } = asked
    if (machine.meter) return refused('bad_body', 'a meter has no states')
    const until = to ?? entry.receivedAt
    if (until - from > OPEN_FOR) return refused('window_too_long', 'at most 7 days at once')
    const fault = instantFault(firm, to ?? from, entry) ?? instantFault(firm, from, entry)
    if (fault) return fault
    const listed = stopReasonsOf(firm.plants.at(-1)!.plant)
    if (cause !== null && !listed.some(({ code }) => code === cause))
      return refused('unknown_stop_reason', `the plant has no stop reason ${cause}`)
    const body = { kind: 'state', state: wanted, cause } as const
    const span = { from, to: Math.max(until, from + 1) }
    const said = firm.corrections.overrides(machine.path, span)
    const mine = overrideOf({ id: firm.corrections.next, from, to }, body)
    const [old, now] = [said, [...said, mine]].map((all) => shown(firm, machine, all, span)) as [
      Segment[],
      Segment[],
    ]
    if (old.length === 0) return refused('no_data', 'no state was heard there')
    if (isDeepStrictEqual(old, now)) return refused('no_change', 'that changes nothing')
    const touches = touchesOf(firm, machine, span, wanted)
    return { ok: true, from, to, body, old: cut(old), new: cut(now), touches }
  },

  undone: (firm, machine, { id, from, to, at, body }) => {
    const span = { from, to: Math.max(to ?? at, from + 1) }
    const said = firm.corrections.overrides(machine.path, span)
    const [old, now] = [said, said.filter((one) => one.id !== id)].map((all) =>
      cut(shown(firm, machine, all, span)),
    )
    const wanted = body.kind === 'state' ? body.state : null
    return { old, new: now, touches: touchesOf(firm, machine, span, wanted) }
  },
}

/**
 * What was counted between two readings was made while the machine ran: with the state it moves between them. A cause alone moves
 * nothing.
 */
function touchesOf(firm: Firm, machine: Machine, span: Span, wanted: MachineState | null): Touch[] {
  const own = { from: span.from, to: span.to - 1 }
  if (wanted === null) return [{ machine: machine.path, span: own, own, causesAlone: true }]
  const names = new Set(machine.measures.map(({ name }) => name))
  return [{ machine: machine.path, span: bracket(firm, machine, names, span), own }]
}

function shown(firm: Firm, machine: Machine, said: readonly Override[], { from, to }: Span): Segment[] {
  const states = heardStates(firm, machine.path, { from: openSince(said, from), to })
  return shownStates(states, machine.stateStaleMs, said, from, to)
}

const cut = (segments: readonly Segment[]) => ({
  segments: segments.slice(0, SIDE_BY_SIDE),
  more: Math.max(0, segments.length - SIDE_BY_SIDE),
})
