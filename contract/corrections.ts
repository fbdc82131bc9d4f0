/** Shapes of what is answered about corrections and stops. */
import { z } from 'zod'
import { PIECES } from '#domain/accounting/measureRole.ts'
import { MACHINE_STATES, STOP_GROUPS } from '#domain/plant/plant.ts'
import { CORRECTION_KINDS } from './correct.ts'
import { StatesQuery } from './rest.ts'

const instant = z.int().describe('ms since 1970 UTC')
const state = z.enum([...MACHINE_STATES, 'UNKNOWN'])

/** Why machines stand, in the order in which they are offered. */
export const StopReasonView = z.object({
  code: z.string(),
  title: z.object({ zh: z.string(), en: z.string() }),
  group: z.enum(STOP_GROUPS),
})

/** [from, to), at most 7 days; the newest first. `machine` is an id with dots. */
export const StopsQuery = StatesQuery.extend({ machine: z.string().max(300).optional() })
export const StopView = z.object({
  machine: z.string(),
  from: instant.describe('its true begin, as far as a day before the window'),
  to: instant.describe('its true end, as far as a day behind the window'),
  state,
  reason: z.string().nullable().describe('null: nobody has said why yet'),
  corrected: z.literal(true).optional(),
  open: z.boolean().describe('it goes on'),
})

/** [from, to), at most 31 days; `machine` is an id with dots. */
export const CorrectionsQuery = StopsQuery

const Segments = z.object({
  segments: z.array(
    z.object({
      from: instant,
      to: instant,
      state,
      reason: z.string().nullable(),
      corrected: z.literal(true).optional(),
    }),
  ),
  more: z.int().describe('segments that are not listed'),
})
const Pieces = z.array(
  z.object({
    machine: z.string(),
    start: instant.describe('begin of the quarter-hour'),
    order: z.string().nullable(),
    product: z.string().nullable(),
    piece: z.enum(PIECES),
    milli: z.record(z.string(), z.int()).describe('milli-pieces by operation'),
  }),
)
const Readings = z.object({
  measure: z.string(),
  readings: z.array(z.object({ ts: instant, value: z.number() })),
})
/** As it was shown: of a state, of pieces, of a reading. */
const Side = z.union([Segments, Pieces, Readings])

/** A correction, old and new side by side; in the order of acceptance. */
export const CorrectionView = z.object({
  id: z.int(),
  kind: z.enum(CORRECTION_KINDS),
  machine: z.string(),
  from: instant,
  to: instant.nullable().describe('null: until the state changes'),
  body: z.record(z.string(), z.unknown()),
  old: Side,
  new: Side,
  reason: z.string(),
  by: z.string(),
  at: instant,
  offset: z.int(),
  withdraws: z.int().nullable(),
  withdrawnBy: z.int().nullable(),
})
