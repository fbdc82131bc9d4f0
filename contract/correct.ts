/**
 * What people correct afterwards: the bodies of `correct.*`. Messages stay as they were received; a correction is applied to what is
 * made of them, and withdrawn by another one.
 * Valid:   {"machine":"main/a/l1/m-1","from":1795500420000,"to":null,"cause":"material"}
 * Invalid: a state without an end, `from` after `to`, a count of 0, neither a state nor a cause
 */
import { z } from 'zod'
import { PIECES } from '#domain/accounting/measureRole.ts'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { MAX_TS, MIN_TS } from './envelope.ts'

export const CORRECTION_KINDS = ['state', 'count', 'reading', 'reject'] as const
export type CorrectionKind = (typeof CORRECTION_KINDS)[number]

const instant = z.int().min(MIN_TS).max(MAX_TS)
const word = z.string().min(1).max(128)
const machine = z.string().min(1).max(300).describe('site/area/line/machine')
const qty = z.number().min(-1e9).max(1e9)

/** A state with its cause, or a cause alone. `cause` is a code of the plant's stop reasons. */
const STATE = {
  from: instant,
  to: instant.nullable().describe('null: until the state changes; only with a cause alone'),
  state: z.enum(MACHINE_STATES).optional(),
  cause: word.optional(),
}
/** Pieces that were counted too few or too many. Without an order, of what ran. */
const COUNT = {
  ts: instant,
  piece: z.enum(PIECES),
  qty: qty.refine((value) => value !== 0, 'must not be 0').describe('signed'),
  order: word.optional(),
  product: word.optional(),
  operation: word.optional(),
}
/** What a register showed at an instant at which it was not heard. */
const READING = { measure: word, ts: instant, value: z.number() }
/** Pieces counted good on this machine that turned out bad later: reversed there, scrap where they were found. */
const REJECT = {
  ts: instant.describe('when it was found'),
  found: machine.optional().describe('where; left out: on the same machine'),
  product: word,
  operation: word,
  qty: qty.positive('must be above 0'),
  order: word.optional(),
  serial: word.optional(),
}
const WITHDRAWS = z.int().min(1).describe('id of the correction that is taken back')

type Said = {
  readonly from: number
  readonly to: number | null
  readonly state?: unknown
  readonly cause?: unknown
}
const isOrdered = ({ from, to }: Said): boolean => to === null || from < to
const saysSomething = ({ to, state, cause }: Said): boolean =>
  state === undefined ? cause !== undefined : to !== null
const ORDERED = 'from must be before to'
const SAYS = 'a state needs an end, and without a state a cause is needed'

/** Bodies of the control entries. */
export const CorrectState = z
  .strictObject({ machine, ...STATE })
  .refine(isOrdered, ORDERED)
  .refine(saysSomething, SAYS)
export const CorrectCount = z.strictObject({ machine, ...COUNT })
export const CorrectReading = z.strictObject({ machine, ...READING })
export const CorrectReject = z.strictObject({ machine, ...REJECT })
export type CorrectState = z.infer<typeof CorrectState>
export type CorrectCount = z.infer<typeof CorrectCount>
export type CorrectReading = z.infer<typeof CorrectReading>
export type CorrectReject = z.infer<typeof CorrectReject>
/** Body of any of them instead: a correction of that kind is taken back. */
export const Withdrawal = z.strictObject({ withdraws: WITHDRAWS })

/** POST of a correction: what, and why. The machine is that of the path. */
export const CorrectionEntry = z.strictObject({
  reason: z.string().trim().min(1).max(500),
  what: z.discriminatedUnion('kind', [
    z
      .strictObject({ kind: z.literal('state'), ...STATE })
      .refine(isOrdered, ORDERED)
      .refine(saysSomething, SAYS),
    z.strictObject({ kind: z.literal('count'), ...COUNT }),
    z.strictObject({ kind: z.literal('reading'), ...READING }),
    z.strictObject({ kind: z.literal('reject'), ...REJECT }),
    z.strictObject({ kind: z.literal('withdraw'), withdraws: WITHDRAWS }),
  ]),
})
