/**
 * Dated records as they travel and are kept: whole micro-yuan, milli-units, milliseconds and millionths. The same checks as those of a
 * file (recordsFileShape.ts), on what its values are turned into.
 * Valid:   {"kind":"product","key":"q41f-16c-dn50","from":1767196800000,"value":{"price":430000000},"source":"price list","illustrative":true}
 * Invalid: a price of 430.5 micro-yuan, a record from 1999, seasons whose windows leave a hole, a field that the kind does not know
 */
import { z } from 'zod'
import { PERIODS } from '#domain/accounting/electricity/contract.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import type { DatedRecord, RecordKind } from '#domain/accounting/records.ts'
import { date, month, text } from './recordsFileShape.ts'

/** Records are of this time: what lies outside is a slip of the pen. */
export const EARLIEST = Date.UTC(2000, 0)
export const LATEST = Date.UTC(2100, 0)

const whole = z.int('must be a whole number').min(0, 'must not be below 0')
const ppm = whole
const names = z.array(text).max(500)
const list = z.array(whole).max(24)

const minutes = z
  .strictObject({ start: whole.max(50 * 60), end: whole.max(50 * 60) })
  .refine(({ start, end }) => start < end, 'must begin before it ends')
const windows = z.array(minutes).max(48)

const period = z
  .strictObject({ from: whole, to: whole, period: z.enum(PERIODS) })
  .refine(
    ({ from, to }) => from < to && to <= 1440 && from % 15 === 0 && to % 15 === 0,
    'must lie on quarter hours of one day',
  )
const periods = z.array(period).min(1).max(96)
const wholeDay = periods.refine((all) => {
  const sorted = all.toSorted((a, b) => a.from - b.from)
  return sorted[0]?.from === 0 && sorted.every(({ to }, i) => to === (sorted[i + 1]?.from ?? 1440))
}, 'must cover the day without hole or overlap')

const hundredths = whole.max(100, 'must not be above 1')

const tariff = z.strictObject({
  basis: z.enum(['AGENT_TOU', 'RETAIL_CONTRACT', 'SPOT_LINKED']),
  seasons: z
    .array(
      z.strictObject({
        name: text,
        months: z.array(z.int().min(1).max(12)).min(1).max(12),
        weekdays: z.array(z.int().min(0).max(6)).min(1).max(7).optional(),
        windows: wholeDay,
      }),
    )
    .min(1, 'needs a season')
    .max(50),
  holidays: z.array(z.strictObject({ name: text, first: date, last: date, windows: periods })).max(100),
  prices: z.partialRecord(z.enum(PERIODS), whole),
  basic: z
    .discriminatedUnion('mode', [
      z.strictObject({
        mode: z.literal('contract_demand'),
        kw: whole,
        price: whole,
        tolerancePpm: ppm,
        excessFactor: whole,
      }),
      z.strictObject({ mode: z.literal('actual_demand'), price: whole }),
      z.strictObject({ mode: z.literal('capacity'), kva: whole, price: whole }),
    ])
    .nullable(),
  powerFactor: z
    .strictObject({
      // the published table of adjustments is that of the standard 0.90
      standard: hundredths.refine((value) => value === 90, 'only the standard 0.90 is known'),
      expected: hundredths,
    })
    .nullable(),
})

/** Shape of each kind's value. */
export const VALUES = {
  material: z.strictObject({ unit: text, price: whole, booking: z.enum(['use', 'issue']) }),
  product: z.strictObject({ price: whole }),
  bom: z.strictObject({
    items: z
      .array(z.strictObject({ material: text, operation: text, milli: whole, allowancePpm: ppm }))
      .max(2000),
    overIssuePpm: ppm,
  }),
  routing: z.strictObject({
    operations: z
      .array(
        z.strictObject({
          operation: text,
          part: text,
          workCentre: text,
          standardMs: whole,
          outside: whole,
          salvage: whole,
          insteadOf: text.optional(),
          confirms: z.boolean().optional(),
        }),
      )
      .min(1, 'needs an operation')
      .max(500),
  }),
  work_centre: z.strictObject({
    rate: whole,
    labour: whole,
    machine: whole,
    effectivenessPpm: ppm.min(1, 'must be above 0'),
    counted: z.boolean(),
    airPerRunHour: whole,
    setupMinutes: whole.exactOptional(),
  }),
  machine_plan: z.union([
    z.strictObject({ manned: list }),
    z.strictObject({ windows: windows.min(1, 'needs a window') }),
  ]),
  machine_cost: z.strictObject({ yearly: whole }),
  crew: z
    .strictObject({
      people: list,
      wage: whole,
      allowance: list,
      tends: z.array(z.strictObject({ kind: text, sharePpm: ppm })).max(500),
    })
    .refine(
      ({ tends }) =>
        tends.length === 0 || tends.reduce((sum, { sharePpm }) => sum + sharePpm, 0) === 1_000_000,
      'shares must sum to 1',
    ),
  pay: z.strictObject({ unpaid: windows }),
  tariff,
  metering: z.strictObject({ incoming: text.nullable(), contract: text.optional() }),
  medium: z.strictObject({ unit: text, price: whole }),
  consumption: z.strictObject({ kinds: names, milliPerRunHour: whole, price: whole }),
  pool: z.strictObject({ kinds: names }),
  tool: z.strictObject({
    kinds: names,
    price: whole,
    lifeCycles: whole.min(1, 'must be above 0'),
    plannedPpm: ppm.min(1, 'must be above 0'),
  }),
  maintenance: z.strictObject({ hour: whole, heat: whole }),
  quality: z.strictObject({ test: whole, certificate: whole, warrantyPpm: ppm, repair: whole }),
  budget: z.strictObject({
    element: z.enum(ELEMENT_IDS),
    amount: whole,
    per: z.enum(['year', 'month']),
    days: z.union([z.literal('open'), z.strictObject({ lastOfMonth: whole.min(1) })]),
    spread: z.strictObject({
      over: z.enum(['worked', 'paid']),
      by: z.union([z.literal('person_hours'), list]),
    }),
  }),
  calendar: z.strictObject({
    weekdays: z.array(z.int().min(0).max(6)).max(7),
    closed: z.array(date).max(366),
  }),
  target: z.strictObject({ value: z.number(), unit: text }),
  invoice: z.strictObject({ element: z.enum(ELEMENT_IDS), month, amount: z.int('must be a whole number') }),
  book: z.strictObject({
    revenue: whole,
    costOfSales: whole,
    selling: whole,
    administration: whole,
    research: whole,
    finance: z.int('must be a whole number'),
    elements: z
      .array(z.strictObject({ element: z.enum(ELEMENT_IDS), amount: whole }))
      .max(ELEMENT_IDS.length)
      .refine(
        (all) => new Set(all.map(({ element }) => element)).size === all.length,
        'names an element twice',
      ),
  }),
  carbon: z.strictObject({ mgPerMilli: z.number().min(0), year: whole, url: text }),
} satisfies Record<RecordKind, z.ZodType>

/** What a record is of, where it is one of few. */
const KEYS: Readonly<Partial<Record<RecordKind, z.ZodType<string>>>> = {
  calendar: text.regex(/^20\d\d$/, 'must be a year'),
  book: month,
  pay: z.literal('breaks', 'must be breaks'),
  maintenance: z.literal('rates', 'must be rates'),
  quality: z.literal('rates', 'must be rates'),
}

const head = {
  from: z
    .int('must be a whole number of milliseconds')
    .min(EARLIEST, 'is before 2000')
    .max(LATEST, 'is after 2100'),
  source: text,
  illustrative: z.boolean(),
  provisional: z.literal(true).optional(),
}

const shapes = Object.entries(VALUES).map(([kind, value]) =>
  z.strictObject({ kind: z.literal(kind), key: KEYS[kind as RecordKind] ?? text, ...head, value }),
)

/** A record as it travels. Which value goes with which kind is checked, and only known to the table above. */
export const RecordShape = z.discriminatedUnion(
  'kind',
  shapes as unknown as [z.ZodObject<{ kind: z.ZodLiteral<RecordKind> }>],
) as unknown as z.ZodType<DatedRecord>

/**
 * Body of `record.put`: all or none. `basis`: how many records were known when it was looked at what these change; when others came
 * meanwhile, they are refused as `older_version`. Left out: they are put in any case.
 */
export const RecordPut = z.strictObject({
  records: z.array(RecordShape).min(1).max(5000),
  basis: z.int().min(0).optional(),
})
