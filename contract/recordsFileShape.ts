/**
 * Values of each kind of record as a file writes them, in yuan, seconds, shares and hh:mm, turned into those of
 * domain/accounting/records.ts. A price finer than a millionth of a yuan, a season whose windows leave a hole and a boundary off the
 * quarter hour are faults.
 */
import { z } from 'zod'
import { PERIODS } from '#domain/accounting/electricity/contract.ts'
import { ELEMENT_IDS } from '#domain/accounting/elements/element.ts'
import type { RecordKind } from '#domain/accounting/records.ts'
import { needed } from './plant.ts'

/** A number of something as whole steps of it. */
const whole = (what: string, scale: number, least = 0) =>
  z
    .number(needed(`${what} is needed`))
    .min(least, 'must not be below 0')
    .refine((value) => isWhole(value, scale), `is finer than 1/${scale}`)
    .transform((value) => Math.round(value * scale))

const yuan = whole('an amount in yuan', 1_000_000)
const signedYuan = whole('an amount in yuan', 1_000_000, -Infinity)
const milli = whole('a quantity', 1000)
const seconds = whole('a number of seconds', 1000)
const share = whole('a share of 1', 1_000_000)
export const text = z.string(needed('a text is needed')).min(1, 'must not be empty').max(200)
export const month = z
  .string(needed('a month is needed, written as yyyy-mm'))
  .regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'must be yyyy-mm')
const count = z.int('must be a whole number').min(0, 'must not be below 0')

/** Is a number whole steps of it, but for what a binary fraction cannot say? */
export const isWhole = (value: number, scale: number): boolean =>
  Math.abs(value * scale - Math.round(value * scale)) < 1e-6 * Math.max(1, Math.abs(value))

/** 2026-02-31 is none, however a clock may read it. */
function isDate(value: string): boolean {
  const at = Date.parse(`${value}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value)
}

const minute = (value: string): number => Number(value.slice(0, 2)) * 60 + Number(value.slice(3, 5))
/** `08:00-12:00`; 24:00 is the end of the day, 25:00 one in the morning of the next. */
const window = z
  .string(needed('a time span is needed, written as hh:mm-hh:mm'))
  .regex(/^[0-4]\d:[0-5]\d-[0-4]\d:[0-5]\d$/, 'must be hh:mm-hh:mm')
  .transform((value) => ({ start: minute(value), end: minute(value.slice(6)) }))
  .refine(({ start, end }) => start < end, 'must begin before it ends')

export const date = z
  .string(needed('a date is needed, written as yyyy-mm-dd'))
  .regex(/^\d{4}-\d\d-\d\d$/, 'must be yyyy-mm-dd')
  .refine(isDate, 'there is no such date')

/** `00:00-07:00 valley` */
const period = z
  .string(needed('a period is needed, written as hh:mm-hh:mm name'))
  .regex(new RegExp(`^[0-2]\\d:[0-5]\\d-[0-2]\\d:[0-5]\\d (${PERIODS.join('|')})$`), {
    error: `must be hh:mm-hh:mm and one of ${PERIODS.join(', ')}`,
  })
  .transform((value) => ({
    from: minute(value),
    to: minute(value.slice(6)),
    period: value.slice(12) as (typeof PERIODS)[number],
  }))
  .refine(
    ({ from, to }) => from < to && to <= 1440 && from % 15 === 0 && to % 15 === 0,
    'must lie on quarter hours of one day',
  )

const wholeDay = z.array(period).refine((windows) => {
  const sorted = windows.toSorted((a, b) => a.from - b.from)
  return sorted[0]?.from === 0 && sorted.every(({ to }, i) => to === (sorted[i + 1]?.from ?? 1440))
}, 'must cover the day without hole or overlap')

const basic = z.discriminatedUnion('mode', [
  z
    .strictObject({
      mode: z.literal('contract_demand'),
      kw: count,
      price: yuan,
      tolerance: share,
      excess_factor: count,
    })
    .transform(({ tolerance, excess_factor, ...rest }) => ({
      ...rest,
      tolerancePpm: tolerance,
      excessFactor: excess_factor,
    })),
  z.strictObject({ mode: z.literal('actual_demand'), price: yuan }),
  z.strictObject({ mode: z.literal('capacity'), kva: count, price: yuan }),
])

const hundredths = whole('a power factor', 100).refine((value) => value <= 100, 'must not be above 1')

export const SHAPES = {
  material: z.strictObject({ unit: text, price: yuan, booking: z.enum(['use', 'issue']) }),
  product: z.strictObject({ price: yuan }),
  bom: z
    .strictObject({
      over_issue: share,
      items: z.array(z.strictObject({ material: text, operation: text, qty: milli, allowance: share })),
    })
    .transform(({ over_issue, items }) => ({
      overIssuePpm: over_issue,
      items: items.map(({ qty, allowance, ...rest }) => ({ ...rest, milli: qty, allowancePpm: allowance })),
    })),
  routing: z
    .array(
      z.strictObject({
        op: text,
        part: text,
        at: text,
        s: seconds.default(0),
        outside: yuan.default(0),
        salvage: yuan.default(0),
        instead_of: text.optional(),
        confirms: z.boolean().optional(),
      }),
    )
    .min(1, 'needs an operation')
    .transform((operations) => ({
      operations: operations.map(({ op, at, s, instead_of, confirms, ...rest }) => ({
        ...rest,
        operation: op,
        workCentre: at,
        standardMs: s,
        ...(instead_of !== undefined && { insteadOf: instead_of }),
        ...(confirms === true && { confirms }),
      })),
    })),
  work_centre: z
    .strictObject({
      rate: yuan,
      labour: yuan,
      machine: yuan,
      effectiveness: share.refine((value) => value > 0, 'must be above 0'),
      counted: z.boolean().default(true),
      air: milli.default(0),
      setup: count.optional(),
    })
    .transform(({ effectiveness, air, setup, ...rest }) => ({
      ...rest,
      ...(setup !== undefined && { setupMinutes: setup }),
      effectivenessPpm: effectiveness,
      airPerRunHour: air,
    })),
  machine_plan: z.union([
    z.strictObject({ manned: z.array(count) }),
    z.strictObject({ windows: z.array(window).min(1) }),
  ]),
  machine_cost: z.strictObject({ yearly: yuan }),
  crew: z
    .strictObject({
      people: z.array(count),
      wage: yuan,
      allowance: z.array(yuan).default([]),
      tends: z.record(z.string(), share).default({}),
    })
    .transform(({ tends, ...rest }) => ({
      ...rest,
      tends: Object.entries(tends).map(([kind, sharePpm]) => ({ kind, sharePpm })),
    }))
    .refine(
      ({ tends }) =>
        tends.length === 0 || tends.reduce((sum, { sharePpm }) => sum + sharePpm, 0) === 1_000_000,
      'shares must sum to 1',
    ),
  pay: z.strictObject({ unpaid: z.array(window) }),
  tariff: z
    .strictObject({
      basis: z.enum(['AGENT_TOU', 'RETAIL_CONTRACT', 'SPOT_LINKED']),
      seasons: z
        .array(
          z.strictObject({
            name: text,
            months: z.array(z.int().min(1).max(12)).min(1),
            weekdays: z.array(z.int().min(0).max(6)).min(1).optional(),
            windows: wholeDay,
          }),
        )
        .min(1, 'needs a season'),
      holidays: z
        .array(z.strictObject({ name: text, first: date, last: date, windows: z.array(period).min(1) }))
        .default([]),
      prices: z.partialRecord(z.enum(PERIODS), yuan),
      basic: basic.nullable().default(null),
      power_factor: z
        .strictObject({
          // the published table of adjustments is that of the standard 0.90
          standard: hundredths.refine((value) => value === 90, 'only the standard 0.90 is known'),
          expected: hundredths,
        })
        .nullable()
        .default(null),
    })
    .transform(({ power_factor, seasons, ...rest }) => ({
      ...rest,
      powerFactor: power_factor,
      seasons: seasons.map(({ weekdays, ...season }) => ({ ...season, ...(weekdays && { weekdays }) })),
    })),
  metering: z
    .strictObject({ incoming: text.nullable(), contract: text.optional() })
    .transform(({ incoming, contract }) => ({ incoming, ...(contract !== undefined && { contract }) })),
  medium: z.strictObject({ unit: text, price: yuan }),
  consumption: z
    .strictObject({ kinds: z.array(text), per_run_hour: milli, price: yuan })
    .transform(({ per_run_hour, ...rest }) => ({ ...rest, milliPerRunHour: per_run_hour })),
  pool: z.strictObject({ kinds: z.array(text) }),
  tool: z
    .strictObject({
      kinds: z.array(text),
      price: yuan,
      life: count.min(1, 'must be above 0'),
      planned: share.refine((value) => value > 0, 'must be above 0'),
    })
    .transform(({ life, planned, ...rest }) => ({ ...rest, lifeCycles: life, plannedPpm: planned })),
  maintenance: z.strictObject({ hour: yuan, heat: yuan.default(0) }),
  quality: z
    .strictObject({ test: yuan, certificate: yuan, warranty: share, repair: yuan })
    .transform(({ warranty, ...rest }) => ({ ...rest, warrantyPpm: warranty })),
  budget: z
    .strictObject({
      element: z.enum(ELEMENT_IDS),
      amount: yuan,
      per: z.enum(['year', 'month']).default('year'),
      days: z
        .union([z.literal('open'), z.strictObject({ last_of_month: count.min(1) })])
        .default('open')
        .transform((days) => (days === 'open' ? days : { lastOfMonth: days.last_of_month })),
      over: z.enum(['worked', 'paid']),
      by: z.union([z.literal('person_hours'), z.array(count)]),
    })
    .transform(({ over, by, ...rest }) => ({ ...rest, spread: { over, by } })),
  calendar: z.strictObject({
    weekdays: z.array(z.int().min(0).max(6)).default([]),
    closed: z
      .array(
        z
          .string()
          .regex(
            /^\d{4}-\d\d-\d\d( \.\. \d{4}-\d\d-\d\d)?$/,
            'must be yyyy-mm-dd or yyyy-mm-dd .. yyyy-mm-dd',
          )
          .transform(datesOf),
      )
      .transform((days) => days.flat()),
  }),
  target: z.strictObject({ value: z.number(), unit: text }),
  invoice: z.strictObject({ element: z.enum(ELEMENT_IDS), month, amount: signedYuan }),
  book: z
    .strictObject({
      revenue: yuan,
      cost_of_sales: yuan,
      selling: yuan,
      administration: yuan,
      research: yuan,
      finance: signedYuan,
      elements: z.partialRecord(z.enum(ELEMENT_IDS), yuan).default({}),
    })
    .transform(({ cost_of_sales, elements, ...rest }) => ({
      ...rest,
      costOfSales: cost_of_sales,
      elements: Object.entries(elements).map(([element, amount]) => ({ element, amount })),
    })),
  carbon: z
    .strictObject({ g_per_unit: z.number().min(0), year: count, url: text })
    .transform(({ g_per_unit, ...rest }) => ({ ...rest, mgPerMilli: g_per_unit })),
} satisfies Record<RecordKind, z.ZodType>

function datesOf(range: string): string[] {
  const [first, last = first] = range.split(' .. ')
  const dates: string[] = []
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += 86_400_000)
    dates.push(new Date(at).toISOString().slice(0, 10))
  return dates
}
