/**
 * Answers and bodies of the REST API under /api/v1: one source for validation, OpenAPI and the page's types.
 * Errors are RFC 9457 problem+json (Problem). Ids of machines are their path with dots: `main.machining.l1.lathe-07`.
 */
import { z } from 'zod'
import { MACHINE_STATES } from '#domain/plant/plant.ts'
import { FactPut } from './control.ts'
import { DISPOSITIONS, FLAGS, QUARANTINE_REASONS } from './dispositions.ts'
import { DEVICE_CLASSES } from './topics.ts'

export * from './figures.ts'
export * from './months.ts'
export * from './people.ts'
export * from './recordViews.ts'
export * from './simulation.ts'
export * from './trace.ts'

const instant = z.int().describe('ms since 1970 UTC')
const level = z.string().regex(/^[a-z0-9_-]{1,64}$/)
const title = z.object({ zh: z.string(), en: z.string() })
/** A whole number in a query: digits only, so that neither `''` nor `1e9` nor an array is taken for one. */
const whole = z
  .string()
  .regex(/^\d{1,15}$/, 'a whole number is needed')
  .transform(Number)
const limitTo = (max: number, fallback: number) =>
  whole.pipe(z.number().min(1, 'at least 1').max(max, `at most ${max}`)).default(fallback)

export const Problem = z.object({
  type: z.string().describe('about:blank, or /problems/<name>'),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().optional().describe('id of this failure in the log'),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

/** Nothing here is secret: `url` holds no token. */
export const Lan = z.object({
  url: z.string(),
  fingerprint: z.string().describe('SHA-256 of the CA certificate, AB:CD:...'),
  until: instant.describe('the certificate is valid until then; it is renewed 30 days before'),
})

/** `machines` have states; `meters` only measure. */
export const FirmRow = z.object({
  firm: level,
  title,
  simulated: z.boolean(),
  machines: z.int(),
  meters: z.int(),
})

export const MeasureView = z.object({
  name: level,
  class: z.enum(['telemetry', 'count']),
  title,
  unit: z.string(),
  scale: z.int(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  periodMs: z.int(),
  staleMs: z.int(),
  limit: z.number().nullable(),
})
export const MachineView = z.object({
  id: z.string(),
  path: z.string(),
  kind: z.string(),
  title,
  label: title,
  meter: z.boolean().describe('it measures and has no states'),
  group: z.string(),
  ratedKw: z.number().nullable(),
  stateStaleMs: z.int(),
  measures: z.array(MeasureView),
})
export const PlantView = z.object({
  firm: level,
  title,
  simulated: z.boolean(),
  version: z.int(),
  shifts: z.array(z.object({ name: title, start: z.int(), end: z.int() })),
  groups: z.array(z.object({ id: level, title })),
  machines: z.array(MachineView),
})

export const LatestView = z.object({ value: z.number().nullable(), ts: instant, quality: z.string() })
export const MachineLiveView = z.object({
  machine: z.string(),
  state: z.enum([...MACHINE_STATES, 'UNKNOWN']),
  since: instant.nullable(),
  reason: z.string().nullable(),
  order: z.string().nullable(),
  product: z.string().nullable(),
  operation: z.string().nullable(),
  receivedAt: instant.nullable(),
  values: z.record(z.string(), LatestView),
})

/** A machine as the plant file has it and as it is now. */
export const MachinePage = z.object({ machine: MachineView, live: MachineLiveView })

/** [from, to), at most 400 days. */
export const HistoryQuery = z.strictObject({
  from: whole,
  to: whole,
  /** Seconds; omitted: chosen so that at most 600 buckets come back; with it, at most 5,000. */
  step: whole.pipe(z.number().min(1).max(86_400)).optional(),
})
/** [from, to), at most 31 days. */
export const StatesQuery = z.strictObject({ from: whole, to: whole })
export const History = z.object({
  measure: level,
  unit: z.string(),
  stepMs: z.int(),
  buckets: z.array(
    z.object({
      ts: instant,
      count: z.int(),
      mean: z.number().nullable(),
      min: z.number().nullable(),
      max: z.number().nullable(),
      first: z.number().nullable(),
      last: z.number().nullable(),
    }),
  ),
})

/** States of a machine in a window, oldest first; a hole has no row. */
export const StateHistory = z.object({
  segments: z.array(
    z.object({
      from: instant,
      to: instant,
      state: z.enum([...MACHINE_STATES, 'UNKNOWN']),
      reason: z.string().nullable(),
      corrected: z.literal(true).optional().describe('a person said so'),
    }),
  ),
})

export const MessageView = z.object({
  offset: z.int(),
  receivedAt: instant,
  class: z.enum(DEVICE_CLASSES),
  boot: z.string().nullable(),
  seq: z.int().nullable(),
  items: z.int(),
  disposition: z.enum(DISPOSITIONS),
  reason: z.enum(QUARANTINE_REASONS).nullable(),
  flags: z.array(z.enum(FLAGS)),
  payload: z.string(),
})
/** Newest first; `before` is an offset, exclusive. */
export const MessagesQuery = z.strictObject({ before: whole.optional(), limit: limitTo(200, 50) })
export const Messages = z.object({ topic: z.string(), messages: z.array(MessageView) })

export const QuarantineRow = z.object({
  id: z.int(),
  reason: z.enum(QUARANTINE_REASONS),
  /** What exactly is wrong, in words for an engineer: `power_kw 912 above 60`. */
  detail: z.string(),
  machine: z.string().nullable(),
  class: z.string().nullable(),
  boot: z.string().nullable(),
  seq: z.int().nullable(),
  ts: instant.nullable(),
  receivedAt: instant,
  offset: z.int(),
  item: z.int().describe('index in its batch'),
  status: z.enum(['open', 'released', 'discarded']),
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
})
/** Newest first; `before` is an id, exclusive. `machine` is an id with dots. */
export const QuarantineQuery = z.strictObject({
  status: z.enum(['open', 'released', 'discarded']).optional(),
  reason: z.enum(QUARANTINE_REASONS).optional(),
  machine: z.string().max(300).optional(),
  before: whole.optional(),
  limit: limitTo(200, 50),
})
export const QuarantineList = z.object({
  byReason: z.array(
    z.object({
      reason: z.enum(QUARANTINE_REASONS),
      count: z.int(),
      lastAt: instant,
      lastMachine: z.string().nullable(),
    }),
  ),
  rows: z.array(QuarantineRow),
})
export const QuarantineDetail = QuarantineRow.extend({
  topic: z.string(),
  principal: z.string(),
  payload: z.string().describe('as received, at most 64 kB, control characters escaped'),
  /** For a conflict: the message that stands. */
  stands: z.object({ offset: z.int(), receivedAt: instant, payload: z.string() }).nullable(),
})
export const QuarantineDecide = z.strictObject({
  ids: z.array(z.int().min(1)).min(1).max(1000),
  action: z.enum(['release', 'discard']),
  reason: z.string().trim().min(1).max(500),
})
/** A fact entered by hand (contract/control.ts FactPut) and why. */
export const FactEntry = z.strictObject({
  ...FactPut.shape,
  reason: z.string().trim().min(1).max(500).optional(),
})

/** Answer to a deed: 200 accepted, 409 refused (Problem), 202 pending (still on its way through the journal). */
export const DeedAnswer = z.object({
  id: z.uuid(),
  status: z.enum(['accepted', 'pending']),
  offset: z.int(),
  result: z.record(z.string(), z.unknown()).optional(),
})

export const DataHealth = z.object({
  at: instant,
  counts: z.object({
    entries: z.object({ received: z.int(), done: z.int(), inFlight: z.int() }),
    items: z.object({
      decoded: z.int(),
      stored: z.int(),
      duplicate: z.int(),
      quarantined: z.int(),
      inFlight: z.int(),
    }),
    unaccounted: z.int().optional(),
    flags: z.record(z.string(), z.int()),
    gaps: z.object({ open: z.int(), items: z.int() }),
    quarantine: z.record(z.string(), z.int()),
  }),
  /** received − `at` of device messages in the last hour, ms; null: none. */
  latency: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
  /** Largest clock skew in the last hour. */
  skew: z.object({ maxMs: z.number(), machine: z.string().nullable() }),
  /** Share of expected state coverage per machine and quarter hour of the last 24 h, 0..1; null: nothing was due. */
  coverage: z.array(z.object({ machine: z.string(), from: instant, cells: z.array(z.number().nullable()) })),
  /** Publishes of this firm's accounts outside their credentials since the broker started; topics newest first, at most 100. */
  denied: z.object({
    total: z.int(),
    topics: z.array(z.object({ account: z.string(), topic: z.string(), at: instant })).optional(),
  }),
  journal: z.object({
    offset: z.int(),
    hash: z.string(),
    ok: z.boolean(),
    why: z.string().nullable(),
    freeShare: z.number(),
  }),
  historian: z.object({
    name: z.string(),
    ok: z.boolean(),
    why: z.string().nullable(),
    lag: z.int(),
    /** Items stored that came older than the historian keeps readings: they are in the figures, not in its trends. */
    aged: z.int().optional(),
  }),
  ledger: z.object({ lag: z.int(), cursor: z.int() }),
})

/** Ledger events after a cursor, oldest first. */
export const EventsQuery = z.strictObject({ after: whole.default(0), limit: limitTo(500, 100) })
export const EventView = z.object({
  cursor: z.int(),
  at: instant,
  kind: z.string(),
  offset: z.int().nullable(),
  body: z.record(z.string(), z.unknown()),
})

export const HealthView = z.object({
  process: z.string(),
  ok: z.boolean(),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), why: z.string().optional() })),
})
