/**
 * Where a figure comes from, in five steps, each the sum of the one below it: formula, elements, machines and meters, panes, raw messages.
 * Amounts are nano-yuan as decimal digits, because they are exact; quantities are whole numbers of what was counted.
 */
import { z } from 'zod'
import { LINES } from '#domain/accounting/elements/catalogue.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import { VALUE_FLAGS, VALUE_STATUSES } from '#domain/accounting/u.ts'

const instant = z.int().describe('ms since 1970 UTC')
const fen = z.int()
const title = z.object({ zh: z.string(), en: z.string() })
const nano = z.string().regex(/^-?\d+$/)
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a production day, yyyy-mm-dd, is needed')
const amount = z.enum([...ELEMENT_IDS, 'value'])

/** What is opened: a figure of a day or one of its shifts, and in it an element, a machine (`none`: what is no machine's), a quarter-hour. */
export const TraceQuery = z.strictObject({
  day: day.optional(),
  shift: z
    .string()
    .regex(/^(\d{1,2}|none)$/, 'a shift by its index, or none')
    .optional(),
  /** `machine:…`, `line:…`, `product:…`, `order:…`; left out: the plant. */
  scope: z
    .string()
    .max(300)
    .regex(/^(line|machine|product|order):.*$/, 'an axis, a colon and a key')
    .optional(),
  /** Left out: the dearest element. */
  amount: amount.optional(),
  machine: z.string().max(300).optional(),
  at: z
    .string()
    .regex(/^\d{1,15}$/, 'an instant is needed')
    .transform(Number)
    .optional(),
})
export type TraceQuery = z.infer<typeof TraceQuery>

/** A count of something in its smallest unit: Wh, dm3, ms, milli-pieces, milli-units of a driver. */
export const Quantity = z.object({ of: z.string(), amount: z.int(), unit: z.string() })

export const Trace = z.object({
  firm: z.string(),
  day: z.string(),
  window: z.object({ from: instant, to: instant, asOf: instant, open: z.boolean() }),
  shift: z.int().nullable(),
  formula: z.object({
    definition: z.string(),
    cost: fen,
    value: fen,
    u: z.int().nullable().describe('ten-thousandths of a yuan'),
    status: z.enum(VALUE_STATUSES),
    flags: z.array(z.enum(VALUE_FLAGS)),
    /** Version of the dated records, and the revision of the day; null: the day is open. */
    records: z.int(),
    revision: z.int().nullable(),
    reason: z.string().nullable(),
    hash: z.string().nullable(),
  }),
  /** They sum to the cost of the formula; the value stands beside them. */
  elements: z.array(
    z.object({
      amount,
      title,
      driver: z.string(),
      cost: fen,
      nano,
      u2: z.int().nullable(),
      by: z.object({ measured: nano, standard: nano, estimated: nano }),
      /** By line of the wall: the electricity of the air pool is of `media`, and shown with the electricity bill. */
      lines: z.partialRecord(z.enum(LINES), nano),
      reason: z.string().nullable(),
    }),
  ),
  /** The lines of the wall, as the other pages show them: they sum to u of the formula. */
  lines: z.array(z.object({ line: z.enum(LINES), u2: z.int().nullable() })),
  value: z.object({ fen, nano }),
  /** Of the amount that is opened. */
  amount,
  /** Machines and meters of it; they sum to the amount. Null: what is no machine's. */
  sources: z.array(
    z.object({
      machine: z.string().nullable(),
      title: title.nullable(),
      cost: fen,
      nano,
      quantity: Quantity.nullable(),
      quality: z.enum(['good', 'uncertain', 'standard', 'estimated']),
    }),
  ),
  machine: z.string().nullable(),
  /** Of the machine that is opened: every quarter-hour in which it has a post or a quantity; they sum to the source. */
  panes: z.array(
    z.object({
      start: instant,
      end: instant,
      shift: z.int().nullable(),
      order: z.string().nullable(),
      product: z.string().nullable(),
      nano,
      /** Micro-yuan a unit, where one price holds. */
      price: z.int().nullable(),
      quantity: Quantity.nullable(),
      uncertain: z.boolean(),
    }),
  ),
  at: instant.nullable(),
})
export type Trace = z.infer<typeof Trace>

const item = z.object({
  offset: z.int(),
  receivedAt: instant,
  class: z.string(),
  boot: z.string().nullable(),
  seq: z.int().nullable(),
  ts: instant,
})

/** Panes of a machine, and the raw messages that the one of `from` rests on. */
export const TraceMessagesQuery = z.strictObject({
  machine: z.string().max(300),
  from: z
    .string()
    .regex(/^\d{1,15}$/, 'an instant is needed')
    .transform(Number),
  /** `minute` panes of a quarter-hour, or the quarter-hour itself. */
  length: z.enum(['minute', 'quarter']).default('quarter'),
})
export const TraceMessages = z.object({
  panes: z.array(
    z.object({
      start: instant,
      end: instant,
      /** Growth of registers, milliseconds by state, pieces: whole numbers as the pane holds them. */
      registers: z.record(z.string(), z.int()),
      states: z.record(z.string(), z.int()),
      good: z.record(z.string(), z.int()),
      sources: z.array(
        z.object({
          class: z.string(),
          boot: z.string().nullable(),
          items: z.int(),
          messages: z.int(),
          first: item.nullable(),
          last: item.nullable(),
        }),
      ),
    }),
  ),
  /** The first and the last message of each stream, as received. */
  raw: z.array(
    z.object({
      offset: z.int(),
      topic: z.string(),
      receivedAt: instant,
      payload: z.string(),
      chain: z.object({ state: z.string(), hash: z.string().nullable() }).nullable(),
    }),
  ),
})
export type TraceMessages = z.infer<typeof TraceMessages>

/** The amount of a machine in a quarter-hour or shift, made again from the raw messages. */
export const TraceRecomputeQuery = z.strictObject({
  amount,
  machine: z.string().max(300),
  day,
  /** A quarter-hour of the day; left out: all of the day. */
  at: z
    .string()
    .regex(/^\d{1,15}$/, 'an instant is needed')
    .transform(Number)
    .optional(),
})
export const TraceRecompute = z.object({
  /** Nano-yuan as it stands and as it comes out of the raw messages. */
  stands: nano,
  recomputed: nano,
  difference: nano,
  /** Content of the panes agrees. */
  equal: z.boolean(),
  hash: z.string(),
  standsHash: z.string(),
  messages: z.int(),
  missing: z.int(),
  differences: z.array(
    z.object({
      start: instant,
      what: z.string(),
      stands: z.number().nullable(),
      recomputed: z.number().nullable(),
    }),
  ),
})
export type TraceRecompute = z.infer<typeof TraceRecompute>
