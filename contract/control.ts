/**
 * Control entries: what people do, journalled beside the device messages so that one replay reproduces everything.
 * Valid: {"id":"…uuid…","by":"li","role":"engineer","at":1795500420000,"kind":"quarantine.release","version":1,
 *         "reason":"range corrected","body":{"ids":[41]}}
 */
import { z } from 'zod'

export const ROLES = ['viewer', 'operator', 'manager', 'engineer', 'reviewer', 'administrator'] as const
/** `reviewer` is the bureau's; `administrator` manages people and never touches a figure. */
export type Role = (typeof ROLES)[number]

/** Every kind the product will know, and the roles that may send it. A kind not yet implemented answers `kind_unsupported`. */
export const CONTROL_KINDS = {
  'plant.put': ['engineer'],
  'rule.put': ['engineer'],
  'quarantine.release': ['engineer'],
  'quarantine.discard': ['engineer'],
  'fact.put': ['manager'],
  'record.put': ['manager'],
  'close.shift': ['manager'],
  'close.month': ['manager'],
  'correct.state': ['operator', 'manager', 'engineer'],
  'correct.count': ['engineer'],
  'correct.reading': ['engineer'],
  'correct.reject': ['engineer'],
  'alarm.ack': ['operator', 'manager', 'engineer'],
  'alarm.shelve': ['operator', 'manager', 'engineer'],
  'alarm.unshelve': ['operator', 'manager', 'engineer'],
  'alarm.comment': ['operator', 'manager', 'engineer'],
  'alarm.suppress': ['engineer'],
  'alarm.release': ['engineer'],
  'alarm.reset': ['engineer'],
  'alarm.out_of_service': ['engineer'],
  'plan.put': ['manager', 'reviewer'],
  'adjustment.put': ['manager', 'reviewer'],
  'review.step': ['manager', 'reviewer'],
} as const satisfies Record<string, readonly Role[]>

export type ControlKind = keyof typeof CONTROL_KINDS

export const ControlEntry = z.object({
  id: z.uuid(),
  by: z.string().min(1).max(128),
  role: z.enum([...ROLES, 'system']),
  at: z.int(),
  reason: z.string().min(1).max(500).optional(),
  kind: z.enum(Object.keys(CONTROL_KINDS) as [ControlKind, ...ControlKind[]]),
  version: z.int().min(1),
  body: z.unknown(),
})
export type ControlEntry = z.infer<typeof ControlEntry>

/** Bodies of the kinds accepted so far. `plant.put` carries the plant as checked by contract/plant.ts. */
export const QuarantineDecision = z.object({ ids: z.array(z.int().min(1)).min(1).max(1000) })
/** A month of production days, by their dates, is frozen as it stands. */
export const CloseMonth = z.strictObject({
  month: z.string().regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'a month, yyyy-mm, is needed'),
  note: z.string().trim().min(1).max(500).optional(),
})
/** A device item entered by a person or an import: journalled with boot `manual` and the request's number as seq. */
export const FactPut = z.object({
  /** `site/area/line/machine` */
  machine: z.string().min(1).max(300),
  class: z.enum(['count', 'state', 'event']),
  item: z.record(z.string(), z.unknown()),
})

/** Why a control entry was refused. */
export const REFUSALS = [
  'kind_unsupported',
  'bad_body',
  'not_found',
  'not_open',
  'older_version',
  'handler_failed', // a fault of the product itself
  'aged_out', // its message is no longer in the journal
  'still_failing', // a released item meets the same fault, or another one
  'in_future',
  'window_too_long', // of a correction
  'no_data', // nothing was heard there that could be corrected
  'no_change', // it is already so
  'unknown_stop_reason', // the plant does not list it
  'out_of_range', // of its measure
  'not_monotone', // the register would have gone back
  'below_zero', // fewer pieces than none
  'nothing_to_reverse', // not so many good pieces were counted
  'month_not_over', // its last production day goes on
  'days_not_settled', // of the month
  'days_not_valued', // their accounts are under way
  'already_closed',
] as const
export type Refusal = (typeof REFUSALS)[number]
