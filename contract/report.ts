/**
 * The shift report (班报): what one shift of a production day cost and made, against its own target, and where every figure of it can be
 * looked up again. Money is whole fen, u whole hundredths, as in figures.ts.
 * Valid:   {day: '2026-11-23', shift: 0, settled: {revision: 2, offset: 44941213, …}, …}
 * Invalid: a hash or an offset of a shift that has not settled: `settled` is null until then
 */
import { z } from 'zod'
import { PERIODS } from '#domain/accounting/electricity/contract.ts'
import { LOSS_KINDS } from '#domain/accounting/loss.ts'
import { FigureView, HoleView, LineView, LossView, Provenances } from './figures.ts'

const instant = z.int().describe('ms since 1970 UTC')
const fen = z.int()
const title = z.object({ zh: z.string(), en: z.string() })
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a production day, yyyy-mm-dd, is needed')
const shift = z.string().regex(/^\d{1,2}$/, 'a shift by its index')

/** Journal time and place of a settlement; `hash` is of the panes of all machines. */
export const Settlement = z.object({
  revision: z.int(),
  at: instant,
  offset: z.int(),
  /** Null for revision 0. */
  reason: z.string().nullable(),
  hash: z.string(),
})

/** One shift in a list of them, the newest first. */
export const ShiftRow = z.object({
  day: z.string(),
  shift: z.int(),
  name: title,
  from: instant,
  to: instant,
  /** Null: not settled, its figures may still change. */
  settled: Settlement.nullable(),
  /** Null: nothing is known of it yet. */
  figure: z
    .object({ cost: fen, value: fen, u2: z.int().nullable(), status: FigureView.shape.status })
    .nullable(),
  target: z.int().nullable(),
})
export type ShiftRow = z.infer<typeof ShiftRow>

export const ShiftsQuery = z.strictObject({ from: day.optional(), to: day.optional() })
export const ShiftReportQuery = z.strictObject({ day, shift })
export const ShiftPdfQuery = z.strictObject({ day, shift, lang: z.enum(['zh', 'en']).default('zh') })

const ratio = z.number().nullable()

export const ShiftReport = z.object({
  firm: z.string(),
  title,
  simulated: z.boolean(),
  /** When it was made. */
  at: instant,
  day: z.string(),
  shift: z.int(),
  name: title,
  from: instant,
  to: instant,
  /** Up to when it is known. */
  asOf: instant,
  netMs: z.int().describe('without its breaks'),
  settled: Settlement.nullable(),
  /** Every settlement of the shift, the oldest first. */
  trail: z.array(Settlement),
  /** Of the production day, once it is settled whole. */
  account: z.object({ revision: z.int(), hash: z.string() }).nullable(),
  figure: FigureView,
  target: z.int().nullable(),
  lines: z.array(LineView),
  products: z.array(
    z.object({
      product: z.string(),
      title: title.nullable(),
      /** Milli-pieces that passed their final confirmation; null: its price is not known. */
      good: z.int().nullable(),
      finished: fen,
      value: fen.describe('added by operation, less what was scrapped'),
    }),
  ),
  /** First inspections, milli-pieces: of these passed. */
  inspected: z.int(),
  passed: z.int(),
  /** Parts made, milli-pieces, of all machines. */
  parts: z.object({ good: z.int(), scrap: z.int(), rework: z.int() }),
  kinds: z.array(
    z.object({
      kind: z.string(),
      title,
      machines: z.int(),
      pbt: z.int().describe('planned busy time, ms'),
      availability: ratio,
      effectiveness: ratio,
      quality: ratio,
      oee: ratio,
      reason: z.string().nullable(),
    }),
  ),
  energy: z.object({
    wh: z.int().describe('grown on the main meter'),
    periods: z.array(
      z.object({ period: z.enum(PERIODS), wh: z.int(), price: z.int().nullable(), cost: fen.nullable() }),
    ),
    /** Wh that fell into no period, or into one without a price. */
    unpriced: z.int(),
    /** Basic charge and power factor as they accrue. */
    demand: fen,
    powerFactor: fen,
    /** What belongs to the line but was not charged by the meter: fen. */
    other: fen,
    line: fen,
    /** Highest quarter-hour of the shift, W. */
    peakW: z.int().nullable(),
    monthPeakW: z.int().nullable(),
    contractW: z.int().nullable(),
  }),
  stops: z.array(LossView.extend({ machineTitle: title.nullable(), reasonTitle: title.nullable() })),
  stopTotal: fen,
  /** All but stops. */
  otherLosses: z.array(z.object({ kind: z.enum(LOSS_KINDS), cost: fen })),
  /** Every loss: stops, set-ups, scrap, rework, idling, leaks. */
  lossTotal: fen,
  scrap: z.array(z.object({ machine: z.string(), title: title.nullable(), milli: z.int(), cost: fen })),
  unknownMs: z.int().describe('planned busy time of which nothing is known, all machines'),
  by: Provenances,
  holes: z.array(HoleView),
  definition: z.string(),
  records: z.int().nullable(),
})
export type ShiftReport = z.infer<typeof ShiftReport>
