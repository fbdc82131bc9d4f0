/**
 * Months of a firm: open or closed with a snapshot, and a month against the firm's own books. Money is whole fen; u as in figures.ts.
 * Valid:   {month: '2026-03', snapshot: '2026-03-1f0c5a90b3de', state: 'closed', …}
 */
import { z } from 'zod'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import { VALUE_FLAGS, VALUE_STATUSES } from '#domain/accounting/u.ts'
import { CAUSES, EXPENSES } from '#domain/kpi/reconciliation.ts'
import { CloseMonth } from './control.ts'
import { Provenances } from './figures.ts'

const fen = z.int()
const month = CloseMonth.shape.month
const u = z.object({ u: z.int().nullable(), u2: z.int().nullable(), status: z.enum(VALUE_STATUSES) })

export const MonthView = z.object({
  month: z.string(),
  /** `running`: its last production day is not over. */
  state: z.enum(['running', 'open', 'closed']),
  closed: z
    .object({
      snapshot: z.string(),
      at: z.int(),
      by: z.string(),
      note: z.string().nullable(),
      records: z.int(),
      /** Days of which there are newer revisions than the frozen ones. */
      revised: z.array(z.string()),
    })
    .nullable(),
  /** Production days with an account, and dates of the month so far without one. */
  days: z.int(),
  missing: z.array(z.string()),
  /** Of the frozen accounts where it is closed. */
  cost: fen,
  value: fen,
  finished: fen,
  wip: u,
  raw: u,
  by: Provenances,
  flags: z.array(z.enum(VALUE_FLAGS)),
})
export type MonthView = z.infer<typeof MonthView>

/** The month is in the path. */
export const MonthCloseEntry = CloseMonth.omit({ month: true })

/** `2026-03`; as it stands, or as it was frozen where it is closed. */
export const ReconciliationQuery = z.strictObject({ month })

export const ReconciliationView = z.object({
  firm: z.string(),
  month: z.string(),
  /** Null: as it stands now. */
  snapshot: z.string().nullable(),
  days: z.int(),
  missing: z.array(z.string()),
  /** Ours: U1; the books': U2 and U3, null without a `book` record of the month. */
  indices: z.object({ u1: u, u2: u.nullable(), u3: u.nullable() }),
  cost: z.object({ ours: fen, sales: fen.nullable(), withExpenses: fen.nullable() }),
  output: z.object({ value: fen, finished: fen, wip: fen, revenue: fen.nullable() }),
  by: Provenances,
  elements: z.array(
    z.object({
      element: z.enum(ELEMENT_IDS),
      title: z.object({ zh: z.string(), en: z.string() }),
      ours: fen,
      books: fen.nullable(),
      difference: fen.nullable(),
      cause: z.enum(CAUSES).nullable(),
      by: Provenances,
    }),
  ),
  /** They sum to `difference`: cost of sales less our cost. */
  steps: z.array(z.object({ cause: z.enum(CAUSES), element: z.enum(ELEMENT_IDS).nullable(), cost: fen })),
  difference: fen.nullable(),
  expenses: z.array(z.object({ expense: z.enum(EXPENSES), cost: fen })),
  /** Elements whose bill the month waits for. */
  awaited: z.array(z.enum(ELEMENT_IDS)),
})
export type ReconciliationView = z.infer<typeof ReconciliationView>
