/**
 * Figures of cost, value and KPIs as the api shows them. Money is whole fen, rounded once and so that shown parts sum to the total shown;
 * u is whole ten-thousandths of a yuan per 100 yuan, its shown form whole hundredths. What is not known is null with its reason.
 * Valid:   {u: 913742, u2: 9137, status: 'OK', cost: 7514775, value: 8223639, …}
 * Invalid: a u of 0 for a window without output: it is null, NO_OUTPUT, and `costNoOutput` holds its cost
 */
import { z } from 'zod'
import { LINES } from '#domain/accounting/elements/catalogue.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import { PERIODS } from '#domain/accounting/electricity/contract.ts'
import { VALUE_FLAGS, VALUE_STATUSES } from '#domain/accounting/u.ts'
import { AXES } from '#domain/accounting/valuation.ts'

const instant = z.int().describe('ms since 1970 UTC')
const fen = z.int()
const title = z.object({ zh: z.string(), en: z.string() })
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a production day, yyyy-mm-dd, is needed')
const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'a whole number is needed')
  .transform(Number)

/** Cost by how it is known. */
export const Provenances = z.object({ measured: fen, standard: fen, estimated: fen })

/** Something without a price, standard or reading: what it concerns stays unknown. */
export const HoleView = z.object({
  element: z.string().describe('one of the elements, or value'),
  machine: z.string().nullable(),
  reason: z.string(),
  of: z.string(),
})

/** Cost and output of a scope and window. u of work in progress is the one shown; `raw` goes by finished units alone. */
export const FigureView = z.object({
  cost: fen,
  value: fen,
  finished: fen.describe('price of units that passed their final confirmation'),
  u: z.int().nullable(),
  u2: z.int().nullable(),
  status: z.enum(VALUE_STATUSES),
  costNoOutput: fen,
  raw: z.object({ u: z.int().nullable(), u2: z.int().nullable(), status: z.enum(VALUE_STATUSES) }),
  flags: z.array(z.enum(VALUE_FLAGS)),
  by: Provenances,
  coverage: z.number().nullable().describe('time with evidence / time, 0 to 1; null: no time'),
  provisional: fen.describe('cost of month items whose bill is not known yet'),
  holes: z.array(HoleView),
})

/** One of the wall's eleven lines. */
export const LineView = z.object({
  line: z.enum(LINES),
  cost: fen,
  u2: z.int().nullable().describe('of 100 yuan of output; the lines sum to u2 of the figure'),
  target: z.int().nullable().describe('hundredths of a yuan per 100 yuan'),
  by: Provenances,
  provisional: fen,
  holes: z.array(HoleView),
})

export const ElementView = z.object({
  element: z.enum(ELEMENT_IDS),
  title,
  behaviour: z.enum(['variable', 'fixed', 'step', 'mixed']),
  driver: z.string(),
  allocation: z.string(),
  cost: fen.nullable(),
  known: fen.describe('the part that has prices and standards'),
  u2: z.int().nullable(),
  by: Provenances,
  reason: z.string().nullable(),
})

/** What a machine lost, in time or pieces, priced by the same valuation. */
export const LossView = z.object({
  kind: z.enum(['stop', 'setup', 'scrap', 'rework', 'idle', 'leak']),
  machine: z.string(),
  /** In which state it stood; null: no stop. */
  state: z.string().nullable(),
  reason: z.string().nullable(),
  order: z.string().nullable(),
  product: z.string().nullable(),
  operation: z.string().nullable(),
  from: instant,
  to: instant,
  ms: z.int(),
  /** Thousandths of a piece. */
  milli: z.int(),
  cost: fen,
})

/** Where a figure comes from: definition, records, revisions. */
export const Basis = z.object({
  definition: z.string().describe('u_wip/1'),
  /** Version of the dated records; null: of several days. */
  records: z.int().nullable(),
  days: z.array(
    z.object({
      day: z.string(),
      /** Null: the day is open, and the figure is as of now. */
      revision: z.int().nullable(),
      reason: z.string().nullable(),
      hash: z.string().nullable(),
      at: instant,
    }),
  ),
  /** Days of the window that nothing is known of yet: their accounts are under way. */
  missing: z.array(z.string()),
  /** Closed under this id: exactly the revisions that it froze. */
  snapshot: z.string().optional(),
})

export const TargetView = z.object({ u2: z.int().nullable() })

const window = z.object({
  from: instant,
  to: instant,
  /** Up to when it is known. */
  asOf: instant,
  firstDay: z.string(),
  lastDay: z.string(),
  open: z.boolean(),
})

const scopeKey = z.union([z.string(), z.int()]).nullable()

/** A day of the wall: everything that its hero, lines and trend show. */
export const DayFigures = z.object({
  firm: z.string(),
  at: instant,
  window,
  figure: FigureView,
  target: z.int().nullable(),
  lines: z.array(LineView),
  /** Cost and value of each quarter-hour: [start, cost fen, value fen]. u so far and of the last hour are sums of them. */
  quarters: z.array(z.tuple([instant, fen, fen])),
  /** Stretches of the tariff over the whole day. */
  tariff: z.array(z.object({ from: instant, to: instant, period: z.enum(PERIODS) })),
  shifts: z.array(
    z.object({
      shift: z.int(),
      name: title,
      from: instant,
      to: instant,
      breaks: z.array(z.tuple([instant, instant])),
    }),
  ),
  machines: z.array(
    z.object({
      machine: z.string(),
      cost: fen,
      value: fen,
      u2: z.int().nullable(),
      status: z.enum(VALUE_STATUSES),
      oee: z.number().nullable(),
      oeeReason: z.string().nullable(),
    }),
  ),
  /** The dearest first, at most 10. */
  losses: z.array(LossView),
  lossTotal: fen,
  /** Demand of the main meter, W: highest quarter-hour of the month, forecast of the one that runs, what the contract holds. */
  demand: z
    .object({ peakW: z.int(), forecastW: z.int().nullable(), contractW: z.int().nullable() })
    .nullable(),
  basis: Basis,
})
export type DayFigures = z.infer<typeof DayFigures>

export const DayQuery = z.strictObject({ day: day.optional() })

/** Production days from … to, both inside, at most 400; default: the day that runs. A shift by its index, `none`: outside of shifts. */
export const CostQuery = z.strictObject({
  from: day.optional(),
  to: day.optional(),
  shift: z
    .string()
    .regex(/^(\d{1,2}|none)$/, 'a shift by its index, or none')
    .optional(),
  /** What the parts are listed by. */
  axis: z.enum(AXES).default('line'),
  /** Only this key of an axis: `line:main/machining/l1`, `machine:…`, `product:…`, `order:…`. */
  scope: z
    .string()
    .max(300)
    .regex(/^(line|machine|product|order):.*$/, 'an axis, a colon and a key')
    .optional(),
  /** Only of the accounts that closing a month froze; without from and to all of its days. */
  snapshot: z
    .string()
    .regex(/^20\d\d-\d\d-[0-9a-f]{12}$/, 'a snapshot id is needed')
    .optional(),
  /** Pools are shared out to machines, and what no order was named for to products and orders. */
  shared: z.enum(['yes', 'no']).default('no'),
})

/** A revision of a production day: what its figure was, and why there came another. */
export const DayRevision = z.object({
  revision: z.int(),
  /** Null for revision 0. */
  reason: z.string().nullable(),
  at: instant,
  hash: z.string(),
  figure: FigureView,
})
export type DayRevision = z.infer<typeof DayRevision>

export const PartView = z.object({
  key: scopeKey,
  title: title.nullable(),
  cost: fen,
  value: fen,
  u2: z.int().nullable(),
  status: z.enum(VALUE_STATUSES),
  reason: z.string().nullable(),
})

export const CostView = z.object({
  firm: z.string(),
  window,
  scope: z.object({ axis: z.enum([...AXES, 'plant']), key: scopeKey, title: title.nullable() }),
  figure: FigureView,
  target: z.int().nullable(),
  lines: z.array(LineView),
  elements: z.array(ElementView),
  /** What the air pool took of the electricity: in the element `media`, and shown with the line `power`. */
  airPower: fen,
  axis: z.enum(AXES),
  parts: z.array(PartView).describe('they sum to cost and value of the figure'),
  pools: z.array(
    z.object({
      pool: z.string(),
      cost: fen,
      allocated: fen,
      unallocated: fen,
    }),
  ),
  /** Cost of quarter-hours in which the plant made nothing, inside the cost; null of a part of it, or of a shift. */
  noOutput: fen.nullable(),
  losses: z.array(LossView),
  lossTotal: fen,
  /** Gross view: what scrap and rework took at standard, by the line it was taken out of. */
  scrapTaken: z.array(z.object({ line: z.enum(LINES), cost: fen })),
  basis: Basis,
})
export type CostView = z.infer<typeof CostView>

/** One figure of a script: the shape in which the simulators tell what was true. */
export const FigureRow = z.object({
  name: z.string(),
  scope: z.string(),
  from: instant,
  to: instant,
  value: z.number().nullable(),
  unit: z.string(),
  reason: z.string().nullable(),
})
export type FigureRow = z.infer<typeof FigureRow>

export const FiguresQuery = z.strictObject({
  by: z.enum(['minute', 'shift', 'day', 'month']).default('day'),
  from: whole,
  to: whole,
  /** A name, or several with commas; default: all. */
  name: z.string().max(1000).optional(),
  /** `plant`, a machine's path, `line:…`, `product:…`, `order:…`; `machines`: all of them. */
  scope: z.string().max(300).default('plant'),
})

export const KpiView = z.object({
  name: z.string(),
  title,
  unit: z.string(),
  clause: z.string(),
  version: z.int(),
  value: z.number().nullable(),
  reason: z.string().nullable(),
})

/** A machine's day or shift. Times in ms, pieces in thousandths. */
export const MachineFigures = z.object({
  firm: z.string(),
  machine: z.string(),
  window,
  shift: z.int().nullable(),
  figure: FigureView,
  kpis: z.array(KpiView),
  /** The same shift of the production day before; null: nothing is known of it. */
  oeeBefore: z.number().nullable(),
  times: z.object({
    pbt: z.int(),
    apt: z.int(),
    aust: z.int(),
    adet: z.int(),
    adot: z.int(),
    unknown: z.int(),
    /** Planned run time of what was made, and of what was good. */
    standard: z.int(),
    standardGood: z.int(),
  }),
  pieces: z.object({ good: z.int(), scrap: z.int(), rework: z.int() }),
  warnings: z.array(z.object({ reason: z.string(), standard: z.number(), available: z.number() })),
  energy: z.object({
    wh: z.int(),
    /** Null when a part of it has no price. */
    cost: fen.nullable(),
    periods: z.array(
      z.object({
        period: z.enum(PERIODS).nullable(),
        wh: z.int(),
        price: z.int().nullable(),
        cost: fen.nullable(),
      }),
    ),
    /** While it did not run. */
    idleWh: z.int(),
  }),
  losses: z.array(LossView),
  elements: z.array(ElementView),
  basis: Basis,
})
export type MachineFigures = z.infer<typeof MachineFigures>

export const MachineFiguresQuery = z.strictObject({
  day: day.optional(),
  shift: z
    .string()
    .regex(/^(\d{1,2}|none)$/, 'a shift by its index, or none')
    .optional(),
})
