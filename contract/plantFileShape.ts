/**
 * The shape of plants/<firm>/plant.yaml as people write it: units of people (seconds, hh:mm, a range, a resolution), kinds as
 * templates, machines under site > area > line.
 * Valid:   `lathe-07: { kind: lathe, label: '07' }` under `sites: { main: { machining: { l1: … } } }`
 * Invalid: `label: 07` (YAML reads a number: write it in quotes), `period: 5` (the key is period_s)
 */
import { z } from 'zod'
import { SIMULATIONS } from '#domain/plant/plant.ts'
import { scaleOf } from '#domain/units.ts'
import { Label, Level, MachinePath, MAX_MACHINES, needed, plainText, StopGroup, Title } from './plant.ts'

/** One text for both languages, or one for each. YAML reads an unquoted 07 as a number: the most common slip. */
const inBoth = <S extends z.ZodType<{ zh: string; en: string }>>(shape: S) =>
  z
    .any()
    .transform((value: unknown, context) => {
      if (typeof value === 'number')
        context.issues.push({ code: 'custom', message: 'write it in quotes', input: value })
      return typeof value === 'string' ? { zh: value, en: value } : value
    })
    .pipe(shape)

const seconds = z.number(needed('a number of seconds is needed')).positive('must be above 0')

/** `08:00`, and `25:00` for one in the morning of the next day. */
const clock = z
  .string(needed('a time is needed, written as hh:mm'))
  .regex(/^([0-3]\d|4[0-8]):[0-5]\d$/, 'must be hh:mm (25:00 is one in the morning of the next day)')
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)))

/** `12:00-13:00` */
const span = z
  .string(needed('a time span is needed, written as hh:mm-hh:mm'))
  .regex(/^\d\d:\d\d-\d\d:\d\d$/, 'must be hh:mm-hh:mm')
  .transform((text) => text.split('-'))
  .pipe(z.tuple([clock, clock]))
  .transform(([start, end]) => ({ start, end }))

export const FileMeasure = z.strictObject({
  class: z.enum(['telemetry', 'count'], needed('must be telemetry or count')),
  title: Title,
  unit: plainText(16),
  /** The smallest step that the sensor or register tells. */
  resolution: z
    .number(needed('a number is needed'))
    .refine((value) => scaleOf(value) !== null, 'must be a power of ten from 1 down to 0.000001'),
  /** Lowest and highest plausible value; `null` at an end: unbounded. */
  range: z.tuple([z.number().nullable(), z.number().nullable()], 'must be [lowest, highest]').optional(),
  period_s: seconds,
  stale_s: seconds.optional(),
  /** The value at which a register starts again at 0, in the unit. */
  rollover: z.number().positive('must be above 0').optional(),
  limit: z.number().optional(),
  /** Samples with one value, while its machine runs, after which it is doubted; 0: it may stand still. */
  stuck_after: z.int('must be a whole number of samples').min(0).max(100_000).optional(),
  /** What still counts as one value. */
  stuck_within: z.number().min(0).optional(),
  /** Furthest move from one sample to the next that is believed. */
  max_step: z.number().positive('must be above 0').optional(),
  /** Fastest growth of a register that is believed, in its unit. */
  max_per_hour: z.number().positive('must be above 0').optional(),
})
export type FileMeasure = z.infer<typeof FileMeasure>

export const FileKind = z.strictObject({
  title: Title,
  /** Heading under which the wall shows machines of this kind. */
  group: Level,
  /** True: it measures and tells no states. */
  meter: z.boolean('must be true or false').default(false),
  rated_kw: z.number().positive('must be above 0').optional(),
  state_period_s: seconds.optional(),
  state_stale_s: seconds.optional(),
  measures: z.record(Level, FileMeasure),
})

export const FileMachine = z.strictObject({
  kind: Level,
  label: inBoth(Label),
  title: inBoth(Title).optional(),
  group: Level.optional(),
  rated_kw: z.number().positive('must be above 0').optional(),
  state_period_s: seconds.optional(),
  state_stale_s: seconds.optional(),
  /** What differs from its kind, or what only this machine measures. */
  measures: z.record(Level, FileMeasure.partial()).optional(),
})
export type FileMachine = z.infer<typeof FileMachine>

const levels = <S extends z.ZodType>(inner: S) => z.record(Level, inner)

export const PlantFile = z.strictObject({
  firm: Level,
  title: Title,
  /** True: its devices are simulated, and every page says so. */
  simulated: z.boolean('must be true or false').default(false),
  /** What lives behind a simulated plant: `works` is the valve works, whose machines it names; `shop` (default) any machines. */
  simulation: z.enum(SIMULATIONS, `must be ${SIMULATIONS.join(' or ')}`).optional(),
  shifts: z
    .array(
      z.strictObject({
        name: Title,
        from: clock,
        to: clock,
        breaks: z.array(span).optional(),
      }),
    )
    .default([]),
  /** Why machines stand, by code, in the order in which they are offered. Left out: the usual ones. */
  stop_reasons: z.record(Level, z.strictObject({ title: Title, group: StopGroup })).optional(),
  /** Day of the month on which the month before it closes by itself; each month has a 28th. Left out: a person closes it. */
  close_month_day: z
    .int('must be a whole number')
    .min(1, 'must be 1 to 28')
    .max(28, 'must be 1 to 28')
    .optional(),
  groups: z.record(Level, Title),
  kinds: z.record(Level, FileKind),
  /** site > area > line > machine */
  sites: levels(levels(levels(levels(FileMachine)))),
  /** A gateway by name and the machines it speaks for. Every other machine speaks for itself. */
  gateways: z.record(Level, z.array(MachinePath).min(1, 'needs a machine').max(MAX_MACHINES)).default({}),
})
export type PlantFile = z.infer<typeof PlantFile>
